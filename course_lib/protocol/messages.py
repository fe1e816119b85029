"""Messages out of frames: reassembly, UTF-8 as it arrives, limits, and what a Close says."""

import codecs

from course_lib.protocol.deflate import Deflate
from course_lib.protocol.errors import ProtocolError
from course_lib.protocol.events import Binary, Text
from course_lib.protocol.frames import Frame, Opcode

_utf8_decoder = codecs.getincrementaldecoder("utf-8")

NORMAL_CLOSURE = 1000
NO_STATUS_RECEIVED = 1005
ABNORMAL_CLOSURE = 1006


class MessageReader:
    """Joins the data frames from one peer to messages.

    Args:
        max_size: largest message in bytes, after decompression.
        deflate: decompresses the messages that RSV1 marks, if the handshake agreed on that.
    """

    def __init__(self, *, max_size: int, deflate: Deflate | None = None) -> None:
        self._max_size = max_size
        self._deflate = deflate
        self._opcode: Opcode | None = None  # of the message that is under way
        self._compressed = False
        self._payload = bytearray()
        self._utf8 = _utf8_decoder()

    def receive(self, frame: Frame) -> Text | Binary | None:
        """Take the next data frame; the message, if it ends here.

        Raises:
            ProtocolError: the frame is out of sequence (1002), the text is not UTF-8 (1007), or
                the message is too big (1009).
        """
        opcode, payload, fin, compressed = frame.opcode, frame.payload, frame.fin, frame.rsv1
        if opcode is Opcode.CONTINUATION:
            if self._opcode is None:
                raise ProtocolError("A continuation continues no message", section="5.4")
            opcode, compressed = self._opcode, self._compressed
        elif self._opcode is not None:
            raise ProtocolError("A message begins before the last one ended", section="5.4")
        room = self._max_size - len(self._payload)
        if compressed and self._deflate is not None:
            payload = self._deflate.decompress(payload, room=room, final=fin)
        if len(payload) > room:
            message = f"A message is larger than {self._max_size} bytes"
            raise ProtocolError(message, section="7.4.1", code=1009)
        text = self._decode(payload, fin) if opcode is Opcode.TEXT else ""
        if not fin:
            self._opcode, self._compressed = opcode, compressed
            self._payload += payload
            return None
        if self._opcode is not None:
            payload = bytes(self._payload + payload)
            text = payload.decode() if opcode is Opcode.TEXT else ""
            self._opcode, self._payload = None, bytearray()
        return Text(text) if opcode is Opcode.TEXT else Binary(payload)

    def _decode(self, payload: bytes, final: bool) -> str:
        """Fail at the first byte that cannot be UTF-8, even if the message goes on (8.1)."""
        try:
            if final and self._opcode is None:
                return payload.decode()  # all of it in one frame
            text = self._utf8.decode(payload, final)
        except UnicodeDecodeError as error:
            message = f"Text is not UTF-8: {error.reason}"
            raise ProtocolError(message, section="8.1", code=1007) from None
        # Python's decoder waits for a surrogate's third byte; its second says enough (RFC 3629 4).
        unfinished = b"" if final else self._utf8.getstate()[0]
        if unfinished[:1] == b"\xed" and unfinished[1:] >= b"\xa0":
            raise ProtocolError("Text is not UTF-8: a surrogate", section="8.1", code=1007)
        return text


def is_valid_close_code(code: int) -> bool:
    """Whether a Close frame may carry this code (section 7.4).

    1004 to 1006 and 1015 are reserved (7.4.1); 1012 to 1014 have been registered since with IANA;
    3000 to 4999 belong to libraries and applications (7.4.2).
    """
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


def encode_close(code: int | None, reason: str = "") -> bytes:
    """The payload of a Close frame: 2 bytes of code and a reason, or nothing (section 5.5.1).

    Raises:
        ValueError: the code may not be sent, or the reason is longer than 123 bytes of UTF-8.
    """
    if code is None and not reason:
        return b""
    if code is None or not is_valid_close_code(code):
        raise ValueError(f"Close code {code} may not be sent (RFC 6455 section 7.4)")
    text = reason.encode()
    if len(text) > 123:
        raise ValueError(f"A close reason of {len(text)} bytes is longer than 123")
    return code.to_bytes(2, "big") + text


def parse_close(payload: bytes) -> tuple[int, str]:
    """Code and reason of a Close frame; (1005, "") if it is empty (sections 5.5.1 and 7.1.5).

    Raises:
        ProtocolError: half a code or one that may not be sent (1002), a reason not in UTF-8 (1007).
    """
    if not payload:
        return NO_STATUS_RECEIVED, ""
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1:
        raise ProtocolError("A close code has 2 bytes, not 1", section="5.5.1")
    if not is_valid_close_code(code):
        raise ProtocolError(f"Close code {code} may not be sent", section="7.4")
    try:
        return code, payload[2:].decode()
    except UnicodeDecodeError:
        message = "A close reason is not UTF-8"
        raise ProtocolError(message, section="8.1", code=1007) from None
