# %% wrong accept_key: hexadecimal digest
# says: not the 40 hexadecimal characters
import base64, hashlib

def accept_key(key):
    text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1(text.encode()).hexdigest().encode()).decode()

# %% wrong accept_key: bytes instead of text
# says: a header value is text
import base64, hashlib

def accept_key(key):
    text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1(text.encode()).digest())

# %% wrong accept_key: the key decoded first
# says: it is not decoded from base64 first
import base64, hashlib

def accept_key(key):
    data = base64.b64decode(key) + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1(data).digest()).decode()

# %% wrong accept_key: the GUID first
# says: the key comes first, then the GUID
import base64, hashlib

def accept_key(key):
    text = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" + key
    return base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()

# %% wrong accept_key: the example learnt by heart
# says: every key has an answer of its own
def accept_key(key):
    return "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

# %% wrong accept_key: the GUID in lower case
# says: the GUID in capitals
import base64, hashlib

def accept_key(key):
    text = key + "258eafa5-e914-47da-95ca-c5ab0dc85b11"
    return base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()

# %% wrong accept_key: printed, not returned
# says: return the value
import base64, hashlib

def accept_key(key):
    text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    print(base64.b64encode(hashlib.sha1(text.encode()).digest()).decode())

# %% wrong accept_key: a line break at the end
# says: nothing before or after it, no line break either
import base64, hashlib

def accept_key(key):
    text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.encodebytes(hashlib.sha1(text.encode()).digest()).decode()

# %% wrong accept_key: text hashed without encoding
# says: raised TypeError
import base64, hashlib

def accept_key(key):
    return base64.b64encode(hashlib.sha1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())

# %% right accept_key: binascii instead of base64
import binascii
from hashlib import new

