"""Exercise 02: the opening handshake."""

import asyncio
import base64
import hashlib
import re
import string

from websockets.asyncio.client import connect

from course_lib.exercises.question import Question
from course_lib.judge.bench_process import AnswerError
from course_lib.judge.expect import asked, expect, expect_guess, expect_raises, expect_that

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
RFC_KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def fresh_key(rng):
    return base64.b64encode(rng.randbytes(16)).decode()


def accept_of(data):
    return base64.b64encode(hashlib.sha1(data).digest()).decode()


def right_accept(key):
    return accept_of((key + GUID).encode())


def word(rng, length=8):
    return "".join(rng.choices(string.ascii_lowercase, k=length))


# --- accept_key


@ACCEPT_KEY
def test_rfc_example(answer):
    """The RFC's own key gives the RFC's own answer."""
    right = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    hexadecimal = hashlib.sha1((RFC_KEY + GUID).encode()).hexdigest()
    expect(
        lambda: answer.accept_key(RFC_KEY),
        right,
        "base64 of the SHA-1 digest of the key and the GUID, glued together",
        mistakes={
            None: "return the value; printing it gives nothing back",
            right.encode(): "a header value is text: decode what base64 gives",
            f"{right}\n": "the value is the base64 text alone, no line break behind it",
            right.replace("+", "-"): "a `-` is of another alphabet, base64url",
            f"b{right!r}": "`str` of bytes writes their b'…' along: decode them",
            hexadecimal: "that is the digest in hexadecimal: write its 20 bytes in base64",
            base64.b64encode(hexadecimal.encode()).decode(): (
                "base64 the 20 bytes of the digest, not the 40 hexadecimal characters that "
                "describe them"
            ),
            accept_of(b"the sample nonce" + GUID.encode()): (
                "use the key as the text it is: it is not decoded from base64 first"
            ),
            accept_of((GUID + RFC_KEY).encode()): "the key comes first, then the GUID",
            right_accept(RFC_KEY.rstrip("=")): "the `==` at its end belongs to the key",
            accept_of((RFC_KEY + GUID.lower()).encode()): "write the GUID in capitals",
        },
    )


@ACCEPT_KEY
def test_fresh_keys(answer, rng):
    """It works for keys that nobody has seen before."""
    for key in ("A" * 22 + "==", "/" * 21 + "w==", "+" * 21 + "w==", *map(fresh_key, [rng] * 5)):
        expect(
            lambda key=key: answer.accept_key(key),
            right_accept(key),
            "every key has an answer of its own",
        )
    key = RFC_KEY.replace("Q==", "R==")
    expect(
        lambda: answer.accept_key(key),
        right_accept(key),
        "the key counts as the text that it is, even where another text stands for the same bytes",
    )


# --- parse_request


def head(headers, request_line="GET / HTTP/1.1"):
    return "\r\n".join([request_line, *headers, "", ""]).encode()


def headers_of(answer, *headers):
    got = answer.parse_request(head(headers))
    expect_that(isinstance(got, dict), got, "return a dictionary", "{'method': …, 'target': …, …}")
    got = got.get("headers")
    expect_that(isinstance(got, dict), got, "the headers are a dictionary", "{'host': …, …}")
    return got


@PARSE_REQUEST
def test_parse_example(answer):
    """The example of the question."""
    data = b"GET /chat?room=1 HTTP/1.1\r\nHost: a.example:80\r\nUpgrade: websocket\r\n\r\n"
    right = {
        "method": "GET",
        "target": "/chat?room=1",
        "version": "HTTP/1.1",
        "headers": {"host": "a.example:80", "upgrade": "websocket"},
    }
    expect(lambda: answer.parse_request(data), right, "a dictionary of these four entries")


@PARSE_REQUEST
def test_request_line(answer, rng):
    """The request line becomes method, target and version."""
    for line in (
        "GET / HTTP/1.1",
        f"POST /{word(rng)}?room={word(rng)}&x=1:2 HTTP/1.0",
        "GET /Chat%20Room?Id=A HTTP/1.1",
        "OPTIONS * HTTP/1.1",
    ):
        method, target, version = line.split()
        got = answer.parse_request(head(["Host: example.org"], line))
        expect_that(isinstance(got, dict), got, "return a dictionary", "{'method': …, …}")
        expect(
            got.get("method"),
            method,
            "the method is the first word of the first line",
            mistakes={method.encode(): "decode the bytes into text"},
        )
        expect(
            got.get("target"), target, "the target is the second word, with its query, as it came"
        )
        expect(got.get("version"), version, "the version is the last word of the first line")


