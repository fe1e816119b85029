# %% wrong steal: ann, without a password
# says: that name needs its password
# with: {"user": "nobody"} -> {"user": "ann"}
# %% wrong steal: a guessed password
# says: that name needs its password
# with: {"user": "nobody"} -> {"user": "ann", "password": "password"}
# %% wrong steal: an empty password is not none
# says: that name needs its password
# with: {"user": "nobody"} -> {"user": "nobody", "password": ""}
# %% wrong steal: its own note
# says: name the owner in your request
# with: {"type": "note", "of": "ann"} -> {"type": "note"}
# %% wrong steal: a field of another name
# says: name the owner in your request
# with: "of": "ann" -> "user": "ann"
# %% wrong steal: bob's note
# says: this is bob's note
# with: "of": "ann" -> "of": "bob"
# %% wrong steal: the whole message
# says: this is the whole message
# with: json.loads(await websocket.recv())["note"] -> await websocket.recv()
# %% wrong steal: the whole message, as a dictionary
# says: this is the whole message
# with: json.loads(await websocket.recv())["note"] -> json.loads(await websocket.recv())
# %% wrong steal: the welcome
# says: this is the welcome
# -         await websocket.recv()
# -         await websocket.send(json.dumps({"type": "note", "of": "ann"}))
# -         return json.loads(await websocket.recv())["note"]
# +         return await websocket.recv()
# %% wrong steal: the number alone
# says: which only the server can tell you
# with: ["note"] -> ["note"].removeprefix("pin=")
# %% wrong steal: a constant
# says: which only the server can tell you
async def steal(url: str) -> str:
    return "pin=123456"

# %% wrong steal: kept from the first server
# says: which only the server can tell you
import functools
import json

from websockets.sync.client import connect

@functools.cache
def note():
    with connect(address, proxy=None) as websocket:
        websocket.send(json.dumps({"user": "x"}))
        websocket.recv()
        websocket.send(json.dumps({"type": "note", "of": "ann"}))
        return json.loads(websocket.recv())["note"]

def steal(url):
    global address
    address = url
    return note()

# %% wrong steal: two connections
# says: connect once
# -     async with connect(url, proxy=None) as websocket:
# +     async with connect(url, proxy=None) as first:
# +         await first.send('{"user": "x"}')
# +     async with connect(url, proxy=None) as websocket:
# %% wrong steal: no user at all
# says: one of its lines fails at what you said (KeyError: 'user')
# with: {"user": "nobody"} -> {}
# %% wrong steal: no JSON
# says: one of its lines fails at what you said (JSONDecodeError
# with: json.dumps({"user": "nobody"}) -> "ann"
# %% right steal: a user that is none
# with: {"user": "nobody"} -> {"user": None}
# %% right steal: without asyncio
import json

from websockets.sync.client import connect


def steal(url):
    with connect(url, proxy=None) as websocket:
        for said in ({"user": "mallory", "password": None}, {"type": "note", "of": "ann"}):
            websocket.send(json.dumps(said))
            answer = json.loads(websocket.recv())
    return answer["note"]

# %% right steal: whatever comes until there is a note
import json

from websockets.asyncio.client import connect


async def steal(url):
    async with connect(url, proxy=None) as websocket:
        await websocket.send('{"user": ""}')
        await websocket.send('{"type": "note", "of": "ann"}')
        async for text in websocket:
            if "note" in json.loads(text):
                return json.loads(text)["note"]

# %% wrong admits: begins with it
# says: it only begins alike
def admits(origin, allowed):
    return any(origin.lower().removesuffix(":443").startswith(each) for each in allowed)

# %% wrong admits: compared as texts
# says: the question's example
def admits(origin, allowed):
    return origin in allowed

