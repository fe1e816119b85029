"""Exercise 06: a chat, from names to a running server."""

import asyncio
import contextlib
import json
import socket
import string
import time
import unicodedata

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from course_lib.exercises.question import Question
from course_lib.judge.expect import expect, expect_guess, expect_raises, expect_that, fail

TIDY_NAME = Question(
    "tidy_name",
    points=3,
    hints=(
        "First change the name, in two steps, then look at what has come out. Length and "
        "characters are those of the changed name.",
        '`" ".join(name.split())` puts one space where there were many, and none at the ends. '
        "`unicodedata.category(char)` gives two letters, of which only the first matters here.",
        'After `name = " ".join(unicodedata.normalize("NFKC", name).split())` come three `if`, '
        "each with a `raise ValueError(…)`; the last asks "
        '`any(unicodedata.category(char).startswith("C") for char in name)`.',
    ),
)
LOOK = Question(
    "look",
    points=3,
    hints=(
        "Take away, one after the other, what doesn't count. What is left is what the name looks "
        "like.",
        "`casefold` first, then NFKD; then keep each character that is neither a space nor of a "
        "category that begins with `M`; then the table.",
        "The table: `for letter, others in LIKE.items():` `for other in others:` "
        "`text = text.replace(other, letter)`. Or turn it around once and give it to "
        "`str.translate`.",
    ),
)
SEATS = Question(
    "Seats",
    points=4,
    hints=(
        "Write it down once: a dictionary from `who` to a pair of room and name. Everything else "
        "can be computed from it.",
        "With one dictionary, to move is an assignment, and an empty room is one that nobody's "
        "pair names. Make the dictionary in `__init__`, so that each object has its own.",
        "`inside` is `{who: name for who, (its, name) in self._seats.items() if its == room}`. "
        "`join` compares `look(name)` with the look of each name inside, except that of `who`, "
        "before it changes anything.",
    ),
)
TYPING_NOTES = Question(
    "TypingNotes",
    points=2,
    hints=(
        "What must be remembered from one key to the next? Only the time of the last note.",
        "Before the first note there is no such time. Write `None` for it: 0 is a time like any "
        "other.",
        "`if self._told is not None and now - self._told < self._every: return False`; otherwise "
        "`self._told = now` and `True`. And `sent` forgets the time.",
    ),
)
TYPING_LINE = Question(
    "TypingLine",
    points=3,
    hints=(
        "For each user one time is enough: that of the last note.",
        "Who is typing is worked out when somebody asks: those for whom less than `hold` seconds "
        "have passed. `said` takes its user out, if they are there.",
        "A dictionary `self._notes`, with `self._notes[user] = now` in `note`, "
        "`self._notes.pop(user, None)` in `said`, and in `who` "
        "`sorted(user for user, at in self._notes.items() if now - at < self._hold)`.",
    ),
)
SENT_PER_SECOND = Question(
    "sent_per_second",
    points=1,
    hints=(
        "How many messages are written each second by all thirty together? And how many notes "
        "does a page send while one of them is being typed?",
        "Three messages a second. The first key is told at once, the next note comes after 2 s, "
        "the next after 4.",
        "3 messages a second, each to 30 people. 3 notes for each message, so 9 a second, each to "
        "29 people.",
    ),
)
CHAT = Question(
    "chat",
    points=6,
    imports=("websockets",),
    hints=(
        "Build it from the inside: a function that sends an event to some connections, one for "
        "`join`, one for `say`, one for leaving. The handler only reads and chooses. Let a "
        "function that refuses raise `ValueError`, and answer it in one place.",
        "`broadcast(connections, text)` never waits, so somebody who doesn't read holds nobody up. The "
        "connection itself can be the `who` of `seats`. Leaving belongs in a `finally`, since "
        "the loop over the messages may end with an exception.",
        "In `join`: `tidy_name`, then `before = seats.place(line)`, then `seats.join`; if that is "
        "`False`, refuse. Only then tell: `left` to those in the room before, `joined` to the "
        "others here, `entered` to the newcomer. `match json.loads(data):` `case {'type': 'join', "
        "'room': str(room), 'name': str(name)}:` checks a command in one line.",
    ),
)
WITH_HISTORY = Question(
    "with_history",
    points=5,
    imports=("websockets",),
    hints=(
        "Look at each `await`: while it waits, other connections go on. What can they do in the "
        "meantime, and what of it goes wrong?",
        "While the history is sent, somebody may speak, and the newcomer is not in `here` yet. "
        "While `each.send` waits for a slow one, another speaker takes the same number. "
        "`broadcast` does both without waiting. And `len(said)` stops growing at 20.",
        "`broadcast([websocket], history)` and `here.add(websocket)`, with nothing in between; a "
        "counter of its own for the numbers; and for each text: count, append, cut to 20, "
        "`broadcast(here, …)`, without an `await`.",
    ),
)
QUESTIONS = (
    TIDY_NAME, LOOK, SEATS, TYPING_NOTES, TYPING_LINE, SENT_PER_SECOND, CHAT, WITH_HISTORY,
)  # fmt: skip

PATIENCE = 3.0
"""Seconds after which a server that answers nothing at all counts as hanging."""

JOINED = "the others hear who has joined, and the newcomer does not"

SOON = 0.3
"""Seconds within which a message comes from a server that answers."""


def word(rng, length=8):
    return "".join(rng.choices(string.ascii_lowercase, k=length))


# --- tidy_name


def refused(answer, name, part, why):
    error = expect_raises(lambda: answer.tidy_name(name), "ValueError", why)
    expect_that(
        part in error.text,
        error.text,
        f"{why}: the person must learn that from the text of the ValueError",
        f"a text that contains {part!r}",
    )


@TIDY_NAME
def test_names_stay(answer, rng):
    """A name in order stays as it is."""
    names = ("Zoé", "木村", "<b>Ann</b>", "👍", "O'Neill", "a", "0", word(rng).title(), "A. B-C_d")
    for name in names:
        expect(lambda name=name: answer.tidy_name(name), name, f"{name!r} is a name as it is")