@PARSE_REQUEST
def test_no_headers(answer):
    """A request may have no headers at all."""
    expect(lambda: headers_of(answer), {}, "there is no header line, so there is no entry either")


@PARSE_REQUEST
def test_headers(answer, rng):
    """Header names are lower-cased, values stripped, all else in a value kept."""
    place = f"127.0.0.1:{rng.randrange(1024, 65536)}"
    lines = {
        f"Host: {place}": ("host", place),
        f"ORIGIN:http://{place}": ("origin", f"http://{place}"),
        "X-Empty:": ("x-empty", ""),
        "uPGRADE: \t WebSocket \t": ("upgrade", "WebSocket"),
        "User-Agent: Some  Browser/1.0 (by: Me)": ("user-agent", "Some  Browser/1.0 (by: Me)"),
    }
    expect(
        lambda: sorted(headers_of(answer, *lines)),
        sorted(name for name, _ in lines.values()),
        "one entry for each header line, named by what stands before its first colon, in lower "
        "case; whether a space follows the colon does not matter",
    )
    got = headers_of(answer, *lines)
    for line, (name, value) in lines.items():
        expect(
            got[name],
            value,
            f"the value of the line {line!r} is all that follows the first colon, without the "
            "white space around it, in the case in which it came",
        )


@PARSE_REQUEST
def test_repeated_header(answer, rng):
    """A header that comes more than once is one list."""
    values = [word(rng), word(rng), "same", "same"]
    names = ("Sec-WebSocket-Protocol", "sec-websocket-protocol", "SEC-WEBSOCKET-PROTOCOL")
    lines = [f"{name}: {value}" for name, value in zip((*names, names[0]), values, strict=True)]
    got = headers_of(answer, lines[0], "Host: a", *lines[1:])
    expect(
        got.get(names[1]),
        ", ".join(values),
        "join the values of a repeated header with a comma and a space, in the order of the lines",
    )
    expect(got.get("host"), "a", "a header between them keeps a value of its own")


@PARSE_REQUEST
def test_requests_share_nothing(answer):
    """The headers of one request stay out of the next."""
    headers_of(answer, "Host: first.example", "Cookie: first")
    got = headers_of(answer, "Host: second.example")
    expect_that(
        "first" not in str(got),
        got,
        "this is a second request, and here are headers of the first: begin with a new dictionary",
    )


@PARSE_REQUEST
def test_broken_requests(answer):
    """What is not a request raises ValueError."""
    for line in ("GET /", "GET", "", "GET /a b HTTP/1.1", "GET / HTTP/1.1 x y"):
        expect_raises(
            lambda line=line: answer.parse_request(head(["Host: a"], line)),
            "ValueError",
            f"a request line has three words, and this one has {len(line.split())}",
        )
    for lines in (["no colon"], ["no colon", "Host: a"], ["Host: a", "no colon"]):
        expect_raises(
            lambda lines=lines: answer.parse_request(head(lines)),
            "ValueError",
            "each header line must have a colon",
        )


# --- connection_target


@CONNECTION_TARGET
def test_target_examples(answer):
    """The examples of the question, and one more of their kind."""
    for url, right in (
        ("wss://chat.example/rooms?id=7", (True, "chat.example", 443, "/rooms?id=7")),
        ("ws://127.0.0.1:8000", (False, "127.0.0.1", 8000, "/")),
        ("ws://[::1]:8000/", (False, "::1", 8000, "/")),
        ("wss://[2001:db8::7]/chat", (True, "2001:db8::7", 443, "/chat")),
    ):
        expect(
            lambda url=url: answer.connection_target(url),
            right,
            "a tuple of four: secure, host, port, resource name",
            mistakes={None: "return the tuple; printing it gives nothing back"},
        )


@CONNECTION_TARGET
def test_default_ports(answer, rng):
    """Without a port, ws means 80 and wss means 443, in any case."""
    host = f"{word(rng)}.example"
    for scheme, port in (("ws", 80), ("wss", 443), ("WS", 80), ("Wss", 443)):
        secure = port == 443
        expect(
            lambda scheme=scheme: answer.connection_target(f"{scheme}://{host}/chat"),
            (secure, host, port, "/chat"),
            f"{scheme}:// means {'encrypted' if secure else 'not encrypted'}, and port {port}",
        )


