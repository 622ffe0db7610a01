"""Exact search for the k best vectors, in tiles: an n x m matrix of scores never exists.

**Products first, decisions later.** BLAS multiplies one *tile* of queries by one of vectors in
float32, which is fast but rounds: the same pair may get another last bit elsewhere in a tile. A
dot product of d terms is off by at most about d / 2^24 times both lengths (Higham 2002, section
3.1), whatever the order of summation. So a score of a tile only says who *may* belong to the best
k: whoever is not further below the k-th best so far than that. Those few, about k ln(n / k) of n,
are scored again in float64 and enter the query's heap of k. The result is that of float64: it
depends neither on tiles nor on threads, and equal scores stand in the order of their ids.

**All pairs.** When the queries are the vectors, score (i, j) is score (j, i). So only the tiles on
and above the diagonal are multiplied, and each is offered twice: its rows to the heaps of the
row's points, its columns to the heaps of the column's points. That is half of the products.

**Metrics.** Cosine is the dot product of unit rows. For points x and y around a common centre,
-|x - y|^2 / 2 is the dot product of (x, -|x|^2 / 2, 1) with (y, 1, -|y|^2 / 2). So tiles know dot
products only.

:func:`naive_top_k` is the specification.

References
----------
Higham (2002), "Accuracy and Stability of Numerical Algorithms", 2nd edition.
"""

import functools
import operator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np
from threadpoolctl import ThreadpoolController

from helpers.exact_search_kernels import COSINE, EUCLIDEAN, METRICS, moved, offer, row_lengths

__all__ = ["METRICS", "Neighbours", "all_pairs_top_k", "naive_top_k", "top_k"]

TILE = 768
WIDEST = 16 * TILE  # columns of a tile with few rows
_NO_LENGTH = 1e-150  # squares of shorter rows are lost even in float64


class Neighbours(NamedTuple):
    """The best k of each query.

    Attributes
    ----------
    scores : ndarray (m, k), float64
        Falling from left to right.
    ids : ndarray (m, k), int64
        Row numbers of the vectors; of equal scores the lower id stands first.
    """

    scores: np.ndarray
    ids: np.ndarray


def top_k(
    queries, vectors, k: int, *, metric: str = "dot", threads: int | None = None
) -> Neighbours:
    """Find the k best vectors for each query, exactly.

    Parameters
    ----------
    queries : array_like (m, d)
    vectors : array_like (n, d)
        Fastest as C-contiguous float32; other numbers are converted.
    k : int
        1 to n.
    metric : {"dot", "cosine", "euclidean"}
        The score is the dot product, the cosine, or *minus* the distance: more is always better.
    threads : int, optional
        As many as numba would use, if not given. The result does not depend on it.

    Returns
    -------
    Neighbours
        `scores` and `ids`, both (m, k): the float64 scores, falling, and whose they are.

    Raises
    ------
    ValueError
        If k, shapes, the metric or the threads do not fit, if a number is not finite or beyond
        float32, or if a row has length 0 and the metric is the cosine.

    Examples
    --------
    >>> scores, ids = top_k([[1.0, 0.0]], [[0.0, 1.0], [2.0, 0.0], [3.0, 4.0]], k=2)
    >>> ids
    array([[2, 1]])
    """
    queries, vectors = _matrix(queries, "queries"), _matrix(vectors, "vectors")
    if queries.shape[1] != vectors.shape[1]:
        raise ValueError(
            f"queries have {queries.shape[1]} columns and vectors {vectors.shape[1]}: "
            "both need the same number of dimensions."
        )
    return _search(queries, vectors, k, len(vectors), metric, threads, False, False)


