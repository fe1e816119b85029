"""A connection that tells of the frames that cross it, and how a page is told to draw one."""

from collections.abc import Callable
from typing import Any

from websockets.protocol import CONNECTING

from course_lib.notebook.anatomy import dissect, frame_fields, frame_size, frame_summary
from course_lib.security.limits import CountedConnection

_SHOWN = 24  # bytes of payload whose unmasking is drawn


def _nobody(up: bool, wire: bytes) -> None:
    """Hear of no frame."""


class Tapped(CountedConnection):
    """A server's end of a connection, between the protocol and its TCP connection.

    Attributes:
        crossed: is called with each frame's bytes, and whether they came from the client.
    """

    crossed: Callable[[bool, bytes], None] = staticmethod(_nobody)
    _unread: bytes = b""

    def data_received(self, data: bytes) -> None:
        """Note what has come from TCP, before the protocol sees it."""
        if self.state is not CONNECTING:
            self._unread += data
            while (size := frame_size(self._unread)) is not None and size <= len(self._unread):
                self.crossed(True, self._unread[:size])
                self._unread = self._unread[size:]
        super().data_received(data)

    def send_data(self) -> None:
        """Note what goes to TCP: the protocol hands over whole frames, one by one."""
        for wire in self.protocol.writes:
            if frame_size(wire) == len(wire):
                self.crossed(False, wire)
        super().send_data()


def drawing(up: bool, wire: bytes) -> dict[str, Any]:
    """A frame for a page: its fields, and its payload as it was sent and as it is meant."""
    parts = dissect(wire)
    sent = wire[len(parts.header) :] if parts else wire
    return {
        "up": up,
        "summary": frame_summary(wire),
        "bytes": len(wire),
        "fields": [field._asdict() for field in frame_fields(wire) if field.name != "payload"],
        "key": list(parts.key or b"") if parts else [],
        "sent": list(sent[:_SHOWN]),
        "meant": list(parts.payload[:_SHOWN]) if parts else [],
        "more": max(0, len(sent) - _SHOWN),
    }
