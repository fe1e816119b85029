# %% wrong encode_header: the length with its last byte first
# says: the most significant byte of the length comes first
# with: (2, "big") -> (2, "little")
# with: (8, "big") -> (8, "little")
# %% wrong encode_header: only the long length with its last byte first
# says: the most significant byte of the length comes first
# with: (8, "big") -> (8, "little")
# %% wrong encode_header: 126 and 127 taken for lengths
# says: the shortest form for a length of 126 has 4 bytes
# with: <= 125 -> <= 127
# %% wrong encode_header: four bytes for a long length
# says: the shortest form for a length of 65536 has 10 bytes
# with: (8, "big") -> (4, "big")
# %% wrong encode_header: FIN always set
# says: FIN, the highest bit of the first byte, is set if fin is true, and only then
# with: fin << 7 | opcode -> 0x80 | opcode
# %% wrong encode_header: MASK forgotten in the longer forms
# says: MASK, the highest bit of the second byte, is set if masked is
# with: mask_bit | 126 -> 126
# with: mask_bit | 127 -> 127
# %% wrong encode_header: three bits of opcode
# says: the opcode is in the last four bits
# with: | opcode -> | opcode & 7
# %% wrong encode_header: the length stands in the seven bits, too
# says: the seven bits for a length of
# with: mask_bit | 126 -> mask_bit | length & 127
# %% wrong encode_header: a key behind the length
# says: the four bytes of the key are no part of the header
import secrets

def encode_header(opcode, length, fin=True, masked=False):
    form = 0 if length <= 125 else 2 if length <= 65_535 else 8
    seven = {0: length, 2: 126, 8: 127}[form]
    header = bytes([fin << 7 | opcode, masked << 7 | seven])
    key = secrets.token_bytes(4) if masked else b""
    return header + (length.to_bytes(form, "big") if form else b"") + key

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

# %% wrong encode_header: a length with a sign
# says: any length below 2**63
# of: struct, and the announcement found first
# with: "H" -> "h"
# %% right encode_header: a bytearray that grows, bits as text
def encode_header(opcode, length, fin=True, masked=False):
    header = bytearray([int(f"{fin:d}000{opcode:04b}", 2)])
    extended = 0 if length < 126 else 2 if length < 65_536 else 8
    seven = {0: length, 2: 126, 8: 127}[extended]
    header.append(int(f"{masked:d}{seven:07b}", 2))
    for place in reversed(range(extended)):
        header.append(length >> 8 * place & 255)
    return header

# %% wrong mask: zip stops at the end of the key
# says: as many bytes come out as go in
def mask(data, key):
    return bytes(a ^ b for a, b in zip(data, key))

# %% wrong mask: always the first byte of the key
# says: XOR each byte with the byte of the key at its index
# with: key[i % 4] -> key[0]
# %% wrong mask: added instead of XORed
# says: XOR each byte with the byte of the key at its index
# with: byte ^ key[i % 4] -> (byte + key[i % 4]) % 256
# %% wrong mask: an index past the end of the key
# says: raised IndexError
# with: key[i % 4] -> key[i]
# %% wrong mask: a list of numbers
# says: return bytes
# with: bytes(byte ^ key[i % 4] for i, byte in enumerate(data)) -> [byte ^ key[i % 4] for i, byte in enumerate(data)]
# %% wrong mask: the key starts again after 125 bytes
# says: after its fourth byte, the key starts again
# with: i % 4 -> i % 125 % 4
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

# %% wrong mask: zeros at the beginning lost in a long number
# says: as many bytes come out as go in, zeros too
# of: one XOR of two long numbers
# with: number.to_bytes(len(data), "big") -> number.to_bytes((number.bit_length() + 7) // 8, "big")
# %% right mask: itertools.cycle
from itertools import cycle

def mask(data: bytes, key: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(data, cycle(key)))

# %% right mask: every fourth byte through a table
def mask(data, key):
    masked = bytearray(data)
    for i in range(4):
        table = bytes(byte ^ key[i] for byte in range(256))
        masked[i::4] = data[i::4].translate(table)
    return masked

