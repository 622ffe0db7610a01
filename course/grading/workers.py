"""Many submissions at once: a fresh process for each, started from a warm one."""

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from course.grading.task import Outcome, Task, grade_submission
from course.grading.warm import start_server

__all__ = ["grade_all"]

_POLL = 1.0


@dataclass
class _Running:
    process: multiprocessing.Process
    receiver: Connection
    task: Task
    until: float


def grade_all(tasks: Iterable[Task], jobs: int, modules: Iterable[str] = ()) -> Iterator[Outcome]:
    """Grade submissions in parallel, each in a process of its own.

    Parameters
    ----------
    tasks : iterable of Task
        Taken one by one, when a process is free.
    jobs : int
        How many at once.
    modules : iterable of str
        What the server from which the processes are forked imports once for all of them, if
        :func:`course.grading.warm.start_server` has not started it before.

    Yields
    ------
    Outcome
        As they come. A process that dies or takes too long is an outcome too, and stops nobody
        else. When the iteration is given up, what still runs is killed.
    """
    context = start_server(modules)
    waiting, running = iter(tasks), {}
    try:
        while True:
            while len(running) < jobs and (task := next(waiting, None)) is not None:
                started = _start(context, task)
                running[started.receiver] = started
            if not running:
                return
            ready = wait(list(running), timeout=_POLL)
            late = [r for r, item in running.items() if time.monotonic() > item.until]
            for receiver in {*ready, *late}:
                item = running.pop(receiver)
                yield _finish(item)
    finally:
        for item in running.values():
            item.process.kill()
            item.process.join()


def _start(context, task: Task) -> _Running:
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, task), daemon=False)
    process.start()
    sender.close()
    # Twice the budget: a notebook that needs its demonstrations runs a second time.
    return _Running(process, receiver, task, time.monotonic() + 2 * task.budget + 120)


def _work(sender: Connection, task: Task, grade: Callable[[Task], Outcome] = grade_submission):
    sender.send(grade(task))
    sender.close()


def _finish(item: _Running) -> Outcome:
    failed = Outcome(item.task.lesson, item.task.student, "failed")
    try:
        if item.receiver.poll():
            return item.receiver.recv()
        failed.message = "grading took too long and was stopped"
    except (EOFError, OSError):
        failed.message = "the process that graded it died"
    finally:
        item.process.join(timeout=10)
        item.process.kill()
        item.receiver.close()
    return failed
