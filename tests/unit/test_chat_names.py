"""Names that people can tell apart."""

import pytest

from course_lib.chat.names import MAX_NAME, BadName, skeleton, tidy


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Ann", "Ann"),
        ("  Ann  ", "Ann"),
        ("Ann\tLee", "Ann Lee"),
        ("Ａｎｎ", "Ann"),  # full-width letters
        ("Zoe\u0301", "Zoé"),
        ("x" * MAX_NAME, "x" * MAX_NAME),
        ("<b>Ann</b>", "<b>Ann</b>"),
        ("שרה", "שרה"),
        ("😀", "😀"),
    ],
)
def test_a_name_is_tidied(given, shown):
    assert tidy(given) == shown


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "at least one"),
        (" \u00a0 ", "at least one"),
        ("x" * (MAX_NAME + 1), "at most 20"),
        ("Ann\u202eeroc", "can see"),  # right-to-left override
        ("Ann\u200b", "can see"),  # zero width space
        ("An\x1b[31mn", "can see"),
        ("An\ud800n", "can see"),  # half of a pair
        ("a\u0301\u0302\u0303\u0304", "accents"),
    ],
)
def test_a_name_that_can_not_be_told_from_another_is_refused(given, says):
    with pytest.raises(BadName, match=says):
        tidy(given)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "ann"),
        ("Ann", "Аnn"),  # a Cyrillic А
        ("Oscar", "ОЅСАR"),
        ("Zoé", "Zoe"),
        ("Bob", "B.o b"),
        ("Will", "WiII"),
        ("Leo", "Le0"),
    ],
)
def test_names_that_look_alike_have_one_skeleton(one, other):
    assert one != other
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(("one", "other"), [("Ann", "Anna"), ("Bob", "Rob"), ("😀", "😁")])
def test_names_that_differ_have_two(one, other):
    assert skeleton(one) != skeleton(other)
