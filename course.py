"""The course in one command, from a fresh checkout: python3 course.py lab

Any Python may start this file, so it keeps to the syntax that all of them read. It finds one
that the course runs on and hands over to launcher/environment.py, which does the work.
"""

import subprocess
import sys

OLDEST = (3, 11)
NEWEST = (3, 13)


def suits(version):
    return OLDEST <= tuple(version[:2]) <= NEWEST


def another_python():
    """Return the name of a suitable Python on PATH, or None."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = "python3.%d" % minor
        try:
            # A name on PATH may be a shim for a version that is not there: start it to know.
            subprocess.check_output([name, "-c", ""], stderr=subprocess.STDOUT)
        except (OSError, subprocess.CalledProcessError):
            continue
        return name
    return None


def main():
    if suits(sys.version_info):
        from launcher import environment

        return environment.main(sys.argv[1:])
    name = another_python()
    if name is None:
        sys.stderr.write(
            "The course needs Python 3.11, 3.12 or 3.13, and this is Python %d.%d: "
            "install one of those and run the same command with it.\n" % tuple(sys.version_info[:2])
        )
        return 2
    try:
        return subprocess.call([name] + sys.argv)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
