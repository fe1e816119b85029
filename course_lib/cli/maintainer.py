"""The commands that hold the course together, each beside what it proves, measures or pins."""

from course_lib.cli.command import command_in

MAINTAINERS = "for maintainers"

command_in(
    "tests.suite",
    "test",
    MAINTAINERS,
    "run every test, notebooks included; further arguments go to pytest",
    passes_on=True,
    dev=True,
)
command_in(
    "tests.coverage_by_room",
    "coverage",
    MAINTAINERS,
    "show which branches the tests reach, in child processes, too; arguments as for `test`",
    passes_on=True,
    dev=True,
)
command_in(
    "tests.graded.mutants",
    "mutants",
    MAINTAINERS,
    "make the small faults of every solution, and show those that no test notices",
    dev=True,
)
command_in("tests.notebooks.build", "build", MAINTAINERS, "make the exercises from the solutions")
command_in(
    "tests.notebooks.execute",
    "run",
    MAINTAINERS,
    "execute notebooks from a fresh kernel and save them with their outputs",
)
command_in(
    "docs.site.build",
    "site",
    MAINTAINERS,
    "build the lessons, exercises and guides as pages to be read in a browser",
    dev=True,
)
command_in(
    "benchmarks.bench",
    "bench",
    MAINTAINERS,
    "measure the course's own code beside other libraries",
    passes_on=True,
    dev=True,
)
command_in(
    "launcher.lock",
    "lock",
    MAINTAINERS,
    "pin the dependencies of pyproject.toml in the two locks (needs uv)",
)
