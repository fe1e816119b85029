"""Marks as Gradescope takes them: an autograder to upload, and what such a one says.

Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/. `python -m
course_lib.marks.gradescope /autograder` is what runs there at each submission.
"""

import functools
import json
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.files import write_text
from course_lib.judge.render import as_text
from course_lib.marks import executors
from course_lib.marks.batch import Batch
from course_lib.marks.gradebook import Gradebook
from course_lib.marks.rows import Row
from course_lib.marks.tables import number
from course_lib.paths import ROOT, shown

_ROOT = '#!/usr/bin/env bash\nset -eu\nroot="${AUTOGRADER_ROOT:-/autograder}"\n'

SETUP = f"""{_ROOT}
apt-get update
apt-get install -y bubblewrap python3-pip
PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install uv
uv venv --python '>=3.11,<3.14' "$root/venv"
cd "$root/source/course"
uv pip install --python "$root/venv/bin/python" -r requirements.lock
uv pip install --python "$root/venv/bin/python" --no-deps -e .
"""
"""Runs once, as root, where Gradescope builds the image (Ubuntu, whose Python may be too old)."""

RUN = f"""{_ROOT}
exec "$root/venv/bin/python" -P -m course_lib.marks.gradescope "$root"
"""


def write_autograder(path: Path) -> None:
    """Write the zip file that an instructor uploads; raises `CourseError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, text in (("setup.sh", SETUP), ("run_autograder", RUN)):
                script = zipfile.ZipInfo(name)
                script.external_attr = 0o100755 << 16  # executable
                bundle.writestr(script, text)
            for each in _course():
                bundle.write(each, Path("course", each.relative_to(ROOT)))
    except OSError as exc:
        raise CourseError(f"Can't write {shown(path)}: {exc.strerror}.") from None


def _course() -> Iterator[Path]:
    """What of the course judges, and what installs it."""
    yield from (
        ROOT / each for each in ("pyproject.toml", "requirements.lock", "README.md", "LICENSE")
    )
    yield from sorted((ROOT / "solutions").glob("*.ipynb"))
    yield from sorted((ROOT / "solutions").glob("*_tests.py"))
    for each in sorted((ROOT / "course_lib").rglob("*")):
        if each.is_file() and "__pycache__" not in each.parts:
            yield each


def write_results(rows: Sequence[Row], folder: Path) -> int:
    """Write `STUDENT-EXERCISE/results.json` for each submission that counts; returns how many."""
    of_file: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.chosen:
            of_file[row.file].append(row)
    for each in of_file.values():
        name = f"{each[0].student}-{each[0].exercise}"
        write_text(folder / name / "results.json", _json(results(each)))
    return len(of_file)


def results(rows: Sequence[Row]) -> dict[str, object]:
    """What an autograder says of one submission: a test for each question."""
    tests = [
        {
            "name": row.question,
            "score": number(row.mark),
            "max_score": number(row.of),
            "status": "passed" if row.mark == row.of else "failed",
            "output": "\n\n".join(filter(None, [as_text(row.verdict), row.comment])),
            "visibility": "visible",
        }
        for row in rows
    ]
    return {
        "score": number(round(sum(row.mark for row in rows), 2)),
        "execution_time": round(sum(row.duration for row in rows), 2),
        "tests": tests,
    }


def autograde(root: Path) -> None:
    """Judge what is in `root/submission` into `root/results/results.json`.

    Raises SystemExit where the grader fails: Gradescope then says so, and gives no mark.
    """
    with tempfile.TemporaryDirectory() as folder:
        batch = Batch(Path(folder), functools.partial(executors.local, 1), 1, seed=0)
        entries = list(batch.grade(root / "submission"))
        with Gradebook.open(Path(folder)) as book:
            rows = book.rows(chosen=True)
    if failed := [entry.note for entry in entries if entry.student and not entry.judged]:
        raise SystemExit(failed[0])
    said = [f"{entry.file}: {entry.note}" for entry in entries if entry.note]
    people = sorted({row.student for row in rows})
    if len(people) != 1:
        said += ["Nothing was handed in."] if not entries else []
        said += [f"These files are by different people: {', '.join(people)}."] if people else []
        rows = []
    else:
        said.append(f"The work of {people[0]}.")
    write_text(
        root / "results" / "results.json", _json(results(rows) | {"output": "\n".join(said)})
    )


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    autograde(Path(sys.argv[1]))
