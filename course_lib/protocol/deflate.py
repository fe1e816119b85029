"""permessage-deflate: messages compressed one by one, as an extension (RFC 7692)."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.protocol.errors import HandshakeError, ProtocolError
from course_lib.protocol.extensions import Extension

NAME = "permessage-deflate"

_NO_TAKEOVER = ("server_no_context_takeover", "client_no_context_takeover")
_WINDOW_BITS = ("server_max_window_bits", "client_max_window_bits")
_WINDOW_SIZES = {str(bits): bits for bits in range(8, 16)}  # 7.1.2.1: decimal, no leading zero

TAIL = b"\x00\x00\xff\xff"
"""The end of an empty block, at which a sender flushes; it is left out on the wire (7.2.1)."""


@dataclass(frozen=True, slots=True)
class DeflateParameters:
    """What both sides agree on, or what one side wishes for (section 7.1).

    Attributes:
        server_no_context_takeover: the server compresses each message on its own (7.1.1.1).
        client_no_context_takeover: the client does (7.1.1.2).
        server_max_window_bits: the server refers back at most 2**bits bytes, 8 to 15 (7.1.2.1).
        client_max_window_bits: the client does (7.1.2.2).
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15


def offer(wanted: DeflateParameters = DeflateParameters()) -> Extension:
    """What a client offers. It always lets the server choose the client's window (7.1.2.2)."""
    listed = _listed(wanted)
    listed.setdefault("client_max_window_bits", None)
    return Extension(NAME, tuple(listed.items()))


def accept(
    offers: Sequence[Extension], wanted: DeflateParameters = DeflateParameters()
) -> tuple[Extension, DeflateParameters] | None:
    """What a server answers to a client's offers: the first it can keep, or None (section 5.1).

    Args:
        offers: all extensions of the request.
        wanted: the server's own wishes, kept as far as the offer allows.
    """
    for extension in offers:
        try:
            offered = _read(extension, is_offer=True) if extension.name == NAME else None
        except HandshakeError:
            continue  # 7.1: an offer with a parameter that does not hold is declined
        if offered is not None:
            return _answer(offered, wanted)
    return None


def _answer(
    offered: dict[str, int], wanted: DeflateParameters
) -> tuple[Extension, DeflateParameters]:
    # A client that does not offer to limit its window cannot be told to (7.1.2.2).
    client_bits = wanted.client_max_window_bits if "client_max_window_bits" in offered else 15
    agreed = DeflateParameters(
        wanted.server_no_context_takeover or "server_no_context_takeover" in offered,
        wanted.client_no_context_takeover or "client_no_context_takeover" in offered,
        min(wanted.server_max_window_bits, offered.get("server_max_window_bits", 15)),
        min(client_bits, offered.get("client_max_window_bits", 15)),
    )
    listed = _listed(agreed)
    if "server_max_window_bits" in offered:
        # An offered limit must be confirmed, even one that is none (7.1.2.1).
        listed["server_max_window_bits"] = str(agreed.server_max_window_bits)
    return Extension(NAME, tuple(listed.items())), agreed


def _listed(parameters: DeflateParameters) -> dict[str, str | None]:
    """The parameters that differ from what holds without them, as they stand in the field."""
    listed: dict[str, str | None] = {n: None for n in _NO_TAKEOVER if getattr(parameters, n)}
    bits = {name: getattr(parameters, name) for name in _WINDOW_BITS}
    return listed | {name: str(value) for name, value in bits.items() if value < 15}


