"""What a command is: a function, and with it its help and its arguments."""

import argparse
import importlib
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from course_lib.errors import CourseError

LEARNERS, BOTH, INSTRUCTORS, _ = GROUPS = (
    "for learners", "for learners and instructors", "for instructors", "for maintainers",
)  # fmt: skip

AddsArguments = Callable[[argparse.ArgumentParser], object]
Run = Callable[[argparse.Namespace], int]


@dataclass(frozen=True)
class Command:
    """One command of `course`.

    Attributes:
        group: whom it is for, one of `GROUPS`.
        help: what it does, in one line.
        arguments: what adds its arguments to a parser, in order.
        passes_on: whether arguments that it does not know go to it in `args.rest`, in order.
        dev: whether it needs the packages of the group `dev`.
        run: does the work; returns the exit code, 0 for done and 1 for failed.
    """

    group: str
    help: str
    arguments: tuple[AddsArguments, ...]
    passes_on: bool
    dev: bool
    run: Run


COMMANDS: dict[str, Command] = {}


def command(
    group: str, help: str, *arguments: AddsArguments, passes_on: bool = False
) -> Callable[[Run], Run]:
    """Decorate the function that does a command's work; the command has the function's name,
    with - for _.

    What the work needs is imported inside the function, so that listing the commands stays quick.
    """

    def register(run: Run) -> Run:
        name = run.__name__.replace("_", "-")
        COMMANDS[name] = Command(group, help, arguments, passes_on, False, run)
        return run

    return register


def elsewhere() -> dict[str, Command]:
    """The commands of `elsewhere.toml`, by name."""
    table = tomllib.loads(Path(__file__).with_name("elsewhere.toml").read_text("utf-8"))
    return {name: _elsewhere(**entry) for name, entry in table.items()}


def _elsewhere(
    module: str, group: str, help: str, passes_on: bool = False, dev: bool = False
) -> Command:
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        importlib.import_module(module).add_arguments(parser)

    def run(args: argparse.Namespace) -> int:
        return importlib.import_module(module).run(args)

    return Command(group, help, (add_arguments,), passes_on, dev, run)


def argument(*names: str, **settings: Any) -> AddsArguments:  # noqa: ANN401 - as argparse takes them
    """What adds one argument to a parser; see `ArgumentParser.add_argument`."""
    return lambda parser: parser.add_argument(*names, **settings)


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one sentence, like any other error of the course."""

    def error(self, message: str) -> NoReturn:
        """Raise `CourseError` for arguments that do not fit."""
        for kind, words in (("int", "a whole number"), ("float", "a number")):
            message = re.sub(f": invalid {kind} value: ", f" takes {words}, not ", message)
        raise CourseError(f"{message[0].upper()}{message[1:]}; see `{self.prog} --help`.")
