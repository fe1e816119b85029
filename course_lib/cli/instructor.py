"""The commands that an instructor uses."""

import argparse
import sys
from pathlib import Path

from course_lib.cli.command import argument, command, command_in

INSTRUCTORS = "for instructors"


@command(
    INSTRUCTORS,
    "grade a folder of submissions, or of plain exercise notebooks",
    argument("inbox", metavar="INBOX", type=Path, help="the folder"),
    argument(
        "--out",
        metavar="DIR",
        type=Path,
        required=True,
        help="where grades.csv, questions.csv and feedback/ go",
    ),
)
def grade(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    from course_lib.files import write_text
    from course_lib.marks import batch, feedback
    from course_lib.marks.tables import Gradebook
    from course_lib.paths import shown

    paths = batch.files_of(args.inbox, args.out)
    book = Gradebook(args.out)
    columns = [*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn()]
    try:
        with Progress(*columns, console=Console(stderr=True)) as bars:
            for path in bars.track(paths, description="grading"):
                result = batch.grade(path)
                page = ""
                if result.verdicts:
                    page = book.page_name(result)
                    write_text(args.out / page, feedback.page(result))
                book.add(result, page)
    except KeyboardInterrupt:
        done = len(book.results)
        print(
            f"stopped after {done} of {len(paths)} files; {shown(args.out / 'grades.csv')} has "
            f"those {done}",
            file=sys.stderr,
        )
        return 130
    graded = sum(bool(result.verdicts) for result, _ in book.results)
    print(f"{graded} graded, {len(paths) - graded} not: {shown(args.out / 'grades.csv')}")
    for result, _ in book.results:
        if not result.verdicts:
            print(f"  {result.note}")
    return 0


command_in(
    "benchmarks.soak_command",
    "soak",
    INSTRUCTORS,
    "many messages over cuts, black holes, restarts and slow links; counts what is lost",
)
