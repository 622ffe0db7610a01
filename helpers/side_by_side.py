"""Two trainings on two cores: each in one thread, so that no sum depends on the number of cores."""

import functools
import inspect
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed

from helpers.models import torch_threads
from helpers.progress import Progress

__all__ = ["train_side_by_side"]


def train_side_by_side(
    jobs: Mapping[str, functools.partial], workers: int = 4, label: str = "Training"
) -> dict:
    """Train several models at once, each in one thread; the results are the same as in turn.

    Parameters
    ----------
    jobs : mapping of str to functools.partial
        Trainings by name, such as ``partial(train_siamese, encoder, sources, loss)``. Each is
        called with ``label=None`` if it takes a label (or any keyword), so that it shows no
        progress of its own, and draws its random numbers from a generator of its own.
    workers : int
        How many at a time. Four keep two cores busy also when three trainings take equally long.
    label : str
        Shown by the progress line, which counts models.

    Returns
    -------
    dict
        What each training returns, by name.

    Raises
    ------
    ValueError
        If `workers` is not positive, or a training refuses its arguments.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}.")
    with (
        torch_threads(1),
        ThreadPoolExecutor(workers) as pool,
        Progress(len(jobs), "models", label) as progress,
    ):
        futures = {name: pool.submit(job, **_quiet(job)) for name, job in jobs.items()}
        for _ in as_completed(futures.values()):
            progress.update(1)
        return {name: future.result() for name, future in futures.items()}


def _quiet(job: functools.partial) -> dict:
    parameters = inspect.signature(job).parameters.values()
    takes = any(p.name == "label" or p.kind is p.VAR_KEYWORD for p in parameters)
    return {"label": None} if takes else {}
