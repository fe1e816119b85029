"""A class with hostile submissions in it, graded as an instructor does it: nothing outside changes.

Each attack is aimed at places that it is told of: a copy of the checkout, a home, a folder for
temporary files, the inbox, and the folder of the results. So the same attacks can be let loose without
walls, too, which shows that the comparison sees what they do.
"""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.grade import differences
from benchmarks.grade_class import Planned, make_class
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise
from course_lib.marks.gradebook import FILE
from course_lib.marks.submission import Submission
from course_lib.paths import ROOT
from tests.hostile import world

pytestmark = pytest.mark.usefixtures("walls")

MARK = f"{world.MARK}c"
"""Of this file's own processes."""

THERE = exercise("00")
QUESTION = THERE.questions[0]
PYC = "__pycache__"

HELP = (
    world.BRAND.replace(world.MARK, MARK)
    + """
import atexit, glob, signal, sqlite3, subprocess, sys, threading, time

def tried(what, *arguments, **more):
    try: return what(*arguments, **more)
    except BaseException as error: return type(error).__name__

def add(path):
    def write():
        with open(path, "a") as file: file.write(SIGN)
    tried(write)

def rewrite_marks():
    for path in glob.glob(OUT + "/*.csv") + glob.glob(OUT + "/feedback/*"): add(path)
    def of_all():
        with sqlite3.connect(OUT + "/gradebook.sqlite") as book: book.execute("UPDATE verdict SET points = 0")
    tried(of_all)
    add(OUT + "/" + NAME)

def orphan(act):
    reads, writes = os.pipe()
    if not os.fork():
        os.setsid()
        if not os.fork():
            for number in range(1, 32): tried(signal.signal, number, signal.SIG_IGN)
            os.write(writes, b"armed")
            os.closerange(0, 256)
            tried(act)
            os._exit(0)
        os._exit(0)
    os.close(writes)
    print("it is", os.read(reads, 5).decode())

def over(): return os.path.exists(END)

def graders():
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        text = tried(lambda: open(path, "rb").read())
        if isinstance(text, bytes) and b"grade" in text and OUT.encode() in text: found.append(path)
    return found
"""
)
"""What the attacks are written with. `SIGN` is what they write, and who."""

THREADS = "rewrites the marks from threads"
"""These end with their process, walls or not."""

ATTACKS = {
    "changes the course": """
for path in glob.glob(COURSE + "/solutions/*.py") + [COURSE + "/course_lib/judge/judge.py"]: add(path)
add(COURSE + "/.git/hooks/pre-commit")
add(COURSE + "/new.py")
""",
    "changes home": """
add(HOME + "/.bashrc")
add(HOME + "/.ssh/authorized_keys")
tried(os.remove, HOME + "/notes.txt")
""",
    "changes temporary files": """
add(TEMPORARY + "/notes.txt")
add(TEMPORARY + "/" + NAME)
add("/tmp/" + MARK)
""",
    "changes what others handed in": "for path in glob.glob(INBOX + '/*'): add(path)",
    "leaves a program behind": """
program = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(300)"]
orphan(lambda: os.execve(program[0], program, {"MARK": MARK}))
""",
    "waits for the end and rewrites the marks": """
def act():
    while not over(): time.sleep(0.02)
    rewrite_marks()
orphan(act)
""",
    "watches the marks and rewrites them whenever they change": """
def act():
    seen = None
    while not over():
        now = tried(lambda: os.stat(OUT + "/grades.csv").st_ino)
        if now != seen: rewrite_marks()
        seen = now
        time.sleep(0.02)
    rewrite_marks()
orphan(act)
""",
    "waits until nobody grades and rewrites the marks": """
def act():
    while graders(): time.sleep(0.1)
    if len(glob.glob("/proc/[0-9]*")) < 3:  # it can't see who grades
        while not over(): time.sleep(0.1)
    rewrite_marks()
orphan(act)
""",
    THREADS: """
def act():
    while not over(): time.sleep(0.02)
    rewrite_marks()
for _ in range(3): threading.Thread(target=act).start()
atexit.register(rewrite_marks)
signal.signal(signal.SIGTERM, lambda *_: rewrite_marks())
""",
}
"""What they do, by its name; each is the beginning of an answer."""

ARMED = ("leaves", "waits", "watches")
"""Those that leave something behind; it says so before the answer is judged."""