# %% wrong decode_frame: only the short form
# says: is what follows the header and the key, if there is one
def decode_frame(data):
    length = data[1] & 127
    rest = data[2:]
    if data[1] & 128:
        rest = mask(rest[4:], rest[:4])
    return bool(data[0] & 128), data[0] & 15, rest

# %% wrong decode_frame: the key skipped, and not used
# says: the payload of a masked frame of 3 bytes with opcode 0, unmasked
# with: mask(data[start:], key) -> data[start:]
# %% wrong decode_frame: the opcode with FIN in it
# says: is the last four bits of its first byte
# with: first & 0x0F -> first
# %% wrong decode_frame: FIN as a number
# says: as a bool
# with: bool(first >> 7) -> first >> 7
# %% wrong decode_frame: only RSV1 looked at
# says: raise ValueError when one is set
# with: 0b0111_0000 -> 0b0100_0000
# %% wrong decode_frame: any form of a length will do
# says: the shortest is the only one that is allowed
# -         if length < least:
# -             raise ValueError("the length is not in its shortest form")
# %% wrong decode_frame: the long form for what fits into two bytes
# says: the shortest is the only one that is allowed
# with: (8, 0x10000) -> (8, 126)
# %% wrong decode_frame: what is left over is dropped
# says: raise ValueError when some are left over
# with: len(data) != start + length -> len(data) < start + length
# with: data[start:] -> data[start : start + length]
# %% wrong decode_frame: whatever is there is the payload
# says: raise ValueError when some are missing
# with: len(data) != start + length -> len(data) > start + length
# %% wrong decode_frame: an IndexError where bytes are missing
# says: only 0 of a frame's 2 bytes: raise ValueError
# -     if len(data) < 2:
# -         raise ValueError("a frame has at least two bytes")
# %% wrong decode_frame: unknown opcodes refused
# says: an unmasked frame of 3 bytes with opcode 3 is a good one
# -     length, start = second & 0x7F, 2
# +     if first & 15 not in (0, 1, 2, 8, 9, 10):
# +         raise ValueError("what is this")
# +     length, start = second & 0x7F, 2
# %% wrong decode_frame: a list
# says: return a tuple of three
# with: return bool(first >> 7), first & 0x0F, mask(data[start:], key) -> return [bool(first >> 7), first & 0x0F, mask(data[start:], key)]
# %% wrong decode_frame: a masked frame without payload needs no key
# says: raise ValueError when some are missing
# with: if second >> 7 -> if second >> 7 and len(data) > start
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
        if length < 2**16 or length >> 63:
            raise ValueError("not minimal, or not possible")
    key = take(4) if second >= 128 else None
    payload = take(length)
    if stream.read():
        raise ValueError("too much")
    return first >= 128, first % 16, mask(payload, key) if key else payload

# %% right decode_frame: struct, a subclass of ValueError, a named tuple
import struct
from typing import NamedTuple

class FrameError(ValueError):
    pass

class Frame(NamedTuple):
    fin: bool
    opcode: int
    payload: bytes

def decode_frame(data):
    try:
        first, second = struct.unpack_from("!BB", data)
        form, least = {126: ("!H", 126), 127: ("!q", 65_536)}.get(second & 127, ("", 0))
        length = struct.unpack_from(form, data, 2)[0] if form else second & 127
    except struct.error as error:
        raise FrameError("cut off") from error
    start = 2 + struct.calcsize(form) + (4 if second & 128 else 0)
    if first & 0x70 or length < least or len(data) - start != length:
        raise FrameError("not a frame")
    payload = bytearray(data[start:])
    if second & 128:
        payload = mask(payload, data[start - 4 : start])
    return Frame(first > 127, first & 15, payload)

