"""What the comparison before and after would see."""

import os
import subprocess
import sys
import sysconfig

import psutil
import pytest

from tests.hostile import world

CHANGES = {
    "a new file": lambda home: (home / "new").write_text(""),
    "a new folder": lambda home: (home / "new").mkdir(),
    "a changed file of the same size": lambda home: (home / ".ssh/id_ed25519").write_text(
        "A secret"
    ),
    "a missing file": lambda home: (home / "notes.txt").unlink(),
    "other rights": lambda home: (home / ".ssh").chmod(0o777),
    "a link in its place": lambda home: os.replace(home / "link", home / "notes.txt"),
    "a link that leads elsewhere": lambda home: os.replace(home / "link", home / "other"),
}


@pytest.mark.skipif(os.name != "posix", reason="rights and links are POSIX's here")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_in_a_folder_is_seen(change, tmp_path):
    home = world.settled(tmp_path / "home")
    (home / "other").symlink_to("/etc")
    before = world.files(home)
    (home / "link").symlink_to("notes.txt")
    change(home)
    (home / "link").unlink(missing_ok=True)
    assert world.files(home) != before


def test_all_of_the_checkout_is_compared():
    seen = world.checkout()
    for path in ("course.py", "solutions/02_handshake.ipynb", "docs/instructor.md", ".ci/run"):
        assert seen[path].startswith("1")
    assert not any(path.startswith((".venv/", ".git/")) for path in seen)
    assert any(path.startswith(sysconfig.get_path("purelib")) for path in seen)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are marked on Linux")
@pytest.mark.parametrize("way", ["fork", "execute"])
def test_a_marked_process_is_found_whatever_it_calls_itself_or_is_a_child_of(way):
    mark = f"{world.MARK}w"
    run = {
        "fork": "time.sleep(300)",
        "execute": f"os.execve(sys.executable, ['x', '-c', '{'import time; time.sleep(300)'}'], os.environ)",
    }
    source = world.BRAND.replace(world.MARK, mark) + (
        "\nimport sys, time\nif not os.fork():\n    os.setsid()\n    if not os.fork():\n"
        f"        os.write(1, b'there')\n        os.closerange(0, 3)\n        {run[way]}\n    os._exit(0)\n"
    )
    started = [sys.executable, "-c", source]
    assert subprocess.run(started, capture_output=True, check=True).stdout == b"there"
    found = world.processes(mark)
    try:
        assert len(found) == 1
    finally:
        for each in found:
            each.kill()
        psutil.wait_procs(found)
    assert world.processes(mark) == []