@TIDY_NAME
def test_one_form(answer):
    """Names are brought into one form, NFKC, before all else."""
    why = "normalize to NFKC: é in one character, and a wide A as the usual one"
    for name, tidy in (
        ("Zoe\u0301", "Zoé"),
        ("\uff21\uff4e\uff4e", "Ann"),
        ("\ufb01n", "fin"),
        ("A\u030angstro\u0308m", "Ångström"),
    ):
        expect(lambda name=name: answer.tidy_name(name), tidy, why)
    why = "NFKC comes first, since it can make a space: of ¨ a space and the two dots"
    expect(lambda: answer.tidy_name("\u00a8Ann"), "\u0308Ann", why)


@TIDY_NAME
def test_spaces(answer, rng):
    """No spaces at the ends, and one between words."""
    one, two, three = (word(rng, 4) for _ in range(3))
    expect(lambda: answer.tidy_name("  Ann \t Lee "), "Ann Lee", "the example of the question")
    why = "spaces at the ends go, and between two words there is one"
    expect(answer.tidy_name(f"  {one} "), one, why)
    expect(answer.tidy_name(f"{one}   {two}  {three}"), f"{one} {two} {three}", why)
    for space in ("\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2028", "\u2003", "\x1f"):
        why = f"{space!r} counts as a space, like all that `str.split` takes for one"
        expect(lambda space=space: answer.tidy_name(f"{one}{space}{two}"), f"{one} {two}", why)
        expect(lambda space=space: answer.tidy_name(f"{space}{one}{space}"), one, why)


@TIDY_NAME
def test_empty(answer):
    """An empty name is refused, and so is one of spaces."""
    for name in ("", " ", " \t\n ", "\u3000"):
        refused(answer, name, "empty", f"of {name!r} nothing is left that could be a name")


@TIDY_NAME
def test_length(answer, rng):
    """Twenty characters are allowed, as they are shown; more are not."""
    name = word(rng, 20)
    expect(lambda: answer.tidy_name(name), name, "20 characters are allowed")
    why = "count the characters of the name as it is shown, after NFKC and without the spaces"
    expect(lambda: answer.tidy_name(f"   {name}   "), name, why)
    expect(lambda: answer.tidy_name("e\u0301" * 20), "é" * 20, why)
    expect(lambda: answer.tidy_name("a" + " " * 30 + "b"), "a b", why)
    refused(answer, word(rng, 21), "20", "21 characters are too many")
    refused(answer, word(rng, 500), "20", "500 characters are too many")
    refused(answer, "\ufb01" * 11, "20", "ﬁ becomes two letters, so eleven of them are 22")


@TIDY_NAME
def test_invisible(answer, rng):
    """Characters that can't be seen are refused, wherever they stand."""
    expect_raises(lambda: answer.tidy_name("Ann\u200b"), "ValueError", "the example, Ann\\u200b")
    for char in ("\u200b", "\u202e", "\ufeff", "\u00ad", "\x00", "\x1b", "\ue000", "\u2066"):
        kind = unicodedata.category(char)
        why = f"{char!r} can't be seen, its category is {kind}"
        one, two = word(rng, 3), word(rng, 3)
        for name in (f"{one}{char}{two}", f"{char}{one}", f"{one}{char}", char):
            refused(answer, name, "invisible", why)


# --- look


def alike(answer, one, other, why):
    expect(
        lambda: answer.look(other), answer.look(one), f"{one!r} and {other!r} look the same: {why}"
    )


def unlike(answer, one, other, why):
    got = answer.look(one)
    expect_that(
        answer.look(other) != got, got, f"{one!r} and {other!r} look different: {why}", "two values"
    )


def like(answer):
    """The table of the question, as it was given."""
    table = answer.value("LIKE")
    given = {
        "a": "\u0430\u03b1", "c": "\u0441", "e": "\u0435", "i": "1l|\u0456\u03b9",
        "o": "0\u043e\u03bf", "p": "\u0440\u03c1", "x": "\u0445\u03c7",
    }  # fmt: skip
    expect(table, given, "`LIKE` is given, and stays as it is")
    return given


@LOOK
def test_case(answer, rng):
    """Case doesn't count."""
    name = word(rng)
    alike(answer, name, name.title(), "case doesn't count")
    alike(answer, name, name.upper(), "case doesn't count")
    alike(answer, "STRASSE", "Straße", "`casefold` makes them one, `lower` doesn't")


@LOOK
def test_accents(answer, rng):
    """Accents don't count."""
    name = word(rng, 4)
    alike(answer, "Zoé", "ZOE", "accents don't count, and case doesn't")
    alike(answer, f"{name}ñ", f"{name}n", "accents don't count")
    alike(answer, f"Å{name}ợ", f"a{name}o", "accents don't count, two on one letter neither")
    alike(answer, f"{name}q\u0301", f"{name}Q", "some accents have no letter to be one with")


@LOOK
def test_spaces_in_names(answer, rng):
    """Spaces don't count."""
    one, two = word(rng, 4), word(rng, 4)
    alike(answer, f"{one} {two}", f"{one}{two}", "spaces don't count")
    alike(answer, f"{one} {two} v", f"{one}{two}v", "no space counts, also where there are two")


@LOOK
def test_look_alikes(answer, rng):
    """Letters that look alike are one, in either case, with accents or without."""
    name = word(rng, 3)
    alike(answer, "Ann", "\u0410nn", "the example of the question")
    for letter, others in like(answer).items():
        for other in others:
            alike(answer, f"{name}{letter}", f"{name}{other}", f"{other!a} is in `LIKE`")
            alike(answer, letter, other.upper(), f"{other.upper()!a} has its small one in `LIKE`")
    alike(answer, "Bill", "bi1l", "1 and l both look like i, so they look like each other")
    why = "the accent goes first, then comes the table"
    alike(answer, "Igor", "\u0407gor", why)  # Ї
    alike(answer, "Eva", "\u0401v\u03ac", why)  # Ё and ά


