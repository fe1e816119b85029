"""`course submit`: an exercise in one small file for the instructor."""

import argparse
from pathlib import Path

HELP = "pack your answers to an exercise into one file for your instructor"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("exercise", metavar="NN", help="its number, e.g. 02")
    parser.add_argument("--student", metavar="ID", required=True, help="who you are")
    parser.add_argument("--out", metavar="FILE", type=Path, help="default: in submissions/")


def run(args: argparse.Namespace) -> int:
    from course_lib.exercises.catalogue import exercise
    from course_lib.marks import submission
    from course_lib.paths import SUBMISSIONS, shown

    there = exercise(args.exercise)
    made = submission.make(there, args.student)
    path = args.out or SUBMISSIONS
    if path.is_dir() or args.out is None:
        path /= f"{there.name}-{made.student}.json"
    path, made = submission.save(made, path)
    missing = submission.unanswered(there, made.answers)
    count = len(there.questions)
    print(f"file      {shown(path)}")
    print(f"student   {made.student}")
    print(f"exercise  {there.name}, {count - len(missing)} of {count} questions answered")
    if missing:
        print(f"missing   {', '.join(missing)}")
    print(f"created   {made.created}")
    print(f"checksum  {made.checksum[:12]}")
    print("Nothing was sent anywhere: give the file to your instructor.")
    return 0
