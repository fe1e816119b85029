# %% wrong encode_header: the length in the machine's own order
# says: the most significant byte of the length comes first
import struct

def encode_header(opcode, length, fin=True, masked=False):
    first, mask_bit = fin << 7 | opcode, masked << 7
    if length <= 125:
        return struct.pack("BB", first, mask_bit | length)
    if length <= 65535:
        return struct.pack("<BBH", first, mask_bit | 126, length)
    return struct.pack("<BBQ", first, mask_bit | 127, length)

# %% wrong encode_header: 126 and 127 taken for lengths
# says: the shortest form for a length of 126 has 4 bytes
def encode_header(opcode, length, fin=True, masked=False):
    first, mask_bit = fin << 7 | opcode, masked << 7
    if length <= 127:
        return bytes([first, mask_bit | length])
    if length <= 65535:
        return bytes([first, mask_bit | 126]) + length.to_bytes(2, "big")
    return bytes([first, mask_bit | 127]) + length.to_bytes(8, "big")

# %% wrong encode_header: four bytes for a long length
# says: the shortest form for a length of 65536 has 10 bytes
def encode_header(opcode, length, fin=True, masked=False):
    first, mask_bit = fin << 7 | opcode, masked << 7
    if length < 126:
        return bytes([first, mask_bit | length])
    if length < 65536:
        return bytes([first, mask_bit | 126]) + length.to_bytes(2, "big")
    return bytes([first, mask_bit | 127]) + length.to_bytes(4, "big")

# %% wrong encode_header: 65,535 in the long form
# says: the shortest form for a length of 65535 has 4 bytes
def encode_header(opcode, length, fin=True, masked=False):
    first, mask_bit = fin << 7 | opcode, masked << 7
    if length < 126:
        return bytes([first, mask_bit | length])
    if length < 65535:
        return bytes([first, mask_bit | 126]) + length.to_bytes(2, "big")
    return bytes([first, mask_bit | 127]) + length.to_bytes(8, "big")

# %% wrong encode_header: FIN always set
# says: FIN, the highest bit of the first byte, is set if fin is, only then
def encode_header(opcode, length, fin=True, masked=False):
    first, mask_bit = 0x80 | opcode, 0x80 if masked else 0
    if length < 126:
        return bytes([first, mask_bit | length])
    if length < 65536:
        return bytes([first, mask_bit | 126]) + length.to_bytes(2, "big")
    return bytes([first, mask_bit | 127]) + length.to_bytes(8, "big")

# %% wrong encode_header: MASK forgotten in the longer forms
# says: MASK is the highest bit of the second byte
def encode_header(opcode, length, fin=True, masked=False):
    first = fin << 7 | opcode
    if length < 126:
        return bytes([first, masked << 7 | length])
    if length < 65536:
        return bytes([first, 126]) + length.to_bytes(2, "big")
    return bytes([first, 127]) + length.to_bytes(8, "big")

# %% wrong encode_header: a list of numbers
# says: return bytes
def encode_header(opcode, length, fin=True, masked=False):
    return [fin << 7 | opcode, masked << 7 | length]

# %% right encode_header: struct, and the announcement found first
import struct

def encode_header(opcode: int, length: int, fin: bool = True, masked: bool = False) -> bytes:
    start = opcode + (128 if fin else 0)
    seven, rest = (length, "") if length < 126 else (126, "H") if length < 2**16 else (127, "Q")
    if masked:
        seven += 128
    return struct.pack(f"!BB{rest}", start, seven, *([length] if rest else []))

# %% wrong mask: zip stops at the end of the key
# says: as many bytes come out as go in
def mask(data, key):
    return bytes(a ^ b for a, b in zip(data, key))

# %% wrong mask: always the first byte of the key
# says: XOR each byte with the byte of the key at its index
def mask(data, key):
    return bytes(byte ^ key[0] for byte in data)

# %% wrong mask: added instead of XORed
# says: XOR each byte with the byte of the key at its index
def mask(data, key):
    return bytes((byte + key[i % 4]) % 256 for i, byte in enumerate(data))

# %% wrong mask: an index past the end of the key
# says: raised IndexError
def mask(data, key):
    return bytes(byte ^ key[i] for i, byte in enumerate(data))

