"""Code on the bench that reaches for what is not its own finds nothing there."""

import ctypes
import hashlib
import os
import socket
import sys
from pathlib import Path

import psutil
import pytest

from course_lib.exercises.catalogue import exercise
from course_lib.exercises.cells import Cell
from course_lib.judge import watch
from course_lib.judge.answer import Answer
from course_lib.judge.bench_process import BenchProcess
from course_lib.judge.judge import judge_one
from course_lib.paths import ROOT
from tests.hostile.world import BRAND

pytestmark = pytest.mark.usefixtures("walls")

HELP = (
    BRAND
    + """
import ctypes, glob, os, resource, signal, socket, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
OUT = "nothing"

def tried(what, *arguments, **more):
    try: return what(*arguments, **more)
    except BaseException as error: return type(error).__name__

def call(name, *arguments):
    ctypes.set_errno(0)
    return libc[name](*arguments), ctypes.get_errno()

def written(path):
    def write():
        with open(path, "w") as file: file.write("hostile")
        return "written"
    return tried(write)

def text_of(path): return tried(lambda: open(path).read())
def reached(*address):
    with socket.socket() as one:
        one.settimeout(0.5)
        return tried(one.connect, address)
"""
)
"""What the hostile answers below are written with."""

ABSENT = ("FileNotFoundError", "NotADirectoryError")
SHUT = (*ABSENT, "PermissionError", "OSError", "IsADirectoryError")


def asked(expression, *arguments, before="", **limits):
    """What an expression gives on a bench."""
    with BenchProcess(**limits) as bench:
        assert (
            bench.load([Cell("q", f"{HELP}\n{before}\ndef f(*given): return {expression}")]) == {}
        )
        return Answer(bench).f(*arguments)


# --- files


def places():
    """Files and folders that an answer would like to have."""
    there = exercise("02")
    return {
        "the tests": there.tests,
        "the solution": there.solution,
        "the judge": ROOT / "course_lib" / "judge" / "judge.py",
        "git's hooks": ROOT / ".git",
        "the course": ROOT / "pyproject.toml",
        "home": next(
            (path for path in Path.home().glob(".*") if path.is_file()), Path.home() / "new"
        ),
        "the users": Path("/etc/passwd"),
        "the machine's programs": Path("/usr/bin"),
        "the temporary folder": Path(__file__).parent,
        "processes": Path("/proc/self/environ"),
        "the environment of the judge": Path(f"/proc/{os.getpid()}/environ"),
        "the memory of the judge": Path(f"/proc/{os.getpid()}/mem"),
        "the memory of the machine": Path("/dev/mem"),
        "devices": Path("/sys/class"),
        "the docker socket": Path("/var/run/docker.sock"),
    }


def test_what_is_not_its_own_is_not_there(tmp_path):
    secret = tmp_path / "gradebook.sqlite"
    secret.write_text("marks")
    paths = [str(path) for path in [*places().values(), secret]]
    read = asked("[text_of(path) for path in given]", *paths)
    assert [*zip(paths, read, strict=True)] == [
        (path, result if result in SHUT else "shut")
        for path, result in zip(paths, read, strict=True)
    ]
    assert {read[0], read[1], read[2], read[-1]} <= set(ABSENT)
    assert asked("tried(os.listdir, given[0])", str(tmp_path)) in ABSENT


def test_nothing_but_its_scratch_can_be_written(tmp_path):
    paths = [str(path) for path in places().values()] + [str(tmp_path / "grades.csv")]
    paths += ["/course/course_lib/lines.py", "/packages/websockets/__init__.py", os.__file__]
    paths += ["/new", "/dev/new", "/etc/new", os.path.realpath(sys.executable)]
    before = hashlib.sha256(Path(os.__file__).read_bytes()).digest()
    assert set(asked("[written(path) for path in given]", *paths)) <= set(SHUT)
    assert list(tmp_path.iterdir()) == []
    assert hashlib.sha256(Path(os.__file__).read_bytes()).digest() == before


def test_what_one_bench_writes_another_does_not_see():
    assert asked("written('/tmp/left')") == "written"
    assert not Path("/tmp/left").exists()
    assert asked("os.listdir('/tmp')") == []


def test_the_environment_says_nothing(monkeypatch):
    monkeypatch.setenv("SECRET", "token")
    there = asked("sorted(os.environ)")
    assert there == ["HOME", "LANG", "MARK", "OPENBLAS_NUM_THREADS", "PATH", "PWD"]  # MARK is ours
    assert asked("socket.gethostname()") == "bench"


