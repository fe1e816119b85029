"""The file format of right and wrong answers."""

import pytest

from tests.graded.answers import Example, read_examples


def test_examples_are_read(tmp_path):
    path = tmp_path / "answers.py"
    path.write_text("# %% wrong f: too late\n# says: too: late\nx = 1\n# %% right f: a: b\ny\n")
    assert read_examples(path, {}) == [
        Example("wrong", "f", "too late", "x = 1\n", "too: late"),
        Example("right", "f", "a: b", "y\n"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n# %% right f: t\n",
        "# %% maybe f: t\n",
        "# %% right f:\n",
        "# %% wrong f: t\nx = 1\n",
        "# %% right f: t\n# says: no\n",
        "# %% right f: t\n# with: z -> a\n",
        "# %% right f: t\n# with: 1 -> 2\n",
        "# %% right f: t\n# - z = 1\n# + a\n",
        "# %% right f: t\n# of: another\n# with: x -> z\n",
        "# %% right f: t\n# with: x -> z\nmore\n",
        "# %% right g: t\n# with: x -> z\n",
    ],
)
def test_anything_else_is_an_error(tmp_path, text):
    path = tmp_path / "answers.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"answers\.py"):
        read_examples(path, {"f": "x = 1\ny = 1\n"})


def test_an_edit_makes_an_answer_of_the_solution_or_of_one_before_it(tmp_path):
    path = tmp_path / "answers.py"
    path.write_text(
        "# %% wrong f: one\n# says: no\n# with: x = 1 -> x = 2\n# with: y ->\n"
        "# %% right f: two\n# - x = 1\n# - y = 1\n# + if True:\n# +     y = 3\n"
        "# %% right f: three\n# of: two\n# -     y = 3\n"
    )
    one, two, three = read_examples(path, {"f": "x = 1\ny = 1"})
    assert one == Example("wrong", "f", "one", "x = 2\n = 1\n", "no")
    assert two == Example("right", "f", "two", "if True:\n    y = 3\n")
    assert three == Example("right", "f", "three", "if True:\n")
