"""`course grade`: a folder of submissions into marks and feedback."""

import argparse
from pathlib import Path

HELP = "grade a folder of submissions, or of plain exercise notebooks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inbox", metavar="INBOX", type=Path, help="the folder")
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        required=True,
        help="where grades.csv, questions.csv and feedback/ go",
    )


def run(args: argparse.Namespace) -> int:
    import sys

    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    from course_lib.files import write_text
    from course_lib.marks import feedback
    from course_lib.marks.batch import files_of, grade
    from course_lib.marks.gradebook import Gradebook
    from course_lib.paths import shown

    paths = files_of(args.inbox, args.out)
    book = Gradebook(args.out)
    columns = [*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn()]
    try:
        with Progress(*columns, console=Console(stderr=True)) as bars:
            for path in bars.track(paths, description="grading"):
                result = grade(path)
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
