"""Submissions graded on a Dask cluster: the same tasks, on other machines.

The workers need the same Python environment as the teacher's machine, bubblewrap, and the cached
data of the lesson; nothing else of the course, because a task carries it.
"""

import multiprocessing
from collections.abc import Iterable, Iterator
from itertools import islice

from course.errors import CourseError
from course.grading.task import Outcome, Task
from course.grading.workers import grade_all

__all__ = ["grade_on_cluster"]

_SECONDS_TO_CONNECT = 10
_AHEAD = 2  # tasks a thread that are sent before they are needed


def grade_on_cluster(
    address: str, tasks: Iterable[Task], modules: Iterable[str] = ()
) -> Iterator[Outcome]:
    """Grade submissions on a cluster, as many at once as its workers have threads.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://10.0.0.5:8786``.
    tasks : iterable of Task
        Taken as workers become free.
    modules : iterable of str
        What a worker imports before it forks, as in :func:`~course.grading.workers.grade_all`.

    Yields
    ------
    Outcome
        As they come. A worker that is lost is an outcome too, after its task was tried elsewhere.

    Raises
    ------
    CourseError
        When the package is missing, or the scheduler does not answer.
    """
    try:
        from distributed import Client, as_completed
    except ModuleNotFoundError as error:
        raise CourseError(
            f"--dask needs the Python package {error.name}: pip install distributed"
        ) from error
    try:
        client = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise CourseError(f"no Dask scheduler answers at {address}") from error
    waiting, names = iter(tasks), tuple(modules)
    sent: dict[str, Task] = {}

    def send(count: int) -> list:
        chosen = list(islice(waiting, count))
        # A task is graded once, also where two have the same content.
        futures = [client.submit(_grade_one, task, names, pure=False) for task in chosen]
        sent.update({future.key: task for future, task in zip(futures, chosen, strict=True)})
        return futures

    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise CourseError(f"the Dask scheduler at {address} has no workers yet: start some")
        running = as_completed(send(_AHEAD * threads), loop=client.loop)
        for future in running:
            task = sent.pop(future.key)
            if future.status == "finished":
                yield future.result()
            else:
                said = f"the cluster lost it: {future.exception()}"
                yield Outcome(task.lesson, task.student, "failed", " ".join(said.split())[:500])
            future.release()
            running.update(send(1))


def _grade_one(task: Task, modules: tuple[str, ...]) -> Outcome:
    """Grade in a process of its own on the worker, so that no submission can hurt it."""
    if multiprocessing.current_process().daemon:
        message = (
            "this worker may not start processes: start it with "
            "DASK_DISTRIBUTED__WORKER__DAEMON=False or with --no-nanny"
        )
        return Outcome(task.lesson, task.student, "failed", message)
    return next(grade_all([task], 1, modules))