@LOOK
def test_different_names(answer, rng):
    """Names that look different stay different."""
    unlike(answer, "Ann", "Anna", "a letter more")
    name = word(rng, 6)
    unlike(answer, name, name[1:], "a letter less")
    unlike(answer, "Ann", "Nan", "the order of the letters counts")
    for one, other in (("木村", "木材"), ("👍", "👎"), ("Ann2", "Ann3"), ("m", "n"), ("A-B", "AB")):
        unlike(answer, one, other, "neither case, accents, spaces nor `LIKE` makes them one")
    for one in "aceiopx":
        for other in "bdfghkmnqrtuvwyz":
            unlike(answer, f"{one}b", f"{other}b", "`LIKE` doesn't make them one")
    letters = "aceiopx"
    for one, other in zip(letters, letters[1:] + letters[:1], strict=True):
        unlike(answer, f"n{one}", f"n{other}", "each row of `LIKE` is a letter of its own")


# --- Seats


@SEATS
def test_seats_example(answer):
    """The example of the question."""
    seats = answer.make("Seats")
    expect(seats.join(1, "kitchen", "Ann"), True, "nobody else is there")
    expect(seats.join(2, "kitchen", "ann"), False, "ann looks like Ann, who is there")
    expect(seats.join(2, "attic", "ann"), True, "in the attic nobody looks like Ann")
    expect(seats.inside("kitchen"), {1: "Ann"}, "Ann is in the kitchen, alone")
    expect(seats.rooms(), ["attic", "kitchen"], "two rooms with somebody in them, sorted")
    expect(seats.leave(1), ("kitchen", "Ann"), "that is what Ann had", tuples=True)
    expect(seats.rooms(), ["attic"], "the kitchen is empty, so it isn't there")


@SEATS
def test_join_and_leave(answer, rng):
    """Whoever has joined is inside; whoever has left is nowhere."""
    room, (ann, bob) = word(rng), (word(rng), word(rng))
    seats = answer.make("Seats")
    expect(seats.place(1), None, "nobody has joined yet")
    expect(seats.leave(1), None, "whoever was nowhere leaves nothing")
    for who, name in ((1, ann), ("two", bob)):
        expect(seats.join(who, room, name), True, "there was place for that name")
        expect(seats.place(who), (room, name), "the place is room and name", tuples=True)
    expect(seats.inside(room), {1: ann, "two": bob}, "both are in the room")
    expect(seats.leave(1), (room, ann), "`leave` returns what they had", tuples=True)
    expect(seats.place(1), None, "whoever has left is nowhere")
    expect(seats.leave(1), None, "nobody can leave twice")
    expect(seats.inside(room), {"two": bob}, "whoever stays, stays")
    expect(seats.join(1, room, ann), True, "the name of somebody who has left is free again")


@SEATS
def test_moving(answer, rng):
    """Whoever joins a second room is out of the first."""
    one, other, name = word(rng), word(rng), word(rng)
    seats = answer.make("Seats")
    seats.join(1, one, name)
    expect(seats.join(1, other, name), True, "one may move")
    expect(seats.inside(one), {}, "whoever has moved is no ghost in the room before")
    expect(seats.inside(other), {1: name}, "whoever has moved is in the new room")
    expect(seats.rooms(), [other], "the room before is empty, and isn't there any more")
    expect(seats.join(2, one, name), True, "in the room before, the name is free again")
    expect(seats.leave(1), (other, name), "`leave` is about the room where they are", tuples=True)
    expect(seats.rooms(), [one], "whoever left is in neither room")


@SEATS
def test_new_name(answer, rng):
    """One may change one's own name, also for one that looks like it."""
    room, name, new = word(rng), word(rng), word(rng)
    seats = answer.make("Seats")
    seats.join(1, room, name)
    for its in (name, name.upper(), new):
        expect(seats.join(1, room, its), True, "only somebody *else* can be in one's way")
        expect(seats.inside(room), {1: its}, "the new name has taken the place of the old one")
    expect(seats.join(2, room, name), True, "the name that was given up is free")


@SEATS
def test_taken(answer, rng):
    """A name that looks like another in the room is refused, and nothing changes."""
    room, other, ann = word(rng), word(rng), f"An{word(rng, 4)}"
    seats = answer.make("Seats")
    seats.join(1, room, ann)
    seats.join(2, other, "Bob")
    for name in (ann, ann.upper(), ann.replace("A", "\u0410"), f"{ann[:2]} {ann[2:]}"):
        why = f"{name!r} looks like {ann!r}, who is in the room"
        expect(seats.join(2, room, name), False, why)
        why = "a join that is refused changes nothing: everybody stays where they are"
        expect(seats.place(2), (other, "Bob"), why, tuples=True)
        expect(seats.inside(room), {1: ann}, why)
        expect(seats.join(3, room, name), False, "also for somebody who was nowhere")
        expect(seats.place(3), None, "a join that is refused gives no place")
    expect(seats.join(2, room, f"{ann}a"), True, "a name that looks different is free")
    why = "the look counts among all in the room, not only the first or the last"
    expect(seats.join(3, room, ann.upper()), False, why)
    expect(seats.join(3, room, f"{ann}A"), False, why)


@SEATS
def test_no_leaks(answer, rng):
    """Rooms without anybody aren't there; asking makes none."""
    seats, names = answer.make("Seats"), sorted(word(rng) for _ in range(4))
    expect(seats.rooms(), [], "nobody has joined yet")
    expect(seats.inside(names[0]), {}, "nobody is in a room that isn't there")
    expect(seats.rooms(), [], "to ask about a room doesn't make it")
    for who, room in enumerate(names[::-1]):
        seats.join(who, room, "Ann")
    seats.join(8, names[0], "Bob")
    expect(seats.rooms(), names, "all rooms with somebody in them, sorted, and each once")
    seats.join(9, names[0], "ann")
    expect(seats.rooms(), names, "a join that is refused makes no room")
    for who in (0, 1, 2, 3, 8):
        seats.leave(who)
    expect(seats.rooms(), [], "all have left: there are no rooms any more")


@SEATS
def test_two_seats(answer, rng):
    """Two objects know nothing of each other."""
    one, other, room = answer.make("Seats"), answer.make("Seats"), word(rng)
    one.join(1, room, "Ann")
    expect(other.inside(room), {}, "each `Seats` has seats of its own")
    expect(other.join(2, room, "Ann"), True, "each `Seats` has names of its own")
    expect(one.inside(room), {1: "Ann"}, "each `Seats` has seats of its own")


