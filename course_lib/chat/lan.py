"""A chat or a demo for the whole room: the address, a join code, and both as a QR code."""

import io
import secrets
import socket

import segno


def lan_address() -> str:
    """This machine's address in its network, or 127.0.0.1 where it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # UDP: no packet is sent; the system only says from where it would send one. The
            # address is one that belongs to nobody (RFC 5737).
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return probe.getsockname()[0]


def join_code() -> str:
    """Six digits that nobody can foresee."""
    return f"{secrets.randbelow(10**6):06}"


def qr_code(url: str) -> str:
    """A URL as a QR code for a terminal."""
    drawn = io.StringIO()
    segno.make(url, error="m").terminal(drawn, compact=True)
    return drawn.getvalue()
