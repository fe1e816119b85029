# %% wrong to_message: everything through json.dumps
# says: JSON would put quotes on
import json

def to_message(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

# %% wrong to_message: str() instead of JSON
# says: Python's own notation differs
def to_message(value):
    return value if isinstance(value, (str, bytes)) else str(value)

# %% wrong to_message: the blanks of json.dumps
# says: no blanks after the commas
import json

def to_message(value):
    if isinstance(value, (str, bytes)):
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False)

# %% wrong to_message: é written as an escape
# says: leave é as it is
import json

def to_message(value):
    if isinstance(value, (str, bytes)):
        return value
    return json.dumps(value, separators=(",", ":"), allow_nan=False)

# %% wrong to_message: NaN let through
# says: NaN and Infinity are no JSON
import json

def to_message(value):
    if isinstance(value, (str, bytes)):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

# %% wrong to_message: encoded into bytes
# says: JSON is text
import json

def to_message(value):
    if isinstance(value, (str, bytes)):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

# %% wrong to_message: "nothing" taken for an empty message
# says: numbers, None, False and [] are JSON as well
import json

def to_message(value):
    if isinstance(value, (str, bytes)):
        return value
    if not value:
        return ""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

# %% wrong to_message: printed
# says: printing it gives nothing back
import json

def to_message(value):
    if isinstance(value, (str, bytes)):
        return value
    print(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False))

# %% right to_message: an encoder, and match
import json

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

def to_message(value):
    match value:
        case str() | bytes():
            return value
    return ENCODER.encode(value)

# %% wrong echo: one message only
# says: the server closed with code 1000
async def echo(websocket):
    await websocket.send(await websocket.recv())

# %% wrong echo: with a prefix
# says: exactly as it was sent
async def echo(websocket):
    async for message in websocket:
        await websocket.send(f"Echo: {message}")

# %% wrong echo: everything made text
# says: exactly as it was sent
async def echo(websocket):
    async for message in websocket:
        if isinstance(message, bytes):
            message = message.decode("latin-1")
        await websocket.send(message)

# %% wrong echo: an empty message ends it
# says: the server closed with code 1000
async def echo(websocket):
    while message := await websocket.recv():
        await websocket.send(message)

# %% wrong echo: the handler of old tutorials
# says: the server closed with code 1011
async def echo(websocket, path):
    async for message in websocket:
        await websocket.send(message)

# %% wrong echo: send without await
# says: nothing came
async def echo(websocket):
    async for message in websocket:
        websocket.send(message)

# %% right echo: recv until it raises
from websockets.exceptions import ConnectionClosed

async def echo(websocket):
    try:
        while True:
            await websocket.send(await websocket.recv())
    except ConnectionClosed:
        pass

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
import json

def parse_message(data):
    if isinstance(data, bytes):
        raise ValueError("send text")
    message = json.loads(data)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    if message.get("type") not in ("chat", "joined", "left"):
        raise ValueError("unknown type")
    result = {"type": message["type"]}
    for name in ["user", "text"] if message["type"] == "chat" else ["user"]:
        if not isinstance(message.get(name), str) or not 0 < len(message[name]) <= (20 if name == "user" else 500):
            raise ValueError(f"bad {name}")
        result[name] = message[name]
    return result

# %% wrong parse_message: a JSON that is no object is taken for one
# says: raised
import json

def parse_message(data):
    if isinstance(data, bytes):
        raise ValueError("send text")
    try:
        message = json.loads(data)
    except json.JSONDecodeError:
        raise ValueError("not JSON")
    if message.get("type") not in ("chat", "joined", "left"):
        raise ValueError("unknown type")
    result = {"type": message["type"]}
    for name in ["user", "text"] if message["type"] == "chat" else ["user"]:
        if not isinstance(message.get(name), str) or not 0 < len(message[name]) <= (20 if name == "user" else 500):
            raise ValueError(f"bad {name}")
        result[name] = message[name]
    return result