# %% wrong admits: ends with it
# says: this is the host of somebody else
# with: return parts_of(origin) in [parts_of(each) for each in allowed] -> return any(parts_of(origin)[0] == parts_of(each)[0] and parts_of(origin)[1].endswith(parts_of(each)[1]) and parts_of(origin)[2] == parts_of(each)[2] for each in allowed if parts_of(each))
# %% wrong admits: sub-domains come in
# says: a sub-domain is another host
# with: found[2].lower(), int(port) -> found[2].lower().removeprefix("www."), int(port)
# %% wrong admits: the scheme is not looked at
# says: http is another scheme
# with: return scheme, found[2].lower(), int(port) -> return "", found[2].lower(), int(port)
# %% wrong admits: the port is not looked at
# says: 80 is not the port of https
# with: int(port) -> 0
# %% wrong admits: the dot at the end is removed
# says: a dot at the end makes it another host
# with: found[2].lower() -> found[2].lower().rstrip(".")
# %% wrong admits: a line break at the end
# says: an origin has no line break
# -     found = re.fullmatch(r"(https?)://([a-z0-9.-]+)(?::([0-9]{1,5}))?", origin, re.I | re.A)
# +     found = re.match(r"(https?)://([a-z0-9.-]+)(?::([0-9]{1,5}))?$", origin, re.I | re.A)
# %% wrong admits: a path doesn't matter
# says: an origin has no path
# -     found = re.fullmatch(r"(https?)://([a-z0-9.-]+)(?::([0-9]{1,5}))?", origin, re.I | re.A)
# +     found = re.fullmatch(r"(https?)://([a-z0-9.-]+)(?::([0-9]{1,5}))?/?", origin, re.I | re.A)
# %% wrong admits: letters that only become ASCII
# says: this is not ASCII
# with: re.I | re.A -> re.I
# %% wrong admits: any digits
# says: a port has the digits 0 to 9
# -     found = re.fullmatch(r"(https?)://([a-z0-9.-]+)(?::([0-9]{1,5}))?", origin, re.I | re.A)
# +     found = re.fullmatch(r"(https?)://([a-z0-9.-]+)(?::(\d{1,5}))?", origin, re.I)
# %% wrong admits: who says nothing comes in
# says: a request without Origin is not admitted
# -     if origin is None or parts_of(origin) is None:
# +     if origin is None:
# +         return True
# +     if parts_of(origin) is None:
# %% wrong admits: no origin is like no origin
# says: being in the list doesn't help it
# with: if origin is None or parts_of(origin) is None: -> if origin is None:
# %% wrong admits: by urlsplit
# says: an origin has no path
from urllib.parse import urlsplit


def parts(origin):
    url = urlsplit(origin)
    return url.scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme)

def admits(origin, allowed):
    return bool(origin) and origin != "null" and parts(origin) in map(parts, allowed)

# %% wrong admits: not True itself
# says: return True or False itself
# with: return parts_of(origin) in [parts_of(each) for each in allowed] -> return [each for each in allowed if parts_of(each) == parts_of(origin)]
# %% wrong admits: by urlsplit, which trips over what is no port
# says: an origin has a scheme
from urllib.parse import urlsplit


def parts(origin):
    url = urlsplit(origin)
    return url.scheme, url.hostname, url.port or {"http": 80, "https": 443}[url.scheme]

def admits(origin, allowed):
    return origin not in (None, "", "null") and parts(origin) in map(parts, allowed)

# %% right admits: looked at first, then taken apart by urlsplit
import re
from urllib.parse import urlsplit


def parts(origin):
    if not origin.isascii() or not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", origin.lower()):
        return None
    port = re.search(r":([0-9]+)$", origin)
    scheme = urlsplit(origin).scheme
    return scheme, urlsplit(origin).hostname, int(port[1]) if port else {"http": 80, "https": 443}[scheme]

def admits(origin, allowed):
    return origin is not None and parts(origin) is not None and any(parts(a) == parts(origin) for a in allowed)

# %% right admits: cut by hand
import string

LETTERS = set(string.ascii_letters + string.digits + "-.")


def normal(origin):
    for scheme, own in (("http://", "80"), ("https://", "443")):
        if origin[: len(scheme)].lower() == scheme and origin.isascii():
            host, colon, port = origin[len(scheme) :].partition(":")
            good = host and set(host) <= LETTERS and (not colon or port.isdigit() and len(port) <= 5)
            if good:
                return f"{scheme}{host.lower()}:{int(port or own)}"
    return None

def admits(origin, allowed):
    mine = normal(origin or "")
    return mine is not None and mine in {normal(each) for each in allowed}

