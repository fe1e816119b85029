"""What holds for every pytest run in this folder, also for `pytest --nbval notebooks/…`."""

import os
import tempfile
from pathlib import Path

import pytest

from course_lib.grading.judge import STORED_SEED

SANITIZE = Path(__file__).parent / "tests" / "notebooks" / "sanitize.cfg"


def pytest_configure(config: pytest.Config) -> None:
    # Kernels that tests start must not meet the progress or the settings of whoever runs them.
    # The workers of a parallel run share the folder of the process that started them.
    if not hasattr(config, "workerinput"):
        state = tempfile.TemporaryDirectory(prefix="course-test-")
        config.add_cleanup(state.cleanup)
        os.environ["COURSE_STATE"] = state.name
        os.environ["IPYTHONDIR"] = str(Path(state.name) / "ipython")

    # Here and not in addopts, which would break every run without the nbval plugin.
    if getattr(config.option, "nbval", False):
        os.environ.update(STORED_SEED)
        config.option.nbval_current_env = True
        config.option.nbval_cell_timeout = 120
        config.option.nbval_sanitize_with = config.option.nbval_sanitize_with or str(SANITIZE)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For `--dist loadgroup`: the tests of a file stay together, for what they share.

    The answers to the exercises share nothing, and there are hundreds of them.
    """
    for item in items:
        if item.path.name != "test_answers.py":
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