# %% wrong parse_message: a KeyError for a field that is missing
# says: raised KeyError
import json

def parse_message(data):
    if isinstance(data, bytes):
        raise ValueError("send text")
    try:
        message = json.loads(data)
    except json.JSONDecodeError:
        raise ValueError("not JSON")
    if not isinstance(message, dict):
        raise ValueError("not an object")
    if message.get("type") not in ("chat", "joined", "left"):
        raise ValueError("unknown type")
    result = {"type": message["type"]}
    for name in ["user", "text"] if message["type"] == "chat" else ["user"]:
        if not isinstance(message[name], str) or not 0 < len(message[name]) <= (20 if name == "user" else 500):
            raise ValueError(f"bad {name}")
        result[name] = message[name]
    return result

# %% wrong parse_message: a list as type is looked up
# says: raised TypeError
import json

def parse_message(data):
    if isinstance(data, bytes):
        raise ValueError("send text")
    try:
        message = json.loads(data)
    except json.JSONDecodeError:
        raise ValueError("not JSON")
    if not isinstance(message, dict):
        raise ValueError("not an object")
    rules = {"chat": {"user": 20, "text": 500}, "joined": {"user": 20}, "left": {"user": 20}}
    if message.get("type") not in rules:
        raise ValueError("unknown type")
    for name, limit in rules[message["type"]].items():
        if not isinstance(message.get(name), str) or not 0 < len(message[name]) <= limit:
            raise ValueError(f"bad {name}")
    return {name: message[name] for name in ["type", *rules[message["type"]]]}

# %% wrong parse_message: surplus fields handed on
# says: leave out what the table doesn't name
import json

def parse_message(data):
    if isinstance(data, bytes):
        raise ValueError("send text")
    try:
        message = json.loads(data)
    except json.JSONDecodeError:
        raise ValueError("not JSON")
    if not isinstance(message, dict):
        raise ValueError("not an object")
    if message.get("type") not in ("chat", "joined", "left"):
        raise ValueError("unknown type")
    for name in ["user", "text"] if message["type"] == "chat" else ["user"]:
        if not isinstance(message.get(name), str) or not 0 < len(message[name]) <= (20 if name == "user" else 500):
            raise ValueError(f"bad {name}")
    return message

# %% wrong parse_message: surplus fields refused
# says: `parse_message` raised ValueError
import json

def parse_message(data):
    if isinstance(data, bytes):
        raise ValueError("send text")
    try:
        message = json.loads(data)
    except json.JSONDecodeError:
        raise ValueError("not JSON")
    if not isinstance(message, dict):
        raise ValueError("not an object")
    if message.get("type") not in ("chat", "joined", "left"):
        raise ValueError("unknown type")
    names = ["user", "text"] if message["type"] == "chat" else ["user"]
    for name in names:
        if not isinstance(message.get(name), str) or not 0 < len(message[name]) <= (20 if name == "user" else 500):
            raise ValueError(f"bad {name}")
    if set(message) != {"type", *names}:
        raise ValueError("too many fields")
    return message

# %% wrong parse_message: an empty name is fine, and there is no limit
# says: `user` is empty: raise ValueError
import json

def parse_message(data):
    if isinstance(data, bytes):
        raise ValueError("send text")
    try:
        message = json.loads(data)
    except json.JSONDecodeError:
        raise ValueError("not JSON")
    if not isinstance(message, dict):
        raise ValueError("not an object")
    if message.get("type") not in ("chat", "joined", "left"):
        raise ValueError("unknown type")
    result = {"type": message["type"]}
    for name in ["user", "text"] if message["type"] == "chat" else ["user"]:
        if not isinstance(message.get(name), str):
            raise ValueError(f"bad {name}")
        result[name] = message[name]
    return result

# %% wrong parse_message: 20 characters are too many
# says: `parse_message` raised ValueError
import json

