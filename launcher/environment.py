"""The environment of a checkout: made, kept up to date, and handed over to.

Runs before anything is installed, so it imports the standard library only.

`.venv` holds the environment, unless COURSE_VENV names another folder: what a learner needs, and on
top of it, once a maintainer's command was called, what those need. `.course/environment` records what
was installed into it, and for which folder; it says "unfinished" while an installation runs, so that
one that broke off is begun anew by the next call.
"""

import contextlib
import errno
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from course_lib.errors import CourseError
from launcher import installer

ROOT = Path(__file__).resolve().parent.parent
RUNS_IN = Path(sys.prefix).resolve()
OWN = RUNS_IN.parent == ROOT and RUNS_IN.name.startswith(".venv")
# `course test --python` has others beside `.venv`; inside one of them, it is that one.
VENV = ROOT / os.environ.pop("COURSE_VENV", RUNS_IN.name if OWN else ".venv")
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
STATE = ROOT / ".course"
RECORD = STATE / f"environment{VENV.name.removeprefix('.venv')}"
LOG = STATE / "install.log"

UNFINISHED = "unfinished"

HELP = f"""usage: python3 course.py COMMAND

  lab      open the course in JupyterLab
  test     run every test, notebooks included
  --help   list all commands

The first call installs what the course needs into .venv in this folder (about {installer.SIZE_MB} MB);
the first `test` adds what the tests need (about {installer.DEV_MB} MB more).
"""


class InstallError(CourseError):
    """What kept the environment from being made, in one sentence."""