@CONNECTION_TARGET
def test_named_port(answer, rng):
    """A port in the URL wins, and is a number."""
    for scheme, port in (
        ("ws", 443),
        ("wss", 80),
        ("ws", 1),
        ("wss", 65535),
        ("ws", rng.randrange(1024, 65535)),
    ):
        url = f"{scheme}://127.0.0.1:{port}/"
        right = (scheme == "wss", "127.0.0.1", port, "/")
        secure, host, _, resource = right
        expect(
            lambda url=url: answer.connection_target(url),
            right,
            "the port of the URL is the port to connect to, and only the scheme says whether to "
            "encrypt",
            mistakes={
                (secure, host, str(port), resource): "the port is a number",
                (secure, f"{host}:{port}", port, resource): "the host has no port in it",
            },
        )


@CONNECTION_TARGET
def test_resource_name(answer, rng):
    """The resource name is path and query, and never empty."""
    query = f"{word(rng)}={word(rng)}"
    for rest, resource in (
        ("", "/"),
        ("/", "/"),
        (f"/x/y/?{query}", f"/x/y/?{query}"),
        (f"?{query}", f"/?{query}"),
        (":8000?next=/lobby", "/?next=/lobby"),
        ("/x?from=http://b.example/?a", "/x?from=http://b.example/?a"),
        ("/A%20b;v=1?Q=%23x", "/A%20b;v=1?Q=%23x"),
    ):
        expect(
            lambda rest=rest: answer.connection_target(f"ws://a.example{rest}"),
            (False, "a.example", 8000 if ":8000" in rest else 80, resource),
            "the resource name is the path, or / where there is none, and the query behind a ?, "
            "both as they stand in the URL; the host ends before them",
        )


@CONNECTION_TARGET
def test_forbidden(answer):
    """Other schemes, and fragments, raise ValueError."""
    for url in ("http", "https", "wsx", "news", ""):
        url = f"{url}://a.example/chat".removeprefix("://")
        expect_raises(
            lambda url=url: answer.connection_target(url),
            "ValueError",
            f"{url} is no WebSocket URL: its scheme is neither ws nor wss",
        )
    for rest in ("/#top", "#top", "/#", "#", "/chat?room=1#", ":8000/#/chat"):
        expect_raises(
            lambda rest=rest: answer.connection_target(f"wss://a.example{rest}"),
            "ValueError",
            f"wss://a.example{rest} is no WebSocket URL: it has a # (RFC 6455, section 3)",
        )


# --- wants_websocket


def expect_wants(answer, headers, right, why):
    """Hold an answer to its truth: whatever counts as true or false in Python will do."""

    def truth():
        got = answer.wants_websocket(headers)
        return right if bool(got) is right else got

    expect(truth, right, why)


@WANTS_WEBSOCKET
def test_plain_upgrade(answer):
    """The textbook request is recognised."""
    headers = {"connection": "Upgrade", "upgrade": "websocket"}
    expect_wants(answer, headers, True, "this is the RFC's own example")


@WANTS_WEBSOCKET
def test_firefox(answer, rng):
    """Firefox's `keep-alive, Upgrade` is recognised, and every list like it."""
    for connection in (
        "keep-alive, Upgrade",
        "Upgrade, keep-alive",
        "keep-alive,Upgrade",
        "keep-alive \t,\t Upgrade , x",
        f"{word(rng)}, {word(rng)}, Upgrade",
    ):
        expect_wants(
            answer,
            {"connection": connection, "upgrade": "websocket"},
            True,
            f"{connection!r} is a list with commas between its words, and Upgrade is one of them; "
            "white space around a word does not count",
        )


@WANTS_WEBSOCKET
def test_case(answer):
    """Upper and lower case mean the same in both headers."""
    why = "the words are compared without regard to case"
    for connection, upgrade in (("upgrade", "websocket"), ("UPGRADE", "WebSocket")):
        headers = {"connection": connection, "upgrade": upgrade}
        expect_wants(answer, headers, True, why)
    headers = {"connection": "Keep-Alive, uPGRADE", "upgrade": "WEBSOCKET"}
    expect_wants(answer, headers, True, f"{why}, in a list as well")


