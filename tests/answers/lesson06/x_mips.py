"""Answers to X-mips."""

import math

import numpy as np
import torch

CHECK = "X-mips"


def row_by_row(items, queries):
    items = [[float(v) for v in row] for row in items]
    longest = max(math.hypot(*row) for row in items) or 1.0
    new_items, new_queries = [], []
    for row in items:
        scaled = [v / longest for v in row]
        new_items.append([*scaled, math.sqrt(max(0.0, 1 - sum(v * v for v in scaled)))])
    for row in queries:
        length = math.hypot(*map(float, row)) or 1.0
        new_queries.append([*(float(v) / length for v in row), 0.0])
    return new_items, new_queries


def in_torch(items, queries):
    items = torch.tensor(np.array(items, dtype=float))
    queries = torch.tensor(np.array(queries, dtype=float))
    norms = items.norm(dim=1, keepdim=True)
    longest = norms.max() if norms.max() > 0 else torch.tensor(1.0, dtype=torch.float64)
    share = norms / longest
    rest = ((1 - share) * (1 + share)).clamp(min=0).sqrt()
    lengths = queries.norm(dim=1, keepdim=True)
    asked = torch.where(lengths > 0, queries / torch.where(lengths > 0, lengths, 1.0), 0.0)
    return torch.cat([items / longest, rest], 1), torch.cat([asked, torch.zeros_like(lengths)], 1)


def coordinate_in_front_and_turned(items, queries):
    # A rotation or reflection of all of them is as good.
    items, queries = (np.array(part) for part in row_by_row(items, queries))
    return -items[:, ::-1], -queries[:, ::-1]


def by_angles(items, queries):
    items, queries = np.array(items, dtype=float), np.array(queries, dtype=float)
    norms = np.linalg.norm(items, axis=1)
    longest = norms.max() if norms.any() else 1.0
    tilt = np.arcsin(np.clip(norms / longest, 0, 1))
    new_items = np.hstack([items / longest, np.cos(tilt)[:, None]])
    new_items /= np.linalg.norm(new_items, axis=1, keepdims=True)
    lengths = np.linalg.norm(queries, axis=1)
    with np.errstate(invalid="ignore"):
        asked = np.nan_to_num(queries / lengths[:, None])
    return new_items, np.pad(asked, ((0, 0), (0, 1)))


def only_items(items, queries):
    return np.array(row_by_row(items, queries)[0])


def unchanged(items, queries):
    return np.asarray(items, dtype=float), np.asarray(queries, dtype=float)


def longest_of_all(items, queries):
    both = np.vstack([items, queries]).astype(float)
    longest = np.linalg.norm(both, axis=1).max() or 1.0
    items = np.asarray(items, dtype=float) / longest
    rest = np.sqrt(np.maximum(1 - (items**2).sum(axis=1), 0))
    return np.column_stack([items, rest]), np.array(row_by_row(items, queries)[1])


def largest_number(items, queries):
    items = np.asarray(items, dtype=float)
    items = items / (np.abs(items).max() or 1.0)
    rest = np.sqrt(np.maximum(1 - (items**2).sum(axis=1), 0))
    return np.column_stack([items, rest]), np.array(row_by_row(items, queries)[1])


def swapped(items, queries):
    one, other = row_by_row(items, queries)
    return np.array(other), np.array(one)


def queries_by_the_items_factor(items, queries):
    longest = np.linalg.norm(np.asarray(items, dtype=float), axis=1).max() or 1.0
    asked = np.asarray(queries, dtype=float) / longest
    return np.array(row_by_row(items, queries)[0]), np.pad(asked, ((0, 0), (0, 1)))


def in_place(items, queries):
    result = row_by_row(items, queries)
    if isinstance(items, np.ndarray):
        items /= np.linalg.norm(items, axis=1).max() or 1.0
    return result


def small_result(items, queries):
    return tuple(np.array(part, dtype=np.float32) for part in row_by_row(items, queries))


