# %% wrong opening: the accept in hexadecimal
# says: Base64 of the SHA-1
# with: base64.b64encode(digest).decode() -> digest.hex()
# %% wrong opening: the key without the GUID
# says: Base64 of the SHA-1
# with: (keys[0] + GUID).encode() -> keys[0].encode()
# %% wrong opening: names of headers with their case
# says: names and words in other cases
# with: name.lower(), [] -> name, []
# %% wrong opening: words with their case
# says: names and words in other cases
# with: word.strip().lower() -> word.strip()
# %% wrong opening: Connection is no list
# says: Connection is a list
# with: value.split(",")] -> [value]]
# %% wrong opening: only the first of two Connection headers
# says: a header may come twice: its values are one list
# with: for value in fields.get(name, []) -> for value in fields.get(name, [])[:1]
# %% wrong opening: any method
# says: a method other than GET is refused with 405
# with: method != "GET" -> method == ""
# %% wrong opening: the method in any case
# says: a method other than GET is refused with 405
# with: method != "GET" -> method.upper() != "GET"
# %% wrong opening: 405 without Allow
# says: the header Allow: GET
# with: "405 Method Not Allowed", "Allow: GET" -> "405 Method Not Allowed"
# %% wrong opening: HTTP/1.0 will do
# says: HTTP/1.0, or not exactly one Host
# with: version == "HTTP/1.0" or len -> len
# %% wrong opening: two hosts will do
# says: not exactly one Host
# with: len(fields.get("host", [])) != 1 -> not fields.get("host")
# %% wrong opening: no host needed
# says: not exactly one Host
# with: len(fields.get("host", [])) != 1 -> len(fields.get("host", [])) > 1
# %% wrong opening: Upgrade is not looked at
# says: does not ask for a WebSocket is refused with 426
# with: "websocket" not in words("upgrade") or "upgrade" -> "upgrade"
# %% wrong opening: Connection is not looked at
# says: does not ask for a WebSocket is refused with 426
# with: "websocket" not in words("upgrade") or "upgrade" not in words("connection") -> "websocket" not in words("upgrade")
# %% wrong opening: a word that begins with websocket
# says: does not ask for a WebSocket is refused with 426
# with: "websocket" not in words("upgrade") or -> "websocket" not in "".join(words("upgrade")) or
# %% wrong opening: 400 for a plain request
# says: refused with 426
# with: answer = ["426 Upgrade Required", *upgrade, length] -> answer = ["400 Bad Request", length]
# %% wrong opening: the version that would do is not named
# says: the header Sec-WebSocket-Version: 13
# with: *upgrade, "Sec-WebSocket-Version: 13", length] -> *upgrade, length]
# %% wrong opening: 426 without Upgrade
# says: the header Upgrade: websocket
# with: ["426 Upgrade Required", *upgrade, "Sec -> ["426 Upgrade Required", "Sec
# %% wrong opening: 13 among other versions
# says: a version other than 13 is refused with 426
# with: fields.get("sec-websocket-version") != ["13"] -> "13" not in ", ".join(fields.get("sec-websocket-version", []))
# %% wrong opening: no version is as good as 13
# says: a version other than 13 is refused with 426
# with: fields.get("sec-websocket-version") != ["13"] -> fields.get("sec-websocket-version", ["13"]) != ["13"]
# %% wrong opening: a key of any length
# says: a key that is not 16 bytes in Base64
# with: size != 16 -> size == 0
# %% wrong opening: characters that Base64 has not
# says: a key that is not 16 bytes in Base64
# with: base64.b64decode(keys[0], validate=True) -> base64.b64decode(keys[0].replace("!", "A"))
# %% wrong opening: the length of the text instead of the bytes
# says: a key that is not 16 bytes in Base64
# with: size = len(base64.b64decode(keys[0], validate=True)) if len(keys) == 1 else 0 -> size = 16 if len(keys) == 1 and len(keys[0]) == 24 else 0
# %% wrong opening: the first of two keys
# says: a key that comes twice
# with: if len(keys) == 1 else 0 -> if keys else 0
# %% wrong opening: no Content-Length
# says: a refusal has Content-Length: 0
# with: length = ["Upgrade: websocket", "Connection: Upgrade"], "Content-Length: 0" -> length = ["Upgrade: websocket", "Connection: Upgrade"], "X: 0"
# %% wrong opening: no empty line at the end
# says: ends with an empty line
# with: "\r\n\r\n").encode() -> "\r\n").encode()
# %% wrong opening: text instead of bytes
# says: returns bytes
# with: + "\r\n\r\n").encode() -> + "\r\n\r\n")
# %% wrong opening: the key before the version
# says: the first row that applies decides: the version
# - elif fields.get("sec-websocket-version") != ["13"]:
# -         answer = ["426 Upgrade Required", *upgrade, "Sec-WebSocket-Version: 13", length]
# -     elif size != 16:
# -         answer = ["400 Bad Request", length]
# + elif size != 16:
# +         answer = ["400 Bad Request", length]
# +     elif fields.get("sec-websocket-version") != ["13"]:
# +         answer = ["426 Upgrade Required", *upgrade, "Sec-WebSocket-Version: 13", length]
# %% wrong opening: an extension that is offered is accepted
# says: 101 has no header Sec-WebSocket-Extensions here
# with: *upgrade, f"Sec-WebSocket-Accept: {accept}"] -> *upgrade, f"Sec-WebSocket-Accept: {accept}", *[f"Sec-WebSocket-Extensions: {value}" for value in fields.get("sec-websocket-extensions", [])]]
# %% wrong opening: 101 with a Content-Length
# says: 101 has no header Content-Length here
# with: *upgrade, f"Sec-WebSocket-Accept: {accept}"] -> *upgrade, f"Sec-WebSocket-Accept: {accept}", length]
# %% right opening: with the email package, and small functions
import base64
import binascii
import hashlib
from email.parser import BytesHeaderParser

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def _response(status, **headers):
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def _has(headers, name, word):
    return word in ",".join(headers.get_all(name, [])).lower().replace(" ", "").split(",")


