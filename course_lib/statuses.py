"""Which HTTP answers pass with time, and how long a server asks to wait (RFC 9110).

Every client of the course that comes back goes by this one rule, whatever it speaks after HTTP.
"""

from collections.abc import Mapping

CURABLE_STATUSES: dict[int, str] = {
    408: "Request Timeout",
    425: "Too Early",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
"""The answers after which another attempt may succeed; after all others, like 401, it will not."""

_LONGEST_RETRY_AFTER = 3600.0  # seconds


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """What `Retry-After` asks for, in seconds (RFC 9110, section 10.2.3): an hour at most, or 0.

    The header may hold a date as well; that form counts as none.
    """
    value = headers.get("Retry-After", "")
    if value.isascii() and value.isdigit():
        return min(_LONGEST_RETRY_AFTER, float(value))
    return 0.0
