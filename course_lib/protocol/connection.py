"""One end of a WebSocket connection, after its handshake: bytes in, events out."""

import os
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum, auto

from course_lib.protocol.deflate import Deflate, DeflateParameters
from course_lib.protocol.errors import ProtocolError, StateError
from course_lib.protocol.events import Close, Event, Failed, Ping, Pong
from course_lib.protocol.frames import (
    FIN,
    MAX_CONTROL_PAYLOAD,
    RSV1,
    Frame,
    FrameReader,
    Opcode,
    encode_frame,
)
from course_lib.protocol.messages import (
    ABNORMAL_CLOSURE,
    NORMAL_CLOSURE,
    MessageReader,
    encode_close,
    parse_close,
)


class Role(StrEnum):
    """The two ends differ in one thing only: a client masks what it sends (section 5.1)."""

    CLIENT = auto()
    SERVER = auto()


class State(StrEnum):
    """Where a connection stands in its life after the handshake (sections 4.1 and 7.1)."""

    OPEN = auto()
    CLOSE_SENT = auto()  # CLOSING, and the peer's Close is awaited
    CLOSE_RECEIVED = auto()  # CLOSING, and ours is due
    CLOSED = auto()  # nothing goes over it any more


class Action(StrEnum):
    """What can happen to a connection."""

    SEND = auto()
    SEND_CLOSE = auto()
    RECEIVE = auto()
    RECEIVE_CLOSE = auto()
    END = auto()  # it fails, or the peer is gone


NEXT_STATE: dict[State, dict[Action, State]] = {
    State.OPEN: {
        Action.SEND: State.OPEN,
        Action.SEND_CLOSE: State.CLOSE_SENT,
        Action.RECEIVE: State.OPEN,
        Action.RECEIVE_CLOSE: State.CLOSE_RECEIVED,
        Action.END: State.CLOSED,
    },
    State.CLOSE_SENT: {
        Action.RECEIVE: State.CLOSE_SENT,
        Action.RECEIVE_CLOSE: State.CLOSED,
        Action.END: State.CLOSED,
    },
    State.CLOSE_RECEIVED: {
        Action.SEND_CLOSE: State.CLOSED,
        Action.END: State.CLOSED,
    },
    State.CLOSED: {
        Action.END: State.CLOSED,
    },
}
"""The whole state machine: what may happen in which state, and the state it leads to."""


_RECEIVING = {state for state, actions in NEXT_STATE.items() if Action.RECEIVE in actions}


