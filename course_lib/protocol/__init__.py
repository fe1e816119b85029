"""RFC 6455 from scratch, without I/O: bytes in, events out. The standard library only."""

from course_lib.protocol.connection import NEXT_STATE, Action, Connection, Role, State
from course_lib.protocol.deflate import DeflateParameters
from course_lib.protocol.errors import HandshakeError, ProtocolError, StateError
from course_lib.protocol.events import Binary, Close, Event, Failed, Ping, Pong, Text
from course_lib.protocol.extensions import parse_extensions
from course_lib.protocol.frames import Frame, Opcode, apply_mask, parse_header, split_frames
from course_lib.protocol.handshake import (
    accept_key,
    accept_request,
    build_request,
    check_request,
    check_response,
    generate_key,
    reject,
)
from course_lib.protocol.http import Headers, Request, Response, split_head
from course_lib.protocol.messages import encode_close, parse_close
from course_lib.protocol.url import parse_url
