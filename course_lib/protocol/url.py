"""WebSocket URLs: where to connect, and what to ask for there (RFC 6455 section 3)."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address

from course_lib.protocol.errors import HandshakeError

DEFAULT_PORTS = {"ws": 80, "wss": 443}

_URL = re.compile(r"(?P<scheme>[^:/?#]*)://(?P<authority>[^/?]*)(?P<path>[^?]*)(?P<query>\?.*)?")
_AUTHORITY = re.compile(r"(?:\[(?P<ipv6>[^\]]*)\]|(?P<name>[^:\[\]]*))(?::(?P<port>\d*))?")
_NAME = re.compile(r"[\w\-.~%!$&'()*+,;=]+", re.ASCII)


@dataclass(frozen=True)
class Target:
    """Where a WebSocket URL leads.

    Attributes:
        secure: whether the connection goes through TLS (``wss``).
        host: host name or address in lower case, an IPv6 address without its brackets.
        port: TCP port, 1 to 65535.
        resource: path and query, never empty: what stands in the request line.
    """

    secure: bool
    host: str
    port: int
    resource: str

    @property
    def host_header(self) -> str:
        """The value of the Host field: the port stands there only if not the default (4.1)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = DEFAULT_PORTS["wss" if self.secure else "ws"]
        return host if self.port == default else f"{host}:{self.port}"


def parse_url(url: str) -> Target:
    """Take a ``ws://`` or ``wss://`` URL apart (RFC 6455 section 3).

    Raises:
        HandshakeError: the URL is not one that a WebSocket client may open; section ``"3"``.
    """
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise _bad("A URL holds printable ASCII only; anything else must be percent-encoded")
    # A fragment names a part of a document, which a connection does not have.
    if "#" in url:
        raise _bad("A WebSocket URL has no fragment; write '#' as %23")
    parts = _URL.fullmatch(url)
    if parts is None or parts["scheme"].lower() not in DEFAULT_PORTS:
        raise _bad("A WebSocket URL begins with ws:// or wss://")
    if "@" in parts["authority"]:
        raise _bad("A WebSocket URL carries no user name or password")
    authority = _AUTHORITY.fullmatch(parts["authority"])
    if authority is None:
        raise _bad(f"{parts['authority']!r} is not a host with an optional port")
    scheme = parts["scheme"].lower()
    return Target(
        secure=scheme == "wss",
        host=_host(authority["ipv6"], authority["name"]),
        port=_port(authority["port"]) if authority["port"] else DEFAULT_PORTS[scheme],
        resource=(parts["path"] or "/") + (parts["query"] or ""),
    )


def _host(ipv6: str | None, name: str | None) -> str:
    if ipv6 is not None:
        try:
            return str(IPv6Address(ipv6))
        except ValueError:
            raise _bad(f"{ipv6!r} is not an IPv6 address") from None
    if not name or not _NAME.fullmatch(name):
        raise _bad(f"{name!r} is not a host name" if name else "The URL names no host")
    return name.lower()


def _port(digits: str) -> int:
    if len(digits) > 5 or not 1 <= int(digits) <= 65535:
        raise _bad(f"Port {digits} is not between 1 and 65535")
    return int(digits)


def _bad(message: str) -> HandshakeError:
    return HandshakeError(message, section="3")
