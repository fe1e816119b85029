"""Which page may open a WebSocket here.

A browser lets any page connect to any server, with that server's cookies, and says in `Origin`
which page it is (RFC 6455, section 10.2). To look is up to the server. An origin is scheme, host and
port (RFC 6454), and two are the same only if all three are: no prefix, no suffix, no regular
expression. Programs send no `Origin`, or whatever they like: this protects people's browsers, not
the server.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address

import idna
from websockets.datastructures import Headers

PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[^\s/?#@:\[\]\\]+)(?::([0-9]{1,5}))?", re.I)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


class BadOrigin(ValueError):
    """A text that is no origin of a page."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a page is from.

    Attributes:
        scheme: "http" or "https".
        host: in lower case, as a browser sends it: punycode, or an address.
        port: also where the text leaves it out.
    """

    scheme: str
    host: str
    port: int


def parse_origin(text: str) -> Origin:
    """Read an origin as a browser sends it.

    Case doesn't count, and a port that is the scheme's own may be there or not. A dot at the end
    of the host makes it another host, as it does for a browser.

    Raises:
        BadOrigin: It is none: `null`, with a path, a user, a space, or letters beyond ASCII, which
            a browser would have written in punycode.
    """
    found = _ORIGIN.fullmatch(text)
    if not found or not text.isascii():
        raise BadOrigin(f"{text!r} is not the origin of a page.")
    scheme = found[1].lower()
    port = int(found[3]) if found[3] else PORTS[scheme]
    if not 0 < port < 65536:
        raise BadOrigin(f"{text!r} has no port that there is.")
    return Origin(scheme, _host(found[2].lower()), port)


def _host(host: str) -> str:
    try:
        if host.startswith("["):
            return f"[{ip_address(host[1:-1]).compressed}]"
        labels = host.removesuffix(".").split(".")
        if labels[-1].isdecimal() or labels[-1].startswith("0x"):
            return str(ip_address(host))  # 127.1 and 0x7f.1 are no way to write an address here
    except ValueError:
        raise BadOrigin(f"{host!r} is not an address.") from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadOrigin(f"{host!r} is not the name of a host.")
    return host


class AllowedOrigins:
    """The pages that may come in, and no other.

    Args:
        allowed: Origins, e.g. "https://chat.example"; in "https://*.chat.example" the star stands
            for one label or more. A name may be written in any script.
        programs: Whether a request without `Origin`, which no browser sends, may come in.

    Raises:
        BadOrigin: One of them is no origin.
    """

    def __init__(self, *allowed: str, programs: bool = True) -> None:
        self._allowed = {parse_origin(_ascii(each)) for each in allowed if "*" not in each}
        self._under = {
            parse_origin(_ascii(each.replace("*.", "", 1))) for each in allowed if "*" in each
        }
        self._programs = programs

    def admits(self, origins: Sequence[str]) -> bool:
        """Whether a request with these `Origin` fields, of which there is one, may come in."""
        if not origins:
            return self._programs
        try:
            (text,) = origins
            origin = parse_origin(text)
        except ValueError:
            return False
        return origin in self._allowed or any(
            (origin.scheme, origin.port) == (each.scheme, each.port)
            and origin.host.endswith(f".{each.host}")
            for each in self._under
        )


def _ascii(origin: str) -> str:
    """An origin as an administrator writes it, as a browser sends it."""
    scheme, mark, rest = origin.partition("://")
    host, colon, port = rest.partition(":")
    if origin.isascii():
        return origin
    try:
        return f"{scheme}{mark}{idna.encode(host, uts46=True).decode()}{colon}{port}"
    except idna.IDNAError:
        raise BadOrigin(f"{origin!r} is not the origin of a page.") from None


def same_origin(headers: Headers, schemes: Iterable[str] = ("http",)) -> bool:
    """Whether a request comes from the server's own page, or from a program that is no browser.

    The host must be an address. A name could be somebody else's, made to lead to this machine so
    that their page counts as ours (DNS rebinding).

    Args:
        headers: Of the request.
        schemes: What the server's own page is fetched with.
    """
    origins, hosts = headers.get_all("Origin"), headers.get_all("Host")
    if not origins:
        return True
    with suppress(ValueError):
        (text,), (host,) = origins, hosts
        page = parse_origin(text)
        here = parse_origin(f"{page.scheme}://{host}")
        return page == here and page.scheme in schemes and is_address(page.host)
    return False


def is_address(host: str) -> bool:
    """Whether a host is an address, or `localhost`, which leads to this machine only."""
    with suppress(ValueError):
        return bool(ip_address(host.strip("[]")))
    return host == "localhost"
