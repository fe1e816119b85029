"""What holds for every pytest run in this folder, also for `pytest --nbval notebooks/…`."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from course_lib.exercises.seeds import STORED_SEED

_STATE = pytest.StashKey[Path]()
SANITIZE = Path(__file__).parent / "tests" / "notebooks" / "sanitize.cfg"


def pytest_configure(config: pytest.Config) -> None:
    # Started in the background by a shell without job control, Ctrl-C is ignored, and so it would
    # be by every program that a test starts in order to interrupt it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    # Kernels that tests start must not meet the progress or the settings of whoever runs them.
    # The workers of a parallel run share the folder of the process that started them.
    if not hasattr(config, "workerinput"):
        state = tempfile.TemporaryDirectory(prefix="course-test-")
        config.add_cleanup(state.cleanup)
        os.environ["COURSE_STATE"] = state.name
        os.environ["COURSE_DESK"] = str(Path(state.name) / "desk")
        os.environ["IPYTHONDIR"] = str(Path(state.name) / "ipython")

    config.stash[_STATE] = Path(os.environ["COURSE_STATE"])

    # Here and not in addopts, which would break every run without the nbval plugin.
    if getattr(config.option, "nbval", False):
        _kernels_in_files(config.stash[_STATE])
        os.environ.update(STORED_SEED)
        config.option.nbval_current_env = True
        config.option.nbval_cell_timeout = 120
        config.option.nbval_sanitize_with = config.option.nbval_sanitize_with or str(SANITIZE)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let each notebook begin without progress: others may run at the same time."""
    if getattr(item.config.option, "nbval", False):
        own = item.config.stash[_STATE] / item.path.stem
        own.mkdir(exist_ok=True)
        os.environ["COURSE_STATE"] = str(own)


def _kernels_in_files(place: Path) -> None:
    """Let nbval reach its kernels over sockets in the file system, where there are such.

    Over TCP a kernel is told of ports that were free a moment before; a lesson that opens hundreds
    of connections beside it may have one of them by then, and the kernel ends before it has begun.
    """
    if os.name != "posix":
        return
    from jupyter_client.manager import KernelManager
    from nbval import kernel

    def start(**options: object) -> KernelManager:
        folder = tempfile.mkdtemp(prefix="kernel-", dir=place)
        return KernelManager(transport="ipc", ip=f"{folder}/socket", **options)

    kernel.KernelManager = start