def a_small_number_added(items, queries):
    items, queries = np.asarray(items, dtype=float), np.asarray(queries, dtype=float)
    items = items / (np.linalg.norm(items, axis=1).max() + 1e-9)
    rest = np.sqrt(np.maximum(1 - (items**2).sum(axis=1), 0))
    asked = queries / (np.linalg.norm(queries, axis=1, keepdims=True) + 1e-9)
    return np.column_stack([items, rest]), np.pad(asked, ((0, 0), (0, 1)))


def a_floor(items, queries):
    queries = np.asarray(queries, dtype=float)
    asked = queries / np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-12)
    return np.array(row_by_row(items, queries)[0]), np.pad(asked, ((0, 0), (0, 1)))


def by_own_length(items, queries):
    items = np.asarray(items, dtype=float)
    with np.errstate(invalid="ignore"):
        items = items / np.linalg.norm(items, axis=1, keepdims=True)
    rest = np.sqrt(np.maximum(1 - (items**2).sum(axis=1), 0))
    return np.column_stack([items, rest]), np.array(row_by_row(items[:1], queries)[1])


def by_own_length_and_zeros(items, queries):
    items = np.asarray(items, dtype=float)
    items = items / np.maximum(np.linalg.norm(items, axis=1, keepdims=True), 1e-12)
    return np.pad(items, ((0, 0), (0, 1))), np.array(row_by_row(items[:1], queries)[1])


def not_divided(items, queries):
    items = np.asarray(items, dtype=float)
    norms = np.linalg.norm(items, axis=1)
    rest = np.sqrt(np.maximum(norms.max() ** 2 - norms**2, 0))
    asked = np.asarray(queries, dtype=float)
    asked = asked / (np.linalg.norm(asked, axis=1, keepdims=True) + 1e-12)
    return np.column_stack([items, rest]), np.pad(asked, ((0, 0), (0, 1)))


def one_factor_for_all_queries(items, queries):
    queries = np.asarray(queries, dtype=float)
    asked = queries / (np.linalg.norm(queries, axis=1).max() or 1.0)
    return np.array(row_by_row(items, queries)[0]), np.pad(asked, ((0, 0), (0, 1)))


def imaginary(items, queries):
    return tuple((np.array(part) + 1j).tolist() for part in row_by_row(items, queries))


def far_apart(items, queries):
    one, other = (np.array(part) for part in row_by_row(items, queries))
    return one, 2 * other


def always_the_same(items, queries):
    d = len(items[0]) + 1
    return np.eye(d)[np.zeros(len(items), int)], np.eye(d)[np.full(len(queries), d - 1)]


RIGHT = [row_by_row, in_torch, coordinate_in_front_and_turned, by_angles]
WRONG = [
    (only_items, "return two arrays"),
    (unchanged, "`new_items` should have the shape"),
    (longest_of_all, "squared distances of queries"),
    (largest_number, "your new items do not have length 1"),
    (by_own_length_and_zeros, "One factor for all items"),
    (not_divided, "your new items do not have length 1"),
    (one_factor_for_all_queries, "your new queries do not have length 1"),
    (swapped, "should have the shape"),
    (queries_by_the_items_factor, "Divide each query by its own norm"),
    (in_place, "changed argument 1 in place"),
    (small_result, "right to a few digits only"),
    (a_small_number_added, "right to a few digits only"),
    (a_floor, "your new queries do not have length 1"),
    (by_own_length, "Divide all items by one number"),
    (imaginary, "is of complex numbers"),
    (far_apart, "your new queries do not have length 1"),
    (always_the_same, "squared distances of queries"),
    (lambda items, queries: (0.0, 0.0), "of shape ()"),
]
SURVIVORS = {
    "items = items / (longest if longest > 0 else 1.0): 1.0 -> 2.0": (
        "the items are zeros there, whatever they are divided by"
    ),
    "queries = queries / np.where(lengths > 0, lengths, 1): 1 -> 2": (
        "a query of zeros stays zeros, whatever it is divided by"
    ),
    "rest = np.sqrt(np.maximum(1 - (items ** 2).sum(axis=1), 0)): "
    "np.maximum(1 - (items ** 2).sum(axis=1), 0) -> np.maximum(0, 1 - (items ** 2).sum(axis=1))": (
        "the larger of two does not depend on their order"
    ),
}
