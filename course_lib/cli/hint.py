"""`course hint`: one hint more."""

import argparse

HELP = "show the next hint for a question"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", metavar="NAME", help="what stands after %%%%answer")


def run(args: argparse.Namespace) -> int:
    from course_lib.exercises import progress
    from course_lib.exercises.catalogue import find_question

    _, question = find_question(args.question)
    number, text = progress.next_hint(question.name, question.hints)
    print(f"Hint {number} of {len(question.hints)}: {text}")
    return 0
