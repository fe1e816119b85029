"""A class's submissions, graded into a gradebook, whatever the files hold."""

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path

from course_lib import __version__
from course_lib.errors import CourseError
from course_lib.exercises.catalogue import exercise, find_question
from course_lib.exercises.seeds import fresh_seed
from course_lib.exercises.verdict import Verdict
from course_lib.files import write_text
from course_lib.judge.render import printable
from course_lib.marks import TIMEOUT, executors, feedback, inbox, judging, report, tables
from course_lib.marks.executors import Judge, Opens, Outcome
from course_lib.marks.gradebook import Gradebook
from course_lib.marks.policy import Policy, settle
from course_lib.marks.roster import Roster
from course_lib.marks.rows import Entry, Judged
from course_lib.paths import shown

SAVED_EVERY = 30.0
"""Seconds from one writing of the CSV files to the next while a batch runs."""


@dataclass(frozen=True)
class Batch:
    """How a class is graded.

    Attributes:
        out: the folder of the gradebook, the CSV files and the feedback.
        opens: where submissions are judged, see `executors`.
        window: how many are sent there at once.
        private: the folder of the instructor's own tests; "" for none.
        timeout: seconds for a submission as a whole.
        accept: files that a person has looked at and found to be whose they say.
        seed: of the batch; None for the gradebook's own, or a fresh one.
    """

    out: Path
    opens: Opens
    window: int
    roster: Roster = field(default_factory=Roster)
    policy: Policy = field(default_factory=Policy)
    private: str = ""
    timeout: float = TIMEOUT
    seed: int | None = None
    accept: tuple[str, ...] = ()
    work: Judge = judging.judge

    def grade(
        self, folder: Path, *, resume: bool = False, begin: Callable[[int], object] = lambda _: None
    ) -> Iterator[Entry]:
        """Grade the files of a folder; yields each entry once it is in the gradebook.

        `begin` is told how many there will be, and again whenever there are fewer: with `resume`
        what is in the gradebook already, unchanged and judged by the same tests, stays as it is.
        """
        found = inbox.files_of(folder, self.out)
        accepted = self._accepted(found, folder)
        begin(left := len(found))
        with Gradebook.open(self.out, new=True) as book:
            seed = self._seed(book)
            saver = _Saver(book, self, accepted)
            saver.save(pages=False)
            before = {entry.file: entry for entry in book.entries()}
            waiting: dict[str, Entry] = {}
            done: deque[Entry] = deque()  # without a judge

            def tasks() -> Iterator[judging.Task]:
                nonlocal left
                for each in found:
                    entry = inbox.take_in(each)
                    saver.meets(entry.exercise)
                    spelled = saver.roster.spelled(entry.student)
                    entry = replace(entry, student=spelled or entry.student)
                    old = before.get(entry.file)
                    if resume and old and old.digest == entry.digest and self._stands(old):
                        begin(left := left - 1)
                    elif not entry.student:
                        book.add(entry)
                        done.append(entry)
                    else:
                        waiting[entry.file] = entry
                        yield self._task(entry, seed)

            for task, outcome in executors.run(tasks(), self.opens, self.window, self.work):
                entry = finished(waiting.pop(task.file), outcome)
                book.add(entry)
                saver.now_and_then()
                while done:
                    yield done.popleft()
                yield entry
            yield from done
            saver.save()

    def regrade(
        self, name: str, begin: Callable[[int], object] = lambda _: None
    ) -> Iterator[Entry]:
        """Judge one question of every submission in the gradebook again; raises `CourseError`."""
        there, question = find_question(name)
        with Gradebook.open(self.out) as book:
            seed, saver = self._seed(book), _Saver(book, self)
            saver.meets(there.name)
            entries = {
                entry.file: entry
                for entry in book.entries()
                if entry.exercise == there.name and entry.judged
            }
            begin(len(entries))
            tasks = (
                replace(
                    self._task(entry, seed),
                    only=question.name,
                    earlier=_verdicts(entry.judged),
                )
                for entry in entries.values()
            )
            for task, outcome in executors.run(tasks, self.opens, self.window, self.work):
                entry = entries[task.file]
                if isinstance(outcome, Exception):
                    yield replace(entry, note=_failed(outcome), judged=())
                    continue
                for each in outcome:
                    book.regrade(task.file, each)
                judged = {it.verdict.question: it for it in (*entry.judged, *outcome)}
                entry = replace(entry, judged=tuple(judged.values()))
                yield entry
            saver.save()

    def _accepted(self, found: list[inbox.Found], folder: Path) -> list[str]:
        names = {each.name: each.name for each in found}
        names |= {str(each.path): each.name for each in found}
        for each in self.accept:
            if str(Path(each)) not in names:
                raise CourseError(f"There is no file {each!r} in {shown(folder)} to accept.")
        return [names[str(Path(each))] for each in self.accept]

    def _seed(self, book: Gradebook) -> int:
        return int(book.setting("seed", str(fresh_seed() if self.seed is None else self.seed)))

    def _stands(self, entry: Entry) -> bool:
        if not entry.judged:
            return not entry.student  # what can't be read stays so; what failed is tried again
        now = judging.tests_digest(exercise(entry.exercise), self.private), __version__
        return all((it.tests, it.course) == now for it in entry.judged)

    def _task(self, entry: Entry, seed: int) -> judging.Task:
        return judging.Task(
            entry.file,
            entry.exercise,
            entry.answers or {},
            judging.seed_of(seed, entry.digest),
            self.private,
            timeout=self.timeout,
        )


