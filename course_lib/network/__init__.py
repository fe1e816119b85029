"""An imperfect link between a client and a server, that counts what passes.

`Link` stands between two programs that talk over TCP and treats their bytes as a real line
would: late, unevenly, at a limited rate, or not at all. `PROFILES` names some lines that
everyone knows.
"""

from course_lib.network.deaf import Resending, deafen, resending
from course_lib.network.link import Counts, Link
from course_lib.network.pipe import Direction, Transfer
from course_lib.network.profiles import PROFILES, Profile, profile_named
