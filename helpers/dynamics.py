"""Watching word vectors while they are trained, and training several models at once.

:func:`watch` makes the callback that the trainers of :mod:`helpers.word2vec` call after each
epoch. :func:`project_frames` turns the snapshots of a training into frames that can be compared,
because all of them are projected on one basis. :func:`side_by_side` runs trainings in parallel,
each on one core, so that each is still the same to the bit for its seed.
"""

import functools
import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from helpers.evaluate import analogy_accuracy, word_similarity
from helpers.progress import Progress

__all__ = ["column", "norm_frequency", "principal_axes", "project_frames", "side_by_side", "watch"]


def norm_frequency(vectors, counts) -> float:
    """Correlation (Pearson) of the vectors' lengths with the logarithm of the counts.

    Parameters
    ----------
    vectors : array_like (V, d)
        Input or output vectors.
    counts : array_like (V,)
        Occurrences of each word, all positive.

    Returns
    -------
    float
        NaN when all lengths are equal, as those of an output matrix that starts at zero.
    """
    lengths = np.linalg.norm(np.asarray(vectors, dtype=np.float64), axis=1)
    if np.ptp(lengths) == 0:
        return float("nan")
    return float(np.corrcoef(lengths, np.log(counts))[0, 1])


def watch(**test_sets: Sequence[tuple]) -> Callable[[int, object], dict]:
    """Make a callback that measures a model after each epoch.

    Parameters
    ----------
    **test_sets : sequence of tuples
        Name -> test set. Rows of three (word, word, rating) are a similarity set and give
        Spearman's correlation; rows of five (section, a, b, c, d) are analogies and give the
        accuracy of 3CosAdd.

    Returns
    -------
    callable
        ``callback(epoch, model) -> dict`` with one figure for each test set, and with ``v_norm``
        and ``u_norm``: the correlations of :func:`norm_frequency` for both matrices.

    Raises
    ------
    ValueError
        When the rows of a test set have neither three nor five columns.
    """
    for name, rows in test_sets.items():
        if not rows or len(rows[0]) not in (3, 5):
            raise ValueError(
                f"the test set {name!r} should have rows of 3 (word, word, rating) or of 5 "
                "(section, a, b, c, d)."
            )

    def callback(epoch: int, model) -> dict[str, float]:
        found, counts = {}, model.vocabulary.counts
        for name, rows in test_sets.items():
            if len(rows[0]) == 3:
                measured = word_similarity(model.vectors, model.vocabulary, rows).spearman
            else:
                unit = model.unit_vectors()
                measured = analogy_accuracy(unit, model.vocabulary, rows).accuracy
            found[name] = measured
        found["v_norm"] = norm_frequency(model.vectors, counts)
        found["u_norm"] = norm_frequency(model.context_vectors, counts)
        return found

    return callback


def column(model, name: str) -> np.ndarray:
    """One figure of a model's history, epoch by epoch: (epochs + 1,) float64."""
    if name not in model.history[0]:
        raise ValueError(f"the history has no {name!r}: choose from {', '.join(model.history[0])}.")
    return np.array([entry[name] for entry in model.history], dtype=np.float64)


def principal_axes(vectors, dims: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, principal axes and their shares of the variance.

    Parameters
    ----------
    vectors : array_like (n, d)
        Points.
    dims : int
        How many axes, at most min(n, d).

    Returns
    -------
    mean : ndarray (d,)
    axes : ndarray (dims, d)
        Orthonormal rows. The largest entry of each is positive, so that two runs of an eigensolver
        cannot mirror the picture.
    shares : ndarray (dims,)
        Share of the total variance along each axis.
    """
    points = np.asarray(vectors, dtype=np.float64)
    if points.ndim != 2 or not 1 <= dims <= min(points.shape):
        raise ValueError(f"dims must lie between 1 and {min(points.shape)}, not be {dims}.")
    mean = points.mean(axis=0)
    _, values, axes = np.linalg.svd(points - mean, full_matrices=False)
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
    return mean, axes[:dims], (values**2 / max(float((values**2).sum()), 1e-300))[:dims]


def project_frames(snapshots: Mapping, dims: int = 2, unit: bool = False) -> np.ndarray:
    """Project the snapshots of a training on the principal axes of the last one.

    A basis of its own for each frame would turn and mirror from frame to frame; on one basis
    everything that moves is a vector that moved.

    Parameters
    ----------
    snapshots : mapping
        ``Word2Vec.snapshots``, with ``vectors`` (n, words, d).
    dims : int
        Dimensions of the picture.
    unit : bool
        Whether to scale vectors to length 1 first, so that only directions are seen.

    Returns
    -------
    ndarray (n, words, dims)
    """
    frames = np.asarray(snapshots["vectors"], dtype=np.float64)
    if unit:
        lengths = np.linalg.norm(frames, axis=2, keepdims=True)
        frames = frames / np.where(lengths == 0, 1, lengths)
    mean, axes, _ = principal_axes(frames[-1], dims)
    return (frames - mean) @ axes.T


def side_by_side(jobs: Sequence[functools.partial], workers: int = 2, label: str = "Training"):
    """Train several models at once, each in one thread.

    Parameters
    ----------
    jobs : sequence of functools.partial
        ``partial(train_skipgram, corpus, vocabulary, ...)``: what to call, without a progress line.
    workers : int
        How many at a time.
    label : str
        Shown by the progress line, which counts epochs.

    Returns
    -------
    list of Word2Vec
        In the order of the jobs.

    Raises
    ------
    ValueError
        If `workers` is not positive.
    Exception
        What a trainer raised, once the others have stopped.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}.")
    ticks: queue.SimpleQueue = queue.SimpleQueue()

    def run(job: functools.partial):
        own = job.keywords.get("callback")

        def callback(epoch: int, model) -> dict:
            if epoch:
                ticks.put(1)
            return own(epoch, model) if own else {}

        return job(callback=callback, progress=False)

    total = sum(job.keywords.get("epochs", 5) for job in jobs)
    with ThreadPoolExecutor(workers) as pool, Progress(total, "epochs", label) as progress:
        futures = [pool.submit(run, job) for job in jobs]
        for future in futures:
            future.add_done_callback(lambda _: ticks.put(None))
        # Displays are updated from here only: output written in other threads may go astray.
        running = len(jobs)
        while running:
            tick = ticks.get()
            if tick is None:
                running -= 1
            else:
                progress.update(tick)
        return [future.result() for future in futures]
