"""The Sec-WebSocket-Extensions field: a list of extensions, each with parameters (section 9.1)."""

import re
from dataclasses import dataclass

from course_lib.protocol.errors import HandshakeError
from course_lib.protocol.http import TOKEN, Headers

EXTENSIONS = "Sec-WebSocket-Extensions"

_PARAMETER = re.compile(
    rf';[ \t]*({TOKEN.pattern})[ \t]*(?:=[ \t]*(?:({TOKEN.pattern})|"({TOKEN.pattern})")[ \t]*)?'
)
_EXTENSION = re.compile(rf"[ \t]*({TOKEN.pattern})[ \t]*((?:{_PARAMETER.pattern})*)(?:,|$)")
_EMPTY = re.compile(r"[ \t]*(?:,|$)")


@dataclass(frozen=True)
class Extension:
    """One extension, offered or accepted: its name, and (name, value or None) for each parameter."""

    name: str
    parameters: tuple[tuple[str, str | None], ...] = ()

    def __str__(self) -> str:
        parts = [name if value is None else f"{name}={value}" for name, value in self.parameters]
        return "; ".join([self.name, *parts])


def parse_extensions(headers: Headers) -> list[Extension]:
    """Every extension that a request offers or a response accepts, in order (section 9.1).

    Raises:
        HandshakeError: the field does not follow the grammar.
    """
    text = ",".join(headers.get_all(EXTENSIONS))
    found, position = [], 0
    while position < len(text):
        if empty := _EMPTY.match(text, position):
            position = empty.end()
            continue
        match = _EXTENSION.match(text, position)
        if match is None:
            raise HandshakeError(
                f"{EXTENSIONS} cannot be read from {text[position : position + 40]!r} on",
                section="9.1",
            )
        parameters = _PARAMETER.findall(match[2])
        found.append(
            Extension(
                match[1],
                tuple((name, plain or quoted or None) for name, plain, quoted in parameters),
            )
        )
        position = match.end()
    return found
