"""The card's end of a connection: it sends what it likes, and reads whatever comes, legal or not."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from course_lib.notebook.anatomy import Parts, dissect
from course_lib.protocol import Opcode, split_head

READ_SIZE = 2**16

LOOKS = 20
"""How often one looks before a silence is too long: a process that was held up itself looks again."""

MOST = 2**24
"""Bytes that an endpoint may send in one case: one that sends without end is cut off."""


@dataclass
class Heard:
    """What an endpoint has sent after the handshake.

    Attributes:
        frames: the whole frames, each in the bytes of the wire.
        parts: the same, taken apart.
        rest: bytes that are no whole frame (yet).
        ended: whether the endpoint has ended the connection.
    """

    frames: list[bytes] = field(default_factory=list)
    parts: list[Parts] = field(default_factory=list)
    rest: bytes = b""
    ended: bool = False

    def take(self, data: bytes) -> None:
        self.rest += data
        while (parts := dissect(self.rest)) is not None:
            size = len(parts.header) + parts.length
            if len(self.rest) < size:
                return
            self.frames.append(self.rest[:size])
            self.parts.append(parts)
            self.rest = self.rest[size:]

    def joined(self) -> Iterator[tuple[int, bool, bytes]]:
        """Opcode, RSV1 and payload of each whole message, however it was fragmented."""
        opcode, compressed, payload = 0, False, b""
        for parts in self.parts:
            if parts.code >= Opcode.CLOSE:
                continue
            if parts.code:
                opcode, compressed = parts.code, parts.rsv[0]
            payload += parts.payload
            if parts.header[0] & 0x80:
                yield opcode, compressed, payload
                opcode, compressed, payload = 0, False, b""

    @property
    def messages(self) -> list[tuple[int, bytes]]:
        """Opcode and payload of each whole message."""
        return [(opcode, payload) for opcode, _, payload in self.joined()]

    @property
    def pongs(self) -> list[bytes]:
        return [parts.payload for parts in self.parts if parts.code == Opcode.PONG]

    @property
    def close(self) -> bytes | None:
        """The payload of the first Close frame; None as long as none has come."""
        payloads = [parts.payload for parts in self.parts if parts.code == Opcode.CLOSE]
        return payloads[0] if payloads else None

    @property
    def over(self) -> bool:
        """Whether nothing more is to be expected."""
        return self.ended or self.close is not None


class Peer:
    """One connection to an endpoint that is being tried."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float
    ) -> None:
        """`patience` is how many seconds of silence mean that nothing more comes."""
        self._reader, self._writer, self._patience = reader, writer, patience
        self.heard = Heard()

    async def send(self, data: bytes) -> None:
        """Send; an endpoint that has left already does not hear it."""
        with contextlib.suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()

    async def head(self) -> bytes | None:
        """The head of an HTTP message; None if none came before the end or the patience did."""
        buffer = b""
        while (parts := split_head(buffer)) is None:
            data = await self._read()
            if not data or len(buffer) > READ_SIZE:
                return None
            buffer += data
        head, rest = parts
        self.heard.take(rest)
        return head

    async def until(self, done: Callable[[Heard], bool]) -> bool:
        """Read until `done`, or until nothing more comes; whether it is done."""
        while not done(self.heard):
            if self.heard.ended or len(self.heard.rest) > MOST:
                return False
            data = await self._read()
            if data is None:
                return False
            self.heard.take(data)
            self.heard.ended = not data
        return True

    def end(self) -> None:
        """Say that nothing more comes from here."""
        with contextlib.suppress(OSError):
            self._writer.write_eof()

    def close(self) -> None:
        """End the connection, whatever its state."""
        self._writer.transport.abort()

    async def _read(self) -> bytes | None:
        """What comes next; nothing at the end, None after too long a silence."""
        for _ in range(LOOKS):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience / LOOKS):
                    try:
                        return await self._reader.read(READ_SIZE)
                    except OSError:
                        return b""
        return None
