"""Where Chromium is on this machine."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

NAMES = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
]
MACOS = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]
WINDOWS = [r"Google\Chrome\Application\chrome.exe", r"Chromium\Application\chrome.exe"]
WINDOWS_FOLDERS = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"]


def find_chromium(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the path of Chromium or a browser built on it, or None.

    COURSE_CHROMIUM names one; otherwise PATH and the usual places are looked through.
    """
    if named := environment.get("COURSE_CHROMIUM"):
        return shutil.which(named)
    on_path = (shutil.which(name, path=environment.get("PATH")) for name in NAMES)
    folders = [Path(environment[name]) for name in WINDOWS_FOLDERS if name in environment]
    installed = [Path(path) for path in MACOS] + [f / path for f in folders for path in WINDOWS]
    there = (str(path) for path in installed if path.is_file())
    return next(filter(None, on_path), None) or next(there, None)