class _Saver:
    """Settles what counts and writes the CSV files, not more often than they are looked at.

    What a batch does not say of roster and lateness stays as the gradebook has it.
    """

    def __init__(self, book: Gradebook, batch: Batch, accepted: Sequence[str] = ()) -> None:
        self.book, self.batch, self.last = book, batch, time.monotonic()
        if batch.roster.students:
            book.enrol(list(batch.roster.students))
        self.roster = Roster(book.students())
        kept = json.loads(book.setting("policies", "{}"))
        self.policies = {name: Policy(*values) for name, values in kept.items()}
        self.accepted = frozenset([*json.loads(book.setting("accepted", "[]")), *accepted])
        book.setting("accepted", json.dumps(sorted(self.accepted)), new=True)

    def meets(self, name: str) -> None:
        """An exercise of which there is something in the batch, whose deadline is for it."""
        if self.batch.policy.deadline and self.policies.get(name) != self.batch.policy:
            self.policies[name] = self.batch.policy
            kept = {each: astuple(policy) for each, policy in self.policies.items()}
            self.book.setting("policies", json.dumps(kept), new=True)

    def now_and_then(self) -> None:
        if time.monotonic() - self.last > SAVED_EVERY:
            self.save(pages=False)

    def save(self, *, pages: bool = True) -> None:
        settled = settle(self.book.entries(), self.roster, self.policies, self.accepted)
        self.book.choose(settled)
        write_tables(self.batch.out, self.book, settled, pages=pages)
        self.last = time.monotonic()


def write_tables(out: Path, book: Gradebook, entries: list[Entry], *, pages: bool = True) -> None:
    """Write the CSV files, and with `pages` the class report and the students' feedback."""
    rows = book.rows()
    tables.write(out, entries, rows)
    if pages:
        write_text(out / report.FILE, report.page(rows))
        feedback.write(out, entries, rows)


def finished(entry: Entry, outcome: Outcome) -> Entry:
    """An entry with what the judge found, or why it found nothing."""
    if isinstance(outcome, Exception):
        return replace(entry, note=_failed(outcome))
    note = "; ".join(part for part in (entry.note, judging.overtime(outcome)) if part)
    return replace(entry, judged=outcome, note=note)


def _failed(error: Exception) -> str:
    kind = "" if isinstance(error, CourseError) else f"the grader failed: {type(error).__name__}: "
    return printable(" ".join(f"{kind}{error}".split()))[:500]


def _verdicts(judged: Iterable[Judged]) -> tuple[Verdict, ...]:
    return tuple(it.verdict for it in judged if not it.verdict.question.endswith(judging.PRIVATE))


def mark_by_hand(
    out: Path, student: str, number: str, name: str, points: float | str | None, comment: str | None
) -> str:
    """Keep a person's points, or their comment, or both; what is None stays as it is.

    "judge" for points gives the judge's again. Returns what was kept, in a sentence. Raises
    `CourseError`.
    """
    there = exercise(number)
    with Gradebook.open(out) as book:
        asked = student.casefold(), there.name, name
        rows = [
            it for it in book.rows() if (it.student.casefold(), it.exercise, it.question) == asked
        ]
        if not rows:
            raise CourseError(f"{student} has no graded answer to {name!r} of {there.name}.")
        row = max(rows, key=lambda it: it.chosen)
        given = row.manual if points is None else None if points == "judge" else float(points)
        if given is not None and not 0 <= given <= row.of:
            raise CourseError(f"{name} is worth 0 to {row.of:g} points.")
        said = row.comment if comment is None else comment[:2000]
        book.mark(student, there.name, name, given, said)
        write_tables(out, book, book.entries())
    mark = replace(row, manual=given).mark
    by = "" if given is None else ", given by hand"
    return f"{row.student} has {mark:g} of {row.of:g} points for {name}{by}."
