"""What pip and uv print, as a person reads it: how far they are, and why they failed.

Runs before anything is installed, so it imports the standard library only.
"""

import re
from pathlib import Path

SIZE_MB = 450
DEV_MB = 400

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


def cause(output: str, otherwise: str) -> str:
    """Return why the installation failed and what to do, from what the installer printed.

    Where it printed nothing that is known here, `otherwise` is given as the reason.
    """
    for pattern, sentence in CAUSES:
        if re.search(pattern, output):
            return f"{sentence} and run the same command again"
    return f"The environment could not be made: {otherwise.strip()}"


def describe(output: str, done: int, lock: Path) -> str:
    """Return how far the installation is, from what pip or uv printed and how many packages are `done`."""
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
