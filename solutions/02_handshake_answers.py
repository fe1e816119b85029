# %% wrong accept_key: hexadecimal digest
# says: not the 40 hexadecimal characters
# with: .digest() -> .hexdigest().encode()

# %% wrong accept_key: bytes instead of text
# says: a header value is text
# with: b64encode(digest).decode() -> b64encode(digest)

# %% wrong accept_key: the bytes written as Python shows them
# says: writes their b'…' along
# with: base64.b64encode(digest).decode() -> str(base64.b64encode(digest))

# %% wrong accept_key: the key decoded first
# says: it is not decoded from base64 first
# with: (key + GUID).encode() -> base64.b64decode(key) + GUID.encode()

# %% wrong accept_key: the key made canonical
# says: the key counts as the text that it is
# with: key + GUID -> base64.b64encode(base64.b64decode(key)).decode() + GUID

# %% wrong accept_key: the GUID first
# says: the key comes first, then the GUID
# with: key + GUID -> GUID + key

# %% wrong accept_key: the example learnt by heart
# says: every key has an answer of its own
def accept_key(key):
    return "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

# %% wrong accept_key: the GUID in lower case
# says: the GUID in capitals
# with: key + GUID -> key + GUID.lower()

# %% wrong accept_key: printed, not returned
# says: return the value
# with: return base64.b64encode(digest).decode() -> print(base64.b64encode(digest).decode())

# %% wrong accept_key: a line break at the end
# says: no line break behind it
# with: b64encode(digest) -> encodebytes(digest)

# %% wrong accept_key: the other alphabet
# says: a `-` is of another alphabet
# with: b64encode(digest) -> urlsafe_b64encode(digest)

# %% wrong accept_key: text hashed without encoding
# says: base64 of the SHA-1 digest of the key and the GUID
# with: (key + GUID).encode() -> key + GUID

# %% right accept_key: binascii instead of base64
import binascii
from hashlib import new

