"""Which HTTP answers pass with time, and how long a server asks to wait (RFC 9110).

Every client of the course that comes back goes by this one rule, whatever it speaks after HTTP.
"""

from collections.abc import Mapping

CURABLE_STATUSES = (408, 425, 429, 500, 502, 503, 504)
"""The answers after which another attempt may succeed: a timeout, too early, too many requests, and a
server's own troubles. After all others, like 401, it will not."""

_LONGEST_RETRY_AFTER = 3600.0  # seconds


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """What `Retry-After` asks for, in seconds (RFC 9110, section 10.2.3): an hour at most, or 0.

    The header may hold a date as well; that form counts as none.
    """
    value = headers.get("Retry-After", "")
    if value.isascii() and value.isdigit():
        return min(_LONGEST_RETRY_AFTER, float(value))
    return 0.0