# %% wrong decode_frame: struct.error where bytes are missing
# says: only 0 of a frame's 2 bytes: raise ValueError
# of: struct, a subclass of ValueError, a named tuple
# with: except struct.error -> except TypeError
# %% wrong FrameReader: each call is a frame
# says: raised ValueError
class FrameReader:
    def feed(self, data):
        return [decode_frame(data)]

# %% wrong FrameReader: only one frame in each call
# says: two frames are complete now
# with: while (size := -> if (size :=
# %% wrong FrameReader: two bytes of a length believed when one has come
# says: until the rest does
# with: len(data) < 2 + extended -> len(data) < 3
# with: data[2 : 2 + extended], "big" -> data[2 : 2 + extended], "little"
# %% wrong FrameReader: the rest is thrown away
# says: two frames are complete now
# with: self.buffer += data -> self.buffer = data
# %% wrong FrameReader: the frames of the calls before, too
# says: it begins with what was left over from the call before
# with: frames = [] -> frames = self.__dict__.setdefault("frames", [])
# %% wrong FrameReader: every frame kept for later
# says: once a frame has come out, its bytes are not needed
# -         return frames
# +         self.seen = getattr(self, "seen", []) + frames
# +         return frames
# %% wrong FrameReader: the key forgotten
# says: a frame that comes in one piece comes out at once
# with: 4 * (data[1] >> 7) -> 0
# %% wrong FrameReader: one buffer for all readers
# says: must not turn up in another's reader
# with: self.buffer += data -> FrameReader.buffer = getattr(FrameReader, "buffer", b"") + data
# -         self.buffer = b""
# +         pass
# with: self.buffer = self.buffer[size:] -> FrameReader.buffer = self.buffer[size:]
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

# %% wrong FrameReader: a place that moves through bytes that stay
# says: once a frame has come out, its bytes are not needed
class FrameReader:
    def __init__(self):
        self.buffer, self.place = bytearray(), 0

    def feed(self, data):
        self.buffer += data
        frames = []
        while True:
            rest = memoryview(self.buffer)[self.place :]
            size = self.size(rest)
            if size is None or size > len(rest):
                return frames
            frames.append(decode_frame(bytes(rest[:size])))
            self.place += size

    def size(self, data):
        if len(data) < 2:
            return None
        extended = {126: 2, 127: 8}.get(data[1] & 127, 0)
        if len(data) < 2 + extended:
            return None
        length = int.from_bytes(data[2 : 2 + extended], "big") if extended else data[1] & 127
        return 2 + extended + (4 if data[1] & 128 else 0) + length

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

# %% right FrameReader: tries each length until one is a frame
class FrameReader:
    def __init__(self):
        self.rest = b""

    def feed(self, data):
        self.rest, frames, size = self.rest + data, [], 2
        while size <= len(self.rest):
            try:
                frames.append(decode_frame(self.rest[:size]))
            except ValueError:
                size += 1
            else:
                self.rest, size = self.rest[size:], 2
        return frames

# %% wrong fragment: the first draft
# says: a message never ends
def fragment(payload, opcode, size):
    frames = []
    for start in range(0, len(payload), size):
        part = payload[start : start + size]
        frames.append((len(part) < size, opcode, part))
    return frames

# %% wrong fragment: only the opcode mended
# says: a message never ends
# of: the first draft
# with: size, opcode, -> size, opcode if start == 0 else 0,
# %% wrong fragment: only an empty message is still none
# says: a message is at least one frame, even an empty one
# of: the first draft
# with: len(part) < size, opcode, -> start + size >= len(payload), 0 if start else opcode,
# %% wrong fragment: the last frame has the opcode
# says: the first frame has the message's opcode
# with: opcode if i == 0 else 0 -> opcode if i == last else 0
# %% wrong fragment: an empty message is a continuation
# says: the first frame has the message's opcode
# with: opcode if i == 0 else 0 -> opcode if part and i == 0 else 0
# %% wrong fragment: every message goes out as text
# says: the first frame has the message's opcode
# with: opcode if i == 0 else 0 -> 1 if i == 0 else 0
# %% wrong fragment: a byte too many
# says: no part is longer than
# with: start + size] for start in range(0, len(payload), size)] -> start + size + 1] for start in range(0, len(payload), size + 1)]
# %% wrong fragment: the message in one frame after all
# says: no part is longer than
def fragment(payload, opcode, size):
    return [(True, opcode, payload)]

