"""RFC 6455 from scratch, without I/O: bytes in, events out. The standard library only."""

from course_lib.protocol.errors import HandshakeError, ProtocolError
from course_lib.protocol.extensions import Extension, parse_extensions
from course_lib.protocol.handshake import (
    GUID,
    accept_key,
    accept_request,
    build_request,
    check_origin,
    check_request,
    check_response,
    generate_key,
    reject,
)
from course_lib.protocol.http import Headers, Request, Response, split_head
from course_lib.protocol.url import Target, parse_url

__all__ = [
    "GUID",
    "Extension",
    "HandshakeError",
    "Headers",
    "ProtocolError",
    "Request",
    "Response",
    "Target",
    "accept_key",
    "accept_request",
    "build_request",
    "check_origin",
    "check_request",
    "check_response",
    "generate_key",
    "parse_extensions",
    "parse_url",
    "reject",
    "split_head",
]
