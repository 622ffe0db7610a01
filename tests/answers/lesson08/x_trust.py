"""Answers to X-trust."""

import numpy as np
import torch
from scipy.spatial.distance import cdist
from scipy.stats import rankdata
from sklearn.manifold import trustworthiness

CHECK = "X-trust"


def gaps(x):
    x = np.array(x, dtype=float)
    distances = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances


def factor(n, k):
    return 2 / (n * k * (2 * n - 3 * k - 1))


def by_sets(points, picture, k):
    before, after = gaps(points), gaps(picture)
    n, total = len(before), 0
    for i in range(n):
        true = np.argsort(before[i], kind="stable").tolist()
        shown = np.argsort(after[i], kind="stable").tolist()[:k]
        for j in set(shown) - set(true[:k]):
            total += true.index(j) + 1 - k
    return 1 - factor(n, k) * total


def by_rankdata(points, picture, k):
    before, after = (cdist(x, x) for x in (np.array(points, float), np.array(picture, float)))
    for distances in (before, after):
        np.fill_diagonal(distances, np.inf)
    ranks, shown = (rankdata(x, method="ordinal", axis=1) for x in (before, after))
    n = len(ranks)
    return 1 - factor(n, k) * np.where(shown <= k, np.maximum(ranks - k, 0), 0).sum()


def in_torch(points, picture, k):
    def ranks(x):
        x = torch.tensor(np.array(x, dtype=float))
        distances = (x[:, None] - x[None]).pow(2).sum(2).fill_diagonal_(torch.inf)
        return distances.argsort(dim=1, stable=True).argsort(dim=1) + 1

    before, after = ranks(points), ranks(picture)
    n = len(before)
    excess = (before - k).clamp(min=0) * (after <= k)
    return 1 - excess.sum() * factor(n, k)


def by_counting(points, picture, k):
    # A rank is one more than the number of points that come before.
    n, total = len(points), 0
    before, after = gaps(points), gaps(picture)
    lower = np.tri(n, k=-1, dtype=bool)  # [j, m]: m < j

    def ranks(row):
        return 1 + ((row[None, :] < row[:, None]) | ((row[None, :] == row[:, None]) & lower)).sum(1)

    for i in range(n):
        excess = (ranks(before[i]) - k)[ranks(after[i]) <= k]
        total += excess[excess > 0].sum()
    return np.array([1 - factor(n, k) * total])


def with_factor(scale):
    def trust(points, picture, k):
        return 1 - (1 - by_sets(points, picture, k)) / factor(len(points), k) * scale(
            len(points), k
        )

    return trust


def always_one(points, picture, k):
    return 1.0


def imaginary(points, picture, k):
    return by_sets(points, picture, k) + 1j


def not_stable(points, picture, k):
    ranks = np.argsort(np.argsort(gaps(points), axis=1), axis=1) + 1
    shown = np.argsort(gaps(picture), axis=1)[:, :k]
    excess = np.take_along_axis(ranks, shown, axis=1) - k
    return 1 - factor(len(ranks), k) * excess[excess > 0].sum()


def by_scikit_learn(points, picture, k):
    return trustworthiness(np.array(points), np.array(picture), n_neighbors=k)


def two_columns(points, picture, k):
    return by_sets(points, [row[:2] for row in picture], k)


def for_each_point(points, picture, k):
    return np.array([by_sets(points, picture, k)] * len(points))


def signed(points, picture, k):
    before, after = (np.argsort(gaps(x), axis=1, kind="stable") for x in (points, picture))
    ranks = np.argsort(before, axis=1) + 1
    excess = np.take_along_axis(ranks, after[:, :k], axis=1) - k
    return 1 - factor(len(ranks), k) * excess.sum()


def absolute(points, picture, k):
    before, after = (np.argsort(gaps(x), axis=1, kind="stable") for x in (points, picture))
    ranks = np.argsort(before, axis=1) + 1
    excess = np.abs(np.take_along_axis(ranks, after[:, :k], axis=1) - k)
    return 1 - factor(len(ranks), k) * excess.sum()


def by_manhattan(points, picture, k):
    points, picture = np.array(points, float), np.array(picture, float)
    before, after = (cdist(x, x, "cityblock") for x in (points, picture))
    for distances in (before, after):
        np.fill_diagonal(distances, np.inf)
    ranks, shown = (rankdata(x, method="ordinal", axis=1) for x in (before, after))
    return 1 - factor(len(ranks), k) * np.where(shown <= k, np.maximum(ranks - k, 0), 0).sum()