# %% wrong fragment: one byte in each frame
# says: is shorter than 1000: one frame
def fragment(payload, opcode, size):
    return fragment_by(payload, opcode, 1)

def fragment_by(payload, opcode, size):
    frames = [(False, 0, payload[i : i + size]) for i in range(0, len(payload), size)]
    frames = frames or [(False, 0, b"")]
    frames[0] = (False, opcode, frames[0][2])
    frames[-1] = (True, *frames[-1][1:])
    return frames

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

# %% right fragment: lists, with 1 and 0 for FIN
def fragment(payload, opcode, size):
    count = max(1, -(-len(payload) // size))
    frames = []
    for i in range(count):
        frames.append([int(i + 1 == count), 0 if i else opcode, payload[i * size : (i + 1) * size]])
    return frames

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
# says: a message's opcode is that of its first frame
# with: message = self.opcode, self.payload -> message = opcode, self.payload
# %% wrong MessageReader: the old payload is kept
# says: of no other message
# with: self.opcode, self.payload = opcode, b"" -> self.opcode = opcode
# %% wrong MessageReader: whatever comes is taken
# says: with no message open: raise ValueError
# -         if (opcode == 0) == (self.opcode is None):
# -             raise ValueError("a continuation without a beginning, or the other way round")
# %% wrong MessageReader: nobody asks whether one is still open
# says: is open, and another begins: raise ValueError
# with: (opcode == 0) == (self.opcode is None) -> opcode == 0 and self.opcode is None
# %% wrong MessageReader: a message is open only if it has bytes
# says: is empty so far, but it is open
# with: (opcode == 0) == (self.opcode is None) -> opcode == 0 and self.opcode is None or opcode and self.opcode and self.payload
# %% wrong MessageReader: control frames of any size
# says: a control frame of 126 bytes: raise ValueError
# with: not fin or len(payload) > 125 -> not fin
# %% wrong MessageReader: control frames checked only while a message is open
# says: without FIN: raise ValueError
# with: if not fin or len(payload) > 125 -> if self.opcode and (not fin or len(payload) > 125)
# %% wrong MessageReader: an open message forgotten at a ping
# says: the message is complete with this frame, whatever came in between
# -             return opcode, payload
# +             self.opcode = None
# +             return opcode, payload
# %% wrong MessageReader: an empty message is none
# says: a frame with FIN that begins a message also ends it
# with: if not fin: -> if not fin or not self.payload:
# %% wrong MessageReader: a message stays open
# says: a frame with FIN that begins a message also ends it
# with: message = self.opcode, self.payload -> return self.opcode, self.payload
# %% wrong MessageReader: a text decoded
# says: the payload is bytes, of a text too
# with: message = self.opcode, self.payload -> message = self.opcode, self.payload.decode() if self.opcode == 1 else self.payload
# %% wrong MessageReader: a list of two
# says: a frame with FIN that begins a message also ends it
# with: message = self.opcode, self.payload -> message = [self.opcode, self.payload]
# %% wrong MessageReader: one message for all readers
# says: each reader has messages of its own
class MessageReader:
    parts = []
    opcode = None

    def receive(self, fin, opcode, payload):
        if opcode >= 8:
            if not fin or len(payload) > 125:
                raise ValueError("control")
            return opcode, payload
        if (opcode == 0) == (self.opcode is None):
            raise ValueError("out of place")
        self.opcode = opcode or self.opcode
        self.parts.append(payload)
        if not fin:
            return None
        message = self.opcode, b"".join(self.parts)
        self.opcode = None
        self.parts.clear()
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

# %% right MessageReader: a coroutine of its own, errors of its own, unknown opcodes refused
class ProtocolError(ValueError):
    pass

def messages():
    result = None
    while True:
        fin, kind, payload = yield result
        if kind == 0:
            raise ProtocolError("continues nothing")
        whole = bytearray(payload)
        while not fin:
            fin, opcode, payload = yield None
            if opcode:
                raise ProtocolError("interrupts a message")
            whole += payload
        result = kind, whole

class MessageReader:
    def __init__(self):
        self.messages = messages()
        self.messages.send(None)

    def receive(self, fin, opcode, payload):
        if opcode not in range(3) and opcode not in range(8, 11):
            raise ProtocolError("unknown opcode")
        if opcode < 8:
            return self.messages.send((fin, opcode, payload))
        if not fin or len(payload) >= 126:
            raise ProtocolError("bad control frame")
        return opcode, payload

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
# says: stands in this fragment, counted from 0
def first_bad_fragment(fragments):
    try:
        b"".join(fragments).decode()
    except UnicodeDecodeError:
        return len(fragments) - 1
    return None

# %% wrong first_bad_fragment: the position of the byte
# says: stands in this fragment, counted from 0
# of: all of it at the end
# with: except UnicodeDecodeError: -> except UnicodeDecodeError as error:
# with: len(fragments) - 1 -> error.start
# %% wrong first_bad_fragment: yes or no
# says: return the index of a fragment, or None
# of: all of it at the end
# with: len(fragments) - 1 -> True
# %% wrong first_bad_fragment: nobody asks for the end
# says: its last character isn't
# with: part, final=index == len(fragments) - 1 -> part
# %% wrong first_bad_fragment: every fragment is the last
# says: a character may begin in one fragment and end in the next
# with: final=index == len(fragments) - 1 -> final=True
# %% wrong first_bad_fragment: counted from 1
# says: stands in this fragment, counted from 0
# with: return index -> return index + 1
# %% wrong first_bad_fragment: -1 for good text
# says: this is UTF-8, in one piece
# with: return None -> return -1
# %% wrong first_bad_fragment: an empty fragment is skipped, the last one too
# says: the last fragment is empty
# -         try:
# +         if not part:
# +             continue
# +         try:
# %% wrong first_bad_fragment: a replacement character is taken for a mistake
# says: this is UTF-8, in one piece
# -         try:
# -             decoder.decode(part, final=index == len(fragments) - 1)
# -         except UnicodeDecodeError:
# -             return index
# +         if "\ufffd" in decoder.decode(part, final=index == len(fragments) - 1):
# +             return index
# with: ("utf-8")() -> ("utf-8")("replace")
# %% wrong first_bad_fragment: the fragment in which the character begins
# says: certain at this fragment, not earlier and not later
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
# says: certain at this fragment, not earlier and not later
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

# %% right first_bad_fragment: byte by byte, and never late
def first_bad_fragment(fragments):
    missing, low, high = 0, 0x80, 0xBF
    for index, part in enumerate(fragments):
        for byte in part:
            if missing:
                if not low <= byte <= high:
                    return index
                missing, low, high = missing - 1, 0x80, 0xBF
            elif 0xC2 <= byte <= 0xDF:
                missing = 1
            elif 0xE0 <= byte <= 0xEF:
                missing = 2
                low, high = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F)}.get(byte, (0x80, 0xBF))
            elif 0xF0 <= byte <= 0xF4:
                missing = 3
                low, high = {0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}.get(byte, (0x80, 0xBF))
            elif byte >= 0x80:
                return index
    return index if missing else None

