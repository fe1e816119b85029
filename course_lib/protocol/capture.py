"""A record of what went over a connection, frame by frame."""

from collections.abc import Callable
from typing import NamedTuple

from course_lib.protocol import drawing
from course_lib.protocol.frames import Frame, split_frames


class Captured(NamedTuple):
    """A frame that was seen: who sent it, and when, in seconds since the first one."""

    from_client: bool
    frame: Frame
    at: float | None = None


class Capture:
    """Collects the frames of both directions; in a notebook it draws them as a timeline.

    Args:
        clock: gives the time in seconds, such as ``time.perf_counter``; None leaves times out.

    Attributes:
        frames: what was seen, in order.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self.frames: list[Captured] = []
        self._clock = clock
        self._started: float | None = None
        self._unfinished = {True: b"", False: b""}

    def client_sent(self, data: bytes) -> None:
        """Take bytes that the client sent after its handshake, cut anywhere.

        Raises:
            ProtocolError: they are not frames.
        """
        self._take(True, data)

    def server_sent(self, data: bytes) -> None:
        """Take bytes that the server sent after its handshake, cut anywhere.

        Raises:
            ProtocolError: they are not frames.
        """
        self._take(False, data)

    def _take(self, from_client: bool, data: bytes) -> None:
        frames, self._unfinished[from_client] = split_frames(self._unfinished[from_client] + data)
        at = None
        if self._clock is not None:
            now = self._clock()
            self._started = now if self._started is None else self._started
            at = now - self._started
        self.frames += [Captured(from_client, frame, at) for frame in frames]

    def __str__(self) -> str:
        return drawing.capture_text(self.frames)

    def _repr_html_(self) -> str:
        return drawing.capture_svg(self.frames)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}