def accept_key(key: str) -> str:
    digest = new("sha1")
    for part in (key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"):
        digest.update(part.encode("ascii"))
    return str(binascii.b2a_base64(digest.digest(), newline=False), "ascii")

# %% wrong parse_request: split at every colon
# says: all that follows the first colon
def parse_request(data):
    lines = data.decode().split("\r\n")
    words = lines[0].split()
    if len(words) != 3:
        raise ValueError("not a request line")
    headers = {}
    for line in lines[1:]:
        if not line:
            continue
        if ":" not in line:
            raise ValueError("no colon")
        parts = line.split(":")
        name, value = parts[0].lower(), parts[1].strip()
        headers[name] = headers[name] + ", " + value if name in headers else value
    return {"method": words[0], "target": words[1], "version": words[2], "headers": headers}

# %% wrong parse_request: the last of two headers wins
# says: join the values of a repeated header
def parse_request(data):
    lines = data.decode().split("\r\n")
    method, target, version = lines[0].split()
    headers = {}
    for line in lines[1:]:
        if line:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
    return {"method": method, "target": target, "version": version, "headers": headers}

# %% wrong parse_request: names kept in their case
# says: its name in lower case
def parse_request(data):
    lines = data.decode().split("\r\n")
    method, target, version = lines[0].split()
    headers = {}
    for line in lines[1:]:
        if line:
            name, value = line.split(":", 1)
            headers[name] = value.strip()
    return {"method": method, "target": target, "version": version, "headers": headers}

# %% wrong parse_request: values in lower case, too
# says: in the case in which it came
def parse_request(data):
    lines = data.decode().split("\r\n")
    method, target, version = lines[0].split()
    headers = {}
    for line in lines[1:]:
        if line:
            name, value = line.lower().split(":", 1)
            value = value.strip()
            headers[name] = headers[name] + ", " + value if name in headers else value
    return {"method": method, "target": target, "version": version, "headers": headers}

# %% wrong parse_request: lines without a colon skipped
# says: a header line without a colon: raise ValueError
def parse_request(data):
    lines = data.decode().split("\r\n")
    method, target, version = lines[0].split()
    headers = {}
    for line in lines[1:]:
        if ":" in line:
            name, value = line.split(":", 1)
            name, value = name.lower(), value.strip()
            headers[name] = headers[name] + ", " + value if name in headers else value
    return {"method": method, "target": target, "version": version, "headers": headers}

# %% wrong parse_request: an IndexError for a short request line
# says: raised IndexError
def parse_request(data):
    lines = data.decode().split("\r\n")
    words = lines[0].split()
    headers = {}
    for line in lines[1:]:
        if line:
            name, value = line.split(":", 1)
            name, value = name.lower(), value.strip()
            headers[name] = headers[name] + ", " + value if name in headers else value
    return {"method": words[0], "target": words[1], "version": words[2], "headers": headers}

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

# %% wrong parse_request: the target without its query
# says: the target is the second word, with its query
def parse_request(data):
    lines = data.decode().split("\r\n")
    method, target, version = lines[0].split()
    headers = {}
    for line in lines[1:]:
        if line:
            name, value = line.split(":", 1)
            name, value = name.lower(), value.strip()
            headers[name] = headers[name] + ", " + value if name in headers else value
    target = target.split("?")[0]
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

# %% wrong connection_target: port 80 for wss, too
# says: wss:// means port 443
from urllib.parse import urlsplit

def connection_target(url):
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or "#" in url:
        raise ValueError(url)
    path = parts.path or "/"
    if parts.query:
        path += "?" + parts.query
    return parts.scheme == "wss", parts.hostname, parts.port or 80, path

# %% wrong connection_target: the query forgotten
# says: and the query behind a ?
from urllib.parse import urlsplit

def connection_target(url):
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or "#" in url:
        raise ValueError(url)
    secure = parts.scheme == "wss"
    return secure, parts.hostname, parts.port or (443 if secure else 80), parts.path or "/"

# %% wrong connection_target: an empty path stays empty
# says: or / where there is none
from urllib.parse import urlsplit

def connection_target(url):
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or "#" in url:
        raise ValueError(url)
    secure = parts.scheme == "wss"
    path = parts.path + ("?" + parts.query if parts.query else "")
    return secure, parts.hostname, parts.port or (443 if secure else 80), path

# %% wrong connection_target: an empty fragment slips through
# says: wss://a.example/# is no WebSocket URL
from urllib.parse import urlsplit

def connection_target(url):
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or parts.fragment:
        raise ValueError(url)
    secure = parts.scheme == "wss"
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    return secure, parts.hostname, parts.port or (443 if secure else 80), path

# %% wrong connection_target: any scheme will do
# says: http://a.example/ is no WebSocket URL
from urllib.parse import urlsplit

def connection_target(url):
    parts = urlsplit(url)
    if "#" in url:
        raise ValueError(url)
    secure = parts.scheme == "wss"
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    return secure, parts.hostname, parts.port or (443 if secure else 80), path

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

# %% wrong connection_target: the port left in the host
# says: the host has no port in it
from urllib.parse import urlsplit

def connection_target(url):
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or "#" in url:
        raise ValueError(url)
    secure = parts.scheme == "wss"
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    return secure, parts.netloc, parts.port or (443 if secure else 80), path

# %% wrong connection_target: a list instead of a tuple
# says: return a tuple of four
from urllib.parse import urlsplit

def connection_target(url):
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or "#" in url:
        raise ValueError(url)
    secure = parts.scheme == "wss"
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    return [secure, parts.hostname, parts.port or (443 if secure else 80), path]

# %% right connection_target: one regular expression
import re

def connection_target(url: str) -> tuple[bool, str, int, str]:
    match = re.fullmatch(r"(wss?)://([^/?#:]+)(?::(\d+))?(/[^?#]*)?(\?[^#]*)?", url)
    if match is None:
        raise ValueError("not a WebSocket URL")
    scheme, host, port, path, query = match.groups()
    return scheme == "wss", host, int(port or {"ws": 80, "wss": 443}[scheme]), (path or "/") + (query or "")

# %% wrong wants_websocket: `in` on the whole text
# says: not as a part of a longer word
def wants_websocket(headers):
    connection = headers.get("connection", "").lower()
    return "upgrade" in connection and headers.get("upgrade", "").lower() == "websocket"

# %% wrong wants_websocket: a missing header is a KeyError
# says: raised KeyError
def wants_websocket(headers):
    tokens = [token.strip().lower() for token in headers["connection"].split(",")]
    return "upgrade" in tokens and headers["upgrade"].lower() == "websocket"

# %% wrong wants_websocket: case matters
# says: compared without regard to case
def wants_websocket(headers):
    tokens = [token.strip() for token in headers.get("connection", "").split(",")]
    return "Upgrade" in tokens and headers.get("upgrade") == "websocket"

# %% wrong wants_websocket: space after the comma kept
# says: has the token `upgrade` in its list
def wants_websocket(headers):
    tokens = headers.get("connection", "").lower().split(",")
    return "upgrade" in tokens and headers.get("upgrade", "").lower() == "websocket"

# %% wrong wants_websocket: only Connection looked at
# says: without `Upgrade` nobody knows to what
def wants_websocket(headers):
    return "upgrade" in [part.strip().lower() for part in headers.get("connection", "").split(",")]

# %% wrong wants_websocket: only Upgrade looked at
# says: `Connection` must name upgrade
def wants_websocket(headers):
    return headers.get("upgrade", "").lower() == "websocket"

# %% wrong wants_websocket: Firefox's value added as a special case
# says: has the token `upgrade` in its list
def wants_websocket(headers):
    connection = headers.get("connection")
    return connection in ("Upgrade", "keep-alive, Upgrade") and headers.get("upgrade") == "websocket"

# %% wrong wants_websocket: the first draft
# says: has the token `upgrade` in its list
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

# %% wrong respond: no empty line at the end
# says: an empty line ends the head
def respond(request):
    accept = accept_key(request["headers"].get("sec-websocket-key", ""))
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
    ).encode()