def parse_message(data):
    if isinstance(data, bytes):
        raise ValueError("send text")
    try:
        message = json.loads(data)
    except json.JSONDecodeError:
        raise ValueError("not JSON")
    if not isinstance(message, dict):
        raise ValueError("not an object")
    if message.get("type") not in ("chat", "joined", "left"):
        raise ValueError("unknown type")
    result = {"type": message["type"]}
    for name in ["user", "text"] if message["type"] == "chat" else ["user"]:
        if not isinstance(message.get(name), str) or not 0 < len(message[name]) < (20 if name == "user" else 500):
            raise ValueError(f"bad {name}")
        result[name] = message[name]
    return result

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
    def checked(message, field, most):
        match message:
            case {**fields} if isinstance(fields.get(field), str) and fields[field] and len(fields[field]) <= most:
                return fields[field]
        raise ValueError(f"the field {field} is missing or wrong")

    if isinstance(data, (bytes, bytearray)):
        raise ValueError("please send text")
    try:
        message = json.loads(data)
    except ValueError as error:
        raise ValueError(f"invalid JSON: {error}")
    match message:
        case {"type": "chat"}:
            return {"type": "chat", "user": checked(message, "user", 20), "text": checked(message, "text", 500)}
        case {"type": "joined" | "left" as kind}:
            return {"type": kind, "user": checked(message, "user", 20)}
        case {}:
            raise ValueError("unknown type")
    raise ValueError("not an object")

# %% wrong Room: a KeyError for an unknown type
# says: raised KeyError
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

# %% wrong Room: remove, and not discard
# says: raised KeyError
class Room:
    def __init__(self):
        self.members = set()

    def handle(self, message):
        if message["type"] == "joined":
            self.members.add(message["user"])
            return f"{message['user']} has joined"
        if message["type"] == "left":
            self.members.remove(message["user"])
            return f"{message['user']} has left"
        if message["type"] == "chat":
            return f"{message['user']}: {message['text']}"

    def who(self):
        return sorted(self.members)

# %% wrong Room: the message chooses the method
# says: this client
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
# says: is unknown to this client
class Room:
    def __init__(self):
        self.members = set()

    def handle(self, message):
        user = message["user"]
        if message["type"] == "joined":
            self.members.add(user)
            return f"{user} has joined"
        elif message["type"] == "left":
            self.members.discard(user)
            return f"{user} has left"
        else:
            return f"{user}: {message['text']}"

    def who(self):
        return sorted(self.members)

# %% wrong Room: who talks is a member
# says: changes nothing about who is there
class Room:
    def __init__(self):
        self.members = set()

    def handle(self, message):
        user = message["user"]
        if message["type"] in ("joined", "chat"):
            self.members.add(user)
        if message["type"] == "left":
            self.members.discard(user)
        return {"joined": f"{user} has joined", "left": f"{user} has left",
                "chat": f"{user}: {message.get('text')}"}.get(message["type"])

    def who(self):
        return sorted(self.members)

# %% wrong Room: a list of members
# says: once, even when told twice
class Room:
    def __init__(self):
        self.members = []

    def handle(self, message):
        user = message["user"]
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
# says: every room has members of its own
class Room:
    members = set()

    def handle(self, message):
        user = message["user"]
        if message["type"] == "joined":
            self.members.add(user)
            return f"{user} has joined"
        if message["type"] == "left":
            self.members.discard(user)
            return f"{user} has left"
        if message["type"] == "chat":
            return f"{user}: {message['text']}"

    def who(self):
        return sorted(self.members)

# %% right Room: a table of functions
class Room:
    def __init__(self):
        self.members = {}

    def handle(self, message):
        line = {"joined": self.come, "left": self.go, "chat": self.say}.get(message["type"], self.ignore)
        return line(message)

    def come(self, message):
        self.members[message["user"]] = True
        return message["user"] + " has joined"

    def go(self, message):
        self.members.pop(message["user"], None)
        return message["user"] + " has left"

    def say(self, message):
        return ": ".join([message["user"], message["text"]])

    def ignore(self, message):
        pass

    def who(self):
        return sorted(self.members)

