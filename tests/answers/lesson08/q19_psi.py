"""Answers to Q19-psi."""

from collections.abc import Sequence

import numpy as np
import torch

CHECK = "Q19-psi"


def two_divergences(reference: Sequence, counts: Sequence) -> float:
    p, q = (np.array(c, float) + 0.5 for c in (reference, counts))
    p, q = p / p.sum(), q / q.sum()
    return float((p * np.log(p / q)).sum() + (q * np.log(q / p)).sum())


def in_torch(reference, counts):
    p, q = (torch.tensor(np.array(c, dtype=float)) + 0.5 for c in (reference, counts))
    p, q = p / p.sum(), q / q.sum()
    return ((q - p) * (q.log() - p.log())).sum()


def by_loop(reference, counts):
    cells, total = len(reference), 0.0
    n, m = sum(map(int, reference)), sum(map(int, counts))
    for old, new in zip(reference, counts, strict=True):
        p, q = (int(old) + 0.5) / (n + cells / 2), (int(new) + 0.5) / (m + cells / 2)
        total += (q - p) * float(np.log(q / p))
    return total


def tiny_floor(reference, counts):
    p, q = (np.maximum(np.array(c, float) / max(np.sum(c), 1), 1e-4) for c in (reference, counts))
    return ((q - p) * np.log(q / p)).sum()


def added_to_the_batch_only(reference, counts):
    p, q = np.array(reference, float), np.array(counts, float) + 0.5
    p, q = p / p.sum(), q / q.sum()
    with np.errstate(all="ignore"):
        return ((q - p) * np.log(q / p)).sum()


def per_cell(reference, counts):
    p, q = (np.array(c, float) + 0.5 for c in (reference, counts))
    p, q = p / p.sum(), q / q.sum()
    return (q - p) * np.log(q / p)


def common_total(reference, counts):
    p, q = (np.array(c, float) + 0.5 for c in (reference, counts))
    p, q = p / p.sum(), q / p.sum()
    return ((q - p) * np.log(q / p)).sum()


def eight_bits(reference, counts):
    p, q = np.asarray(reference), np.asarray(counts)
    p, q = (2 * p + 1) / (2 * p + 1).sum(), (2 * q + 1) / (2 * q + 1).sum()
    return ((q - p) * np.log(q / p)).sum()


def total_in_8_bits(reference, counts):
    p, q = np.asarray(reference), np.asarray(counts)
    p, q = ((c + 0.5) / (c.sum(dtype=c.dtype) + c.size / 2) for c in (p, q))
    return ((q - p) * np.log(q / p)).sum()


def in_place(reference, counts):
    result = two_divergences(reference, counts)
    if isinstance(counts, np.ndarray):
        counts += 1
    return result


def percent(reference, counts):
    return 100 * two_divergences(reference, counts)


def root(reference, counts):
    return two_divergences(reference, counts) ** 0.5


RIGHT = [two_divergences, in_torch, by_loop]
WRONG = [
    (tiny_floor, "smallest case"),
    (added_to_the_batch_only, "smallest case"),
    (per_cell, "where one number should come back"),
    (common_total, "smallest case"),
    (eight_bits, "smallest case"),
    (total_in_8_bits, "wrap at 256"),
    (in_place, "changed argument 2 in place"),
    (percent, "not right"),
    (root, "not right"),
    (lambda *given: two_divergences(*given) / 2, "half of what is asked"),
    (lambda reference, counts: 0.0, "not right"),
    (lambda reference, counts: None, "is the `return` there"),
]
SURVIVORS = {
    "p, q = (np.asarray(c, dtype=float) + 0.5 for c in (reference, counts)): "
    "np.asarray(c, dtype=float) -> np.asarray(c)": (
        "an array of whole numbers plus one half is one of 64-bit numbers"
    ),
    "return float(((q - p) * np.log(q / p)).sum()): float(((q - p) * np.log(q / p)).sum()) -> "
    "((q - p) * np.log(q / p)).sum()": ("a number of NumPy is a number"),
}
