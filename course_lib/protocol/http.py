"""As much HTTP/1.1 as the opening handshake needs: a head of fields, read strictly (RFC 9112)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from course_lib.protocol.errors import HandshakeError

MAX_HEAD_SIZE = 32 * 1024
"""Bytes of a request or response up to its blank line; what is longer is refused with 431."""

MAX_FIELDS = 128

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")
_LONE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_REQUEST_LINE = re.compile(rf"({TOKEN.pattern}) ([\x21-\x7e]+) (HTTP/\d\.\d)")
_STATUS_LINE = re.compile(r"(HTTP/\d\.\d) ([1-5]\d\d)(?: ([\x20-\x7e\t]*))?")


@dataclass(frozen=True)
class Headers:
    """Header fields in the order of the wire; names match in any case and may repeat."""

    fields: tuple[tuple[str, str], ...] = ()

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        object.__setattr__(self, "fields", tuple(fields))
        for name, value in self.fields:
            if not TOKEN.fullmatch(name):
                raise HandshakeError(f"{name!r} is not a field name", section="RFC 9110 5.1")
            if not _VALUE.fullmatch(value):  # a line break here would smuggle in another field
                raise HandshakeError(
                    f"The value of {name} holds what is not printable ASCII", section="RFC 9110 5.5"
                )

    def get_all(self, name: str) -> list[str]:
        """Every value of the field, in order."""
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        """The value of the field; repeated ones are joined by commas (RFC 9110 section 5.3)."""
        values = self.get_all(name)
        return ", ".join(values) if values else None

    def elements(self, name: str) -> list[str]:
        """The parts of a comma-separated value, over all fields of that name."""
        parts = ",".join(self.get_all(name)).split(",")
        return [part.strip() for part in parts if part.strip()]

    def tokens(self, name: str) -> list[str]:
        """As `elements`, in lower case, for values where case means nothing (Connection, …)."""
        return [part.lower() for part in self.elements(name)]

    def __contains__(self, name: str) -> bool:
        return bool(self.get_all(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)

    def __str__(self) -> str:
        return "".join(f"{name}: {value}\r\n" for name, value in self.fields)


class _Message:
    """What requests and responses share: how they are written and printed."""

    headers: Headers
    body: bytes = b""

    @property
    def start_line(self) -> str:
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        """The message as it goes over the wire."""
        return f"{self.start_line}\r\n{self.headers}\r\n".encode("ascii") + self.body

    def __str__(self) -> str:
        lines = self.to_bytes().decode("utf-8", "replace").splitlines()
        return "\n".join(lines).rstrip()


@dataclass(frozen=True)
class Request(_Message):
    """A request without a body, such as the one that opens a WebSocket (RFC 6455 section 4.1).

    Attributes:
        method: ``"GET"``, for an opening handshake.
        target: what is asked for, such as ``"/chat?room=1"``.
        version: ``"HTTP/1.1"``.
    """

    method: str
    target: str
    version: str = "HTTP/1.1"
    headers: Headers = field(default_factory=Headers)

    @property
    def start_line(self) -> str:
        return f"{self.method} {self.target} {self.version}"

    @classmethod
    def parse(cls, data: bytes) -> "Request":
        """Read a request's head, from its first byte to its blank line.

        Raises:
            HandshakeError: it is not that, or not to the letter of RFC 9112.
        """
        start_line, headers, rest = _parse(data)
        parts = _REQUEST_LINE.fullmatch(start_line)
        if parts is None:
            raise _bad(f"{_short(start_line)} is not a request line", "3")
        if rest:
            raise _bad("Something follows the blank line that ends the request", "6")
        return cls(parts[1], parts[2], parts[3], headers)


@dataclass(frozen=True)
class Response(_Message):
    """A response: 101 makes the connection a WebSocket, all others refuse (section 4.2.2).

    Attributes:
        version: ``"HTTP/1.1"``.
        status: three-digit status code.
        reason: the words beside the status, for people.
        body: what follows the blank line.
    """

    version: str
    status: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def start_line(self) -> str:
        return f"{self.version} {self.status} {self.reason}"

    @classmethod
    def parse(cls, data: bytes) -> "Response":
        """Read a response's head; whatever follows its blank line becomes the body.

        After a 101 those bytes are frames: split them off first, with `split_head`.

        Raises:
            HandshakeError: it is not a response, or not to the letter of RFC 9112.
        """
        start_line, headers, rest = _parse(data)
        parts = _STATUS_LINE.fullmatch(start_line)
        if parts is None:
            raise _bad(f"{_short(start_line)} is not a status line", "4")
        return cls(parts[1], int(parts[2]), parts[3] or "", headers, rest)


def split_head(buffer: bytes) -> tuple[bytes, bytes] | None:
    """Cut received bytes after the blank line: (head, what came after it); None if not yet there.

    Raises:
        HandshakeError: the head is too long, or its lines do not end in CRLF.
    """
    end = buffer.find(b"\r\n\r\n", 0, MAX_HEAD_SIZE)
    head = buffer[: end + 4] if end >= 0 else buffer
    if _LONE_LINE_FEED.search(head):
        raise _bad("Every line of the head ends in CR LF", "2.2")
    if end >= 0:
        return bytes(head), bytes(buffer[end + 4 :])
    if len(buffer) >= MAX_HEAD_SIZE:
        raise _bad(f"The head is longer than {MAX_HEAD_SIZE} bytes", "3", status=431)
    return None


def _parse(data: bytes) -> tuple[str, Headers, bytes]:
    parts = split_head(data)
    if parts is None:
        raise _bad("The head has no blank line at its end", "2.1")
    head, rest = parts
    if not head.isascii():
        raise _bad("The head holds bytes that are not ASCII", "2.2")
    start_line, *lines = head[:-4].decode("ascii").split("\r\n")
    if len(lines) > MAX_FIELDS:
        raise _bad(f"The head has more than {MAX_FIELDS} fields", "5", status=431)
    return start_line, Headers(_parse_field(line) for line in lines), rest


def _parse_field(line: str) -> tuple[str, str]:
    if line.startswith((" ", "\t")):
        raise _bad("A field is continued on a second line", "5.2")
    name, colon, value = line.partition(":")
    if not colon:
        raise _bad(f"{_short(line)} is a field without a colon", "5")
    if name.endswith((" ", "\t")):
        raise _bad(f"Whitespace stands between {name.strip()!r} and its colon", "5.1")
    return name, value.strip(" \t")


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _bad(message: str, section: str, status: int = 400) -> HandshakeError:
    return HandshakeError(message, section=f"RFC 9112 {section}", status=status)