def accept_key(key: str) -> str:
    digest = new("sha1")
    for part in (key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"):
        digest.update(part.encode("ascii"))
    return str(binascii.b2a_base64(digest.digest(), newline=False), "ascii")

# %% wrong parse_request: split at the last colon
# says: what stands before its first colon
# with: line.partition(":") -> line.rpartition(":")

# %% wrong parse_request: split at a colon and a space
# says: whether a space follows the colon does not matter
# with: line.partition(":") -> line.partition(": ")

# %% wrong parse_request: the last of two headers wins
# says: join the values of a repeated header
# with: f"{headers[name]}, {value}" if name in headers else value -> value

# %% wrong parse_request: joined without a space
# says: with a comma and a space
# with: , {value}" -> ,{value}"

# %% wrong parse_request: the latest value first
# says: in the order of the lines
# with: {headers[name]}, {value} -> {value}, {headers[name]}

# %% wrong parse_request: names kept in their case
# says: in lower case; whether
# with: name.lower() -> name

# %% wrong parse_request: values in lower case, too
# says: in the case in which it came
# with: value.strip() -> value.strip().lower()

# %% wrong parse_request: one space taken away, and no more
# says: without the white space around it
# with: value.strip() -> value.removeprefix(" ")

# %% wrong parse_request: white space inside a value tidied up
# says: the value of the line 'User-Agent
# with: value.strip() -> " ".join(value.split())

# %% wrong parse_request: lines without a colon skipped
# says: each header line must have a colon
# with: raise ValueError(f"a header line has a colon: {line!r}") -> continue

# %% wrong parse_request: an IndexError for a short request line
# says: this one has 2
# -     if len(words) != 3:
# -         raise ValueError(f"a request line has three words: {request_line!r}")

# %% wrong parse_request: too few words are told, too many are not
# says: this one has 4
# with: len(words) != 3 -> len(words) < 3

# %% wrong parse_request: one dictionary for all requests
# says: here are headers of the first
# with: (data: bytes) -> (data: bytes, headers={})
# -     headers: dict[str, str] = {}

# %% wrong parse_request: the target without its query
# says: the target is the second word, with its query
# with: "target": words[1] -> "target": words[1].split("?")[0]

# %% wrong parse_request: bytes left as bytes
# says: decode the bytes
def parse_request(data):
    lines = data.split(b"\r\n")
    method, target, version = lines[0].split()
    headers = {}
    for line in lines[1:]:
        if line:
            name, value = line.split(b":", 1)
            headers[name.lower()] = value.strip()
    return {"method": method, "target": target, "version": version, "headers": headers}

# %% right parse_request: regular expressions
import re

def parse_request(data: bytes) -> dict:
    head, _, _ = data.decode("latin-1").partition("\r\n\r\n")
    first, *rest = head.split("\r\n")
    start = re.fullmatch(r"(?P<method>\S+) (?P<target>\S+) (?P<version>\S+)", first)
    if not start:
        raise ValueError(first)
    headers = {}
    for line in rest:
        pair = re.fullmatch(r"([^:]+):[ \t]*(.*?)[ \t]*", line)
        if not pair:
            raise ValueError(line)
        headers.setdefault(pair[1].lower(), []).append(pair[2])
    return {**start.groupdict(), "headers": {name: ", ".join(all) for name, all in headers.items()}}

# %% right parse_request: an exception of its own, and what unpacking raises
from collections import OrderedDict

class BadRequest(ValueError):
    """Subclasses of ValueError are ValueErrors."""

def parse_request(data: bytes) -> dict:
    lines = data.decode().splitlines()
    method, target, version = lines.pop(0).split()
    headers = OrderedDict()
    while lines and lines[0]:
        line = lines.pop(0)
        if ":" not in line:
            raise BadRequest(line)
        name, value = (part.strip() for part in line.split(":", maxsplit=1))
        before = headers.get(name.lower())
        headers[name.lower()] = value if before is None else before + ", " + value
    return dict(headers=headers, version=version, target=target, method=method)

# %% same parse_request: a head is ASCII in every test: which encoding the rest has, the question leaves open
# -     request_line, *header_lines = data.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
# +     request_line, *header_lines = data.decode().removesuffix("\r\n\r\n").split("\r\n")

# %% same parse_request: from the left or from the right, all pieces come
# -     request_line, *header_lines = data.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
# +     request_line, *header_lines = data.decode("latin-1").removesuffix("\r\n\r\n").rsplit("\r\n")

# %% same parse_request: from the left or from the right, all words come
# -     words = request_line.split(" ")
# +     words = request_line.rsplit(" ")

# %% same parse_request: words are words, whether one space or more stands between them: the question leaves it open
# -     words = request_line.split(" ")
# +     words = request_line.split()

# %% same parse_request: an empty dictionary before the exception or after it
# -     if len(words) != 3:
# -         raise ValueError(f"a request line has three words: {request_line!r}")
# -     headers: dict[str, str] = {}
# +     headers: dict[str, str] = {}
# +     if len(words) != 3:
# +         raise ValueError(f"a request line has three words: {request_line!r}")

# %% same parse_request: nobody sees a value that is stripped before the exception
# -         if not colon:
# -             raise ValueError(f"a header line has a colon: {line!r}")
# -         name, value = name.lower(), value.strip()
# +         name, value = name.lower(), value.strip()
# +         if not colon:
# +             raise ValueError(f"a header line has a colon: {line!r}")

# %% wrong connection_target: port 80 for wss, too
# says: wss:// means encrypted, and port 443
# with: 443 if secure else 80 -> 80

# %% wrong connection_target: the query forgotten
# says: and the query behind a ?
# with: + (f"?{parts.query}" if parts.query else "") ->

# %% wrong connection_target: an empty path stays empty
# says: or / where there is none
# with: (parts.path or "/") -> parts.path

# %% wrong connection_target: what is escaped is made readable
# says: both as they stand in the URL
# with: import urlsplit -> import unquote, urlsplit
# with: (parts.path or "/") -> (unquote(parts.path) or "/")

# %% wrong connection_target: the whole URL in lower case
# says: both as they stand in the URL
# with: = urlsplit(url) -> = urlsplit(url.lower())

# %% wrong connection_target: an empty fragment slips through
# says: wss://a.example/# is no WebSocket URL
# with: "#" in url -> parts.fragment

# %% wrong connection_target: any scheme will do
# says: http://a.example/chat is no WebSocket URL
# -     if parts.scheme not in ("ws", "wss"):
# -         raise ValueError(f"not a WebSocket URL: {url}")

# %% wrong connection_target: any scheme that begins with ws
# says: wsx://a.example/chat is no WebSocket URL
# with: parts.scheme not in ("ws", "wss") -> not parts.scheme.startswith("ws")

# %% wrong connection_target: any scheme that ends with ws
# says: news://a.example/chat is no WebSocket URL
# with: parts.scheme not in ("ws", "wss") -> not parts.scheme.endswith(("ws", "wss"))

# %% wrong connection_target: a scheme in capitals is refused
# says: WS:// means not encrypted, and port 80
# with: parts.scheme not in ("ws", "wss") -> not url.startswith(("ws://", "wss://"))

# %% wrong connection_target: encrypted where the port says so
# says: only the scheme says whether to encrypt
# with: return secure, -> return port == 443,

# %% wrong connection_target: the port left in the host
# says: the host has no port in it
# with: parts.hostname -> parts.netloc

# %% wrong connection_target: a list instead of a tuple
# says: a tuple of four
# with: secure, parts.hostname, port, resource -> [secure, parts.hostname, port, resource]

# %% wrong connection_target: the port as text
# says: the port is a number
def connection_target(url):
    scheme, _, rest = url.partition("://")
    if scheme not in ("ws", "wss") or "#" in url:
        raise ValueError(url)
    place, slash, path = rest.partition("/")
    place, question_mark, query = place.partition("?")
    host, _, port = place.partition(":")
    path = "/" + path + question_mark + query
    return scheme == "wss", host, port or (443 if scheme == "wss" else 80), path

# %% right connection_target: one regular expression
import re

URL = re.compile(r"(wss?)://(?:\[(.+?)\]|([^/?#:]+))(?::(\d+))?(/[^?#]*)?(\?[^#]*)?", re.IGNORECASE)

def connection_target(url: str) -> tuple[bool, str, int, str]:
    match = URL.fullmatch(url)
    if match is None:
        raise ValueError("not a WebSocket URL")
    scheme, address, name, port, path, query = match.groups()
    port = port or {"ws": 80, "wss": 443}[scheme.lower()]
    return scheme.lower() == "wss", address or name, int(port), (path or "/") + (query or "")

# %% right connection_target: a named tuple, and what is left of the URL
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

class Target(NamedTuple):
    secure: bool
    host: str
    port: int
    resource: str

PORTS = {"ws": 80, "wss": 443}

def connection_target(url: str) -> Target:
    if url.count("#"):
        raise ValueError("fragment")
    scheme, netloc, path, query, _ = parts = urlsplit(url)
    try:
        port = parts.port or PORTS[scheme]
        PORTS[scheme]
    except KeyError:
        raise UnicodeError("a subclass of ValueError") from None
    return Target(scheme[2:] == "s", parts.hostname, port, urlunsplit(("", "", path or "/", query, "")))

# %% same connection_target: both exceptions are the same ValueError
# -     if parts.scheme not in ("ws", "wss"):
# -         raise ValueError(f"not a WebSocket URL: {url}")
# -     if "#" in url:
# -         raise ValueError(f"a WebSocket URL has no fragment: {url}")
# +     if "#" in url:
# +         raise ValueError(f"a WebSocket URL has no fragment: {url}")
# +     if parts.scheme not in ("ws", "wss"):
# +         raise ValueError(f"not a WebSocket URL: {url}")

# %% same connection_target: nobody sees whether to encrypt before the exception
# -     if "#" in url:
# -         raise ValueError(f"a WebSocket URL has no fragment: {url}")
# -     secure = parts.scheme == "wss"
# +     secure = parts.scheme == "wss"
# +     if "#" in url:
# +         raise ValueError(f"a WebSocket URL has no fragment: {url}")

# %% wrong wants_websocket: `in` on the whole text
# says: not as a part of a longer one
# with: [part.strip().lower() for part in headers.get(name, "").split(",")] -> headers.get(name, "").lower()

# %% wrong wants_websocket: a missing header is a KeyError
# says: a plain GET has neither header
# with: headers.get(name, "") -> headers[name]

# %% wrong wants_websocket: case matters
# says: compared without regard to case
# with: part.strip().lower() -> part.strip()
# with: "upgrade") and -> "Upgrade") and

# %% wrong wants_websocket: space after the comma kept
# says: white space around a word does not count
# with: part.strip().lower() -> part.lower()

# %% wrong wants_websocket: no comma without a space
# says: 'keep-alive,Upgrade' is a list
# with: split(",") -> split(", ")

# %% wrong wants_websocket: only the last word of a list
# says: 'Upgrade, keep-alive' is a list
# with: .split(",")] -> .split(",")[-1:]]

# %% wrong wants_websocket: only Connection looked at
# says: without `Upgrade` nobody knows to what
# with: and has_token("upgrade", "websocket") ->

# %% wrong wants_websocket: only Upgrade looked at
# says: `Connection` must name upgrade
# with: has_token("connection", "upgrade") and -> headers.get("connection") is not None and

# %% wrong wants_websocket: Firefox's value added as a special case
# says: 'Upgrade, keep-alive' is a list
def wants_websocket(headers):
    connection = headers.get("connection")
    return connection in ("Upgrade", "keep-alive, Upgrade") and headers.get("upgrade") == "websocket"

# %% wrong wants_websocket: the first draft
# says: 'keep-alive, Upgrade' is a list
def wants_websocket(headers):
    return headers.get("connection") == "Upgrade" and headers.get("upgrade") == "websocket"

# %% right wants_websocket: a regular expression on each header
import re

def wants_websocket(headers: dict) -> bool:
    for name, token in {"connection": "upgrade", "upgrade": "websocket"}.items():
        if not re.search(rf"(^|,)\s*{token}\s*(,|$)", headers.get(name, ""), re.IGNORECASE):
            return False
    return True

# %% right wants_websocket: asynchronous, with sets
async def wants_websocket(headers: dict) -> bool:
    wanted = {("connection", "upgrade"), ("upgrade", "websocket")}
    got = {(name, token.strip()) for name in headers for token in headers[name].lower().split(",")}
    return wanted <= got

# %% right wants_websocket: nothing returned means no, and Upgrade is one word
def wants_websocket(headers):
    if headers.get("upgrade", "").casefold() != "websocket":
        return
    for part in headers.get("connection", "").split(","):
        if part.strip().casefold() == "upgrade":
            return True

# %% same wants_websocket: a missing header holds neither word
# -         return token in [part.strip().lower() for part in headers.get(name, "").split(",")]
# +         return token in [part.strip().lower() for part in headers.get(name, 'x').split(",")]

# %% same wants_websocket: from the left or from the right, all pieces come
# -         return token in [part.strip().lower() for part in headers.get(name, "").split(",")]
# +         return token in [part.strip().lower() for part in headers.get(name, "").rsplit(",")]

# %% wrong respond: every request is welcome
# says: only GET can open a WebSocket
def respond(request):
    accept = accept_key(request["headers"].get("sec-websocket-key", ""))
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()

# %% wrong respond: no empty line at the end
# says: an empty line ends the head
# with: "\r\n\r\n" -> "\r\n"

# %% wrong respond: text instead of bytes
# says: return the response as bytes
# with: "\r\n\r\n").encode() -> "\r\n\r\n")

# %% wrong respond: lines end with \n
# says: every line of the head ends with \r\n
# with: "\r\n".join(lines) + "\r\n\r\n" -> "\n".join(lines) + "\n\n"

# %% wrong respond: the key sent back as it came
# says: proves that you read this very key
# with: {accept_key(key)} -> {key}

# %% wrong respond: a line break behind the response
# says: nothing of a 101 stands behind its empty line
# with: "\r\n\r\n" -> "\r\n\r\n\r\n"

# %% wrong respond: a 101 with a length
# says: a 101 has no Content-Length
# with: *upgrade, accept] -> *upgrade, accept, *refusal]

# %% wrong respond: 400 for everything that is wrong
# says: only GET can open a WebSocket
def respond(request):
    headers = request["headers"]
    key = headers.get("sec-websocket-key", "")
    good = (
        request["method"] == "GET"
        and wants_websocket(headers)
        and headers.get("sec-websocket-version") == "13"
        and len(key) == 24
    )
    if not good:
        return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept_key(key)}\r\n\r\n"
    ).encode()

