"""How good is a picture? Measures of a layout against the points that it is drawn from.

Trustworthiness and continuity are those of Venna and Kaski (2001). All neighbours are by Euclidean
distance, a point is no neighbour of its own, and of points at the same distance the lower row
counts as nearer.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr

__all__ = [
    "Quality",
    "continuity",
    "kept_neighbours",
    "measure",
    "neighbour_ranks",
    "neighbours",
    "procrustes",
    "trustworthiness",
]

_BLOCK = 1024
_PAIRS = 20_000


class Quality(NamedTuple):
    """What is measured of one picture.

    Attributes
    ----------
    trust : float
        Trustworthiness: 1 if no point has a false neighbour in the picture.
    continuity : float
        1 if no point has lost a neighbour.
    recall : float
        Share of the k nearest points that are among the k nearest in the picture.
    distances : float
        Rank correlation (Spearman) of distances before and in the picture, over pairs drawn at
        random.
    """

    trust: float
    continuity: float
    recall: float
    distances: float


def neighbour_ranks(points) -> np.ndarray:
    """Rank all points by their distance from each.

    Parameters
    ----------
    points : array_like (n, d)

    Returns
    -------
    ndarray (n, n), int32
        Row i has 0 for i itself, 1 for its nearest point, ..., n - 1 for its farthest.

    Raises
    ------
    ValueError
        If `points` is no matrix of finite numbers with two rows or more.
    """
    points = _matrix(points, "points")
    n = len(points)
    ranks = np.empty((n, n), dtype=np.int32)
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        distances = cdist(points[rows], points, "sqeuclidean")
        distances[np.arange(len(rows)), rows] = -1.0  # before its duplicates
        order = np.argsort(distances, axis=1, kind="stable")
        places = np.arange(n, dtype=np.int32)[None, :]
        np.put_along_axis(ranks[start : start + len(rows)], order, places, axis=1)
    return ranks


def trustworthiness(points, picture, k: int = 10) -> float:
    """Measure how far the neighbours in a picture come from.

    Parameters
    ----------
    points : array_like (n, d)
    picture : array_like (n, p)
        Row i is the place of point i.
    k : int
        Neighbours of each point, fewer than n / 2.

    Returns
    -------
    float
        1 if the k nearest points in the picture are the k nearest of `points`; 0 if they are the
        farthest.

    Raises
    ------
    ValueError
        If the rows do not fit or `k` is out of range.
    """
    before, after = _both(points, picture)
    return 1 - _penalty(before, after, _checked(k, len(before)))


def continuity(points, picture, k: int = 10) -> float:
    """Measure how far the neighbours went: trustworthiness with points and picture exchanged.

    Parameters and errors are those of :func:`trustworthiness`.

    Returns
    -------
    float
    """
    return trustworthiness(picture, points, k)


def measure(ranks, points, picture, k: int = 10) -> Quality:
    """Measure a picture by everything in :class:`Quality`.

    Parameters
    ----------
    ranks : ndarray (n, n)
        Of the points, from :func:`neighbour_ranks`: computed once for many pictures.
    points : array_like (n, d)
    picture : array_like (n, p)
    k : int
        Fewer than n / 2.

    Returns
    -------
    Quality

    Raises
    ------
    ValueError
        If the rows do not fit or `k` is out of range.
    """
    points, picture = _matrix(points, "points"), _matrix(picture, "picture")
    n = _checked_rows(len(points), len(picture))
    _checked_rows(len(ranks), n)
    after = neighbour_ranks(picture)
    k = _checked(k, n)
    near = (after >= 1) & (after <= k)
    recall = np.count_nonzero(near & (ranks >= 1) & (ranks <= k)) / (n * k)
    one, other = np.random.default_rng(0).integers(0, n, (2, _PAIRS))
    one, other = one[one != other], other[one != other]
    lengths = [np.linalg.norm(x[one] - x[other], axis=1) for x in (points, picture)]
    return Quality(
        1 - _penalty(ranks, after, k),
        1 - _penalty(after, ranks, k),
        recall,
        float(spearmanr(*lengths).statistic),
    )


def neighbours(points, k: int = 10) -> np.ndarray:
    """Find the k nearest other points of each, nearest first.

    Parameters
    ----------
    points : array_like (n, d)
    k : int
        Fewer than n.

    Returns
    -------
    ndarray (n, k), int64

    Raises
    ------
    ValueError
        If `points` is no matrix of finite numbers or `k` is out of range.
    """
    points = _matrix(points, "points")
    n = len(points)
    if not 1 <= k < n:
        raise ValueError(f"k must be 1 to {n - 1} for {n} points, not {k}.")
    found = np.empty((n, k), dtype=np.int64)
    squares = np.square(points).sum(axis=1)
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        if points.shape[1] > 16:  # one product is quicker than differences in many dimensions
            distances = squares - 2 * (points[rows] @ points.T)
        else:
            distances = cdist(points[rows], points, "sqeuclidean")
        distances[np.arange(len(rows)), rows] = np.inf
        part = np.sort(np.argpartition(distances, k - 1, axis=1)[:, :k], axis=1)
        order = np.argsort(np.take_along_axis(distances, part, axis=1), axis=1, kind="stable")
        found[rows] = np.take_along_axis(part, order, axis=1)
    return found


def kept_neighbours(before, after) -> np.ndarray:
    """Count for each point how many of its neighbours are among those in the picture.

    Parameters
    ----------
    before : array_like (n, k)
        Rows of the neighbours, from :func:`neighbours`.
    after : array_like (n, m)
        Rows of the neighbours in the picture; `m` may be another number.

    Returns
    -------
    ndarray (n,), int64
        Divided by k, its mean is the recall.

    Raises
    ------
    ValueError
        If the numbers of rows differ.
    """
    before, after = np.asarray(before), np.asarray(after)
    n = _checked_rows(len(before), len(after))
    flags = np.zeros((n, n), dtype=bool)
    np.put_along_axis(flags, after, True, axis=1)
    return np.take_along_axis(flags, before, axis=1).sum(axis=1)


def procrustes(reference, picture) -> tuple[np.ndarray, float]:
    """Move, turn, mirror and scale a picture so that it lies on another as well as it can.

    Parameters
    ----------
    reference, picture : array_like (n, p)

    Returns
    -------
    aligned : ndarray (n, p)
        `picture` on `reference`.
    disparity : float
        Mean squared distance that is left, divided by the variance of `reference`: 0 for equal
        pictures up to these moves, about 1 for unrelated ones. The same when the two are exchanged.

    Raises
    ------
    ValueError
        If the shapes differ or all points of one are in the same place.
    """
    reference, picture = _matrix(reference, "reference"), _matrix(picture, "picture")
    if reference.shape != picture.shape:
        raise ValueError(f"the pictures have the shapes {reference.shape} and {picture.shape}.")
    mean = reference.mean(axis=0)
    fixed, moved = reference - mean, picture - picture.mean(axis=0)
    size, other = np.linalg.norm(fixed), np.linalg.norm(moved)
    if size == 0 or other == 0:
        raise ValueError("all points of a picture are in the same place.")
    left, singular, right = np.linalg.svd((moved / other).T @ (fixed / size))
    aligned = size / other * singular.sum() * moved @ left @ right + mean
    return aligned, max(0.0, 1 - float(singular.sum()) ** 2)


def _penalty(ranks, shown, k):
    # Those among the k first by `shown`, each by how far it is outside the k first by `ranks`.
    n = len(ranks)
    excess = ranks[(shown >= 1) & (shown <= k)].astype(np.int64) - k
    return 2 * int(excess[excess > 0].sum()) / (n * k * (2 * n - 3 * k - 1))


def _both(points, picture):
    points, picture = _matrix(points, "points"), _matrix(picture, "picture")
    _checked_rows(len(points), len(picture))
    return neighbour_ranks(points), neighbour_ranks(picture)


def _checked(k, n):
    if not 1 <= k or not 2 * k < n:
        raise ValueError(f"k must be at least 1 and less than half of the {n} points, not {k}.")
    return int(k)


def _checked_rows(n, other):
    if n != other:
        raise ValueError(f"there are {n} points and {other} places: they must be the same rows.")
    return n


def _matrix(points, name):
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or len(points) < 2 or not np.isfinite(points).all():
        raise ValueError(f"{name} must be a matrix of finite numbers with two rows or more.")
    return points