def confirm(answers: Sequence[Extension], wanted: DeflateParameters) -> DeflateParameters | None:
    """What a client and a server agree on, after the client offered `wanted`; None for nothing.

    Args:
        answers: all extensions of the response.
        wanted: what `offer` was made from.

    Raises:
        HandshakeError: the server accepted what was not offered (section 7.1).
    """
    if not answers:
        return None
    if len(answers) > 1 or answers[0].name != NAME:
        raise _bad("The server accepts an extension that was not offered, or one twice")
    accepted = _read(answers[0], is_offer=False)
    if wanted.server_no_context_takeover and "server_no_context_takeover" not in accepted:
        raise _bad("The server does not confirm server_no_context_takeover")
    server_bits = accepted.get("server_max_window_bits", 15)
    # A server that says nothing of the client's window leaves it as the client wished.
    client_bits = accepted.get("client_max_window_bits", wanted.client_max_window_bits)
    if server_bits > wanted.server_max_window_bits or client_bits > wanted.client_max_window_bits:
        raise _bad("The server accepts a larger window than offered")
    return DeflateParameters(
        "server_no_context_takeover" in accepted,
        "client_no_context_takeover" in accepted or wanted.client_no_context_takeover,
        server_bits,
        client_bits,
    )


def _read(extension: Extension, *, is_offer: bool) -> dict[str, int]:
    """The parameters by name; each at most once and of the form that section 7.1 gives it."""
    found: dict[str, int] = {}
    for name, value in extension.parameters:
        if name in found:
            raise _bad(f"{name} stands twice")
        if name in _NO_TAKEOVER and value is None:
            found[name] = True
        elif name in _WINDOW_BITS and value in _WINDOW_SIZES:
            found[name] = _WINDOW_SIZES[value]
        elif name == "client_max_window_bits" and value is None and is_offer:
            found[name] = 15
        else:
            raise _bad(f"{name} is no parameter, or {value!r} no value for it")
    return found


def _bad(message: str) -> HandshakeError:
    return HandshakeError(message, section="RFC 7692 7.1")


class Deflate:
    """Compresses what one endpoint sends and decompresses what it receives (section 7.2).

    Args:
        is_client: which of the two endpoints.
        agreed: what the handshake agreed on.
    """

    def __init__(self, *, is_client: bool, agreed: DeflateParameters) -> None:
        server = agreed.server_no_context_takeover, agreed.server_max_window_bits
        client = agreed.client_no_context_takeover, agreed.client_max_window_bits
        ours, theirs = (client, server) if is_client else (server, client)
        self._forget_sent, self._sent_bits = ours
        self._forget_received, self._received_bits = theirs
        # Made at the first message: until then, a connection needs no memory for them.
        self._compressor: zlib._Compress | None = None
        self._decompressor: zlib._Decompress | None = None

    def compress(self, message: bytes) -> bytes:
        """The payload that stands for a whole message (section 7.2.1)."""
        if self._compressor is None or self._forget_sent:
            # zlib knows no raw window of 8 bits. With 9 it refers back at most 250 bytes (its
            # window less 262), which a receiver with 8 bits, 256 bytes, can follow.
            self._compressor = zlib.compressobj(wbits=-max(9, self._sent_bits))
        payload = self._compressor.compress(message) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
        return payload.removesuffix(TAIL) or b"\x00"  # an empty message: 7.2.3.6

    def decompress(self, payload: bytes, *, room: int, final: bool) -> bytes:
        """Decompress the next part of a message's payload (section 7.2.2).

        Never makes more than `room` + 1 bytes, however many the payload stands for: that one byte
        tells that the message is too large.

        Args:
            payload: the part.
            room: bytes that the message may still have.
            final: whether the message ends with this part.

        zlib holds a sender to its window only as far as it needs one itself: within what one call
        makes, it follows a reference farther back.

        Raises:
            ProtocolError: the payload is not DEFLATE data (1007).
        """
        decompressor = self._decompressor or self._new_decompressor()
        payload = payload + TAIL if final else payload
        made = b""
        while True:
            try:
                made += decompressor.decompress(payload, room + 1 - len(made))
            except zlib.error as error:
                message = f"A message is not DEFLATE data: {error}"
                raise ProtocolError(message, section="RFC 7692 7.2.2", code=1007) from None
            if not decompressor.eof or len(made) > room:
                break
            # A block that calls itself the last (BFINAL) ends the stream, not the message: 7.2.3.4.
            payload = decompressor.unused_data
            decompressor = self._new_decompressor()
        self._decompressor = None if final and self._forget_received else decompressor
        return made

    def _new_decompressor(self) -> "zlib._Decompress":
        return zlib.decompressobj(wbits=-self._received_bits)
