"""The judge as a process of its own, for callers that run a learner's code themselves.

`python -m course_lib.judge.service` answers requests line by line until its input ends. A
`JudgeService` is the caller's end of it.
"""

import contextlib
import json
import os
import subprocess
import sys

import psutil

from course_lib.exercises.catalogue import find_question
from course_lib.exercises.verdict import Verdict
from course_lib.judge.bench_process import descendants
from course_lib.judge.judge import judge_one


class JudgeService:
    """Starts the judge when it is first asked, and again after it was interrupted."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None

    def judge(self, question: str, answers: dict[str, str], earlier: list[Verdict]) -> Verdict:
        """Judge an answer; see `course_lib.judge.judge.judge_one`.

        Raises RuntimeError if the judge itself fails, which is not the learner's mistake.
        """
        request = {
            "question": question,
            "answers": answers,
            "earlier": [verdict.to_dict() for verdict in earlier],
        }
        process = self._running()
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BaseException:
            self.close()
            raise
        if not line.endswith(b"\n"):
            self.close()
            raise RuntimeError("the judge stopped unexpectedly")
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return Verdict.from_dict(reply["verdict"])

    def close(self) -> None:
        """End the judge, and with it the bench."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
            benches = descendants(process.pid)
            process.kill()
            for bench in benches:  # one that computes in C does not see its judge's end
                with contextlib.suppress(psutil.Error):
                    bench.kill()
            process.wait()
            process.stdout.close()

    def _running(self) -> subprocess.Popen:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "course_lib.judge.service"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=os.name == "posix",  # Jupyter interrupts the kernel's group
            )
        return self._process


def main() -> None:
    """Answer requests until standard input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        earlier = {each["question"]: Verdict.from_dict(each) for each in request["earlier"]}
        try:
            exercise, question = find_question(request["question"])
            verdict = judge_one(exercise, question, request["answers"], earlier)
            reply = {"verdict": verdict.to_dict()}
        except Exception as exc:
            reply = {"error": f"the judge failed: {type(exc).__name__}: {exc}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
