"""`course check`: judge a saved exercise notebook."""

import argparse

HELP = "judge an exercise as it is saved, and show every verdict"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("exercise", metavar="NN", help="its number, e.g. 02")
    parser.add_argument("--seed", type=int, help="repeat the inputs of an earlier judgement")


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.text import Text

    from course_lib.exercises import cells, progress
    from course_lib.exercises.catalogue import exercise
    from course_lib.judge.judge import judge_all
    from course_lib.judge.render import as_text

    there = exercise(args.exercise)
    answers = cells.answers(cells.read(there.path))
    console = Console()
    verdicts = []
    for verdict in judge_all(there, answers, args.seed):
        verdicts.append(verdict)
        progress.record(verdict)
        text = Text(as_text(verdict).replace("%hint", "course hint"))
        text.highlight_regex(r"(?m)^ *✓", "green")
        text.highlight_regex(r"(?m)^ *✗", "bold red")
        text.highlight_regex(r"(?m)^ *[○–]", "dim")
        console.print(text, soft_wrap=True)
    earned = sum(verdict.earned for verdict in verdicts)
    print(f"\n{there.name}: {earned} of {there.points} points")
    return 0 if all(verdict.status == "passed" for verdict in verdicts) else 1