# %% wrong Tickets: good as often as you like
# says: it is good once
# with: self._issued.pop(ticket) -> self._issued[ticket]
# %% wrong Tickets: good at the very end
# says: 30 seconds after its issue it has expired
# with: return user if now - since < self._seconds else None -> return user if now - since <= self._seconds else None
# %% wrong Tickets: never expires
# says: 30 seconds after its issue it has expired
# with: return user if now - since < self._seconds else None -> return user
# %% wrong Tickets: nothing is dropped
# says: those that are less than 10 seconds old are held
# -             if now - since < self._seconds
# %% wrong Tickets: dropped a moment late
# says: those that are less than 10 seconds old are held
# -             if now - since < self._seconds
# +             if now - since <= self._seconds
# %% wrong Tickets: one ticket a user
# says: and a user may have many
# -         ticket = secrets.token_urlsafe(16)
# +         self._issued = {key: it for key, it in self._issued.items() if it[0] != user}
# +         ticket = secrets.token_urlsafe(16)
# %% wrong Tickets: too short
# says: 16 random bytes are 128
# with: token_urlsafe(16) -> token_urlsafe(12)
# %% wrong Tickets: a byte too few
# says: 16 random bytes are 128
# with: token_urlsafe(16) -> token_urlsafe(15)
# %% wrong Tickets: with the user's name
# says: a ticket tells nothing
# with: ticket = secrets.token_urlsafe(16) -> ticket = user.encode().hex() * 0 + (user if user.isascii() else "") + secrets.token_urlsafe(16)
# %% wrong Tickets: counted and digested
# says: it can be foreseen
# with: ticket = secrets.token_urlsafe(16) -> import hashlib; self.n = getattr(self, "n", 0) + 1; ticket = hashlib.sha256(f"{user}{now}{self.n}".encode()).hexdigest()
# %% wrong Tickets: the same at the same time
# says: a user may have many
# with: ticket = secrets.token_urlsafe(16) -> import hashlib; ticket = hashlib.sha256(f"{user}{now}".encode()).hexdigest()
# %% wrong Tickets: bytes
# says: a ticket is a text
# with: secrets.token_urlsafe(16) -> secrets.token_bytes(16)
# %% wrong Tickets: Base64 of the other kind
# says: a ticket has ASCII letters, digits, - and _
# with: secrets.token_urlsafe(16) -> __import__("base64").b64encode(secrets.token_bytes(16)).decode()
# %% wrong Tickets: by random
# says: it comes from `random`
# with: secrets.token_urlsafe(16) -> __import__("random").randbytes(16).hex()
# %% wrong Tickets: letters, by random
# says: it comes from `random`
# with: secrets.token_urlsafe(16) -> "".join(__import__("random").choices("abcdefghijklmnopqrstuvwxyz", k=32))
# %% wrong Tickets: compared in constant time, ASCII only
# says: this text is no ticket
# -         if ticket not in self._issued:
# -             return None
# +         ticket = next((each for each in self._issued if secrets.compare_digest(each, ticket)), None)
# +         if ticket is None:
# +             return None
# %% right Tickets: compared in constant time
# -         if ticket not in self._issued:
# -             return None
# +         said = ticket.encode()
# +         ticket = next((it for it in self._issued if secrets.compare_digest(it.encode(), said)), None)
# +         if ticket is None:
# +             return None
# %% right Tickets: digits only
# with: secrets.token_urlsafe(16) -> str(secrets.randbits(128))
# %% right Tickets: letters, by the system's random
# with: secrets.token_urlsafe(16) -> "".join(__import__("random").SystemRandom().choices("abcdefghijklmnop", k=32))
# %% wrong Tickets: trips over what is no ticket
# says: nothing was issued yet
# -         if ticket not in self._issued:
# -             return None
# %% wrong Tickets: shared by all
# says: others have issued theirs for themselves
# -     def __init__(self, seconds: float):
# -         self._seconds = seconds
# -         self._issued = {}
# +     _issued = {}
# +
# +     def __init__(self, seconds: float):
# +         self._seconds = seconds
# -         self._issued = {
# -             ticket: (owner, since)
# -             for ticket, (owner, since) in self._issued.items()
# -             if now - since < self._seconds
# -         }
# %% right Tickets: hexadecimal, with the time of its end
import secrets


class Tickets:
    def __init__(self, seconds):
        self.seconds, self.users, self.ends = seconds, {}, {}

    def issue(self, user, now):
        for ticket in [ticket for ticket, end in self.ends.items() if end <= now]:
            del self.users[ticket], self.ends[ticket]
        ticket = secrets.token_hex(16)
        self.users[ticket], self.ends[ticket] = user, now + self.seconds
        return ticket

    def redeem(self, ticket, now):
        end = self.ends.pop(ticket, None)
        user = self.users.pop(ticket, None)
        return user if end is not None and now < end else None

    def kept(self):
        return len(self.users)

