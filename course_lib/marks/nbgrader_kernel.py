"""The kernel for nbgrader's `autograde`: it runs no cell, and asks the judge at a graded one."""

import asyncio
import hashlib
import json
from typing import Any

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

from course_lib import __version__
from course_lib.exercises import cells
from course_lib.exercises.catalogue import find_question
from course_lib.exercises.verdict import Verdict
from course_lib.judge.render import as_text
from course_lib.marks import executors
from course_lib.marks.judging import Task, judge, seed_of
from course_lib.marks.nbgrader import JUDGE
from course_lib.marks.submission import check_sizes


class JudgeKernel(Kernel):
    """Keeps the answers of a notebook as text; the judge's processes are the ones that run them."""

    implementation = banner = "course-judge"
    implementation_version = __version__

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - as ipykernel gives them
        super().__init__(**settings)
        self.language_info = {"name": "python", "mimetype": "text/x-python"}
        self.answers: dict[str, str] = {}
        self.judged: tuple[object, dict[str, Verdict]] = (None, {})

    async def do_execute(self, code: str, *_: object, **__: object) -> dict[str, object]:
        """Take in an answer, or mark one; everything else is passed over."""
        first = code.partition("\n")[0]
        if answer := cells.split_answer(code):
            self.answers.pop(answer.name, None)
            self.answers[answer.name] = answer.source
        elif first.startswith(JUDGE):
            try:
                verdict = await self.verdict(first.removeprefix(JUDGE).strip())
            except Exception as exc:
                return self._failed(type(exc).__name__, str(exc))
            if verdict.status != "passed":
                return self._failed("NotYet", as_text(verdict))
            self._send("stream", {"name": "stdout", "text": as_text(verdict)})
        return self._reply("ok", payload=[], user_expressions={})

    async def verdict(self, name: str) -> Verdict:
        """The verdict on a question, from one judgement of its exercise; raises `CourseError`."""
        there, _ = find_question(name)
        known = {
            it.name: self.answers[it.name] for it in there.questions if it.name in self.answers
        }
        if self.judged[0] != (there.name, known):
            check_sizes(known, "The notebook")
            digest = hashlib.sha256(json.dumps(known).encode()).hexdigest()
            task = Task(there.name, there.name, known, seed_of(0, digest))
            with executors.local(1) as pool:
                found = await asyncio.wrap_future(pool.submit(judge, task))
            self.judged = (there.name, known), {it.verdict.question: it.verdict for it in found}
        return self.judged[1][name]

    def _failed(self, name: str, why: str) -> dict[str, object]:
        error: dict[str, object] = {"ename": name, "evalue": why.partition("\n")[0]}
        error["traceback"] = why.splitlines()
        self._send("error", error)
        return self._reply("error", **error)

    def _send(self, kind: str, content: dict[str, object]) -> None:
        self.send_response(self.iopub_socket, kind, content)

    def _reply(self, status: str, **more: object) -> dict[str, object]:
        return {"status": status, "execution_count": self.execution_count, **more}


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=JudgeKernel)