class Connection:
    """One end of a connection.

    What is received goes into `receive`, and comes out as events; some carry a `reply`. What the
    methods that send return, and each reply, goes to the peer in that order. Where the connection's
    state does not allow it, these methods raise `StateError`.

    Args:
        role: which end this is.
        max_size: largest message in bytes that is received; a larger one fails with 1009.
        max_fragments: the most frames in which a message may come, or it fails with 1009.
        compression: what the handshake agreed on, if messages may be compressed.
        random: makes the masking keys; they must not be predictable (section 5.3).

    Attributes:
        state: where the connection stands.
        close_code: None while it lives; then the code the peer gave, 1005 if none, 1006 if the
            peer never sent a Close (section 7.1.5).
        close_reason: the reason the peer gave (section 7.1.6).
    """

    def __init__(
        self,
        role: Role,
        *,
        max_size: int = 2**20,
        max_fragments: int = 2**17,
        compression: DeflateParameters | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.role = role
        self.state = State.OPEN
        self.close_code: int | None = None
        self.close_reason = ""
        self._random = random
        self._sending_fragments = False
        self._deflate: Deflate | None = None
        max_payload = max_size
        if compression is not None:
            self._deflate = Deflate(is_client=role is Role.CLIENT, agreed=compression)
            # What cannot be compressed grows, by zlib's own bound; the message is measured later.
            max_payload += (max_size >> 3) + (max_size >> 6) + 16
        self._frames = FrameReader(
            masked=role is Role.SERVER,
            compression=compression is not None,
            max_payload=max_payload,
            max_fragments=max_fragments,
        )
        self._messages = MessageReader(max_size=max_size, deflate=self._deflate)

    # Receiving

    def receive(self, data: bytes) -> Iterator[Event]:
        """Take bytes from the peer; the events that they complete, one by one.

        Each event is worked out when it is asked for, so that what is sent while handling it
        goes out before what a later one has to say. An error of the peer is an event too, the
        last one: `Failed`.
        """
        # Once the peer's Close is there, whatever follows it is discarded (section 1.4).
        if self.state in _RECEIVING:
            self._frames.feed(data)
        return self._events()

    def receive_eof(self) -> None:
        """Note that no more bytes will come: the connection is closed, cleanly or not (7.1.4)."""
        self._end()

    def _events(self) -> Iterator[Event]:
        while self.state in _RECEIVING:
            try:
                frame = self._frames.next_frame()
                if frame is None:
                    return
                event: Event | None
                if frame.opcode < Opcode.CLOSE:
                    event = self._messages.receive(frame)
                else:
                    event = self._receive_control(frame)
            except ProtocolError as error:
                yield Failed(error, self._fail(error))
                return
            if event is not None:
                yield event

    def _receive_control(self, frame: Frame) -> Event:
        match frame.opcode:
            case Opcode.PING:
                # A Pong goes back, unless a Close has gone before (section 5.5.2).
                pong = self.pong(frame.payload) if self.state is State.OPEN else b""
                return Ping(frame.payload, pong)
            case Opcode.PONG:
                return Pong(frame.payload)
            case _:
                return self._receive_close(frame.payload)

    def _receive_close(self, payload: bytes) -> Close:
        code, reason = parse_close(payload)
        self.close_code, self.close_reason = code, reason
        self._do(Action.RECEIVE_CLOSE)
        reply = b""
        if self.state is State.CLOSE_RECEIVED:
            # "When sending a Close frame in response, the endpoint typically echos the status
            # code it received" (section 5.5.1).
            self._do(Action.SEND_CLOSE)
            reply = encode_frame(FIN | Opcode.CLOSE, payload[:2], self._masking_key())
        return Close(code, reason, reply)

    def _fail(self, error: ProtocolError) -> bytes:
        """Fail the connection: say why, if that may still be said, and be done (7.1.7)."""
        reply = b""
        if self.state is State.OPEN:
            reason = str(error).encode()[:123].decode(errors="ignore")
            reply = encode_frame(
                FIN | Opcode.CLOSE, encode_close(error.code, reason), self._masking_key()
            )
        self._end()
        return reply

    def _end(self) -> None:
        self._do(Action.END)
        if self.close_code is None:
            self.close_code = ABNORMAL_CLOSURE

    # Sending

    def send_text(self, text: str) -> bytes:
        """A text message, in one frame (section 5.6)."""
        return self._message(Opcode.TEXT, text.encode())

    def send_binary(self, data: bytes) -> bytes:
        """A binary message, in one frame (section 5.6)."""
        return self._message(Opcode.BINARY, data)

    def send_fragments(self, parts: Iterable[str] | Iterable[bytes]) -> Iterator[bytes]:
        """A message whose parts become known one by one, each a frame (section 5.4).

        The message is text if its first part is. It ends with an empty frame, since only the end
        of `parts` tells which was the last. Fragments are not compressed. Pings, pongs and a
        close may go between them, but no other message.
        """
        self._begin_message()
        self._sending_fragments = True
        opcode = None
        for part in parts:
            payload = part.encode() if isinstance(part, str) else part
            self._do(Action.SEND)
            if opcode is None:
                opcode = Opcode.TEXT if isinstance(part, str) else Opcode.BINARY
                yield encode_frame(opcode, payload, self._masking_key())
            else:
                yield encode_frame(Opcode.CONTINUATION, payload, self._masking_key())
        self._do(Action.SEND)
        self._sending_fragments = False
        yield encode_frame(
            FIN | (Opcode.BINARY if opcode is None else Opcode.CONTINUATION),
            b"",
            self._masking_key(),
        )

    def ping(self, payload: bytes = b"") -> bytes:
        """Ask the peer for a sign of life; its Pong carries the same payload (section 5.5.2).

        Raises:
            ValueError: the payload has more than 125 bytes; `pong` raises the same.
        """
        return self._control(Opcode.PING, payload)

    def pong(self, payload: bytes = b"") -> bytes:
        """Give a sign of life unasked; a Ping's own Pong is its reply already (section 5.5.3)."""
        return self._control(Opcode.PONG, payload)

    def close(self, code: int | None = NORMAL_CLOSURE, reason: str = "") -> bytes:
        """Start the closing handshake; nothing can be sent after it (section 7.1.2).

        Raises:
            ValueError: the code may not be sent, or the reason is too long.
            StateError: the connection is closing already.
        """
        payload = encode_close(code, reason)
        self._do(Action.SEND_CLOSE)
        return encode_frame(FIN | Opcode.CLOSE, payload, self._masking_key())

    def _message(self, opcode: Opcode, payload: bytes) -> bytes:
        self._begin_message()
        first = FIN | opcode
        if self._deflate is not None:
            first |= RSV1
            payload = self._deflate.compress(payload)
        return encode_frame(first, payload, self._masking_key())

    def _begin_message(self) -> None:
        self._do(Action.SEND)
        if self._sending_fragments:
            raise StateError("A message in fragments has not ended yet (RFC 6455 section 5.4)")

    def _control(self, opcode: Opcode, payload: bytes) -> bytes:
        if len(payload) > MAX_CONTROL_PAYLOAD:
            raise ValueError(f"A {opcode.name} carries up to 125 bytes, not {len(payload)}")
        self._do(Action.SEND)
        return encode_frame(FIN | opcode, payload, self._masking_key())

    def _masking_key(self) -> bytes | None:
        # A client draws a new key for each frame (section 5.3); a server has none (5.1).
        return self._random(4) if self.role is Role.CLIENT else None

    def _do(self, action: Action) -> None:
        try:
            self.state = NEXT_STATE[self.state][action]
        except KeyError:
            message = f"{action.name} is not possible in state {self.state.name}"
            raise StateError(message) from None
