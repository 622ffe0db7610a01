"""Answers to Q03-gap."""

import math

import numpy as np
import torch

CHECK = "Q03-gap"


def loops(rows, prior, alpha=20.0):
    squares = 0.0
    for j in range(len(prior)):
        logs = []
        for row in rows:
            row = [float(n) for n in row]
            logs.append(math.log((row[j] + alpha * prior[j]) / (sum(row) + alpha)))
        squares += prior[j] * (logs[1] - logs[0] - logs[3] + logs[2]) ** 2
    return squares**0.5


def in_torch(rows, prior, alpha=20.0):
    rows = torch.tensor(np.array(rows), dtype=torch.float64)
    prior = torch.tensor(np.array(prior), dtype=torch.float64)
    logs = torch.log(rows + alpha * prior) - torch.log(rows.sum(1, keepdim=True) + alpha)
    signs = torch.tensor([-1.0, 1.0, 1.0, -1.0], dtype=torch.float64)
    return torch.sqrt((prior * (signs @ logs) ** 2).sum())


def by_pmi(rows, prior, alpha=20.0):
    rows, prior = np.array(rows, dtype=float), np.array(prior, dtype=float)
    pmi = np.log((rows + alpha * prior) / (rows.sum(1)[:, None] + alpha) / prior)
    return np.sqrt(np.average((pmi[1] - pmi[0] + pmi[2] - pmi[3]) ** 2, weights=prior))


def row_of_differences(rows, prior, alpha=20.0):
    rows, prior = np.array(rows, dtype=float), np.array(prior, dtype=float)
    p = (rows + alpha * prior) / (rows.sum(1, keepdims=True) + alpha)
    return np.log(p[1] / p[0]) - np.log(p[3] / p[2])


def arrays_taken_for_granted(rows, prior, alpha=20.0):
    p = (rows + alpha * prior) / (np.sum(rows, axis=1, keepdims=True) + alpha)
    difference = np.log(p[1] / p[0]) - np.log(p[3] / p[2])
    return np.sqrt(prior @ difference**2)


def methods_of_arrays(rows, prior, alpha=20.0):
    totals = rows.sum(axis=1)[:, None] + alpha
    a, b, c, d = np.log((rows + alpha * prior) / totals)
    return np.sqrt(((b - a - d + c) ** 2 * prior).sum())


def base_two(rows, prior, alpha=20.0):
    return loops(rows, prior, alpha) / math.log(2)


def rows_not_normalised(rows, prior, alpha=20.0):
    rows, prior = np.array(rows, dtype=float), np.array(prior, dtype=float)
    logs = np.log(rows + alpha * prior)
    return np.sqrt(prior @ (logs[1] - logs[0] - logs[3] + logs[2]) ** 2)


def smoothing_not_in_the_sum(rows, prior, alpha=20.0):
    rows, prior = np.array(rows, dtype=float), np.array(prior, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = (rows + alpha * prior) / rows.sum(1, keepdims=True)
        return np.sqrt(prior @ (np.log(p[1] / p[0]) - np.log(p[3] / p[2])) ** 2)


def absolute_values(rows, prior, alpha=20.0):
    rows, prior = np.array(rows, dtype=float), np.array(prior, dtype=float)
    p = (rows + alpha * prior) / (rows.sum(1, keepdims=True) + alpha)
    return float(prior @ abs(np.log(p[1] / p[0]) - np.log(p[3] / p[2])))


def forgets_to_return(rows, prior, alpha=20.0):
    loops(rows, prior, alpha)


RIGHT = [loops, in_torch, by_pmi]
WRONG = [
    (arrays_taken_for_granted, "Start with `rows, prior = np.asarray"),
    (methods_of_arrays, "raises AttributeError"),
    (row_of_differences, "the shape"),
    (base_two, "use the natural logarithm"),
    (rows_not_normalised, "not right"),
    (smoothing_not_in_the_sum, "not right"),
    (absolute_values, "You average absolute differences"),
    (forgets_to_return, "return"),
]
_ROWS = "rows, prior = (np.asarray(rows, dtype=float), np.asarray(prior, dtype=: "
_GAP = "return float(np.sqrt(prior @ difference ** 2)): "
SURVIVORS = {
    "p = (rows + alpha * prior) / (rows.sum(axis=1, keepdims=True) + alpha): "
    "(rows + alpha * prior) / (rows.sum(axis=1, keepdims=True) + alpha) -> "
    "(rows.sum(axis=1, keepdims=True) + alpha) / (rows + alpha * prior)": (
        "turning every probability over flips the sign of the difference, which is squared"
    ),
    "difference = np.log(p[1] / p[0]) - np.log(p[3] / p[2]): np.log(p[1] / p[0]) - "
    "np.log(p[3] / p[2]) -> np.log(p[3] / p[2]) - np.log(p[1] / p[0])": (
        "the sign of the difference is lost when it is squared"
    ),
    _GAP + "float(np.sqrt(prior @ difference ** 2)) -> np.sqrt(prior @ difference ** 2)": (
        "a NumPy number is as good as a Python float"
    ),
    _GAP + "prior @ difference ** 2 -> difference ** 2 @ prior": (
        "the product of two vectors is symmetric"
    ),
    _ROWS + "np.asarray(rows, dtype=float) -> np.asarray(rows)": (
        "whole numbers become floats when the smoothing is added"
    ),
    _ROWS + "np.asarray(prior, dtype=float) -> np.asarray(prior)": (
        "a prior is made of floats already"
    ),
}
