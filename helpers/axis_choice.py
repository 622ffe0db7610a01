"""Rules of thumb for the number of principal axes to keep.

References
----------
Jolliffe (2002), "Principal Component Analysis", 2nd edition, chapter 6. Horn (1965), "A Rationale
and Test for the Number of Factors in Factor Analysis"; Buja & Eyuboglu (1992), "Remarks on
Parallel Analysis" (shuffled columns).
"""

import numpy as np

__all__ = ["axis_counts", "broken_stick", "elbow", "parallel_analysis"]


def broken_stick(variances) -> int:
    """Count the leading axes with more than the lengths of a randomly broken stick.

    A stick of length 1, broken at d - 1 random places, has a j-th longest piece of
    ``sum(1 / i for i in range(j, d + 1)) / d`` on average.

    Parameters
    ----------
    variances : array_like (d,)
        Falling.

    Returns
    -------
    int
        0 to d.
    """
    variances = _falling(variances)
    d = len(variances)
    pieces = np.cumsum(1 / np.arange(d, 0, -1))[::-1] / d
    return _leading(variances / variances.sum() > pieces)


def elbow(variances) -> int:
    """Find where the scree, with both its axes scaled to 0..1, lies furthest below its chord.

    Parameters
    ----------
    variances : array_like (d,)
        Falling, d at least 2.

    Returns
    -------
    int
        The number of axes up to that place, with it.
    """
    variances = _falling(variances)
    height = (variances - variances[-1]) / max(variances[0] - variances[-1], 1e-300)
    return int(np.argmax(1 - np.linspace(0, 1, len(variances)) - height)) + 1


def parallel_analysis(vectors, variances, *, shuffles: int = 3, seed: int = 0) -> int:
    """Count the leading axes with more variance than any axis of the same rank in shuffled data.

    Shuffling each column by itself keeps the columns' variances and takes away what they share.

    Parameters
    ----------
    vectors : array_like (n, d)
    variances : array_like (d,)
        Their variances along the axes, falling.
    shuffles : int
        The largest of so many.
    seed : int

    Returns
    -------
    int
        0 to d.
    """
    vectors, variances = np.asarray(vectors, dtype=float), _falling(variances)
    moved, rng = vectors - vectors.mean(axis=0), np.random.default_rng(seed)
    chance = np.zeros(len(variances))
    for _ in range(shuffles):
        mixed = rng.permuted(moved, axis=0)
        chance = np.maximum(chance, np.linalg.eigvalsh(mixed.T @ mixed / len(mixed))[::-1])
    return _leading(variances > chance)


def axis_counts(vectors, variances, shares=(0.9, 0.95, 0.99)) -> dict[str, int]:
    """Count the axes to keep by all rules.

    Parameters
    ----------
    vectors : array_like (n, d)
    variances : array_like (d,)
        Their variances along the axes, falling.
    shares : sequence of float
        Of the total variance.

    Returns
    -------
    dict of str to int
    """
    variances = _falling(variances)
    sums = np.cumsum(variances) / variances.sum()
    rows = {f"{share:.0%} of variance": int(np.searchsorted(sums, share) + 1) for share in shares}
    return rows | {
        "elbow": elbow(variances),
        "broken stick": broken_stick(variances),
        "parallel analysis": parallel_analysis(vectors, variances),
    }


def _leading(kept: np.ndarray) -> int:
    return len(kept) if kept.all() else int(np.argmin(kept))


def _falling(variances) -> np.ndarray:
    variances = np.asarray(variances, dtype=float)
    if variances.ndim != 1 or len(variances) == 0 or (np.diff(variances) > 0).any():
        raise ValueError("give the variances along the axes, the largest first.")
    return variances
