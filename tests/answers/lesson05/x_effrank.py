"""Answers to X-effrank."""

import math
from fractions import Fraction

import numpy as np
import torch

CHECK = "X-effrank"


def _prepared(vectors, centre):
    x = np.array(vectors, dtype=np.float64)
    x /= np.abs(x).max() or 1.0
    if centre:
        x -= x.mean(axis=0)
    return x if np.abs(x).max() > 1e-12 else None


def by_eigenvalues(vectors, centre=True):
    x = _prepared(vectors, centre)
    if x is None:
        return 1.0
    values = np.linalg.eigvalsh(x.T @ x / len(x)).clip(0)
    values = values[values > 0] / values.sum()
    return np.prod(values**-values)


def by_torch(vectors, centre=True):
    x = _prepared(vectors, centre)
    if x is None:
        return 1
    squares = torch.linalg.svdvals(torch.from_numpy(x)).square()
    return torch.distributions.Categorical(squares / squares.sum()).entropy().exp()


def between_rows(vectors, centre=True):
    # The table of the rows' dot products has the same eigenvalues; bits both ways.
    x = _prepared(vectors, centre)
    if x is None:
        return 1.0
    values = np.linalg.eigvalsh(np.einsum("ad,bd->ab", x, x))
    shares = [value / values.sum() for value in values.tolist() if value > 0]
    return 2 ** -sum(share * math.log2(share) for share in shares)


def exact_mean(vectors, centre=True):
    rows = [[Fraction(float(value)) for value in row] for row in vectors]
    largest = max(abs(value) for row in rows for value in row)
    if largest == 0:
        return 1.0
    means = [sum(column) / len(rows) if centre else 0 for column in zip(*rows, strict=True)]
    x = np.array([[float((v - m) / largest) for v, m in zip(row, means, strict=True)]
                  for row in rows])  # fmt: skip
    if np.abs(x).max() <= 1e-12:
        return 1.0
    squares = np.linalg.svd(x, compute_uv=False) ** 2
    shares = squares[squares > 0] / squares.sum()
    return float(np.exp(-shares @ np.log(shares)))


def by_np_cov(vectors, centre=True):
    x = np.array(vectors, dtype=float)
    matrix = np.cov(x.T, bias=True) if centre else x.T @ x / len(x)
    if not np.any(matrix):
        return 1.0
    values = np.linalg.eigvalsh(matrix)
    values = values[values > 0] / values.sum()
    return math.exp(-np.sum(values * np.log(values)))


def difference_of_moments(vectors, centre=True):
    # E[x x^T] - mu mu^T cancels when the mean is large.
    x = np.array(vectors, dtype=float)
    largest = np.abs(x).max()
    if largest == 0 or (centre and np.ptp(x, axis=0).max() <= 1e-12 * largest):
        return 1.0
    x = x / largest
    matrix = x.T @ x / len(x)
    if centre:
        matrix -= np.outer(x.mean(axis=0), x.mean(axis=0))
    values = np.linalg.eigvalsh(matrix)
    values = values[values > 1e-17]
    shares = values / values.sum()
    return math.exp(-np.sum(shares * np.log(shares)))


def in_place(vectors, centre=True):
    x = _prepared(vectors, centre)
    if isinstance(vectors, np.ndarray) and vectors.dtype == float and x is not None:
        vectors -= vectors.mean(axis=0)
    return by_eigenvalues(x, False) if x is not None else 1.0


def only_d_columns(vectors, centre=True):
    # Refuses fewer rows than columns.
    if 1 < len(vectors) < len(vectors[0]):
        raise ValueError("more rows than columns needed")
    return by_eigenvalues(vectors, centre)


def drops_small(vectors, centre=True):
    x = _prepared(vectors, centre)
    if x is None:
        return 1.0
    values = np.linalg.svd(x, compute_uv=False) ** 2
    shares = values / values.sum()
    shares = shares[shares > 0.05]
    return math.exp(-np.sum(shares * np.log(shares)))


def bold_bound(vectors, centre=True):
    x = np.array(vectors, dtype=np.float64)
    x /= np.abs(x).max() or 1.0
    if centre:
        x -= x.mean(axis=0)
    return by_eigenvalues(x, False) if np.abs(x).max() > 1e-8 else 1.0


def one_mean(vectors, centre=True):
    x = _prepared(vectors, False)
    if x is None:
        return 1.0
    x = x - x.mean() if centre else x
    return by_eigenvalues(x, False) if np.abs(x).max() > 1e-12 else 1.0


def plain_entropy(vectors, centre=True):
    return math.log(by_eigenvalues(vectors, centre))


RIGHT = [by_eigenvalues, by_torch, between_rows, exact_mean]
WRONG = [
    (by_np_cov, "cases are right"),
    (difference_of_moments, "deviations of 4e-12"),
    (in_place, "in place"),
    (only_d_columns, "fewer rows than columns"),
    (drops_small, "the number is not right"),
    (bold_bound, "does vary, if by little"),
    (one_mean, "one number from everything"),
    (plain_entropy, "entropy itself"),
    (lambda vectors, centre=True: 1.0, "the number is not right"),
    (lambda vectors, centre=True: float(len(vectors[0])), "the number is not right"),
    (lambda vectors, centre=True: None, "is the `return` there?"),
]
SURVIVORS = {
    "x = x - x.mean(axis=0): x - x.mean(axis=0) -> x.mean(axis=0) - x": (
        "The cloud is turned round its centre; its eigenvalues stay."
    ),
}
