"""`my_websocket`: a small package of the learner's own code, which runs by itself.

Lesson 11 is its source. A cell whose first line is `# my_websocket/NAME.py` belongs to that file, and
the answers from the exercises are the files before it.
"""

import re
from pathlib import Path
from string import Template

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.files import back_up, write_text
from course_lib.mine.pieces import Pieces
from course_lib.paths import NOTEBOOKS

LESSON = NOTEBOOKS / "11_your_own_websocket.ipynb"
README = Path(__file__).with_name("readme.md")
FILE = re.compile(r"# my_websocket/(\w+)\.py\n")
ANSWERS = {"02": "handshake", "03": "frames", "04": "handlers"}
"""The file for the answers of each exercise."""

USES = {
    "connection": "import secrets\n\nfrom .frames import *",
    "streams": (
        "import asyncio\nimport base64\nimport contextlib\nimport secrets\n\n"
        "from .connection import *\nfrom .handshake import *"
    ),
    "__main__": (
        "import asyncio\nimport contextlib\nimport sys\n\n"
        "from .handlers import *\nfrom .streams import *"
    ),
}
"""What each file of the lesson imports."""


def files_of(pieces: Pieces, lesson: Path = LESSON) -> dict[str, str]:
    """The text of each file of the package, by its name. Raises `CourseError` without the lesson."""
    files = {
        f"{file}.py": _title(f"Exercise {number}", file)
        + "\n\n\n".join(piece.source.strip() for piece in pieces.of(number))
        + "\n"
        for number, file in ANSWERS.items()
    }
    glue: dict[str, list[str]] = {}
    for cell in cells.read(lesson)["cells"]:
        source = cells.source_of(cell)
        if cell["cell_type"] == "code" and (match := FILE.match(source)):
            glue.setdefault(match[1], []).append(source[match.end() :].strip())
    for name, parts in glue.items():
        body = "\n\n\n".join(parts)
        files[f"{name}.py"] = f"{_title('Lesson 11', name)}{USES[name]}\n\n\n{body}\n"
    files["__init__.py"] = '"""A WebSocket of my own."""\n\nfrom .streams import connect, serve\n'
    files["README.md"] = _readme(pieces)
    return files


def export(pieces: Pieces, folder: Path) -> list[Path]:
    """Write the package into a folder that is not there yet, or holds an earlier one of it.

    An earlier file that says something else, perhaps by the learner's hand, is backed up. Raises
    `CourseError` if something else stands there, or can't be written.
    """
    target = folder / "my_websocket"
    if target.exists() and not (target / "streams.py").exists():
        raise CourseError(
            f"{target} is there already, and is something else: choose another folder."
        )
    paths = []
    for name, text in files_of(pieces).items():
        path = target / name
        if path.exists() and path.read_bytes() != text.encode():
            back_up(path)
        write_text(path, text)
        paths.append(path)
    return paths


def _title(where: str, name: str) -> str:
    return f'"""{where} of the course on WebSockets: {name.strip("_")}."""\n\n'


def _readme(pieces: Pieces) -> str:
    needs = any("websockets" in piece.source for piece in pieces.all)
    whose = (
        f"- `{piece.name}` ({piece.exercise}): {'mine' if piece.mine else 'from the course'}"
        for piece in pieces.all
    )
    return Template(README.read_text("utf-8")).substitute(
        alone="with the `websockets` library for one thing" if needs else "without dependencies",
        count=len(pieces.all),
        mine=pieces.mine,
        whose="\n".join(whose),
    )
