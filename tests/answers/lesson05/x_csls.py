"""Answers to X-csls."""

import heapq

import numpy as np
import torch

CHECK = "X-csls"


def with_heaps(similarity, k):
    rows = [list(map(float, row)) for row in similarity]
    columns = [[row[j] for row in rows] for j in range(len(rows[0]))]
    of_rows = [heapq.nlargest(k, row) for row in rows]
    of_columns = [heapq.nlargest(k, column) for column in columns]
    r = [sum(best) / len(best) for best in of_rows]
    q = [sum(best) / len(best) for best in of_columns]
    return [[2 * s - r[i] - q[j] for j, s in enumerate(row)] for i, row in enumerate(rows)]


def with_torch(similarity, k):
    s = torch.as_tensor(np.array(similarity, dtype=float))
    r = s.topk(min(k, s.shape[1]), dim=1).values.mean(dim=1, keepdim=True)
    q = s.topk(min(k, s.shape[0]), dim=0).values.mean(dim=0, keepdim=True)
    return (s - r) + (s - q)


def half_and_half(similarity, k):
    s = np.asarray(similarity, dtype=float)

    def lowered(table):
        return table - np.sort(table, axis=1)[:, -k:].mean(axis=1, keepdims=True)

    return lowered(s) + lowered(s.T).T


def halved(similarity, k):
    return half_and_half(similarity, k) / 2


def multiplied(similarity, k):
    s = np.asarray(similarity, dtype=float)
    r = np.sort(s, axis=1)[:, -k:].mean(axis=1, keepdims=True)
    q = np.sort(s, axis=0)[-k:].mean(axis=0)
    return 2 * s - r * q


def in_place(similarity, k):
    result = half_and_half(similarity, k)
    if isinstance(similarity, np.ndarray):
        similarity[:] = 0
    return result


def the_best_columns(similarity, k):
    return half_and_half(similarity, k).argmax(axis=1)


def rounded(similarity, k):
    return np.round(half_and_half(similarity, k), 2)


def one_beyond(similarity, k):
    return half_and_half(similarity, k + 1)


RIGHT = [with_heaps, with_torch, half_and_half]
WRONG = [
    (halved, "half of it"),
    (multiplied, "values are not right"),
    (in_place, "changed argument 1 in place"),
    (the_best_columns, "the shape"),
    (rounded, "not right"),
    (one_beyond, "values are not right"),
    (lambda similarity, k: similarity, "not right"),
]
SURVIVORS = {
    "of_rows = np.sort(similarity, axis=1)[:, -k:].mean(axis=1): "
    "np.sort(similarity, axis=1) -> np.sort(similarity)": (
        "The last axis is the default, and a table's last axis is 1."
    ),
}