def test_only_what_is_allowed_can_be_imported():
    attempts = [
        "tried(__import__, 'numpy')",
        "tried(__import__, 'pytest')",
        "tried(__import__, 'course_lib.judge.judge')",
        "glob.glob('/packages/*') + glob.glob(os.path.dirname(os.__file__) + '/*-packages/*')",
    ]
    given = asked(f"[{', '.join(attempts)}]", imports=frozenset())
    assert given == ["ModuleNotFoundError"] * 3 + [[]]


def test_an_import_that_is_not_allowed_is_said_in_a_sentence():
    there = exercise("02")
    source = "import numpy\ndef accept_key(key): return key"
    verdict = judge_one(there, there.question("accept_key"), {"accept_key": source}, {})
    assert "no `numpy`; answers to this question may use the standard library" in (
        verdict.tests[0].message
    )


# --- processes


def test_no_signal_trace_or_limit_reaches_outside():
    outside = [os.getpid(), os.getppid(), 1]
    attempts = """[
        [tried(os.kill, pid, signal.SIGTERM) for pid in given],
        [tried(os.killpg, pid, signal.SIGTERM) for pid in given[:2]],
        [tried(resource.prlimit, pid, resource.RLIMIT_NOFILE, (3, 3)) for pid in given[:2]],
        [call("ptrace", 16, pid, 0, 0)[0] for pid in given],
        [call("process_vm_readv", pid, None, 0, None, 0, 1)[0] for pid in given],
        [tried(os.setpriority, os.PRIO_PROCESS, pid, 19) for pid in given[:2]],
    ]"""
    before = psutil.Process().rlimit(psutil.RLIMIT_NOFILE)
    kills, groups, limits, traces, reads, priorities = asked(attempts, *outside)
    assert set(kills[:2] + groups) == {"ProcessLookupError"}
    assert kills[2] in (None, "PermissionError")  # its own first process, which no signal ends
    assert set(limits) == {"ProcessLookupError"}
    assert set(traces) == {-1}
    assert set(reads) <= {-1}
    assert set(priorities) == {"ProcessLookupError"}
    assert psutil.Process().rlimit(psutil.RLIMIT_NOFILE) == before


def test_no_signal_of_its_own_ends_or_stops_it():
    ways = "[tried(os.kill, os.getpid(), number) for number in (signal.SIGKILL, signal.SIGSTOP)]"
    assert asked(ways) == [None, None]


def test_it_has_no_rights_to_gain():
    attempts = """[
        call("mount", b"none", b"/tmp", b"proc", 0, None)[0],
        call("umount", b"/proc")[0],
        call("chroot", b"/tmp")[0],
        call("setuid", 0)[0] if os.getuid() else -1,
        call("reboot", 0)[0],
        call("swapoff", b"/swap")[0],
        call("sethostname", b"mine", 4)[0],
    ]"""
    assert set(asked(attempts)) == {-1}
    assert asked("os.getuid()") != 0


LEFT_BEHIND = """
mark = "{mark}"
loop = "import signal,time\\nfor n in (1,2,15): signal.signal(n, signal.SIG_IGN)\\ntime.sleep(300)"
subprocess.Popen([sys.executable, "-c", loop, mark], start_new_session=True)
if not os.fork():
    os.setsid()
    if not os.fork():
        time.sleep(300)
    os._exit(0)
"""


def tree():
    """The processes below this one."""
    return {process.pid for process in psutil.Process().children(recursive=True)}


def test_nothing_that_it_starts_survives_it():
    with BenchProcess() as bench:  # so that the process that forks is there
        bench.load([Cell("q", "")])
    before = tree()
    with BenchProcess() as bench:
        assert bench.load([Cell("q", HELP + LEFT_BEHIND)]) == {}
        assert len(tree() - before) >= 4
    assert tree() - before == set()


def test_what_holds_its_pipes_ends_with_it():
    source = f"{HELP}\nif not os.fork(): time.sleep(300)\nos._exit(0)"
    with BenchProcess() as bench:
        error = bench.load([Cell("q", source)])["q"]
    assert "ended its own process" in str(error)


