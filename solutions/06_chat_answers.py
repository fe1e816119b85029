# %% same tidy_name: without an argument for how often, rsplit does what split does
# with: .split()) -> .rsplit())

# %% same tidy_name: what is empty is not too long
# -     if not name:
# -         raise ValueError("a name can't be empty")
# -     if len(name) > 20:
# -         raise ValueError("a name has at most 20 characters")
# +     if len(name) > 20:
# +         raise ValueError("a name has at most 20 characters")
# +     if not name:
# +         raise ValueError("a name can't be empty")

# %% same tidy_name: which of two reasons is told first is left open
# -     if len(name) > 20:
# -         raise ValueError("a name has at most 20 characters")
# -     if any(unicodedata.category(char).startswith("C") for char in name):
# -         raise ValueError("a name has no invisible characters")
# +     if any(unicodedata.category(char).startswith("C") for char in name):
# +         raise ValueError("a name has no invisible characters")
# +     if len(name) > 20:
# +         raise ValueError("a name has at most 20 characters")

# %% same look: with an x between the letters, equal names stay equal and others don't
# -     bare = "".join(char for char in apart if unicodedata.category(char)[0] not in "MZ")
# +     bare = 'x'.join(char for char in apart if unicodedata.category(char)[0] not in "MZ")

# %% same look: no category begins with a small letter
# -     bare = "".join(char for char in apart if unicodedata.category(char)[0] not in "MZ")
# +     bare = "".join(char for char in apart if unicodedata.category(char)[0] not in 'MZx')

# %% same chat: who is inside does not depend on whether those before were told
# -     inside = seats.inside(room)
# -     left(line, before)
# +     left(line, before)
# +     inside = seats.inside(room)

# %% same chat: who is told first is left open
# -     left(line, before)
# -     tell(inside.keys() - {line}, type="joined", user=name)
# +     tell(inside.keys() - {line}, type="joined", user=name)
# +     left(line, before)

# %% same chat: the others and the newcomer are told in one go, in either order
# -     tell(inside.keys() - {line}, type="joined", user=name)
# -     tell([line], type="entered", room=room, name=name, members=sorted(inside.values()))
# +     tell([line], type="entered", room=room, name=name, members=sorted(inside.values()))
# +     tell(inside.keys() - {line}, type="joined", user=name)

# %% same with_history: nothing can come in between, since neither waits
# -     broadcast([websocket], json.dumps({"type": "history", "said": said}))
# -     here.add(websocket)
# +     here.add(websocket)
# +     broadcast([websocket], json.dumps({"type": "history", "said": said}))

# %% same with_history: nobody can come in before the history is cut, since neither waits
# -             del said[:-20]
# -             broadcast(here, json.dumps(event))
# +             broadcast(here, json.dumps(event))
# +             del said[:-20]

# %% wrong tidy_name: no NFKC
# says: normalize to NFKC
# with: unicodedata.normalize("NFKC", name) -> name

# %% wrong tidy_name: NFC leaves the wide A
# says: a wide A as the usual one
# with: "NFKC" -> "NFC"

# %% wrong tidy_name: NFKD takes apart
# says: normalize to NFKC
# with: "NFKC" -> "NFKD"

# %% wrong tidy_name: only stripped
# says: the example of the question
# with: " ".join(unicodedata.normalize("NFKC", name).split()) -> unicodedata.normalize("NFKC", name).strip()

# %% wrong tidy_name: no spaces at all
# says: the example of the question
# with: " ".join( -> "".join(

# %% wrong tidy_name: split at blanks only
# says: the example of the question
# with: .split()) -> .split(" "))

# %% wrong tidy_name: NFKC last
# says: NFKC comes first
# with: " ".join(unicodedata.normalize("NFKC", name).split()) -> unicodedata.normalize("NFKC", " ".join(name.split()))

# %% wrong tidy_name: tabs are control characters
# says: the example of the question
import unicodedata

def tidy_name(name):
    name = unicodedata.normalize("NFKC", name)
    if any(unicodedata.category(char).startswith("C") for char in name):
        raise ValueError("a name has no invisible characters")
    name = " ".join(name.split())
    if not name:
        raise ValueError("a name can't be empty")
    if len(name) > 20:
        raise ValueError("a name has at most 20 characters")
    return name

# %% wrong tidy_name: 20 is too many
# says: 20 characters are allowed
# with: > 20 -> >= 20

# %% wrong tidy_name: the length of what was typed
# says: count the characters of the name as it is shown
import unicodedata

def tidy_name(name):
    if len(name) > 20:
        raise ValueError("a name has at most 20 characters")
    name = " ".join(unicodedata.normalize("NFKC", name).split())
    if not name:
        raise ValueError("a name can't be empty")
    if any(unicodedata.category(char).startswith("C") for char in name):
        raise ValueError("a name has no invisible characters")
    return name

# %% wrong tidy_name: cut instead of refused
# says: 21 characters are too many
# -     if len(name) > 20:
# -         raise ValueError("a name has at most 20 characters")
# +     name = name[:20]