# %% wrong mask: a list of numbers
# says: return bytes
def mask(data, key):
    return [byte ^ key[i % 4] for i, byte in enumerate(data)]

# %% wrong mask: padded to a multiple of four
# says: as many bytes come out as go in
def mask(data, key):
    masked = b""
    for start in range(0, len(data), 4):
        block = data[start : start + 4].ljust(4, b"\0")
        masked += bytes(a ^ b for a, b in zip(block, key))
    return masked

# %% right mask: one XOR of two long numbers
def mask(data: bytes, key: bytes) -> bytes:
    repeated = (key * (len(data) // 4 + 1))[: len(data)]
    number = int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")
    return number.to_bytes(len(data), "big")

# %% right mask: itertools.cycle
from itertools import cycle

def mask(data: bytes, key: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(data, cycle(key)))

# %% wrong decode_frame: only the short form
# says: is what follows the header and the key, if there is one
def decode_frame(data):
    length = data[1] & 127
    rest = data[2:]
    if data[1] & 128:
        rest = mask(rest[4:], rest[:4])
    return bool(data[0] & 128), data[0] & 15, rest

# %% wrong decode_frame: the key not skipped
# says: the payload of a masked frame
def decode_frame(data):
    length, start = data[1] & 127, 2
    if length == 126:
        length, start = int.from_bytes(data[2:4], "big"), 4
    elif length == 127:
        length, start = int.from_bytes(data[2:10], "big"), 10
    return bool(data[0] & 128), data[0] & 15, data[start:]

# %% wrong decode_frame: the opcode with FIN in it
# says: is its last four bits in the first byte
def decode_frame(data):
    length, start = data[1] & 127, 2
    if length == 126:
        length, start = int.from_bytes(data[2:4], "big"), 4
    elif length == 127:
        length, start = int.from_bytes(data[2:10], "big"), 10
    payload = data[start:]
    if data[1] & 128:
        payload = mask(data[start + 4 :], data[start : start + 4])
    return bool(data[0] & 128), data[0], payload

# %% wrong decode_frame: FIN as a number
# says: as a bool
def decode_frame(data):
    length, start = data[1] & 127, 2
    if length == 126:
        length, start = int.from_bytes(data[2:4], "big"), 4
    elif length == 127:
        length, start = int.from_bytes(data[2:10], "big"), 10
    payload = data[start:]
    if data[1] & 128:
        payload = mask(data[start + 4 :], data[start : start + 4])
    return data[0] >> 7, data[0] & 15, payload

# %% wrong decode_frame: believes everything
# says: raise ValueError when one is set
def decode_frame(data):
    length, start = data[1] & 127, 2
    if length == 126:
        length, start = int.from_bytes(data[2:4], "big"), 4
    elif length == 127:
        length, start = int.from_bytes(data[2:10], "big"), 10
    payload = data[start:]
    if data[1] & 128:
        payload = mask(data[start + 4 :], data[start : start + 4])
    return bool(data[0] & 128), data[0] & 15, payload

# %% wrong decode_frame: any form of a length will do
# says: the shortest is the only one that is allowed
def decode_frame(data):
    if len(data) < 2 or data[0] & 0x70:
        raise ValueError("not a frame")
    length, start = data[1] & 127, 2
    if length == 126:
        length, start = int.from_bytes(data[2:4], "big"), 4
    elif length == 127:
        length, start = int.from_bytes(data[2:10], "big"), 10
    key = bytes(4)
    if data[1] & 128:
        key, start = data[start : start + 4], start + 4
    if len(data) != start + length:
        raise ValueError("not one frame")
    return bool(data[0] & 128), data[0] & 15, mask(data[start:], key)

# %% wrong decode_frame: what is left over is dropped
# says: raise ValueError when some are left over
def decode_frame(data):
    if len(data) < 2 or data[0] & 0x70:
        raise ValueError("not a frame")
    length, start = data[1] & 127, 2
    if length > 125:
        size, least = (2, 126) if length == 126 else (8, 65536)
        length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
        if length < least:
            raise ValueError("too long a form")
    key = bytes(4)
    if data[1] & 128:
        key, start = data[start : start + 4], start + 4
    if len(data) < start + length:
        raise ValueError("something is missing")
    return bool(data[0] & 128), data[0] & 15, mask(data[start : start + length], key)

# %% wrong decode_frame: an IndexError where bytes are missing
# says: raised IndexError
def decode_frame(data):
    if data[0] & 0x70:
        raise ValueError("not a frame")
    length, start = data[1] & 127, 2
    if length > 125:
        size, least = (2, 126) if length == 126 else (8, 65536)
        length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
        if length < least:
            raise ValueError("too long a form")
    key = bytes(4)
    if data[1] & 128:
        key, start = data[start : start + 4], start + 4
    if len(data) != start + length:
        raise ValueError("not one frame")
    return bool(data[0] & 128), data[0] & 15, mask(data[start:], key)

# %% right decode_frame: a file that is read from
import io

def decode_frame(data: bytes) -> tuple[bool, int, bytes]:
    stream = io.BytesIO(data)

    def take(count):
        taken = stream.read(count)
        if len(taken) != count:
            raise ValueError("the frame is cut off")
        return taken

    first, second = take(2)
    if first >> 4 & 7:
        raise ValueError("reserved")
    length = second % 128
    if length == 126:
        length = int.from_bytes(take(2), "big")
        if length < 126:
            raise ValueError("not minimal")
    elif length == 127:
        length = int.from_bytes(take(8), "big")
        if length < 2**16:
            raise ValueError("not minimal")
    key = take(4) if second >= 128 else None
    payload = take(length)
    if stream.read():
        raise ValueError("too much")
    return first >= 128, first % 16, mask(payload, key) if key else payload

# %% wrong FrameReader: each call is a frame
# says: raised ValueError
class FrameReader:
    def feed(self, data):
        return [decode_frame(data)]

# %% wrong FrameReader: only one frame in each call
# says: four frames came in one piece
class FrameReader:
    def __init__(self):
        self.buffer = b""

    def feed(self, data):
        self.buffer += data
        for size in range(2, len(self.buffer) + 1):
            try:
                frame = decode_frame(self.buffer[:size])
            except ValueError:
                continue
            self.buffer = self.buffer[size:]
            return [frame]
        return []

# %% wrong FrameReader: the header must come in one piece
# says: raised IndexError
class FrameReader:
    def __init__(self):
        self.buffer = b""

    def feed(self, data):
        self.buffer += data
        frames = []
        while self.buffer:
            length, start = self.buffer[1] & 127, 2
            if length == 126:
                length, start = int.from_bytes(self.buffer[2:4], "big"), 4
            elif length == 127:
                length, start = int.from_bytes(self.buffer[2:10], "big"), 10
            size = start + 4 * (self.buffer[1] >> 7) + length
            if len(self.buffer) < size:
                break
            frames.append(decode_frame(self.buffer[:size]))
            self.buffer = self.buffer[size:]
        return frames

# %% wrong FrameReader: the rest is thrown away
# says: a header may be cut anywhere
class FrameReader:
    def feed(self, data):
        frames = []
        while len(data) >= 2:
            length, start = data[1] & 127, 2
            if length == 126:
                length, start = int.from_bytes(data[2:4], "big"), 4
            elif length == 127:
                length, start = int.from_bytes(data[2:10], "big"), 10
            size = start + 4 * (data[1] >> 7) + length
            if len(data) < size:
                break
            frames.append(decode_frame(data[:size]))
            data = data[size:]
        return frames

# %% wrong FrameReader: one buffer for all readers
# says: must not turn up in another's reader
class FrameReader:
    buffer = bytearray()

    def feed(self, data):
        self.buffer += data
        frames = []
        while len(self.buffer) >= 2:
            length, start = self.buffer[1] & 127, 2
            if length > 125:
                start = 4 if length == 126 else 10
                if len(self.buffer) < start:
                    break
                length = int.from_bytes(self.buffer[2:start], "big")
            size = start + 4 * (self.buffer[1] >> 7) + length
            if len(self.buffer) < size:
                break
            frames.append(decode_frame(bytes(self.buffer[:size])))
            del self.buffer[:size]
        return frames

# %% wrong FrameReader: None while nothing is complete
# says: feed returns a list, an empty one if nothing is complete
class FrameReader:
    def __init__(self):
        self.buffer = b""

    def feed(self, data):
        self.buffer += data
        try:
            frame = decode_frame(self.buffer)
        except ValueError:
            return None
        self.buffer = b""
        return [frame]

# %% right FrameReader: a generator that asks for bytes
class FrameReader:
    def __init__(self):
        self.frames = []
        self.parser = self.parse()
        next(self.parser)

    def parse(self):
        buffer = bytearray()

        def need(count):
            while len(buffer) < count:
                buffer.extend((yield))

        while True:
            yield from need(2)
            length, start = buffer[1] & 127, 2
            if length > 125:
                start = 4 if length == 126 else 10
                yield from need(start)
                length = int.from_bytes(buffer[2:start], "big")
            size = start + (4 if buffer[1] & 128 else 0) + length
            yield from need(size)
            self.frames.append(decode_frame(bytes(buffer[:size])))
            del buffer[:size]

    def feed(self, data: bytes) -> list:
        self.parser.send(data)
        complete, self.frames = self.frames, []
        return complete

# %% wrong fragment: the first draft
# says: the rest are continuations, opcode 0
def fragment(payload, opcode, size):
    frames = []
    for start in range(0, len(payload), size):
        part = payload[start : start + size]
        frames.append((len(part) < size, opcode, part))
    return frames

# %% wrong fragment: only the opcode mended
# says: a message never ends
def fragment(payload, opcode, size):
    frames = []
    for start in range(0, len(payload), size):
        part = payload[start : start + size]
        frames.append((len(part) < size, opcode if start == 0 else 0, part))
    return frames

# %% wrong fragment: an empty message is still none
# says: an empty message is a message
def fragment(payload, opcode, size):
    frames = []
    for start in range(0, len(payload), size):
        part = payload[start : start + size]
        frames.append((start + size >= len(payload), opcode if start == 0 else 0, part))
    return frames

# %% wrong fragment: the last frame has the opcode
# says: the rest are continuations, opcode 0
def fragment(payload, opcode, size):
    parts = [payload[start : start + size] for start in range(0, len(payload), size)] or [b""]
    last = len(parts) - 1
    return [(i == last, opcode if i == last else 0, part) for i, part in enumerate(parts)]

# %% wrong fragment: the message in one frame after all
# says: no part is longer than
def fragment(payload, opcode, size):
    return [(True, opcode, payload)]

# %% right fragment: eats the payload
def fragment(payload: bytes, opcode: int, size: int) -> list[tuple[bool, int, bytes]]:
    frames = []
    while True:
        part, payload = payload[:size], payload[size:]
        frames.append((not payload, opcode, part))
        opcode = 0
        if not payload:
            return frames

# %% right fragment: an empty continuation at the end
def fragment(payload: bytes, opcode: int, size: int) -> list[tuple[bool, int, bytes]]:
    if len(payload) <= size:
        return [(True, opcode, payload)]
    frames = [(False, opcode, payload[:size])]
    for start in range(size, len(payload), size):
        frames.append((False, 0, payload[start : start + size]))
    return [*frames, (True, 0, b"")]

# %% wrong MessageReader: a control frame ends up in the message
# says: a control frame comes out at once
class MessageReader:
    def __init__(self):
        self.opcode = None
        self.payload = b""

    def receive(self, fin, opcode, payload):
        if opcode:
            self.opcode = opcode
        self.payload += payload
        if not fin:
            return None
        message = self.opcode, self.payload
        self.payload = b""
        return message

# %% wrong MessageReader: the opcode of the last frame
# says: the message's opcode is that of its first frame
class MessageReader:
    def __init__(self):
        self.payload = b""

    def receive(self, fin, opcode, payload):
        if opcode >= 8:
            return opcode, payload
        self.payload += payload
        if not fin:
            return None
        whole, self.payload = self.payload, b""
        return opcode, whole

# %% wrong MessageReader: the old payload is kept
# says: of no other message
class MessageReader:
    def __init__(self):
        self.opcode = None
        self.payload = b""

    def receive(self, fin, opcode, payload):
        if opcode >= 8:
            return opcode, payload
        if opcode in (1, 2):
            self.opcode = opcode
            if fin:
                return opcode, payload
        self.payload += payload
        return (self.opcode, self.payload) if fin else None

# %% wrong MessageReader: whatever comes is taken
# says: a continuation with no message open
class MessageReader:
    def __init__(self):
        self.opcode = None
        self.payload = b""

    def receive(self, fin, opcode, payload):
        if opcode >= 8:
            return opcode, payload
        if opcode:
            self.opcode, self.payload = opcode, b""
        self.payload += payload
        return (self.opcode, self.payload) if fin else None

# %% wrong MessageReader: a message is open only if it has bytes
# says: empty so far, but it is open
class MessageReader:
    def __init__(self):
        self.opcode = None
        self.payload = b""
        self.under_way = False

    def receive(self, fin, opcode, payload):
        if opcode >= 8:
            if not fin or len(payload) > 125:
                raise ValueError("control")
            return opcode, payload
        if opcode == 0 and not self.under_way:
            raise ValueError("continuation")
        if opcode != 0 and self.payload:
            raise ValueError("new message")
        if opcode:
            self.opcode, self.under_way = opcode, True
        self.payload += payload
        if not fin:
            return None
        message = self.opcode, self.payload
        self.payload, self.under_way = b"", False
        return message

# %% wrong MessageReader: control frames of any size
# says: a control frame without FIN
class MessageReader:
    def __init__(self):
        self.opcode = None
        self.payload = b""

    def receive(self, fin, opcode, payload):
        if opcode >= 8:
            return opcode, payload
        if (opcode == 0) == (self.opcode is None):
            raise ValueError("out of place")
        if opcode:
            self.opcode, self.payload = opcode, b""
        self.payload += payload
        if not fin:
            return None
        message, self.opcode = (self.opcode, self.payload), None
        return message

# %% wrong MessageReader: an open message forgotten at a ping
# says: raised ValueError
class MessageReader:
    def __init__(self):
        self.opcode = None
        self.payload = b""

    def receive(self, fin, opcode, payload):
        if opcode >= 8:
            if not fin or len(payload) > 125:
                raise ValueError("control")
            self.opcode = None
            return opcode, payload
        if (opcode == 0) == (self.opcode is None):
            raise ValueError("out of place")
        if opcode:
            self.opcode, self.payload = opcode, b""
        self.payload += payload
        if not fin:
            return None
        message, self.opcode = (self.opcode, self.payload), None
        return message

# %% right MessageReader: a list of parts, and a match
class MessageReader:
    def __init__(self):
        self.parts = None
        self.kind = 0

    def receive(self, fin: bool, opcode: int, payload: bytes):
        match opcode, self.parts:
            case (8 | 9 | 10), _:
                if fin and len(payload) < 126:
                    return (opcode, payload)
                raise ValueError("bad control frame")
            case 0, None:
                raise ValueError("nothing to continue")
            case 0, parts:
                parts.append(payload)
            case _, None:
                self.kind, self.parts = opcode, [payload]
            case _:
                raise ValueError("still busy")
        if fin:
            whole, self.parts = b"".join(self.parts), None
            return (self.kind, whole)

# %% wrong first_bad_fragment: each fragment on its own
# says: a character may begin in one fragment and end in the next
def first_bad_fragment(fragments):
    for i, part in enumerate(fragments):
        try:
            part.decode()
        except UnicodeDecodeError:
            return i
    return None

# %% wrong first_bad_fragment: all of it at the end
# says: the fragment in which the bad byte stands
def first_bad_fragment(fragments):
    try:
        b"".join(fragments).decode()
    except UnicodeDecodeError:
        return len(fragments) - 1
    return None

# %% wrong first_bad_fragment: nobody asks for the end
# says: its last character isn't
import codecs

def first_bad_fragment(fragments):
    decoder = codecs.getincrementaldecoder("utf-8")()
    for i, part in enumerate(fragments):
        try:
            decoder.decode(part)
        except UnicodeDecodeError:
            return i
    return None

# %% wrong first_bad_fragment: the position of the byte
# says: the fragment in which the bad byte stands, counted from 0
def first_bad_fragment(fragments):
    try:
        b"".join(fragments).decode()
    except UnicodeDecodeError as error:
        return error.start
    return None

# %% wrong first_bad_fragment: the fragment in which the character begins
# says: certain at this fragment, not later
def first_bad_fragment(fragments):
    try:
        b"".join(fragments).decode()
    except UnicodeDecodeError as error:
        end = 0
        for i, part in enumerate(fragments):
            end += len(part)
            if error.start < end:
                return i
    return None

# %% wrong first_bad_fragment: an unfinished character is always forgiven
# says: certain at this fragment, not later
def first_bad_fragment(fragments):
    rest = b""
    for i, part in enumerate(fragments):
        rest += part
        for cut in range(4):
            try:
                rest[: len(rest) - cut].decode()
            except UnicodeDecodeError:
                continue
            rest = rest[len(rest) - cut :]
            break
        else:
            return i
    return len(fragments) - 1 if rest else None

# %% wrong first_bad_fragment: yes or no
# says: return the index of a fragment, or None
def first_bad_fragment(fragments):
    try:
        b"".join(fragments).decode()
    except UnicodeDecodeError:
        return True
    return None

# %% right first_bad_fragment: the reason of the error tells
def first_bad_fragment(fragments: list[bytes]) -> int | None:
    text = b""
    for index, part in enumerate(fragments):
        text += part
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            only_cut = error.reason == "unexpected end of data"
            if not only_cut or index + 1 == len(fragments):
                return index
    return None

# %% wrong answer_close: everything sent back
# says: send two bytes of code and no reason
def answer_close(payload):
    return payload

# %% wrong answer_close: 1000 for everybody
# says: nothing came, so send nothing back
def answer_close(payload):
    return (1000).to_bytes(2, "big")

# %% wrong answer_close: any code is echoed
# says: codes below 1000 don't exist
def answer_close(payload):
    if len(payload) == 1:
        return (1002).to_bytes(2, "big")
    return payload[:2]

# %% wrong answer_close: the reserved codes slip through
# says: 1004 is reserved
def answer_close(payload):
    if not payload:
        return b""
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not 1000 <= code < 5000:
        return (1002).to_bytes(2, "big")
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return (1007).to_bytes(2, "big")
    return payload[:2]

# %% wrong answer_close: the reason is never read
# says: the reason is not UTF-8: 1007
def answer_close(payload):
    if not payload:
        return b""
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        return (1002).to_bytes(2, "big")
    return payload[:2]

# %% wrong answer_close: only the codes of 2011
# says: 1014 may be sent: send it back
def answer_close(payload):
    if not payload:
        return b""
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (1000 <= code <= 1003 or 1007 <= code <= 1011 or 3000 <= code <= 4999):
        return (1002).to_bytes(2, "big")
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return (1007).to_bytes(2, "big")
    return payload[:2]

# %% wrong answer_close: the code as text
# says: return the payload as bytes
def answer_close(payload):
    return payload[:2].hex()

# %% wrong answer_close: the reason before the code
# says: the code comes first
def answer_close(payload):
    if not payload:
        return b""
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return (1007).to_bytes(2, "big")
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        return (1002).to_bytes(2, "big")
    return payload[:2]

# %% right answer_close: struct, sets and early returns
import struct

MAY_BE_SENT = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}

def answer_close(payload: bytes) -> bytes:
    match len(payload):
        case 0:
            return b""
        case 1:
            return struct.pack("!H", 1002)
    code, reason = struct.unpack_from("!H", payload)[0], payload[2:]
    if code not in MAY_BE_SENT:
        code = 1002
    elif "\ufffd" in reason.decode("utf-8", "replace"):
        code = 1007
    return struct.pack("!H", code)

# %% wrong echo_bytes: the text alone
# says: each frame has a header, too
echo_bytes = 400

# %% wrong echo_bytes: short headers and no key
# says: one of the two sides masks
echo_bytes = 404

# %% wrong echo_bytes: short headers
# says: the length takes two more bytes
echo_bytes = 408

# %% wrong echo_bytes: both sides mask
# says: only one of the two sides masks
echo_bytes = 416

# %% wrong echo_bytes: one way
# says: the echo comes back
echo_bytes = 208

# %% wrong echo_bytes: with its unit
# says: a number of bytes
echo_bytes = "412 bytes"

# %% wrong echo_bytes: 64 bits for the length
# says: add up
echo_bytes = 428

# %% right echo_bytes: from the other answers
echo_bytes = sum(
    len(encode_header(1, 200, masked=masked)) + 4 * masked + 200 for masked in (True, False)
)
