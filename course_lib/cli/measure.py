"""`course measure`: the four transports over a link, measured."""

import argparse

HELP = "measure latency, requests and bytes of the four transports over a link"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from course_lib.measure import command

    command.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from course_lib.measure import command

    return command.run(args)
