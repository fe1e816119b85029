"""What went over a WebSocket connection, frame by frame, as it stood on the wire."""

from collections.abc import Callable
from typing import NamedTuple

from course_lib.network import Direction, Transfer
from course_lib.notebook.anatomy import frame_size
from course_lib.protocol import Frame, ProtocolError, parse_header


class Captured(NamedTuple):
    """A frame that was seen, or bytes that are none.

    Attributes:
        from_client: who sent it.
        wire: its bytes, whatever they are.
        at: when its first byte came, in seconds since the connection's first frame.
    """

    from_client: bool
    wire: bytes
    at: float

    @property
    def frame(self) -> Frame:
        """What the bytes say.

        Raises:
            ProtocolError: they are no frame that may be sent.
        """
        return Frame.parse(self.wire)


class _Way:
    """One direction: the handshake's head, then frames."""

    def __init__(self) -> None:
        self.head: bytes | None = None
        self.unread = b""
        self.last: int | None = None  # the item that is not all there yet
        self.ended = False


class Capture:
    """The frames of one connection, in the order in which they began to cross the line.

    Args:
        look: is called before the frames are looked at, and hands in what has come meanwhile.
        times: whether a picture shows when each frame came.
    """

    def __init__(self, look: Callable[[], None] = lambda: None, *, times: bool = False) -> None:
        self.times = times
        self._look = look
        self._items: list[Captured] = []
        self._started: float | None = None
        self._ways = {direction: _Way() for direction in Direction}

    @property
    def frames(self) -> list[Captured]:
        """What has come until now: whole frames, and bytes that cannot become one."""
        self._look()
        unfinished = {way.last for way in self._ways.values() if not way.ended}
        return [
            item
            for index, item in enumerate(self._items)
            if index not in unfinished or _is_illegal(item.wire)
        ]

    @property
    def upgraded(self) -> bool:
        """Whether the server has answered the handshake with 101."""
        head = self._ways[Direction.DOWN].head
        return head is not None and head.split(b" ", 2)[1:2] == [b"101"]

    def take(self, transfer: Transfer) -> None:
        """Note bytes that have crossed, cut anywhere; none for the end of the stream."""
        way = self._ways[transfer.direction]
        if not transfer.data:
            way.ended = True
        way.unread += transfer.data
        if way.head is None:
            head, blank, rest = way.unread.partition(b"\r\n\r\n")
            if not blank:
                return
            way.head, way.unread = head, rest
        while way.unread:
            self._take_one(way, transfer)

    def _take_one(self, way: _Way, transfer: Transfer) -> None:
        """Take what is unread up to the end of a frame."""
        if way.last is None:
            self._started = transfer.arrived if self._started is None else self._started
            way.last = len(self._items)
            at = transfer.arrived - self._started
            self._items.append(Captured(transfer.direction is Direction.UP, b"", at))
        item = self._items[way.last]
        wire = item.wire + way.unread
        size = frame_size(wire)
        whole = size is not None and size <= len(wire)
        end = size if whole else None
        self._items[way.last] = item._replace(wire=wire[:end])
        way.unread = wire[end:] if whole else b""
        if whole:
            way.last = None


def _is_illegal(wire: bytes) -> bool:
    try:
        parse_header(wire)
    except ProtocolError:
        return True
    return False
