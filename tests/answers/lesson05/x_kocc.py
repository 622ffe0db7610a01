"""Answers to X-kocc."""

import numpy as np

CHECK = "X-kocc"


def tick_by_tick(similarity, k):
    n = len(similarity)
    counts = [0] * n
    for i in range(n):
        left = [j for j in range(n) if j != i]
        for _ in range(min(k, n - 1)):
            best = left[0]
            for j in left:
                if similarity[i][j] > similarity[i][best]:
                    best = j
            counts[best] += 1
            left.remove(best)
    return counts


def ranks(similarity, k):
    s = np.asarray(similarity, dtype=float)
    n = len(s)
    column = np.arange(n)
    counts = np.zeros(n, dtype=int)
    for i in range(n):
        ahead = (s[i][:, None] > s[i][None, :]) | (
            (s[i][:, None] == s[i][None, :]) & (column[:, None] < column[None, :])
        )
        ahead[i] = False  # the point itself is ahead of nobody
        rank = ahead.sum(axis=0)
        chosen = rank < k
        chosen[i] = False
        counts += chosen
    return counts


def without_the_diagonal(similarity, k):
    s = np.asarray(similarity, dtype=float)
    n = len(s)
    columns = np.array([[j for j in range(n) if j != i] for i in range(n)], dtype=int)
    others = np.take_along_axis(s, columns, axis=1)
    order = np.argsort(-others, axis=1, kind="stable")[:, :k]
    chosen = np.take_along_axis(columns, order, axis=1)
    return np.bincount(chosen.ravel(), minlength=n).astype(float)


def in_place(similarity, k):
    if isinstance(similarity, np.ndarray) and similarity.dtype == float:
        np.fill_diagonal(similarity, -np.inf)
    return tick_by_tick(similarity, k)


def unstable(similarity, k):
    s = np.array(similarity, dtype=float)
    np.fill_diagonal(s, -np.inf)
    k = min(k, len(s) - 1)
    order = np.argsort(s, axis=1, kind="stable")[:, len(s) - k :]
    return np.bincount(order.ravel(), minlength=len(s))


def whole_numbers_diagonal(similarity, k):
    s = np.array(similarity)
    np.fill_diagonal(s, -np.inf)
    order = np.argsort(-s, axis=1, kind="stable")[:, : min(k, len(s) - 1)]
    return np.bincount(order.ravel(), minlength=len(s))


def short(similarity, k):
    s = np.array(similarity, dtype=float)
    np.fill_diagonal(s, -np.inf)
    order = np.argsort(-s, axis=1, kind="stable")[:, : min(k, len(s) - 1)]
    return np.bincount(order.ravel())


def mutual(similarity, k):
    s = np.array(similarity, dtype=float)
    np.fill_diagonal(s, -np.inf)
    inside = np.zeros(s.shape, dtype=bool)
    order = np.argsort(-s, axis=1, kind="stable")[:, : min(k, len(s) - 1)]
    np.put_along_axis(inside, order, True, axis=1)
    return (inside & inside.T).sum(axis=0)


RIGHT = [tick_by_tick, ranks, without_the_diagonal]
WRONG = [
    (in_place, "changed argument 1 in place"),
    (unstable, "give them to the higher one"),
    (whole_numbers_diagonal, "whole numbers, not symmetric"),
    (short, "minlength=n"),
    (mutual, "not right"),
    (lambda similarity, k: np.full(len(similarity), k), "values are not right"),
    (lambda similarity, k: int(k), "where the shape"),
]
SURVIVORS = {
    "order = np.argsort(-similarity, axis=1, kind='stable'): "
    "np.argsort(-similarity, axis=1, kind='stable') -> np.argsort(-similarity, kind='stable')": (
        "The last axis is the default, and a table's last axis is 1."
    ),
    "lists = order[:, :min(k, n - 1)]: min(k, n - 1) -> min(n - 1, k)": (
        "The smaller of two numbers does not depend on their order."
    ),
}
