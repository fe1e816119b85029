"""The `course` command.

Each command is a module with `HELP` (one line), `add_arguments(parser)` and `run(args) -> int`.
Only the one that was called is imported; what it needs to work it imports in `run`, so that
listing the commands stays quick. A command with `PASSES_ON = True` finds the arguments that it
does not know in `args.rest`, in order.
"""

import argparse
import importlib
import sys
from types import ModuleType

from course_lib.errors import CourseError

GROUPS = {
    "for learners": ("lab", "progress", "check", "hint", "reset", "submit"),
    "for instructors": ("demo", "measure", "soak", "grade"),
    "for maintainers": ("test", "mutants", "build", "run", "bench", "lock"),
}
COMMANDS = {name: f"course_lib.cli.{name}" for names in GROUPS.values() for name in names}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 failed, 2 asked for something impossible."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ✓ shows ? instead
    parser = argparse.ArgumentParser(
        prog="course",
        description="How WebSockets really work: an interactive course.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    names = [name for name in COMMANDS if name == arguments[0]] if arguments else []
    modules = {name: importlib.import_module(COMMANDS[name]) for name in names or COMMANDS}
    for name, module in modules.items():
        command = commands.add_parser(name, description=module.HELP, allow_abbrev=False)
        if names:  # of a mere list nobody reads the arguments
            module.add_arguments(command)
    parser.epilog = listing(modules)
    if not arguments:
        parser.print_help()
        return 0
    args, rest = parser.parse_known_args(arguments)
    args.rest = rest
    module = modules[args.command]
    if rest and not getattr(module, "PASSES_ON", False):
        parser.error(f"{args.command} takes no {rest[0]!r}; see `course {args.command} --help`")
    try:
        return module.run(args)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def listing(modules: dict[str, ModuleType]) -> str:
    """What each command does, in groups."""
    lines = []
    for group, names in GROUPS.items():
        lines += ["", f"{group}:"]
        lines += [f"  {name:<10}{modules[name].HELP}" for name in names if name in modules]
    return "\n".join(lines[1:])
