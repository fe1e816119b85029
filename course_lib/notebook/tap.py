"""A tap on the line between a WebSocket client and its server: it changes nothing, and notes all."""

from collections.abc import Sequence
from typing import Self

from course_lib.network import Link, Transfer
from course_lib.notebook.capture import Capture


class Tap:
    """A relay to a WebSocket server on this machine. Clients connect to the tap instead.

    It reads what a `Link` has kept, after the bytes have been passed on. So whatever it makes of
    them, client and server talk as they would without it.

    Args:
        port: the server's TCP port.
        times: whether pictures of the captures show times.
    """

    def __init__(self, port: int, *, times: bool = False) -> None:
        self._link = Link("127.0.0.1", port, capture=True)
        self._times = times
        self._seen = 0
        self._connections: dict[int, Capture] = {}

    @property
    def port(self) -> int:
        """The TCP port for clients."""
        return self._link.port

    @property
    def captures(self) -> list[Capture]:
        """The conversations, in the order of their first bytes."""
        self._look()
        return [capture for capture in self._connections.values() if capture.upgraded]

    async def __aenter__(self) -> Self:
        await self._link.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._link.aclose()

    def _look(self) -> None:
        transfers: Sequence[Transfer] = self._link.capture or ()
        for transfer in transfers[self._seen :]:
            self._seen += 1
            capture = self._connections.setdefault(
                transfer.connection, Capture(self._look, times=self._times)
            )
            capture.take(transfer)