# %% wrong first_bad_fragment: surrogates are let through
# says: half of a surrogate pair is no character
# of: byte by byte, and never late
# with: , 0xED: (0x80, 0x9F) ->
# %% wrong first_bad_fragment: characters in a longer form are let through
# says: it could only begin a character that has a shorter form
# of: byte by byte, and never late
# with: 0xC2 <= byte -> 0xC0 <= byte
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

# %% wrong answer_close: the code as text
# says: return the payload as bytes
def answer_close(payload):
    return payload[:2].hex()

# %% wrong answer_close: nothing at all for nothing
# says: return the payload as bytes
# with: return b"" -> return None
# %% wrong answer_close: the reserved codes slip through
# says: 1004 may not be sent (1004 is reserved): answer 1002
# with: 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999 -> 1000 <= code < 5000
# %% wrong answer_close: only the codes of 2011
# says: 1012 may be sent: send it back
# with: 1007 <= code <= 1014 -> 1007 <= code <= 1011
# %% wrong answer_close: nothing beyond 4000
# says: 4999 may be sent: send it back
# with: code <= 4999 -> code <= 4000
# %% wrong answer_close: the reason is never read
# says: is not UTF-8: 1007
# with: payload[2:].decode() -> pass
# %% wrong answer_close: half a code is nothing
# says: one byte is half a code
# with: if not payload: -> if len(payload) < 2:
# %% wrong answer_close: a single byte is sent back
# says: send two bytes of code and no reason
# -     if len(payload) == 1 or not may_be_sent:
# +     if len(payload) > 1 and not may_be_sent:
# %% wrong answer_close: the code is sent back with its last byte first
# says: the code is sent big-endian
# with: return payload[:2] -> return code.to_bytes(2, "little")
# %% wrong answer_close: the reason comes back, too
# says: send two bytes of code and no reason
# with: return payload[:2] -> return payload
# %% wrong answer_close: a bad reason is a bad code
# says: is not UTF-8: 1007
# with: (1007).to_bytes -> (1002).to_bytes
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

