"""The commands that a learner uses."""

import argparse
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.cli.command import LEARNERS, argument, command
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.exercises.catalogue import Exercise
    from course_lib.exercises.verdict import Verdict

NUMBER = argument("exercise", metavar="NN", help="its number, e.g. 02")


@command(
    LEARNERS, "open the course in JupyterLab; further arguments go to JupyterLab", passes_on=True
)
def lab(args: argparse.Namespace) -> int:
    from course_lib.desk import copies
    from course_lib.desk import lab as jupyterlab

    jupyterlab.settle_in()
    for remark in copies.lay_out():
        print(remark, file=sys.stderr)
    print("Starting JupyterLab; Ctrl-C here ends it.", file=sys.stderr)
    jupyterlab.start(copies.where_to_go_on(), args.rest)
    return 0


@command(LEARNERS, "show how far you are, and what comes next")
def progress(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from course_lib.desk import copies
    from course_lib.exercises import cells, predictions, progress
    from course_lib.exercises.catalogue import exercises
    from course_lib.paths import shown

    table = Table(box=None, pad_edge=False)
    for heading in ("", "lesson", "guesses", "questions", "points", "next"):
        table.add_column(heading, justify="right" if heading == "points" else "left")
    standings = {there.number: progress.standing(there) for there in exercises()}
    for number, original in sorted({path.name[:2]: path for path in copies.originals()}.items()):
        there = predictions.predictions(original.stem)
        made = sum(it.chosen is not None for it in there)
        guesses = f"{made} of {len(there)}" if there else "–"
        if it := standings.get(number):
            done, following = f"{it.earned}/{it.exercise.points}", it.following or "done"
            table.add_row(number, it.exercise.title, guesses, it.marks, done, following)
        else:
            table.add_row(number, cells.title(cells.read(original)), guesses, "", "–")
    console = Console(highlight=False)  # its colours are too light for a white terminal
    console.print(table)
    if it := progress.next_up([*standings.values()]):
        go_on = f"Go on with {it.following} in {shown(copies.notebook_of(it.exercise))}."
    else:
        go_on = "All done: `course submit NN --student YOUR_ID` packs an exercise."
    earned = sum(it.earned for it in standings.values())
    points = sum(it.exercise.points for it in standings.values())
    console.print(f"\n{earned} of {points} points. {go_on}", soft_wrap=True)
    return 0


@command(
    LEARNERS,
    "judge an exercise as it is saved, and show every verdict",
    argument("exercise", metavar="NN", nargs="?", help="its number, e.g. 02"),
    argument("--all", action="store_true", help="judge every exercise"),
    argument("--json", metavar="FILE", type=Path, help="write the verdicts as JSON, too"),
    argument(
        "--seed", metavar="NUMBER", type=int, help="repeat the inputs of an earlier judgement"
    ),
    argument("--watch", action="store_true", help="judge again at each save, until Ctrl-C"),
)
def check(args: argparse.Namespace) -> int:
    from course_lib.desk import copies
    from course_lib.exercises.catalogue import exercise, exercises
    from course_lib.files import saves

    if args.all == (args.exercise is not None):
        raise CourseError("Name one exercise, as in `course check 02`, or give --all.")
    if args.watch and (args.all or args.json):
        raise CourseError("With --watch, one exercise is judged, and no JSON is written.")
    chosen = exercises() if args.all else (exercise(args.exercise),)
    if not args.watch:
        judged = {it: judge_saved(it, args.seed, brief=args.all) for it in chosen}
        if args.json:
            write_verdicts(args.json, judged)
        return 0 if all(each.status == "passed" for them in judged.values() for each in them) else 1
    try:
        for _ in saves(copies.notebook_of(chosen[0])):
            try:
                judge_saved(chosen[0], args.seed)
            except CourseError as error:
                print(error)
            print("Waiting for the next save; Ctrl-C ends it.\n", flush=True)
    except KeyboardInterrupt:
        print()  # behind the ^C that the terminal shows
    return 0


def write_verdicts(path: Path, judged: "dict[Exercise, list[Verdict]]") -> None:
    """Write what came of several exercises, with their sums, as JSON."""
    import json
    from dataclasses import asdict

    from course_lib.files import write_text

    listed: list[dict[str, Any]] = [
        {
            "exercise": there.name,
            "title": f"{there.number} · {there.title}",
            "earned": sum(verdict.earned for verdict in verdicts),
            "points": there.points,
            "questions": [asdict(verdict) for verdict in verdicts],
        }
        for there, verdicts in judged.items()
    ]
    sums = {name: sum(each[name] for each in listed) for name in ("earned", "points")}
    write_text(path, json.dumps({**sums, "exercises": listed}, indent=1) + "\n")


def judge_saved(there: "Exercise", seed: int | None, *, brief: bool = False) -> "list[Verdict]":
    """Judge and record each saved answer; print the verdicts, or with `brief` their sum."""
    from rich.console import Console
    from rich.text import Text

    from course_lib.desk import copies
    from course_lib.exercises import cells, progress
    from course_lib.judge.judge import judge_all
    from course_lib.judge.render import as_text

    console = Console()
    answers = cells.answers(cells.read(copies.notebook_of(there)))
    verdicts = []
    for verdict in judge_all(there, answers, seed):
        verdicts.append(verdict)
        progress.record(verdict)
        if brief:
            continue
        text = Text(as_text(verdict).replace("%hint", "course hint"))
        text.highlight_regex(r"(?m)^ *✓", "green")
        text.highlight_regex(r"(?m)^ *✗", "bold red")
        text.highlight_regex(r"(?m)^ *[○–]", "dim")
        console.print(text, soft_wrap=True)
    earned = sum(verdict.earned for verdict in verdicts)
    print(f"{'' if brief else chr(10)}{there.name}: {earned} of {there.points} points", flush=True)
    return verdicts


@command(
    LEARNERS,
    "show the next hint for a question",
    argument("question", metavar="NAME", help="what stands after %%%%answer"),
)
def hint(args: argparse.Namespace) -> int:
    from course_lib.exercises import progress
    from course_lib.exercises.catalogue import find_question

    _, question = find_question(args.question)
    seen = progress.load(question.name).hints
    number, text = progress.next_hint(question.name, question.hints)
    if seen >= number:
        print("There are no more hints; this was the last.")
    print(f"Hint {number} of {len(question.hints)}: {text}")
    return 0


@command(
    LEARNERS, "start a lesson and its exercise anew; what you wrote is kept as a backup", NUMBER
)
def reset(args: argparse.Namespace) -> int:
    from course_lib.desk import copies
    from course_lib.paths import shown

    for copy, backup in copies.reset(args.exercise):
        print(f"{shown(copy)} is as it was at the beginning.")
        if backup:
            print(f"  What was in it is now {shown(backup)}.")
    print("If it is open in JupyterLab: File > Reload Notebook from Disk.")
    return 0


@command(
    LEARNERS,
    "pack your answers to an exercise into one file for your instructor",
    NUMBER,
    argument(
        "--student", metavar="ID", required=True, help="who you are, as your instructor knows you"
    ),
    argument("--out", metavar="FILE", type=Path, help="default: in desk/submissions/"),
)
def submit(args: argparse.Namespace) -> int:
    from course_lib.desk import copies
    from course_lib.exercises.catalogue import exercise, unanswered
    from course_lib.marks import submission
    from course_lib.paths import desk, shown

    there = exercise(args.exercise)
    notebook = copies.notebook_of(there)
    made = submission.make(there, notebook, args.student)
    saved = datetime.fromtimestamp(notebook.stat().st_mtime, UTC)
    path = args.out or desk() / "submissions"
    if path.is_dir() or args.out is None:
        path /= f"{there.name}-{made.student}.json"
    path, made = submission.save(made, path)
    missing = unanswered(there, made.answers)
    count = len(there.questions)
    print(f"file      {shown(path)}")
    print(f"student   {made.student}")
    print(f"exercise  {there.name}, {count - len(missing)} of {count} questions answered")
    if missing:
        print(f"missing   {', '.join(missing)}")
    print(f"saved     {saved:{submission.TIME}}, and what you wrote later is not in it")
    print(f"created   {made.created}")
    print(f"checksum  {made.checksum[:12]}")
    print("Nothing was sent anywhere: give the file to your instructor.")
    return 0


@command(
    LEARNERS,
    "write the WebSocket of lesson 11 as a package of your own, and a page to keep",
    argument(
        "--to",
        metavar="DIR",
        type=Path,
        help="the folder that my_websocket/ goes into (default: the desk); what differs in an earlier "
        "one there is backed up",
    ),
)
def export_mine(args: argparse.Namespace) -> int:
    from course_lib.files import write_text
    from course_lib.mine import export, finish, my_answers
    from course_lib.paths import desk, shown

    pieces = my_answers()
    folder = args.to or desk()
    paths = export(pieces, folder)
    package = paths[0].parent
    card = finish.card_of(package)
    kept = folder / "my_websocket.html"
    write_text(kept, finish.page(pieces, card))
    print(f"package   {shown(package)}, {finish.told(paths, pieces, card)}")
    print(f"page      {shown(kept)}")
    print(f"start it  cd {shlex.quote(shown(folder))} && {finish.START}")
    return 0
