"""The race: the four transports as four real clients in one page, on the same events."""

from course_lib.demos.race.server import serve

__all__ = ["serve"]
