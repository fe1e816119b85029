"""The opening handshake, well done and in the ways in which it must be refused (section 4)."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from course_lib.conform.card import Outcome, Result
from course_lib.conform.peer import Peer
from course_lib.protocol import HandshakeError, Request, Response, accept_key
from course_lib.protocol.handshake import ACCEPT, KEY, PROTOCOL, VERSION, is_key
from course_lib.protocol.http import Headers

SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of the RFC's own example (section 1.3)."""


@dataclass(frozen=True)
class Opening:
    """A handshake to try.

    Attributes:
        name: what is special about it.
        rule: the section of the RFC that it is from.
        head: what is sent: a server gets a request, a client the response to its request.
        holds: whether the other side must go on with it, or refuse.
    """

    name: str
    rule: str
    head: Callable[[str], str]
    holds: bool = False


def _request(resource: str, **changes: str | None) -> Callable[[str], str]:
    """A request with some of its lines changed, or left out for None; `line` is the first one."""

    def head(host: str) -> str:
        lines = {
            "line": f"GET {resource} HTTP/1.1",
            "host": f"Host: {host}",
            "upgrade": "Upgrade: websocket",
            "connection": "Connection: Upgrade",
            "key": f"{KEY}: {SAMPLE_KEY}",
            "version": f"{VERSION}: 13",
        } | changes
        return "".join(f"{line}\r\n" for line in lines.values() if line is not None) + "\r\n"

    return head


def requests(resource: str) -> Iterator[Opening]:
    """Requests for a resource name to try on a server."""
    ask = functools.partial(_request, resource)
    yield Opening("as the RFC has it", "4.2.2", ask(), holds=True)
    yield Opening(
        "names and words in other cases", "4.2.1",
        ask(upgrade="UPGRADE: WebSocket", connection="connection: uPGRADE",
                 key=f"{KEY.upper()}: {SAMPLE_KEY}", version=f"{VERSION.lower()}: 13"),
        holds=True,
    )  # fmt: skip
    yield Opening(
        "Connection is a list", "4.2.1", ask(connection="Connection: keep-alive, Upgrade"),
        holds=True,
    )  # fmt: skip
    yield Opening(
        "headers that mean nothing to it", "4.2.1", ask(other="X-Other: 1\r\nCookie: a=b"),
        holds=True,
    )  # fmt: skip
    yield Opening(
        "a query in the target",
        "4.2.1",
        ask(line=f"GET {resource}{'&' if '?' in resource else '?'}a=b HTTP/1.1"),
        holds=True,
    )
    yield Opening(
        "an extension that nobody knows", "9.1",
        ask(other="Sec-WebSocket-Extensions: x-nobody-knows; a=1"), holds=True,
    )  # fmt: skip
    yield Opening(
        "a subprotocol that nobody knows", "4.2.2",
        ask(other=f"{PROTOCOL}: x-nobody-knows"), holds=True,
    )  # fmt: skip
    yield Opening("a method other than GET", "4.2.1", ask(line=f"POST {resource} HTTP/1.1"))
    yield Opening("HTTP/1.0", "4.2.1", ask(line=f"GET {resource} HTTP/1.0"))
    yield Opening("no Host", "4.2.1", ask(host=None))
    yield Opening("no Upgrade", "4.2.1", ask(upgrade=None))
    yield Opening("an Upgrade to something else", "4.2.1", ask(upgrade="Upgrade: h2c"))
    yield Opening("no Connection", "4.2.1", ask(connection=None))
    yield Opening("a Connection without Upgrade", "4.2.1", ask(connection="Connection: keep-alive"))
    yield Opening("no key", "4.2.1", ask(key=None))
    yield Opening("a key that is not Base64", "4.2.1", ask(key=f"{KEY}: {'!' * 24}"))
    yield Opening("a key of 15 bytes", "4.2.1", ask(key=f"{KEY}: {'A' * 20}"))
    yield Opening("no version", "4.2.1", ask(version=None))
    for version in ("14", "255"):
        yield Opening(f"version {version}", "4.2.2", ask(version=f"{VERSION}: {version}"))


def _response(**changes: str | None) -> Callable[[str], str]:
    """A response with some of its lines changed, or left out for None."""

    def head(key: str) -> str:
        lines = {
            "line": "HTTP/1.1 101 Switching Protocols",
            "upgrade": "Upgrade: websocket",
            "connection": "Connection: Upgrade",
            "accept": f"{ACCEPT}: {accept_key(key)}",
        } | changes
        return "".join(f"{line}\r\n" for line in lines.values() if line is not None) + "\r\n"

    return head