def opening(head):
    first, _, rest = head.partition(b"\r\n")
    method, _, version = first.decode().split()
    headers = BytesHeaderParser().parsebytes(rest)
    if method != "GET":
        return _response("405 No", Allow="GET", Content_Length=0)
    if version != "HTTP/1.1" or len(headers.get_all("Host", [])) != 1:
        return _response("400 No", Content_Length=0)
    go = {"Upgrade": "websocket", "Connection": "Upgrade"}
    if not (_has(headers, "Upgrade", "websocket") and _has(headers, "Connection", "upgrade")):
        return _response("426 No", Content_Length=0, **go)
    if headers.get_all("Sec-WebSocket-Version", []) != ["13"]:
        return _response("426 No", Content_Length=0, Sec_WebSocket_Version=13, **go)
    keys = headers.get_all("Sec-WebSocket-Key", [])
    try:
        ok = len(keys) == 1 and len(binascii.a2b_base64(keys[0], strict_mode=True)) == 16
    except binascii.Error:
        ok = False
    if not ok:
        return _response("400 No", Content_Length=0)
    accept = base64.b64encode(hashlib.sha1(keys[0].encode() + GUID).digest()).decode()
    return _response("101 Switching Protocols", Sec_WebSocket_Accept=accept, **go)

# %% wrong read_frame: None where a rule is broken
# says: this frame should be masked, and isn't
# with: or bool(second & 0x80) != masked: -> or False:
# %% wrong read_frame: reserved bits are let pass
# says: a reserved bit is set
# with: first & 0x70 or opcode -> opcode
# %% wrong read_frame: only one of the reserved bits
# says: a reserved bit is set
# with: first & 0x70 -> first & 0x40
# %% wrong read_frame: reserved opcodes are let pass
# says: is reserved
# with: opcode not in (0, 1, 2, 8, 9, 10) -> opcode > 15
# %% wrong read_frame: reserved opcodes of control frames only
# says: opcode 3 is reserved
# with: opcode not in (0, 1, 2, 8, 9, 10) -> opcode > 10
# %% wrong read_frame: a client may mask or not
# says: this frame should be masked, and isn't
# with: bool(second & 0x80) != masked -> bool(second & 0x80) > masked
# %% wrong read_frame: a server may mask or not
# says: MASK is set exactly if the sender is a client
# with: bool(second & 0x80) != masked -> bool(second & 0x80) < masked
# %% wrong read_frame: control frames of any length
# says: at most 125 bytes
# with: (length > 125 or not first & 0x80) -> not first & 0x80
# %% wrong read_frame: control frames in fragments
# says: a control frame is in fragments
# with: (length > 125 or not first & 0x80) -> length > 125
# %% wrong read_frame: 3 bytes are too long for a control frame
# says: a control frame is read like any other
# with: opcode >= 8 and (length > 125 -> opcode >= 8 and (length > 2
# %% wrong read_frame: lengths in any form
# says: a length that isn't in its shortest form
# with: if not least <= length < 1 << 63: -> if length >= 1 << 63:
# %% wrong read_frame: the highest bit
# says: the highest bit of a length in eight bytes is 0
# with: if not least <= length < 1 << 63: -> if length < least:
# %% wrong read_frame: a length with its last byte first
# says: bytes of payload
# with: int.from_bytes(buffer[2:start]) -> int.from_bytes(buffer[2:start], "little")
# %% wrong read_frame: four bytes of length
# says: 65536 bytes of payload
# with: else (8, 0x10000) -> else (4, 0x10000)
# %% wrong read_frame: no limit
# says: refused by its header
# with: if length > limit: -> if length > 1 << 62:
# %% wrong read_frame: a limit that is one too small
# says: a payload as long as the limit is not too long
# with: if length > limit: -> if length >= limit:
# %% wrong read_frame: too long is 1002
# says: refused by its header
# with: raise Broken(1009) -> raise Broken(1002)
# %% wrong read_frame: broken is 1007
# says: isn't
# - or bool(second & 0x80) != masked:
# -         raise Broken(1002)
# + or bool(second & 0x80) != masked:
# +         raise Broken(1007)
# %% wrong read_frame: another limit by default
# says: without an argument, the limit is 2**20 bytes
# with: limit: int = 2**20 -> limit: int = 2**24
# %% wrong read_frame: it waits for the whole frame before it looks
# says: don't wait for the rest
# with: if len(buffer) < 2: -> if len(buffer) < 6:
# %% wrong read_frame: the payload stays masked
# says: the payload unmasked
# with: bytes(byte ^ key[i % 4] for i, byte in enumerate(payload)) -> payload
# %% wrong read_frame: the key's first byte only
# says: the payload unmasked
# with: key[i % 4] -> key[0]
# %% wrong read_frame: what is not whole yet is returned
# says: missing
# with: if len(buffer) < start + length: -> if len(buffer) < start:
# %% wrong read_frame: the size without the header
# says: one whole frame, and a byte of the next
# with: payload, start + length -> payload, length
# %% wrong read_frame: FIN as a number
# says: FIN is True or False
# with: return bool(first & 0x80), opcode -> return first >> 7, opcode
# %% wrong read_frame: all of the buffer is its payload
# says: one whole frame, and a byte of the next
# with: payload = buffer[start : start + length] -> payload = buffer[start:]
# %% right read_frame: struct, step by step
import struct