# %% wrong respond: every request is welcome
# says: only GET can open a WebSocket
def respond(request):
    accept = accept_key(request["headers"].get("sec-websocket-key", ""))
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()

# %% wrong respond: text instead of bytes
# says: return the response as bytes
def respond(request):
    accept = accept_key(request["headers"].get("sec-websocket-key", ""))
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )

# %% wrong respond: lines end with \n
# says: every line ends with \r\n
def respond(request):
    accept = accept_key(request["headers"].get("sec-websocket-key", ""))
    return f"""HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Accept: {accept}

""".encode()

# %% wrong respond: the key sent back as it came
# says: proves that you read this very key
def respond(request):
    key = request["headers"].get("sec-websocket-key", "")
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Accept: {key}\r\n\r\n"
    ).encode()

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
import base64, binascii

def respond(request):
    headers = request["headers"]
    def refuse(status):
        return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
    if request["method"] != "GET":
        return refuse("405 Method Not Allowed")
    if not wants_websocket(headers) or headers.get("sec-websocket-version") != "13":
        return refuse("426 Upgrade Required")
    key = headers.get("sec-websocket-key", "")
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            return refuse("400 Bad Request")
    except binascii.Error:
        return refuse("400 Bad Request")
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept_key(key)}\r\n\r\n"
    ).encode()

# %% wrong respond: the key is not looked at
# says: without a key there is nothing to prove
def respond(request):
    headers = request["headers"]
    def answer(status, **more):
        lines = [f"HTTP/1.1 {status}"] + [f"{k.replace('_', '-')}: {v}" for k, v in more.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()
    if request["method"] != "GET":
        return answer("405 Method Not Allowed", Content_Length=0)
    if not wants_websocket(headers):
        return answer("426 Upgrade Required", Content_Length=0)
    if headers.get("sec-websocket-version") != "13":
        return answer("426 Upgrade Required", Sec_WebSocket_Version=13, Content_Length=0)
    accept = accept_key(headers.get("sec-websocket-key", ""))
    return answer(
        "101 Switching Protocols", Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Accept=accept
    )

# %% wrong respond: a refusal without its length
# says: Content-Length: 0
import base64

def respond(request):
    headers = request["headers"]
    try:
        length = len(base64.b64decode(headers.get("sec-websocket-key", ""), validate=True))
    except ValueError:
        length = 0
    if request["method"] != "GET":
        return b"HTTP/1.1 405 Method Not Allowed\r\n\r\n"
    if not wants_websocket(headers):
        return b"HTTP/1.1 426 Upgrade Required\r\n\r\n"
    if headers.get("sec-websocket-version") != "13":
        return b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n\r\n"
    if length != 16:
        return b"HTTP/1.1 400 Bad Request\r\n\r\n"
    accept = accept_key(headers["sec-websocket-key"]).encode()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )

# %% right respond: a table of checks, and http.HTTPStatus
import binascii
from http import HTTPStatus

def _is_key(text):
    try:
        return len(binascii.a2b_base64(text, strict_mode=True)) == 16
    except binascii.Error:
        return False

def respond(request: dict) -> bytes:
    headers = request["headers"]
    checks = [
        (request["method"] == "GET", 405, {}),
        (wants_websocket(headers), 426, {"Upgrade": "websocket"}),
        (headers.get("sec-websocket-version") == "13", 426, {"Sec-WebSocket-Version": "13"}),
        (_is_key(headers.get("sec-websocket-key", "")), 400, {}),
    ]
    for holds, code, extra in checks:
        if not holds:
            extra = {**extra, "Content-Length": "0"}
            break
    else:
        accept = accept_key(headers["sec-websocket-key"])
        code = 101
        extra = {"upgrade": "WebSocket", "connection": "upgrade", "sec-websocket-accept": accept}
    response = b"HTTP/1.1 %d %b\r\n" % (code, HTTPStatus(code).phrase.encode())
    for name, value in extra.items():
        response += f"{name}: {value}\r\n".encode()
    return response + b"\r\n"

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
# says: two more things must be settled
first_reply_ms = 160

# %% wrong first_reply_ms: with its unit
# says: a number of milliseconds
first_reply_ms = "320 ms"

# %% wrong first_reply_ms: half a trip left out
# says: count each once
first_reply_ms = 280

# %% wrong first_reply_ms: in seconds
# says: milliseconds, not seconds
first_reply_ms = 0.32

# %% right first_reply_ms: added up
tcp = tls = upgrade = message = 80.0
first_reply_ms = tcp + tls + upgrade + message