def responses() -> Iterator[Opening]:
    """Responses to try on a client."""
    yield Opening("as the RFC has it", "4.1", _response(), holds=True)
    yield Opening(
        "names and words in other cases", "4.1",
        _response(upgrade="UPGRADE: WebSocket", connection="connection: uPGRADE"), holds=True,
    )  # fmt: skip
    yield Opening("another reason phrase", "4.1", _response(line="HTTP/1.1 101 Fine"), holds=True)
    yield Opening("status 200", "4.1", _response(line="HTTP/1.1 200 OK"))
    yield Opening("status 400", "4.1", _response(line="HTTP/1.1 400 Bad Request"))
    yield Opening("no Upgrade", "4.1", _response(upgrade=None))
    yield Opening("an Upgrade to something else", "4.1", _response(upgrade="Upgrade: h2c"))
    yield Opening("no Connection", "4.1", _response(connection=None))
    yield Opening("a Connection to keep", "4.1", _response(connection="Connection: keep-alive"))
    yield Opening("no accept", "4.1", _response(accept=None))
    yield Opening(
        "the accept of another key", "4.1", _response(accept=f"{ACCEPT}: {accept_key(SAMPLE_KEY)}")
    )
    yield Opening(
        "an extension that was not offered", "4.1",
        _response(other="Sec-WebSocket-Extensions: x-nobody-offered"),
    )  # fmt: skip
    yield Opening(
        "a subprotocol that was not offered", "4.1", _response(other=f"{PROTOCOL}: x-not-offered")
    )


async def try_request(opening: Opening, peer: Peer, host: str) -> Result:
    """Send a request to a server, and look at its response."""
    head = opening.head(host)
    await peer.send(head.encode())
    came = await peer.head()
    outcome, why = _of_response(opening, head, came)
    return _result(opening, head.encode(), outcome, why, came, "101" if opening.holds else "no 101")


def _of_response(opening: Opening, head: str, came: bytes | None) -> tuple[Outcome, str]:
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
    if response.status != 101:
        return "failed", f"it answered {response.status} to a request that holds"
    if "websocket" not in response.headers.tokens("Upgrade"):
        return "failed", "the response has no Upgrade: websocket"
    if "upgrade" not in response.headers.tokens("Connection"):
        return "failed", "the response has no Connection: Upgrade"
    if response.headers.get_all(ACCEPT) != [accept_key(SAMPLE_KEY)]:
        return "failed", f"{ACCEPT} is not the one that belongs to the key"
    if PROTOCOL in response.headers:
        return "failed", "it chose a subprotocol that it can't know"
    if "Sec-WebSocket-Extensions" in response.headers:
        return "failed", "it accepted an extension that was not offered"
    return "passed", ""


async def try_response(opening: Opening, peer: Peer, request: Request) -> Result:
    """Answer a client's request, and see whether it goes on."""
    head = opening.head(request.headers.get(KEY, ""))
    hello = b"\x81\x05Hello"
    await peer.send(head.encode() + hello)
    await peer.until(lambda heard: bool(heard.parts) or heard.over)
    went_on = bool(peer.heard.messages)
    outcome: Outcome = "passed" if went_on == opening.holds else "failed"
    why = ""
    if outcome == "failed" and opening.holds:
        why = "it did not go on after a response that holds"
    elif outcome == "failed":
        why = "it went on after a response that it must refuse"
    expected = "an echo" if opening.holds else "the end of the connection"
    return _result(opening, head.encode(), outcome, why, None, expected)


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
        "a key of 16 bytes": all(_is_key(headers) for headers in heads),
        "another key each time": len({headers.get(KEY) for headers in heads}) == len(heads),
    }
    return [
        Result(
            "handshake",
            name,
            "4.1",
            "passed" if holds else "failed",
            "" if holds else "a request lacks it",
            came=() if holds else (first.to_bytes(),),
        )
        for name, holds in rules.items()
    ]


def _is_key(headers: Headers) -> bool:
    keys = headers.get_all(KEY)
    return len(keys) == 1 and is_key(keys[0])


def _result(
    opening: Opening, sent: bytes, outcome: Outcome, why: str, came: bytes | None, expected: str
) -> Result:
    heads = () if came is None else (came,)
    return Result("handshake", opening.name, opening.rule, outcome, why, (sent,), expected, heads)
