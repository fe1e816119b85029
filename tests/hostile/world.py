"""What hostile code has no business with, as it can be compared before and after: files, processes."""

import contextlib
import hashlib
import os
import stat
import sys
import sysconfig
from pathlib import Path

import psutil

from course_lib.paths import ROOT

MARK = f"evil{os.getpid()}"
"""What hostile code of these tests calls its processes, so that they are found on a whole machine.

A process is called by no more than 15 characters.
"""

BRAND = f"""
import ctypes, os
os.environ["MARK"] = "{MARK}"  # for what it executes
ctypes.CDLL(None).prctl(15, b"{MARK}", 0, 0, 0)  # PR_SET_NAME, for what it forks
"""
"""Marks the process in which it runs, and all that come of it."""

if sys.platform != "linux":
    BRAND = ""

CACHES = {
    "__pycache__", ".course", ".git", ".hypothesis", ".import_linter_cache", ".ipynb_checkpoints",
    ".mypy_cache", ".pytest_cache", ".ruff_cache", "desk", "submissions",
}  # fmt: skip
"""Folders of the checkout in which tests that run beside these may write; all else is compared."""


def files(folder: Path, but: frozenset[str] | set[str] = frozenset()) -> dict[str, str]:
    """All that is below a folder, by its path: its kind and rights, and a hash of what it holds."""
    found = {}
    for top, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in but and not name.startswith(".venv")]
        for path in (Path(top, name) for name in (*folders, *names)):
            with contextlib.suppress(FileNotFoundError):
                found[str(path.relative_to(folder))] = _look(path)
    return found


def _look(path: Path) -> str:
    mode = path.lstat().st_mode
    what = ""
    if stat.S_ISLNK(mode):
        what = os.readlink(path)
    elif stat.S_ISREG(mode):
        what = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{mode:o} {what}"


def checkout() -> dict[str, str]:
    """The whole checkout, git's hooks and settings, and what Python runs when it starts."""
    packages = Path(sysconfig.get_path("purelib"))
    besides = [ROOT / ".git", ROOT / ".git" / "config", *ROOT.glob(".git/hooks/*")]
    besides += [each for each in packages.iterdir() if each.name != "__pycache__"]
    return files(ROOT, CACHES) | {str(each): _look(each) for each in besides if each.exists()}


def settled(folder: Path) -> Path:
    """A folder of a person or a machine, with something in it."""
    (folder / ".ssh").mkdir(parents=True, exist_ok=True)
    (folder / ".ssh" / "id_ed25519").write_text("a secret")
    (folder / ".bashrc").write_text("alias ll='ls -l'\n")
    (folder / "notes.txt").write_text("for tomorrow")
    (folder / "notes.txt").chmod(0o666)
    return folder


def processes(mark: str = MARK) -> list[psutil.Process]:
    """Everything that runs on this machine and bears a mark."""
    found = []
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if each.status() != psutil.STATUS_ZOMBIE and mark in _described(each):
                found.append(each)
    return found


def _described(process: psutil.Process) -> str:
    described = f"{process.name()} {process.cmdline()}"
    with contextlib.suppress(psutil.AccessDenied):
        described += str(process.environ())
    return described


def named(mark: str = MARK) -> list[str]:
    """What bears a mark in the folder for temporary files that all programs share."""
    return sorted(name for name in os.listdir("/tmp") if mark in name)