class World:
    """A machine of its own in a folder, as far as files make one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.course, self.out, self.end = folder / "course", folder / "out", folder / "end"
        self.inbox, self.home = folder / "inbox", world.settled(folder / "home")
        self.temporary = world.settled(folder / "temporary")
        (folder / "no programs").mkdir()
        shutil.copytree(
            ROOT, self.course, ignore=shutil.ignore_patterns(".venv*", *world.CACHES - {PYC})
        )
        (self.course / ".git" / "hooks").mkdir(parents=True)
        self.planned = make_class(self.inbox, 8, THERE.name)
        self.honest = [each.file for each in self.planned]

    def join(self, attacks: dict[str, str]) -> None:
        """Let one hand in each of the attacks; it costs the question that it stands in for."""
        right = cells.answers(cells.read(THERE.solution))
        places = {"COURSE": self.course, "OUT": self.out, "INBOX": self.inbox, "HOME": self.home}
        places |= {"TEMPORARY": self.temporary, "END": self.end}
        for number, (name, attack) in enumerate(attacks.items()):
            told = {each: str(path) for each, path in places.items()}
            told |= {"NAME": name, "MARK": MARK, "SIGN": f"\n# {MARK} {name}"}
            lines = "\n".join(f"{each} = {value!r}" for each, value in told.items())
            source = f"{lines}\n{HELP}\n{attack}\ndef {QUESTION.name}(*given): return OUT"
            answers = right | {QUESTION.name: source}
            text = Submission(THERE.name, f"eve{number}", answers, "0.1.0", "2026-11-01T10:00:00Z")
            (self.inbox / f"eve{number}.json").write_text(text.text())
            self.planned.append(Planned(f"eve{number}.json", THERE.points - QUESTION.points))

    def grade(self, *options: str, path: str | None = None) -> str:
        """`course grade` of the copy, as somebody at home here; returns what it printed."""
        environment = os.environ | {"HOME": str(self.home), "TMPDIR": str(self.temporary)}
        environment |= {"PATH": path} if path else {}
        python_path = [str(self.course), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment |= {"PYTHONPATH": os.pathsep.join(python_path), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-P", "-m", "course_lib.cli", "grade", str(self.inbox)]
        command += ["--out", str(self.out), "--seed", "1", *options]
        done = subprocess.run(
            command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def seen(self) -> dict[str, dict[str, str]]:
        """All that an answer has no business with."""
        places = self.course, self.home, self.temporary, self.inbox
        return {place.name: world.files(place) for place in places} | {
            "/tmp": dict.fromkeys(world.named(MARK), ""),
            "processes": {str(each.pid): each.name() for each in world.processes(MARK)},
        }

    def marks(self) -> dict[str, list[tuple]]:
        """Every row about the honest, byte by byte, by its table."""
        chosen = ", ".join("?" * len(self.honest))
        with contextlib.closing(sqlite3.connect(self.out / FILE)) as book:
            found = {
                "submission": f"SELECT * FROM submission WHERE file IN ({chosen}) ORDER BY file",
                "verdict": "SELECT v.* FROM verdict v JOIN submission s ON s.id = v.submission"
                f" WHERE file IN ({chosen}) ORDER BY file, place",
            }
            rows = {
                name: book.execute(query, self.honest).fetchall() for name, query in found.items()
            }
        lines = (self.out / "grades.csv").read_text().splitlines()
        rows["grades.csv"] = [(line,) for line in lines if any(f in line for f in self.honest)]
        return rows

    def printed(self) -> dict[str, str]:
        """What each attack had to say."""
        with contextlib.closing(sqlite3.connect(self.out / FILE)) as book:
            query = "SELECT file, verdict FROM verdict v JOIN submission s ON s.id = v.submission"
            return dict(book.execute(f"{query} WHERE question = ?", [QUESTION.name]).fetchall())


@pytest.fixture
def place(tmp_path):
    yield World(tmp_path)
    left = world.processes(MARK)
    for each in left:
        each.kill()
    psutil.wait_procs(left)
    Path("/tmp", MARK).unlink(missing_ok=True)


def test_a_class_with_them_gets_its_marks_and_nothing_outside_changes(place):
    place.join(ATTACKS)
    before = place.seen()
    place.grade()
    assert differences(place.out, place.planned) == []
    assert place.seen() == before
    for number, name in enumerate(ATTACKS):
        if name.startswith(ARMED):
            assert "it is armed" in place.printed()[f"eve{number}.json"], name

    after = world.files(place.out)
    place.end.touch()  # what was left behind, and lived, would write now
    assert world.processes(MARK) == []  # but it is dead
    assert world.files(place.out) == after

    marks = place.marks()
    for path in place.inbox.glob("eve*"):
        path.write_text(path.read_text() + "\n")  # another file, to be judged again
    place.end.unlink()
    assert "9 graded" in place.grade("--resume")
    place.end.touch()
    assert place.marks() == marks
    assert differences(place.out, place.planned) == []


def test_without_walls_the_comparison_sees_what_each_of_them_does(place):
    alone = [sys.executable, "-I", "-c", "import course_lib"]
    if subprocess.run(alone, capture_output=True, check=False).returncode:
        pytest.skip("the course is not installed here")
    place.grade()
    marks = place.marks()
    place.join(ATTACKS)
    before = place.seen()
    assert "no walls" in place.grade("--resume", path=str(place.folder / "no programs"))
    place.end.touch()
    psutil.wait_procs([each for each in world.processes(MARK) if each.name() == MARK])
    after, marks_after = place.seen(), place.marks()
    same = [what for what, found in before.items() if after[what] == found]
    assert same + [what for what, rows in marks.items() if marks_after[what] == rows] == [
        "submission"
    ]
    assert {each.name()[:6] for each in world.processes(MARK)} == {"python"}
    written = {path.name for path in place.out.iterdir()}
    assert {name for name in ATTACKS if "rewrites the marks" in name} - written <= {THREADS}
