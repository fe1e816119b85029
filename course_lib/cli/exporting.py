"""The commands that take marks out of a gradebook."""

import argparse
import sys
from pathlib import Path

from course_lib.cli.command import INSTRUCTORS, argument, command

FORMATS = ("csv", "canvas", "moodle", "gradescope", "nbgrader")


@command(
    INSTRUCTORS,
    "write the marks that count as another system takes them in",
    argument("folder", metavar="DIR", type=Path, help="where `course grade` put the gradebook"),
    argument("--format", choices=FORMATS, required=True),
    argument(
        "--to", metavar="PATH", type=Path, help="the file, or Gradescope's or nbgrader's folder"
    ),
    argument("--template", metavar="FILE", type=Path, help="a gradebook that Canvas exported"),
)
def export(args: argparse.Namespace) -> int:
    from course_lib.errors import CourseError
    from course_lib.files import write_text
    from course_lib.judge.render import plural
    from course_lib.marks import exports
    from course_lib.marks.gradebook import Gradebook
    from course_lib.paths import shown

    if args.template and args.format != "canvas":
        raise CourseError("--template goes with --format canvas.")
    if args.format in ("gradescope", "nbgrader"):
        return _assignments(args.format, args.folder, args.to or args.folder / args.format)
    with Gradebook.open(args.folder) as book:
        rows = book.rows(chosen=True)
        marks = exports.Marks.of(rows, book.students())
    if not rows:
        raise CourseError(f"No submission in {shown(args.folder)} counts yet.")
    to = args.to or args.folder / f"marks-{args.format}.csv"
    unknown: list[str] = []
    count = len(marks.students)
    if args.template:
        text, unknown = exports.into_canvas(marks, args.template)
        count = sum(bool(it.marks) for it in marks.students) - len(unknown)
    else:
        makes = {"canvas": exports.for_canvas, "moodle": exports.for_moodle}
        text = makes.get(args.format, exports.as_table)(marks)
    write_text(to, text)
    print(f"{plural(count, 'student')}: {shown(to)}")
    if unknown:
        print(f"not in the template: {', '.join(unknown)}", file=sys.stderr)
    return 1 if unknown else 0


def _assignments(system: str, folder: Path, to: Path) -> int:
    """What another system needs to grade by itself, which may be before anything is graded here."""
    from course_lib.judge.render import plural
    from course_lib.marks import gradebook, gradescope, nbgrader
    from course_lib.paths import shown

    rows, entries = [], []
    if (folder / gradebook.FILE).exists():
        with gradebook.Gradebook.open(folder) as book:
            rows, entries = book.rows(chosen=True), book.entries()
    if system == "nbgrader":
        count, more = nbgrader.write(to, entries), "the assignments"
    else:
        gradescope.write_autograder(to / "autograder.zip")
        count, more = gradescope.write_results(rows, to), "autograder.zip"
    print(f"{plural(count, 'submission')} and {more}: {shown(to)}")
    return 0


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