@WANTS_WEBSOCKET
def test_others_are_refused(answer, rng):
    """A request that does not ask for a WebSocket is not one."""
    whole = "a word counts as a whole, not as a part of a longer one"
    for connection, upgrade, why in (
        (None, None, "a plain GET has neither header"),
        (None, "websocket", "without `Connection` the upgrade is not meant for this server"),
        ("Upgrade", None, "without `Upgrade` nobody knows to what"),
        ("keep-alive", "websocket", "`Connection` must name upgrade"),
        ("", "websocket", "`Connection` must name upgrade"),
        ("Upgrade", "", "an empty `Upgrade` asks for nothing"),
        ("Upgrade", "h2c", "h2c is HTTP/2, not a WebSocket"),
        ("websocket", "Upgrade", "each header must have its own word, not the other's"),
        ("no-upgrade", "websocket", whole),
        (f"keep-alive, upgrade{word(rng)}", "websocket", whole),
        ("Upgrade", "websockets", whole),
        ("Upgrade", f"{word(rng)}websocket", whole),
    ):
        pairs = {"connection": connection, "upgrade": upgrade}
        headers = {name: value for name, value in pairs.items() if value is not None}
        expect_wants(answer, headers, False, why)


# --- respond


def opening_request(key=RFC_KEY, method="GET", **changes):
    headers = {
        "host": "example.org",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-key": key,
        "sec-websocket-version": "13",
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    headers = {name: value for name, value in headers.items() if value is not None}
    return {"method": method, "target": "/chat", "version": "HTTP/1.1", "headers": headers}


def parsed(response):
    """Status, headers and body of a response."""
    expect_that(
        isinstance(response, bytes), response, "return the response as bytes", "b'HTTP/1.1 …'"
    )
    head, end, body = response.partition(b"\r\n\r\n")
    lone = b"\n" in (head if end else response).replace(b"\r\n", b"")
    expect_that(not lone, response, r"every line of the head ends with \r\n, not with \n alone")
    expect_that(
        bool(end),
        response,
        r"an empty line ends the head: the last header's \r\n and one more \r\n",
    )
    lines = head.decode("latin-1").split("\r\n")
    expect_that(
        re.match(r"HTTP/1\.1 \d{3} ", lines[0]) is not None,
        lines[0],
        "the status line is HTTP/1.1, a code of three digits and a reason, with spaces between",
        "HTTP/1.1 101 Switching Protocols",
    )
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        expect_that(bool(colon), line, "a header line has a colon after its name")
        headers[name.lower()] = value.strip()
    return int(lines[0].split()[1]), headers, body


def expect_refusal(answer, request, right, why):
    """Fail unless the request is refused with a status and the headers that belong to it."""
    status, headers, body = asked(lambda: parsed(answer.respond(request)), why, str(right))
    expect(status, right, why)
    expect(
        headers.get("content-length"),
        str(len(body)),
        "a refusal says how long its body is (`Content-Length: 0` for none), or the client waits "
        "for more until the connection ends",
    )
    if status == 405:
        expect_header(headers, "Allow", "GET", "a 405 names the method that would do")
    if status == 426:
        expect_header(headers, "Upgrade", "websocket", "a 426 says which protocol would do")
        expect_header(
            headers, "Connection", "Upgrade", "`Upgrade` never comes without `Connection: Upgrade`"
        )
    return headers


def expect_header(headers, name, value, why):
    values = [part.strip().lower() for part in headers.get(name.lower(), "").split(",")]
    expect_that(value.lower() in values, headers, why, f"{name}: {value}")


def expect_welcome(answer, key, request):
    """Fail unless the request is answered with a flawless 101."""
    why = "nothing is wrong with this request: switch protocols"
    status, headers, body = asked(lambda: parsed(answer.respond(request)), why, "101")
    expect(status, 101, why)
    expect_header(headers, "Upgrade", "websocket", "a 101 says to what it switches")
    expect_header(
        headers, "Connection", "Upgrade", "`Upgrade` never comes without `Connection: Upgrade`"
    )
    expect(
        headers.get("sec-websocket-accept"),
        right_accept(key),
        "Sec-WebSocket-Accept proves that you read this very key",
    )
    expect(body, b"", "nothing of a 101 stands behind its empty line: the next byte is a frame's")
    length = headers.get("content-length")
    expect_that(length is None, length, "a 101 has no Content-Length: frames follow, and no body")


@RESPOND
def test_upgrade(answer, rng):
    """A good request is answered with 101 and the right three headers."""
    for key in (RFC_KEY, "A" * 22 + "==", "/" * 21 + "w==", "+" * 21 + "w==", fresh_key(rng)):
        expect_welcome(answer, key, opening_request(key))
    firefox = opening_request(connection="keep-alive, Upgrade", upgrade="WebSocket")
    expect_welcome(answer, RFC_KEY, firefox)


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
                response = await asyncio.to_thread(answer.respond, request)
                writer.write(response if isinstance(response, bytes) else b"")
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
    why = "a real client must be able to read the response and believe it"
    expect_that(got == 101, got, why, "101")


@RESPOND
def test_refusals(answer):
    """Each bad request gets the status that names what is wrong."""
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        request = opening_request(method=method)
        expect_refusal(answer, request, 405, "only GET can open a WebSocket")
    for changes, why in (
        ({"upgrade": None}, "without `Upgrade` it does not ask for a WebSocket"),
        ({"upgrade": "h2c"}, "it asks for another protocol"),
        ({"connection": None}, "without `Connection` it does not ask for a WebSocket"),
        ({"connection": "keep-alive"}, "`Connection` does not name the upgrade"),
    ):
        expect_refusal(answer, opening_request(**changes), 426, why)


@RESPOND
def test_versions(answer, rng):
    """Any version but 13 gets a 426 that says which would do."""
    drawn = str(rng.randrange(14, 99))
    for version in (None, "", "8", "12", "14", "0", "3", "113", "130", "thirteen", drawn):
        request = opening_request(sec_websocket_version=version)
        found = "is missing" if version is None else f"is {version!r}, not 13"
        headers = expect_refusal(answer, request, 426, f"`Sec-WebSocket-Version` {found}")
        expect(
            headers.get("sec-websocket-version"),
            "13",
            "send Sec-WebSocket-Version: 13 along, so that the client can try again (section 4.4)",
        )


@RESPOND
def test_keys(answer, rng):
    """A key that is missing, or is not 16 bytes in base64, gets a 400."""
    for key, why in (
        (None, "without a key there is nothing to prove"),
        ("", "an empty key is no key"),
        ("not base64!", "the key 'not base64!' is not base64"),
        (RFC_KEY.replace("Q", "="), "the 24 characters of this key are not base64"),
        (RFC_KEY.rstrip("="), "base64 of 16 bytes ends with ==, and this key doesn't"),
        (f"{RFC_KEY[:11]}*{RFC_KEY[11:]}", "an asterisk is no letter of base64"),
        ("-" * 21 + "w==", "a - is no letter of base64, but of another alphabet, base64url"),
        *(
            (base64.b64encode(rng.randbytes(size)).decode(), f"this key decodes to {size} bytes")
            for size in (2, 15, 17, 18, 20, 32)
        ),
    ):
        expect_refusal(answer, opening_request(key), 400, why)


@RESPOND
def test_the_first_line_decides(answer):
    """Where several things are wrong, the first line of the table decides."""
    for request, status, why in (
        (
            opening_request(None, connection=None, upgrade=None, sec_websocket_version=None),
            426,
            "this is what a browser's address bar sends: it does not ask for a WebSocket, and "
            "that stands above version and key",
        ),
        (
            opening_request(None, "POST", upgrade=None, sec_websocket_version="8"),
            405,
            "the method stands above all the others",
        ),
        (opening_request("short", sec_websocket_version="8"), 426, "the version before the key"),
        (opening_request(None, upgrade="h2c"), 426, "the upgrade before the key"),
    ):
        expect_refusal(answer, request, status, why)


@RESPOND
def test_responses_share_nothing(answer):
    """A response does not depend on the requests before it."""
    expect_refusal(answer, opening_request(None), 400, "without a key there is nothing to prove")
    expect_welcome(answer, RFC_KEY, opening_request())
    request = opening_request(sec_websocket_version="8")
    headers = expect_refusal(answer, request, 426, "`Sec-WebSocket-Version` is 8, not 13")
    accept = headers.get("sec-websocket-accept")
    expect_that(accept is None, accept, "a refusal holds nothing of the response before it")


# --- first_reply_ms


@FIRST_REPLY_MS
def test_round_trips(answer):
    """The prediction counts every round trip."""
    got = answer.value("first_reply_ms")
    expect_that(
        isinstance(got, int | float) and not isinstance(got, bool), got, "a number of milliseconds"
    )
    expect_guess(
        got,
        4 * 80,
        "TCP, TLS, the opening handshake, the message: count each once",
        mistakes={
            4: "those are the round trips; the question asks for milliseconds",
            0.32: "give it in milliseconds, not seconds",
            80: "that is one round trip: the message and its reply alone, on a connection that "
            "stands",
            160: "two round trips are not enough: which handshakes come before the message?",
            240: "three round trips is right for ws://; with wss:// there is one more handshake",
            280: "the message and its reply make a whole round trip, not half of one",
            400: "five round trips is right for TLS 1.2, which takes two; TLS 1.3 takes one",
        },
    )
