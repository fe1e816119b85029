"""Where submissions are judged: processes of this machine, or a cluster's."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager
from typing import ParamSpec, TypeVar

from course_lib.errors import CourseError
from course_lib.judge import warm
from course_lib.marks.judging import Task, judge
from course_lib.marks.rows import Judged

_P = ParamSpec("_P")
_T = TypeVar("_T")
Opens = Callable[[], AbstractContextManager[Executor]]
Judge = Callable[[Task], tuple[Judged, ...]]
Outcome = tuple[Judged, ...] | Exception


WAITERS = 4
"""How many submissions that wait are judged at once for each one that computes."""
MOST_PROCESSES = 60
"""What a pool may have on every system; Windows can wait for no more."""


class _Local(Executor):
    """A pool for what computes, and a larger one beside it for what waits."""

    def __init__(self, jobs: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._computing, self._waiting = (
            ProcessPoolExecutor(min(size, MOST_PROCESSES), spawn, _begin)
            for size in (jobs, WAITERS * jobs)
        )

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        waits = any(isinstance(each, Task) and each.waits for each in args)
        with _no_interrupts():
            return (self._waiting if waits else self._computing).submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for pool in (self._computing, self._waiting):
            pool.shutdown(wait, cancel_futures=cancel_futures)


@contextlib.contextmanager
def local(jobs: int) -> Iterator[Executor]:
    """Processes of this machine, which end with this one whatever ends it."""
    pool = _Local(jobs)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
        pool.shutdown()


def window(jobs: int) -> int:
    """How many submissions to send to `local` at once, so that neither of its pools is idle."""
    return (1 + WAITERS) * jobs


@contextlib.contextmanager
def _no_interrupts() -> Iterator[None]:
    """Hold back Ctrl-C, which would make a process that starts meanwhile end with a traceback."""
    if os.name != "posix":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.name == "posix":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = multiprocessing.parent_process()
    assert parent

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    warm.warm_up()


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a Dask scheduler, which have this course installed; raises `CourseError`."""
    try:
        from distributed import Client
    except ImportError:
        raise CourseError(
            "Grading on a cluster needs the package distributed: "
            f"`{sys.executable} -m ensurepip`, then `{sys.executable} -m pip install distributed`."
        ) from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as exc:
        raise CourseError(f"There is no scheduler at {address}: {exc}.") from None
    with client:
        yield client.get_executor(retries=2, pure=False)


def run(
    tasks: Iterable[Task], opens: Opens, window: int, work: Judge = judge
) -> Iterator[tuple[Task, Outcome]]:
    """Send tasks to an executor, at most `window` at once, and yield each as it comes back.

    If a process dies, all that ran beside it runs again, one by one, so that only the task that
    kills its process fails.
    """
    queue, suspects = iter(tasks), deque[Task]()
    left = True
    while left or suspects:
        with opens() as executor:
            running: dict[Future[tuple[Judged, ...]], Task] = {}
            broken: list[Task] = []
            while not broken:
                alone = bool(suspects)
                room = 1 if suspects else window
                while len(running) < room and not broken:
                    task = suspects.popleft() if suspects else next(queue, None)
                    if task is None:
                        left = False
                        break
                    try:
                        running[executor.submit(work, task)] = task
                    except BrokenExecutor:
                        broken.append(task)
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    task = running.pop(future)
                    try:
                        yield task, future.result()
                    except BrokenExecutor as exc:
                        if alone:
                            yield task, exc
                        else:
                            broken.append(task)
                    except Exception as exc:
                        yield task, exc
            suspects.extend([*broken, *running.values()])
