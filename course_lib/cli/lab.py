"""`course lab`: JupyterLab, opened at the first lesson."""

import argparse
import os
import sys
from pathlib import Path

HELP = "open the course in JupyterLab; further arguments go to JupyterLab"
PASSES_ON = True

ROOT = Path(__file__).resolve().parents[2]
START = "notebooks/00_start_here.ipynb"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """JupyterLab's own arguments are passed on as they are."""


def run(args: argparse.Namespace) -> int:
    # The learner's own Jupyter and IPython settings stay out of the course, and the course
    # out of them.
    own = ROOT / ".course"
    os.environ["JUPYTER_CONFIG_DIR"] = str(own / "jupyter")
    os.environ["JUPYTER_DATA_DIR"] = str(own / "jupyter" / "data")
    os.environ["JUPYTER_RUNTIME_DIR"] = str(own / "jupyter" / "runtime")
    os.environ["IPYTHONDIR"] = str(own / "ipython")
    # `course` is a command in JupyterLab's terminals, too.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    from jupyterlab.labapp import LabApp

    print("Starting JupyterLab; Ctrl-C here ends it.", file=sys.stderr)
    LabApp.launch_instance(
        [
            f"--ServerApp.root_dir={ROOT}",
            f"--LabApp.default_url=/lab/tree/{START}",
            "--Application.log_level=WARN",  # what is left is the address, and what went wrong
            "--ServerApp.allow_root=True",  # in a container, the learner is root
            "--ServerApp.answer_yes=True",  # Ctrl-C means it
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            *args.rest,
        ]
    )
    return 0
