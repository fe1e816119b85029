"""The opening handshake, rule by rule, and with peers that other people wrote."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import aiohttp
import aiohttp.web
import pytest
import websockets.asyncio.client
import websockets.asyncio.server
import wsproto
import wsproto.events
from hypothesis import given
from hypothesis import strategies as st

from course_lib.protocol import (
    HandshakeError,
    Headers,
    Request,
    Response,
    accept_key,
    accept_request,
    build_request,
    check_request,
    check_response,
    generate_key,
    parse_extensions,
    parse_url,
    reject,
    split_head,
)

# Section 1.2's example, to the letter.
RFC_REQUEST = (
    b"GET /chat HTTP/1.1\r\n"
    b"Host: server.example.com\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Origin: http://example.com\r\n"
    b"Sec-WebSocket-Protocol: chat, superchat\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)
RFC_RESPONSE = (
    b"HTTP/1.1 101 Switching Protocols\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    b"Sec-WebSocket-Protocol: chat\r\n\r\n"
)
REQUEST = Request.parse(RFC_REQUEST)
RESPONSE = Response.parse(RFC_RESPONSE)


def with_field(message, name, *values):
    """The message with this field's values replaced; without values, without the field."""
    kept = [field for field in message.headers if field[0].lower() != name.lower()]
    return replace(message, headers=Headers([*kept, *((name, value) for value in values)]))


# URLs: section 3


@pytest.mark.parametrize(
    ("url", "secure", "host", "port", "resource", "host_header"),
    [
        ("ws://example.com", False, "example.com", 80, "/", "example.com"),
        ("wss://example.com/", True, "example.com", 443, "/", "example.com"),
        ("WSS://EXAMPLE.com:443/Chat", True, "example.com", 443, "/Chat", "example.com"),
        ("ws://example.com:443/a", False, "example.com", 443, "/a", "example.com:443"),
        ("ws://h:8765/a/b?c=d?e&f", False, "h", 8765, "/a/b?c=d?e&f", "h:8765"),
        ("ws://h?room=1", False, "h", 80, "/?room=1", "h"),
        ("ws://h:/", False, "h", 80, "/", "h"),
        ("ws://h/a@b:c/%23", False, "h", 80, "/a@b:c/%23", "h"),
        ("ws://[2001:DB8::1]:99/x", False, "2001:db8::1", 99, "/x", "[2001:db8::1]:99"),
        ("wss://[::1]", True, "::1", 443, "/", "[::1]"),
    ],
)
def test_a_url_leads_to_a_target(url, secure, host, port, resource, host_header):
    target = parse_url(url)
    assert (target.secure, target.host, target.port, target.resource) == (
        secure,
        host,
        port,
        resource,
    )
    assert target.host_header == host_header


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com", "begins with"),
        ("example.com", "begins with"),
        ("ws:/example.com", "begins with"),
        ("", "begins with"),
        ("ws://example.com/#top", "no fragment"),
        ("ws://example.com#", "no fragment"),
        ("ws://user:secret@example.com", "no user name"),
        ("ws:///chat", "names no host"),
        ("ws://:80", "names no host"),
        ("ws://h:port", "not a host"),
        ("ws://h:-1", "not a host"),
        ("ws://h:0", "Port 0"),
        ("ws://h:65536", "Port 65536"),
        ("ws://h:99999999999999999999", "not between"),
        ("ws://[::1", "not a host"),
        ("ws://[::g]", "not an IPv6"),
        ("ws://a<b", "not a host name"),
        ("ws://h/a b", "ASCII"),
        ("ws://h/\r\nX: y", "ASCII"),
        ("ws://bücher.example", "ASCII"),
    ],
)
def test_a_url_that_may_not_be_opened(url, why):
    with pytest.raises(HandshakeError, match=why) as caught:
        parse_url(url)
    assert caught.value.section == "3"


@given(st.text())
def test_any_text_is_a_target_or_an_error(text):
    for url in (text, f"ws://{text}", f"ws://h{text}"):
        try:
            target = parse_url(url)
        except HandshakeError:
            continue
        assert target.resource.startswith("/")
        Headers([("Host", target.host_header)])


