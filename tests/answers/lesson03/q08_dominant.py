"""Answers to Q08-dominant."""

import numpy as np

CHECK = "Q08-dominant"


def unit_rows(vectors):
    x = np.array(vectors, dtype=float)
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(lengths == 0, 1, lengths)


def over_pairs(vectors, k):
    unit = unit_rows(vectors)
    parts = np.zeros(unit.shape[1])
    for a in range(len(unit)):
        for b in range(a):
            parts += unit[a] * unit[b]
    dimensions = np.argsort(parts)[::-1][:k]
    cleaned = np.array(vectors, dtype=float)
    cleaned[:, dimensions] = 0
    return dimensions, cleaned


def with_keep(vectors, k):
    unit = unit_rows(vectors)
    others = unit.sum(axis=0) - unit
    order = np.argsort(-np.einsum("nd,nd->d", unit, others))
    keep = np.ones(unit.shape[1])
    keep[order[:k]] = 0
    return order[:k].tolist(), np.asarray(vectors, dtype=float) * keep


def _parts(x):
    unit = unit_rows(x)
    return np.einsum("nd,nd->d", unit, unit.sum(axis=0) - unit)


def _cleared(vectors, dimensions):
    cleaned = np.array(vectors, dtype=float)
    cleaned[:, dimensions] = 0
    return dimensions, cleaned


def turned_tail(vectors, k):
    return _cleared(vectors, np.argsort(_parts(vectors))[-k:][::-1])


def tail(vectors, k):
    return _cleared(vectors, np.argsort(_parts(vectors))[-k:])


def by_absolute_part(vectors, k):
    return _cleared(vectors, np.argsort(-np.abs(_parts(vectors)))[:k])


def after_centring(vectors, k):
    x = np.array(vectors, dtype=float)
    return _cleared(vectors, np.argsort(-_parts(x - x.mean(axis=0)))[:k])


def one_dimension_too_many(vectors, k):
    return over_pairs(vectors, min(k + 1, len(np.asarray(vectors)[0])))


def rows_instead(vectors, k):
    x = np.array(vectors, dtype=float)
    rows = np.argsort(-np.linalg.norm(x, axis=1))[:k]
    x[rows] = 0
    return rows, x


def in_place(vectors, k):
    vectors = np.asarray(vectors)
    dimensions, _ = over_pairs(vectors, k)
    vectors[:, dimensions] = 0
    return dimensions, vectors


def only_the_vectors(vectors, k):
    return over_pairs(vectors, k)[1]


def swapped(vectors, k):
    return over_pairs(vectors, k)[::-1]


def mean_instead_of_zero(vectors, k):
    dimensions, _ = over_pairs(vectors, k)
    cleaned = np.array(vectors, dtype=float)
    cleaned[:, dimensions] = cleaned[:, dimensions].mean(axis=0)
    return dimensions, cleaned


def by_number(vectors, k):
    dimensions, cleaned = over_pairs(vectors, k)
    return np.sort(dimensions), cleaned


RIGHT = [over_pairs, with_keep]
WRONG = [
    (turned_tail, "`[-k:]` with k = 0 takes everything"),
    (tail, "the largest contribution comes first"),
    (by_absolute_part, "without its sign"),
    (after_centring, "You subtract the mean row first"),
    (one_dimension_too_many, "`dimensions`"),
    (rows_instead, "`dimensions`"),
    (in_place, "in place"),
    (only_the_vectors, "2 values"),
    (swapped, "`dimensions`"),
    (mean_instead_of_zero, "`cleaned`"),
    (by_number, "`dimensions`"),
]
SURVIVORS = {
    "unit_vectors = vectors / np.where(lengths == 0, 1, lengths): 1 -> 2": (
        "a zero row stays zero, whatever it is divided by"
    ),
    "vectors = np.asarray(vectors, dtype=float): np.asarray(vectors, dtype=float) -> "
    "np.asarray(vectors)": "whole numbers can be set to zero as well",
}