@SEATS
def test_a_busy_evening(answer, rng):
    """Many people come, move and go: everybody is where they went last."""
    seats, rooms, where = answer.make("Seats"), [word(rng) for _ in range(3)], {}
    for _ in range(60):
        who, room, name = (
            rng.randrange(6),
            rng.choice(rooms),
            rng.choice(["Ann", "Bob", "ann", "Eve"]),
        )
        if rng.random() < 0.3:
            expect(seats.leave(who), where.pop(who, None), "what they had", tuples=True)
            continue
        taken = any(
            other != who and its == (room, his) and his.lower() == name.lower()
            for other, its in where.items()
            for his in [its[1]]
        )
        expect(seats.join(who, room, name), not taken, f"{name} joins {where} as {who}: {room}")
        if not taken:
            where[who] = room, name
    for room in rooms:
        inside = {who: name for who, (its, name) in where.items() if its == room}
        expect(seats.inside(room), inside, "after an evening, everybody is where they went last")
    expect(
        seats.rooms(),
        sorted({room for room, _ in where.values()}),
        "each room with somebody in it, once",
    )


# --- TypingNotes


@TYPING_NOTES
def test_notes_example(answer):
    """The example of the question."""
    notes = answer.make("TypingNotes", every=2)
    got = [notes.key(now) for now in (10, 11, 12, 13)]
    why = "told at 10 and 12: once every 2 seconds at most; `key` says True or False each time"
    expect(got, [True, False, True, False], why)


@TYPING_NOTES
def test_first_key_and_pause(answer, rng):
    """The first key is told at once, wherever time begins; then once in `every` seconds."""
    every = rng.choice([1, 2, 5])
    for start in (0, -100, rng.randrange(1, 10**6), 0.25):
        notes = answer.make("TypingNotes", every)
        why = f"the first key is told at once, also at the time {start}"
        expect(notes.key(start), True, why)
        expect(notes.key(start), False, "a second key at the same time is not told")
        why = f"{every} seconds have not passed yet"
        expect(notes.key(start + every - 0.25), False, why)
        expect(notes.key(start + every), True, f"after exactly {every} seconds it is told again")
        expect(notes.key(start + every + 0.25), False, "the time counts from the last note")
        why = f"{every} seconds count from the last note, not from the last key"
        expect(notes.key(start + 2 * every), True, why)
        expect(notes.key(start + 9 * every + 0.5), True, "after a long pause the next key is told")
        why = "after a pause the time counts from the note after it"
        expect(notes.key(start + 10 * every + 0.25), False, why)


@TYPING_NOTES
def test_sent(answer, rng):
    """After the message was sent, the next key is told, however soon."""
    start = rng.randrange(100)
    notes = answer.make("TypingNotes", 2)
    notes.sent()
    expect(notes.key(start), True, "something may be sent before any key: it was pasted")
    notes.sent()
    expect(notes.key(start + 0.5), True, "the message is out, so the next key is told at once")
    expect(notes.key(start + 1), False, "and from there the time counts as before")
    expect(notes.key(start + 2.5), True, "and from there the time counts as before")


@TYPING_NOTES
def test_two_pages(answer):
    """Two objects know nothing of each other."""
    one, other = answer.make("TypingNotes", 2), answer.make("TypingNotes", 3)
    one.key(10)
    expect(other.key(10.5), True, "each object has a time of its own")
    expect(one.key(12), True, "each object has its own `every`")
    expect(other.key(12.5), False, "each object has its own `every`")


# --- TypingLine


@TYPING_LINE
def test_line_example(answer):
    """The example of the question."""
    line = answer.make("TypingLine", hold=3)
    line.note("Bob", 10)
    line.note("Ann", 12)
    expect(line.who(12.5), ["Ann", "Bob"], "both are believed, and sorted")
    expect(line.who(13), ["Ann"], "Bob's three seconds are over")
    expect(line.who(15), [], "Ann's three seconds are over")


@TYPING_LINE
def test_believed_for_a_while(answer, rng):
    """A note is believed for `hold` seconds, not longer, wherever time begins."""
    hold, user = rng.choice([2, 4, 8]), word(rng)
    for start in (0, -50, rng.randrange(1, 10**6)):
        line = answer.make("TypingLine", hold)
        expect(line.who(start), [], "nobody is typing yet")
        line.note(user, start)
        for now in (start, start + hold - 0.25):
            expect(line.who(now), [user], f"the note is believed for {hold} seconds")
        for now in (start + hold, start + hold + 100):
            expect(line.who(now), [], f"after {hold} seconds exactly it is over, and stays so")
        line.note(user, start + hold + 101)
        expect(line.who(start + hold + 101), [user], "whoever types again is shown again")


@TYPING_LINE
def test_a_new_note(answer, rng):
    """A new note starts the time anew, for its user alone."""
    one, other = sorted([word(rng), word(rng)])
    line = answer.make("TypingLine", 4)
    line.note(one, 0)
    line.note(other, 0)
    line.note(other, 3)
    expect(line.who(3), [one, other], "each once, however many notes came")
    expect(line.who(5), [other], "the new note is for the one who sent it")
    expect(line.who(6.75), [other], "a new note starts the time anew")
    expect(line.who(7), [], "a new note starts the time anew, and doesn't add to it")


@TYPING_LINE
def test_a_message_ends_it(answer, rng):
    """Whoever has said something isn't typing any more."""
    names = sorted(word(rng) for _ in range(3))
    line = answer.make("TypingLine", 4)
    for name in names[::-1]:
        line.note(name, 10)
    expect(line.who(11), names, "all three, sorted")
    line.said(names[1])
    expect(line.who(11), [names[0], names[2]], "the message ends it, for its author alone")
    why = "somebody may say something without having been seen typing"
    expect(lambda: line.said(names[1]), None, f"{why}: `said` returns nothing, and raises nothing")
    expect(line.who(11), [names[0], names[2]], why)
    line.note(names[1], 12)
    expect(line.who(12), names, "a note after the message counts again")
    expect(line.who(14), [names[1]], "those whose time is over go together")
    expect(lambda: line.said(names[0]), None, f"{why}, or long after")