# %% wrong tidy_name: only control characters are invisible
# says: the example, Ann
# with: .startswith("C") -> == "Cc"

# %% wrong tidy_name: invisible characters taken out
# says: the example, Ann\u200b
# -     if any(unicodedata.category(char).startswith("C") for char in name):
# -         raise ValueError("a name has no invisible characters")
# -     return name
# +     return "".join(char for char in name if not unicodedata.category(char).startswith("C"))

# %% wrong tidy_name: letters and digits only
# says: is a name as it is
# with: unicodedata.category(char).startswith("C") -> not (char.isalnum() or char == " ")

# %% wrong tidy_name: ASCII only
# says: is a name as it is
# with: unicodedata.category(char).startswith("C") -> not char.isascii()

# %% wrong tidy_name: a text that helps nobody
# says: the person must learn that from the text
# with: "a name can't be empty" -> "bad name"

# %% wrong tidy_name: every name in title case
# says: is a name as it is
# with: .split()) -> .split()).title()

# %% wrong tidy_name: None for a bad name
# says: of '' nothing is left
# with: raise ValueError("a name can't be empty") -> return None

# %% right tidy_name: isprintable
import re
import unicodedata

def tidy_name(name):
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", name)).strip()
    if name == "":
        raise ValueError("The name is empty.")
    if len(name) >= 21:
        raise ValueError("More than 20 characters.")
    if not name.isprintable():
        raise ValueError("There are invisible characters in it.")
    return name

# %% right tidy_name: a loop, and an exception of its own
from unicodedata import category, normalize

class BadName(ValueError):
    pass

def tidy_name(name):
    words = normalize("NFKC", name).split()
    tidy = " ".join(words)
    for char in tidy:
        if category(char)[0] == "C":
            raise BadName(f"{char!r} is invisible")
    if not words:
        raise BadName("empty")
    if len(tidy) > 20:
        raise BadName(f"{len(tidy)} characters, 20 are allowed")
    return tidy

# %% wrong look: case counts
# says: case doesn't count
# with: name.casefold() -> name

# %% wrong look: lower
# says: `casefold` makes them one, `lower` doesn't
# with: casefold -> lower

# %% wrong look: accents count
# says: accents don't count
# with: not in "MZ" -> != "Z"

# %% wrong look: composed instead of taken apart
# says: accents don't count
# with: NFKD -> NFKC

# %% wrong look: spaces count
# says: spaces don't count
# with: not in "MZ" -> != "M"

# %% wrong look: only the first space
# says: also where there are two
# -     bare = "".join(char for char in apart if unicodedata.category(char)[0] not in "MZ")
# +     apart = apart.replace(" ", "", 1)
# +     bare = "".join(char for char in apart if unicodedata.category(char)[0] not in "M")

# %% wrong look: everything but ASCII thrown away
# says: neither case, accents, spaces nor `LIKE`
# -     bare = "".join(char for char in apart if unicodedata.category(char)[0] not in "MZ")
# +     bare = apart.encode("ascii", "ignore").decode().replace(" ", "")

# %% wrong look: the table first
# says: the accent goes first, then comes the table
import unicodedata

LIKE = {  # a letter, and what is taken for it
    "a": "\u0430\u03b1",
    "c": "\u0441",
    "e": "\u0435",
    "i": "1l|\u0456\u03b9",
    "o": "0\u043e\u03bf",
    "p": "\u0440\u03c1",
    "x": "\u0445\u03c7",
}

def look(name):
    name = name.casefold()
    for letter, others in LIKE.items():
        for other in others:
            name = name.replace(other, letter)
    apart = unicodedata.normalize("NFKD", name)
    return "".join(char for char in apart if unicodedata.category(char)[0] not in "MZ")

# %% wrong look: others looked up as one piece
# says: the example of the question
# -         for other in others:
# -             bare = bare.replace(other, letter)
# +         bare = bare.replace(others, letter)

# %% wrong look: punctuation doesn't count either
# says: neither case, accents, spaces nor `LIKE` makes them one
# with: not in "MZ" -> not in "MZP"

# %% wrong look: sorted letters
# says: the order of the letters counts
# with: return bare -> return "".join(sorted(bare))

# %% wrong look: a set of letters
# says: look different
# with: return bare -> return set(bare)

# %% wrong look: only one letter of the table
# says: is in `LIKE`
# -             bare = bare.replace(other, letter)
# +             bare = bare.replace(other, letter)
# +         return bare

# %% right look: a list of letters, by translate
import unicodedata

LIKE = {
    "a": "\u0430\u03b1",
    "c": "\u0441",
    "e": "\u0435",
    "i": "1l|\u0456\u03b9",
    "o": "0\u043e\u03bf",
    "p": "\u0440\u03c1",
    "x": "\u0445\u03c7",
}
ONE = str.maketrans({other: letter for letter, others in LIKE.items() for other in others})

def look(name):
    letters = []
    for char in unicodedata.normalize("NFKD", name.casefold()):
        if not unicodedata.combining(char) and not char.isspace():
            letters.append(char.translate(ONE))
    return letters

