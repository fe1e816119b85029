"""Around each file of these tests: what is none of their business is afterwards as it was before."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

from course_lib.judge import warm
from tests.hostile import world


@pytest.fixture(autouse=True, scope="module")
def unchanged(tmp_path_factory):
    """A home and a folder for temporary files with something in them; they and the rest stay so."""
    home, temporary = (
        world.settled(tmp_path_factory.mktemp(name)) for name in ("home", "temporary")
    )
    with tempfile.NamedTemporaryFile(dir="/tmp" if os.name == "posix" else None) as canary:
        canary.write(b"anybody's")
        canary.flush()
        os.chmod(canary.name, 0o666)

        def seen():
            return {
                "the checkout": world.checkout(),
                "home": world.files(home),
                "the temporary folder": world.files(temporary),
                "what others have there": Path(canary.name).read_bytes(),
                "processes": world.processes(),
            }

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", str(home))
            patch.setenv("TMPDIR", str(temporary))
            patch.setattr(tempfile, "tempdir", None)
            before = seen()
            yield
            after = seen()
        if os.name == "posix":
            assert world.named() == []
    for what, found in before.items():
        assert after[what] == found, what


@pytest.fixture(scope="session")
def walls():
    """Where there are none, what needs them is left out; in CI there have to be some."""
    lacking = warm.lacking(os.getpid())
    if lacking and (sys.platform != "linux" or os.environ.get("CI") != "true"):
        pytest.skip(lacking)
    assert not lacking
