"""A chat or a demo for the whole room: the address, a join code, and both as a QR code."""

import io
import secrets
import socket
from urllib.parse import urlsplit

import segno

from course_lib.web import Access

ALONE = "127.0.0.1"


def lan_access() -> Access:
    """For this machine's network: a join code for participants, a key for the instructor."""
    return Access(lan_address(), "0.0.0.0", join_code(), secrets.token_urlsafe(16))


def lan_address() -> str:
    """This machine's address in its network, or 127.0.0.1 where it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # UDP: no packet is sent; the system only says from where it would send one. The
            # address is one that belongs to nobody (RFC 5737).
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ALONE
        return probe.getsockname()[0]


def join_code() -> str:
    """Six digits that nobody can foresee."""
    return f"{secrets.randbelow(10**6):06}"


def told(access: Access, url: str) -> str:
    """How others join what is served at `url`, for a terminal: QR code, address, and join code."""
    if access.host == ALONE:
        return (
            "Nobody else can join: this machine is in no network. Connect it to one, a phone's "
            "hotspot will do, and start this again."
        )
    port = urlsplit(url).port or 80
    drawn = io.StringIO()
    segno.make(access.url(port), error="m").terminal(drawn, compact=True)
    return (
        f"{drawn.getvalue()}\nOthers join at {access.url(port)} (join code {access.code}).\n"
        "If no phone gets there, the network keeps its devices apart, or a firewall on this machine "
        "is in the way: a hotspot of your own helps."
    )


def invitation(access: Access, port: int) -> dict[str, str]:
    """What a page shows to those who are to join: the address, the code, and a picture of both."""
    code = segno.make(access.url(port), error="m")
    address = f"http://{access.host}:{port}/"
    return {"address": address, "code": access.code, "qr": code.svg_data_uri(scale=4, border=2)}