# %% right look: the other way round, all that looks alike
# of: a list of letters, by translate
# with: return letters -> return tuple(reversed(letters))

# %% wrong Seats: a dictionary of the class
# says: each `Seats` has seats of its own
class Seats:
    _seats = {}

    def join(self, who, room, name):
        others = [its for other, its in self.inside(room).items() if other != who]
        if look(name) in map(look, others):
            return False
        self._seats[who] = room, name
        return True

    def leave(self, who):
        return self._seats.pop(who, None)

    def place(self, who):
        return self._seats.get(who)

    def inside(self, room):
        return {who: name for who, (its, name) in self._seats.items() if its == room}

    def rooms(self):
        return sorted({room for room, _ in self._seats.values()})

# %% wrong Seats: a dictionary of rooms, and the old one forgotten
# says: whoever has moved is no ghost in the room before
from collections import defaultdict

class Seats:
    def __init__(self):
        self.all = defaultdict(dict)

    def join(self, who, room, name):
        if any(look(its) == look(name) for other, its in self.all[room].items() if other != who):
            return False
        self.all[room][who] = name
        return True

    def leave(self, who):
        for room, inside in self.all.items():
            if who in inside:
                return room, inside.pop(who)

    def place(self, who):
        for room, inside in self.all.items():
            if who in inside:
                return room, inside[who]

    def inside(self, room):
        return self.all[room]

    def rooms(self):
        return sorted(room for room, inside in self.all.items() if inside)

# %% wrong Seats: empty rooms stay
# says: the kitchen is empty, so it isn't there
class Seats:
    def __init__(self):
        self.all = {}

    def join(self, who, room, name):
        if any(look(its) == look(name) for other, its in self.inside(room).items() if other != who):
            return False
        self.leave(who)
        self.all.setdefault(room, {})[who] = name
        return True

    def leave(self, who):
        for room, inside in self.all.items():
            if who in inside:
                return room, inside.pop(who)

    def place(self, who):
        for room, inside in self.all.items():
            if who in inside:
                return room, inside[who]

    def inside(self, room):
        return self.all.get(room, {})

    def rooms(self):
        return sorted(self.all)

# %% wrong Seats: to ask makes a room
# says: to ask about a room doesn't make it
from collections import defaultdict

class Seats:
    def __init__(self):
        self.all = defaultdict(dict)

    def join(self, who, room, name):
        if any(look(its) == look(name) for other, its in self.all[room].items() if other != who):
            return False
        self.leave(who)
        self.all[room][who] = name
        return True

    def leave(self, who):
        for room, inside in list(self.all.items()):
            if who in inside:
                name = inside.pop(who)
                if not inside:
                    del self.all[room]
                return room, name

    def place(self, who):
        for room, inside in self.all.items():
            if who in inside:
                return room, inside[who]

    def inside(self, room):
        return self.all[room]

    def rooms(self):
        return sorted(self.all)

# %% wrong Seats: leaves the old room before it asks
# says: a join that is refused changes nothing
# -         others = [its for other, its in self.inside(room).items() if other != who]
# +         self.leave(who)
# +         others = list(self.inside(room).values())

# %% wrong Seats: one's own name is in the way
# says: only somebody *else* can be in one's way
# with:  if other != who] -> ]

# %% wrong Seats: the names themselves compared
# says: ann looks like Ann
# with: look(name) in map(look, others) -> name in others

# %% wrong Seats: names unique in all rooms
# says: in the attic nobody looks like Ann
# with: self.inside(room).items() if -> ((who, name) for who, (_, name) in self._seats.items()) if

# %% wrong Seats: None instead of True
# says: nobody else is there
# -         return True
# +         return None

# %% wrong Seats: leave returns nothing
# says: that is what Ann had
# with: return self._seats.pop(who, None) -> self._seats.pop(who, None)

# %% wrong Seats: leaving twice is an error
# says: `Seats.leave` raised KeyError
# with: pop(who, None) -> pop(who)

# %% wrong Seats: rooms not sorted
# says: all rooms with somebody in them, sorted
# with: sorted({room for room, _ in self._seats.values()}) -> list(dict.fromkeys(room for room, _ in self._seats.values()))

# %% wrong Seats: a room as often as it has people
# says: once
# with: sorted({room for room, _ in self._seats.values()}) -> sorted(room for room, _ in self._seats.values())

# %% wrong Seats: the name first
# says: that is what Ann had
# -         return self._seats.pop(who, None)
# +         place = self._seats.pop(who, None)
# +         return place and place[::-1]

# %% wrong Seats: the other way round in the dictionary
# says: whoever has moved is in the new room
# with: return {who: name for -> return {name: who for

# %% right Seats: an index of rooms beside the seats
class Seats:
    def __init__(self):
        self.where = {}
        self.all = {}

    def join(self, who, room, name):
        for other, its in self.all.get(room, {}).items():
            if other != who and look(its) == look(name):
                return False
        self.leave(who)
        self.where[who] = room
        self.all.setdefault(room, {})[who] = name
        return True

    def leave(self, who):
        if who not in self.where:
            return None
        room = self.where.pop(who)
        name = self.all[room].pop(who)
        if not self.all[room]:
            del self.all[room]
        return room, name

    def place(self, who):
        room = self.where.get(who)
        return None if room is None else (room, self.all[room][who])

    def inside(self, room):
        return dict(self.all.get(room, {}))

    def rooms(self):
        return sorted(self.all)

