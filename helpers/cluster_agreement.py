"""How well clusters agree with known kinds: the adjusted Rand index, noise points apart."""

import numpy as np

__all__ = ["adjusted_rand", "apart"]


def apart(clusters) -> np.ndarray:
    """Give each noise point, marked -1, a cluster of its own.

    Parameters
    ----------
    clusters : array_like (n,) of int
        Such as HDBSCAN's labels.

    Returns
    -------
    ndarray (n,), int64
        The same clusters, and new numbers for the noise.
    """
    clusters = np.array(clusters, dtype=np.int64)
    noise = clusters == -1
    clusters[noise] = max(clusters.max(initial=-1), -1) + 1 + np.arange(noise.sum())
    return clusters


def adjusted_rand(labels, clusters) -> float:
    """Compare two groupings by their pairs, adjusted for chance (Hubert & Arabie 1985).

    Parameters
    ----------
    labels : array_like (n,)
        Kinds, numbers or strings.
    clusters : array_like (n,) of int
        Found clusters; points marked -1 stand alone, each in a cluster of its own.

    Returns
    -------
    float
        1 for the same grouping, about 0 for an unrelated one.

    Raises
    ------
    ValueError
        If the lengths differ or there are fewer than two points.
    """
    labels, clusters = np.asarray(labels), np.asarray(clusters)
    n = len(labels)
    if labels.shape != (n,) or clusters.shape != (n,) or n < 2:
        raise ValueError("labels and clusters must be two or more, one of each for every point.")
    _, kinds = np.unique(labels, return_inverse=True)
    _, groups = np.unique(apart(clusters), return_inverse=True)
    both = kinds.astype(np.int64) * (groups.max() + 1) + groups

    def pairs(numbers):
        counts = np.unique(numbers, return_counts=True)[1]
        return float((counts * (counts - 1) // 2).sum())

    together, first, second = pairs(both), pairs(kinds), pairs(groups)
    chance = first * second / (n * (n - 1) / 2)
    span = (first + second) / 2 - chance
    return 1.0 if span == 0 else (together - chance) / span