@TYPING_LINE
def test_two_lines(answer):
    """Two objects know nothing of each other."""
    one, other = answer.make("TypingLine", 3), answer.make("TypingLine", 5)
    one.note("Ann", 10)
    expect(other.who(10), [], "each object has notes of its own")
    other.note("Bob", 10)
    expect(one.who(14), [], "each object has its own `hold`")
    expect(other.who(14), ["Bob"], "each object has its own `hold`")


# --- sent_per_second


@SENT_PER_SECOND
def test_what_the_server_sends(answer):
    """What thirty people make a server send."""
    got = answer.value("sent_per_second")
    expect_that(
        isinstance(got, dict) and set(got) == {"said", "typing"},
        got,
        "keep the dictionary with its two keys",
        "{'said': …, 'typing': …}",
    )
    expect_guess(
        got["said"],
        90,
        "said: how many people, how many messages a second, to how many",
        mistakes={
            3: "said: that is what comes in. Each of them goes out to everybody in the room",
            87: "said: the speaker gets it, too",
            900: "said: that is in ten seconds",
            30: "said: each of the thirty says one thing in ten seconds, not in thirty",
        },
    )
    expect_guess(
        got["typing"],
        261,
        "typing: how many notes a second come in, and to how many each goes out",
        mistakes={
            9: "typing: that is what comes in. Each of them goes out to all the others",
            270: "typing: whoever types is not told of it",
            217.5: "typing: there is no such thing as half a note. The first key is told at once",
            174: "typing: the first key is told at once, and then come two more",
            87: "typing: there is more than one note for a message",
            2610: "typing: that is in ten seconds",
            225: "typing: there is no such thing as half a note, and whoever types is not told of it",
        },
    )


# --- people who talk to a server of the answers


class Person:
    """The other end of a connection."""

    def __init__(self, websocket):
        self.websocket = websocket

    async def say(self, message, why):
        """Send a message, as JSON unless it is a text or bytes."""
        data = message if isinstance(message, str | bytes) else json.dumps(message)
        try:
            await self.websocket.send(data)
        except ConnectionClosed:
            self.closed(why)

    async def hear(self, why):
        """The next message; fails with `why` if none comes, or no JSON object."""
        coming = asyncio.ensure_future(self.websocket.recv())
        await asyncio.wait([coming], timeout=SOON)
        if not coming.done():  # is the server slow, or silent? The pong says that it has read all
            with contextlib.suppress(ConnectionClosed):
                pong = await self.websocket.ping()
                first = asyncio.FIRST_COMPLETED
                await asyncio.wait([coming, pong], timeout=PATIENCE, return_when=first)
            await asyncio.wait([coming], timeout=SOON)
        if not coming.done():
            coming.cancel()
            fail(f"{why}: nothing came")
        try:
            data = coming.result()
        except ConnectionClosed:
            self.closed(why)
        with contextlib.suppress(ValueError):
            if isinstance(message := json.loads(data), dict):
                return message
        return expect_that(False, data, f"{why}: an event is a JSON object")

    async def hears(self, why, **event):
        """The next message must be this event, whatever fields it has besides."""
        got = await self.hear(why)
        expect({key: got[key] for key in event if key in got}, event, why)

    async def is_refused(self, why):
        """The next message must be a refusal; gives its text."""
        got = await self.hear(why)
        expect_that(got.get("type") == "refused", got, why, "{'type': 'refused', 'text': …}")
        text = got.get("text")
        expect_that(
            isinstance(text, str) and bool(text.strip()),
            got,
            "`text` says to a person why they are refused",
        )
        return text

    async def join(self, room, name):
        await self.say({"type": "join", "room": room, "name": name}, "somebody joins")

    def closed(self, why):
        code = self.websocket.close_code
        if code == 1006:  # which nobody sends
            fail(f"{why}: the connection broke off without a close")
        rest = ": the handler failed, see below what it printed" if code == 1011 else ""
        fail(f"{why}: the server closed with code {code}{rest}")

    async def cut(self):
        """Gone without a goodbye."""
        self.websocket.transport.abort()
        await self.websocket.wait_closed()


@contextlib.asynccontextmanager
async def person(port, **options):
    """A client that leaves without a word in the end."""
    url = f"ws://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(PATIENCE):
            websocket = await connect(
                url, proxy=None, close_timeout=PATIENCE, max_size=None, **options
            )
    except TimeoutError:
        fail("the server answers nobody any more: something in it never waits")
    try:
        yield Person(websocket)
    finally:
        websocket.transport.abort()


