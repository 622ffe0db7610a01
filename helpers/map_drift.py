"""Has something changed? Distances to known points, what PCA cannot rebuild, and a map's histogram.

References
----------
Siddiqi (2006), "Credit Risk Scorecards", for the population stability index.
"""

from collections.abc import Callable, Mapping

import numpy as np

from helpers.pca import pca_fit

__all__ = ["alarm_shares", "cells", "nearest_distance", "pca_residual", "psi"]

_BLOCK = 512


def nearest_distance(known, points) -> np.ndarray:
    """Euclidean distance of each point to the nearest known one.

    Parameters
    ----------
    known : array_like (m, d)
    points : array_like (n, d)
        Not among the known ones: a point is nearest to itself.

    Returns
    -------
    ndarray (n,)

    Raises
    ------
    ValueError
        If nothing is known, or the dimensions differ.
    """
    known, points = _matrices(known, points)
    found = [
        # Differences, not the product: x² − 2xy + y² loses the digits of near neighbours.
        np.sqrt(((block[:, None] - known) ** 2).sum(axis=2).min(axis=1))
        for block in np.split(points, range(_BLOCK, len(points), _BLOCK))
    ]
    return np.concatenate(found)


def pca_residual(known, points, k: int = 16) -> np.ndarray:
    """Distance of each point to what the first k principal axes of the known points rebuild of it.

    Parameters
    ----------
    known : array_like (m, d)
    points : array_like (n, d)
    k : int
        Axes, 1 to min(m, d).

    Returns
    -------
    ndarray (n,)

    Raises
    ------
    ValueError
        If `k` is out of range, or the dimensions differ.
    """
    known, points = _matrices(known, points)
    if not 1 <= k <= min(known.shape):
        raise ValueError(f"k must be 1 to {min(known.shape)}, not {k}.")
    fit = pca_fit(known, k)
    return np.linalg.norm(points - fit.inverse(fit.transform(points)), axis=1)


def cells(places, low, high, across: int = 6) -> np.ndarray:
    """Count places on a map by the squares of a grid.

    Parameters
    ----------
    places : array_like (n, 2)
    low, high : array_like (2,)
        Corners of the grid; what lies outside counts into the nearest square of the rim.
    across : int
        Squares in a row.

    Returns
    -------
    ndarray (across * across,) of int
    """
    places = np.asarray(places, dtype=float)
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if not (high > low).all():
        raise ValueError("each entry of `high` must be greater than that of `low`.")
    steps = np.floor((places - low) / (high - low) * across).astype(int)
    column, row = np.clip(steps, 0, across - 1).T
    return np.bincount(row * across + column, minlength=across * across)


def psi(reference, counts) -> float:
    """Return the population stability index of two histograms over the same cells.

    With half a count added to every cell of both, p and q the shares, it is the sum of
    ``(q - p) * log(q / p)``: 0 for equal shares, and never negative.

    Parameters
    ----------
    reference, counts : array_like (cells,)

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ or a count is negative.
    """
    reference, counts = np.asarray(reference, dtype=float), np.asarray(counts, dtype=float)
    if reference.shape != counts.shape or reference.ndim != 1 or not len(reference):
        raise ValueError(
            f"the histograms have shapes {reference.shape} and {counts.shape}: count both over "
            "the same cells."
        )
    if (reference < 0).any() or (counts < 0).any():
        raise ValueError("counts cannot be negative.")
    p, q = ((c + 0.5) / (c + 0.5).sum() for c in (reference, counts))
    return float(((q - p) * np.log(q / p)).sum())


def alarm_shares(
    statistic: Callable[[np.ndarray], float], calibration, sources: Mapping[str, tuple],
    size: int = 50, rate: float = 0.05, trials: int = 200, seed: int = 0,
) -> dict[str, float]:  # fmt: skip
    """Set an alarm with batches of known points, then count how often other batches raise it.

    The threshold is the smallest statistic that at most the share `rate` of `trials` batches,
    drawn with replacement from `calibration`, exceeds.

    Parameters
    ----------
    statistic : callable
        ``statistic(rows) -> float``, large when something is wrong.
    calibration : array_like of int
        Rows of known points, not those the statistic was fitted to.
    sources : mapping
        Name -> (rows, others, share): so large a share of each batch comes from `others`.
    size : int
        Points in a batch.
    rate : float
        Share of false alarms that is meant.
    trials : int
        Batches of each kind.
    seed : int

    Returns
    -------
    dict of str to float
        Share of the batches of each source that raise the alarm.
    """
    generator = np.random.default_rng(seed)

    def values(rows, others, share):
        strange = round(share * size)
        return np.array([
            statistic(np.concatenate([
                generator.choice(rows, size - strange), generator.choice(others, strange)
            ]))
            for _ in range(trials)
        ])  # fmt: skip

    known = np.sort(values(calibration, calibration, 0))
    threshold = known[trials - 1 - int(rate * trials)]
    return {name: float((values(*source) > threshold).mean()) for name, source in sources.items()}


def _matrices(known, points) -> tuple[np.ndarray, np.ndarray]:
    known, points = np.asarray(known, dtype=float), np.asarray(points, dtype=float)
    if known.ndim != 2 or points.ndim != 2 or known.shape[1] != points.shape[1] or not len(known):
        raise ValueError(
            f"known points {known.shape} and points {points.shape} must be matrices with the same "
            "number of columns, and something must be known."
        )
    return known, points