# %% right Seats: a list of triples
class Seats:
    def __init__(self):
        self.list = []

    def join(self, who, room, name):
        taken = [look(n) for w, r, n in self.list if r == room and w != who]
        if look(name) in taken:
            return False
        self.leave(who)
        self.list.append([who, room, name])
        return True

    def leave(self, who):
        place = self.place(who)
        self.list = [seat for seat in self.list if seat[0] != who]
        return place

    def place(self, who):
        return next(([r, n] for w, r, n in self.list if w == who), None)

    def inside(self, room):
        return {w: n for w, r, n in self.list if r == room}

    def rooms(self):
        return sorted({r for _, r, _ in self.list})

# %% wrong TypingNotes: a note for each key
# says: told at 10 and 12
# with: return False -> return True

# %% wrong TypingNotes: longer than every
# says: told at 10 and 12
# with: now - self._told < self._every -> now - self._told <= self._every

# %% wrong TypingNotes: zero stands for never
# says: a second key at the same time is not told
# with: self._told is not None and -> self._told and

# %% wrong TypingNotes: time begins at zero
# says: the first key is told at once, also at the time
class TypingNotes:
    def __init__(self, every):
        self.every = every
        self.next = 0

    def key(self, now):
        if now < self.next:
            return False
        self.next = now + self.every
        return True

    def sent(self):
        self.next = 0

# %% wrong TypingNotes: counted from the last key
# says: told at 10 and 12
class TypingNotes:
    def __init__(self, every):
        self.every, self.last = every, None

    def key(self, now):
        told = self.last is None or now - self.last >= self.every
        self.last = now
        return told

    def sent(self):
        self.last = None

# %% wrong TypingNotes: a fixed beat
# says: after a pause the time counts from the note after it
class TypingNotes:
    def __init__(self, every):
        self.every, self.next = every, None

    def key(self, now):
        if self.next is None:
            self.next = now
        if now < self.next:
            return False
        while self.next <= now:
            self.next += self.every
        return True

    def sent(self):
        self.next = None

# %% wrong TypingNotes: sent does nothing
# says: the message is out, so the next key is told at once
# -         """The message has been sent."""
# -         self._told = None
# +         """The message has been sent."""

# %% wrong TypingNotes: the clock is asked
# says: told at 10 and 12
import time

class TypingNotes:
    def __init__(self, every):
        self.every, self.told = every, None

    def key(self, now):
        now = time.monotonic()
        if self.told is not None and now - self.told < self.every:
            return False
        self.told = now
        return True

    def sent(self):
        self.told = None

# %% right TypingNotes: when the next one is due
import math

class TypingNotes:
    def __init__(self, every):
        self.every, self.due = every, -math.inf

    def key(self, now):
        due = now >= self.due
        if due:
            self.due = now + self.every
        return due

    def sent(self):
        self.due = -math.inf

# %% wrong TypingLine: believed at the border
# says: Bob's three seconds are over
# with: if now < until -> if now <= until

# %% wrong TypingLine: believed for ever
# says: Bob's three seconds are over
# -         self._until = {user: until for user, until in self._until.items() if now < until}

# %% wrong TypingLine: not sorted
# says: both are believed, and sorted
# with: sorted(self._until) -> list(self._until)

# %% wrong TypingLine: a list of all notes
# says: each once, however many notes came
class TypingLine:
    def __init__(self, hold):
        self.hold, self.notes = hold, []

    def note(self, user, now):
        self.notes.append((user, now))

    def said(self, user):
        self.notes = [(its, at) for its, at in self.notes if its != user]

    def who(self, now):
        return sorted(user for user, at in self.notes if now - at < self.hold)

# %% wrong TypingLine: the first note counts
# says: the new note is for the one who sent it
# with: self._until[user] = now + self._hold -> self._until.setdefault(user, now + self._hold)

# %% wrong TypingLine: a new note adds to the time
# says: a new note starts the time anew, and doesn't add to it
# with: self._until[user] = now + self._hold -> self._until[user] = max(now, self._until.get(user, now)) + self._hold

# %% wrong TypingLine: one time for all
# says: are over
class TypingLine:
    def __init__(self, hold):
        self.hold, self.users, self.until = hold, set(), float("-inf")

    def note(self, user, now):
        self.users.add(user)
        self.until = now + self.hold

    def said(self, user):
        self.users.discard(user)

    def who(self, now):
        return sorted(self.users) if now < self.until else []

# %% wrong TypingLine: a message is no end
# says: the message ends it, for its author alone
# with: self._until.pop(user, None) -> pass

# %% wrong TypingLine: a message ends it for all
# says: the message ends it, for its author alone
# with: self._until.pop(user, None) -> self._until.clear()

