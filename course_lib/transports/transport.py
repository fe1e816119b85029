"""The four transports, by name."""

from enum import StrEnum
from typing import Self


class Transport(StrEnum):
    """The four ways to deliver a feed.

    Attributes:
        label: its name in tables and figures.
        path: where a server offers it.
    """

    label: str
    path: str

    POLL = "poll", "Polling", "/poll"
    LONG_POLL = "long-poll", "Long polling", "/long-poll"
    SSE = "sse", "SSE", "/events"
    WEBSOCKET = "websocket", "WebSocket", "/"

    def __new__(cls, value: str, label: str = "", path: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.path = path
        return member

    def url(self, host: str, port: int) -> str:
        """Where a server offers this transport; `port` is that of `FeedServer.port`."""
        scheme = "ws" if self is Transport.WEBSOCKET else "http"
        return f"{scheme}://{host}:{port}{self.path}"
