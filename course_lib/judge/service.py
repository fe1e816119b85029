"""The judge as a process of its own, for callers that run a learner's code themselves.

`python -m course_lib.judge.service` answers requests line by line until its input ends. A
`JudgeService` is the caller's end of it.
"""

import json
import queue
from typing import Any

from course_lib.exercises.verdict import Verdict
from course_lib.lines import Ended, Parent, Worker, start


class JudgeService:
    """Starts the judge when it is first asked, and again after it was interrupted."""

    def __init__(self) -> None:
        self._worker: Worker | None = None

    @property
    def pid(self) -> int | None:
        """The number of the judge's process, while there is one."""
        return self._worker.pid if self._worker else None

    def judge(self, question: str, answers: dict[str, str], earlier: list[Verdict]) -> Verdict:
        """Judge an answer; see `course_lib.judge.judge.judge_one`.

        Raises RuntimeError if the judge itself fails, which is not the learner's mistake.
        """
        request = {
            "question": question,
            "answers": answers,
            "earlier": [verdict.to_dict() for verdict in earlier],
        }
        try:
            reply = json.loads(self._reply(json.dumps(request)))
        except Ended:
            self.close()
            raise RuntimeError("The judge stopped unexpectedly.") from None
        except BaseException:
            self.close()
            raise
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return Verdict.from_dict(reply["verdict"])

    def close(self) -> None:
        """End the judge, and with it the bench."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _reply(self, request: str) -> bytes:
        if self._worker is not None:
            try:
                self._worker.tell(request)
                return self._worker.hear()
            except Ended:  # it has ended since the last time: another one
                self.close()
        self._worker = Worker(start("-P", "-m", __name__))
        self._worker.tell(request)
        return self._worker.hear()


def main() -> None:
    """Answer requests until standard input ends."""
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    caller = Parent(requests.put)
    from course_lib.judge import warm

    warm.warm_up()  # while this process does its own imports
    while True:
        caller.tell(json.dumps(_reply(json.loads(requests.get()))))


def _reply(request: dict[str, Any]) -> dict[str, Any]:
    from course_lib.exercises.catalogue import find_question
    from course_lib.judge.judge import judge_one

    try:
        earlier = {each["question"]: Verdict.from_dict(each) for each in request["earlier"]}
        exercise, question = find_question(request["question"])
        verdict = judge_one(exercise, question, request["answers"], earlier)
    except Exception as exc:
        return {"error": f"The judge failed: {type(exc).__name__}: {exc}"}
    return {"verdict": verdict.to_dict()}


if __name__ == "__main__":
    main()
