"""How large course_lib is, room by room, and whether it keeps to its budget: `python -m tests.size`.

A line of code is one that holds more than a docstring, a comment or nothing.
"""

import ast
import io
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course_lib.paths import ROOT

WHOLE, ROOM = 14300, 1700
"""Lines of code that all rooms together, and one room, may have."""

MODULE, FUNCTION = 300, 50
"""Lines in all, docstrings and blank ones included, that a module and a function may have."""

NO_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENCODING, tokenize.ENDMARKER,
}  # fmt: skip


@dataclass(frozen=True)
class Module:
    """A module's size.

    Attributes:
        room: the folder in which it stands, "course_lib" for those beside the rooms.
        name: its path from the package.
        code: lines of code.
        lines: lines in all.
        functions: lines in all of each function, methods and inner ones included.
    """

    room: str
    name: str
    code: int
    lines: int
    functions: dict[str, int]


def measured(path: Path, package: Path) -> Module:
    """The size of the module in a file."""
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    parts = path.relative_to(package).parts
    room = parts[0] if len(parts) > 1 else package.name
    functions = {
        node.name: _last(node) - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return Module(room, "/".join(parts), code(source), len(source.splitlines()), functions)


def code(source: str) -> int:
    """How many lines of code a Python source has."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                lines.difference_update(range(node.lineno, _last(node) + 1))
    return len(lines)


def _last(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def over(modules: list[Module]) -> Iterator[str]:
    """What is over the budget, a sentence for each."""
    rooms = by_room(modules)
    if rooms.total() > WHOLE:
        yield f"All rooms have {rooms.total():,} lines of code, {WHOLE:,} at most."
    for room, count in rooms.items():
        if count > ROOM:
            yield f"{room} has {count:,} lines of code, {ROOM:,} at most."
    for module in modules:
        if module.lines > MODULE:
            yield f"{module.name} has {module.lines} lines, {MODULE} at most."
        for name, lines in module.functions.items():
            if lines > FUNCTION:
                yield f"{name} in {module.name} has {lines} lines, {FUNCTION} at most."


def by_room(modules: list[Module]) -> Counter[str]:
    """Lines of code of each room."""
    rooms: Counter[str] = Counter()
    for module in modules:
        rooms[module.room] += module.code
    return rooms


def main(package: Path = ROOT / "course_lib") -> int:
    """Print the table; 1 if something is over the budget."""
    modules = [measured(path, package) for path in sorted(package.rglob("*.py"))]
    print(f"{'room':<14}{'code':>8}{'modules':>9}   longest module")
    for room, count in by_room(modules).most_common():
        there = [module for module in modules if module.room == room]
        longest = max(there, key=lambda module: module.lines)
        print(f"{room:<14}{count:>8,}{len(there):>9}   {longest.name} {longest.lines}")
    print(f"{'in all':<14}{by_room(modules).total():>8,}{len(modules):>9}   budget {WHOLE:,}")
    problems = list(over(modules))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