def test_a_bomb_of_processes_is_bounded_and_harms_no_other():
    bomb = """
def bomb():
    count = 0
    while True:
        try: pid = os.fork()
        except OSError: return count
        if not pid: time.sleep(300)
        count += 1
"""
    with BenchProcess() as other, BenchProcess() as bench:
        other.load(
            [
                Cell(
                    "q",
                    "import threading\ndef f():\n t = threading.Thread(target=print)\n t.start()\n t.join()\n return 1",
                )
            ]
        )
        assert bench.load([Cell("q", HELP + bomb)]) == {}
        assert 10 < Answer(bench).bomb() < 64
        assert Answer(other).f() == 1


def test_memory_disk_files_and_processors_are_bounded():
    attempts = """[
        tried(bytearray, 2**31),
        tried(lambda: open("/tmp/huge", "wb").write(bytes(2**26))),
        tried(lambda: [open("/dev/null") for _ in range(1000)] and None),
        resource.getrlimit(resource.RLIMIT_CPU)[1],
        tried(lambda: [open(f"/tmp/{n}", "w").close() for n in range(5000)] and None),
    ]"""
    memory, disk, files, seconds, names = asked(attempts)
    assert (memory, disk, files, names) == ("MemoryError", "OSError", "OSError", "OSError")
    assert seconds == 60


def test_memory_of_all_that_it_has_started_is_bounded(monkeypatch):
    monkeypatch.setattr(watch, "MEMORY_IN_ALL", 500 * 2**20)
    children = """
for _ in range(6):
    if not os.fork():
        os.setsid()
        kept = b"x" * 2**27
        time.sleep(300)
time.sleep(300)
"""
    with BenchProcess(60, 60) as bench:
        error = bench.load([Cell("q", HELP + children)])["q"]
    assert "too much memory" in str(error)


# --- network


def test_it_reaches_no_server_of_the_machine_and_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        given = asked("[reached(*each) for each in given]", ("127.0.0.1", port), ("192.0.2.1", 80))
        with pytest.raises(BlockingIOError):
            server.accept()
    assert given == ["ConnectionRefusedError", "OSError"]
    lookup = "tried(socket.getaddrinfo, 'example.org', 80)"
    assert asked(lookup) == "gaierror"


def test_one_bench_does_not_reach_the_server_of_another():
    serve = "server = socket.create_server(('127.0.0.1', 0))\ndef port(): return server.getsockname()[1]"
    with BenchProcess() as bench:
        assert bench.load([Cell("q", HELP + serve)]) == {}
        port = Answer(bench).port()
        assert asked("reached('127.0.0.1', given[0])", port) == "ConnectionRefusedError"
        with socket.socket() as ours:
            ours.connect(("127.0.0.1", port))  # the judge's are in the bench's network


def test_the_judge_serves_in_the_network_of_its_bench():
    with BenchProcess() as bench:
        assert (
            bench.load([Cell("q", f"{HELP}\ndef f(port): return reached('127.0.0.1', port)")]) == {}
        )
        with socket.create_server(("127.0.0.1", 0)) as server:
            assert Answer(bench).f(server.getsockname()[1]) is None
            server.accept()[0].close()


# --- the kernel's other ways


OTHER_WAYS = """
libc.syscall.restype = ctypes.c_long
NUMBERS = {numbers}

def system(name, *arguments):
    plain = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    ctypes.set_errno(0)
    return libc.syscall(NUMBERS[name], *plain) if NUMBERS[name] >= 0 else -1

def in_child(what):
    reads, writes = os.pipe()
    if not os.fork():
        os.write(writes, repr(tried(what)).encode())
        os._exit(0)
    os.close(writes)
    os.wait()
    return os.read(reads, 1000).decode()

def opened(*what): return tried(lambda: socket.socket(*what).close())

def traced_child():
    if not (pid := os.fork()):
        libc.ptrace(0, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
    return os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1])
"""
"""System calls by name, for which Python has no function."""

CALLS = (
    "add_key", "keyctl", "perf_event_open", "userfaultfd", "bpf", "syslog", "io_uring_setup",
    "memfd_create", "memfd_secret", "shmget", "msgget", "semget", "mq_open", "mount", "setns",
    "fsopen", "open_tree", "pivot_root", "init_module", "kexec_load", "acct", "fanotify_init",
)  # fmt: skip


def other(expression):
    try:
        seccomp = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        assert os.environ.get("CI") != "true"
        pytest.skip("libseccomp is not installed")
    numbers = {name: seccomp.seccomp_syscall_resolve_name(name.encode()) for name in CALLS}
    return asked(expression, before=OTHER_WAYS.replace("{numbers}", repr(numbers)))


