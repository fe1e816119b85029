"""Exercise 02: the opening handshake."""

import asyncio
import base64
import hashlib
import string

from websockets.asyncio.client import connect

from course_lib.exercises.question import Question
from course_lib.judge.bench_process import AnswerError
from course_lib.judge.expect import expect, expect_that

ACCEPT_KEY = Question(
    "accept_key",
    points=2,
    hints=(
        "Three steps: glue two texts together, take the SHA-1 digest, write it in base64.",
        "SHA-1 works on bytes and base64 gives bytes: encode the text first, decode the result "
        "last. Does your digest have 20 bytes, or 40 hexadecimal characters?",
        "`hashlib.sha1(data).digest()` gives the 20 bytes; `base64.b64encode(digest).decode()` "
        "makes text of them.",
    ),
)
PARSE_REQUEST = Question(
    "parse_request",
    points=3,
    hints=(
        "Take the head apart from the outside in: first into lines, then the first line into "
        "three words, then each other line into a name and a value.",
        "Split a header line at its *first* colon only: values such as `127.0.0.1:8000` have "
        "colons of their own.",
        "`name, _, value = line.partition(':')`, then `name.lower()` and `value.strip()`. When "
        "the name is in the dictionary already, join the values with `', '`.",
    ),
)
CONNECTION_TARGET = Question(
    "connection_target",
    points=3,
    hints=(
        "`urllib.parse.urlsplit` knows how to take a URL apart. What it leaves to you: the "
        "default ports, an empty path, and what is forbidden.",
        "The resource name is the path (`/` if there is none), and the query with its `?` if "
        "there is one.",
        "`parts.port` is None where the URL names no port: 443 for `wss`, 80 for `ws`. A `#` "
        "anywhere in a WebSocket URL is an error.",
    ),
)
WANTS_WEBSOCKET = Question(
    "wants_websocket",
    points=2,
    hints=(
        "Print what Firefox sends: its `Connection` header has two values in one line.",
        "`Connection` is a list of tokens with commas between them, and tokens are compared "
        "without regard to case.",
        "Split at the commas, strip and lower-case each part, and look for the token among them. "
        "`in` on the whole text would also find it inside a longer word.",
    ),
)
RESPOND = Question(
    "respond",
    points=4,
    hints=(
        "Decide first, write second: find the status code, then build lines for it.",
        "A response is: the status line, one line a header, an empty line. Each line ends with "
        "`\\r\\n`, the empty one too.",
        "Check in this order: method (405), the two upgrade headers (426), version (426, and name "
        "the version you do speak), key (400). What is left is a 101 with three headers.",
    ),
)
FIRST_REPLY_MS = Question(
    "first_reply_ms",
    points=1,
    hints=(
        "Count journeys there and back. What must come back before the client may go on?",
        "TCP's handshake, TLS's handshake, the opening handshake, and at last the message.",
        "Each of those four takes one round trip.",
    ),
)
QUESTIONS = (
    ACCEPT_KEY,
    PARSE_REQUEST,
    CONNECTION_TARGET,
    WANTS_WEBSOCKET,
    RESPOND,
    FIRST_REPLY_MS,
)

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def fresh_key(rng):
    return base64.b64encode(rng.randbytes(16)).decode()


