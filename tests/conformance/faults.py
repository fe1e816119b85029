"""The course's echo with one fault in it: an edit of its source, and the section it breaks."""

import contextlib
import gc
import importlib
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from course_lib.paths import ROOT

ROLES = ("server", "client")
COPIED = (
    *(f"protocol/{path.name}" for path in sorted((ROOT / "course_lib" / "protocol").glob("*.py"))),
    *(f"sockets/{name}.py" for name in ("__init__", "server", "websocket")),
)


@dataclass(frozen=True)
class Fault:
    """An edit of one module.

    Attributes:
        about: what the endpoint then does wrong.
        section: of the card, the one that is broken by it.
        module: path below course_lib.
        old: what stands in the module, once.
        new: what takes its place.
        says: a part of the message that points at the mistake.
        roles: which endpoints show it.
    """

    about: str
    section: str
    module: str
    old: str
    new: str
    says: str
    roles: tuple[str, ...] = ROLES


HANDSHAKE, FRAMES, MESSAGES = "protocol/handshake.py", "protocol/frames.py", "protocol/messages.py"
CONNECTION, DEFLATE, WEBSOCKET = (
    "protocol/connection.py",
    "protocol/deflate.py",
    "sockets/websocket.py",
)
SERVER, CLIENT = ("server",), ("client",)

