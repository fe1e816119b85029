"""The environment of a checkout: made, kept up to date, and handed over to.

Runs before anything is installed, so it imports the standard library only.

`.venv`, or the folder that COURSE_VENV names, holds the environment: what a learner needs, and on
top of it, once a maintainer's command was called, what those need. `.course/environment` records what was installed into it, and for which
folder; it says "unfinished" while an installation runs, so that one that broke off is begun anew by
the next call.
"""

import contextlib
import errno
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from course_lib.errors import CourseError

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / os.environ.pop("COURSE_VENV", ".venv")  # `course test --python` has others beside it
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
STATE = ROOT / ".course"
RECORD = STATE / f"environment{VENV.name.removeprefix('.venv')}"
LOG = STATE / "install.log"

UNFINISHED = "unfinished"
SIZE_MB = 450
DEV_MB = 280

HELP = f"""usage: python3 course.py COMMAND

  lab      open the course in JupyterLab
  test     run every test, notebooks included
  --help   list all commands

The first call installs what the course needs into .venv in this folder (about {SIZE_MB} MB);
the first `test` adds what the tests need (about {DEV_MB} MB more).
"""

CAUSES = [
    (
        r"No space left on device|os error 28|WinError 112|os error 112|[Dd]isk quota exceeded",
        f"The disk is full: the environment takes about {SIZE_MB} MB; free some space",
    ),
    (
        r"ensurepip is not|No module named '?(venv|ensurepip)",
        "This Python comes without its venv module: on Debian and Ubuntu, "
        "`sudo apt install python3-venv` brings it; install it",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate",
        "The package index showed a certificate that this machine does not trust: "
        "see to its certificates, or to the proxy in between,",
    ),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError"
        r"|Temporary failure in name resolution|Network is unreachable|dns error"
        r"|tcp connect error|operation timed out|error sending request",
        "The package index cannot be reached: connect to the network",
    ),
    (
        r"DO NOT MATCH THE HASHES|[Hh]ash mismatch",
        "A downloaded package is not the one that the lock names, so it was not "
        "installed: look at the index that pip or uv is set to use",
    ),
    (
        r"No matching distribution found|no version of|has no wheels with a matching",
        "The package index lacks a package that the lock names for this Python and "
        "system: look at the index that pip or uv is set to use",
    ),
    (
        r"Read-only file system|Permission denied|os error (13|30)\b|Access is denied|WinError 5\b",
        "The folder of the course cannot be written to: make it writable, or copy it elsewhere",
    ),
]


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
    if Path(sys.prefix).resolve() == VENV.resolve():
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
            progress.show(doing or describe(new_text(start), installed(), progress.lock))
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
    """Return one sentence on why the installation failed, from what the installer printed."""
    where = f" (all of the installer's output: {LOG.relative_to(ROOT)})" if LOG.exists() else ""
    for pattern, sentence in CAUSES:
        if re.search(pattern, output):
            return f"{sentence} and run the same command again{where}."
    return f"The environment could not be made: {otherwise.strip()}{where}."


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


def describe(output: str, done: int, lock: Path) -> str:
    """Return how far the installation is, from what pip or uv printed and what stands in `.venv`."""
    resolved_by_uv = re.search(r"Resolved (\d+) packages", output)
    pinned = len(re.findall(r"(?m)^[a-z0-9]\S*==", lock.read_text(encoding="utf-8")))
    total = int(resolved_by_uv[1]) if resolved_by_uv else pinned - output.count("\nIgnoring ")
    named = re.findall(r"(?m)^(?:Collecting|Processing| ?Download(?:ing|ed)) (\S+)", output)
    if "Installing collected" in output or (resolved_by_uv and done):
        return f"installing {min(done, total)} of {total}"
    if not named:
        return "preparing the environment in .venv"
    name = re.split(r"==|-\d", re.split(r"[/\\]", named[-1])[-1])[0]
    # uv names the large packages only, so their number says nothing.
    return (
        f"downloading {name}" if resolved_by_uv else f"downloading {len(named)} of {total}: {name}"
    )


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