# %% wrong TypingLine: pasted messages are an error
# says: somebody may say something without having been seen typing
# with: self._until.pop(user, None) -> del self._until[user]

# %% wrong TypingLine: a dictionary that shrinks while one looks at it
# says: raised RuntimeError
class TypingLine:
    def __init__(self, hold):
        self.hold, self.notes = hold, {}

    def note(self, user, now):
        self.notes[user] = now

    def said(self, user):
        self.notes.pop(user, None)

    def who(self, now):
        for user, at in self.notes.items():
            if now - at >= self.hold:
                del self.notes[user]
        return sorted(self.notes)

# %% wrong TypingLine: the names in one text
# says: both are believed, and sorted
# with: sorted(self._until) -> ", ".join(sorted(self._until))

# %% wrong TypingLine: notes of the class
# says: each object has notes of its own
class TypingLine:
    notes = {}

    def __init__(self, hold):
        self.hold = hold

    def note(self, user, now):
        self.notes[user] = now

    def said(self, user):
        self.notes.pop(user, None)

    def who(self, now):
        return sorted(user for user, at in self.notes.items() if now - at < self.hold)

# %% right TypingLine: the time of the last note
class TypingLine:
    def __init__(self, hold):
        self.hold, self.last = hold, {}

    def note(self, user, now):
        self.last[user] = now

    def said(self, user):
        if user in self.last:
            del self.last[user]

    def who(self, now):
        typing = []
        for user, at in self.last.items():
            if now - at < self.hold:
                typing.append(user)
        typing.sort()
        return typing

# %% wrong sent_per_second: what comes in
# says: that is what comes in
sent_per_second = {"said": 3, "typing": 9}

# %% wrong sent_per_second: the speaker forgotten
# says: the speaker gets it, too
sent_per_second = {"said": 87, "typing": 261}

# %% wrong sent_per_second: who types is told
# says: whoever types is not told of it
sent_per_second = {"said": 90, "typing": 270}

# %% wrong sent_per_second: half a note
# says: there is no such thing as half a note
sent_per_second = {"said": 90, "typing": 217.5}

# %% wrong sent_per_second: in ten seconds
# says: that is in ten seconds
sent_per_second = {"said": 900, "typing": 2610}

# %% wrong sent_per_second: a set
# says: keep the dictionary
sent_per_second = {90, 261}

# %% wrong sent_per_second: the first note forgotten
# says: and then come two more
sent_per_second = {"said": 90, "typing": 174}

# %% right sent_per_second: worked out, as floats
room, often = 30, 0.1
sent_per_second = {"typing": room * often * len(range(0, 5, 2)) * (room - 1)}
sent_per_second["said"] = room * room * often

# %% wrong chat: what a client claims is believed
# says: the server knows who speaks
# -                     case {"type": "say", "text": str(text)}:
# -                         say(websocket, text)
# +                     case {"type": "say", "user": user, "text": str(text)}:
# +                         place = seats.place(websocket)
# +                         tell(seats.inside(place[0]), type="said", user=user, text=text)
# +                     case {"type": "say", "text": str(text)}:
# +                         say(websocket, text)

# %% wrong chat: all rooms hear everything
# says: not heard in another
# with: tell(seats.inside(room), type="said", user=name, text=text) -> tell([line for its in seats.rooms() for line in seats.inside(its)], type="said", user=name, text=text)

# %% wrong chat: the speaker hears nothing
# says: all hear
# with: tell(seats.inside(room), type="said", user=name, text=text) -> tell(seats.inside(room).keys() - {line}, type="said", user=name, text=text)

# %% wrong chat: the newcomer hears that they have joined
# says: whoever joins hears `entered` first
# with: tell(inside.keys() - {line}, type="joined", user=name) -> tell(inside, type="joined", user=name)

# %% wrong chat: nobody hears who has joined
# says: the others hear
# -     tell(inside.keys() - {line}, type="joined", user=name)

# %% wrong chat: the members without the newcomer
# says: with all who are there
# with: members=sorted(inside.values()) -> members=sorted(its for other, its in inside.items() if other != line)

# %% wrong chat: the members in the order of their coming
# says: with all who are there, sorted
# with: sorted(inside.values()) -> list(inside.values())[::-1]

# %% wrong chat: the name as it was typed
# says: under a tidy name
# with: name, before = tidy_name(name), seats.place(line) -> before = seats.place(line)

# %% wrong chat: the room before is not told
# says: those in the room before hear who has left
# -     left(line, before)

# %% wrong chat: the room before is told the new name
# says: those in the room before hear who has left
# with: left(line, before) -> left(line, before and (before[0], name))

# %% wrong chat: a new name in the same room, and nobody has left it under the old one
# says: the others hear that the old name has left and the new one has joined
# with: left(line, before) -> left(line, before if before and before[0] != room else None)

# %% wrong chat: the new room is told that somebody left
# says: the others hear
# with: left(line, before) -> left(line, (room, before[1]) if before else (room, name))

