"""``%%answer`` in kernels that nobody has loaded it into, e.g. after a restart."""

import json
from pathlib import Path

from course_lib.files import write_text

MAGICS = ("answer", "hint", "points")


def install_startup(ipython_dir: Path) -> None:
    """Let every kernel with these settings of IPython load the course's magics when one is used.

    It costs a kernel nothing at its start. Writes ``profile_default/ipython_config.json``; raises
    `CourseError` where the system refuses.
    """
    lazy = dict.fromkeys(MAGICS, "course_lib.notebook")
    config = {"MagicsManager": {"lazy_magics": lazy}}
    write_text(ipython_dir / "profile_default" / "ipython_config.json", json.dumps(config))
