"""`course reset`: an exercise from the beginning."""

import argparse

HELP = "start an exercise anew; what you wrote is kept as a backup"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("exercise", metavar="NN", help="its number, e.g. 02")


def run(args: argparse.Namespace) -> int:
    from course_lib.exercises import build, progress
    from course_lib.exercises.catalogue import exercise
    from course_lib.paths import shown

    there = exercise(args.exercise)
    backup = build.put(there, build.made(there))
    for question in there.questions:
        progress.forget(question.name)
    print(f"{shown(there.path)} is as it was at the beginning.")
    if backup:
        print(f"What was in it is now {shown(backup)}.")
    print("If it is open in JupyterLab: File > Reload Notebook from Disk.")
    return 0