# %% wrong chat: who is refused is out of the room before
# says: changes nothing
# with: name, before = tidy_name(name), seats.place(line) -> name, before = tidy_name(name), seats.leave(line)

# %% wrong chat: who is refused is told to have left
# says: changes nothing
# -     if not seats.join(line, room, name):
# -         raise ValueError(f"somebody in {room} has a name that looks like {name}")
# -     inside = seats.inside(room)
# -     left(line, before)
# +     left(line, before)
# +     if not seats.join(line, room, name):
# +         raise ValueError(f"somebody in {room} has a name that looks like {name}")
# +     inside = seats.inside(room)

# %% wrong chat: a taken name is let in
# says: looks like Ann, who is in the room
# -     if not seats.join(line, room, name):
# -         raise ValueError(f"somebody in {room} has a name that looks like {name}")
# +     if not seats.join(line, room, name):
# +         seats._seats[line] = room, name

# %% wrong chat: a refusal without a reason
# says: says to a person why
# with: text=str(error) -> text=""

# %% wrong chat: a refusal in the server's words
# says: the text of a refusal is that of the `ValueError`
# with: text=str(error) -> text="That won't do."

# %% wrong chat: all hear of a refusal
# says: changes nothing
# with: tell([websocket], type="refused", text=str(error)) -> tell([websocket, *(line for room in seats.rooms() for line in seats.inside(room) if line != websocket)], type="refused", text=str(error))

# %% wrong chat: nonsense ends it
# says: the server closed with code
# -             except ValueError as error:
# -                 tell([websocket], type="refused", text=str(error))
# +             except ValueError as error:
# +                 tell([websocket], type="refused", text=str(error))
# +                 return

# %% wrong chat: nonsense is passed over
# says: is no command, and refused
# with: raise ValueError("that is no command") -> pass

# %% wrong chat: fields looked up without a look at them
# says: the server closed with code 1011
import json

from websockets.asyncio.server import broadcast

seats = Seats()

def send(lines, **event):
    broadcast(lines, json.dumps(event))

async def chat(websocket):
    try:
        async for data in websocket:
            try:
                message = json.loads(data)
            except ValueError:
                send([websocket], type="refused", text="no JSON")
                continue
            place = seats.place(websocket)
            if message["type"] == "join":
                try:
                    name = tidy_name(message["name"])
                except ValueError as error:
                    send([websocket], type="refused", text=str(error))
                    continue
                room = message["room"]
                if not seats.join(websocket, room, name):
                    send([websocket], type="refused", text="taken")
                    continue
                if place:
                    send([l for l in seats.inside(place[0]) if l is not websocket], type="left", user=place[1])
                inside = seats.inside(room)
                send([l for l in inside if l is not websocket], type="joined", user=name)
                send([websocket], type="entered", room=room, name=name, members=sorted(inside.values()))
            elif message["type"] == "say" and place:
                send(seats.inside(place[0]), type="said", user=place[1], text=message["text"])
            else:
                send([websocket], type="refused", text="no")
    finally:
        if place := seats.leave(websocket):
            send(seats.inside(place[0]), type="left", user=place[1])

# %% wrong chat: numbers are said, too
# says: is no command, and refused
# with: "text": str(text)} -> "text": text}

# %% wrong chat: who is in no room speaks to nobody
# says: hears nothing but that they can't speak
# with: raise ValueError("join a room first") -> return

# %% wrong chat: who is cut off stays
# says: was cut off, so she has left, too
# -     finally:
# -         left(websocket, seats.leave(websocket))
# +     except OSError:
# +         pass
# +     left(websocket, seats.leave(websocket))

# %% wrong chat: who goes is not announced
# says: so he has left
# with: left(websocket, seats.leave(websocket)) -> seats.leave(websocket)

# %% wrong chat: who goes is announced, and keeps the seat
# says: her name is free again
# with: left(websocket, seats.leave(websocket)) -> left(websocket, seats.place(websocket))

# %% wrong chat: it is told twice
# says: is told once
# with: left(websocket, seats.leave(websocket)) -> left(websocket, seats.place(websocket)), left(websocket, seats.leave(websocket))

# %% wrong chat: who never joined fails in the end
# says: who never joined must not fail
# -     if place:
# -         room, name = place
# -         tell(seats.inside(room).keys() - {line}, type="left", user=name)
# +     room, name = place
# +     tell(seats.inside(room).keys() - {line}, type="left", user=name)
# with: left(line, before) -> _ = before and left(line, before)

# %% wrong chat: awaits each reader
# says: Tom doesn't read, and the others must not wait for him
import asyncio
import json

from websockets.exceptions import ConnectionClosed

seats = Seats()

async def tell(lines, **event):
    for line in list(lines):
        try:
            await line.send(json.dumps(event))
        except ConnectionClosed:
            pass

async def left(line, place):
    if place:
        await tell(seats.inside(place[0]).keys() - {line}, type="left", user=place[1])

async def join(line, room, name):
    name, before = tidy_name(name), seats.place(line)
    if not seats.join(line, room, name):
        raise ValueError("taken")
    inside = seats.inside(room)
    await left(line, before)
    await tell(inside.keys() - {line}, type="joined", user=name)
    await tell([line], type="entered", room=room, name=name, members=sorted(inside.values()))

