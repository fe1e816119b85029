# %% wrong to_message: everything through json.dumps
# says: JSON would put quotes around a text
# -     if isinstance(value, str | bytes):
# -         return value
# %% wrong to_message: str() instead of JSON
# says: Python's own notation differs
# with: json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False) -> str(value)
# %% wrong to_message: the blanks of json.dumps
# says: no blanks after the commas
# with: , separators=(",", ":") ->
# %% wrong to_message: blanks cut out of the finished text
# says: the JSON must say the same as the value
# -     return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
# +     text = json.dumps(value, ensure_ascii=False, allow_nan=False)
# +     return text.replace(", ", ",").replace(": ", ":")
# %% wrong to_message: é written as an escape
# says: leave é and ☂ as they are
# with: ensure_ascii=False, ->
# %% wrong to_message: escapes undone
# says: this is not JSON
# -     return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
# +     text = json.dumps(value, separators=(",", ":"), allow_nan=False)
# +     return text.encode().decode("unicode_escape")
# %% wrong to_message: sorted keys
# says: the JSON keeps the order
# with: allow_nan=False -> allow_nan=False, sort_keys=True
# %% wrong to_message: NaN looked for in the finished text
# says: NaN and Infinity are texts here
# -     return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
# +     text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
# +     if "NaN" in text or "Infinity" in text:
# +         raise ValueError("not a number")
# +     return text
# %% wrong to_message: NaN looked for at the top only
# says: NaN and Infinity are no JSON
import json
import math


def to_message(value):
    if isinstance(value, (str, bytes)):
        return value
    inside = value if isinstance(value, list) else [value]
    inside = value.values() if isinstance(value, dict) else inside
    if any(isinstance(each, float) and not math.isfinite(each) for each in inside):
        raise ValueError("not a number")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

# %% wrong to_message: encoded into bytes
# says: JSON is text
# with: allow_nan=False) -> allow_nan=False).encode()
# %% wrong to_message: "nothing" taken for an empty message
# says: this is not JSON
# -         return value
# +         return value
# +     if not value:
# +         return ""
# %% wrong to_message: printed
# says: printing it gives nothing back
# -     return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
# +     print(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
# %% wrong to_message: blanks at the ends cut off
# says: it stays as it is
# -         return value
# +         return value.strip()
# %% wrong to_message: bytes that are text become text
# says: bytes are a binary message already
# -     if isinstance(value, str | bytes):
# +     if isinstance(value, bytes):
# +         try:
# +             return value.decode()
# +         except UnicodeDecodeError:
# +             return value
# +     if isinstance(value, str):
# %% wrong to_message: a text that is JSON is written anew
# says: it stays as it is
# -     if isinstance(value, str | bytes):
# -         return value
# +     if isinstance(value, bytes):
# +         return value
# +     if isinstance(value, str):
# +         try:
# +             value = json.loads(value)
# +         except ValueError:
# +             return value
# %% right to_message: an encoder, and match
import json

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def to_message(value):
    match value:
        case str() | bytes():
            return value
    return ENCODER.encode(value)

# %% right to_message: numbers checked first, with an exception of its own
import json
import math


class NotANumber(ValueError):
    pass


def check(value):
    if isinstance(value, float) and not math.isfinite(value):
        raise NotANumber("no number")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            check(each)