# %% wrong respond: the 426 does not name its version
# says: send Sec-WebSocket-Version: 13 along
# with: "Sec-WebSocket-Version: 13", ->

# %% wrong respond: the 426 does not name its protocol
# says: a 426 says which protocol would do
# with: ["426 Upgrade Required", *upgrade, *refusal] -> ["426 Upgrade Required", *refusal]

# %% wrong respond: the 405 does not name its method
# says: a 405 names the method that would do
# with: "Allow: GET", ->

# %% wrong respond: a version that is no number
# says: `Sec-WebSocket-Version` is '', not 13
# with: headers.get("sec-websocket-version") != "13" -> int(headers.get("sec-websocket-version", 0)) != 13

# %% wrong respond: a version with a 13 in it
# says: `Sec-WebSocket-Version` is '113', not 13
# with: headers.get("sec-websocket-version") != "13" -> "13" not in headers.get("sec-websocket-version", "")

# %% wrong respond: the key is not looked at
# says: without a key there is nothing to prove
# -     elif key_length != 16:
# -         lines = ["400 Bad Request", *refusal]

# %% wrong respond: a key of any length
# says: this key decodes to 2 bytes
# with: key_length != 16 -> key_length == 0

# %% wrong respond: the key counted in characters
# says: the 24 characters of this key are not base64
# with: key_length != 16 -> len(key) != 24

