"""Whose a submission is, which of several counts, and what lateness costs."""

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from course_lib.marks.roster import Roster, Sender
from course_lib.marks.rows import Entry


@dataclass(frozen=True)
class Policy:
    """What lateness costs.

    Attributes:
        deadline: in UTC, e.g. "2026-11-22T18:05:00Z"; "" for none.
        per_day: the percentage that is taken off for each day that has begun.
    """

    deadline: str = ""
    per_day: float = 0.0

    def penalty(self, arrival: str) -> float:
        """The percentage that is taken off what arrived at a time."""
        if not self.deadline or not arrival or arrival <= self.deadline:
            return 0.0
        late = datetime.fromisoformat(arrival) - datetime.fromisoformat(self.deadline)
        return min(100.0, self.per_day * math.ceil(late.total_seconds() / 86400))


def settle(
    entries: list[Entry], roster: Roster, policy: Policy, accepted: frozenset[str] = frozenset()
) -> list[Entry]:
    """The entries, each with whether it counts, is late, and has to be looked at.

    Of one student's submissions of an exercise the last to arrive counts, among those that
    nothing is odd about, or that a person has `accepted`. If there is none, none counts.
    """
    doubts = _doubts([entry for entry in entries if entry.student], roster)
    settled = [
        replace(
            entry,
            chosen=False,
            check="" if entry.file in accepted else doubts.get(entry.file, ""),
            late=entry.late or bool(policy.deadline and entry.arrival > policy.deadline),
            penalty=policy.penalty(entry.arrival),
        )
        for entry in entries
    ]
    last: dict[tuple[str, str], Entry] = {}
    for entry in sorted(settled, key=lambda it: (it.arrival, it.file)):
        if entry.student and not entry.check and entry.judged:
            last[entry.student.casefold(), entry.exercise] = entry
    chosen = {entry.file for entry in last.values()}
    return [replace(entry, chosen=entry.file in chosen) for entry in settled]


def _doubts(entries: list[Entry], roster: Roster) -> dict[str, str]:
    """Why a person has to look, by file."""
    claims: dict[str, set[str]] = defaultdict(set)
    claimed: dict[str, set[str]] = defaultdict(set)
    people = {each: roster.find(Sender.of(each)) for each in {entry.sender for entry in entries}}
    for entry in entries:
        can_be = people[entry.sender]
        if not can_be or entry.student in can_be:  # else it is known whose it is not
            claims[entry.student.casefold()].add(entry.sender)
        claimed[entry.sender].add(entry.student.casefold())
    doubts = {}
    for entry in entries:
        can_be = people[entry.sender]
        if roster.students and roster.spelled(entry.student) is None:
            doubts[entry.file] = f"{entry.student} is not on the roster"
        elif can_be and entry.student not in can_be:
            who = " or ".join(sorted(can_be))
            doubts[entry.file] = f"handed in by {who}, but says that it is {entry.student}'s"
        elif not can_be and len(claims[entry.student.casefold()]) > 1:
            doubts[entry.file] = f"different people hand in as {entry.student}"
        elif not can_be and entry.sender and len(claimed[entry.sender]) > 1:
            doubts[entry.file] = f"{entry.sender} hands in as different people"
    return doubts
