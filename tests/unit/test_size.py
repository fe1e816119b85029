"""The size check: what counts as a line of code, and what it says when something is over."""

from tests.size import FUNCTION, MODULE, WHOLE, Module, code, main, over

SOURCE = '''"""A module.

Over several lines.
"""

# a comment
LIMIT = 5  # counts
"""What it is for."""


def f(
    a: int,
) -> str:
    """What it does."""

    return """a text
    of two lines"""
'''


def test_code_is_what_is_neither_docstring_nor_comment_nor_blank():
    assert code(SOURCE) == 6


def test_the_budget_is_held_at_its_border():
    kept = Module("a", "a/b.py", 1700, MODULE, {"f": FUNCTION})
    assert list(over([kept])) == []
    broken = Module("a", "a/b.py", 1701, MODULE + 1, {"f": FUNCTION + 1})
    assert [sentence.split(" has ")[0] for sentence in over([broken])] == [
        "a",
        "a/b.py",
        "f in a/b.py",
    ]
    count = WHOLE // 10 + 1
    many = [Module(str(n), f"{n}.py", count, 1, {}) for n in range(10)]
    assert list(over(many)) == [f"All rooms have {10 * count:,} lines of code, {WHOLE:,} at most."]


def test_the_table_names_each_room(tmp_path, capsys):
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "module.py").write_text(SOURCE)
    assert main(tmp_path) == 0
    assert "room/module.py 17" in capsys.readouterr().out
    (tmp_path / "long.py").write_text("\n" * 301)
    assert main(tmp_path) == 1
    assert "long.py has 301 lines, 300 at most." in capsys.readouterr().out