# %% wrong patient: nothing is caught
# says: nobody is thrown out: the server closed with code 1011
async def patient(websocket):
    async for data in websocket:
        await websocket.send(to_message(parse_message(data)))

# %% wrong patient: mistakes passed over in silence
# says: got no answer: the sender must learn of it
async def patient(websocket):
    async for data in websocket:
        try:
            await websocket.send(to_message(parse_message(data)))
        except ValueError:
            pass

# %% wrong patient: closed at the first mistake
# says: nobody is thrown out: the server closed with code 1007
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
async def patient(websocket):
    async for data in websocket:
        if isinstance(data, bytes):
            await websocket.close(1003)
            return
        try:
            await websocket.send(to_message(parse_message(data)))
        except ValueError as error:
            await websocket.send(f"error: {error}")

# %% wrong patient: binary answered like any mistake
# says: a binary message gets no answer, only a close
async def patient(websocket):
    mistakes = 0
    async for data in websocket:
        try:
            reply = parse_message(data)
        except ValueError as error:
            mistakes += 1
            reply = {"type": "error", "text": str(error)}
        await websocket.send(to_message(reply))
        if mistakes == 3:
            await websocket.close(1008)

# %% wrong patient: no end to patience
# says: the connection stayed open
async def patient(websocket):
    async for data in websocket:
        if isinstance(data, bytes):
            await websocket.close(1003)
            return
        try:
            reply = parse_message(data)
        except ValueError as error:
            reply = {"type": "error", "text": str(error)}
        await websocket.send(to_message(reply))

# %% wrong patient: one count for all clients
# says: each connection has a count of its own
mistakes = 0

async def patient(websocket):
    global mistakes
    async for data in websocket:
        if isinstance(data, bytes):
            await websocket.close(1003)
            return
        try:
            reply = parse_message(data)
        except ValueError as error:
            mistakes += 1
            reply = {"type": "error", "text": str(error)}
        await websocket.send(to_message(reply))
        if mistakes == 3:
            await websocket.close(1008)

# %% wrong patient: the third mistake is not answered
# says: the third mistake is answered before the close
async def patient(websocket):
    mistakes = 0
    async for data in websocket:
        if isinstance(data, bytes):
            await websocket.close(1003)
            return
        try:
            reply = parse_message(data)
        except ValueError as error:
            mistakes += 1
            if mistakes == 3:
                await websocket.close(1008)
                return
            reply = {"type": "error", "text": str(error)}
        await websocket.send(to_message(reply))

# %% wrong patient: a good message clears the count
# says: whatever came between them, the server closes: the connection stayed open
async def patient(websocket):
    mistakes = 0
    async for data in websocket:
        if isinstance(data, bytes):
            await websocket.close(1003)
            return
        try:
            reply = parse_message(data)
            mistakes = 0
        except ValueError as error:
            mistakes += 1
            reply = {"type": "error", "text": str(error)}
        await websocket.send(to_message(reply))
        if mistakes == 3:
            await websocket.close(1008)

# %% wrong patient: sent back as it came
# says: send back the checked fields, as compact JSON
async def patient(websocket):
    mistakes = 0
    async for data in websocket:
        if isinstance(data, bytes):
            await websocket.close(1003)
            return
        try:
            parse_message(data)
            reply = data
        except ValueError as error:
            mistakes += 1
            reply = to_message({"type": "error", "text": str(error)})
        await websocket.send(reply)
        if mistakes == 3:
            await websocket.close(1008)

# %% wrong patient: an error without a text
# says: an error message says in its `text` what is wrong
async def patient(websocket):
    mistakes = 0
    async for data in websocket:
        if isinstance(data, bytes):
            await websocket.close(1003)
            return
        try:
            reply = parse_message(data)
        except ValueError:
            mistakes += 1
            reply = {"type": "error"}
        await websocket.send(to_message(reply))
        if mistakes == 3:
            await websocket.close(1008)

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
import asyncio

