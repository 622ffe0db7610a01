"""When length helps: how norms turn pairs round, and relevance as cosine times a power of norm."""

import numpy as np

__all__ = ["by_exponent", "crossing", "order_shares", "score_world", "top_overlap"]


def score_world(
    ratio: float, n_items: int = 1000, n_queries: int = 200, *, spread: float = 0.2, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw cosines and norms whose logarithms are independent and normal.

    Parameters
    ----------
    ratio : float
        How many times as widely the log-norms vary as the log-cosines do; 0 or more.
    n_items, n_queries : int
        n and m.
    spread : float
        Standard deviation of the log-cosines; their mean is -1.2, so that none reaches 1.
    seed : int

    Returns
    -------
    cosines, norms : ndarray (m, n)
        Each query meets n items of its own.

    Raises
    ------
    ValueError
        If `ratio` is negative or `spread` not between 0 and 0.2.
    """
    if ratio < 0 or not 0 < spread <= 0.2:
        raise ValueError(f"ratio must be 0 or more and spread 0 to 0.2: not {ratio}, {spread}.")
    rng = np.random.default_rng(seed)
    cosines = np.exp(-1.2 + spread * rng.normal(size=(n_queries, n_items)))
    norms = np.exp(ratio * spread * rng.normal(size=(n_queries, n_items)))
    return np.minimum(cosines, 1.0), norms


def by_exponent(cosines, norms, exponent: float) -> np.ndarray:
    """Score items by cosine times norm to a power: 0 is the cosine, 1 the dot product.

    Parameters
    ----------
    cosines : array_like (m, n)
    norms : array_like, broadcast against them
        Greater than 0.
    exponent : float

    Returns
    -------
    ndarray (m, n)
    """
    return np.asarray(cosines) * np.asarray(norms) ** exponent


def top_overlap(scores, truth, k: int = 10) -> float:
    """Mean share of the k items best by one score that are among the k best by another.

    Parameters
    ----------
    scores, truth : array_like (m, n)
        Higher is better; ties may fall either way.
    k : int
        1 to n.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ or `k` is out of range.
    """
    scores, truth = np.asarray(scores), np.asarray(truth)
    if scores.shape != truth.shape or scores.ndim != 2 or not 1 <= k <= scores.shape[1]:
        raise ValueError(
            f"give two tables of one shape and k from 1 to n, not {scores.shape}, {truth.shape} "
            f"and {k}."
        )
    marks = np.zeros((2, *scores.shape), dtype=bool)
    for mark, table in zip(marks, (scores, truth), strict=True):
        best = np.argpartition(-table, k - 1, axis=1)[:, :k]
        np.put_along_axis(mark, best, True, axis=1)
    return float((marks[0] & marks[1]).sum(axis=1).mean() / k)


def order_shares(queries, items, pairs) -> dict[str, float]:
    """Compare the order of pairs by dot product with the rule from norms and cosines.

    With norms n and cosines c, item i comes before j by dot product if ln(n_i / n_j) exceeds
    ln(c_j / c_i), for positive cosines; for negative ones if it is smaller; with different signs
    if c_i is the positive one. Pairs that are equal but for rounding are left out of the rule.

    Parameters
    ----------
    queries, items : ndarray (m, d), (n, d)
        No row is zero.
    pairs : array_like of int (p, 2)
        Rows of items; each query sees all of them.

    Returns
    -------
    dict of str to float
        Share of cases in which the rule holds, in which its first line alone is right for two
        negative cosines, and of pairs that cosine and dot product order differently, by signs.
    """
    pairs = np.asarray(pairs)
    norms, lengths = (np.linalg.norm(rows, axis=1) for rows in (items, queries))
    dots = queries @ items.T
    cosines = dots / norms / lengths[:, None]
    (c_i, c_j), (s_i, s_j) = (
        (table[:, pairs[:, 0]], table[:, pairs[:, 1]]) for table in (cosines, dots)
    )
    longer = np.log(norms[pairs[:, 0]] / norms[pairs[:, 1]]) - np.log(np.abs(c_j / c_i))
    positive, negative = (c_i > 0) & (c_j > 0), (c_i < 0) & (c_j < 0)
    before, turned = s_i > s_j, (s_i > s_j) != (c_i > c_j)
    rule = np.where(positive, longer > 0, np.where(negative, longer < 0, c_i > 0))
    clear = np.abs(longer) > 1e-6
    return {
        "rule holds": float((before == rule)[clear].mean()),
        "log rule on negative pairs": float((before == (longer > 0))[clear & negative].mean()),
        "turned round, both positive": float(turned[positive].mean()),
        "turned round, both negative": float(turned[negative].mean()),
        "turned round, signs differ": float(turned[~positive & ~negative].mean()),
    }


def crossing(x, rising, falling) -> float:
    """Find where a rising curve first crosses a falling one, by straight lines between points.

    Parameters
    ----------
    x, rising, falling : array_like (p,)

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If they do not cross.
    """
    x, gap = np.asarray(x, dtype=float), np.subtract(rising, falling)
    (places,) = np.nonzero((gap[:-1] <= 0) & (gap[1:] > 0))
    if not len(places):
        raise ValueError("the curves do not cross: widen the range of x.")
    i = places[0]
    return float(x[i] - gap[i] * (x[i + 1] - x[i]) / (gap[i + 1] - gap[i]))