# %% wrong decide: never expires
# says: at 1000 it has expired
# with: now >= session["expires"] -> now < 0
# %% wrong decide: a moment too long
# says: at 1000 it has expired
# with: now >= session["expires"] -> now > session["expires"]
# %% wrong decide: refused when expired
# says: at 1000 it has expired
# with: return "close" -> return "refuse"
# %% wrong decide: looks at the message first
# says: whatever the message says
# -     if now >= session["expires"]:
# -         return "close"
# -     action, room = message.get("action"), message.get("room")
# +     action, room = message.get("action"), message.get("room")
# -     right = f"{action}:{room}" in session["rights"] or f"{action}:*" in session["rights"]
# +     if now >= session["expires"]:
# +         return "close"
# +     right = f"{action}:{room}" in session["rights"] or f"{action}:*" in session["rights"]
# %% wrong decide: no right for all rooms
# says: there is a right to 'read'
# with:  or f"{action}:*" in session["rights"] ->
# %% wrong decide: only rights for all rooms
# says: there is a right to it
# with: f"{action}:{room}" in session["rights"] or  ->
# %% wrong decide: in one long text
# says: this is no right of the session
# with: f"{action}:{room}" in session["rights"] or -> f"{action}:{room}" in ",".join(session["rights"]) or
# %% wrong decide: case doesn't matter
# says: this is no right of the session
# with: action, room = message.get("action"), message.get("room") -> action, room = [x if x is None else x.lower() for x in (message.get("action"), message.get("room"))]
# %% wrong decide: a room called *
# says: no room is called *
# with:  or room == "*": -> :
# %% wrong decide: the user is not looked at
# says: another user than the session's
# with: message.get("user", session["user"]) != session["user"] or room -> room
# %% wrong decide: an empty user is none
# says: another user than the session's
# with: message.get("user", session["user"]) != session["user"] -> (message.get("user") or session["user"]) != session["user"]
# %% wrong decide: must name the user
# says: there is a right to it
# with: message.get("user", session["user"]) -> message.get("user")
# %% wrong decide: trips over what is missing
# says: it lacks an action or a room
# with: action, room = message.get("action"), message.get("room") -> action, room = message["action"], message["room"]
# %% wrong decide: None made into a text
# says: it lacks an action or a room
# -     if action is None or room is None:
# -         return "refuse"
# %% wrong decide: the client says what its rights are
# says: what a client says of its rights is no right
# with: f"{action}:*" in session["rights"] -> f"{action}:*" in session["rights"] or f"{action}:*" == message.get("rights")
# %% wrong decide: a star for every action
# says: no action of this message
# with: f"{action}:*" in session["rights"] -> f"{action}:*" in session["rights"] or f"*:{room}" in session["rights"]
# %% wrong decide: by fnmatch
# says: that is no action of this message
# with: right = f"{action}:{room}" in session["rights"] or f"{action}:*" in session["rights"] -> import fnmatch; right = any(fnmatch.fnmatchcase(f"{action}:{room}", each) for each in session["rights"])
# %% right decide: an empty room is none
# with: if action is None or room is None: -> if not action or not room:
# %% right decide: rights taken apart
def decide(session, message, now):
    if session["expires"] <= now:
        return "close"
    match message:
        case {"user": user} if user != session["user"]:
            return "refuse"
        case {"action": action, "room": room} if room != "*":
            rights = [tuple(right.split(":", 1)) for right in session["rights"]]
            return "do" if {(action, room), (action, "*")} & set(rights) else "refuse"
    return "refuse"

