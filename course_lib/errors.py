"""What the course says when it cannot do what it was asked."""


class CourseError(Exception):
    """The reason, in one sentence for the person who gave the command; exit code 2."""