@contextlib.asynccontextmanager
async def slow_person(port):
    """A client that reads nothing until it is asked to, with little space for what waits."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", port))
    options = {"compression": None, "max_queue": 1}
    async with person(port, sock=line, **options) as slow:
        yield slow


def converse(conversation, answer, name, count):
    """Run a conversation of `count` people with a server."""

    async def run():
        port = answer.serve(name)
        async with contextlib.AsyncExitStack() as stack:
            people = [await stack.enter_async_context(person(port)) for _ in range(count)]
            await conversation(*people)

    asyncio.run(run())


async def enter(room, **people):
    """Join a room, one after the other, and hear all that comes of it."""
    inside = []
    for name, each in people.items():
        await each.join(room, name)
        await each.hears(
            "whoever joins hears `entered` first, with all who are there, sorted",
            type="entered",
            room=room,
            name=name,
            members=sorted([name, *(its for its, _ in inside)]),
        )
        for _, other in inside:
            await other.hears(
                JOINED,
                type="joined",
                user=name,
            )
        inside.append((name, each))


async def all_hear(speaker, user, text, listeners, why):
    """One says something; it must be the next that each of the listeners hears."""
    await speaker.say({"type": "say", "text": text}, why)
    for each in listeners:
        await each.hears(why, type="said", user=user, text=text)


async def leave_in_peace(answer, count, why):
    """The last `count` handlers end, all but two at most, with nothing but a lost connection."""
    end = time.monotonic() + PATIENCE
    while True:
        endings = (await asyncio.to_thread(answer.endings))[-count:]
        if endings.count("running") <= 2 or time.monotonic() > end:
            break
        await asyncio.sleep(0.02)
    strange = sorted(set(endings) - {"running", "returned", "ConnectionClosedError"})
    expect_that(not strange, strange, why)


# --- chat


@CHAT
def test_the_example(answer):
    """The example of the question."""

    async def conversation(ann, bob):
        await enter("kitchen", Bob=bob)
        await ann.join("kitchen", " Ann ")
        why = "the example: Ann comes in, under a tidy name"
        members = ["Ann", "Bob"]
        await ann.hears(why, type="entered", room="kitchen", name="Ann", members=members)
        await bob.hears("the others hear the tidy name", type="joined", user="Ann")
        await all_hear(ann, "Ann", "Tea?", (ann, bob), "the example: what is said, all hear")

    converse(conversation, answer, "chat", 2)


@CHAT
def test_a_conversation(answer, rng):
    """What is said in a room, all in the room hear, once and in order."""
    room = word(rng)

    async def conversation(ann, bob, eve):
        await enter(room, Ann=ann, Bob=bob, Eve=eve)
        for text in (word(rng), f"{word(rng)} é ☂", ""):
            why = "what is said goes to all in the room, the speaker included, once"
            for name, speaker in (("Ann", ann), ("Bob", bob)):
                await all_hear(speaker, name, text, (ann, bob, eve), why)

    converse(conversation, answer, "chat", 3)


@CHAT
def test_two_rooms(answer, rng):
    """Nothing is heard in another room, or by somebody in none."""
    one, other = word(rng), word(rng)

    async def conversation(ann, bob, eve, tom):
        await enter(one, Ann=ann)
        await enter(other, Bob=bob, Eve=eve)
        why = "what happens in one room is not heard in another"
        await all_hear(bob, "Bob", word(rng), (bob, eve), why)
        await all_hear(ann, "Ann", word(rng), (ann,), why)
        await eve.cut()
        await bob.hears("those who stay hear who has left", type="left", user="Eve")
        await all_hear(ann, "Ann", word(rng), (ann,), why)
        await tom.say({"type": "say", "text": "hi"}, "somebody in no room speaks")
        await tom.is_refused("whoever is in no room hears nothing but that they can't speak")
        await all_hear(bob, "Bob", word(rng), (bob,), "whoever is in no room can't be heard")

    converse(conversation, answer, "chat", 4)


@CHAT
def test_moving_on(answer, rng):
    """Whoever joins a second room leaves the first."""
    one, other = word(rng), word(rng)

    async def conversation(ann, bob, eve):
        await enter(one, Ann=ann, Bob=bob)
        await enter(other, Eve=eve)
        await ann.join(other, "Anna")
        why = "whoever moves hears `entered`, and not their own `left` or `joined`"
        await ann.hears(why, type="entered", room=other, name="Anna", members=["Anna", "Eve"])
        await bob.hears("those in the room before hear who has left", type="left", user="Ann")
        await eve.hears("those in the new room hear who has joined", type="joined", user="Anna")
        why = "whoever has moved is in the new room only"
        await all_hear(ann, "Anna", word(rng), (ann, eve), why)
        await all_hear(bob, "Bob", word(rng), (bob,), why)
        await all_hear(eve, "Eve", word(rng), (ann, eve), why)
        await ann.cut()
        await eve.hears("those who stay hear who has left", type="left", user="Anna")
        await all_hear(
            bob, "Bob", word(rng), (bob,), "whoever has moved can't leave the old room, too"
        )
        await all_hear(eve, "Eve", word(rng), (eve,), "that somebody left is told once")

    converse(conversation, answer, "chat", 3)


@CHAT
def test_a_new_name(answer, rng):
    """Whoever joins the same room under another name has left under the first."""
    room = word(rng)

    async def conversation(ann, bob):
        await enter(room, Ann=ann, Bob=bob)
        await ann.join(room, "Anna")
        why = "a new name: whoever asked hears `entered`, and nothing else"
        await ann.hears(why, type="entered", room=room, name="Anna", members=["Anna", "Bob"])
        why = "the others hear that the old name has left and the new one has joined"
        got = {(event := await bob.hear(why)).get("type"): event.get("user") for _ in range(2)}
        expect(got, {"left": "Ann", "joined": "Anna"}, why)
        await all_hear(ann, "Anna", word(rng), (ann, bob), "whoever speaks has the new name")

    converse(conversation, answer, "chat", 2)


@CHAT
def test_taken_names(answer, rng):
    """A bad or taken name is refused, and nothing changes."""
    one, other = word(rng), word(rng)

    async def conversation(ann, bob, eve, zoe, tom):
        await enter(one, Ann=ann, Bob=bob)
        await enter(other, Eve=eve, Zoe=zoe)
        for name in ("Ann", "ANN", "\u0410nn", " Ann "):
            for each in (eve, tom):
                await each.join(one, name)
                await each.is_refused(f"{name!r} looks like Ann, who is in the room")
        for name, part in (("", "empty"), ("x" * 21, "20"), ("Eve\u200b", "invisible")):
            for each in (eve, tom):
                await each.join(one, name)
                text = await each.is_refused(f"{name!r} is refused, as `tidy_name` does")
                why = "the text of a refusal is that of the `ValueError`"
                expect_that(part in text, text, why, f"a text that contains {part!r}")
        why = "a join that is refused changes nothing, and nobody else hears of it"
        await all_hear(ann, "Ann", word(rng), (ann, bob), why)
        await all_hear(eve, "Eve", word(rng), (eve, zoe), why)
        await tom.say({"type": "say", "text": "hi"}, why)
        await tom.is_refused(why)
        await tom.join(other, "Ann")
        why = "in another room the name is free"
        await tom.hears(why, type="entered", room=other, name="Ann", members=["Ann", "Eve", "Zoe"])
        for each in (eve, zoe):
            await each.hears(
                JOINED,
                type="joined",
                user="Ann",
            )

    converse(conversation, answer, "chat", 5)


@CHAT
def test_no_commands(answer, rng):
    """What is no command is refused, and the connection goes on."""
    room, name = word(rng), "Ann"
    odd = [
        "hello", "", "[]", "null", "7", '"say"', '{"type"', b"\xff\x00",
        {}, {"text": "hi"}, {"type": None}, {"type": "shout", "text": "hi"}, {"type": ["say"]},
        {"type": "say"}, {"type": "say", "text": 7}, {"type": "say", "text": None},
        {"type": "say", "text": ["hi"]}, {"type": "join"}, {"type": "join", "room": room},
        {"type": "join", "name": name}, {"type": "join", "room": 7, "name": name},
        {"type": "join", "room": room, "name": 7}, {"type": "join", "room": room, "name": None},
        {"type": "join", "room": ["x"], "name": name},
    ]  # fmt: skip

    async def conversation(ann, bob):
        for inside in (False, True):
            if inside:
                await enter(room, Ann=ann, Bob=bob)
            for message in odd:
                await ann.say(message, "whoever sends nonsense stays connected")
                await ann.is_refused(f"{message!r} is no command, and refused")
        await all_hear(ann, "Ann", word(rng), (ann, bob), "nonsense changes nothing")

    converse(conversation, answer, "chat", 2)


@CHAT
def test_impersonation(answer, rng):
    """Nobody speaks as somebody else."""
    room = word(rng)

    async def conversation(ann, bob, eve):
        await enter(room, Ann=ann, Bob=bob, Eve=eve)
        for field in ("user", "name", "who", "from"):
            why = f"Eve said it, whatever she writes into `{field}`: the server knows who speaks"
            await eve.say({"type": "say", "text": "I quit.", field: "Ann"}, why)
            for each in (ann, bob, eve):
                await each.hears(why, type="said", user="Eve", text="I quit.")
        await eve.say({"type": "say", "text": "hi", "room": "elsewhere", "x": 1}, why)
        for each in (ann, bob, eve):
            why = "more fields do no harm, and change nothing"
            await each.hears(why, type="said", user="Eve", text="hi")
        for kind in ("said", "left", "joined", "entered", "refused"):
            fields = {"room": room, "name": "Ann", "members": [], "user": "Ann", "text": "x"}
            await eve.say({"type": kind, **fields}, "whoever sends nonsense stays connected")
            await eve.is_refused(f"`{kind}` is an event: a client can't send it")
        await all_hear(bob, "Bob", word(rng), (ann, bob, eve), "and nobody heard of it")

    converse(conversation, answer, "chat", 3)


@CHAT
def test_gone_is_gone(answer, rng):
    """Whoever closes, is cut off, or goes in mid-sentence has left; the others hear it once."""
    room = word(rng)

    async def conversation(ann, bob, eve, tom):
        await enter(room, Ann=ann, Bob=bob, Eve=eve, Tom=tom)
        await tom.websocket.close()
        for each in (ann, bob, eve):
            await each.hears("Tom has closed, so he has left", type="left", user="Tom")
        await eve.say({"type": "say", "text": "Bye"}, "Eve speaks")
        for each in (ann, bob, eve):
            await each.hears("Eve speaks", type="said", user="Eve", text="Bye")
        await eve.cut()
        for each in (ann, bob):
            await each.hears("Eve was cut off, so she has left, too", type="left", user="Eve")
        why = "that somebody has left is told once, and the others go on"
        await all_hear(ann, "Ann", word(rng), (ann, bob), why)
        await all_hear(bob, "Bob", word(rng), (ann, bob), why)

    converse(conversation, answer, "chat", 4)


@CHAT
def test_a_name_is_free_again(answer, rng):
    """Whoever is gone leaves their name, and no room behind."""
    room = word(rng)

    async def conversation(ann, bob, eve):
        await enter(room, Ann=ann, Bob=bob)
        await ann.cut()
        await bob.hears("Ann was cut off, so she has left", type="left", user="Ann")
        await eve.join(room, "Ann")
        why = "Ann has left, so her name is free again, and she is no member"
        await eve.hears(why, type="entered", room=room, name="Ann", members=["Ann", "Bob"])

    converse(conversation, answer, "chat", 3)


@CHAT
def test_never_joined(answer, rng):
    """Whoever never joined can't leave, and is no trouble to anybody."""
    room = word(rng)

    async def conversation(ann, bob, eve, tom):
        await enter(room, Ann=ann)
        await tom.say("nonsense", "Tom sends nonsense")
        await tom.is_refused("Tom sent nonsense")
        await bob.websocket.close()
        for each in (eve, tom):
            await each.cut()
        await all_hear(ann, "Ann", word(rng), (ann,), "those who never joined leave in silence")
        await leave_in_peace(answer, 4, "the handler of somebody who never joined must not fail")

    converse(conversation, answer, "chat", 4)


