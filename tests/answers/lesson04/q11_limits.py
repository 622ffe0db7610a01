"""Answers to Q11-limits."""

import math

import numpy as np

CHECK = "Q11-limits"


def differences(positive, negatives, temperature):
    d = np.asarray(negatives, dtype=float) - np.asarray(positive, dtype=float)[:, None]
    k = d.shape[1]
    cold = np.clip(d, 0, None).max(axis=1) / temperature
    return cold, math.log(k + 1) + d.sum(axis=1) / ((k + 1) * temperature)


def loops(positive, negatives, temperature):
    cold, warm = [], []
    for right, row in zip(positive, negatives, strict=True):
        everything = [float(right), *(float(value) for value in row)]
        cold.append((max(everything) - everything[0]) / temperature)
        mean = math.fsum(everything) / len(everything)
        warm.append(math.log(len(everything)) + (mean - everything[0]) / temperature)
    return cold, warm


def absolute_gap(positive, negatives, temperature):
    cold, warm = differences(positive, negatives, temperature)
    gap = np.asarray(negatives, dtype=float).max(axis=1) - np.asarray(positive, dtype=float)
    return np.abs(gap) / temperature, warm


def with_variance(positive, negatives, temperature):
    cold, warm = differences(positive, negatives, temperature)
    everything = np.column_stack([positive, negatives])
    return cold, warm + everything.var(axis=1) / (2 * temperature**2)


def means(positive, negatives, temperature):
    return tuple(float(np.mean(part)) for part in differences(positive, negatives, temperature))


def cold_only(positive, negatives, temperature):
    return differences(positive, negatives, temperature)[0]


def with_margin(positive, negatives, temperature):
    d = np.asarray(negatives, dtype=float) - np.asarray(positive, dtype=float)[:, None]
    cold = np.maximum(0, d.max(axis=1) + 0.2) / temperature
    return cold, differences(positive, negatives, temperature)[1]


RIGHT = [differences, loops]
WRONG = [
    (absolute_gap, "in part 1 of the result"),
    (with_variance, "goes one term too far"),
    (means, "one number"),
    (cold_only, "where 2 values should come back"),
    (with_margin, "in part 1 of the result"),
]
_FLOAT = "lists become arrays all the same, and the division gives floats"
SURVIVORS = {
    "negatives = np.asarray(negatives, dtype=float): np.asarray(negatives, dtype=float) -> "
    "np.asarray(negatives)": _FLOAT,
    "positive = np.asarray(positive, dtype=float): np.asarray(positive, dtype=float) -> "
    "np.asarray(positive)": _FLOAT,
    "positive = np.asarray(positive, dtype=float): np.asarray(positive, dtype=float) -> "
    "positive": "np.column_stack and the subtraction take a list as well",
    "cold = np.maximum(0, negatives.max(axis=1) - positive) / temperature: "
    "np.maximum(0, negatives.max(axis=1) - positive) -> "
    "np.maximum(negatives.max(axis=1) - positive, 0)": "the maximum of two does not know an order",
}