class Broken(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


def _size(buffer, limit):
    length, at = buffer[1] % 128, 2
    if length >= 126:
        form, at, least = ("!H", 4, 126) if length == 126 else ("!Q", 10, 2**16)
        if len(buffer) < at:
            return None
        (length,) = struct.unpack(form, buffer[2:at])
        if length < least or length >> 63:
            raise Broken(1002)
    if length > limit:
        raise Broken(1009)
    return at, length


def read_frame(buffer, masked, limit=1_048_576):
    if len(buffer) in (0, 1):
        return None
    flags, opcode = divmod(buffer[0], 16)
    control = opcode in (8, 9, 10)
    if flags not in (0, 8) or not (control or opcode in (0, 1, 2)):
        raise Broken(1002)
    if (buffer[1] >= 128) is not bool(masked):
        raise Broken(1002)
    if control and (flags == 0 or buffer[1] % 128 > 125):
        raise Broken(1002)
    found = _size(buffer, limit)
    if found is None:
        return None
    at, length = found
    end = at + length + (4 if masked else 0)
    if len(buffer) < end:
        return None
    payload = buffer[end - length : end]
    if masked:
        key = buffer[at : at + 4]
        payload = bytes(a ^ b for a, b in zip(payload, key * (length // 4 + 1), strict=False))
    return flags == 8, opcode, payload, end

# %% wrong Messages: continuations of nothing
# says: no message is open now
# with: (opcode == 0) == (self.opcode is None) -> opcode != 0 and self.opcode is not None
# %% wrong Messages: a message within a message
# says: a new message begins while another is open
# with: (opcode == 0) == (self.opcode is None) -> opcode == 0 and self.opcode is None
# %% wrong Messages: the opcode of the last frame
# says: the message is complete
# with: message = self.opcode, b"".join(self.parts) -> message = opcode, b"".join(self.parts)
# %% wrong Messages: the payload of the last frame
# says: the message is complete
# with: b"".join(self.parts) -> payload
# %% wrong Messages: parts of the message before
# says: the opcode of the first frame, and the payload of all
# with: self.opcode, self.parts, self.size = opcode, [], 0 -> self.opcode, self.size = opcode, 0
# %% wrong Messages: the sizes of all messages
# says: each message counts by itself
# with: self.opcode, self.parts, self.size = opcode, [], 0 -> self.opcode, self.parts = opcode, []
# %% wrong Messages: the limit is counted at the end
# says: too long already, though the message goes on
# with: if self.size > self.limit: -> if fin and self.size > self.limit:
# %% wrong Messages: each frame by itself
# says: too long already
# with: self.size += len(payload) -> self.size = len(payload)
# %% wrong Messages: a limit that is one too small
# says: as long as the limit is fine
# with: if self.size > self.limit: -> if self.size >= self.limit:
# %% wrong Messages: too big is 1002
# says: a message longer than the limit
# with: raise Broken(1009) -> raise Broken(1002)
# %% wrong Messages: a message stays open
# says: no message is open now
# -         self.opcode = None
# -         return message
# +         return message
# %% wrong Messages: empty frames are no beginning
# says: None, while the message goes on
# with: if not fin: -> if not fin and payload:
# %% wrong Messages: frames go to all connections
# says: each object has a message of its own
# -         self.opcode: int | None = None
# +         Messages.opcode = None
# with: self.opcode, self.parts, self.size = opcode, [], 0 -> Messages.opcode, self.parts, self.size = opcode, [], 0
# - message = self.opcode, b"".join(self.parts)
# -         self.opcode = None
# + message = self.opcode, b"".join(self.parts)
# +         Messages.opcode = None
# %% wrong Messages: another limit by default
# says: the limit is 2**20 by default
# with: limit: int = 2**20 -> limit: int = 2**24
# %% wrong Messages: open says whether, not which
# says: no message is open at first
# - return self.opcode
# + return self.opcode is not None
# %% right Messages: a bytearray, or None
class Messages:
    def __init__(self, limit=2**20):
        self.limit = limit
        self.under_way = None

    def open(self):
        return self.under_way and self.under_way[0]

    def take(self, fin, opcode, payload):
        if opcode:
            if self.under_way:
                raise Broken(1002)
            self.under_way = (opcode, bytearray())
        elif not self.under_way:
            raise Broken(1002)
        kind, so_far = self.under_way
        if len(so_far) + len(payload) > self.limit:
            raise Broken(1009)
        so_far += payload
        if fin:
            self.under_way = None
            return kind, bytes(so_far)

# %% wrong TextCheck: the end is not looked at
# says: here nothing comes any more
# with: self.decoder.decode(piece, last) -> self.decoder.decode(piece)
# %% wrong TextCheck: bad bytes are replaced
# says: here nothing comes any more
# with: ("utf-8")() -> ("utf-8")("replace")
# %% wrong TextCheck: Latin-1 knows every byte
# says: the é is not complete yet
# with: ("utf-8")() -> ("latin-1")()
# %% wrong TextCheck: 1002
# says: here nothing comes any more
# with: Broken(1007) -> Broken(1002)
# %% wrong TextCheck: Python's own exception
# says: here nothing comes any more
# with: raise Broken(1007) from None -> raise
# %% wrong TextCheck: collected until the end
# says: the é is not complete yet
class TextCheck:
    def __init__(self):
        self.parts = b""

    def feed(self, piece, last):
        self.parts += piece
        if not last:
            return ""
        whole, self.parts = self.parts, b""
        try:
            return whole.decode()
        except UnicodeDecodeError:
            raise Broken(1007) from None

# %% wrong TextCheck: the whole text with each piece
# says: now it is
import codecs


class TextCheck:
    def __init__(self):
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.text = ""

    def feed(self, piece, last):
        try:
            self.text += self.decoder.decode(piece, last)
        except UnicodeDecodeError:
            raise Broken(1007) from None
        return self.text

# %% wrong TextCheck: a new decoder for each piece
# says: now it is
# with: return self.decoder.decode(piece, last) -> return codecs.getincrementaldecoder("utf-8")().decode(piece, False)
# %% right TextCheck: what is left over, by hand
class TextCheck:
    def __init__(self):
        self.rest = b""

    def feed(self, piece, last):
        data, self.rest = self.rest + piece, b""
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            if last or error.reason != "unexpected end of data":
                raise Broken(1007) from None
            self.rest = data[error.start:]
            return data[:error.start].decode()

# %% wrong read_close: the reason goes back, too
# says: the same code goes back, without the reason
# with: return payload[:2] -> return payload
# %% wrong read_close: always 1000
# says: the same code goes back
# with: return payload[:2] -> return b"\x03\xe8"
# %% wrong read_close: an empty one is answered with 1000
# says: an empty Close is answered with an empty one
# with: return b"" -> return b"\x03\xe8"
# %% wrong read_close: half a code
# says: one byte is half a code
# with: if not payload: -> if len(payload) < 2:
# %% wrong read_close: any code
# says: may not be sent
# with: if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999): -> if code < 1000:
# %% wrong read_close: 1004 to 1006
# says: 1004 may not be sent
# with: 1000 <= code <= 1003 or 1007 <= code <= 1014 -> 1000 <= code <= 1014
# %% wrong read_close: only the codes of 2011
# says: 1012 may be sent
# with: 1007 <= code <= 1014 -> 1007 <= code <= 1011
# %% wrong read_close: 1015
# says: 1015 may not be sent
# with: 1007 <= code <= 1014 -> 1007 <= code <= 1015
# %% wrong read_close: the range of applications is left out
# says: 3000 may be sent
# with: 3000 <= code <= 4999 -> 3000 <= code <= 2999
# %% wrong read_close: up to 5000
# says: 5000 may not be sent
# with: code <= 4999 -> code <= 5000
# %% wrong read_close: all of 2000, too
# says: may not be sent
# with: 3000 <= code <= 4999 -> 2000 <= code <= 4999
# %% wrong read_close: the reason is not looked at
# says: a reason is UTF-8
# with: payload[2:].decode() -> payload[2:].decode("latin-1")
# %% wrong read_close: a bad reason is 1002
# says: a reason is UTF-8
# with: raise Broken(1007) from None -> raise Broken(1002) from None
# %% wrong read_close: the reason before the code
# says: may not be sent
def read_close(payload):
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        raise Broken(1007) from None
    code = int.from_bytes(payload[:2], "big")
    if payload and not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise Broken(1002)
    return payload[:2]

# %% wrong read_close: the code with its last byte first
# says: may be sent
# with: int.from_bytes(payload[:2]) -> int.from_bytes(payload[:2], "little")
# %% right read_close: struct and sets
import struct

MAY_BE_SENT = {*range(1000, 1015), *range(3000, 5000)} - {1004, 1005, 1006}


def read_close(payload):
    if payload == b"":
        return payload
    try:
        (code,) = struct.unpack("!H", payload[:2])
        if code not in MAY_BE_SENT:
            raise Broken(1002)
        str(payload[2:], "utf-8")
        return struct.pack("!H", code)
    except struct.error:
        raise Broken(1002) from None
    except UnicodeError:
        raise Broken(1007) from None

# %% wrong Connection: pings are not answered
# says: a message, and a pong for the ping behind it
# with: reply += self._frame(10, payload) -> pass
# %% wrong Connection: the pong without its payload
# says: each ping is answered with a pong that has its payload
# with: reply += self._frame(10, payload) -> reply += self._frame(10, b"")
# %% wrong Connection: pongs are answered, too
# says: each ping is answered with a pong that has its payload
# with: if opcode == 9: -> if opcode in (9, 10):
# %% wrong Connection: pings are messages
# says: a message, and a pong for the ping behind it
# - reply += self._frame(10, payload)
# + reply += self._frame(10, payload)
# +                     messages.append(payload)
# %% wrong Connection: one frame for each call
# says: a message, and a pong for the ping behind it
# with: self.buffer = self.buffer[size:] -> self.buffer = b""
# %% wrong Connection: a rest is forgotten
# says: a message, and a pong for the ping behind it
# with: self.buffer += data -> self.buffer = data
# %% wrong Connection: a Close is not answered
# says: one Close goes back
# with: reply += self._closing(read_close(payload)) -> read_close(payload)
# %% wrong Connection: not over after a Close
# says: over
# - read_close(payload))
# -                     self.ended = True
# + read_close(payload))
# %% wrong Connection: Close is answered with Close, for ever
# says: after a Close nothing more is sent
# -         self.close_sent = True
# %% wrong Connection: broken without a word
# says: one Close goes back
# with: reply += self._closing(error.code.to_bytes(2)) -> pass
# %% wrong Connection: always 1002
# says: the Close says what is wrong
# with: error.code.to_bytes(2) -> b"\x03\xea"
# %% wrong Connection: not over after a fault
# says: then the connection is over
# - error.code.to_bytes(2))
# -             self.ended = True
# + error.code.to_bytes(2))
# %% wrong Connection: the exception comes out
# says: section 5.2
# with: except Broken as error: -> except KeyError as error:
# %% wrong Connection: what came before a fault is lost
# says: the messages that are complete
# - self.ended = True
# -         return messages, reply
# + self.ended = True
# +             messages = []
# +         return messages, reply
# %% wrong Connection: after a Close it goes on
# says: section 1.4
# with: while not self.ended: -> while True:
# %% wrong Connection: what comes in a later answer is not there yet
# says: or in a later answer, is missing here
# with: secrets.token_bytes(4) -> fast_mask(b"abcd", b"abcd")
# %% wrong Connection: a client does not mask
# says: a client masks each frame that it sends
# with: mask_bit, length = self.client << 7, len(payload) -> mask_bit, length = 0, len(payload)
# - if not self.client:
# -             return header + payload
# + if True:
# +             return header + payload
# %% wrong Connection: the same masking key each time
# says: a new masking key for each frame
# with: secrets.token_bytes(4) -> b"abcd"
# %% wrong Connection: a masking key for each connection
# says: a new masking key for each frame
# with: key = secrets.token_bytes(4) -> key = self.key
# - self.close_sent = self.ended = False
# + self.close_sent = self.ended = False
# +         self.key = secrets.token_bytes(4)
# %% wrong Connection: a server masks
# says: pong for the ping
# with: mask_bit, length = self.client << 7, len(payload) -> mask_bit, length = 128, len(payload)
# - if not self.client:
# -             return header + payload
# + if False:
# +             return header + payload
# %% wrong Connection: a client expects masks
# says: section 5.
# with: not self.client, self.limit -> True, self.limit
# %% wrong Connection: text as bytes
# says: a message, and a pong for the ping behind it
# with: [whole if is_text else message[1]] -> [message[1]]
# %% wrong Connection: text is checked at its end
# says: in an unfinished message
# with: self.text += self.check.feed(payload, fin) -> self.text += self.check.feed(message[1], True) if message else ""
# %% wrong Connection: each fragment is a text of its own
# says: a byte in each frame
# with: self.check.feed(payload, fin) -> self.check.feed(payload, True)
# %% wrong Connection: text is never checked
# says: section 8.1
# with: self.text += self.check.feed(payload, fin) -> self.text += payload.decode(errors="replace")
# %% wrong Connection: the text before comes again
# says: the messages that are complete
# with: whole, self.text = self.text, "" -> whole = self.text
# %% wrong Connection: a continuation of text is binary
# says: the messages that are complete
# with: is_text = (message[0] if message else self.messages.open()) == 1 -> is_text = opcode == 1
# %% wrong Connection: no limit for frames
# says: too big is 1009
# with: read_frame(self.buffer, not self.client, self.limit) -> read_frame(self.buffer, not self.client)
# %% wrong Connection: no limit for messages
# says: too big in all is 1009, too
# with: Messages(limit) -> Messages()
# %% wrong Connection: text and binary the wrong way round
# says: send makes one frame
# with: return self._frame(1, message.encode()) -> return self._frame(2, message.encode())
# %% wrong Connection: more after a Close
# says: after a Close nothing more is sent
# - if self.close_sent:
# -             return b""
# -         if isinstance(message, str):
# + if isinstance(message, str):
# %% wrong Connection: close says it is over
# says: not over yet
# - return self._closing(code.to_bytes(2))
# + self.ended = True
# +         self.close_sent = True
# +         return self._frame(8, code.to_bytes(2, "big"))
# %% wrong Connection: nothing is read after a Close of ours
# says: what the peer has sent before its Close still comes in
# with: while not self.ended: -> while not self.ended and not self.close_sent:
# %% wrong Connection: one message for each call
# says: section 5.4
# with: messages += self._data(fin, opcode, payload) -> messages = self._data(fin, opcode, payload) or messages
# %% wrong Connection: only short lengths
# says: wsproto can't read this frame
# with: elif length <= 0xFFFF: -> elif length <= 0:
# %% wrong Connection: a list instead of a tuple
# says: receive returns a tuple of two
# - self.ended = True
# -         return messages, reply
# + self.ended = True
# +         return [messages, reply]
# %% right Connection: events in a queue, and one place for sending
import random

_random = random.SystemRandom()


class Connection:
    def __init__(self, client=False, limit=1 << 20):
        self.masked, self.limit = not client, limit
        self.bytes = bytearray()
        self.joined, self.utf8, self.pieces = Messages(limit), TextCheck(), []
        self.state = "open"

    def _put(self, opcode, payload):
        size = len(payload)
        seven, more = size, b""
        if size > 125:
            seven, places = (126, 2) if size < 2**16 else (127, 8)
            more = size.to_bytes(places, "big")
        start = bytes((128 + opcode, seven + (0 if self.masked else 128))) + more
        if self.masked:
            return start + payload
        key = _random.randbytes(4)
        stretched = key * (size // 4 + 1)
        return start + key + bytes(a ^ b for a, b in zip(payload, stretched))

    def _hang_up(self, payload):
        before, self.state = self.state, "over"
        return self._put(8, payload) if before == "open" else b""

    def receive(self, data):
        self.bytes += data
        got, out = [], b""
        while self.state != "over":
            try:
                found = read_frame(bytes(self.bytes), self.masked, self.limit)
                if not found:
                    break
                fin, opcode, payload, size = found
                del self.bytes[:size]
                if opcode == 8:
                    out += self._hang_up(read_close(payload))
                elif opcode == 9:
                    out += self._put(10, payload)
                elif opcode < 3:
                    kind = self.joined.open() or opcode
                    done = self.joined.take(fin, opcode, payload)
                    if kind == 1:
                        self.pieces.append(self.utf8.feed(payload, fin))
                    if done and kind == 1:
                        got.append("".join(self.pieces))
                        self.pieces.clear()
                    elif done:
                        got.append(done[1])
            except Broken as fault:
                out += self._hang_up(fault.code.to_bytes(2, "big"))
        return got, out

    def send(self, message):
        if self.state != "open":
            return b""
        return self._put(1, message.encode()) if type(message) is str else self._put(2, message)

    def close(self, code=1000):
        if self.state != "open":
            return b""
        self.state = "closing"
        return self._put(8, code.to_bytes(2, "big"))

    def over(self):
        return self.state == "over"

# %% wrong Deflate: the four bytes stay
# says: the four last bytes 00 00 ff ff are left out
# with: payload.removesuffix(b"\0\0\xff\xff") -> payload
# %% wrong Deflate: the four bytes are not put back
# says: what the peer's zlib has made
# with: payload + b"\0\0\xff\xff", limit + 1 -> payload, limit + 1
# %% wrong Deflate: each message by itself
# says: keep the context
# - payload = self.out.compress(message) + self.out.flush(zlib.Z_SYNC_FLUSH)
# + out = zlib.compressobj(wbits=-15)
# +         payload = out.compress(message) + out.flush(zlib.Z_SYNC_FLUSH)
# %% wrong Deflate: each message is inflated by itself
# says: what the peer's zlib has made
# with: message = self.into.decompress( -> message = zlib.decompressobj(wbits=-15).decompress(
# %% wrong Deflate: a stream with a header
# says: zlib must read the message again
# with: zlib.compressobj(wbits=-15) -> zlib.compressobj()
# %% wrong Deflate: it is all inflated first
# says: ran out of memory
# with: payload + b"\0\0\xff\xff", limit + 1) -> payload + b"\0\0\xff\xff")
# %% wrong Deflate: no limit
# says: a message longer than the limit
# with: if len(message) > limit: -> if len(message) > 1 << 40:
# %% wrong Deflate: cut off at the limit
# says: a message longer than the limit
# - if len(message) > limit:
# -             raise Broken(1009)
# -         return message
# + return message[:limit]
# %% wrong Deflate: a limit that is one too small
# says: as long as the limit is fine
# with: if len(message) > limit: -> if len(message) >= limit:
# %% wrong Deflate: zlib's own exception
# says: what can't be inflated is Broken(1007)
# with: except zlib.error: -> except KeyError:
# %% wrong Deflate: 1002 for what can't be inflated
# says: what can't be inflated is Broken(1007)
# with: raise Broken(1007) from None -> raise Broken(1002) from None
# %% wrong Deflate: too big is 1007
# says: a message longer than the limit
# with: raise Broken(1009) -> raise Broken(1007)
# %% wrong Deflate: ended instead of flushed
# says: compress takes bytes
# with: zlib.Z_SYNC_FLUSH -> zlib.Z_FINISH
# %% wrong Deflate: nothing is compressed
# says: takes a few bytes
# with: self.out = zlib.compressobj(wbits=-15) -> self.out = zlib.compressobj(0, wbits=-15)
# %% right Deflate: sizes counted piece by piece
import zlib


class Deflate:
    def __init__(self):
        self.smaller = zlib.compressobj(level=9, wbits=-15, memLevel=9)
        self.larger = zlib.decompressobj(-15)

    def compress(self, message):
        data = self.smaller.compress(message)
        data += self.smaller.flush(zlib.Z_SYNC_FLUSH)
        return data[:-4] if len(data) > 4 else b"\x00"

    def decompress(self, payload, limit):
        data, whole = payload + bytes.fromhex("0000ffff"), b""
        try:
            while data:
                whole += self.larger.decompress(data, 4096)
                if len(whole) > limit:
                    raise Broken(1009)
                data = self.larger.unconsumed_tail
        except zlib.error as error:
            raise Broken(1007) from error
        return whole

# %% wrong fast_mask: a loop over the bytes
# says: a loop over the bytes is not fast
def fast_mask(data, key):
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(data))

# %% wrong fast_mask: the bytes of the number only
# says: bytes
# - return (int.from_bytes(data) ^ int.from_bytes(repeated)).to_bytes(size)
# + masked = int.from_bytes(data) ^ int.from_bytes(repeated)
# +     return masked.to_bytes((masked.bit_length() + 7) // 8)
# %% wrong fast_mask: the key from the other end
# says: bytes are masked
# with: int.from_bytes(repeated) -> int.from_bytes(repeated, "little")
# %% wrong fast_mask: only whole words
# says: bytes are masked
# with: (key * (size // 4 + 1))[:size] -> (key * (size // 4)).ljust(size, b"\0")
# %% wrong fast_mask: a word at a time
# says: a loop over the bytes is not fast
import struct


def fast_mask(data, key):
    (word,) = struct.unpack("!I", key)
    whole = data + bytes(-len(data) % 4)
    return b"".join(struct.pack("!I", struct.unpack_from("!I", whole, i)[0] ^ word) for i in range(0, len(whole), 4))[:len(data)]

# %% right fast_mask: four tables
def fast_mask(data, key):
    masked = bytearray(data)
    for place, byte in enumerate(key):
        table = bytes(other ^ byte for other in range(256))
        masked[place::4] = masked[place::4].translate(table)
    return bytes(masked)

# %% right fast_mask: little-endian numbers
def fast_mask(data, key):
    size = len(data)
    stretched = key * -(-size // 4)
    number = int.from_bytes(data, "little") ^ int.from_bytes(stretched[:size], "little")
    return number.to_bytes(size, "little")
# %% same opening: without a count, both cut at every place
# -     request_line, *lines = head.decode("latin-1").split("\r\n")
# +     request_line, *lines = head.decode("latin-1").rsplit("\r\n")
# %% same opening: neither needs the other
# -     method, _, version = request_line.split(" ")
# -     fields: dict[str, list[str]] = {}
# +     fields: dict[str, list[str]] = {}
# +     method, _, version = request_line.split(" ")
# %% same opening: without a count, both cut at every place
# -     method, _, version = request_line.split(" ")
# +     method, _, version = request_line.rsplit(" ")
# %% same opening: a request line has no other white space
# -     method, _, version = request_line.split(" ")
# +     method, _, version = request_line.split()
# %% same opening: without a count, both cut at every place
# -         return [word.strip().lower() for value in fields.get(name, []) for word in value.split(",")]
# +         return [word.strip().lower() for value in fields.get(name, []) for word in value.rsplit(",")]
# %% same opening: there is exactly one key
# -         size = len(base64.b64decode(keys[0], validate=True)) if len(keys) == 1 else 0
# +         size = len(base64.b64decode(keys[(-1)], validate=True)) if len(keys) == 1 else 0
# %% same opening: any size but 16 is refused
# -         size = len(base64.b64decode(keys[0], validate=True)) if len(keys) == 1 else 0
# +         size = len(base64.b64decode(keys[0], validate=True)) if len(keys) == 1 else 1
# %% same opening: any size but 16 is refused
# -         size = len(base64.b64decode(keys[0], validate=True)) if len(keys) == 1 else 0
# +         size = len(base64.b64decode(keys[0], validate=True)) if len(keys) == 1 else (-1)
# %% same opening: any size but 16 is refused
# -         size = 0
# +         size = 1
# %% same opening: any size but 16 is refused
# -         size = 0
# +         size = (-1)
# %% same opening: the words behind a status are free
# -         answer = ["405 Method Not Allowed", "Allow: GET", length]
# +         answer = ['405 Method Not Allowedx', "Allow: GET", length]
# %% same opening: the words behind a status are free
# -     elif version == "HTTP/1.0" or len(fields.get("host", [])) != 1:
# -         answer = ["400 Bad Request", length]
# +     elif version == "HTTP/1.0" or len(fields.get("host", [])) != 1:
# +         answer = ['400 Bad Requestx', length]
# %% same opening: the words behind a status are free
# -         answer = ["426 Upgrade Required", *upgrade, length]
# +         answer = ['426 Upgrade Requiredx', *upgrade, length]
# %% same opening: the words behind a status are free
# -         answer = ["426 Upgrade Required", *upgrade, "Sec-WebSocket-Version: 13", length]
# +         answer = ['426 Upgrade Requiredx', *upgrade, "Sec-WebSocket-Version: 13", length]
# %% same opening: the words behind a status are free
# -     elif size != 16:
# -         answer = ["400 Bad Request", length]
# +     elif size != 16:
# +         answer = ['400 Bad Requestx', length]
# %% same opening: there is exactly one key
# -         digest = hashlib.sha1((keys[0] + GUID).encode()).digest()
# +         digest = hashlib.sha1((keys[(-1)] + GUID).encode()).digest()
# %% same opening: the words behind a status are free
# -         answer = ["101 Switching Protocols", *upgrade, f"Sec-WebSocket-Accept: {accept}"]
# +         answer = ['101 Switching Protocolsx', *upgrade, f"Sec-WebSocket-Accept: {accept}"]
# %% same read_frame: an exception keeps its arguments by itself
# -         super().__init__(code)
# +         pass
# %% same read_frame: neither needs the other
# -         super().__init__(code)
# -         self.code = code
# +         self.code = code
# +         super().__init__(code)
# %% same read_frame: the code is for Connection, and is judged there
# -         self.code = code
# +         pass
# %% same read_frame: neither needs the other
# -     if first & 0x70 or opcode not in (0, 1, 2, 8, 9, 10) or bool(second & 0x80) != masked:
# -         raise Broken(1002)
# -     if opcode >= 8 and (length > 125 or not first & 0x80):
# +     if opcode >= 8 and (length > 125 or not first & 0x80):
# +         raise Broken(1002)
# +     if first & 0x70 or opcode not in (0, 1, 2, 8, 9, 10) or bool(second & 0x80) != masked:
# %% same read_frame: opcode 7 was refused before
# -     if opcode >= 8 and (length > 125 or not first & 0x80):
# +     if opcode >= 7 and (length > 125 or not first & 0x80):
# %% same read_frame: neither needs the other
# -         if len(buffer) < start:
# -             return None
# -         length = int.from_bytes(buffer[2:start])
# +         length = int.from_bytes(buffer[2:start])
# +         if len(buffer) < start:
# +             return None
# %% same read_frame: neither needs the other
# -     if length > limit:
# -         raise Broken(1009)
# -     key = buffer[start : start + 4] if masked else bytes(4)
# +     key = buffer[start : start + 4] if masked else bytes(4)
# +     if length > limit:
# +         raise Broken(1009)
# %% same read_frame: a fifth byte of the key is never used
# -     key = buffer[start : start + 4] if masked else bytes(4)
# +     key = buffer[start : start + 4 + 1] if masked else bytes(4)
# %% same read_frame: a fifth byte of the key is never used
# -     key = buffer[start : start + 4] if masked else bytes(4)
# +     key = buffer[start : start + 5] if masked else bytes(4)
# %% same read_frame: zeros mask nothing, however many
# -     key = buffer[start : start + 4] if masked else bytes(4)
# +     key = buffer[start : start + 4] if masked else bytes(5)
# %% same read_frame: neither needs the other
# -     payload = buffer[start : start + length]
# -     if len(buffer) < start + length:
# -         return None
# +     if len(buffer) < start + length:
# +         return None
# +     payload = buffer[start : start + length]
# %% same read_frame: neither needs the other
# -     if len(buffer) < start + length:
# -         return None
# -     payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
# +     payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
# +     if len(buffer) < start + length:
# +         return None
# %% same Messages: the first frame of a message sets it anew
# -     def __init__(self, limit: int = 2**20) -> None:
# -         # BEGIN SOLUTION
# -         self.limit = limit
# -         self.opcode: int | None = None
# -         self.parts: list[bytes] = []
# +     parts = []
# +
# +     def __init__(self, limit: int = 2**20) -> None:
# +         # BEGIN SOLUTION
# +         self.limit = limit
# +         self.opcode: int | None = None
# +         pass
# %% same Messages: the first frame of a message sets it anew
# -         self.parts: list[bytes] = []
# +         pass
# %% same Messages: the first frame of a message sets it anew
# -         self.size = 0
# +         pass
# %% same Messages: any size but 16 is refused
# -         self.size = 0
# +         self.size = 1
# %% same Messages: any size but 16 is refused
# -         self.size = 0
# +         self.size = (-1)
# %% same Messages: neither needs the other
# -         self.parts.append(payload)
# -         self.size += len(payload)
# +         self.size += len(payload)
# +         self.parts.append(payload)
# %% same Messages: neither needs the other
# -         if not fin:
# -             return None
# -         message = self.opcode, b"".join(self.parts)
# +         message = self.opcode, b"".join(self.parts)
# +         if not fin:
# +             return None
# %% same read_close: neither needs the other
# -     if not payload:
# -         return b""
# -     code = int.from_bytes(payload[:2])  # of a single byte at most 255, which no code is
# +     code = int.from_bytes(payload[:2])
# +     if not payload:
# +         return b""  # of a single byte at most 255, which no code is
# %% same Connection: neither needs the other
# -         self.buffer = b""
# -         self.messages, self.check, self.text = Messages(limit), TextCheck(), ""
# +         self.messages, self.check, self.text = Messages(limit), TextCheck(), ""
# +         self.buffer = b""
# %% same Connection: neither needs the other
# -         self.messages, self.check, self.text = Messages(limit), TextCheck(), ""
# -         self.close_sent = self.ended = False
# +         self.close_sent = self.ended = False
# +         self.messages, self.check, self.text = Messages(limit), TextCheck(), ""
# %% same Connection: neither needs the other
# -                 self.buffer = self.buffer[size:]
# -                 if opcode == 9:
# -                     reply += self._frame(10, payload)
# -                 elif opcode == 8:
# -                     reply += self._closing(read_close(payload))
# -                     self.ended = True
# -                 elif opcode != 10:
# -                     messages += self._data(fin, opcode, payload)
# +                 if opcode == 9:
# +                     reply += self._frame(10, payload)
# +                 elif opcode == 8:
# +                     reply += self._closing(read_close(payload))
# +                     self.ended = True
# +                 elif opcode != 10:
# +                     messages += self._data(fin, opcode, payload)
# +                 self.buffer = self.buffer[size:]
# %% same Connection: neither needs the other
# -                     reply += self._closing(read_close(payload))
# -                     self.ended = True
# +                     self.ended = True
# +                     reply += self._closing(read_close(payload))
# %% same Connection: neither needs the other
# -             reply += self._closing(error.code.to_bytes(2))
# -             self.ended = True
# +             self.ended = True
# +             reply += self._closing(error.code.to_bytes(2))
# %% same Connection: neither needs the other
# -         if not self.client:
# -             return header + payload
# -         key = secrets.token_bytes(4)
# +         key = secrets.token_bytes(4)
# +         if not self.client:
# +             return header + payload
# %% same Deflate: neither needs the other
# -         self.out = zlib.compressobj(wbits=-15)
# -         self.into = zlib.decompressobj(wbits=-15)
# +         self.into = zlib.decompressobj(wbits=-15)
# +         self.out = zlib.compressobj(wbits=-15)
# %% same Deflate: a byte more shows the same
# -             message = self.into.decompress(payload + b"\0\0\xff\xff", limit + 1)
# +             message = self.into.decompress(payload + b"\0\0\xff\xff", limit + 2)
# %% same fast_mask: what is too long is cut off
# -     repeated = (key * (size // 4 + 1))[:size]
# +     repeated = (key * (size // 3 + 1))[:size]
# %% same fast_mask: what is too long is cut off
# -     repeated = (key * (size // 4 + 1))[:size]
# +     repeated = (key * (size // 4 + 2))[:size]
