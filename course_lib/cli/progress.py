"""`course progress`: how far a learner is."""

import argparse

HELP = "show how far you are, and what comes next"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    from course_lib.exercises import progress
    from course_lib.exercises.catalogue import exercises
    from course_lib.paths import shown

    table = Table(box=None, pad_edge=False)
    for heading in ("", "exercise", "", "points", "answered", "next"):
        table.add_column(heading, justify="right" if heading == "points" else "left")
    go_on = None
    earned_in_all = points_in_all = 0
    for there in exercises():
        status = {each.name: progress.load(each.name).status for each in there.questions}
        earned = sum(each.points for each in there.questions if status[each.name] == "passed")
        answered = sum(each != "unanswered" for each in status.values())
        following = next((name for name in status if status[name] != "passed"), None)
        earned_in_all += earned
        points_in_all += there.points
        if following and go_on is None:
            go_on = f"Go on with {following} in {shown(there.path)}."
        table.add_row(
            there.number,
            there.title,
            ProgressBar(total=there.points, completed=earned, width=12),
            f"{earned}/{there.points}",
            f"{answered} of {len(status)}",
            following or "done",
        )
    console = Console()
    console.print(table)
    go_on = go_on or "All done: `course submit NN --student YOUR_ID` packs an exercise."
    console.print(f"\n{earned_in_all} of {points_in_all} points. {go_on}", soft_wrap=True)
    return 0
