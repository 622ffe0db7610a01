"""Answers to Q11-gradient."""

import math

import numpy as np
from scipy.special import log_softmax, softmax

CHECK = "Q11-gradient"


def with_scipy(similarities, positive, temperature):
    p = softmax(np.asarray(similarities, dtype=float) / temperature, axis=1)
    one_hot = np.eye(p.shape[1])[np.asarray(positive)]
    return (p - one_hot) / temperature / len(p)


def loops(similarities, positive, temperature):
    rows = [[float(value) for value in row] for row in similarities]
    result = []
    for row, right in zip(rows, positive, strict=True):
        largest = max(row)
        weights = [math.exp((value - largest) / temperature) for value in row]
        result.append(
            [
                (weight / math.fsum(weights) - (column == right)) / (len(rows) * temperature)
                for column, weight in enumerate(weights)
            ]
        )
    return result


def absolute(similarities, positive, temperature):
    return np.abs(with_scipy(similarities, positive, temperature))


def logarithm(similarities, positive, temperature):
    p = log_softmax(np.asarray(similarities, dtype=float) / temperature, axis=1)
    p[np.arange(len(p)), np.asarray(positive)] -= 1
    return p / temperature / len(p)


def mean_over_all(similarities, positive, temperature):
    gradient = with_scipy(similarities, positive, temperature)
    return gradient / gradient.shape[1]


def finite_differences(similarities, positive, temperature):
    s = np.array(similarities, dtype=float)
    rows = np.arange(len(s))

    def loss(s):
        return -log_softmax(s / temperature, axis=1)[rows, positive].mean()

    gradient = np.zeros_like(s)
    for place in np.ndindex(s.shape):
        up, down = s.copy(), s.copy()
        up[place] += 1e-3
        down[place] -= 1e-3
        gradient[place] = (loss(up) - loss(down)) / 2e-3
    return gradient


def in_place(similarities, positive, temperature):
    gradient = with_scipy(similarities, positive, temperature)
    if isinstance(similarities, np.ndarray) and similarities.dtype == float:
        similarities /= temperature
    return gradient


def zeros(similarities, positive, temperature):
    return np.zeros_like(np.asarray(similarities, dtype=float))


RIGHT = [with_scipy, loops]
WRONG = [
    (absolute, "values are not right"),
    (logarithm, "values are not right"),
    (mean_over_all, "divide by the number of rows"),
    (finite_differences, "values are not right"),
    (in_place, "in place: work on a copy"),
    (zeros, "values are not right"),
]
SURVIVORS = {
    "scores = np.asarray(similarities, dtype=float) / temperature: "
    "np.asarray(similarities, dtype=float) -> np.asarray(similarities)": (
        "the division turns whole numbers into floats"
    ),
    "p[np.arange(n), np.asarray(positive)] -= 1: np.asarray(positive) -> positive": (
        "a list works as an index as well"
    ),
}