viewers = 0

async def ticker(websocket, path):
    global viewers
    viewers += 1
    pause = int(path.removeprefix("/")) / 1000
    number = 0
    try:
        while True:
            number += 1
            await websocket.send(str(number))
            await asyncio.sleep(pause)
    finally:
        viewers -= 1

# %% wrong ticker: an optional path
# says: Today a handler gets one argument
import asyncio

viewers = 0

async def ticker(websocket, path=None):
    global viewers
    viewers += 1
    pause = int(path.removeprefix("/")) / 1000
    number = 0
    try:
        while True:
            number += 1
            await websocket.send(str(number))
            await asyncio.sleep(pause)
    finally:
        viewers -= 1

# %% wrong ticker: the attribute of long ago
# says: Today a handler gets one argument
import asyncio

viewers = 0

async def ticker(websocket):
    global viewers
    viewers += 1
    pause = int(websocket.path.removeprefix("/")) / 1000
    number = 0
    try:
        while True:
            number += 1
            await websocket.send(str(number))
            await asyncio.sleep(pause)
    finally:
        viewers -= 1

# %% wrong ticker: the exception ends the handler, and nobody counts down
# says: its loop must end and count down
import asyncio

viewers = 0

async def ticker(websocket):
    global viewers
    viewers += 1
    pause = int(websocket.request.path.removeprefix("/")) / 1000
    number = 0
    while True:
        number += 1
        await websocket.send(str(number))
        await asyncio.sleep(pause)
    viewers -= 1

# %% wrong ticker: only the polite ones are counted out
# says: a viewer who was cut off is gone, too
import asyncio
from websockets.exceptions import ConnectionClosedOK

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
        except ConnectionClosedOK:
            break
    viewers -= 1

# %% right ticker: until ConnectionClosed
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

# %% wrong lobby: a loop of sends, and who left stays in the set
# says: also when others have left before
members = set()

async def lobby(websocket):
    members.add(websocket)
    async for message in websocket:
        for member in members:
            await member.send(message)

# %% wrong lobby: only who closes properly is taken out
# says: and nobody who has left
from websockets.asyncio.server import broadcast

members = set()

async def lobby(websocket):
    members.add(websocket)
    async for message in websocket:
        broadcast(members, message)
    members.discard(websocket)

# %% wrong lobby: nobody is ever taken out
# says: and nobody who has left
from websockets.asyncio.server import broadcast

members = set()

async def lobby(websocket):
    members.add(websocket)
    async for message in websocket:
        broadcast(members, message)

# %% wrong lobby: an echo
# says: Ann hears Bob: nothing came
members = set()

async def lobby(websocket):
    members.add(websocket)
    try:
        async for message in websocket:
            await websocket.send(message)
    finally:
        members.discard(websocket)

# %% wrong lobby: to all but the speaker
# says: who speaks hears it, too
from websockets.asyncio.server import broadcast

members = set()

async def lobby(websocket):
    members.add(websocket)
    try:
        async for message in websocket:
            broadcast(members - {websocket}, message)
    finally:
        members.discard(websocket)

# %% wrong lobby: binary made text
# says: as it was said
from websockets.asyncio.server import broadcast

members = set()

async def lobby(websocket):
    members.add(websocket)
    try:
        async for message in websocket:
            broadcast(members, str(message))
    finally:
        members.discard(websocket)

# %% wrong lobby: broadcast awaited
# says: the server closed with code 1011
from websockets.asyncio.server import broadcast

members = set()

async def lobby(websocket):
    members.add(websocket)
    try:
        async for message in websocket:
            await broadcast(members, message)
    finally:
        members.discard(websocket)

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

# %% right on_the_wire: built and counted
import json, struct

reading = struct.pack("!BIhB", 1, 2, 3, 4)
text = "[" + ",".join(["x" * 30] * 10) + "]"
on_the_wire = {"json": 8 + len(text), "binary": 6 + len(reading * 10)}
