"""What the code on a bench may import, and how much it may use.

The bench runs this file too, so it knows the standard library only.
"""

import contextlib
import io
import sys

from course_lib.judge.values import Plain

MEMORY_LIMIT = 1024**3
"""Address space of the bench, in bytes, where the system can limit it (Linux)."""

LIMITS = {
    "RLIMIT_AS": MEMORY_LIMIT,
    "RLIMIT_CORE": 0,
    "RLIMIT_CPU": 60,  # seconds, of each process
    "RLIMIT_FSIZE": 32 * 1024**2,
    "RLIMIT_NOFILE": 512,
}
"""What each process may use, where the system can limit it."""


class OnlyAllowed:
    """Keeps answers from importing what they are asked to write, and all that is not theirs.

    Args:
        imports: the packages that an answer may import, with blanks between them.
        besides: the modules that those bring along.
    """

    def __init__(self, imports: str, besides: str) -> None:
        self._imports = imports.split()
        self._allowed = {*sys.stdlib_module_names, *self._imports, *besides.split()}

    def find_spec(self, name: str, path: Plain = None, target: Plain = None) -> None:
        top = name.partition(".")[0]
        if top == "course_lib":
            what = "answers are judged without course_lib: write it yourself"
        elif top in self._allowed:
            return
        else:
            names = ["the standard library", *(f"`{each}`" for each in self._imports)]
            have = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
            what = f"there is no `{top}`; answers to this question may use {have}"
        raise ModuleNotFoundError(what, name=name)


class Errors(io.TextIOWrapper):
    """Standard error, in the right order with what was printed before."""

    def write(self, text: str) -> int:
        with contextlib.suppress(Exception):  # the learner's code may have replaced it
            sys.stdout.flush()
        return super().write(text)


def limit() -> None:
    """Set the limits of this process, and of all that it will start."""
    try:
        import resource
    except ImportError:  # Windows: the clock is all there is
        return
    for name, most in LIMITS.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(getattr(resource, name), (most, most))
