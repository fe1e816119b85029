"""The one kind of error that is meant for a person."""


class CourseError(Exception):
    """Something a person can mend, told in one sentence; the `course` command exits with 2."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return [str(self)]
