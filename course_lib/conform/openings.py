"""The opening handshake, well done and in the ways in which it must be refused (section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass

from course_lib.conform.card import Outcome, Result, kept
from course_lib.conform.peer import Peer
from course_lib.protocol import HandshakeError, Request, Response, accept_key, check_response
from course_lib.protocol.extensions import EXTENSIONS
from course_lib.protocol.handshake import ACCEPT, KEY, PROTOCOL, VERSION, is_key

SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of the RFC's own example (section 1.3)."""

UPGRADE = {"upgrade": "Upgrade: websocket", "connection": "Connection: Upgrade"}
OTHER_CASES = {"upgrade": "UPGRADE: WebSocket", "connection": "connection: uPGRADE"}
HELLO = b"\x81\x05Hello"


Changes = Mapping[str, str | None]
"""Lines of a head that are other ones, or are left out for None; `line` is the first one."""


@dataclass(frozen=True)
class Opening:
    """A handshake to try.

    Attributes:
        name: what is special about it.
        rule: the section of the RFC that it is from.
        changes: what is other than in the RFC's own example.
        holds: whether the other side must go on with it, or refuse.
    """

    name: str
    rule: str
    changes: Changes
    holds: bool

    def request(self, resource: str, host: str) -> bytes:
        """What a server gets."""
        first = {"line": f"GET {resource} HTTP/1.1", "host": f"Host: {host}"}
        return self._head(
            first | UPGRADE | {"key": f"{KEY}: {SAMPLE_KEY}", "version": f"{VERSION}: 13"}
        )

    def response(self, key: str) -> bytes:
        """What a client gets that has sent this key."""
        first = {"line": "HTTP/1.1 101 Switching Protocols"}
        return self._head(first | UPGRADE | {"accept": f"{ACCEPT}: {accept_key(key)}"})

    def _head(self, lines: dict[str, str]) -> bytes:
        kept = [line for line in {**lines, **self.changes}.values() if line is not None]
        return "".join(f"{line}\r\n" for line in [*kept, ""]).encode()


def requests(resource: str) -> list[Opening]:
    """Requests for a resource name to try on a server."""
    query = f"{resource}{'&' if '?' in resource else '?'}a=b"
    holding: dict[str, Changes] = {
        "4.2.2 as the RFC has it": {},
        "4.2.1 names and words in other cases": {
            **OTHER_CASES,
            "key": f"{KEY.upper()}: {SAMPLE_KEY}",
            "version": f"{VERSION.lower()}: 13",
        },
        "4.2.1 Connection is a list": {"connection": "Connection: keep-alive, Upgrade"},
        "4.2.1 headers that mean nothing to it": {"other": "X-Other: 1\r\nCookie: a=b"},
        "4.2.1 a query in the target": {"line": f"GET {query} HTTP/1.1"},
        "9.1 an extension that nobody knows": {"other": f"{EXTENSIONS}: x-nobody-knows; a=1"},
        "4.2.2 a subprotocol that nobody knows": {"other": f"{PROTOCOL}: x-nobody-knows"},
    }
    broken: dict[str, Changes] = {
        "4.2.1 a method other than GET": {"line": f"POST {resource} HTTP/1.1"},
        "4.2.1 HTTP/1.0": {"line": f"GET {resource} HTTP/1.0"},
        "4.2.1 no Host": {"host": None},
        "4.2.1 no Upgrade": {"upgrade": None},
        "4.2.1 an Upgrade to something else": {"upgrade": "Upgrade: h2c"},
        "4.2.1 no Connection": {"connection": None},
        "4.2.1 a Connection without Upgrade": {"connection": "Connection: keep-alive"},
        "4.2.1 no key": {"key": None},
        "4.2.1 a key that is not Base64": {"key": f"{KEY}: {'!' * 24}"},
        "4.2.1 a key of 15 bytes": {"key": f"{KEY}: {'A' * 20}"},
        "4.2.1 no version": {"version": None},
        "4.2.2 version 14": {"version": f"{VERSION}: 14"},
        "4.2.2 version 255": {"version": f"{VERSION}: 255"},
    }
    return _openings(holding, broken)


def responses() -> list[Opening]:
    """Responses to try on a client."""
    holding: dict[str, Changes] = {
        "4.1 as the RFC has it": {},
        "4.1 names and words in other cases": OTHER_CASES,
        "4.1 another reason phrase": {"line": "HTTP/1.1 101 Fine"},
    }
    broken: dict[str, Changes] = {
        "4.1 status 200": {"line": "HTTP/1.1 200 OK"},
        "4.1 status 400": {"line": "HTTP/1.1 400 Bad Request"},
        "4.1 no Upgrade": {"upgrade": None},
        "4.1 an Upgrade to something else": {"upgrade": "Upgrade: h2c"},
        "4.1 no Connection": {"connection": None},
        "4.1 a Connection to keep": {"connection": "Connection: keep-alive"},
        "4.1 no accept": {"accept": None},
        "4.1 the accept of another key": {"accept": f"{ACCEPT}: {accept_key(SAMPLE_KEY)}"},
        "4.1 an extension that was not offered": {"other": f"{EXTENSIONS}: x-nobody-offered"},
        "4.1 a subprotocol that was not offered": {"other": f"{PROTOCOL}: x-not-offered"},
    }
    return _openings(holding, broken)


def _openings(holding: dict[str, Changes], broken: dict[str, Changes]) -> list[Opening]:
    openings = []
    for about, changes in (holding | broken).items():
        rule, _, name = about.partition(" ")
        openings.append(Opening(name, rule, changes, about in holding))
    return openings


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
            return (
                "failed",
                f"it refused with {response.status}, without a {VERSION} that names its own",
            )
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