# Keys: sections 1.3, 4.1 and 4.2.2


def test_the_accept_key_of_the_rfc():
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_a_key_is_sixteen_bytes_in_base64():
    assert generate_key(lambda size: bytes(range(1, size + 1))) == "AQIDBAUGBwgJCgsMDQ4PEA=="
    assert generate_key() != generate_key()


# HTTP: RFC 9110 and 9112


def test_the_rfcs_example_there_and_back():
    assert REQUEST.to_bytes() == RFC_REQUEST
    assert RESPONSE.to_bytes() == RFC_RESPONSE
    check_request(REQUEST)
    assert accept_request(REQUEST, subprotocol="chat") == RESPONSE
    check_response(RESPONSE, REQUEST)


def test_headers_are_an_ordered_multimap_in_any_case():
    headers = Headers([("Accept", "a"), ("X", "1, Two"), ("x", "THREE")])
    assert headers.get("x") == "1, Two, THREE"
    assert headers.get_all("X") == ["1, Two", "THREE"]
    assert headers.tokens("x") == ["1", "two", "three"]
    assert headers.elements("x") == ["1", "Two", "THREE"]
    assert headers.get("missing") is None
    assert "ACCEPT" in headers
    assert "missing" not in headers
    assert list(headers) == [("Accept", "a"), ("X", "1, Two"), ("x", "THREE")]
    assert headers == Headers(list(headers))
    assert hash(headers) == hash(Headers(list(headers)))
    with pytest.raises(AttributeError):
        headers.fields = ()


@pytest.mark.parametrize(
    "field", [("a b", "c"), ("", "c"), ("a:", "c"), ("a", "b\r\nc: d"), ("a", "é"), ("a", " b")]
)
def test_a_field_cannot_break_its_line(field):
    with pytest.raises(HandshakeError):
        Headers([field])


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [
        (b"Host: server", b"Host : server", "RFC 9112 5.1"),
        (b"Upgrade: websocket\r\n", b"Upgrade:\r\n websocket\r\n", "RFC 9112 5.2"),
        (b"Upgrade: websocket\r\n", b"Upgrade websocket\r\n", "RFC 9112 5"),
        (b"Upgrade: websocket\r\n", b"Upgrade: websocket\n", "RFC 9112 2.2"),
        (b"Upgrade: websocket\r\n", b"Upgrade: web\rsocket\r\n", "RFC 9110 5.5"),
        (b"Upgrade: websocket\r\n", b"Upgrade: web\0socket\r\n", "RFC 9110 5.5"),
        (b"Upgrade: websocket\r\n", b"Up grade: websocket\r\n", "RFC 9110 5.1"),
        (b"Upgrade: websocket\r\n", b": websocket\r\n", "RFC 9110 5.1"),
        (b"server.example", "sérver.example".encode(), "RFC 9112 2.2"),
        (b"GET /chat", b"GET  /chat", "RFC 9112 3"),
        (b"GET /chat", b"GET /ch at", "RFC 9112 3"),
        (b"GET /chat", b" GET /chat", "RFC 9112 3"),
        (b"HTTP/1.1", b"HTTP/1.1 ", "RFC 9112 3"),
        (b"HTTP/1.1", b"http/1.1", "RFC 9112 3"),
        (b"HTTP/1.1", b"HTTP/1", "RFC 9112 3"),
        (b"\r\n\r\n", b"\r\n", "RFC 9112 2.1"),
        (b"\r\n\r\n", b"\r\n\r\nbody", "RFC 9112 6"),
        (b"GET /chat HTTP/1.1", b"", "RFC 9112 3"),
    ],
)
def test_a_request_that_is_not_to_the_letter(old, new, section):
    assert old in RFC_REQUEST
    with pytest.raises(HandshakeError) as caught:
        Request.parse(RFC_REQUEST.replace(old, new))
    assert caught.value.section == section
    assert caught.value.status == 400