@CHAT
def test_who_does_not_read(answer, rng):
    """Somebody who doesn't read holds up nobody."""
    room = word(rng)
    long = "x" * 200_000

    async def conversation(ann, bob):
        await enter(room, Ann=ann, Bob=bob)
        async with slow_person(ann.websocket.remote_address[1]) as slow:
            await slow.join(room, "Tom")
            for each in (ann, bob):
                await each.hears(
                    JOINED,
                    type="joined",
                    user="Tom",
                )
            for number in range(30):
                why = "Tom doesn't read, and the others must not wait for him"
                await all_hear(ann, "Ann", f"{number} {long}", (ann, bob), why)
            await all_hear(bob, "Bob", word(rng), (ann, bob), why)

    converse(conversation, answer, "chat", 2)


# --- with_history


async def history(each):
    """What a newcomer hears first: the numbers and texts of the history."""
    why = "whoever connects hears the history first"
    got = await each.hear(why)
    said = got.get("said")
    expect_that(
        got.get("type") == "history" and isinstance(said, list),
        got,
        why,
        "{'type': 'history', 'said': […]}",
    )
    expect_that(len(said) <= 20, len(said), "the history has the last twenty at most", "20")
    return [number_and_text(event) for event in said]


def number_and_text(event):
    shaped = isinstance(event, dict) and event.get("type") == "said"
    shaped = shaped and isinstance(event.get("number"), int) and isinstance(event.get("text"), str)
    expect_that(
        shaped, event, "what was said has number and text", "{'type': 'said', 'number': …, …}"
    )
    return event["number"], event["text"]