def all_pairs_top_k(
    vectors,
    k: int,
    *,
    exclude_self: bool = False,
    metric: str = "dot",
    threads: int | None = None,
) -> Neighbours:
    """Find the k best vectors for each of the vectors: ``top_k(vectors, vectors, k)`` in half.

    Parameters
    ----------
    vectors : array_like (n, d)
        Fastest as C-contiguous float32; other numbers are converted.
    k : int
        1 to n, or to n - 1 with `exclude_self`.
    exclude_self : bool
        Leave out each vector's score with itself. Copies of it in other rows stay.
    metric, threads
        As for :func:`top_k`.

    Returns
    -------
    Neighbours
        `scores` and `ids`, both (n, k).

    Raises
    ------
    ValueError
        As :func:`top_k`.
    """
    vectors = _matrix(vectors, "vectors")
    choice = len(vectors) - bool(exclude_self)
    return _search(vectors, vectors, k, choice, metric, threads, True, bool(exclude_self))


def naive_top_k(
    queries, vectors, k: int, *, metric: str = "dot", exclude_self: bool = False
) -> Neighbours:
    """Compute the same query by query: all scores in float64, then sort. The specification.

    Parameters, results and ties are those of :func:`top_k` and :func:`all_pairs_top_k`.
    """
    queries, vectors = np.asarray(queries, float), np.asarray(vectors, float)
    found = []
    for i, query in enumerate(queries):
        if metric == "euclidean":
            scores = 0 - np.sqrt(((query - vectors) ** 2).sum(1))
        else:
            scores = (query * vectors).sum(1)
        if metric == "cosine":
            scores /= np.sqrt((query**2).sum()) * np.sqrt((vectors**2).sum(1))
            scores = scores.clip(-1, 1)
        if exclude_self:
            scores[i] = -np.inf
        best = np.lexsort((np.arange(len(vectors)), -scores))[:k]  # by score, then by id
        found.append((scores[best], best))
    return Neighbours(*map(np.array, zip(*found, strict=True)))


def _matrix(rows, name: str) -> np.ndarray:
    """Return `rows` as a float32 or float64 matrix in C order."""
    try:
        rows = np.asarray(rows)
        kind = np.float32 if rows.dtype in (np.float16, np.float32) else np.float64
        rows = np.ascontiguousarray(rows).astype(kind, casting="same_kind", copy=False)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a matrix of real numbers, a row each.") from None
    if rows.ndim != 2 or not rows.shape[1]:
        raise ValueError(f"{name} must have the shape (rows, dimensions), not {rows.shape}.")
    return rows


def _search(queries, vectors, k, choice, metric, threads, symmetric, skip_self) -> Neighbours:
    """Check, cut into tiles, let the threads work, and merge what each of them found."""
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}, not {metric!r}.")
    k = _count(k, "k")
    if k > choice:
        raise ValueError(f"k = {k}, but there are only {choice} vectors to choose from.")
    threads = _count(numba.get_num_threads() if threads is None else threads, "threads")
    if queries.dtype != vectors.dtype:
        queries, vectors = queries.astype(np.float64), vectors.astype(np.float64)
    sides = _Sides(queries, vectors, METRICS.index(metric), symmetric)
    m, n = len(queries), len(vectors)
    height = max(1, min(TILE, m))
    width = TILE if symmetric else min(WIDEST, TILE * TILE // height)
    tiles = [(i, j) for i in range(0, m, height) for j in range(i if symmetric else 0, n, width)]
    threads = max(1, min(threads, len(tiles)))
    following = iter(tiles)
    floors = np.full(m, -np.inf, np.float32)

    def work(_):
        keys, ids = np.full((m, k), -np.inf), np.full((m, k), n)
        space = np.empty(height * width, np.float32)
        for i, j in following:  # shared: each thread takes the next tile
            left, right = sides.left[i : i + height], sides.right[j : j + width]
            scores = space[: len(left) * len(right)].reshape(len(left), len(right))
            np.matmul(left, right.T, out=scores)
            offer(
                scores, i, j, sides.metric, sides.scale, queries, vectors, *sides.lengths,
                sides.slack, floors, keys, ids, symmetric, skip_self,
            )  # fmt: skip
        return keys, ids

    with _blas().limit(limits=1, user_api="blas"):
        if threads == 1:
            found = [work(0)]
        else:
            with ThreadPoolExecutor(threads) as pool:
                found = list(pool.map(work, range(threads)))
    keys, ids = (np.concatenate(part, axis=1) for part in zip(*found, strict=True))
    order = np.lexsort((ids, -keys), axis=1)[:, :k]
    return Neighbours(np.take_along_axis(keys, order, 1), np.take_along_axis(ids, order, 1))


@functools.cache
def _blas() -> ThreadpoolController:
    """Numpy's BLAS: threads share out tiles, and must not start threads for each of them."""
    return ThreadpoolController()


def _count(number, name: str) -> int:
    """Return `number` if it is a whole number from 1."""
    try:
        number = operator.index(number)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"{name} must be a whole number from 1.")
    return number


