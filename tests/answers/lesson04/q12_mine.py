"""Answers to Q12-mine."""

import heapq

import numpy as np
import torch

CHECK = "Q12-mine"


def with_a_heap(similarities, own, k, below):
    found = np.full((len(similarities), k), -1)
    for i, row in enumerate(similarities):
        good = [(-float(s), j) for j, s in enumerate(row) if j != own[i] and s < below]
        for place, (_, j) in enumerate(heapq.nsmallest(k, good)):
            found[i, place] = j
    return found


def in_torch(similarities, own, k, below):
    s = torch.tensor(np.array(similarities, dtype=np.float64))
    out = s >= below
    out[torch.arange(len(s)), torch.tensor(np.asarray(own))] = True
    values, columns = s.masked_fill(out, -torch.inf).sort(dim=1, descending=True, stable=True)
    columns = columns.masked_fill(values.isinf(), -1)[:, :k]
    return torch.nn.functional.pad(columns, (0, k - columns.shape[1]), value=-1)


def in_place(similarities, own, k, below):
    result = with_a_heap(similarities, own, k, below)
    if isinstance(similarities, np.ndarray) and similarities.dtype.kind == "f":
        similarities[np.arange(len(similarities)), own] = -np.inf
    return result


def shorter(similarities, own, k, below):
    return with_a_heap(similarities, own, min(k, len(similarities[0]) - 1), below)


def unordered(similarities, own, k, below):
    return np.sort(with_a_heap(similarities, own, k, below), axis=1)


def similarity_values(similarities, own, k, below):
    found = with_a_heap(similarities, own, k, below)
    rows = np.arange(len(found))[:, None]
    return np.where(found >= 0, np.asarray(similarities, dtype=float)[rows, found], -1)


def absolute(similarities, own, k, below):
    return with_a_heap(np.abs(np.asarray(similarities, dtype=float)), own, k, below)


def relative(similarities, own, k, below):
    s = np.asarray(similarities, dtype=float)
    limits = [below * s[i, own[i]] for i in range(len(s))]
    return np.concatenate([
        with_a_heap(s[i : i + 1], [own[i]], k, limit) for i, limit in enumerate(limits)
    ])  # fmt: skip


def as_hinted(similarities, own, k, below, *, equal_too=False, kind="stable", fill=True):
    scores = np.array(similarities, dtype=float)
    rows = np.arange(len(scores))
    scores[rows, own] = np.inf
    usable = scores <= below if equal_too else scores < below
    order = np.argsort(np.where(usable, -scores, np.inf), axis=1, kind=kind)[:, :k]
    picked = np.where(usable[rows[:, None], order], order, -1) if fill else order
    return np.pad(picked, ((0, 0), (0, k - picked.shape[1])), constant_values=-1)


def equal_counts(*quiz):
    return as_hinted(*quiz, equal_too=True)


def not_replaced(*quiz):
    return as_hinted(*quiz, fill=False)


RIGHT = [as_hinted, with_a_heap, in_torch]
WRONG = [
    (in_place, "in place"),
    (shorter, "more wanted than there are"),
    (unordered, "not right"),
    (equal_counts, "a similarity equal to it does not count"),
    (not_replaced, "the column must be -1"),
    (similarity_values, "not right"),
    (absolute, "not right"),
    (relative, "not right"),
]
SURVIVORS = {}