FILTERED = {
    "a keyring that outlives it": 'system("add_key", b"user", b"name", b"value", 5, -4)',
    "the keyring of a session": 'system("keyctl", 6, -3, ctypes.create_string_buffer(400), 400)',
    "a keyring of its user for days": 'system("keyctl", 22, -1, -2)',
    "the processor's counters": 'system("perf_event_open", bytes([1]) + bytes(127), 0, -1, -1, 0)',
    "faults of memory": 'system("userfaultfd", 1)',
    "programs in the kernel": 'system("bpf", 0, bytes([2, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 1]) + bytes(99), 72)',
    "a ring of requests": 'system("io_uring_setup", 4, ctypes.create_string_buffer(200))',
    "a memory file": 'system("memfd_create", b"name", 0)',
    "a secret memory file": 'system("memfd_secret", 0)',
    "shared memory": 'system("shmget", 1, 4096, 0o1666)',
    "queues of messages": 'max(system("msgget", 1, 0o1666), system("mq_open", b"n", 0o102, 0o666, None))',
    "semaphores": 'system("semget", 1, 1, 0o1666)',
    "a life beyond its porter's": "libc.prctl(1, 0, 0, 0, 0)",
    "another namespace": 'system("setns", os.open("/dev/null", 0), 0)',
}
"""What the filter of system calls holds."""

RIGHTLESS = {
    "the kernel's messages": 'system("syslog", 3, ctypes.create_string_buffer(99), 99)',
    "a file system": 'system("fsopen", b"tmpfs", 0)',
    "a part of the tree": 'system("open_tree", -100, b"/", 1)',
    "another root": 'system("pivot_root", b"/", b"/tmp")',
    "modules": 'system("init_module", b"", 0, b"")',
    "another kernel": 'system("kexec_load", 0, 0, None, 0)',
    "accounting": 'system("acct", b"/tmp/a")',
    "a watch on files": 'system("fanotify_init", 0, 0)',
    "a network": "libc.unshare(0x40000000)",
}
"""What it has no rights to."""


@pytest.mark.parametrize(
    "way", [*FILTERED.values(), *RIGHTLESS.values()], ids=[*FILTERED, *RIGHTLESS]
)
def test_the_kernel_gives_it_nothing_more(way):
    assert other(way) == -1


def test_it_gets_no_users_of_its_own_and_so_no_file_system_without_a_limit():
    assert other("in_child(lambda: libc.unshare(0x10000000))") == "-1"
    mounted = 'libc.unshare(0x10020000), system("mount", b"t", b"/tmp", b"tmpfs", 0, None)'
    assert other(f"in_child(lambda: ({mounted}))") == "(-1, -1)"


def test_it_has_sockets_of_its_own_network_and_process_tree_only():
    families = {
        name: getattr(socket, f"AF_{name}") for name in ("NETLINK", "VSOCK", "ALG", "PACKET")
    }
    opened = [f"opened({number}, {kind})" for number in families.values() for kind in (1, 2, 3, 5)]
    assert set(other(f"[{', '.join(opened)}]")) <= {"OSError", "PermissionError"}
    assert other("opened(socket.AF_INET, socket.SOCK_RAW, 1)") == "PermissionError"
    assert other("[opened(family, 1) for family in (1, 2, 10)]") == [None] * 3


def test_an_abstract_name_is_one_in_its_own_network():
    name = f"\0course-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as ours:
        ours.bind(name)
        ours.listen()
        reach = "tried(socket.socket(socket.AF_UNIX).connect, given[0])"
        assert asked(reach, name) == "ConnectionRefusedError"


def test_it_sees_nothing_of_the_machine_in_proc_and_sys():
    places = [
        "/proc",
        "/proc/sys",
        "/proc/self",
        "/proc/kcore",
        "/proc/sysrq-trigger",
        "/sys",
        "/run",
    ]
    assert set(asked("[tried(os.listdir, path) for path in given]", *places)) <= set(SHUT)
    assert asked("written('/proc/sys/kernel/hostname')") in SHUT
    assert asked("sorted(os.listdir('/dev'))") == ["null", "urandom", "zero"]


def test_a_debugger_for_its_own_processes_and_threads_are_its_own_affair():
    assert other("traced_child()") is True