# %% wrong respond: what is no base64 left out of the key
# says: an asterisk is no letter of base64
# with: , validate=True ->

# %% wrong respond: a key in another alphabet
# says: base64url
# with: base64.b64decode(key, validate=True) -> base64.b64decode(key, altchars="-_", validate=True)

# %% wrong respond: a refusal without its length
# says: Content-Length: 0
# with: refusal = ["Content-Length: 0"] -> refusal = []

# %% wrong respond: one list for all responses
# says: a refusal holds nothing of the response before it
# with: (request: dict) -> (request: dict, upgrade=["Upgrade: websocket", "Connection: Upgrade"])
# -     upgrade = ["Upgrade: websocket", "Connection: Upgrade"]
# with: lines = ["101 Switching Protocols", *upgrade, accept] -> upgrade.append(accept); lines = ["101 Switching Protocols", *upgrade]

# %% right respond: a table of checks, and http.HTTPStatus
import binascii
from http import HTTPStatus

UPGRADE = {"upgrade": "WebSocket", "connection": "keep-alive, upgrade"}

def _is_key(text):
    try:
        return len(binascii.a2b_base64(text, strict_mode=True)) == 16
    except binascii.Error:
        return False

def respond(request: dict) -> bytes:
    headers = request["headers"]
    checks = [
        (request["method"] == "GET", 405, {"allow": "GET"}),
        (wants_websocket(headers), 426, UPGRADE),
        (headers.get("sec-websocket-version") == "13", 426, UPGRADE | {"Sec-WebSocket-Version": "13"}),
        (_is_key(headers.get("sec-websocket-key", "")), 400, {}),
    ]
    for holds, code, extra in checks:
        if not holds:
            extra = {**extra, "Content-Length": "0"}
            break
    else:
        accept = accept_key(headers["sec-websocket-key"])
        code, extra = 101, UPGRADE | {"sec-websocket-accept": accept, "Server": "mine"}
    response = b"HTTP/1.1 %d %b\r\n" % (code, HTTPStatus(code).phrase.encode())
    for name, value in extra.items():
        response += f"{name}: {value}\r\n".encode()
    return response + b"\r\n"

