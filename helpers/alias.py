"""Drawing from a discrete distribution in constant time: the alias method.

Walker (1977), "An efficient method for generating discrete random variables with general
distributions", with Vose's (1991) table construction in linear time. Every column of the table
has the same width 1/n; column i belongs to outcome i up to its threshold and to one other
outcome, its alias, above it. A draw is one column and one comparison.
"""

import numpy as np
from numba import njit

__all__ = ["build_alias", "sample_alias"]


def build_alias(p) -> tuple[np.ndarray, np.ndarray]:
    """Build the alias table of a distribution.

    Parameters
    ----------
    p : array_like (n,)
        Probabilities, or weights of any positive sum.

    Returns
    -------
    prob : ndarray (n,), float64
        Threshold of each column, in [0, 1].
    alias : ndarray (n,), int64
        The outcome above the threshold. The outcome i has exactly the probability
        ``(prob[i] + (1 - prob)[alias == i].sum()) / n``.

    Raises
    ------
    ValueError
        If `p` is empty, not one-dimensional, or has negative or non-finite entries or sum 0.
    """
    p = np.array(p, dtype=np.float64)
    if p.ndim != 1 or p.size == 0:
        raise ValueError(f"p must be one-dimensional and not empty; its shape is {p.shape}.")
    if not np.isfinite(p).all() or (p < 0).any() or p.sum() <= 0:
        raise ValueError("p must hold finite weights >= 0 with a positive sum.")
    return _build(p * (p.size / p.sum()))


@njit(cache=True)
def _build(scaled):
    n = scaled.size
    prob, alias = np.ones(n), np.arange(n)
    small, large = np.empty(n, np.int64), np.empty(n, np.int64)
    n_small = n_large = 0
    for i in range(n):
        if scaled[i] < 1.0:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small and n_large:
        n_small -= 1
        poor, rich = small[n_small], large[n_large - 1]
        prob[poor] = scaled[poor]
        alias[poor] = rich
        scaled[rich] -= 1.0 - scaled[poor]
        if scaled[rich] < 1.0:
            n_large -= 1
            small[n_small] = rich
            n_small += 1
    # Whatever is left on either stack is 1 up to rounding and keeps its whole column.
    return prob, alias


def sample_alias(prob, alias, n: int, rng=0) -> np.ndarray:
    """Draw `n` outcomes from an alias table.

    Parameters
    ----------
    prob, alias : ndarray (V,)
        The table of :func:`build_alias`.
    n : int
        Number of draws.
    rng : numpy.random.Generator or int
        Source of randomness, or its seed.

    Returns
    -------
    ndarray (n,), int64

    Raises
    ------
    ValueError
        If the table's halves differ in length or are empty, or `n` is negative.
    """
    prob, alias = np.asarray(prob), np.asarray(alias)
    if prob.shape != alias.shape or prob.ndim != 1 or prob.size == 0:
        raise ValueError("prob and alias must be the two arrays that build_alias returned.")
    if n < 0:
        raise ValueError(f"n must be at least 0, not {n}.")
    rng = np.random.default_rng(rng)
    column = rng.integers(prob.size, size=n)
    return np.where(rng.random(n) < prob[column], column, alias[column])
