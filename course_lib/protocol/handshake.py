"""The opening handshake: one HTTP request and its response (RFC 6455 section 4)."""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from http import HTTPStatus

from course_lib.protocol.errors import HandshakeError
from course_lib.protocol.extensions import EXTENSIONS, parse_extensions
from course_lib.protocol.http import TOKEN, Headers, Request, Response
from course_lib.protocol.url import Target

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""A constant that only a WebSocket server would know to append (section 1.3)."""

KEY, ACCEPT = "Sec-WebSocket-Key", "Sec-WebSocket-Accept"
VERSION, PROTOCOL = "Sec-WebSocket-Version", "Sec-WebSocket-Protocol"

Fields = Iterable[tuple[str, str]]


def generate_key(random: Callable[[int], bytes] = os.urandom) -> str:
    """A new key: 16 random bytes in Base64, 24 characters (section 4.1, item 7)."""
    return base64.b64encode(random(16)).decode("ascii")


def accept_key(key: str) -> str:
    """What proves that the server has read this key: Base64(SHA-1(key + GUID)) (4.2.2, item 5.4)."""
    return base64.b64encode(hashlib.sha1((key + GUID).encode("ascii")).digest()).decode("ascii")


def build_request(
    target: Target,
    key: str,
    *,
    subprotocols: Sequence[str] = (),
    extensions: Sequence[str] = (),
    headers: Fields = (),
) -> Request:
    """The request that opens a connection (section 4.1).

    Args:
        target: where to connect, from `parse_url`.
        key: a fresh one from `generate_key`.
        subprotocols: names offered, the preferred one first.
        extensions: offers as they stand in the field, such as ``"permessage-deflate"``.
        headers: further (name, value) fields, such as cookies, or the origin that a browser sends.

    Raises:
        HandshakeError: a subprotocol is not a token or stands twice, or a value breaks its line.
    """
    for name in subprotocols:
        if not TOKEN.fullmatch(name) or list(subprotocols).count(name) > 1:
            raise HandshakeError(
                f"Subprotocol {name!r} is not a token that stands once", section="4.1"
            )
    fields = [
        ("Host", target.host_header),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        (KEY, key),
        (VERSION, "13"),
    ]
    if subprotocols:
        fields.append((PROTOCOL, ", ".join(subprotocols)))
    if extensions:
        fields.append((EXTENSIONS, ", ".join(map(str, extensions))))
    return Request("GET", target.resource, "HTTP/1.1", Headers([*fields, *headers]))


def check_request(request: Request) -> None:
    """Hold a request against every requirement on a client's handshake (section 4.2.1).

    Raises:
        HandshakeError: with the status to answer with: 405 for another method, 426 for a plain
            GET or another protocol version, 400 for the rest.
    """
    headers = request.headers
    # Item 1: a GET over HTTP/1.1 or higher, with a Request-URI that is a resource name.
    _require(request.method == "GET", f"The method is {request.method}, not GET", status=405)
    _require(request.version >= "HTTP/1.1", f"{request.version} is older than HTTP/1.1")
    _require(
        request.target.lower().startswith(("/", "http://", "https://")),
        f"{request.target!r} is not a resource name",
    )
    # Item 2: Host, exactly once (RFC 9112 section 3.2).
    _require(len(headers.get_all("Host")) == 1, "A request has exactly one Host field")
    # Items 3 and 4: the two fields that ask HTTP to step aside.
    _require(
        "websocket" in headers.tokens("Upgrade"), "Upgrade does not name websocket", status=426
    )
    _require("upgrade" in headers.tokens("Connection"), "Connection does not name Upgrade")
    # Item 5: one key (11.3.1) of 16 bytes.
    keys = headers.get_all(KEY)
    _require(len(keys) == 1, f"A request has exactly one {KEY}, this one has {len(keys)}")
    _require(is_key(keys[0]), f"{KEY} is not 16 bytes in Base64")
    # Item 6, and 4.4 on how to name the version that would do.
    versions = headers.get_all(VERSION)
    _require(len(versions) <= 1, f"{VERSION} stands {len(versions)} times")
    _require(versions == ["13"], f"{VERSION} is not 13", status=426)


def accept_request(
    request: Request,
    *,
    subprotocol: str | None = None,
    extensions: Sequence[str] = (),
    headers: Fields = (),
) -> Response:
    """The response that makes the connection a WebSocket: 101 Switching Protocols (4.2.2, item 5).

    Args:
        request: the client's request.
        subprotocol: the one chosen out of those the client offered.
        extensions: those accepted, as they stand in the field; the client offered each.
        headers: further (name, value) fields, such as cookies.

    Raises:
        HandshakeError: the request does not hold, or what is chosen was not offered (status 500).
    """
    check_request(request)
    fields = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        (ACCEPT, accept_key(request.headers.get(KEY) or "")),
    ]
    if subprotocol is not None:
        fields.append((PROTOCOL, subprotocol))
    if extensions:
        fields.append((EXTENSIONS, ", ".join(map(str, extensions))))
    response = Response("HTTP/1.1", 101, "Switching Protocols", Headers([*fields, *headers]))
    # The server's own mistake, if it is one: 500.
    _check_choices(response, request, partial(_require, section="4.2.2", status=500))
    return response


def reject(
    reason: HandshakeError | int, message: str | None = None, *, headers: Fields = ()
) -> Response:
    """The response that refuses a handshake and says why (section 4.2.2).

    Args:
        reason: the error that was found, or an HTTP status.
        message: one line of text for the body; by default the error's own, or the status' name.
        headers: further (name, value) fields, such as Retry-After.
    """
    status = HTTPStatus(reason.status if isinstance(reason, HandshakeError) else reason)
    why = str(reason) if isinstance(reason, HandshakeError) else status.phrase
    body = f"{message or why}\n".encode()
    fields = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
    ]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        fields.append(("Allow", "GET"))  # RFC 9110 section 15.5.6
    if status is HTTPStatus.UPGRADE_REQUIRED:
        # What would have done: RFC 9110 section 15.5.22, RFC 6455 section 4.4.
        fields += [("Upgrade", "websocket"), ("Connection", "Upgrade, close"), (VERSION, "13")]
    else:
        fields.append(("Connection", "close"))
    return Response("HTTP/1.1", status.value, status.phrase, Headers([*fields, *headers]), body)


def check_response(response: Response, request: Request) -> None:
    """Hold a response against every requirement on a server's handshake (section 4.1).

    Args:
        response: what the server answered.
        request: what this client sent.

    Raises:
        HandshakeError: with the status that the server answered with.
    """
    headers, status = response.headers, response.status
    require = partial(_require, section="4.1", status=status)
    # Items 1 to 4 of what the client must validate.
    require(status == 101, f"The server answered {status} {response.reason}".rstrip() + ", not 101")
    require(headers.tokens("Upgrade") == ["websocket"], "Upgrade is not websocket")
    require("upgrade" in headers.tokens("Connection"), "Connection does not name Upgrade")
    expected = accept_key(request.headers.get(KEY) or "")
    # Exactly one: 11.3.3.
    require(headers.get_all(ACCEPT) == [expected], f"{ACCEPT} does not belong to the key sent")
    # Items 5 and 6.
    _check_choices(response, request, require)


def _check_choices(
    response: Response, request: Request, require: Callable[[bool, str], None]
) -> None:
    """A server may choose only from what the client offered."""
    # At most one field of either: 11.3.2 and 11.3.4.
    fields = len(response.headers.get_all(EXTENSIONS))
    require(fields <= 1, f"{EXTENSIONS} stands {fields} times")
    offered = {extension.name for extension in parse_extensions(request.headers)}
    for extension in parse_extensions(response.headers):
        require(extension.name in offered, f"Extension {extension.name} was not offered")
    chosen = response.headers.get_all(PROTOCOL)
    require(
        # Names are compared with their case.
        not chosen or (len(chosen) == 1 and chosen[0] in request.headers.elements(PROTOCOL)),
        f"Subprotocol {', '.join(chosen)!r} was not offered",
    )


def _require(holds: bool, message: str, *, section: str = "4.2.1", status: int = 400) -> None:
    if not holds:
        raise HandshakeError(message, section=section, status=status)


def is_key(key: str) -> bool:
    """Whether a key is 16 bytes in Base64, as it must be (section 4.2.1, item 5)."""
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        return False
