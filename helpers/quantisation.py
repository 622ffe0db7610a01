"""Vectors in fewer bytes: rounded numbers and signs, and the rescoring that repairs the order."""

import numpy as np

__all__ = ["best_rows", "rescored", "rounded", "signs"]


def rounded(vectors, bits: int = 8, by: str = "dimension") -> np.ndarray:
    """Round numbers to 2^bits evenly spaced levels between the least and the greatest.

    Parameters
    ----------
    vectors : array_like (n, d)
    bits : int
        1 to 16 for each number.
    by : {"dimension", "all"}
        Whether each dimension has its own least and greatest number, or all have the same two.

    Returns
    -------
    ndarray (n, d), float32
        The levels themselves, as a search would read them back from the codes.

    Raises
    ------
    ValueError
        If a setting is unknown, or there are no vectors.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    if vectors.ndim != 2 or not vectors.size:
        raise ValueError(f"vectors must have the shape (n, d), not {vectors.shape}.")
    if by not in ("dimension", "all") or not 1 <= bits <= 16:
        raise ValueError(f"by is dimension or all, bits 1 to 16: not {by!r} and {bits}.")
    axis = 0 if by == "dimension" else None
    low, high = vectors.min(axis=axis), vectors.max(axis=axis)
    step = (high - low) / (2**bits - 1)
    step = np.where(step == 0, 1, step)  # all numbers alike: they stay as they are
    return (np.round((vectors - low) / step) * step + low).astype(np.float32)


def signs(vectors, centre=0.0) -> np.ndarray:
    """Keep one bit of each number: 1 above the centre, else -1.

    An inner product of two such vectors is d - 2 times the number of bits that differ (the Hamming
    distance), so it ranks as that does.

    Parameters
    ----------
    vectors : array_like (n, d)
    centre : float or array_like (d,)

    Returns
    -------
    ndarray (n, d), float32
    """
    return np.where(np.asarray(vectors) > centre, np.float32(1), np.float32(-1))


def best_rows(scores, k: int) -> np.ndarray:
    """Return the rows with the k largest scores for each query, best first.

    Parameters
    ----------
    scores : array_like (q, n)
    k : int
        1 to n.

    Returns
    -------
    ndarray (q, k), int64
        Of equal scores the earlier row first.

    Raises
    ------
    ValueError
        If `k` is out of range.
    """
    scores = np.asarray(scores)
    if scores.ndim != 2 or not 1 <= k <= scores.shape[1]:
        raise ValueError(f"k must be between 1 and the width of scores {scores.shape}, not {k}.")
    # No order of all n: only rows at least as good as the k-th are sorted, ties by row.
    least = -np.partition(-scores, k - 1, axis=1)[:, k - 1]
    best = np.empty((len(scores), k), dtype=np.int64)
    for place, (row, limit) in enumerate(zip(scores, least, strict=True)):
        kept = np.flatnonzero(row >= limit)
        best[place] = kept[np.argsort(-row[kept], kind="stable")[:k]]
    return best


def rescored(queries, vectors, candidates, k: int) -> np.ndarray:
    """Order candidates by inner products of the full vectors and keep the best k.

    Parameters
    ----------
    queries : array_like (q, d)
    vectors : array_like (n, d)
        Full vectors; only rows of candidates are read.
    candidates : array_like (q, r) of int
        Rows, in any order.
    k : int
        At most r.

    Returns
    -------
    ndarray (q, k), int64
    """
    queries, vectors, candidates = map(np.asarray, (queries, vectors, candidates))
    candidates = np.sort(candidates, axis=1)
    scores = np.stack([
        vectors[rows] @ query for query, rows in zip(queries, candidates, strict=True)
    ])  # fmt: skip
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(candidates, order, axis=1)