def to_message(value):
    if type(value) in {str, bytes}:
        return value
    check(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

# %% right to_message: JSON written by hand
import json
import math


def to_message(value):
    return value if isinstance(value, (str, bytes)) else written(value)


def written(value):
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
        raise ValueError(f"{value} is no JSON")
    if isinstance(value, dict):
        return "{" + ",".join(f"{written(k)}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(written, value)) + "]"
    return repr(value)

# %% wrong echo: the connection thrown away
# says: the connection broke off without a close
# -         await websocket.send(message)
# +         await websocket.send(message)
# +         websocket.transport.abort()
# %% wrong echo: what is sent is not awaited
# says: each message comes back: nothing came
async def echo(websocket):
    async for message in websocket:
        websocket.send(message)

# %% wrong echo: one message only
# says: the server closed with code 1000: your handler returned
async def echo(websocket):
    await websocket.send(await websocket.recv())

# %% wrong echo: with a prefix
# says: exactly as it was sent
# with: send(message) -> send(f"Echo: {message}")
# %% wrong echo: everything made text
# says: exactly as it was sent
# -         await websocket.send(message)
# +         if isinstance(message, bytes):
# +             message = message.decode("latin-1")
# +         await websocket.send(message)
# %% wrong echo: binary that is text becomes text
# says: exactly as it was sent
# -         await websocket.send(message)
# +         if isinstance(message, bytes):
# +             try:
# +                 message = message.decode()
# +             except UnicodeDecodeError:
# +                 pass
# +         await websocket.send(message)
# %% wrong echo: blanks cut off
# says: exactly as it was sent
# with: send(message) -> send(message.strip())
# %% wrong echo: JSON written anew
# says: exactly as it was sent
import json


async def echo(websocket):
    async for message in websocket:
        if isinstance(message, str):
            try:
                message = json.dumps(json.loads(message), separators=(",", ":"))
            except ValueError:
                pass
        await websocket.send(message)

# %% wrong echo: an empty message ends it
# says: the server closed with code 1000: your handler returned
async def echo(websocket):
    while message := await websocket.recv():
        await websocket.send(message)

# %% wrong echo: long messages refused
# says: the server closed with code 1009
# -         await websocket.send(message)
# +         if len(message) > 65_535:
# +             return await websocket.close(1009)
# +         await websocket.send(message)
# %% wrong echo: fragments sent back one by one
# says: fragments make one message
from websockets.exceptions import ConnectionClosed


async def echo(websocket):
    try:
        while True:
            async for fragment in websocket.recv_streaming():
                await websocket.send(fragment)
    except ConnectionClosed:
        pass

# %% wrong echo: one client at a time
# says: while one client talks, the other is served as well
import asyncio

turn = asyncio.Lock()


async def echo(websocket):
    async with turn:
        async for message in websocket:
            await websocket.send(message)

# %% wrong echo: sent to all clients
# says: each client hears its own messages
from websockets.asyncio.server import broadcast

clients = set()


async def echo(websocket):
    clients.add(websocket)
    async for message in websocket:
        broadcast(clients, message)

# %% wrong echo: it never ends
# says: `echo` still runs for one of them
import asyncio


async def echo(websocket):
    while True:
        try:
            await websocket.send(await websocket.recv())
        except Exception:
            await asyncio.sleep(0.05)

# %% wrong echo: the handler of old tutorials
# says: the server closed with code 1011: your handler failed
# with: echo(websocket) -> echo(websocket, path)
# %% right echo: recv until it raises
from websockets.exceptions import ConnectionClosed


async def echo(websocket):
    try:
        while True:
            await websocket.send(await websocket.recv())
    except ConnectionClosed:
        pass

# %% right echo: a queue, and a task that answers
import asyncio


async def echo(websocket):
    queue = asyncio.Queue()

    async def answer():
        while True:
            await websocket.send(await queue.get())

    task = asyncio.create_task(answer())
    try:
        async for message in websocket:
            queue.put_nowait(message)
    finally:
        task.cancel()

# %% wrong parse_message: only json.loads
# says: this is binary
import json


def parse_message(data):
    message = json.loads(data)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    fields = {"chat": ["user", "text"], "joined": ["user"], "left": ["user"]}[message["type"]]
    return {"type": message["type"]} | {name: message[name] for name in fields}

# %% wrong parse_message: JSONDecodeError let through
# says: Catch it, and raise a ValueError whose text helps the sender
# with: (ValueError, RecursionError) -> RecursionError
# %% wrong parse_message: brackets without end let through
# says: Python's RecursionError no answer
# with: (ValueError, RecursionError) -> ValueError
# %% wrong parse_message: what stands behind the JSON is overlooked
# says: is not JSON
# with: json.loads(data, parse_constant=refuse) -> json.JSONDecoder().raw_decode(data.strip())[0]
# %% wrong parse_message: Python's own notation read, too
# says: is not JSON
import ast


def parse_message(data):
    if isinstance(data, bytes):
        raise ValueError("send text")
    try:
        message = ast.literal_eval(data.strip().replace("null", "None").replace("true", "True"))
    except Exception:
        raise ValueError("not JSON")
    if not isinstance(message, dict):
        raise ValueError("not an object")
    rules = {"chat": {"user": 20, "text": 500}, "joined": {"user": 20}, "left": {"user": 20}}
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in rules:
        raise ValueError("unknown type")
    for name, limit in rules[kind].items():
        if not isinstance(message.get(name), str) or not 0 < len(message[name]) <= limit:
            raise ValueError(f"bad {name}")
    return {name: message[name] for name in ["type", *rules[kind]]}

# %% wrong parse_message: a JSON that is no object is taken for one
# says: is JSON, but not an object: raise ValueError
# -     if not isinstance(message, dict):
# -         raise ValueError("a message is a JSON object")
# %% wrong parse_message: pairs make a dictionary, too
# says: is JSON, but not an object
# -     if not isinstance(message, dict):
# +     try:
# +         message = dict(message)
# +     except (TypeError, ValueError):
# %% wrong parse_message: part of a word is a type
# says: 'cha' is no type of this protocol
# with: kind not in limits -> kind not in "chat joined left"
# %% wrong parse_message: the type in any case
# says: 'Chat' is no type of this protocol
# with: message.get("type") -> str(message.get("type")).lower()
# %% wrong parse_message: the type quoted as it came
# says: this text repeats the half character
# with: "`type` is one of chat, joined, left" -> f"unknown type {kind}"
# %% wrong parse_message: a KeyError for a field that is missing
# says: `user` of chat is missing: raise ValueError
# with: message.get(name) -> message[name]
# %% wrong parse_message: whatever has a length is a string
# says: `user` of chat is a list
# with: not isinstance(value, str) -> not hasattr(value, "__len__")
# %% wrong parse_message: length in bytes
# says: the limits are allowed
# with: 1 <= len(value) <= limit -> 1 <= len(value.encode("utf-8", "ignore")) <= limit
# %% wrong parse_message: another limit for one of the names
# says: `user` of joined is 21 characters long
# with: "joined": {"user": 20} -> "joined": {"user": 500}
# %% wrong parse_message: blanks cut off
# says: with its own fields, unchanged
# with: message[name] for name -> message[name].strip() for name
# %% wrong parse_message: half a character let through
# says: holds half a character
# -         try:
# -             value.encode()
# -         except UnicodeEncodeError:
# -             raise ValueError(f"`{name}` holds half a character") from None
# %% wrong parse_message: surplus fields handed on
# says: leave out what the table doesn't name
# -     return {"type": kind} | {name: message[name] for name in limits[kind]}
# +     return message
# %% wrong parse_message: surplus fields refused
# says: leave out what the table doesn't name
# -     return {"type": kind} | {name: message[name] for name in limits[kind]}
# +     if set(message) != {"type", *limits[kind]}:
# +         raise ValueError("too many fields")
# +     return message
# %% wrong parse_message: surplus fields checked
# says: leave out what the table doesn't name
# with: limits[kind].items(): -> limits["chat" if "text" in message else kind].items():
# %% wrong parse_message: one text for every mistake
# says: the text of the ValueError must say so
import json


def parse_message(data):
    rules = {"chat": {"user": 20, "text": 500}, "joined": {"user": 20}, "left": {"user": 20}}
    try:
        message = json.loads(data.encode())
        names = rules[message["type"]]
        assert all(isinstance(message[n], str) and 1 <= len(message[n]) <= names[n] for n in names)
        return {"type": message["type"], **{n: message[n] for n in names}}
    except Exception:
        raise ValueError("bad message")

# %% wrong parse_message: all words in one text
# says: are told the same: which is it?
# of: one text for every mistake
# with: "bad message" -> "send text: a JSON object with type, user and text"
# %% wrong parse_message: an error returned instead of raised
# says: this is binary: raise ValueError
import json


def parse_message(data):
    try:
        return json.loads(data)
    except ValueError as error:
        return {"type": "error", "text": str(error)}

# %% right parse_message: structural patterns
import json


def parse_message(data):
    def no_constant(name):
        raise ValueError(name)

    def checked(message, field, most):
        match message.get(field):
            case str(value) if 1 <= len(value) <= most and value.isprintable() or "\n" in value:
                return value
        raise ValueError(f"the field {field} is missing or wrong")

    if isinstance(data, (bytes, bytearray)):
        raise ValueError("please send text")
    try:
        message = json.loads(data, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"invalid JSON: {error}")
    match message:
        case {"type": "chat"}:
            user, text = checked(message, "user", 20), checked(message, "text", 500)
            return {"type": "chat", "user": user, "text": text}
        case {"type": "joined" | "left" as kind}:
            return {"type": kind, "user": checked(message, "user", 20)}
        case {}:
            raise ValueError("unknown type")
    raise ValueError("not an object")

# %% right parse_message: an exception of its own, and another order
import json


class Refused(ValueError):
    def __init__(self, what):
        super().__init__("there is something wrong with the " + what)


def no_constant(name):
    raise Refused("JSON")


def parse_message(data):
    if type(data) is not str:
        raise Refused("frame, which is no TEXT")
    try:
        fields = json.loads(data, parse_constant=no_constant)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Refused("JSON") from error
    if not isinstance(fields, dict):
        raise Refused("JSON, which is no OBJECT")
    user, text = fields.get("user"), fields.get("text")
    match fields.get("type"):
        case "chat":
            return {"user": good(user, "user", 20), "text": good(text, "text", 500), "type": "chat"}
        case "joined" | "left" as kind:
            return {"user": good(user, "user", 20), "type": kind}
    raise Refused("TYPE")


def good(value, name, limit):
    if isinstance(value, str) and 0 < len(value) <= limit:
        if value.encode("utf-8", "replace").decode() == value:
            return value
    raise Refused(name)

# %% right parse_message: exceptions of several kinds
import json


class WrongKind(ValueError, TypeError):
    pass


def parse_message(data):
    if not isinstance(data, str):
        raise WrongKind("only text")

    def no_constant(constant):
        raise ValueError("NaN is not JSON")

    try:
        fields = json.loads(data, parse_constant=no_constant)
    except RecursionError:
        raise ValueError("JSON, but too deep")
    except json.JSONDecodeError:
        raise json.JSONDecodeError("not JSON", data, 0)
    if not isinstance(fields, dict):
        raise WrongKind("an object is wanted")
    kind = fields.get("type")
    if kind not in ("chat", "joined", "left"):
        raise ValueError(f"bad type {kind!r}")
    result = dict(type=kind)
    for name, limit in [("user", 20), ("text", 500)][: 2 if kind == "chat" else 1]:
        value = fields.get(name)
        if not isinstance(value, str) or len(value) not in range(1, limit + 1):
            raise ValueError(f"bad {name}: {value!r}")
        if any(0xD800 <= ord(character) < 0xE000 for character in value):
            raise ValueError(f"bad {name}: {value!r}")
        result[name] = value
    return result

# %% wrong Room: a KeyError for an unknown type
# says: it returns None
class Room:
    def __init__(self):
        self.members = set()

    def handle(self, message):
        lines = {"joined": "{user} has joined", "left": "{user} has left", "chat": "{user}: {text}"}
        line = lines[message["type"]].format(**message)
        if message["type"] == "joined":
            self.members.add(message["user"])
        if message["type"] == "left":
            self.members.discard(message["user"])
        return line

    def who(self):
        return sorted(self.members)

# %% wrong Room: an unknown type that is a list is looked up
# says: ['chat']: it returns None
# of: a KeyError for an unknown type
# -         line = lines[message["type"]].format(**message)
# +         line = lines.get(message["type"])
# +         line = line and line.format(**message)
# %% wrong Room: the line is a template twice
# says: the line for chat
# -                 return f"{user}: {message['text']}"
# +                 return (user + ": " + message["text"]).format(**message)
# %% wrong Room: a user wanted in every message
# says: it returns None
# with: message.get("user") -> message["user"]
# %% wrong Room: remove, and not discard
# says: whom this page has never seen come
# with: members.discard(user) -> members.remove(user)
# %% wrong Room: no line for a stranger who leaves
# says: whom this page has never seen come
# -                 self.members.discard(user)
# +                 if user not in self.members:
# +                     return None
# +                 self.members.discard(user)
# %% wrong Room: when one leaves, all are gone
# says: whoever has left is a member no more
# with: members.discard(user) -> members.clear()
# %% wrong Room: the message chooses the method
# says: this client does not know the type
class Room:
    def __init__(self):
        self.members = set()

    def handle(self, message):
        try:
            return getattr(self, message["type"])(message)
        except Exception:
            return None

    def joined(self, message):
        self.members.add(message["user"])
        return f"{message['user']} has joined"

    def left(self, message):
        self.members.discard(message["user"])
        return f"{message['user']} has left"

    def chat(self, message):
        return f"{message['user']}: {message['text']}"

    def who(self, message=None):
        return sorted(self.members)

# %% wrong Room: all else is taken for chat
# says: this client does not know the type
# with: case "chat": -> case "chat" | str():
# %% wrong Room: whoever talks is a member
# says: changes nothing about who is there
# -                 return f"{user}: {message['text']}"
# +                 self.members.add(user)
# +                 return f"{user}: {message['text']}"
# %% wrong Room: a list of members
# says: once, even when told twice
class Room:
    def __init__(self):
        self.members = []

    def handle(self, message):
        user = message.get("user")
        if message["type"] == "joined":
            self.members.append(user)
            return f"{user} has joined"
        if message["type"] == "left":
            if user in self.members:
                self.members.remove(user)
            return f"{user} has left"
        if message["type"] == "chat":
            return f"{user}: {message['text']}"

    def who(self):
        return sorted(self.members)

# %% wrong Room: one set for all rooms
# says: each room has members of its own
# -     def __init__(self):
# -         self.members = set()
# +     members = set()
# %% wrong Room: a default argument for all rooms
# says: each room has members of its own
# -     def __init__(self):
# -         self.members = set()
# +     def __init__(self, members=set()):
# +         self.members = members
# %% wrong Room: sorted by length
# says: whoever has joined is a member
# with: sorted(self.members) -> sorted(self.members, key=len)
# %% right Room: a table of functions
class Room:
    def __init__(self):
        self.members = {}

    def handle(self, message):
        lines = {"joined": self.come, "left": self.go, "chat": self.say}
        line = lines.get(str(message["type"]))
        return line and line(message)

    def come(self, message):
        self.members[message["user"]] = True
        return message["user"] + " has joined"

    def go(self, message):
        self.members.pop(message["user"], None)
        return message["user"] + " has left"

    def say(self, message):
        return ": ".join([message["user"], message["text"]])

    def who(self):
        return sorted(self.members)

# %% right Room: templates, and a list that is kept in order
import bisect


class Room:
    LINES = {"joined": "{user} has joined", "left": "{user} has left", "chat": "{user}: {text}"}

    def __init__(self):
        self.members = []

    def handle(self, message):
        kind = message["type"]
        if not isinstance(kind, str) or kind not in self.LINES:
            return None
        user = message["user"]
        if kind != "chat" and user in self.members:
            self.members.remove(user)
        if kind == "joined":
            bisect.insort(self.members, user)
        return self.LINES[kind].format_map(message)

    def who(self):
        return list(self.members)

# %% wrong patient: nothing is caught
# says: after a bad text the connection goes on: the server closed with code 1011
async def patient(websocket):
    async for data in websocket:
        await websocket.send(to_message(parse_message(data)))

# %% wrong patient: mistakes passed over in silence
# says: got no answer: the sender must learn of it
# of: nothing is caught
# -         await websocket.send(to_message(parse_message(data)))
# +         try:
# +             await websocket.send(to_message(parse_message(data)))
# +         except ValueError:
# +             pass
# %% wrong patient: closed at the first mistake
# says: after a bad text the connection goes on: the server closed with code 1007
async def patient(websocket):
    async for data in websocket:
        if isinstance(data, bytes):
            await websocket.close(1003)
            return
        try:
            await websocket.send(to_message(parse_message(data)))
        except ValueError:
            await websocket.close(1007, "not valid")

# %% wrong patient: the error as a plain text
# says: is answered with an error message, in JSON
# with: reply = {"type": "error", "text": str(error)} -> reply = f"error: {error}"
# %% wrong patient: an error in words of its own
# says: the text is that of the ValueError
# with: str(error) -> "bad message"
# %% wrong patient: an error that says more
# says: and nothing more
# with: str(error)} -> str(error), "count": mistakes}
# %% wrong patient: binary answered like any mistake
# says: a binary message gets no answer, only a close
# -         if isinstance(data, bytes):
# -             await websocket.close(1003, "text only")
# -             return
# %% wrong patient: an empty binary message is none
# says: a binary message gets no answer, only a close
# with: isinstance(data, bytes) -> isinstance(data, bytes) and data
# %% wrong patient: binary as the third mistake
# says: a binary message is no third bad text
# with: isinstance(data, bytes) -> isinstance(data, bytes) and mistakes < 2
# %% wrong patient: four mistakes
# says: the connection stayed open
# with: mistakes == 3 -> mistakes > 3
# %% wrong patient: the same mistake counts once
# says: the connection stayed open
# -     mistakes = 0
# +     mistakes = set()
# -             mistakes += 1
# +             mistakes.add(str(error))
# with: mistakes == 3 -> len(mistakes) == 3
# %% wrong patient: only what is no JSON is a mistake
# says: the connection stayed open
# with: mistakes += 1 -> mistakes += str(error) == "a message is JSON"
# %% wrong patient: one count for all clients
# says: each connection has a count of its own
# -     mistakes = 0
# +     global mistakes
# - async def patient(websocket):
# + mistakes = 0
# + async def patient(websocket):
# %% wrong patient: the third mistake is not answered
# says: the third bad text is answered before the close
# -             mistakes += 1
# +             mistakes += 1
# +             if mistakes == 3:
# +                 return await websocket.close(1008)
# %% wrong patient: a good message clears the count
# says: whatever came between them, the server closes: the connection stayed open
# -             reply = parse_message(data)
# +             reply = parse_message(data)
# +             mistakes = 0
# %% wrong patient: it goes on receiving after its close
# says: whoever goes on receiving gets this exception
# -             await websocket.close(1008, "three mistakes")
# -             return
# +             await websocket.close(1008, "three mistakes")
# %% wrong patient: a helper that is defined nowhere
# says: this exception has ended it instead
async def patient(websocket):
    async for message in websocket:
        await websocket.send(as_json(parse_message(message)))

# %% wrong patient: sent back as it came
# says: send back the checked fields, and nothing else
# -             reply = parse_message(data)
# +             parse_message(data)
# +             reply = data
# %% wrong patient: the blanks of json.dumps
# says: send back compact JSON
# with: to_message(reply) -> json.dumps(reply, ensure_ascii=False)
# %% wrong patient: é written as an escape
# says: send back compact JSON
# with: to_message(reply) -> json.dumps(reply, separators=(",", ":"))
# %% right patient: counting down, with recv
import json

from websockets.exceptions import ConnectionClosed


async def patient(websocket):
    chances = 3
    try:
        while chances:
            data = await websocket.recv()
            if not isinstance(data, str):
                return await websocket.close(code=1003)
            try:
                answer = parse_message(data)
            except ValueError as reason:
                chances -= 1
                answer = {"text": f"{reason}", "type": "error"}
            await websocket.send(json.dumps(answer, separators=(",", ":"), ensure_ascii=False))
        await websocket.close(code=1008, reason="enough")
    except ConnectionClosed:
        return

# %% right patient: fields in another order, errors with blanks
import json


async def patient(websocket):
    bad = []
    async for data in websocket:
        if type(data) is bytes:
            break
        try:
            fields = parse_message(data)
        except ValueError as error:
            bad += [error]
            await websocket.send(json.dumps({"text": str(error), "type": "error"}))
            if len(bad) < 3:
                continue
            return await websocket.close(1008)
        await websocket.send(to_message({name: fields[name] for name in sorted(fields)}))
    else:
        return
    await websocket.close(1003)

# %% right ticker: no except at all
import asyncio

viewers = 0


async def ticker(websocket):
    global viewers
    pause = int(websocket.request.path.removeprefix("/")) / 1000
    viewers += 1
    number = 0
    try:
        while True:
            number += 1
            await websocket.send(str(number))
            await asyncio.sleep(pause)
    finally:
        viewers -= 1

# %% wrong ticker: the path found, the except left
# says: its loop must end and count down
import asyncio

viewers = 0


async def ticker(websocket):
    global viewers
    viewers += 1
    pause = int(websocket.request.path.removeprefix("/")) / 1000
    number = 0
    while True:
        try:
            number += 1
            await websocket.send(str(number))
            await asyncio.sleep(pause)
        except:
            pass
    viewers -= 1

# %% wrong ticker: the except mended, the argument left
# says: Today a handler gets one argument
# of: no except at all
# with: ticker(websocket) -> ticker(websocket, path)
# with: websocket.request.path. -> path.
# %% wrong ticker: an optional path
# says: Today a handler gets one argument
# of: no except at all
# with: ticker(websocket) -> ticker(websocket, path=None)
# with: websocket.request.path. -> path.
# %% wrong ticker: the attribute of long ago
# says: Today a handler gets one argument
# of: no except at all
# with: websocket.request.path -> websocket.path
# %% wrong ticker: the exception ends the handler, and nobody counts down
# says: its loop must end and count down
# of: no except at all
# with: finally: -> except ZeroDivisionError:
# %% wrong ticker: only the polite ones are counted out
# says: count down in either case
import asyncio

from websockets.exceptions import ConnectionClosedOK

viewers = 0


async def ticker(websocket):
    global viewers
    pause = int(websocket.request.path.removeprefix("/")) / 1000
    viewers += 1
    number = 0
    while True:
        try:
            number += 1
            await websocket.send(str(number))
            await asyncio.sleep(pause)
        except ConnectionClosedOK:
            break
    viewers -= 1

# %% wrong ticker: only those who were cut off are counted out
# says: its loop must end and count down
# of: only the polite ones are counted out
# -         except ConnectionClosedOK:
# +         except ConnectionClosedError:
# with: import ConnectionClosedOK -> import ConnectionClosedError
# %% wrong ticker: counted before the path is read
# says: and `viewers` counts it for ever
# of: no except at all
# -     pause = int(websocket.request.path.removeprefix("/")) / 1000
# -     viewers += 1
# +     viewers += 1
# +     pause = int(websocket.request.path.removeprefix("/")) / 1000
# %% wrong ticker: nobody is left when one leaves
# says: one of two viewers has left
# of: no except at all
# with: viewers -= 1 -> viewers = 0
# %% wrong ticker: each number counts as a viewer
# says: `viewers` counts them, not their numbers
# of: no except at all
# with: viewers += 1 -> pass
# -             number += 1
# +             number += 1
# +             viewers += 1
# with: viewers -= 1 -> viewers -= number
# %% wrong ticker: the loop goes on without its viewer
# says: the loop of one still runs
import asyncio

from websockets.exceptions import ConnectionClosed

viewers = 0


async def ticker(websocket):
    global viewers
    pause = int(websocket.request.path.removeprefix("/")) / 1000
    viewers += 1
    number, there = 0, True
    while True:
        try:
            number += 1
            await websocket.send(str(number))
        except ConnectionClosed:
            viewers -= there
            there = False
        await asyncio.sleep(pause)

# %% wrong ticker: one count for all viewers
# says: each viewer's numbers start at 1
# of: no except at all
# -     number = 0
# +     global number
# with: viewers = 0 -> viewers = number = 0
# %% wrong ticker: numbers as bytes
# says: the numbers come in order, as texts
# of: no except at all
# with: str(number) -> str(number).encode()
# %% wrong ticker: a pace of its own
# says: five came sooner than that
# of: no except at all
# with: sleep(pause) -> sleep(0.02)
# %% wrong ticker: seconds, not milliseconds
# says: no number came
# of: no except at all
# with:  / 1000 ->
# %% wrong ticker: never faster than ten a second
# says: ten times as many numbers
# of: no except at all
# with: sleep(pause) -> sleep(max(pause, 0.1))
# %% wrong ticker: a sleep that stops everybody
# says: something in it never waits
# of: no except at all
# with: await asyncio.sleep(pause) -> __import__("time").sleep(pause)
# %% wrong ticker: ten numbers are enough
# says: after 10 the server closed with code 1000
# of: no except at all
# with: while True -> while number < 10
# %% right ticker: until ConnectionClosed, with a counter
import asyncio
import itertools

from websockets.exceptions import ConnectionClosed

viewers = 0


async def ticker(websocket):
    global viewers
    viewers += 1
    try:
        for number in itertools.count(1):
            await websocket.send(str(number))
            await asyncio.sleep(int(websocket.request.path[1:]) / 1000)
    except ConnectionClosed:
        pass
    finally:
        viewers -= 1

# %% right ticker: it waits for the end of the connection, and refuses other paths
import asyncio
import contextlib

viewers = 0


@contextlib.contextmanager
def counted():
    global viewers
    viewers += 1
    try:
        yield
    finally:
        viewers -= 1


async def ticker(websocket):
    try:
        pause = float(websocket.request.path.strip("/")) / 1000
    except ValueError:
        await websocket.close(1008, "ask for a number")
        return
    with counted():
        gone = asyncio.ensure_future(websocket.wait_closed())
        number = 1
        while not gone.done():
            await websocket.send(f"{number}")
            number += 1
            await asyncio.wait([gone], timeout=pause)

# %% right ticker: other paths are served as well
import asyncio

viewers = 0


async def ticker(websocket):
    global viewers
    path = websocket.request.path[1:]
    pause = int(path) / 1000 if path.isdigit() else 0.02
    viewers += 1
    number = 0
    while True:
        number += 1
        try:
            await websocket.send("%d" % number)
        except Exception:
            break
        await asyncio.sleep(pause)
    viewers -= 1

# %% wrong lobby: a loop of sends, and whoever left stays in the set
# says: also when others have left before
members = set()


async def lobby(websocket):
    members.add(websocket)
    async for message in websocket:
        for member in members:
            await member.send(message)

# %% wrong lobby: only whoever closes properly is taken out
# says: and whoever is gone is out
from websockets.asyncio.server import broadcast

members = set()


async def lobby(websocket):
    members.add(websocket)
    async for message in websocket:
        broadcast(members, message)
    members.discard(websocket)

# %% wrong lobby: nobody is ever taken out
# says: and nobody who has left
# of: only whoever closes properly is taken out
# -     members.discard(websocket)
# %% wrong lobby: an echo
# says: Ann hears Bob: nothing came
# with: broadcast(members, message) -> await websocket.send(message)
# %% wrong lobby: to all but the speaker
# says: whoever speaks hears it, too
# with: broadcast(members, message) -> broadcast(members - {websocket}, message)
# %% wrong lobby: binary made text
# says: as it was said
# with: broadcast(members, message) -> broadcast(members, str(message))
# %% wrong lobby: binary that is text becomes text
# says: as it was said
# -             broadcast(members, message)
# +             if isinstance(message, bytes):
# +                 try:
# +                     message = message.decode()
# +                 except UnicodeDecodeError:
# +                     pass
# +             broadcast(members, message)
# %% wrong lobby: empty messages left out
# says: Ann speaks, and both hear it: nothing came
# -             broadcast(members, message)
# +             if message:
# +                 broadcast(members, message)
# %% wrong lobby: broadcast awaited
# says: the server closed with code 1011
# with: broadcast(members, message) -> await broadcast(members, message)
# %% wrong lobby: a member from the first word on
# says: one is connected and has said nothing yet
# with: members.add(websocket) -> pass
# -             broadcast(members, message)
# +             members.add(websocket)
# +             broadcast(members, message)
# %% wrong lobby: the first word stands before try
# says: Bob has left without having said a word
# -     try:
# +     broadcast(members, await websocket.recv())
# +     try:
# %% wrong lobby: when one leaves, nobody is there
# says: Ann has left, and Bob is still there
# with: members.discard(websocket) -> members.clear()
# %% wrong lobby: addresses for members
# says: `members` holds connections, each once, and nothing else
from websockets.asyncio.server import broadcast

members = set()
there = set()


async def lobby(websocket):
    there.add(websocket)
    members.add(websocket.remote_address)
    try:
        async for message in websocket:
            broadcast(there, message)
    finally:
        there.discard(websocket)
        members.discard(websocket.remote_address)

# %% wrong lobby: one closed connection ends the speaker's
# says: some left while their messages were on their way, and the others must not notice
members = set()


async def lobby(websocket):
    members.add(websocket)
    try:
        async for message in websocket:
            for member in list(members):
                await member.send(message)
    finally:
        members.discard(websocket)

# %% wrong lobby: gather
# says: some left while their messages were on their way, and the others must not notice
import asyncio

members = set()


async def lobby(websocket):
    members.add(websocket)
    try:
        async for message in websocket:
            await asyncio.gather(*(member.send(message) for member in members))
    finally:
        members.discard(websocket)

# %% wrong lobby: a closed connection ends the round
# says: and the others must
from websockets.exceptions import ConnectionClosed

members = set()


async def lobby(websocket):
    members.add(websocket)
    try:
        async for message in websocket:
            try:
                for member in list(members):
                    await member.send(message)
            except ConnectionClosed:
                pass
    finally:
        members.discard(websocket)

# %% wrong lobby: the set changes while it is gone through
# says: someone comes while messages are on their way
from websockets.exceptions import ConnectionClosed

members = set()


async def lobby(websocket):
    members.add(websocket)
    try:
        async for message in websocket:
            for member in members:
                try:
                    await member.send(message)
                except ConnectionClosed:
                    pass
    finally:
        members.discard(websocket)

# %% wrong lobby: slow readers are thrown out
# says: someone comes while messages are on their way
# of: the set changes while it is gone through
# with: for member in members -> for member in list(members)
# -                     await member.send(message)
# -                 except ConnectionClosed:
# -                     pass
# +                     await asyncio.wait_for(member.send(message), 0.05)
# +                 except (ConnectionClosed, TimeoutError):
# +                     members.discard(member)
# +                     await member.close()
# with: from websockets -> import asyncio; from websockets
# %% right lobby: a loop that expects the worst
import contextlib

from websockets.exceptions import ConnectionClosed

members = set()


async def lobby(websocket):
    members.add(websocket)
    with contextlib.suppress(ConnectionClosed):
        while True:
            message = await websocket.recv()
            for member in list(members):
                try:
                    await member.send(message)
                except ConnectionClosed:
                    members.discard(member)
    members.discard(websocket)

# %% right lobby: gather that keeps its exceptions, and a dictionary
import asyncio

members = {}


async def lobby(websocket):
    members[websocket] = True
    try:
        async for message in websocket:
            sends = [member.send(message) for member in members]
            await asyncio.gather(*sends, return_exceptions=True)
    finally:
        del members[websocket]

# %% right lobby: a list
from websockets.asyncio.server import broadcast

members = []


async def lobby(websocket):
    members.append(websocket)
    try:
        async for message in websocket:
            broadcast(members, message)
    finally:
        members.remove(websocket)

# %% right lobby: a queue and a writer for each
import asyncio

from websockets.exceptions import ConnectionClosed

members = {}


async def write(websocket, queue):
    try:
        while True:
            await websocket.send(await queue.get())
    except ConnectionClosed:
        pass


async def lobby(websocket):
    queue = members[websocket] = asyncio.Queue()
    writer = asyncio.create_task(write(websocket, queue))
    try:
        async for message in websocket:
            for each in members.values():
                each.put_nowait(message)
    finally:
        del members[websocket]
        writer.cancel()

# %% wrong on_the_wire: the payloads alone
# says: before it stands the frame's header
on_the_wire = {"json": 311, "binary": 80}

# %% wrong on_the_wire: the mask forgotten
# says: a client masks, and its key goes along
on_the_wire = {"json": 315, "binary": 82}

# %% wrong on_the_wire: a short header for both
# says: a payload of more than 125 bytes has a longer header
on_the_wire = {"json": 317, "binary": 86}

# %% wrong on_the_wire: a long header for both
# says: up to 125 bytes the length stands in the second byte
on_the_wire = {"json": 319, "binary": 88}

# %% wrong on_the_wire: padding counted
# says: after a ! there is no padding
on_the_wire = {"json": 319, "binary": 116}

# %% wrong on_the_wire: commas and brackets forgotten
# says: header, masking key and payload, each once
on_the_wire = {"json": 308, "binary": 86}

# %% wrong on_the_wire: texts
# says: header, masking key and payload, each once
on_the_wire = {"json": "319", "binary": "86"}

# %% right on_the_wire: built and counted
import json, struct

reading = struct.pack("!BIhB", 1, 2, 3, 4)
text = "[" + ",".join(["x" * 30] * 10) + "]"
on_the_wire = {"json": 8 + len(text), "binary": 6 + len(reading * 10)}

# %% right on_the_wire: floats
on_the_wire = {"json": 319.0, "binary": 86.0}

# %% same parse_message: the limits don't depend on the message
# -     if not isinstance(message, dict):
# -         raise ValueError("a message is a JSON object")
# -     limits = {"chat": {"user": 20, "text": 500}, "joined": {"user": 20}, "left": {"user": 20}}
# +     limits = {"chat": {"user": 20, "text": 500}, "joined": {"user": 20}, "left": {"user": 20}}
# +     if not isinstance(message, dict):
# +         raise ValueError("a message is a JSON object")
# %% same parse_message: the type doesn't depend on the limits
# -     limits = {"chat": {"user": 20, "text": 500}, "joined": {"user": 20}, "left": {"user": 20}}
# -     kind = message.get("type")
# +     kind = message.get("type")
# +     limits = {"chat": {"user": 20, "text": 500}, "joined": {"user": 20}, "left": {"user": 20}}
# %% same parse_message: nobody changes the limits
# -     limits = {"chat": {"user": 20, "text": 500}, "joined": {"user": 20}, "left": {"user": 20}}
# +     limits = parse_message.__dict__.setdefault('limits', {"chat": {"user": 20, "text": 500}, "joined": {"user": 20}, "left": {"user": 20}})
# %% same patient: the question leaves the reason of 1003 open
# -             await websocket.close(1003, "text only")
# +             await websocket.close(1003)
# %% same patient: the reason of 1003 may be any
# -             await websocket.close(1003, "text only")
# +             await websocket.close(1003, 'text onlyx')
# %% same patient: the question leaves the reason of 1008 open
# -             await websocket.close(1008, "three mistakes")
# +             await websocket.close(1008)
# %% same patient: the reason of 1008 may be any
# -             await websocket.close(1008, "three mistakes")
# +             await websocket.close(1008, 'three mistakesx')
# %% same ticker: no clock sees a pace that is slower by a thousandth
# -     pause = int(websocket.request.path.removeprefix("/")) / 1000
# +     pause = int(websocket.request.path.removeprefix("/")) / 1001
# %% same ticker: no clock sees a pace that is faster by a thousandth
# -     pause = int(websocket.request.path.removeprefix("/")) / 1000
# +     pause = int(websocket.request.path.removeprefix("/")) / 999
# %% same ticker: the first number may come at once or after a pause
# -             await websocket.send(str(number))
# -             await asyncio.sleep(pause)
# +             await asyncio.sleep(pause)
# +             await websocket.send(str(number))
# %% same ticker: the question leaves open whether the end of a connection stands in the log
# -         pass  # the viewer has left
# +         raise  # the viewer has left
