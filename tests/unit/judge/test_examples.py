"""The file format of right and wrong answers."""

import pytest

from tests.graded.answers import Example, read_examples


def test_examples_are_read(tmp_path):
    path = tmp_path / "answers.py"
    path.write_text("# %% wrong f: too late\n# says: too: late\nx = 1\n# %% right f: a: b\ny\n")
    assert read_examples(path) == [
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
    ],
)
def test_anything_else_is_an_error(tmp_path, text):
    path = tmp_path / "answers.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"answers\.py"):
        read_examples(path)
