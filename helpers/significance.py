"""Tests of whether the difference of two systems is more than luck with the queries.

All functions take one number a query: the difference of a measure between two systems that
answered the *same* queries.

References
----------
Efron & Tibshirani (1993), "An Introduction to the Bootstrap".
Smucker, Allan & Carterette (2007), "A Comparison of Statistical Significance Tests for Information
Retrieval Evaluation" (randomisation, bootstrap and t test agree; others do not).
"""

import math
from statistics import NormalDist

import numpy as np
from scipy.stats import t as student

__all__ = [
    "bootstrap_interval",
    "detection_rate",
    "queries_needed",
    "randomisation_p",
    "unpaired_interval",
]


def bootstrap_interval(
    differences, *, strata=None, draws: int = 10_000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Resample queries with their differences: the paired bootstrap of the mean.

    Parameters
    ----------
    differences : array_like (N_q,)
        First system minus second, query by query.
    strata : array_like (N_q,), optional
        Kind of each query. Each kind then keeps its number of queries in every resample.
    draws : int
        Resamples.
    level : float
        Share of the resampled means inside.
    seed : int

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError
        If there are fewer than two numbers, or some are not finite.
    """
    d = _numbers(differences)
    kinds = np.zeros(len(d), dtype=int) if strata is None else np.asarray(strata)
    if kinds.shape != d.shape:
        raise ValueError(f"strata must be one a query: {len(d)}, not {kinds.shape}.")
    rng, sums = np.random.default_rng(seed), np.zeros(draws)
    for kind in np.unique(kinds):
        part = d[kinds == kind]
        sums += part[rng.integers(len(part), size=(draws, len(part)))].sum(axis=1)
    return _inside(sums / len(d), level)


def unpaired_interval(
    first, second, *, draws: int = 10_000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Resample the queries of each system apart, as if each had had queries of its own.

    Parameters
    ----------
    first, second : array_like (N_q,)
        The measure of each system, query by query.
    draws, level, seed
        As for :func:`bootstrap_interval`.

    Returns
    -------
    low, high : float
        Of the mean of `first` minus that of `second`.

    Raises
    ------
    ValueError
        As :func:`bootstrap_interval`.
    """
    rng = np.random.default_rng(seed)
    means = [
        values[rng.integers(len(values), size=(draws, len(values)))].mean(axis=1)
        for values in map(_numbers, (first, second))
    ]
    return _inside(means[0] - means[1], level)


def randomisation_p(differences, *, draws: int = 10_000, seed: int = 0) -> float:
    """Exchange the two systems at random, query by query, and see how often the gap is as large.

    If the systems are alike, each difference could as well have the other sign.

    Parameters
    ----------
    differences : array_like (N_q,)
    draws : int
        Random exchanges.
    seed : int

    Returns
    -------
    float
        Share of the exchanges whose mean is at least as far from 0 as the real one, which is
        counted among them: so it is never 0.

    Raises
    ------
    ValueError
        As :func:`bootstrap_interval`.
    """
    d = _numbers(differences)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, len(d)))
    far = np.abs(signs @ d) >= abs(d.sum()) * (1 - 1e-9)
    return float((1 + far.sum()) / (1 + draws))


def queries_needed(differences, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return how many such queries a test at level `alpha` needs to see this gap.

    N_q = ((z_(1 - alpha/2) + z_power) s / mean)^2 with the standard deviation s of the
    differences, from the normal approximation; infinite if the mean is 0.

    Parameters
    ----------
    differences : array_like (N_q,)
        Of a first, smaller experiment.
    power : float
        Chance that the test sees it.
    alpha : float

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As :func:`bootstrap_interval`.
    """
    d = _numbers(differences)
    z = NormalDist().inv_cdf(1 - alpha / 2) + NormalDist().inv_cdf(power)
    return (z * d.std(ddof=1) / d.mean()) ** 2 if d.mean() else math.inf


def detection_rate(
    differences, n_queries: int, *, trials: int = 2_000, alpha: float = 0.05, seed: int = 0
) -> float:
    """Repeat the experiment with other queries, and count how often a t test is sure.

    Parameters
    ----------
    differences : array_like (N_q,)
        Taken as the world: each trial draws `n_queries` of them with replacement.
    n_queries : int
        At least 2.
    trials : int
    alpha : float
        Two-sided level of the test.
    seed : int

    Returns
    -------
    float
        Share of the trials with a significant difference of the sign of the mean of all.

    Raises
    ------
    ValueError
        As :func:`bootstrap_interval`, and with fewer than two queries.
    """
    d = _numbers(differences)
    if n_queries < 2:
        raise ValueError(f"n_queries must be 2 or more, not {n_queries}.")
    drawn = d[np.random.default_rng(seed).integers(len(d), size=(trials, n_queries))]
    error = drawn.std(axis=1, ddof=1) / math.sqrt(n_queries)
    limit = student.ppf(1 - alpha / 2, n_queries - 1) * error
    means = drawn.mean(axis=1) * np.sign(d.mean())
    return float(((means > limit) & (means > 0)).mean())


def _numbers(values) -> np.ndarray:
    numbers = np.asarray(values, dtype=float)
    if numbers.ndim != 1 or len(numbers) < 2 or not np.isfinite(numbers).all():
        raise ValueError(
            "give one finite number a query, for two queries or more: leave out queries for "
            "which a measure is NaN, in both systems."
        )
    return numbers


def _inside(means: np.ndarray, level: float) -> tuple[float, float]:
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
