"""What holds for every pytest run in this folder, also for `pytest --nbval notebooks/…`."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from course_lib.exercises.seeds import STORED_SEED

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

    # Here and not in addopts, which would break every run without the nbval plugin.
    if getattr(config.option, "nbval", False):
        os.environ.update(STORED_SEED)
        config.option.nbval_current_env = True
        config.option.nbval_cell_timeout = 120
        config.option.nbval_sanitize_with = config.option.nbval_sanitize_with or str(SANITIZE)