async def chat(websocket):
    try:
        async for data in websocket:
            try:
                match json.loads(data):
                    case {"type": "join", "room": str(room), "name": str(name)}:
                        await join(websocket, room, name)
                    case {"type": "say", "text": str(text)}:
                        if not (place := seats.place(websocket)):
                            raise ValueError("join first")
                        await tell(seats.inside(place[0]), type="said", user=place[1], text=text)
                    case _:
                        raise ValueError("that is no command")
            except ValueError as error:
                await tell([websocket], type="refused", text=str(error))
    finally:
        await left(websocket, seats.leave(websocket))

# %% wrong chat: as in step three of the lesson
# says: the server closed with code 1011
import json

from websockets.asyncio.server import broadcast

rooms = {}

async def chat(websocket):
    room = None
    try:
        async for text in websocket:
            match json.loads(text):
                case {"type": "join", "room": str(room), "name": str(name)}:
                    rooms.setdefault(room, {})[websocket] = name
                case {"type": "say", "text": str(said)} if room:
                    event = {"type": "said", "user": name, "text": said}
                    broadcast(rooms[room], json.dumps(event))
    finally:
        if room:
            del rooms[room][websocket]

# %% right chat: a task for each message, all in one function
import asyncio
import json

seats = Seats()
writing = set()

def send(lines, event):
    for line in lines:
        task = asyncio.create_task(safely(line, json.dumps(event | {"v": 1})))
        writing.add(task)
        task.add_done_callback(writing.discard)

async def safely(line, text):
    try:
        await line.send(text)
    except Exception:
        pass

def others(room, me):
    return [line for line in seats.inside(room) if line is not me]

def act(me, message):
    place = seats.place(me)
    kind = message.get("type") if isinstance(message, dict) else None
    if kind == "join":
        room, name = message.get("room"), message.get("name")
        if not isinstance(room, str) or not isinstance(name, str):
            return "A room and a name, please."
        try:
            name = tidy_name(name)
        except ValueError as error:
            return f"Not this name: {error}."
        if not seats.join(me, room, name):
            return "Somebody has that name."
        send([me], {"type": "entered", "room": room, "name": name, "members": sorted(seats.inside(room).values())})
        send(others(room, me), {"type": "joined", "user": name})
        if place:
            send(others(place[0], me), {"type": "left", "user": place[1]})
    elif kind == "say" and isinstance(message.get("text"), str):
        if not place:
            return "First come in."
        send(seats.inside(place[0]), {"type": "said", "user": place[1], "text": message["text"]})
    else:
        return "What?"

async def chat(websocket):
    try:
        async for data in websocket:
            try:
                message = json.loads(data)
            except ValueError:
                message = None
            if no := act(websocket, message):
                send([websocket], {"type": "refused", "text": no})
    finally:
        if place := seats.leave(websocket):
            send(seats.inside(place[0]), {"type": "left", "user": place[1]})

# %% right chat: a queue and a writer for each
import asyncio
import json

from websockets.exceptions import ConnectionClosed

seats = Seats()
queues = {}

def tell(who, **event):
    for each in who:
        if each in queues:
            queues[each].put_nowait(json.dumps(event))

async def write(websocket, queue):
    try:
        while True:
            await websocket.send(await queue.get())
    except ConnectionClosed:
        pass

async def chat(websocket):
    me = id(websocket)
    queues[me] = asyncio.Queue()
    writer = asyncio.create_task(write(websocket, queues[me]))
    try:
        async for data in websocket:
            try:
                command = json.loads(data)
                if not isinstance(command, dict):
                    raise ValueError("send an object")
                handle(me, command)
            except (ValueError, KeyError, TypeError) as error:
                tell([me], type="refused", text=f"refused: {error}")
    except ConnectionClosed:
        pass
    finally:
        writer.cancel()
        del queues[me]
        gone(me, seats.leave(me))

def gone(me, place):
    if place:
        tell([each for each in seats.inside(place[0]) if each != me], type="left", user=place[1])

def text_of(command, field):
    if not isinstance(command[field], str):
        raise TypeError(f"{field} is a text")
    return command[field]

def handle(me, command):
    if command["type"] == "join":
        room, name = text_of(command, "room"), tidy_name(text_of(command, "name"))
        before = seats.place(me)
        if not seats.join(me, room, name):
            raise ValueError(f"{name} is taken")
        gone(me, before)
        inside = seats.inside(room)
        for each in inside:
            if each == me:
                tell([me], type="entered", members=sorted(inside.values()), name=name, room=room)
            else:
                tell([each], type="joined", user=name)
    elif command["type"] == "say":
        text = text_of(command, "text")
        if seats.place(me) is None:
            raise ValueError("join first")
        room, name = seats.place(me)
        tell(seats.inside(room), type="said", user=name, text=text)
    else:
        raise ValueError("unknown type")

# %% wrong with_history: as it was
# says: the numbers go up by one
import json

said = []
here = set()

