"""What comes after: WebSockets over HTTP/2, WebTransport, and head-of-line blocking over QUIC.

The one room that needs the extra `next`. Only lesson 12 imports from it.

Raises:
    CourseError: What the extra brings is not there.
"""

from importlib.util import find_spec

from course_lib.errors import CourseError

if lacking := [name for name in ("hypercorn", "aioquic") if find_spec(name) is None]:
    raise CourseError(
        f"Lesson 12 needs {' and '.join(lacking)}: its first page says how to install them."
    )
