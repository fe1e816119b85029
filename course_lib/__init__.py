"""The library behind the course: a WebSocket protocol to read, transports to measure, a judge to trust."""

__version__ = "0.2.0"
