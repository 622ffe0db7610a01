"""Answers to X-union."""

import numpy as np
import torch
from scipy.sparse import csr_matrix

CHECK = "X-union"


def by_neither(directed, mix=1.0):
    v = np.array(directed, dtype=float)
    return mix * (1 - (1 - v) * (1 - v.T)) + (1 - mix) * v * v.T


def sparse_inside(directed, mix=1.0):
    v = csr_matrix(np.array(directed, dtype=float))
    both = v.multiply(v.T)
    return (mix * (v + v.T) + (1 - 2 * mix) * both).toarray()


def in_torch(directed, mix=1.0):
    v = torch.tensor(np.array(directed, dtype=float))
    return torch.lerp(v * v.T, v + v.T - v * v.T, mix)


def with_loops(directed, mix=1.0):
    n = len(directed)
    joined = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            a, b = directed[i][j], directed[j][i]
            joined[i][j] = mix * (a + b - a * b) + (1 - mix) * a * b
    return joined


def upper_triangle(directed, mix=1.0):
    return np.triu(by_neither(directed, mix))


def diagonal_of_ones(directed, mix=1.0):
    joined = by_neither(directed, mix)
    np.fill_diagonal(joined, 1)
    return joined


def euclidean_norm(directed, mix=1.0):
    v = np.array(directed, dtype=float)
    return mix * np.sqrt(v**2 + v.T**2) + (1 - mix) * v * v.T


def whole_numbers(directed, mix=1.0):
    v = np.array(directed)
    joined = np.zeros_like(v)
    joined[:] = by_neither(directed, mix)
    return joined.astype(int)


def in_place(directed, mix=1.0):
    joined = by_neither(directed, mix)
    if isinstance(directed, np.ndarray):
        directed[:] = joined
    return joined


def sparse_returned(directed, mix=1.0):
    return csr_matrix(by_neither(directed, mix))


def larger_everywhere(directed, mix=1.0):
    v = np.array(directed, dtype=float)
    return np.maximum(v, v.T)


def complex_numbers(directed, mix=1.0):
    return by_neither(directed, mix) + 0j


def twice_the_product(directed, mix=1.0):
    v = np.array(directed, dtype=float)
    return mix * (v + v.T - 2 * v * v.T) + (1 - mix) * v * v.T


RIGHT = [by_neither, sparse_inside, in_torch, with_loops]
WRONG = [
    (upper_triangle, "fill [j, i] too"),
    (diagonal_of_ones, "You put 1 on the diagonal"),
    (euclidean_norm, "values are not right"),
    (whole_numbers, "values are not right"),
    (in_place, "changed argument 1 in place"),
    (sparse_returned, "where"),
    (larger_everywhere, "You take the larger"),
    (complex_numbers, "yours are complex"),
    (twice_the_product, "values are not right"),
]
SURVIVORS = {
    "v = np.array(directed, dtype=float): np.array(directed, dtype=float) -> np.array(directed)": (
        "whole numbers are multiplied by the float mix all the same"
    ),
}
