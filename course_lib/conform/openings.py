"""The opening handshake, well done and in the ways in which it must be refused (section 4)."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from course_lib.conform.card import Outcome, Result, kept
from course_lib.conform.peer import Peer
from course_lib.protocol import HandshakeError, Request, Response, accept_key, check_response
from course_lib.protocol.extensions import EXTENSIONS
from course_lib.protocol.handshake import KEY, PROTOCOL, VERSION, is_key

SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of the RFC's own example (section 1.3)."""

HELLO = b"\x81\x05Hello"

TABLES = tomllib.loads(Path(__file__).with_name("openings.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Opening:
    """A handshake to try.

    Attributes:
        name: what is special about it.
        rule: the section of the RFC that it is from.
        lines: its head, line by line; an empty one is left out.
        holds: whether the other side must go on with it, or refuse.
    """

    name: str
    rule: str
    lines: Mapping[str, str]
    holds: bool

    def request(self, resource: str, host: str) -> bytes:
        """What a server gets."""
        query = f"{'&' if '?' in resource else '?'}a=b"
        return self._head(resource=resource, query=query, host=host, key=SAMPLE_KEY)

    def response(self, key: str) -> bytes:
        """What a client gets that has sent this key."""
        return self._head(accept=accept_key(key))

    def _head(self, **values: str) -> bytes:
        kept = [line.format(**values) for line in self.lines.values() if line]
        return "".join(f"{line}\r\n" for line in [*kept, ""]).encode()


def openings(kind: Literal["request", "response"]) -> Iterator[Opening]:
    """What is tried on a server, or on a client."""
    table = TABLES[kind]
    for about, changes in (table["holds"] | table["breaks"]).items():
        rule, _, name = about.partition(" ")
        yield Opening(name, rule, table["lines"] | changes, about in table["holds"])


async def try_request(opening: Opening, peer: Peer, resource: str, host: str) -> Result:
    """Send a request to a server, and look at its response."""
    head = opening.request(resource, host)
    await peer.send(head)
    came = await peer.head()
    outcome, why = _of_response(opening, head, came)
    expected, heads = "101" if opening.holds else "no 101", (came,) if came is not None else ()
    return Result("handshake", opening.name, opening.rule, outcome, why, (head,), expected, heads)


def _of_response(opening: Opening, sent: bytes, came: bytes | None) -> tuple[Outcome, str]:
    if came is None:
        if opening.holds:
            return "failed", "no response came"
        return "differs", "it ended the connection without a response; a status would say why"
    try:
        response = Response.parse(came)
    except HandshakeError as error:
        return "failed", f"the response is not HTTP: {error}"
    if not opening.holds:
        if response.status == 101:
            return "failed", "it went on with a handshake that it must refuse"
        if opening.name.startswith("version") and VERSION not in response.headers:
            refused = f"it refused with {response.status}"
            return "failed", f"{refused}, without a {VERSION} that names its own"
        return "passed", ""
    try:
        check_response(response, Request.parse(sent))
    except HandshakeError as error:
        return "failed", str(error)
    if PROTOCOL in response.headers:
        return "failed", "it chose a subprotocol that it can't know"
    if EXTENSIONS in response.headers:
        return "failed", "it accepted an extension that was not offered"
    return "passed", ""


async def try_response(opening: Opening, peer: Peer, request: Request) -> Result:
    """Answer a client's request, and see whether it goes on."""
    head = opening.response(request.headers.get(KEY) or "")
    await peer.send(head + HELLO)
    await peer.until(lambda heard: bool(heard.parts) or heard.over)
    went_on = bool(peer.heard.messages)
    outcome: Outcome = "passed" if went_on == opening.holds else "failed"
    why = ""
    if outcome == "failed" and opening.holds:
        why = "it did not go on after a response that holds"
    elif outcome == "failed":
        why = "it went on after a response that it must refuse"
    expected = "an echo" if opening.holds else "the end of the connection"
    return Result("handshake", opening.name, opening.rule, outcome, why, (head,), expected)


def check_requests(requests: list[Request]) -> list[Result]:
    """What holds for each request of a client (section 4.1)."""
    heads = [request.headers for request in requests]
    first = requests[0]
    rules = {
        "a GET over HTTP/1.1": first.method == "GET" and first.version >= "HTTP/1.1",
        "Host": all("Host" in headers for headers in heads),
        "Upgrade: websocket": all("websocket" in headers.tokens("Upgrade") for headers in heads),
        "Connection: Upgrade": all("upgrade" in headers.tokens("Connection") for headers in heads),
        "version 13": all(headers.get_all(VERSION) == ["13"] for headers in heads),
        "a key of 16 bytes": all(
            [is_key(key) for key in headers.get_all(KEY)] == [True] for headers in heads
        ),
        "another key each time": len({headers.get(KEY) for headers in heads}) == len(heads),
    }
    request = first.to_bytes()
    return [
        kept("handshake", name, "4.1", None if holds else request, "a request lacks it")
        for name, holds in rules.items()
    ]