def main(arguments: list[str]) -> int:
    """Make the environment ready and run `course ARGUMENTS` in it; return the exit code."""
    if arguments in ([], ["-h"], ["--help"]) and not is_ready():
        print(HELP, end="")
        return 0
    try:
        prepare()
        return hand_over(arguments)
    except InstallError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(explain(f"{error} {os.strerror(error.errno or 0)}", str(error)), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130


def hand_over(arguments: list[str]) -> int:
    """Run the course command in the environment; on POSIX this process becomes it."""
    # -P: a file of the learner's folder must not stand in for a module.
    command = [str(PYTHON), "-P", "-m", "course_lib.cli", *arguments]
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    process = subprocess.Popen(command)
    while True:
        # Ctrl-C reaches the command too, which decides what it means.
        with contextlib.suppress(KeyboardInterrupt):
            return process.wait()


def require_dev() -> None:
    """Install what maintainers' commands need, if this Python is the environment's and lacks it.

    Raises `CourseError` where it lacks that in an environment that somebody else made.
    """
    if VENV == RUNS_IN:
        if record().split("\n")[0] != str(ROOT):
            raise CourseError(
                "The environment is unfinished: `python3 course.py progress` mends it."
            )
        prepare(dev=True)
    elif importlib.util.find_spec("nbval") is None:
        raise CourseError(
            "This environment lacks what the maintainers' commands need: "
            "`pip install --group dev` in the course's folder brings it."
        )


def prepare(dev: bool = False) -> None:
    """Bring the environment up to date, unless it is; what `dev` brought once stays."""
    dev = dev or record().endswith("\ndev")
    if is_ready(dev):
        return
    STATE.mkdir(exist_ok=True)
    with only_one():
        if is_ready(dev):
            return
        recorded = record()
        broke_off_or_moved = recorded != "" and recorded.split("\n")[0] != str(ROOT)
        if broke_off_or_moved or not same_version(PYTHON):
            shutil.rmtree(VENV, ignore_errors=True)
        RECORD.write_text(UNFINISHED, encoding="utf-8")
        install(DEV_LOCK if dev else LOCK)
        RECORD.write_text(wanted(dev), encoding="utf-8")


def is_ready(dev: bool = False) -> bool:
    return PYTHON.exists() and record() in (wanted(True), wanted(dev))


def record() -> str:
    """Return what was installed: the folder, a digest and for whom; "" where nothing was yet."""
    try:
        return RECORD.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def wanted(dev: bool) -> str:
    """Return the record of a finished environment for this folder, its dependencies and Python."""
    digest = hashlib.sha256()
    for path in (DEV_LOCK if dev else LOCK, ROOT / "pyproject.toml", VENV / "pyvenv.cfg"):
        digest.update(path.read_bytes())
    # After an upgrade of the system, the same link may lead to another Python.
    digest.update(str(PYTHON.resolve()).encode())
    return f"{ROOT}\n{digest.hexdigest()}\n{'dev' if dev else 'learner'}"


def same_version(python: Path) -> bool:
    """Return whether that Python starts and has the version of this one."""
    test = f"import encodings, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    try:
        return subprocess.run([python, "-c", test], capture_output=True).returncode == 0
    except OSError:
        return False


def install(lock: Path) -> None:
    """Make `.venv` where it is missing, then install a lock's packages and the course itself."""
    LOG.write_bytes(b"")
    python = str(PYTHON)
    # Python compiles what it imports as it goes, and faster than all of it ahead, unless it may not.
    ahead = sys.dont_write_bytecode
    if uv := shutil.which("uv"):
        make = [uv, "venv", "--allow-existing", "--python", sys.executable, str(VENV)]
        pip = [uv, "pip", "install", "--python", python]
        pip += ["--compile-bytecode"] if ahead else []
    else:
        make = [sys.executable, "-m", "venv", str(VENV)]
        pip = [python, "-I", "-m", "pip", "install", "--no-user", "--no-input"]
        pip += ["--progress-bar=off", "--disable-pip-version-check"]
        pip += [] if ahead else ["--no-compile"]
    progress = Progress(lock)
    if not PYTHON.exists():
        run(make, progress)
    elif not uv:
        run([python, "-I", "-m", "ensurepip"], progress)  # uv made it, and left out pip
    run([*pip, "--require-hashes", "-r", str(lock)], progress)
    run(
        [*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
        progress,
        "installing the course",
    )


def run(command: list[str], progress: "Progress", doing: str = "") -> None:
    """Run one step of the installation, its output in the log, its progress on the terminal.

    What it is `doing` is shown instead of what its output says of the packages.
    """
    start = LOG.stat().st_size
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        while process.poll() is None:
            progress.show(doing or installer.describe(new_text(start), installed(), progress.lock))
            time.sleep(0.1)
    finally:
        process.terminate()
        process.wait()
        progress.show("")
    if process.returncode != 0:
        output = new_text(start)
        lines = [line for line in output.splitlines() if line.strip()]
        raise InstallError(explain(output, lines[-1] if lines else f"{command[0]} failed"))


def new_text(start: int) -> str:
    return LOG.read_bytes()[start:].decode(errors="replace")


def explain(output: str, otherwise: str) -> str:
    """Return one sentence on why the installation failed, and where its log is."""
    where = f" (all of the installer's output: {LOG.relative_to(ROOT)})" if LOG.exists() else ""
    return f"{installer.cause(output, otherwise)}{where}."


class Progress:
    """One line that is written over on a terminal; elsewhere, a line every ten seconds."""

    def __init__(self, lock: Path) -> None:
        self.lock = lock
        self.shown = ""
        self.next_line = 0.0

    def show(self, line: str) -> None:
        """Show a line; an empty one clears the terminal's."""
        terminal = sys.stderr.isatty()
        now = time.monotonic()
        if line == self.shown or (not terminal and (not line or now < self.next_line)):
            return
        self.shown, self.next_line = line, now + 10
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r{line[:width]:<{width}}\r" if terminal else f"{line}\n")
        sys.stderr.flush()


def installed() -> int:
    """Return how many packages stand in `.venv`."""
    return sum(
        1 for lib in ("lib/python*", "Lib") for _ in VENV.glob(f"{lib}/site-packages/*.dist-info")
    )


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold the checkout's installation lock; the system lets go of it however this process ends."""
    with (STATE / "environment.lock").open("w") as file:
        said = False
        while not take(file.fileno()):
            if not said:
                print("Another call is making the environment; waiting for it.", file=sys.stderr)
                said = True
            time.sleep(0.2)
        yield


def take(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True