def right_accept(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def word(rng, length=8):
    return "".join(rng.choices(string.ascii_lowercase, k=length))


# --- accept_key


@ACCEPT_KEY
def test_rfc_example(answer):
    """The RFC's own key gives the RFC's own answer."""
    got = answer.accept_key("dGhlIHNhbXBsZSBub25jZQ==")
    right = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    if isinstance(got, bytes):
        expect(got, right, "a header value is text: decode what base64 gives")
    expect_that(got is not None, got, "return the value; printing it gives nothing back", right)
    expect_that(
        not isinstance(got, str) or got == got.strip(),
        got,
        "the value is the base64 text, nothing before or after it, no line break either",
        right,
    )
    expect_that(
        not isinstance(got, str) or len(got) != 56,
        got,
        "base64 the 20 bytes of the digest, not the 40 hexadecimal characters that describe them",
        right,
    )
    decoded_first = hashlib.sha1(b"the sample nonce" + GUID.encode()).digest()
    expect_that(
        got != base64.b64encode(decoded_first).decode(),
        got,
        "use the key as the text it is: it is not decoded from base64 first",
        right,
    )
    swapped = hashlib.sha1((GUID + "dGhlIHNhbXBsZSBub25jZQ==").encode()).digest()
    expect_that(
        got != base64.b64encode(swapped).decode(), got, "the key comes first, then the GUID", right
    )
    lower_case = hashlib.sha1(("dGhlIHNhbXBsZSBub25jZQ==" + GUID.lower()).encode()).digest()
    expect_that(
        got != base64.b64encode(lower_case).decode(), got, "write the GUID in capitals", right
    )
    expect(got, right, "base64 of the SHA-1 digest of the key and the GUID, glued together")


@ACCEPT_KEY
def test_fresh_keys(answer, rng):
    """It works for keys that nobody has seen before."""
    for _ in range(5):
        key = fresh_key(rng)
        expect(answer.accept_key(key), right_accept(key), "every key has an answer of its own")


# --- parse_request


def head(target, headers):
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@PARSE_REQUEST
def test_request_line(answer, rng):
    """The request line becomes method, target and version."""
    target = f"/{word(rng)}?room={word(rng)}"
    got = answer.parse_request(head(target, [("Host", "example.org")]))
    expect_that(isinstance(got, dict), got, "return a dictionary", "{'method': …, 'target': …, …}")
    expect_that(
        not isinstance(got.get("method"), bytes), got.get("method"), "decode the bytes into text"
    )
    expect(got.get("method"), "GET", "the method is the first word of the first line")
    expect(got.get("target"), target, "the target is the second word, with its query")
    expect(got.get("version"), "HTTP/1.1", "the version is the last word of the first line")


@PARSE_REQUEST
def test_headers(answer, rng):
    """Header names are lower-cased, values stripped, colons in values kept."""
    port = rng.randrange(1024, 65536)
    headers = [("Host", f"127.0.0.1:{port}"), ("X-Empty", ""), ("UPGRADE", "  WebSocket\t")]
    got = answer.parse_request(head("/", headers)).get("headers")
    right = {"host": f"127.0.0.1:{port}", "x-empty": "", "upgrade": "WebSocket"}
    expect_that(isinstance(got, dict), got, "the headers are a dictionary", repr(right))
    names = set(got)
    expect(names, set(right), "one entry a header line, its name in lower case")
    for name, value in right.items():
        expect(
            got[name],
            value,
            f"the value of {name!r} is all that follows the first colon, without the white space "
            "around it, in the case in which it came",
        )


@PARSE_REQUEST
def test_repeated_header(answer, rng):
    """A header that comes twice is one list."""
    one, two = word(rng), word(rng)
    headers = [("Sec-WebSocket-Protocol", one), ("Host", "a"), ("sec-websocket-protocol", two)]
    got = answer.parse_request(head("/", headers))["headers"].get("sec-websocket-protocol")
    expect(got, f"{one}, {two}", "join the values of a repeated header with a comma and a space")


@PARSE_REQUEST
def test_broken_requests(answer):
    """What is not a request raises ValueError."""
    for broken, why in (
        (b"GET /\r\n\r\n", "a request line of two words: raise ValueError"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "a header line without a colon: raise ValueError"),
        (b"\r\n\r\n", "no request line at all: raise ValueError"),
    ):
        expect_that(
            answer.raises(lambda data=broken: answer.parse_request(data), "ValueError"),
            None,
            why,
            "ValueError",
        )


# --- connection_target


@CONNECTION_TARGET
def test_default_ports(answer, rng):
    """Without a port, ws means 80 and wss means 443."""
    host = f"{word(rng)}.example"
    for scheme, port in (("ws", 80), ("wss", 443)):
        got = answer.connection_target(f"{scheme}://{host}/chat")
        expect_that(
            isinstance(got, tuple) and len(got) == 4,
            got,
            "return a tuple of four: secure, host, port, resource name",
        )
        expect(got, (scheme == "wss", host, port, "/chat"), f"{scheme}:// means port {port}")


@CONNECTION_TARGET
def test_named_port(answer, rng):
    """A port in the URL wins, and is a number."""
    port = rng.randrange(1024, 65536)
    got = answer.connection_target(f"ws://127.0.0.1:{port}/")
    right = (False, "127.0.0.1", port, "/")
    expect_that(isinstance(got, tuple) and len(got) == 4, got, "return a tuple of four", str(right))
    expect(got[1], "127.0.0.1", "the host has no port in it")
    expect(got[2], port, "the port is a number, the one in the URL")
    expect(got, right, "the port of the URL is the port to connect to")


@CONNECTION_TARGET
def test_resource_name(answer, rng):
    """The resource name is path and query, and never empty."""
    query = f"{word(rng)}={word(rng)}"
    for url, resource in (
        ("ws://a.example", "/"),
        (f"ws://a.example/x/y?{query}", f"/x/y?{query}"),
        (f"ws://a.example?{query}", f"/?{query}"),
    ):
        expect(
            answer.connection_target(url)[3],
            resource,
            "the resource name is the path, or / where there is none, and the query behind a ?",
        )


@CONNECTION_TARGET
def test_forbidden(answer):
    """Other schemes, and fragments, raise ValueError."""
    for url in ("http://a.example/", "a.example/chat", "ws://a.example/#top", "wss://a.example/#"):
        expect_that(
            answer.raises(lambda url=url: answer.connection_target(url), "ValueError"),
            None,
            f"{url} is no WebSocket URL (RFC 6455, section 3): raise ValueError",
            "ValueError",
        )


# --- wants_websocket


@WANTS_WEBSOCKET
def test_plain_upgrade(answer):
    """The textbook request is recognised."""
    got = answer.wants_websocket({"connection": "Upgrade", "upgrade": "websocket"})
    expect(got, True, "this is the RFC's own example")


@WANTS_WEBSOCKET
def test_firefox(answer, rng):
    """Firefox's `keep-alive, Upgrade` is recognised, in any case and order."""
    for connection in ("keep-alive, Upgrade", "UPGRADE,keep-alive", f"{word(rng)} , uPgrade"):
        got = answer.wants_websocket({"connection": connection, "upgrade": "WebSocket"})
        expect(
            got,
            True,
            f"`Connection: {connection}` has the token `upgrade` in its list; tokens are compared "
            "without regard to case, and without the white space around them",
        )


@WANTS_WEBSOCKET
def test_others_are_refused(answer, rng):
    """A request that does not ask for a WebSocket is not one."""
    for headers, why in (
        ({}, "a plain GET has neither header"),
        ({"connection": "keep-alive", "upgrade": "websocket"}, "`Connection` must name upgrade"),
        ({"connection": "Upgrade"}, "without `Upgrade` nobody knows to what"),
        ({"connection": "Upgrade", "upgrade": "h2c"}, "h2c is HTTP/2, not a WebSocket"),
        (
            {"connection": f"no-upgrade-{word(rng)}", "upgrade": "websocket"},
            "a token counts as a whole, not as a part of a longer word",
        ),
        (
            {"connection": "Upgrade", "upgrade": f"websocket{word(rng)}"},
            "a token counts as a whole, not as the beginning of a longer word",
        ),
    ):
        expect(answer.wants_websocket(headers), False, why)


# --- respond


def opening_request(key, **changes):
    headers = {
        "host": "example.org",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-key": key,
        "sec-websocket-version": "13",
    }
    request = {"method": "GET", "target": "/chat", "version": "HTTP/1.1", "headers": headers}
    for name, value in changes.items():
        if name == "method":
            request["method"] = value
        elif value is None:
            del headers[name.replace("_", "-")]
        else:
            headers[name.replace("_", "-")] = value
    return request


def parsed(response):
    expect_that(
        isinstance(response, bytes), response, "return the response as bytes", "b'HTTP/1.1 …'"
    )
    expect_that(
        b"\n" not in response.replace(b"\r\n", b""), response, r"every line ends with \r\n, not \n"
    )
    expect_that(
        b"\r\n\r\n" in response,
        response,
        r"an empty line ends the head: the last header's \r\n and one more \r\n",
    )
    lines = response.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    version, _, rest = lines[0].partition(" ")
    expect(version, "HTTP/1.1", "the status line begins with the version")
    expect_that(
        rest[:3].isdigit() and rest[3:4] == " ",
        lines[0],
        "the status line is the version, a code of three digits and a reason, with a space between",
        "HTTP/1.1 101 Switching Protocols",
    )
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        expect_that(bool(colon), line, "a header line has a colon after its name")
        headers[name.lower()] = value.strip()
    return int(rest[:3]), headers


def refused(response):
    status, headers = parsed(response)
    if status != 101:
        expect(
            headers.get("content-length"),
            "0",
            "without Content-Length: 0 the client waits for a body until the connection ends",
        )
    return status, headers


@RESPOND
def test_upgrade(answer, rng):
    """A good request is answered with 101 and the right three headers."""
    key = fresh_key(rng)
    status, headers = parsed(answer.respond(opening_request(key)))
    expect(status, 101, "nothing is wrong with this request: switch protocols")
    for name, value in (("upgrade", "websocket"), ("connection", "upgrade")):
        expect(headers.get(name, "").lower(), value, f"a 101 says to what it switches: {name}")
    expect(
        headers.get("sec-websocket-accept"),
        right_accept(key),
        "Sec-WebSocket-Accept proves that you read this very key",
    )


@RESPOND
def test_real_client(answer, rng):
    """The `websockets` library accepts the response, over a real socket."""

    failures = []

    async def conversation():
        async def serve(reader, writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, version = head[0].split(" ")
            pairs = (line.split(": ", 1) for line in head[1:] if line)
            headers = {name.lower(): value for name, value in pairs}
            request = {"method": method, "target": target, "version": version, "headers": headers}
            try:
                writer.write(await asyncio.to_thread(answer.respond, request))
            except AnswerError as exc:
                failures.append(exc)
            writer.write_eof()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            try:
                async with connect(f"ws://127.0.0.1:{port}/{word(rng)}", proxy=None) as client:
                    return client.response.status_code
            except Exception as exc:
                return str(exc)

    got = asyncio.run(conversation())
    if failures:
        raise failures[0]
    expect(got, 101, "a real client must be able to read the response and believe it")


@RESPOND
def test_refusals(answer, rng):
    """Each bad request gets the status that names what is wrong."""
    for changes, status, why in (
        ({"method": "POST"}, 405, "only GET can open a WebSocket"),
        ({"upgrade": None}, 426, "a plain GET: tell it that this place wants an upgrade"),
        ({"connection": "keep-alive"}, 426, "`Connection` does not name the upgrade"),
        ({"sec_websocket_version": "8"}, 426, "this server speaks version 13 only"),
        ({"sec_websocket_key": None}, 400, "without a key there is nothing to prove"),
        ({"sec_websocket_key": "c2hvcnQ="}, 400, "the key must decode to 16 bytes"),
        ({"sec_websocket_key": "not base64!"}, 400, "the key must be base64"),
    ):
        got, _ = refused(answer.respond(opening_request(fresh_key(rng), **changes)))
        expect(got, status, why)


@RESPOND
def test_names_its_version(answer, rng):
    """A 426 for the wrong version says which version would do."""
    request = opening_request(fresh_key(rng), sec_websocket_version=str(rng.randrange(14, 99)))
    _, headers = refused(answer.respond(request))
    expect(
        headers.get("sec-websocket-version"),
        "13",
        "send Sec-WebSocket-Version: 13 along, so that the client can try again (section 4.4)",
    )


# --- first_reply_ms


@FIRST_REPLY_MS
def test_round_trips(answer):
    """The prediction counts every round trip."""
    got = answer.value("first_reply_ms")
    expect_that(
        isinstance(got, int | float) and not isinstance(got, bool), got, "a number of milliseconds"
    )
    right = 4 * 80
    mistakes = {
        0.32: "give it in milliseconds, not seconds",
        80: "that is one round trip: the message and its reply alone, on a connection that stands",
        160: "TCP and the message make two round trips; two more things must be settled between",
        240: "three round trips is right for ws://; with wss:// there is one more handshake",
        400: "TLS 1.2 took two round trips; TLS 1.3 takes one",
    }
    expect_that(got not in mistakes, got, mistakes.get(got, ""))
    expect(
        float(got), float(right), "TCP, TLS, the opening handshake, the message: count each once"
    )
