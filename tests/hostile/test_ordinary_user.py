"""All of these tests, which run as root where the others do, as an ordinary user besides."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile

import pytest

from course_lib.paths import ROOT

SEEN = "/mnt"
"""Where an ordinary user finds the checkout and the packages: a folder above them may be root's own."""

ORDINARY = [
    *("bwrap", "--cap-add", "ALL", "--dev-bind", "/", "/", "--tmpfs", SEEN),
    *("--ro-bind", str(ROOT), f"{SEEN}/course"),
    *("--ro-bind", sysconfig.get_path("purelib"), f"{SEEN}/packages", "--"),
    *("setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups"),
]


@pytest.mark.usefixtures("walls")
@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="they run as an ordinary user")
def test_all_of_it_holds_for_an_ordinary_user():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        shutil.chown(folder, 54321, 54321)
        environment = {"HOME": folder, "PATH": os.environ["PATH"], "CI": "true"}
        environment["PYTHONPATH"] = f"{SEEN}/course{os.pathsep}{SEEN}/packages"
        python = ordinary_python(environment)
        if python is None:
            assert os.environ.get("CI") != "true", "no Python that an ordinary user may start"
            pytest.skip("no Python here that an ordinary user may start")
        command = [python, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:nbval"]
        command += ["-n", "0", f"--basetemp={folder}/tmp", f"--rootdir={SEEN}/course"]
        command += [f"{SEEN}/course/tests/hostile"]
        options = {"env": environment, "cwd": "/", "capture_output": True, "text": True}
        run = subprocess.run([*ORDINARY, *command], **options, check=False)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]


def ordinary_python(environment):
    """A Python that every user may start, and that has these packages."""
    version = f"python3.{sys.version_info.minor}"
    program = '"$0" -c "import course_lib, pytest, websockets"'
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        tried = [*ORDINARY, "sh", "-c", program, candidate]
        if not subprocess.run(
            tried, env=environment, cwd="/", capture_output=True, check=False
        ).returncode:
            return candidate
    return None
