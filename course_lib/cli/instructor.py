"""The commands that an instructor uses."""

import argparse
import sys
from pathlib import Path

from course_lib.cli.command import INSTRUCTORS, argument, command
from course_lib.errors import CourseError
from course_lib.marks import TIMEOUT


def _points(text: str) -> float | str:
    try:
        return text if text == "judge" else float(text)
    except ValueError:
        raise CourseError(f"POINTS takes a number, or the word judge, not {text!r}.") from None


@command(
    INSTRUCTORS,
    "grade a folder of submissions, or of plain exercise notebooks",
    argument("inbox", metavar="INBOX", type=Path, help="the folder, as it was downloaded"),
    argument(
        "--out",
        metavar="DIR",
        type=Path,
        required=True,
        help="where gradebook.sqlite, grades.csv, questions.csv, report.html and feedback/ go",
    ),
    argument("--roster", metavar="FILE", type=Path, help="a CSV file: id, name, section"),
    argument("--resume", action="store_true", help="keep what is graded already and unchanged"),
    argument(
        "--jobs",
        metavar="N",
        type=int,
        help="how many at once (default: one for each core); more where tests wait",
    ),
    argument("--cluster", metavar="ADDRESS", help="of a Dask scheduler, e.g. tcp://10.0.0.1:8786"),
    argument("--tests", metavar="DIR", type=Path, help="private tests, whose points are added"),
    argument("--only", metavar="QUESTION", help="judge this question of everybody again"),
    argument(
        "--timeout",
        metavar="S",
        type=float,
        default=TIMEOUT,
        help="seconds for a submission as a whole (default: %(default)g)",
    ),
    argument("--deadline", metavar="TIME", help="e.g. 2026-11-22T18:00+01:00"),
    argument(
        "--late-penalty",
        metavar="PERCENT",
        type=float,
        default=0.0,
        help="taken off for each day that has begun since the deadline",
    ),
    argument(
        "--accept",
        metavar="FILE",
        action="append",
        default=[],
        help="a file marked `check` that counts all the same; may be repeated",
    ),
    argument("--seed", metavar="NUMBER", type=int, help="of the random inputs of a new gradebook"),
    argument(
        "--require-isolation",
        action="store_true",
        help="grade only where answers can be kept from files, network and other processes",
    ),
)
def grade(args: argparse.Namespace) -> int:
    from course_lib.cli.grading import batch_of, mind_walls
    from course_lib.cli.progress import follow
    from course_lib.marks.gradebook import Gradebook
    from course_lib.marks.inbox import files_of
    from course_lib.paths import shown

    batch = batch_of(args)
    if not args.only and not files_of(args.inbox, args.out):
        raise CourseError(f"There is nothing to grade in {shown(args.inbox)}.")
    mind_walls(args.require_isolation, args.cluster)
    graded, notes = 0, []
    try:
        with follow("grading") as (begin, advance):
            entries = (
                batch.regrade(args.only, begin)
                if args.only
                else batch.grade(args.inbox, resume=args.resume, begin=begin)
            )
            for entry in entries:
                graded += bool(entry.judged)
                if not entry.judged:
                    notes.append(f"  {entry.file}: {entry.note}")
                advance()
    except KeyboardInterrupt:
        how = "the same command begins anew" if args.only else "`--resume` goes on with the rest"
        print(f"Stopped: {graded} were graded and are kept; {how}.", file=sys.stderr)
        return 130
    with Gradebook.open(args.out) as book:
        doubts = sum(bool(entry.check) for entry in book.entries())
    rest = ", the rest as before" if args.resume or args.only else ""
    print(f"{graded} graded, {len(notes)} not{rest}: {shown(args.out / 'grades.csv')}")
    for note in notes if len(notes) <= 50 else [f"  {len(notes)} have their reason there"]:
        print(note)
    if doubts:
        print(f"{doubts} to check there before they count: whose are they?")
    return 0


@command(
    INSTRUCTORS,
    "give a mark by hand, which no grading changes",
    argument("student", metavar="STUDENT", help="the id, as in grades.csv"),
    argument("exercise", metavar="EXERCISE", help="its number, e.g. 02"),
    argument("question", metavar="QUESTION", help="what stands after %%%%answer"),
    argument(
        "points",
        metavar="POINTS",
        nargs="?",
        type=_points,
        help="or `judge`, which takes the mark back; without any only the comment is kept",
    ),
    argument("--comment", metavar="TEXT", help="for the student; stays as it is without this"),
    argument("--out", metavar="DIR", type=Path, required=True, help="where the gradebook is"),
)
def mark(args: argparse.Namespace) -> int:
    from course_lib.marks.batch import mark_by_hand

    if args.points is None and args.comment is None:
        raise CourseError("Give points, a --comment, or both.")
    print(
        mark_by_hand(
            args.out, args.student, args.exercise, args.question, args.points, args.comment
        )
    )
    return 0
