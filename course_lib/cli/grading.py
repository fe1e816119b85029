"""What a command line says of a batch."""

import argparse
import functools
import os
import sys

from course_lib.errors import CourseError
from course_lib.judge import warm
from course_lib.marks import executors, judging
from course_lib.marks.batch import Batch
from course_lib.marks.policy import Policy
from course_lib.marks.roster import Roster, moment


def mind_walls(required: bool, cluster: str | None) -> None:
    """Say what is not enforced here; raise `CourseError` where that is more than is required."""
    if cluster:
        if required:
            raise CourseError(
                "--require-isolation holds for this machine only: give the workers of a cluster "
                f"{warm.REQUIRED}=1 in their environment instead."
            )
        return
    if required:
        os.environ[warm.REQUIRED] = "1"  # for the processes that judge
    if lacks := warm.lacking(os.getpid()):
        if required:
            raise CourseError(f"Nothing was graded: --require-isolation needs walls, and {lacks}.")
        print(
            f"There are no walls around answers, since {lacks}. They run with your rights: they can "
            "read and change your files, use the network and leave processes behind.",
            file=sys.stderr,
        )


def batch_of(args: argparse.Namespace) -> Batch:
    """The batch that `course grade` was asked for; raises `CourseError`."""
    jobs = (os.cpu_count() or 1) if args.jobs is None else args.jobs
    if jobs < 1 or not args.timeout > 0:  # it may be NaN
        raise CourseError("--jobs and --timeout have to be positive.")
    if not 0 <= args.late_penalty <= 100:
        raise CourseError("--late-penalty is a percentage, from 0 to 100.")
    deadline = moment(args.deadline or "")
    if args.deadline and (not deadline or ":" not in args.deadline):  # a day begins at midnight
        raise CourseError(f"{args.deadline!r} is no time like 2026-11-22T18:00+01:00.")
    if args.late_penalty and not deadline:
        raise CourseError("--late-penalty needs a --deadline.")
    if args.tests:
        judging.check_private(args.tests)
    return Batch(
        args.out,
        functools.partial(executors.cluster, args.cluster)
        if args.cluster
        else functools.partial(executors.local, jobs),
        (args.jobs or 64) if args.cluster else executors.window(jobs),
        Roster.read(args.roster) if args.roster else Roster(),
        Policy(deadline, args.late_penalty),
        str(args.tests.resolve()) if args.tests else "",
        args.timeout,
        args.seed,
        tuple(args.accept),
    )
