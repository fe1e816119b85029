"""How a cell's script reaches the servers of its kernel, also from another machine."""

from pathlib import Path

from course_lib.notebook.display import as_script
from course_lib.notebook.waiting import has_front_end

_REACH = Path(__file__).with_name("reach.js").read_text(encoding="utf-8")


def script_call(live: str, options: object) -> str:
    """JavaScript that calls the function `live` with its own script element and `options`.

    Where a front end is attached, addresses of this machine's servers in `options` become those at which
    the reader's browser finds them; if there is no way, a sentence says so.
    """
    if has_front_end():
        return f"({_REACH})(document.currentScript, {live}, {as_script(options)})"
    return f"({live})(document.currentScript, {as_script(options)})"
