"""Weighted low-rank fits and the measure of how well a few coordinates tell a label."""

import numpy as np
from scipy.stats import rankdata

__all__ = ["probe_auc", "weighted_low_rank"]


def weighted_low_rank(matrix, weights, k: int, steps: int = 100) -> np.ndarray:
    """Fit a matrix of rank k by weighted least squares, rows and columns in turn.

    Parameters
    ----------
    matrix : array_like (n, m)
    weights : array_like (n, m)
        Positive; how much the square of each cell's error counts. With equal weights the truncated
        SVD is the answer, and it is where the fit starts.
    k : int
        Rank, 1 to min(n, m).
    steps : int
        Rounds; each solves a small linear system for every row, then for every column.

    Returns
    -------
    ndarray (n, m)
        Rank k. A local optimum: unlike the unweighted problem this one may have several.

    Raises
    ------
    ValueError
        If shapes do not fit, a weight is not positive, or `k` is out of range.
    """
    matrix, weights = np.asarray(matrix, dtype=float), np.asarray(weights, dtype=float)
    if matrix.ndim != 2 or weights.shape != matrix.shape or not (weights > 0).all():
        raise ValueError("give a matrix and a positive weight for each of its cells.")
    if not 1 <= k <= min(matrix.shape):
        raise ValueError(f"k must be 1 to {min(matrix.shape)}, not {k}.")
    left, singular, right = np.linalg.svd(matrix, full_matrices=False)
    rows, columns = left[:, :k] * singular[:k] ** 0.5, right[:k].T * singular[:k] ** 0.5
    for _ in range(steps):
        rows = _solved(matrix, weights, columns)
        columns = _solved(matrix.T, weights.T, rows)
    return rows @ columns.T


def _solved(matrix, weights, fixed):
    """Best row vectors for fixed column vectors: one weighted regression a row."""
    # A tiny ridge keeps a system solvable whose matrix has a lower rank.
    grams = np.einsum("ij,jk,jl->ikl", weights, fixed, fixed, optimize=True)
    grams += 1e-9 * np.trace(grams, axis1=1, axis2=2).mean() * np.eye(fixed.shape[1])
    return np.linalg.solve(grams, ((weights * matrix) @ fixed)[..., None])[..., 0]


def probe_auc(train, train_labels, test, test_labels, penalty: float = 1e-3) -> float:
    """How well a linear probe of some coordinates ranks rows with a label before rows without.

    A ridge regression on standardised coordinates. For a rare label this tells more than accuracy.

    Parameters
    ----------
    train, test : array_like (n, d), (m, d)
    train_labels, test_labels : array_like of bool (n,), (m,)
        Both kinds in each.
    penalty : float
        Of the squared weights, times n.

    Returns
    -------
    float
        Share of pairs (one test row with the label, one without) in the right order; 0.5 is chance.

    Raises
    ------
    ValueError
        If lengths do not fit, or a kind is missing.
    """
    train, test = np.asarray(train, dtype=float), np.asarray(test, dtype=float)
    sides = [np.asarray(side, dtype=bool) for side in (train_labels, test_labels)]
    if len(train) != len(sides[0]) or len(test) != len(sides[1]):
        raise ValueError("give one label for each row.")
    if any(side.all() or not side.any() for side in sides):
        raise ValueError("rows with the label and rows without are needed, in train and in test.")
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread = np.where(spread > 1e-7 * spread.max(), spread, np.inf)  # a constant says nothing
    train, test = (train - mean) / spread, (test - mean) / spread
    gram = train.T @ train + penalty * len(train) * np.eye(train.shape[1])
    scores = test @ np.linalg.solve(gram, train.T @ (sides[0] - sides[0].mean()))
    ranks, with_label = rankdata(scores), sides[1]
    count = int(with_label.sum())
    above = ranks[with_label].sum() - count * (count + 1) / 2
    return float(above / (count * (len(test) - count)))
