"""Names that people can tell apart: what a person or a room may be called."""

import unicodedata

MAX_NAME = 20
"""The longest name, in characters."""

_LIKE = {
    "a": "аαɑ", "b": "вЬ", "c": "сϲ", "d": "ԁ", "e": "еεҽ", "h": "нһη", "i": "іιıl1|ӏ", "j": "јϳ",
    "k": "кκ", "m": "мμ", "n": "пν", "o": "оοσ0", "p": "рρ", "q": "ԛ", "s": "ѕ", "t": "тτ",
    "u": "υ", "w": "ԝω", "x": "хχ", "y": "уγ",
}  # fmt: skip
_LOOK_ALIKES = str.maketrans({other: one for one, others in _LIKE.items() for other in others})


class BadName(ValueError):
    """A name that can't be used; the message says why, for a person."""


def tidy(name: str) -> str:
    """A name as it is shown: in Unicode's composed form, without spaces around it.

    Raises:
        BadName: it is empty, too long, or has characters that can't be seen or turn the text
            around, so that two names could look the same.
    """
    name = " ".join(unicodedata.normalize("NFKC", name).split())
    if not name:
        raise BadName("A name needs at least one character.")
    if len(name) > MAX_NAME:
        raise BadName(f"A name has at most {MAX_NAME} characters.")
    if any(unicodedata.category(char)[0] == "C" for char in name):
        raise BadName("A name is made of characters that one can see.")
    marks = sum(unicodedata.category(char)[0] == "M" for char in name)
    if marks > len(name) // 2:
        raise BadName("A name has no more accents than letters.")
    return name


def skeleton(name: str) -> str:
    """What a name looks like: equal for names that people would take for each other.

    Case, accents, spaces and punctuation don't count, and letters that look alike (those of
    Unicode's confusables, UTS 39, that a Latin name meets in Greek and Cyrillic) are one.
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(char for char in plain if char.isalnum())
    return letters.translate(_LOOK_ALIKES) or name
