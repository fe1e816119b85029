"""JupyterLab on the desk, with settings of its own."""

import os
import shutil
import sys
from pathlib import Path

from course_lib.desk.copies import jupyter_data
from course_lib.exercises.progress import publish, static
from course_lib.files import write_text
from course_lib.paths import desk, state

SETTINGS = Path(__file__).with_name("settings")
"""Files of settings as they stand in the folder of what one learner's work leaves behind.

JupyterLab asks at its first start whether it may show news, whatever `news_url` is: it has no news here.
Each kernel warns that its sockets, on loopback, are not encrypted: it need not. And it loads the course's
magics when one is used, which costs it nothing at its start.
"""


def settle(folder: Path) -> None:
    """Write the settings into a folder; raises `CourseError` where the system refuses."""
    for file in SETTINGS.rglob("*.json"):
        write_text(folder / file.relative_to(SETTINGS), file.read_text("utf-8"))


def settle_in() -> None:
    """Give the Jupyter and IPython of this process folders of their own.

    The learner's settings stay out of the course, and the course out of them. JupyterLab's terminals
    find the `course` command.
    """
    own = state()
    os.environ["JUPYTER_CONFIG_DIR"] = str(own / "jupyter")
    os.environ["JUPYTER_DATA_DIR"] = str(jupyter_data())
    os.environ["JUPYTER_RUNTIME_DIR"] = str(own / "jupyter" / "runtime")
    os.environ["IPYTHONDIR"] = str(own / "ipython")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    settle(own)
    publish()


def start(page: str, arguments: list[str]) -> None:
    """Serve JupyterLab until it is ended, opened at a notebook of the desk.

    `arguments` are JupyterLab's own, as they would stand on its command line.
    """
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(
        [
            f"--ServerApp.root_dir={desk()}",
            f"--LabApp.default_url=/lab/tree/{page}",
            "--Application.log_level=ERROR",  # what is left is the address, and what went wrong
            "--ServerApp.allow_root=True",  # in a container, the learner is root
            "--ServerApp.answer_yes=True",  # Ctrl-C means it
            f"--ServerApp.extra_static_paths={[str(static())]}",
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            *_terminals(),
            *arguments,
        ]
    )


def _terminals() -> list[str]:
    """Keep JupyterLab's terminals from a login shell, which would no longer find `course`.

    It starts one where it has no terminal itself.
    """
    shell = os.environ.get("SHELL") or shutil.which("sh")
    if os.name == "nt" or shell is None:
        return []
    return [f"--ServerApp.terminado_settings={{'shell_command': [{shell!r}]}}"]