FAULTS = (
    # The opening handshake
    Fault("another GUID", "handshake", HANDSHAKE, "C5AB0DC85B11", "C5AB0DC85B12", "Accept", SERVER),
    Fault("any version will do", "handshake", HANDSHAKE, '_require(versions == ["13"]', "_require(True",
          "must refuse", SERVER),
    Fault("the version that would do is not named", "handshake", HANDSHAKE, ', (VERSION, "13")]', "]",
          "names its own", SERVER),
    Fault("a key of any length", "handshake", HANDSHAKE, "validate=True)) == 16", "validate=True)) > 0",
          "must refuse", SERVER),
    Fault("Connection is no list", "handshake", HANDSHAKE, '_require("upgrade" in headers.tokens("Connection")',
          '_require(headers.get("Connection") == "Upgrade"', "answered 400", SERVER),
    Fault("any method", "handshake", HANDSHAKE, '_require(request.method == "GET"', "_require(True",
          "must refuse", SERVER),
    Fault("no Host asked for", "handshake", HANDSHAKE, '_require(len(headers.get_all("Host")) == 1',
          "_require(True", "must refuse", SERVER),
    Fault("HTTP/1.0 will do", "handshake", HANDSHAKE, 'request.version >= "HTTP/1.1"', "True",
          "must refuse", SERVER),
    Fault("accept is not checked", "handshake", HANDSHAKE,
          "require(headers.get_all(ACCEPT) == [expected]", "require(True", "must refuse", CLIENT),
    Fault("the status is not checked", "handshake", HANDSHAKE, "require(status == 101", "require(True",
          "must refuse", CLIENT),
    Fault("subprotocols that nobody offered", "handshake", HANDSHAKE, "not chosen or (", "True or (",
          "must refuse", CLIENT),
    Fault("the same key every time", "handshake", HANDSHAKE, "b64encode(random(16))",
          'b64encode(b"x" * 16)', "lacks it", CLIENT),
    # Frames and masking
    Fault("masks are not looked at", "frames", FRAMES, "if (key is not None) is not self._masked:",
          "if False:", "sent it back"),
    Fault("lengths in any form", "frames", FRAMES, "if length < least:", "if False:", "sent it back"),
    Fault("reserved opcodes are pongs", "frames", FRAMES, "_OPCODES.get(first & 0x0F)",
          "_OPCODES.get(first & 0x0F, Opcode.PONG)", "went on"),
    Fault("reserved bits mean nothing", "frames", FRAMES, "if rsv != 4 or not self._compression:",
          "if False:", "sent it back"),
    Fault("its lengths are too long", "frames", FRAMES, "    if length <= 125:\n        header =",
          "    if length <= 100:\n        header =", "more bytes than it needs"),
    Fault("text comes back as binary", "frames", WEBSOCKET, "self.connection.send_text(message)",
          "self.connection.send_binary(message.encode())", "opcode 0x2"),
    Fault("a server masks", "frames", CONNECTION, "self._random(4) if self.role is Role.CLIENT else None",
          "self._random(4)", "masks nothing", SERVER),
    Fault("a client masks nothing", "frames", CONNECTION,
          "self._random(4) if self.role is Role.CLIENT else None", "None", "masks all", CLIENT),
    Fault("always the same masking key", "frames", CONNECTION, "return self._random(4)",
          'return b"abcd"', "different keys", CLIENT),
    # Control frames
    Fault("control frames in fragments", "control", FRAMES, "        if not fin:\n", "        if False:\n",
          "went on"),
    Fault("control frames of any length", "control", FRAMES, "if length > MAX_CONTROL_PAYLOAD:", "if False:",
          "went on"),
    Fault("the pong has another payload", "control", CONNECTION, "self.pong(frame.payload) if",
          "self.pong(frame.payload[:-1] + b'!') if", "another payload"),
    Fault("pings are not answered", "control", CONNECTION, "self.pong(frame.payload) if", 'b"" if', "no pong"),
    Fault("each pong comes twice", "control", CONNECTION, "return Ping(frame.payload, pong)",
          "return Ping(frame.payload, pong + pong)", "pong"),
    Fault("pongs are answered, too", "control", CONNECTION, "return Pong(frame.payload)",
          "return Ping(frame.payload, self.pong(frame.payload))", "pong"),
    # Fragmentation
    Fault("continuations of nothing are skipped", "fragments", MESSAGES,
          'raise ProtocolError("A continuation continues no message", section="5.4")', "return None",
          "went on"),
    Fault("a message within a message", "fragments", MESSAGES, "elif self._opcode is not None:",
          "elif False:", "sent it back"),
    # UTF-8
    Fault("each fragment must be UTF-8 by itself", "text", MESSAGES, "self._utf8.decode(payload, final)",
          "self._utf8.decode(payload, True)", "1007"),
    Fault("what is not UTF-8 is replaced", "text", MESSAGES,
          "return payload.decode()  # all", 'return payload.decode(errors="replace")  # all', "sent it back"),
    # Closing
    Fault("a Close is not answered", "closing", CONNECTION, "reply = encode_frame(FIN | Opcode.CLOSE, payload[:2]",
          "reply = b'' and encode_frame(FIN | Opcode.CLOSE, payload[:2]", "answered with a Close"),
    Fault("a Close is answered with 1006", "closing", CONNECTION, "Opcode.CLOSE, payload[:2]",
          "Opcode.CLOSE, b'\\x03\\xee'", "1006"),
    Fault("any code will do", "closing", MESSAGES,
          "    if not is_valid_close_code(code):\n        raise ProtocolError", "    if False:\n        raise ProtocolError",
          "must not stand"),
    Fault("half a code will do", "closing", MESSAGES,
          'raise ProtocolError("A close code has 2 bytes, not 1", section="5.5.1")', 'return 1000, ""', "half a code"),
    Fault("the TCP connection stays open", "closing", WEBSOCKET,
          "await self._close_tcp()", "await asyncio.sleep(60)", "open", SERVER),
    # Limits
    Fault("fragments may add up to anything", "limits", MESSAGES, "if len(payload) > room:", "if False:",
          "went on"),
    Fault("the largest message is too large", "limits", MESSAGES, "self._max_size - len(self._payload)",
          "self._max_size - 1 - len(self._payload)", "1009"),
    # permessage-deflate
    Fault("a ping may say that it is compressed", "deflate", FRAMES,
          "if opcode not in (Opcode.TEXT, Opcode.BINARY):", "if False:", "went on"),
    Fault("each message is inflated by itself", "deflate", DEFLATE,
          "None if final and self._forget_received else decompressor", "None if final else decompressor",
          "another message came back"),
    Fault("only the first frame is inflated", "deflate", MESSAGES,
          "opcode, compressed = self._opcode, self._compressed", "opcode = self._opcode", "no message came back"),
)  # fmt: skip


@contextlib.contextmanager
def faulty_sockets(fault: Fault, folder: Path) -> Iterator[ModuleType]:
    """`course_lib.sockets` with a fault in it, beside the real one."""
    name = f"faulty_{abs(hash(fault.about))}"
    for path in COPIED:
        source = (ROOT / "course_lib" / path).read_text("utf-8")
        if path == fault.module:
            assert source.count(fault.old) == 1, (
                f"{fault.old!r} stands {source.count(fault.old)} times"
            )
            source = source.replace(fault.old, fault.new)
        target = folder / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.replace("from course_lib", f"from {name}"), "utf-8")
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(f"{name}.sockets")
    finally:
        sys.path.remove(str(folder))
        for module in [each for each in sys.modules if each.split(".")[0] == name]:
            del sys.modules[module]
        shutil.rmtree(folder / name)
        gc.collect()  # what a faulty endpoint leaves open is this test's, and no later one's
