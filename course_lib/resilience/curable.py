"""Which errors another attempt may cure, and which it cannot."""

import ssl

from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.frames import CloseCode

from course_lib.statuses import CURABLE_STATUSES, seconds_to_wait

REPLACED = 4001
"""Close code of this course's server: a newer connection of the same client took over."""

INCURABLE_CODES: dict[int, str] = {
    CloseCode.NORMAL_CLOSURE: "the conversation is over",
    CloseCode.PROTOCOL_ERROR: "one end breaks the protocol, and would again",
    CloseCode.UNSUPPORTED_DATA: "the other end cannot take this kind of data",
    CloseCode.INVALID_DATA: "the data does not fit its type",
    CloseCode.POLICY_VIOLATION: "not allowed",
    CloseCode.MESSAGE_TOO_BIG: "the same message would be too big again",
    CloseCode.MANDATORY_EXTENSION: "an extension is missing",
    3000: "not authorised",
    3003: "forbidden",
    REPLACED: "replaced by a newer connection",
}
"""Close codes that mean "do not come back", and why (RFC 6455, section 7.4, and IANA's list).

All others may be cured: 1001 going away, 1005 and 1006 without a code, 1011 internal error,
1012 restart, 1013 try again later, 1014 bad gateway.
"""


def close_code(error: ConnectionClosed) -> int:
    """The code that a connection was closed with, by either end; 1006 without any (RFC 6455)."""
    frame = error.rcvd or error.sent
    return CloseCode.ABNORMAL_CLOSURE if frame is None else frame.code


def is_curable(error: Exception) -> bool:
    """Whether to try again after this error of connecting or of a connection."""
    match error:
        case ConnectionClosed():
            return close_code(error) not in INCURABLE_CODES
        case InvalidStatus(response=response):
            return response.status_code in CURABLE_STATUSES
        case InvalidMessage(__cause__=EOFError()):
            return True  # the connection was lost in the middle of the handshake
        case ssl.SSLCertVerificationError():
            return False
        case OSError():
            return True  # refused, reset, unreachable, timed out, and names that do not resolve
    return False


def retry_after(error: Exception) -> float:
    """Seconds that the server asks to wait, at most an hour, or 0."""
    return seconds_to_wait(error.response.headers) if isinstance(error, InvalidStatus) else 0.0