async def next_said(each, why):
    return number_and_text(await each.hear(why))


async def say_and_hear(speaker, text, listeners, why):
    """One says something, all hear it; gives its number."""
    await speaker.say(text, why)
    numbers = []
    for each in listeners:
        number, got = await next_said(each, why)
        expect(got, text, why)
        numbers.append(number)
    expect_that(len(set(numbers)) == 1, numbers, "a message has the same number for all")
    return numbers[0]


@WITH_HISTORY
def test_numbers_go_up(answer, rng):
    """Each message goes to all, with the next number, also after the twentieth."""
    words = [word(rng) for _ in range(45)]

    async def conversation(ann, bob):
        before = await history(ann)
        await history(bob)
        last = before[-1][0] if before else 0
        for count, text in enumerate(words, 1):
            speaker = rng.choice([ann, bob])
            got = await say_and_hear(speaker, text, (ann, bob), "what one says, all hear, once")
            why = "the numbers go up by one, and never begin again or stand still"
            expect(got, last + count, why)

    converse(conversation, answer, "with_history", 2)


@WITH_HISTORY
def test_newcomers_get_history(answer, rng):
    """Whoever connects hears the last twenty first, then each new one."""

    async def conversation(ann):
        heard = await history(ann)
        port = ann.websocket.remote_address[1]
        for count in (1, 1, 17, 1, 1, 25):
            for _ in range(count):
                text = word(rng)
                heard.append((await say_and_hear(ann, text, (ann,), "Ann hears herself"), text))
            async with person(port) as bob:
                why = "the history is the last twenty, or all if there are fewer, oldest first"
                expect(await history(bob), heard[-20:], why)
                text = word(rng)
                number = await say_and_hear(bob, text, (ann, bob), "after it, what is said now")
                expect(number, heard[-1][0] + 1, "the history ends where the new ones begin")
                heard.append((number, text))
        async with person(port) as eve:
            expect(await history(eve), heard[-20:], "whoever has left leaves what they said")

    converse(conversation, answer, "with_history", 1)


@WITH_HISTORY
def test_the_example_of_history(answer):
    """The example of the question, with its numbers."""

    async def conversation(ann):
        before = await history(ann)
        last = before[-1][0] if before else 0
        for number, text in ((last + 1, "Hi"), (last + 2, "Hello")):
            expect(
                await say_and_hear(ann, text, (ann,), "all hear it"), number, "numbers go up by one"
            )
        async with person(ann.websocket.remote_address[1]) as bob:
            got = (await history(bob))[-2:]
            expect(got, [(last + 1, "Hi"), (last + 2, "Hello")], "what was said before")
            await bob.say("Tea?", "Bob speaks")
            for each in (ann, bob):
                await each.hears("Bob speaks", type="said", number=last + 3, text="Tea?")

    converse(conversation, answer, "with_history", 1)


@WITH_HISTORY
def test_all_at_once(answer, rng):
    """When all speak at once, all hear the same, in one order."""

    async def conversation(*people):
        for each in people:
            await history(each)
        for number in range(10):
            for each in people:
                await each.say(f"{word(rng)} {number}", "all speak")
        total = 10 * len(people)
        heard = [[await next_said(each, "all speak") for _ in range(total)] for each in people]
        numbers = [number for number, _ in heard[0]]
        why = "no number is missing or comes twice"
        expect(numbers, list(range(numbers[0], numbers[0] + total)), why)
        for other in heard[1:]:
            expect_that(other == heard[0], other[:5], "all hear the same, in the same order")

    converse(conversation, answer, "with_history", 3)


@WITH_HISTORY
def test_tunnel(answer, rng):
    """Somebody who doesn't read holds up nobody, and no number comes twice."""

    async def conversation(ann, bob):
        await history(ann)
        await history(bob)
        async with slow_person(ann.websocket.remote_address[1]) as slow:
            await history(slow)
            numbers = []
            for turn in range(30):
                speaker = (ann, bob)[turn % 2]
                why = "Tom doesn't read, and the others must not wait for him"
                text = f"{turn} " + "x" * 200_000
                numbers.append(await say_and_hear(speaker, text, (ann, bob), why))
            got = [(await next_said(slow, "out of the tunnel"))[0] for _ in numbers]
            expect(got, numbers, "out of the tunnel, Tom hears all of it, once and in order")
        for _ in range(20):  # so that the history is short again
            await say_and_hear(
                ann, "short", (ann, bob), "whoever was slow is gone, the others go on"
            )

    converse(conversation, answer, "with_history", 2)


@WITH_HISTORY
def test_coming_in_while_people_talk(answer, rng):
    """A newcomer misses nothing and hears nothing twice, however slowly they read."""

    async def conversation(ann):
        await history(ann)
        for _ in range(20):
            why = "Ann fills the history"
            last = await say_and_hear(ann, word(rng) + "x" * 200_000, (ann,), why)
        async with slow_person(ann.websocket.remote_address[1]) as slow:
            why = "somebody comes in who reads slowly, and Ann goes on talking"
            slow.websocket.transport.pause_reading()  # else the one long message would be read whole
            for _ in range(30):
                last = await say_and_hear(ann, word(rng), (ann,), why)
            slow.websocket.transport.resume_reading()
            numbers = [number for number, _ in await history(slow)]
            why = "from the history on, no number is missing, comes twice, or too early"
            while numbers[-1] < last:
                numbers.append((await next_said(slow, why))[0])
            expect(numbers, list(range(numbers[0], last + 1)), why)

    converse(conversation, answer, "with_history", 1)


@WITH_HISTORY
def test_cut_off(answer, rng):
    """Some are cut off, and the others go on."""

    async def conversation(ann, bob, eve):
        for each in (ann, bob, eve):
            await history(each)
        await eve.cut()
        why = "Eve was cut off, and the others must not notice"
        for _ in range(10):
            await say_and_hear(ann, word(rng), (ann, bob), why)
            await say_and_hear(bob, word(rng), (ann, bob), why)
        await leave_in_peace(answer, 3, "the handler of somebody who was cut off must not fail")

    converse(conversation, answer, "with_history", 3)