def test_optional_whitespace_around_a_value_is_no_part_of_it():
    request = Request.parse(b"GET / HTTP/1.1\r\nA:b\r\nC: \t d e\t \r\nF:\r\n\r\n")
    assert list(request.headers) == [("A", "b"), ("C", "d e"), ("F", "")]


def test_a_head_that_is_too_long_is_refused_with_431():
    for start in (b"GET / HTTP/1.1\r\nA: " + b"a" * 40_000, b"a" * 40_000):
        with pytest.raises(HandshakeError) as caught:
            split_head(start)
        assert caught.value.status == 431
    with pytest.raises(HandshakeError) as caught:
        Request.parse(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n")
    assert caught.value.status == 431


def test_a_head_is_cut_off_as_soon_as_it_is_complete():
    for end in range(len(RFC_REQUEST)):
        assert split_head(RFC_REQUEST[:end]) is None
    assert split_head(RFC_REQUEST) == (RFC_REQUEST, b"")
    assert split_head(RFC_RESPONSE + b"\x81\x01\n") == (RFC_RESPONSE, b"\x81\x01\n")


@pytest.mark.parametrize(
    "line", ["HTTP/1.1 99 Low", "HTTP/1.1 1O1 Switching", "HTTP/1.1  101", "ICY 200 OK", "HTTP/1.1"]
)
def test_a_status_line_that_is_none(line):
    with pytest.raises(HandshakeError) as caught:
        Response.parse(f"{line}\r\n\r\n".encode())
    assert caught.value.section == "RFC 9112 4"


def test_a_response_may_lack_its_reason_and_have_a_body():
    response = Response.parse(b"HTTP/1.1 503 \r\nRetry-After: 1\r\n\r\nlater")
    assert (response.status, response.reason, response.body) == (503, "", b"later")
    assert Response.parse(b"HTTP/1.1 204\r\n\r\n").reason == ""


@given(st.binary(max_size=60), st.integers(0, len(RFC_REQUEST)), st.integers(0, 40))
def test_any_bytes_are_a_head_or_an_error(noise, start, length):
    for example, parse in ((RFC_REQUEST, Request.parse), (RFC_RESPONSE, Response.parse)):
        data = example[:start] + noise + example[start + length :]
        try:
            message = parse(data)
        except HandshakeError:
            continue
        assert parse(message.to_bytes()) == message


# The client's request: section 4.2.1


@pytest.mark.parametrize(
    ("change", "status", "why"),
    [
        (lambda r: replace(r, method="POST"), 405, "not GET"),
        (lambda r: replace(r, method="get"), 405, "not GET"),
        (lambda r: replace(r, version="HTTP/1.0"), 400, "older than HTTP/1.1"),
        (lambda r: replace(r, target="*"), 400, "resource name"),
        (lambda r: with_field(r, "Host"), 400, "Host"),
        (lambda r: with_field(r, "Host", "a", "b"), 400, "Host"),
        (lambda r: with_field(r, "Upgrade"), 426, "Upgrade"),
        (lambda r: with_field(r, "Upgrade", "h2c"), 426, "Upgrade"),
        (lambda r: with_field(r, "Connection"), 400, "Connection"),
        (lambda r: with_field(r, "Connection", "keep-alive"), 400, "Connection"),
        (lambda r: with_field(r, "Sec-WebSocket-Key"), 400, "has 0"),
        (lambda r: with_field(r, "Sec-WebSocket-Key", generate_key(), generate_key()), 400, "2"),
        (lambda r: with_field(r, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j"), 400, "16 bytes"),
        (lambda r: with_field(r, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ"), 400, "16 bytes"),
        (lambda r: with_field(r, "Sec-WebSocket-Key", "dGhlIHNhbXBsZ*Bub25jZQ=="), 400, "16 bytes"),
        (lambda r: with_field(r, "Sec-WebSocket-Key", ""), 400, "16 bytes"),
        (lambda r: with_field(r, "Sec-WebSocket-Version"), 426, "not 13"),
        (lambda r: with_field(r, "Sec-WebSocket-Version", "8"), 426, "not 13"),
        (lambda r: with_field(r, "Sec-WebSocket-Version", "13, 8"), 426, "not 13"),
        (lambda r: with_field(r, "Sec-WebSocket-Version", "13", "13"), 400, "2 times"),
    ],
)
def test_each_requirement_on_a_request(change, status, why):
    with pytest.raises(HandshakeError, match=re.escape(why)) as caught:
        check_request(change(REQUEST))
    assert (caught.value.section, caught.value.status) == ("4.2.1", status)
    assert "RFC 6455 section 4.2.1" in str(caught.value)
    assert reject(caught.value).status == status


@pytest.mark.parametrize(
    "change",
    [
        lambda r: with_field(r, "Connection", "keep-alive, UPGRADE"),
        lambda r: with_field(r, "Connection", "keep-alive", "upgrade"),
        lambda r: with_field(r, "Upgrade", "WebSocket"),
        lambda r: with_field(r, "UPGRADE", "h2c, websocket"),
        lambda r: with_field(r, "Origin"),
        lambda r: with_field(r, "Sec-WebSocket-Protocol"),
        lambda r: with_field(r, "X-Anything", "else"),
        lambda r: replace(r, version="HTTP/1.2"),
        lambda r: replace(r, target="http://server.example.com/chat"),
    ],
)
def test_what_a_request_may_be(change):
    check_request(change(REQUEST))


def test_a_request_carries_what_it_is_given():
    request = build_request(
        parse_url("wss://example.com:8443/a?b"),
        "dGhlIHNhbXBsZSBub25jZQ==",
        subprotocols=["v2", "v1"],
        extensions=["permessage-deflate; client_max_window_bits"],
        headers=[("Origin", "https://example.com"), ("Cookie", "a=b")],
    )
    assert str(request).splitlines() == [
        "GET /a?b HTTP/1.1",
        "Host: example.com:8443",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: v2, v1",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        "Origin: https://example.com",
        "Cookie: a=b",
    ]


@pytest.mark.parametrize("subprotocols", [["a", "a"], ["a b"], [""], ["a,b"]])
def test_subprotocols_are_tokens_that_stand_once(subprotocols):
    with pytest.raises(HandshakeError):
        build_request(parse_url("ws://h"), generate_key(), subprotocols=subprotocols)


# The server's response: sections 4.1 and 4.2.2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda r: replace(r, status=200, reason="OK"), "answered 200 OK, not 101"),
        (lambda r: with_field(r, "Upgrade"), "Upgrade"),
        (lambda r: with_field(r, "Upgrade", "websocket, h2c"), "Upgrade"),
        (lambda r: with_field(r, "Connection", "close"), "Connection"),
        (lambda r: with_field(r, "Sec-WebSocket-Accept"), "Accept"),
        (lambda r: with_field(r, "Sec-WebSocket-Accept", accept_key(generate_key())), "Accept"),
        (
            lambda r: with_field(r, "Sec-WebSocket-Accept", *["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="] * 2),
            "A",
        ),
        (lambda r: with_field(r, "Sec-WebSocket-Extensions", "permessage-deflate"), "Extension"),
        (lambda r: with_field(r, "Sec-WebSocket-Protocol", "Chat"), "Subprotocol 'Chat'"),
        (lambda r: with_field(r, "Sec-WebSocket-Protocol", "chat, superchat"), "Subprotocol"),
        (lambda r: with_field(r, "Sec-WebSocket-Protocol", "chat", "superchat"), "Subprotocol"),
    ],
)
def test_each_requirement_on_a_response(change, why):
    response = change(RESPONSE)
    with pytest.raises(HandshakeError, match=why) as caught:
        check_response(response, REQUEST)
    assert (caught.value.section, caught.value.status) == ("4.1", response.status)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: with_field(r, "Upgrade", "WebSocket"),
        lambda r: with_field(r, "Connection", "keep-alive, upgrade"),
        lambda r: with_field(r, "Sec-WebSocket-Protocol"),
        lambda r: with_field(r, "Sec-WebSocket-Protocol", "superchat"),
        lambda r: replace(r, reason=""),
    ],
)
def test_what_a_response_may_be(change):
    check_response(change(RESPONSE), REQUEST)


def test_a_response_has_its_extensions_in_one_field():
    offer = with_field(REQUEST, "Sec-WebSocket-Extensions", "a, b")
    check_response(with_field(RESPONSE, "Sec-WebSocket-Extensions", "a, b"), offer)
    twice = with_field(RESPONSE, "Sec-WebSocket-Extensions", "a", "b")
    with pytest.raises(HandshakeError, match="stands 2 times"):
        check_response(twice, offer)


def test_a_server_chooses_only_from_what_was_offered():
    offer = with_field(REQUEST, "Sec-WebSocket-Extensions", "permessage-deflate")
    response = accept_request(offer, extensions=["permessage-deflate"], headers=[("Server", "s")])
    assert response.headers.get("Sec-WebSocket-Extensions") == "permessage-deflate"
    assert response.headers.get("Server") == "s"
    for choice in ({"subprotocol": "mqtt"}, {"extensions": ["permessage-deflate"]}):
        with pytest.raises(HandshakeError) as caught:
            accept_request(REQUEST, **choice)
        # What this error is answered with must not open the connection.
        assert (caught.value.section, reject(caught.value).status) == ("4.2.2", 500)
    with pytest.raises(HandshakeError):
        accept_request(with_field(REQUEST, "Sec-WebSocket-Key"))


def test_a_rejection_says_what_would_have_done():
    outdated = reject(HandshakeError("Too old.", section="4.2.1", status=426))
    assert outdated.status == 426
    assert outdated.headers.get("Sec-WebSocket-Version") == "13"
    assert outdated.headers.get("Upgrade") == "websocket"
    assert "upgrade" in outdated.headers.tokens("Connection")
    assert b"Too old." in outdated.body
    assert reject(405).headers.get("Allow") == "GET"
    full = reject(503, "The room is full: é", headers=[("Retry-After", "5")])
    assert full.start_line == "HTTP/1.1 503 Service Unavailable"
    assert full.headers.get("Content-Length") == str(len(full.body))
    assert full.headers.get("Retry-After") == "5"
    assert str(full).endswith("\n\nThe room is full: é")


# Extensions: section 9.1


def test_extensions_are_read_as_the_grammar_says():
    headers = Headers(
        [
            ("Sec-WebSocket-Extensions", 'foo, bar; baz=2 ; q="a1" ;'.rstrip(" ;")),
            ("Sec-WebSocket-Extensions", ", permessage-deflate;client_max_window_bits"),
        ]
    )
    foo, bar, deflate = parse_extensions(headers)
    assert (foo.name, foo.parameters) == ("foo", ())
    assert bar.parameters == (("baz", "2"), ("q", "a1"))
    assert deflate.parameters == (("client_max_window_bits", None),)
    assert str(deflate) == "permessage-deflate; client_max_window_bits"
    assert parse_extensions(Headers()) == []


@pytest.mark.parametrize("value", ["a b", "a;", "a; b=", "a; b=c d", 'a; b="c d"', 'a; b="c', "=a"])
def test_extensions_that_do_not_follow_the_grammar(value):
    with pytest.raises(HandshakeError) as caught:
        parse_extensions(Headers([("Sec-WebSocket-Extensions", value)]))
    assert caught.value.section == "9.1"


# Peers

Answer = Callable[[Request], Response]


async def read_head(reader: asyncio.StreamReader) -> bytes:
    buffer = b""
    while (parts := split_head(buffer)) is None:
        received = await reader.read(4096)
        assert received, "the peer closed before its head was complete"
        buffer += received
    return parts[0]


async def with_our_server(answer: Answer, use: Callable[[int], Awaitable[None]]) -> list[Request]:
    """Run `use` against a server that answers one handshake; the requests it has seen."""
    seen: list[Request] = []
    done = asyncio.Event()

    async def serve(reader, writer):
        try:
            seen.append(Request.parse(await read_head(reader)))
            writer.write(answer(seen[-1]).to_bytes())
            await writer.drain()
        finally:
            writer.close()
            await writer.wait_closed()
            done.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        await use(server.sockets[0].getsockname()[1])
        await done.wait()
    return seen


async def exchange(port: int, request: Request) -> Response:
    """Send our request to a server and read its response's head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.to_bytes())
    response = Response.parse(await read_head(reader))
    writer.close()
    await writer.wait_closed()
    return response


def our_request(port: int) -> Request:
    return build_request(
        parse_url(f"ws://127.0.0.1:{port}/chat?room=1"), generate_key(), subprotocols=["v2", "v1"]
    )


def test_our_request_is_accepted_by_websockets():
    async def main():
        paths = []

        async def handler(connection):
            paths.append(connection.request.path)

        async with websockets.asyncio.server.serve(
            handler, "127.0.0.1", 0, subprotocols=["v1"], close_timeout=0.1
        ) as server:
            request = our_request(server.sockets[0].getsockname()[1])
            response = await exchange(server.sockets[0].getsockname()[1], request)
        check_response(response, request)
        assert response.headers.get("Sec-WebSocket-Protocol") == "v1"
        assert paths == ["/chat?room=1"]

    asyncio.run(main())


def test_our_request_is_accepted_by_aiohttp():
    async def main():
        async def handler(request):
            socket = aiohttp.web.WebSocketResponse(protocols=["v1"])
            await socket.prepare(request)
            async for _ in socket:
                pass
            return socket

        app = aiohttp.web.Application()
        app.router.add_get("/chat", handler)
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        request = our_request(port)
        check_response(await exchange(port, request), request)
        plain = await exchange(port, with_field(request, "Upgrade"))
        with pytest.raises(HandshakeError):
            check_response(plain, request)
        await runner.cleanup()

    asyncio.run(main())


def test_our_request_is_accepted_by_wsproto_and_its_response_by_us():
    request = our_request(80)
    server = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
    server.receive_data(request.to_bytes())
    (event,) = server.events()
    assert event.target == "/chat?room=1"
    assert event.subprotocols == ["v2", "v1"]
    response = Response.parse(server.send(wsproto.events.AcceptConnection(subprotocol="v1")))
    check_response(response, request)


def test_wsprotos_request_is_accepted_by_us_and_our_response_by_it():
    client = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    request = Request.parse(
        client.send(wsproto.events.Request(host="h", target="/", subprotocols=["v1"]))
    )
    check_request(request)
    client.receive_data(accept_request(request, subprotocol="v1").to_bytes())
    (event,) = client.events()
    assert isinstance(event, wsproto.events.AcceptConnection)
    assert event.subprotocol == "v1"


def test_websockets_accepts_our_response_and_understands_our_refusal():
    async def main():
        async def connect(port):
            url = f"ws://127.0.0.1:{port}/a?b"
            async with websockets.asyncio.client.connect(
                url, subprotocols=["v1"], origin="http://example.com", proxy=None
            ) as connection:
                assert connection.subprotocol == "v1"
                await connection.wait_closed()

        (seen,) = await with_our_server(
            lambda request: accept_request(request, subprotocol="v1"), connect
        )
        assert seen.headers.get("Origin") == "http://example.com"
        assert seen.target == "/a?b"
        with pytest.raises(websockets.InvalidStatus) as caught:
            await with_our_server(lambda request: reject(403, "not you"), connect)
        assert caught.value.response.status_code == 403
        assert caught.value.response.body == b"not you\n"

    asyncio.run(main())


def test_aiohttp_accepts_our_response_and_understands_our_refusal():
    async def main():
        async with aiohttp.ClientSession() as session:

            async def connect(port):
                async with session.ws_connect(
                    f"http://127.0.0.1:{port}/", protocols=["v1"], compress=15
                ) as socket:
                    assert socket.protocol == "v1"
                    async for _ in socket:
                        raise AssertionError("nothing was sent")

            (seen,) = await with_our_server(
                lambda request: accept_request(request, subprotocol="v1"), connect
            )
            assert parse_extensions(seen.headers)[0].name == "permessage-deflate"
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await with_our_server(lambda request: reject(503), connect)
            assert caught.value.status == 503

    asyncio.run(main())