def is_utf8(data):
    return data.decode("utf-8", "replace").encode() == data

def answer_close(payload: bytes) -> bytes:
    match len(payload):
        case 0:
            return b""
        case 1:
            return struct.pack("!H", 1002)
    code, reason = struct.unpack_from("!H", payload)[0], payload[2:]
    if code not in MAY_BE_SENT:
        code = 1002
    elif not is_utf8(reason):
        code = 1007
    return struct.pack("!H", code)

# %% wrong answer_close: a replacement character in the reason is taken for a mistake
# says: the reason '�' is UTF-8
# of: struct, sets and early returns
# with: data.decode("utf-8", "replace").encode() == data -> "\ufffd" not in data.decode("utf-8", "replace")
# %% right answer_close: a set of bad codes, and a table of errors
def answer_close(payload):
    errors = {"protocol": bytearray(b"\x03\xea"), "text": bytearray(b"\x03\xef")}
    if payload == b"":
        return payload
    code = payload[0] * 256 + payload[1] if len(payload) >= 2 else 0
    if code < 1000 or code in {1004, 1005, 1006} or 1015 <= code < 3000 or code >= 5000:
        return errors["protocol"]
    try:
        str(payload[2:], "utf8")
    except ValueError:
        return errors["text"]
    return bytearray([payload[0], payload[1]])

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
# says: 16 bits are enough
echo_bytes = 424

# %% wrong echo_bytes: 64 bits for the length, and both sides mask
# says: only one side masks
echo_bytes = 428

# %% wrong echo_bytes: short headers, and the key twice
# says: add up
echo_bytes = 412 + 2

# %% right echo_bytes: from the other answers
echo_bytes = sum(
    len(encode_header(1, 200, masked=masked)) + 4 * masked + 200 for masked in (True, False)
)

