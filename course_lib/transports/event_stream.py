"""Server-sent events: the text format of `text/event-stream`, without I/O.

WHATWG HTML, section 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event stream".
"""

import codecs
import re
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One dispatched event.

    Attributes:
        data: its data lines, joined by line feeds.
        event: its type; `message` when the stream names none.
        id: the last event id at that moment: what `Last-Event-ID` shall carry.
    """

    data: str
    event: str = "message"
    id: str = ""

    def encode(self) -> bytes:
        """The event as a server writes it."""
        lines = [f"id: {self.id}"] if self.id else []
        if self.event != "message":
            lines.append(f"event: {self.event}")
        lines += [f"data: {line}" for line in _LINE_END.split(self.data)]
        return ("\n".join(lines) + "\n\n").encode()


class EventStreamParser:
    """Turns the bytes of an event stream, however they were cut, into events.

    Attributes:
        retry: seconds to wait before a reconnection, or None while the server has not said.
    """

    def __init__(self) -> None:
        # utf-8-sig removes the one byte order mark that the format allows.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._line: list[str] = []
        self._after_cr = False
        self._data: list[str] = []
        self._event = ""
        self._id = ""
        self.retry: float | None = None

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """Take the next bytes; return the events that they complete."""
        text = self._decoder.decode(data)
        if not text:
            return []
        if self._after_cr:
            text = text.removeprefix("\n")
        self._after_cr = text.endswith("\r")
        first, *rest = _LINE_END.split(text)
        self._line.append(first)
        events = []
        for piece in rest:
            event = self._take_line("".join(self._line))
            self._line = [piece]
            if event is not None:
                events.append(event)
        return events

    def _take_line(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "data":
                self._data.append(value)
            case "event":
                self._event = value
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry = float(value) / 1000
        return None  # a comment has an empty field name, and an unknown field is ignored

    def _dispatch(self) -> ServerSentEvent | None:
        data, event = self._data, self._event
        self._data, self._event = [], ""
        if not data:
            return None
        return ServerSentEvent("\n".join(data), event or "message", self._id)