def one_neighbour_more(points, picture, k):
    ranks = np.argsort(np.argsort(gaps(points), axis=1, kind="stable"), axis=1) + 1
    shown = np.argsort(gaps(picture), axis=1, kind="stable")[:, : k + 1]
    excess = np.take_along_axis(ranks, shown, axis=1) - k
    return 1 - factor(len(ranks), k) * excess[excess > 0].sum()


def nan_at_once(points, picture, k):
    return float("nan")


def percent(points, picture, k):
    return 100 * by_sets(points, picture, k)


def changes_the_picture(points, picture, k):
    value = by_sets(points, picture, k)
    if isinstance(picture, np.ndarray):
        picture -= picture.mean(axis=0)
    return value


def first_dropped_in_the_picture(points, picture, k):
    ranks = np.argsort(np.argsort(gaps(points), axis=1, kind="stable"), axis=1) + 1
    picture = np.array(picture, dtype=float)
    shown = np.argsort(cdist(picture, picture), axis=1, kind="stable")[:, 1 : k + 1]
    excess = np.take_along_axis(ranks, shown, axis=1) - k
    return 1 - factor(len(ranks), k) * excess[excess > 0].sum()


def product_in_the_points(points, picture, k):
    x = np.array(points, dtype=float)
    squares = np.einsum("ij,ij->i", x, x)
    before = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * np.dot(x, x.T), 0))
    np.fill_diagonal(before, np.inf)
    ranks = np.argsort(np.argsort(before, axis=1, kind="stable"), axis=1) + 1
    shown = np.argsort(gaps(picture), axis=1, kind="stable")[:, :k]
    excess = np.take_along_axis(ranks, shown, axis=1) - k
    return 1 - factor(len(ranks), k) * excess[excess > 0].sum()


RIGHT = [by_sets, by_rankdata, in_torch, by_counting]
WRONG = [
    (always_one, "You return 1 for every picture"),
    (imaginary, "not a complex one"),
    (not_stable, "NumPy's default"),
    (by_scikit_learn, "equal distances"),
    (two_columns, "first two columns"),
    (for_each_point, "return one number"),
    (signed, "earns a bonus"),
    (absolute, "the number is not right"),
    (by_manhattan, "the number is not right"),
    (one_neighbour_more, "the number is not right"),
    (nan_at_once, "the number is not right"),
    (percent, "the number is not right"),
    (with_factor(lambda n, k: 2 / (n * k * (2 * n - 3 * k))), "the number is not right"),
    (with_factor(lambda n, k: 2 / (n * (n - k) * (2 * n - 3 * k - 1))), "the number is not right"),
    (with_factor(lambda n, k: 1 / (n * k)), "You subtract the mean of r - k"),
    (changes_the_picture, "changed"),
    (first_dropped_in_the_picture, "places that are the same in the picture"),
    (product_in_the_points, "Far from the origin"),
]
_SAME = "axis 1 is the last one, which is the default"
SURVIVORS = {
    "gaps = ((x[:, None] - x[None]) ** 2).sum(axis=2): ((x[:, None] - x[None]) ** 2).sum(axis=2) "
    "-> ((x[:, None] - x[None]) ** 2).mean(axis=2)": "divided by d, distances keep their order",
    "gaps = ((x[:, None] - x[None]) ** 2).sum(axis=2): x[:, None] - x[None] -> x[None] - "
    "x[:, None]": "the square forgets the sign",
    "return np.argsort(gaps, axis=1, kind='stable'): np.argsort(gaps, axis=1, kind='stable') -> "
    "np.argsort(gaps, kind='stable')": _SAME,
    "ranks = np.argsort(nearest_first(points), axis=1) + 1: np.argsort(nearest_first(points), "
    "axis=1) -> np.argsort(nearest_first(points))": _SAME,
    "excess = np.take_along_axis(ranks, nearest_first(picture)[:, :k], axis: "
    "np.take_along_axis(ranks, nearest_first(picture)[:, :k], axis=1) -> "
    "np.take_along_axis(ranks, nearest_first(picture)[:, :k])": _SAME,
    "n, penalty = (len(ranks), excess[excess > 0].sum()): excess > 0 -> excess >= 0": (
        "an excess of 0 adds nothing to the sum"
    ),
}