class _Sides:
    """What the tiles multiply, and how far off their scores can be.

    Attributes
    ----------
    left, right : ndarray (m, d'), (n, d'), float32
        Scaled rows: no score of a tile can overflow.
    scale : float
        Score of a tile per score (per half square of the distance).
    slack : ndarray (m,), float64
        Most by which a tile's score of this query can be off.
    lengths : tuple of ndarray, float64
        Of queries and vectors, around the centre.
    """

    def __init__(self, queries, vectors, metric, symmetric):
        self.metric, n_dims = metric, vectors.shape[1]
        centre = np.zeros(n_dims)
        if metric == EUCLIDEAN and len(vectors):
            centre = vectors.mean(0, dtype=np.float64)
        right = row_lengths(vectors, centre)
        left = right if symmetric else row_lengths(queries, centre)
        for lengths, name in ((left, "queries"), (right, "vectors")):
            self._complain(lengths, "vectors" if symmetric else name, metric)
        self.lengths = left, right
        if metric == COSINE:
            by_left, by_right = 1 / left, 1 / right
            self.scale = 1.0
        else:
            by_left, by_right = _factor(left), _factor(right)
            if metric == EUCLIDEAN:
                by_left = by_right = min(by_left, by_right)
            self.scale = by_left * by_right
        self.right = _scaled(vectors, centre, by_right)
        self.left = self.right if symmetric else _scaled(queries, centre, by_left)
        left, right = left * by_left, right * by_right
        bound = left * right.max(initial=0)
        if metric == EUCLIDEAN:
            self.scale /= 2
            left, right = left**2 / 2, right**2 / 2
            bound += left + right.max(initial=0)
            left, right = left.astype(np.float32), right.astype(np.float32)
            self.left = np.column_stack([self.left, -left, np.ones_like(left)])
            self.right = np.column_stack([self.right, np.ones_like(right), -right])
        # 10 more than d: two columns for distances, and the roundings of both sides, of the
        # floor and of the scaling; 1.01 for what is not linear in d; 2^-126 for underflow.
        self.slack = 1.01 * (n_dims + 10) * (bound * 2.0**-24 + 2.0**-126)

    @staticmethod
    def _complain(lengths, name, metric):
        bad = np.flatnonzero(~(lengths < np.finfo(np.float32).max))
        if len(bad):
            raise ValueError(f"row {bad[0]} of {name} holds NaN or numbers beyond float32.")
        zeros = np.flatnonzero(lengths < _NO_LENGTH) if metric == COSINE else ()
        if len(zeros):
            raise ValueError(f"row {zeros[0]} of {name} has length 0: it has no cosine.")


def _factor(lengths) -> float:
    """Power of 2 that brings the longest row near length 1; 1 where there is no need."""
    exponent = int(np.frexp(lengths.max(initial=0))[1])
    return 1.0 if abs(exponent) < 30 else 2.0 ** -max(exponent, -500)


def _scaled(rows, centre, factor) -> np.ndarray:
    """Make ``(rows - centre) * factor`` in float32; no copy where nothing changes."""
    if rows.dtype == np.float32 and not centre.any() and np.ndim(factor) == 0 and factor == 1:
        return rows
    return moved(rows, centre, np.broadcast_to(factor, len(rows)).astype(float))
