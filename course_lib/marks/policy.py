"""Whose a submission is, which of several counts, and what lateness costs."""

import math
import re
from collections import defaultdict
from collections.abc import Mapping
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
    entries: list[Entry],
    roster: Roster,
    policies: Mapping[str, Policy],
    accepted: frozenset[str] = frozenset(),
) -> list[Entry]:
    """The entries, each with whose it is, whether it counts, is late, and has to be looked at.

    `policies` are by the exercise's name, "*" for one without its own. Of one student's
    submissions of an exercise the last to arrive counts, among those that nothing is odd about, or
    that a person has `accepted`. If there is none, none counts; of several whose arrival is unknown, an
    accepted one comes before the others.
    """
    people = {each: roster.find(Sender.of(each)) for each in {entry.sender for entry in entries}}
    entries = [
        replace(entry, student=_whose(entry, people[entry.sender], roster, accepted))
        for entry in entries
    ]
    doubts = _doubts([entry for entry in entries if entry.student], roster, people)
    settled = []
    for entry in entries:
        policy = policies.get(entry.exercise) or policies.get("*") or Policy()
        late = entry.arrival > policy.deadline if policy.deadline and entry.arrival else entry.late
        settled.append(
            replace(
                entry,
                chosen=False,
                check="" if entry.file in accepted else doubts.get(entry.file, ""),
                late=late,
                penalty=policy.penalty(entry.arrival),
            )
        )
    last: dict[tuple[str, str], Entry] = {}
    in_order = sorted(settled, key=lambda it: (it.arrival, it.file in accepted, _numbered(it.file)))
    for entry in in_order:
        if entry.student and not entry.check and entry.judged:
            last[entry.student.casefold(), entry.exercise] = entry
    chosen = {entry.file for entry in last.values()}
    return [replace(entry, chosen=entry.file in chosen) for entry in settled]


def _numbered(file: str) -> list[str | int]:
    """What puts a file before its copies, X before X-2 before X-10, as platforms number them."""
    parts = re.split(r"(\d+)", file.rpartition(".")[0])
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


def _whose(entry: Entry, can_be: set[str], roster: Roster, accepted: frozenset[str]) -> str:
    """Whose an entry is: its sender's where it says nothing, or wrote an id that nobody has."""
    mistyped = entry.file in accepted and roster.spelled(entry.student) is None
    if entry.student and len(can_be) == 1 and (mistyped or not entry.created):
        return min(can_be)
    return entry.student


def _doubts(entries: list[Entry], roster: Roster, people: Mapping[str, set[str]]) -> dict[str, str]:
    """Why a person has to look, by file."""
    claims: dict[str, set[str]] = defaultdict(set)
    claimed: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        can_be = people[entry.sender]
        if not can_be or entry.student in can_be:  # else it is known whose it is not
            claims[entry.student.casefold()].add(entry.sender)
        claimed[entry.sender].add(entry.student.casefold())
    doubts = {}
    for entry in entries:
        can_be = people[entry.sender]
        unknown = roster.students and roster.spelled(entry.student) is None
        if can_be and entry.student not in can_be:
            who = " or ".join(sorted(can_be))
            nobody = ", who is not on the roster" if unknown else ""
            doubts[entry.file] = (
                f"handed in by {who}, but says that it is {entry.student}'s{nobody}"
            )
        elif unknown:
            doubts[entry.file] = f"{entry.student} is not on the roster"
        elif not can_be and len(claims[entry.student.casefold()]) > 1:
            doubts[entry.file] = f"different people hand in as {entry.student}"
        elif not can_be and entry.sender and len(claimed[entry.sender]) > 1:
            doubts[entry.file] = f"{entry.sender} hands in as different people"
    return doubts
