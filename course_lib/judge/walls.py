"""The walls around benches, on Linux: bubblewrap, and what can be seen behind it.

Behind them there are the interpreter, the standard library, the packages that a question allows,
and of the course what a bench is made of. Everything is read-only, and there is no environment.
"""

import contextlib
import functools
import importlib.metadata
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

from course_lib.paths import ROOT

COURSE = (
    "__init__",
    "lines",
    "judge/__init__",
    "judge/bench",
    "judge/calls",
    "judge/fork_server",
    "judge/limits",
    "judge/values",
)
"""The modules of which a bench is made, as files in `course_lib`."""

LIBRARIES = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PATH": "/nowhere",
    "OPENBLAS_NUM_THREADS": "1",  # a thread for each core would count as so many processes
}
START = (
    "import sys; sys.path += ['/course', '/packages'];"
    "from course_lib.judge.fork_server import main; main()"
)


@functools.cache
def packages(imports: frozenset[str]) -> dict[str, Path]:
    """Top-level files and folders of some packages and of all that they need, by name."""
    found: dict[str, Path] = {}
    left, seen = list(imports), set(imports)
    while left:
        try:
            distribution = importlib.metadata.distribution(left.pop())
        except importlib.metadata.PackageNotFoundError:
            continue  # then there is nothing to see
        for file in distribution.files or ():
            if (top := file.parts[0]) != ".." and not top.endswith((".dist-info", ".pth")):
                found[top] = Path(str(distribution.locate_file(top)))
        for requirement in map(Requirement, distribution.requires or ()):
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if wanted and requirement.name not in seen:
                seen.add(requirement.name)
                left.append(requirement.name)
    return found


def command(imports: frozenset[str]) -> list[str] | None:
    """A command to start Python behind walls, with the program in `START`; None without bubblewrap."""
    if not (bubblewrap := shutil.which("bwrap")):
        return None
    rights = ["--cap-add", "ALL"] if os.getuid() == 0 else ["--unshare-user"]
    arguments = [bubblewrap, *rights, "--unshare-uts", "--hostname", "bench"]
    arguments += ["--clearenv", "--proc", "/proc", "--dir", "/tmp", "--dir", "/dev"]
    for name, value in ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    for inside, outside in _visible(imports):
        for parent in reversed(Path(inside).parents):  # bubblewrap's would be for root only
            arguments += ["--dir", str(parent)]
        arguments += ["--ro-bind-try", str(outside), inside]
    for device in DEVICES:
        arguments += ["--dev-bind", device, device]
    for other in _other_packages():
        arguments += ["--tmpfs", other]
    python = os.path.realpath(sys.executable)
    return [*arguments, "--remount-ro", "/", "--", python, "-I", "-S", "-c", START]


def _visible(imports: frozenset[str]) -> Iterator[tuple[str, Path]]:
    for place in [*_libraries(), os.path.realpath(sys.executable)]:
        yield place, Path(place)
    for module in COURSE:
        yield f"/course/course_lib/{module}.py", ROOT / "course_lib" / f"{module}.py"
    for top, path in packages(imports).items():
        yield f"/packages/{top}", path


def _libraries() -> list[str]:
    """Where the system's libraries are, and Python's own."""
    paths = sysconfig.get_paths(vars={"base": sys.base_prefix, "platbase": sys.base_exec_prefix})
    python = [sysconfig.get_config_var("LIBDIR"), paths["stdlib"], paths["platstdlib"]]
    return [
        place for place in dict.fromkeys([*LIBRARIES, *python]) if place and Path(place).exists()
    ]


def _other_packages() -> list[str]:
    """Where other packages are, among the libraries: no question allows them."""
    found = (
        str(place)
        for library in _libraries()
        for pattern in ("python3*/*-packages", "*-packages")
        for place in Path(library).glob(pattern)
    )
    return sorted(set(found))


def shield() -> None:
    """Keep other processes of the same user out of this one's memory (Linux)."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
