"""The commands that take marks out of a gradebook."""

import argparse
import sys
from pathlib import Path

from course_lib.cli.command import argument, command
from course_lib.cli.instructor import INSTRUCTORS

FORMATS = ("csv", "canvas", "moodle", "gradescope")


@command(
    INSTRUCTORS,
    "write the marks that count as another system takes them in",
    argument("folder", metavar="DIR", type=Path, help="where `course grade` put the gradebook"),
    argument("--format", choices=FORMATS, required=True),
    argument("--to", metavar="PATH", type=Path, help="the file, or Gradescope's folder"),
    argument("--template", metavar="FILE", type=Path, help="a gradebook that Canvas exported"),
)
def export(args: argparse.Namespace) -> int:
    from course_lib.errors import CourseError
    from course_lib.files import write_text
    from course_lib.marks import exports
    from course_lib.marks.gradebook import Gradebook
    from course_lib.paths import shown

    if args.template and args.format != "canvas":
        raise CourseError("--template goes with --format canvas.")
    with Gradebook.open(args.folder) as book:
        rows = book.rows(chosen=True)
        marks = exports.Marks.of(rows, book.students())
    if not rows:
        raise CourseError(f"No submission in {shown(args.folder)} counts yet.")
    if args.format == "gradescope":
        to = args.to or args.folder / "gradescope"
        print(f"{exports.for_gradescope(rows, to)} submissions: {shown(to)}")
        return 0
    to = args.to or args.folder / f"marks-{args.format}.csv"
    unknown: list[str] = []
    if args.template:
        text, unknown = exports.into_canvas(marks, args.template)
    else:
        makes = {"canvas": exports.for_canvas, "moodle": exports.for_moodle}
        text = makes.get(args.format, exports.as_table)(marks)
    write_text(to, text)
    print(f"{len(marks.students) - len(unknown)} students: {shown(to)}")
    if unknown:
        print(f"not in the template: {', '.join(unknown)}", file=sys.stderr)
    return 1 if unknown else 0


@command(
    INSTRUCTORS,
    "write the page about a class: points, hardest questions, common mistakes",
    argument("folder", metavar="DIR", type=Path, help="where `course grade` put the gradebook"),
)
def report(args: argparse.Namespace) -> int:
    from course_lib.files import write_text
    from course_lib.marks import report
    from course_lib.marks.gradebook import Gradebook
    from course_lib.paths import shown

    with Gradebook.open(args.folder) as book:
        text = report.page(book.rows(chosen=True))
    write_text(args.folder / report.FILE, text)
    print(shown(args.folder / report.FILE))
    return 0
