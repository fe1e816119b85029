"""The `course` command: finds the one that was asked for, and runs it."""

import difflib
import os
import sys

from course_lib import __version__
from course_lib.cli import exporting, instructor, learner, live
from course_lib.cli.command import COMMANDS, GROUPS, Parser, elsewhere
from course_lib.errors import CourseError

COMMANDS.update(elsewhere())


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 failed, 2 asked for something impossible."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ✓ shows ? instead
    try:
        return run(sys.argv[1:] if arguments is None else arguments)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has had enough, like `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def run(arguments: list[str]) -> int:
    """Run the command that the first argument names; raises `CourseError` if it can't."""
    name, *its_own = arguments or ["--help"]
    if name in ("-h", "--help"):
        print(listing())
        return 0
    if name == "--version":
        print(f"course {__version__}")
        return 0
    command = COMMANDS.get(name)
    if command is None:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        meant = f"did you mean `course {near[0]}`?" if near else "`course --help` lists them all."
        raise CourseError(f"There is no command {name!r}: {meant}")
    parser = Parser(prog=f"course {name}", description=command.help, allow_abbrev=False)
    for add_to in command.arguments:
        add_to(parser)
    parse = parser.parse_known_args if command.passes_on else parser.parse_known_intermixed_args
    args, rest = parse(its_own)
    if rest and not command.passes_on:
        parser.error(f"there is no argument {rest[0]!r}")
    args.rest = rest
    if command.dev:
        from launcher import environment

        environment.require_dev()
    return command.run(args)


def listing() -> str:
    """What each command does, in groups."""
    lines = ["usage: course COMMAND", "", "How WebSockets really work: an interactive course."]
    for group in GROUPS:
        lines += ["", f"{group}:"]
        lines += [f"  {name:<13}{it.help}" for name, it in COMMANDS.items() if it.group == group]
    more = "`course COMMAND --help` says more about one, `course --version` which version this is."
    return "\n".join([*lines, "", more])