# %% wrong Bucket: empty at first
# says: it is full at first
# with: self._tokens = burst -> self._tokens = 0
# %% wrong Bucket: no end to it
# says: tokens and not more
# with: min(self._burst, self._tokens + passed * self._rate) -> self._tokens + passed * self._rate
# %% wrong Bucket: whole tokens only
# says: half a token is there
# with: passed * self._rate) -> int(passed * self._rate))
# %% wrong Bucket: a part of a token will do
# says: and not before
# -         if self._tokens < 1:
# -             return False
# +         if self._tokens <= 0:
# +             return False
# %% wrong Bucket: a refusal takes, too
# says: and half a one drips in each second
# -         if self._tokens < 1:
# -             return False
# -         self._tokens -= 1
# -         return True
# +         self._tokens -= 1
# +         return self._tokens >= 0
# %% wrong Bucket: more than one is needed
# says: it is full at first
# -         if self._tokens < 1:
# -             return False
# +         if self._tokens <= 1:
# +             return False
# %% wrong Bucket: a clock that goes back takes tokens
# says: nothing is added, and nothing is lost
# with: max(0, now - self._latest) -> now - self._latest
# %% wrong Bucket: a clock that goes back counts twice
# says: once the clock has passed 100
# with: self._latest += passed -> self._latest = now
# %% wrong Bucket: time counts again and again
# says: and not before
# with: self._latest += passed -> pass
# %% wrong Bucket: wait takes
# says: one token is there
# -         if self._tokens >= 1:
# -             return 0
# +         if self.take(now):
# +             return 0
# %% wrong Bucket: tokens, not seconds
# says: half a one drips in each second
# with: (1 - self._tokens) / self._rate -> (1 - self._tokens)
# %% wrong Bucket: below nothing
# says: there is nothing to wait for
# -         if self._tokens >= 1:
# -             return 0
# %% wrong Bucket: rate and burst
# says: it is full at first
# -         self._rate = rate
# -         self._burst = burst
# -         self._tokens = burst
# +         self._rate = burst
# +         self._burst = rate
# +         self._tokens = rate
# %% wrong Bucket: one for all
# says: one token, and no second
# with: self._tokens = burst -> Bucket.tokens_ = getattr(Bucket, "tokens_", 0); self._tokens = burst if Bucket.tokens_ == 0 else 0; Bucket.tokens_ = 1
# %% wrong Bucket: a clock that goes back has no further to go
# says: the clock must pass 101
# with: self._latest - now + (1 - self._tokens) -> (1 - self._tokens)
# %% right Bucket: the time at which it would be empty
class Bucket:
    def __init__(self, rate, burst, now):
        self.rate, self.burst, self.latest, self.empty = rate, burst, now, now - burst / rate

    def wait(self, now):
        self.latest = max(self.latest, now)
        self.empty = max(self.empty, self.latest - self.burst / self.rate)
        missing = self.empty + 1 / self.rate
        return 0 if missing <= self.latest else missing - now

    def take(self, now):
        if self.wait(now) > 0:
            return False
        self.empty += 1 / self.rate
        return True

# %% wrong check_message: bytes are read as well
# says: it is bytes
# with: need(isinstance(data, str), "binary") -> data = data.decode() if isinstance(data, bytes) else data
# %% wrong check_message: characters are counted
# says: bytes count here
# with: len(data.encode()) <= 4096 -> len(data) <= 4096
# %% wrong check_message: a byte less
# says: 4,096 bytes are allowed
# with: <= 4096 -> < 4096
# %% wrong check_message: any depth
# says: more than 8 brackets are open
# -     need(depth_of(data) <= 8, "too deep")
# %% wrong check_message: brackets in texts counted
# says: also behind a quotation mark
# with: re.sub(r'"(?:[^"\\]|\\.)*"', "", data): -> re.sub(r'"[^"]*"', "", data):
# %% wrong check_message: all brackets counted
# says: many brackets side by side are not deep
# with: (char in "[{") - (char in "]}") -> char in "[{"
# %% wrong check_message: NaN is a number
# says: JSON has neither NaN nor Infinity
# with: , parse_constant=no_number) -> )
# %% wrong check_message: the last of two fields
# says: two readers may each take another one
# with: object_pairs_hook=once,  ->
# %% wrong check_message: the parser's own words
# says: this is no JSON
# with: raise ValueError("not JSON") from None -> raise
# %% wrong check_message: its own ValueError caught
# says: a field stands twice
# with: except json.JSONDecodeError: -> except ValueError:
# %% wrong check_message: unknown fields pass
# says: there are no other fields than those four
# -     need(fields.keys() <= {"type", "room", "text", "reply_to"}, "unknown field")
# %% wrong check_message: a list trips it
# says: it is JSON, but no object
# -     need(isinstance(fields, dict), "not an object")
# %% wrong check_message: True is a number
# says: written as one
# with: type(number) is int -> isinstance(number, int)
# %% wrong check_message: whole floats
# says: written as one
# with: type(number) is int -> type(number) in (int, float) and number == number // 1
# %% wrong check_message: null for nothing
# says: written as one
# with: fields.get("reply_to", 0) -> fields.get("reply_to") if fields.get("reply_to") is not None else 0
# %% wrong check_message: one number too many
# says: written as one
# with: number < 2**53 -> number <= 2**53
# %% wrong check_message: a line break after the room
# says: a room is a text of 1 to 20
# with: re.fullmatch("[a-z0-9-]{1,20}", room) -> re.match("[a-z0-9-]{1,20}$", room)
# %% wrong check_message: what may be printed
# says: line feed and tab are allowed
# with: <= 500 and is_clean(text) -> <= 500 and text.isprintable()
# %% wrong check_message: control characters only up to 31
# says: U+007F is a control character
# with: return not kinds & {"Cc", "Cs"} -> return min(text) >= "\t" and not any(ord(c) < 32 and c not in "\t\n" for c in text) and "Cs" not in kinds
# %% wrong check_message: half characters pass
# says: alone is half a character
# with: {"Cc", "Cs"} -> {"Cc"}
# %% wrong check_message: the direction may turn
# says: turns the direction
# with:  and not TURNING.search(text) ->
# %% wrong check_message: a mark is forgotten
# says: U+061C turns the direction
# with: \u061c\u200e -> \u200e
# %% wrong check_message: every format character forbidden
# says: a text has 1 to 500 characters, and
# with: {"Cc", "Cs"} -> {"Cc", "Cs", "Cf"}
# %% right check_message: depth by a walk, the rest by a table
import json
import unicodedata

