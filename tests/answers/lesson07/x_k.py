"""Answers to X-k."""

import math
from fractions import Fraction

import numpy as np

CHECK = "X-k"


def by_search(variances, share):
    values = np.sort(np.asarray(variances, dtype=float))[::-1]
    sums = np.concatenate([[0.0], np.cumsum(values)])
    goal = share * values.sum() - 1e-12 * abs(values.sum())
    return np.searchsorted(np.maximum.accumulate(sums), goal)


def exact_fractions(variances, share):
    values = sorted((Fraction(float(v)) for v in variances), reverse=True)
    total = sum(values)
    goal = total * (Fraction(float(share)) - Fraction(1, 10**12))
    reached = Fraction(0)
    for k, value in enumerate([*values, 0]):
        if reached >= goal:
            return k
        reached += value
    return len(values)


def from_what_is_lost(variances, share):
    # Drop the smallest axes as long as what is lost stays within what may be lost.
    values = sorted(float(v) for v in variances)
    total = math.fsum(values)
    kept = len(values)
    for k in range(len(values) + 1):
        if math.fsum(values[: len(values) - k]) <= (1 - share + 1e-12) * total:
            kept = k
            break
    return float(kept)


def as_array(variances, share):
    return np.array([by_search(variances, share)])


def without_plus_one(variances, share):
    values = np.sort(np.asarray(variances, dtype=float))[::-1]
    return int(np.argmax(np.cumsum(values) >= (share - 1e-12) * values.sum()))


def usual_line(variances, share):
    values = np.sort(np.asarray(variances, dtype=float))[::-1]
    return int(np.searchsorted(np.cumsum(values) / max(values.sum(), 1e-300), share) + 1)


def usual_line_unsorted(variances, share):
    values = np.asarray(variances, dtype=float)
    return int(np.searchsorted(np.cumsum(values), share * values.sum()) + 1)


def sorted_in_place(variances, share):
    if isinstance(variances, np.ndarray):
        variances.sort()
        return by_search(variances.copy(), share)
    return by_search(variances, share)


def half_an_axis(variances, share):
    return by_search(variances, share) + 0.5


def argmax_line(variances, share):
    values = np.sort(np.asarray(variances, dtype=float))[::-1]
    return int(np.argmax(np.cumsum(values) >= share * values.sum()) + 1)


def counted_line(variances, share):
    values = np.sort(np.asarray(variances, dtype=float))[::-1]
    return int((np.cumsum(values) / max(values.sum(), 1e-300) < share).sum() + 1)


def nearly(variances, share):
    values = np.sort(np.asarray(variances, dtype=float))[::-1]
    sums, total = np.append(0.0, np.cumsum(values)), values.sum()
    return int(np.argmax((sums >= share * total) | np.isclose(sums, share * total, atol=0)))


def no_conversion(variances, share):
    values = np.sort(np.asarray(variances))[::-1]
    return int(np.argmax(np.append(0, np.cumsum(values)) >= (share - 1e-12) * values.sum()))


RIGHT = [by_search, exact_fractions, from_what_is_lost]
WRONG = [
    (as_array, "return one whole number"),
    (without_plus_one, "Always one axis too few"),
    (usual_line, "Two things"),
    (argmax_line, "Two things"),
    (counted_line, "Two things"),
    (usual_line_unsorted, "sort them first"),
    (nearly, "room for rounding is too large"),
    (no_conversion, "in the input's 32 bits"),
    (lambda variances, share: complex(3), "no number"),
    (lambda variances, share: float("inf"), "is a whole number"),
    (lambda variances, share: math.nan, "is a whole number"),
    (lambda variances, share: True, "True or False"),
    (sorted_in_place, "changed argument 1 in place"),
    (half_an_axis, "is a whole number"),
    (lambda variances, share: len(variances), "is right"),
    (lambda variances, share: 1, "is right"),
    (lambda variances, share: int(share * len(variances)), "is right"),
    (lambda variances, share: None, "no number"),
]
SURVIVORS = {
    "return int(np.argmax(sums >= (share - 1e-12) * falling.sum())): "
    "int(np.argmax(sums >= (share - 1e-12) * falling.sum())) -> "
    "np.argmax(sums >= (share - 1e-12) * falling.sum())": "a NumPy integer is a number as well",
    "return int(np.argmax(sums >= (share - 1e-12) * falling.sum())): "
    "sums >= (share - 1e-12) * falling.sum() -> sums > (share - 1e-12) * falling.sum()": (
        "with the room for rounding they differ only where all is 0, and there argmax of nothing "
        "but False is 0 as well"
    ),
}