# %% right echo_bytes: another kind of number
echo_bytes = 2 * (4 + 200) + 4.0
# %% same encode_header: the most significant byte comes first by default
# with: length.to_bytes(2, "big") -> length.to_bytes(2)
# %% same encode_header: the most significant byte comes first by default, in eight bytes too
# with: length.to_bytes(8, "big") -> length.to_bytes(8)
# %% same decode_frame: both lines only look at the first two bytes
# -     if first & 0b0111_0000:
# -         raise ValueError("a reserved bit is set")
# -     length, start = second & 0x7F, 2
# +     length, start = second & 0x7F, 2
# +     if first & 0b0111_0000:
# +         raise ValueError("a reserved bit is set")
# %% same decode_frame: the length needs no key, the key no length
# -     if length > 125:
# -         size, least = (2, 126) if length == 126 else (8, 0x10000)
# -         length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
# -         if length < least:
# -             raise ValueError("the length is not in its shortest form")
# -     key = b"\0\0\0\0"
# +     key = b"\0\0\0\0"
# +     if length > 125:
# +         size, least = (2, 126) if length == 126 else (8, 0x10000)
# +         length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
# +         if length < least:
# +             raise ValueError("the length is not in its shortest form")
# %% same decode_frame: the most significant byte comes first by default
# with: data[2 : 2 + size], "big" -> data[2 : 2 + size]
# %% same decode_frame: only four bytes of a key are used
# -     key = b"\0\0\0\0"
# +     key = b"\0\0\0\0x"
# %% same decode_frame: only four bytes of a key are used, so one more does no harm
# with: data[start : start + 4], start + 4 -> data[start : start + 4 + 1], start + 4
# %% same decode_frame: only four bytes of a key are used, so a fifth does no harm
# with: data[start : start + 4], start + 4 -> data[start : start + 5], start + 4
# %% same decode_frame: the bit beside FIN is RSV1, and 0 by now
# with: first >> 7 -> first >> 6
# %% same FrameReader: without the whole length the size is wrong, yet more than has come
# -     if len(data) < 2 + extended:
# -         return None
# -     if extended:
# -         length = int.from_bytes(data[2 : 2 + extended], "big")
# +     if extended:
# +         length = int.from_bytes(data[2 : 2 + extended], "big")
# +     if len(data) < 2 + extended:
# +         return None
# %% same FrameReader: a size without the whole length is wrong, yet more than has come
# with: if len(data) < 2 + extended -> if False
# %% same FrameReader: a size without the last byte of the length is wrong, yet more than has come
# with: if len(data) < 2 + extended -> if len(data) < 1 + extended
# %% same FrameReader: the check never holds, and a size without the whole length is more than has come
# with: if len(data) < 2 + extended -> if len(data) < 2 - extended
# %% same FrameReader: the most significant byte comes first by default
# with: data[2 : 2 + extended], "big" -> data[2 : 2 + extended]
# %% same fragment: a message that fills its frames may end with an empty continuation
# with: size] for start in range(0, len(payload), size)] or -> size] for start in range(0, len(payload) + 1, size)] or
# %% same MessageReader: each message begins with a payload of its own
# -         self.opcode = None
# -         self.payload = b""
# +         self.opcode = None
# +         pass
# %% same MessageReader: each message begins with a payload of its own, whatever was there
# -         self.opcode = None
# -         self.payload = b""
# +         self.opcode = None
# +         self.payload = b"x"
# %% same MessageReader: the opcode 7 doesn't come
# with: opcode >= 8 -> opcode >= 7
# %% same MessageReader: a pair that is made too early is dropped
# -         if not fin:
# -             return None
# -         message = self.opcode, self.payload
# +         message = self.opcode, self.payload
# +         if not fin:
# +             return None
# %% same answer_close: the code of nothing is 0, and not used
# -     if not payload:
# -         return b""
# -     code = int.from_bytes(payload[:2], "big")
# +     code = int.from_bytes(payload[:2], "big")
# +     if not payload:
# +         return b""
# %% same answer_close: the most significant byte comes first by default
# with: payload[:2], "big" -> payload[:2]
# %% same answer_close: a single byte is a number below 1000
# with: if len(payload) == 1 or not may_be_sent -> if not may_be_sent
# %% same answer_close: a single byte is a number below 1000, and an empty payload was answered
# with: if len(payload) == 1 or -> if len(payload) == 0 or
# %% same answer_close: the most significant byte comes first by default, in 1002
# with: (1002).to_bytes(2, "big") -> (1002).to_bytes(2)
# %% same answer_close: the most significant byte comes first by default, in 1007
# with: (1007).to_bytes(2, "big") -> (1007).to_bytes(2)