async def with_history(websocket):
    await websocket.send(json.dumps({"type": "history", "said": said}))
    here.add(websocket)
    try:
        async for text in websocket:
            event = {"type": "said", "number": len(said) + 1, "text": text}
            for each in list(here):
                await each.send(json.dumps(event))
            said.append(event)
            del said[:-20]
    finally:
        here.discard(websocket)

# %% wrong with_history: only broadcast
# says: the numbers go up by one
# with: "number": last -> "number": len(said) + 1

# %% wrong with_history: only the numbers
# says: Tom doesn't read
# of: as it was
# with: here = set() -> here, last = set(), 0
# with: await websocket.send(json.dumps({"type": "history", "said": said})) -> global last; await websocket.send(json.dumps({"type": "history", "said": said}))
# -             event = {"type": "said", "number": len(said) + 1, "text": text}
# +             last += 1
# +             event = {"type": "said", "number": last, "text": text}

# %% wrong with_history: the history still awaited
# says: from the history on, no number is missing
# with: broadcast([websocket], json.dumps({"type": "history", "said": said})) -> await websocket.send(json.dumps({"type": "history", "said": said}))

# %% wrong with_history: first a place, then the history, with a pause between
# says: whoever connects hears the history first
import asyncio
import json

from websockets.asyncio.server import broadcast

said = []
here = set()
last = 0

async def with_history(websocket):
    global last
    here.add(websocket)
    await asyncio.sleep(0.02)
    await websocket.send(json.dumps({"type": "history", "said": said}))
    try:
        async for text in websocket:
            last += 1
            event = {"type": "said", "number": last, "text": text}
            said.append(event)
            del said[:-20]
            broadcast(here, json.dumps(event))
    finally:
        here.discard(websocket)

# %% wrong with_history: each in a gather
# says: Tom doesn't read
# with: broadcast(here, json.dumps(event)) -> await __import__("asyncio").gather(*(each.send(json.dumps(event)) for each in here), return_exceptions=True)

# %% wrong with_history: the history grows for ever
# says: the history has the last twenty at most
# -             del said[:-20]
# -             broadcast(here, json.dumps(event))
# +             broadcast(here, json.dumps(event))

# %% wrong with_history: twenty-one
# says: the history has the last twenty at most
# -             del said[:-20]
# -             broadcast(here, json.dumps(event))
# +             del said[:-21]
# +             broadcast(here, json.dumps(event))

# %% wrong with_history: the first twenty
# says: the history is the last twenty
# -             del said[:-20]
# -             broadcast(here, json.dumps(event))
# +             del said[20:]
# +             broadcast(here, json.dumps(event))

# %% wrong with_history: newest first
# says: oldest first
# with: broadcast([websocket], json.dumps({"type": "history", "said": said})) -> broadcast([websocket], json.dumps({"type": "history", "said": said[::-1]}))

# %% wrong with_history: not to the speaker
# says: nothing came
# with: broadcast(here, json.dumps(event)) -> broadcast(here - {websocket}, json.dumps(event))

# %% wrong with_history: numbers of each connection's own
# says: the numbers go up by one
# -     global last
# +     last = said[-1]["number"] if said else 0

# %% wrong with_history: no history
# says: whoever connects hears the history first
# -     broadcast([websocket], json.dumps({"type": "history", "said": said}))

# %% wrong with_history: gone when somebody leaves
# says: the history is the last twenty
# -     finally:
# -         here.discard(websocket)
# +     finally:
# +         said.clear()
# +         here.discard(websocket)

# %% wrong with_history: the history message by message
# says: whoever connects hears the history first
# -     broadcast([websocket], json.dumps({"type": "history", "said": said}))
# +     for event in said:
# +         broadcast([websocket], json.dumps(event))

# %% right with_history: deque, count, and the history sent at once
import itertools
import json
from collections import deque

from websockets.asyncio.server import broadcast

said = deque(maxlen=20)
here = set()
numbers = itertools.count(1)

async def with_history(websocket):
    here.add(websocket)
    broadcast({websocket}, json.dumps({"said": list(said), "type": "history"}))
    try:
        async for text in websocket:
            said.append({"type": "said", "number": next(numbers), "text": text})
            broadcast(here, json.dumps(said[-1]))
    finally:
        here.remove(websocket)

# %% right with_history: one who is behind catches up from a log
import asyncio
import json

from websockets.exceptions import ConnectionClosed

said = []
news = asyncio.Condition()

async def with_history(websocket):
    writer = asyncio.create_task(follow(websocket))
    try:
        async for text in websocket:
            async with news:
                said.append({"type": "said", "number": len(said) + 1, "text": text})
                news.notify_all()
    finally:
        writer.cancel()

async def follow(websocket):
    seen = len(said)
    try:
        await websocket.send(json.dumps({"type": "history", "said": said[-20:]}))
        while True:
            async with news:
                await news.wait_for(lambda: len(said) > seen)
            while seen < len(said):
                seen += 1
                await websocket.send(json.dumps(said[seen - 1]))
    except ConnectionClosed:
        pass
