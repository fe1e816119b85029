"""Staying connected: heartbeats, backoff, and a client that comes back and resumes.

    async with serve(LogHandler(EventLog()), "127.0.0.1", 8000, ping_interval=None): ...
    async with ResilientClient("ws://127.0.0.1:8000") as client: ...

`reconnecting_socket.js` is the same client for a page.
"""

from pathlib import Path

from course_lib.resilience.client import ResilientClient
from course_lib.resilience.event_log import EventLog
from course_lib.resilience.heartbeat import (
    Heartbeat,
    MessageHeartbeat,
    application_heartbeat,
    protocol_heartbeat,
    worst_case_detection,
)
from course_lib.resilience.outbox import OutboxFull
from course_lib.resilience.server import Audience, LogHandler
from course_lib.resilience.status import ClientClosed, ClientState, Status
from course_lib.resilience.wire import ProtocolViolation

RECONNECTING_SOCKET = Path(__file__).with_name("reconnecting_socket.js")
"""The client for a page, a script without dependencies."""
