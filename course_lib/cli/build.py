"""`course build`: exercises from solutions."""

import argparse

HELP = "make the exercises from the solutions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if an exercise differs"
    )


def run(args: argparse.Namespace) -> int:
    from course_lib.exercises import build
    from course_lib.exercises.catalogue import exercises
    from course_lib.paths import shown

    problems = build.strays()
    texts = {exercise: build.made(exercise) for exercise in exercises()}
    for exercise, text in texts.items():
        difference = build.difference(exercise, text)
        if difference is None:
            continue
        if args.check:
            problems.append(f"{shown(exercise.path)} {difference}")
            continue
        backup = build.put(exercise, text)
        print(f"made {shown(exercise.path)}")
        if backup:
            print(f"  it had work in it: the file as it was is {shown(backup)}")
    for problem in problems:
        print(problem)
    if problems:
        return 1
    print(f"exercises equal to what the solutions make: {len(texts)}")
    return 0