BAD = {0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
ROOM = set("abcdefghijklmnopqrstuvwxyz0123456789-")


def too_deep(data):
    depth, inside, skip = 0, False, False
    for char in data:
        if inside:
            if skip:
                skip = False
            elif char == "\\":
                skip = True
            elif char == '"':
                inside = False
        elif char == '"':
            inside = True
        elif char in "[{":
            depth += 1
            if depth > 8:
                return True
        elif char in "]}":
            depth -= 1
    return False


class Twice(ValueError):
    pass


def pairs(items):
    names = [name for name, _ in items]
    if len(names) != len(set(names)):
        raise Twice("duplicate field")
    return dict(items)


def constant(name):
    raise ValueError(name)


def bad_char(char):
    kind = unicodedata.category(char)
    return kind == "Cs" or (kind == "Cc" and char not in "\n\t") or ord(char) in BAD


def check_message(data):
    if isinstance(data, bytes):
        raise ValueError("binary message")
    if len(data.encode("utf-8")) > 4096:
        raise ValueError("too large")
    if too_deep(data):
        raise ValueError("too deep")
    try:
        found = json.loads(data, object_pairs_hook=pairs, parse_constant=constant)
    except Twice:
        raise
    except ValueError as error:
        raise ValueError(f"not JSON: {error}")
    if type(found) is not dict:
        raise ValueError("not an object")
    if set(found) - {"type", "room", "text", "reply_to"}:
        raise ValueError("unknown field")
    if {"type", "room", "text"} - set(found):
        raise ValueError("missing field")
    room, text, number = found["room"], found["text"], found.get("reply_to", 1)
    for wrong, bad in (
        ("bad type", found["type"] != "say"),
        ("bad room", type(room) is not str or not 0 < len(room) < 21 or set(room) - ROOM),
        ("bad text", type(text) is not str or not 0 < len(text) < 501 or any(map(bad_char, text))),
        ("bad reply_to", type(number) is not int or number < 0 or number > 2**53 - 1),
    ):
        if bad:
            raise ValueError(wrong)
    return found

# %% wrong say_no: 403 for everybody
# says: the server doesn't know who this is
# with: "no login": 401 -> "no login": 403
# %% wrong say_no: 401 for a wrong page
# says: this page is not wanted here
# with: "wrong origin": 403 -> "wrong origin": 401
# %% wrong say_no: a close code before there is a connection
# says: no WebSocket is open yet
# with: return "http", statuses[event] -> return "close", 1008
# %% wrong say_no: a status on an open connection
# says: the WebSocket is open
# with: return "close", codes[event] -> return "http", 400
# %% wrong say_no: 400 for a long cookie
# says: the header is too large
# with: "long cookie": 431 -> "long cookie": 400
# %% wrong say_no: 503 for one who knocks too often
# says: these are too many requests
# with: "many handshakes": 429 -> "many handshakes": 503
# %% wrong say_no: the client is to blame
# says: the server's own, not the client's
# with: "broken door": 500 -> "broken door": 400
# %% wrong say_no: the client is to blame, afterwards
# says: the server's own, not the client's
# with: "broken handler": 1011 -> "broken handler": 1008
# %% wrong say_no: 1013 for a flood
# says: the rule of how many there may be was broken
# with: "many messages": 1008 -> "many messages": 1013
# %% wrong say_no: 1002 for a login that didn't come
# says: the rule that a login comes first
# with: "no first message": 1008 -> "no first message": 1002
# %% wrong say_no: 1003 for bytes that are not UTF-8
# says: this text is not UTF-8
# with: "bad utf-8": 1007 -> "bad utf-8": 1003
# %% wrong say_no: 1009 is for large ones
# says: the message is too big
# with: "huge message": 1009 -> "huge message": 1008
# %% wrong say_no: something for everything
# says: an event of another name gets a ValueError
# -     raise ValueError(f"nobody has decided what to say to {event!r}")
# +     return "close", 1008
# %% wrong say_no: KeyError
# says: an event of another name gets a ValueError
# with: if event in codes: -> if True:
# %% wrong say_no: a list
# says: return a tuple of a word and a number
# with: return "http", statuses[event] -> return ["http", statuses[event]]
# %% wrong say_no: the number alone
# says: return a tuple of a word and a number
# with: return "close", codes[event] -> return codes[event]
# %% right say_no: match
def say_no(event):
    match event:
        case "no login":
            return ("http", 401)
        case "wrong origin":
            return ("http", 403)
        case "bad key":
            return ("http", 400)
        case "long cookie":
            return ("http", 431)
        case "many handshakes":
            return ("http", 429)
        case "server full":
            return ("http", 503)
        case "broken door":
            return ("http", 500)
        case "no first message" | "token expired" | "many messages":
            return ("close", 1008)
        case "not masked":
            return ("close", 1002)
        case "huge message":
            return ("close", 1009)
        case "server overloaded":
            return ("close", 1013)
        case "broken handler":
            return ("close", 1011)
        case "binary message":
            return ("close", 1003)
        case "bad utf-8":
            return ("close", 1007)
    raise ValueError(event)

# %% same steal: on the way to this machine there is no proxy
# -     async with connect(url, proxy=None) as websocket:
# +     async with connect(url) as websocket:
# %% same steal: nobody knows a user of this name either
# -         await websocket.send(json.dumps({"user": "nobody"}))  # None == None
# +         await websocket.send(json.dumps({"user": 'nobodyx'}))  # None == None
# %% same steal: the welcome waits until it is read
# -         await websocket.recv()
# -         await websocket.send(json.dumps({"type": "note", "of": "ann"}))
# +         await websocket.send(json.dumps({"type": "note", "of": "ann"}))
# +         await websocket.recv()
# %% same admits: it is the same on both sides
# -     return scheme, found[2].lower(), int(port)
# +     return scheme, found[2].upper(), int(port)
# %% same Tickets: issue makes a dictionary of its own
# -     def __init__(self, seconds: float):
# -         self._seconds = seconds
# -         self._issued = {}
# +     _issued = {}
# +
# +     def __init__(self, seconds: float):
# +         self._seconds = seconds
# +         pass
# %% same Tickets: the new ticket is not in the books yet
# -         self._issued = {
# -             ticket: (owner, since)
# -             for ticket, (owner, since) in self._issued.items()
# -             if now - since < self._seconds
# -         }
# -         ticket = secrets.token_urlsafe(16)
# +         ticket = secrets.token_urlsafe(16)
# +         self._issued = {
# +             ticket: (owner, since)
# +             for ticket, (owner, since) in self._issued.items()
# +             if now - since < self._seconds
# +         }
# %% same Tickets: more random bytes than 16 are allowed
# -         ticket = secrets.token_urlsafe(16)
# +         ticket = secrets.token_urlsafe()
# %% same Tickets: more random bytes than 16 are allowed
# -         ticket = secrets.token_urlsafe(16)
# +         ticket = secrets.token_urlsafe(17)
# %% same decide: reading the message changes nothing
# -     if now >= session["expires"]:
# -         return "close"
# -     action, room = message.get("action"), message.get("room")
# +     action, room = message.get("action"), message.get("room")
# +     if now >= session["expires"]:
# +         return "close"
# %% same decide: both refuse
# -     if message.get("user", session["user"]) != session["user"] or room == "*":
# -         return "refuse"
# -     if action is None or room is None:
# +     if action is None or room is None:
# +         return "refuse"
# +     if message.get("user", session["user"]) != session["user"] or room == "*":
# %% same decide: looking at the rights changes nothing
# -     if action is None or room is None:
# -         return "refuse"
# -     right = f"{action}:{room}" in session["rights"] or f"{action}:*" in session["rights"]
# +     right = f"{action}:{room}" in session["rights"] or f"{action}:*" in session["rights"]
# +     if action is None or room is None:
# +         return "refuse"
# %% same check_message: this is no bracket either
# -     for char in re.sub(r'"(?:[^"\\]|\\.)*"', "", data):
# +     for char in re.sub(r'"(?:[^"\\]|\\.)*"', 'x', data):
# %% same check_message: nobody sees where it is
# -     raise json.JSONDecodeError(name, name, 0)
# +     raise json.JSONDecodeError(name, name, 1)
# %% same check_message: nobody sees where it is
# -     raise json.JSONDecodeError(name, name, 0)
# +     raise json.JSONDecodeError(name, name, (-1))
# %% same check_message: an x is clean either way
# -     kinds = {unicodedata.category(char) for char in text if char not in "\t\n"}
# +     kinds = {unicodedata.category(char) for char in text if char not in '\t\nx'}
# %% same check_message: neither needs the other
# -     need(fields["type"] == "say", "bad type")
# -     room, text, number = fields["room"], fields["text"], fields.get("reply_to", 0)
# +     room, text, number = fields["room"], fields["text"], fields.get("reply_to", 0)
# +     need(fields["type"] == "say", "bad type")
# %% same check_message: both are good numbers
# -     room, text, number = fields["room"], fields["text"], fields.get("reply_to", 0)
# +     room, text, number = fields["room"], fields["text"], fields.get("reply_to", 1)
# %% same say_no: nobody changes them
# -     statuses = {
# -         "no login": 401,
# -         "wrong origin": 403,
# -         "bad key": 400,
# -         "long cookie": 431,
# -         "many handshakes": 429,
# -         "server full": 503,
# -         "broken door": 500,
# -     }
# +     statuses = say_no.__dict__.setdefault('statuses', {
# +         "no login": 401,
# +         "wrong origin": 403,
# +         "bad key": 400,
# +         "long cookie": 431,
# +         "many handshakes": 429,
# +         "server full": 503,
# +         "broken door": 500,
# +     })
# %% same say_no: neither needs the other
# -     codes = {
# -         "no first message": 1008,
# -         "token expired": 1008,
# -         "not masked": 1002,
# -         "huge message": 1009,
# -         "many messages": 1008,
# -         "server overloaded": 1013,
# -         "broken handler": 1011,
# -         "binary message": 1003,
# -         "bad utf-8": 1007,
# -     }
# -     if event in statuses:
# -         return "http", statuses[event]
# +     if event in statuses:
# +         return "http", statuses[event]
# +     codes = {
# +         "no first message": 1008,
# +         "token expired": 1008,
# +         "not masked": 1002,
# +         "huge message": 1009,
# +         "many messages": 1008,
# +         "server overloaded": 1013,
# +         "broken handler": 1011,
# +         "binary message": 1003,
# +         "bad utf-8": 1007,
# +     }
# %% same say_no: nobody changes them
# -     codes = {
# -         "no first message": 1008,
# -         "token expired": 1008,
# -         "not masked": 1002,
# -         "huge message": 1009,
# -         "many messages": 1008,
# -         "server overloaded": 1013,
# -         "broken handler": 1011,
# -         "binary message": 1003,
# -         "bad utf-8": 1007,
# -     }
# +     codes = say_no.__dict__.setdefault('codes', {
# +         "no first message": 1008,
# +         "token expired": 1008,
# +         "not masked": 1002,
# +         "huge message": 1009,
# +         "many messages": 1008,
# +         "server overloaded": 1013,
# +         "broken handler": 1011,
# +         "binary message": 1003,
# +         "bad utf-8": 1007,
# +     })
# %% same say_no: no event is in both
# -     if event in statuses:
# -         return "http", statuses[event]
# -     if event in codes:
# -         return "close", codes[event]
# +     if event in codes:
# +         return "close", codes[event]
# +     if event in statuses:
# +         return "http", statuses[event]