# %% right respond: early returns, and a body that says why
import re

def refuse(status, why, *headers):
    body = f"Sorry.\n{why}\n".encode()
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
    return bytearray("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

def respond(request):
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket"
    headers = request["headers"]
    if request["method"] != "GET":
        return refuse("405 Method Not Allowed", "GET me", "Allow: GET, HEAD")
    if not wants_websocket(headers):
        return refuse("426 Upgrade Required", "no upgrade", upgrade, "Sec-WebSocket-Version: 13")
    if headers.get("sec-websocket-version", "8") != "13":
        return refuse("426 Old", "no version 13", upgrade, "Sec-WebSocket-Version: 13")
    if not re.fullmatch("[A-Za-z0-9+/]{22}==", headers.get("sec-websocket-key") or ""):
        return refuse("400 Bad", "no key")
    accept = accept_key(headers["sec-websocket-key"])
    return f"HTTP/1.1 101 \r\n{upgrade}\r\nSec-WebSocket-Accept: {accept}\r\n\r\n".encode()

# %% wrong respond: the key looked at first
# says: that stands above version and key
# of: early returns, and a body that says why
# -     if request["method"] != "GET":
# +     if "sec-websocket-key" not in headers:
# +         return refuse("400 Bad", "no key")
# +     if request["method"] != "GET":

# %% same respond: a missing key is no key of 16 bytes
# -     key = headers.get("sec-websocket-key", "")
# +     key = headers.get("sec-websocket-key", 'x')

# %% same respond: 1 is not 16 either
# -         key_length = 0
# +         key_length = 1

# %% same respond: -1 is not 16 either
# -         key_length = 0
# +         key_length = (-1)

# %% same respond: a list that nobody changes may be shared
# -     refusal = ["Content-Length: 0"]
# +     refusal = respond.__dict__.setdefault('refusal', ["Content-Length: 0"])

# %% same respond: a list that nobody changes may be shared, this one too
# -     upgrade = ["Upgrade: websocket", "Connection: Upgrade"]
# +     upgrade = respond.__dict__.setdefault('upgrade', ["Upgrade: websocket", "Connection: Upgrade"])

# %% same respond: the reason beside a 405 is for people
# -         lines = ["405 Method Not Allowed", "Allow: GET", *refusal]
# +         lines = ['405 Method Not Allowedx', "Allow: GET", *refusal]

# %% same respond: the reason beside the first 426 is for people
# -         lines = ["426 Upgrade Required", *upgrade, *refusal]
# +         lines = ['426 Upgrade Requiredx', *upgrade, *refusal]

# %% same respond: the reason beside the second 426 is for people
# -         lines = ["426 Upgrade Required", *upgrade, "Sec-WebSocket-Version: 13", *refusal]
# +         lines = ['426 Upgrade Requiredx', *upgrade, "Sec-WebSocket-Version: 13", *refusal]

# %% same respond: the reason beside a 400 is for people
# -         lines = ["400 Bad Request", *refusal]
# +         lines = ['400 Bad Requestx', *refusal]

# %% same respond: the reason beside a 101 is for people
# -         lines = ["101 Switching Protocols", *upgrade, accept]
# +         lines = ['101 Switching Protocolsx', *upgrade, accept]

# %% wrong first_reply_ms: the message alone
# says: that is one round trip
first_reply_ms = 80

# %% wrong first_reply_ms: TLS forgotten
# says: with wss:// there is one more handshake
first_reply_ms = 240

# %% wrong first_reply_ms: TLS 1.2
# says: TLS 1.3 takes one
first_reply_ms = 400

# %% wrong first_reply_ms: TCP and the message
# says: which handshakes come before the message
first_reply_ms = 160

# %% wrong first_reply_ms: with its unit
# says: a number of milliseconds
first_reply_ms = "320 ms"

# %% wrong first_reply_ms: half a trip left out
# says: not half of one
first_reply_ms = 280

# %% wrong first_reply_ms: in seconds
# says: milliseconds, not seconds
first_reply_ms = 0.32

# %% wrong first_reply_ms: round trips
# says: those are the round trips
first_reply_ms = 4

# %% right first_reply_ms: added up
tcp = tls = upgrade = message = 80.0
first_reply_ms = tcp + tls + upgrade + message
