"""Answers to Q22-senses."""

import numpy as np
import torch

CHECK = "Q22-senses"


def loops(vectors, senses):
    unit = [np.asarray(v, dtype=float) for v in vectors]
    unit = [v / n if (n := np.linalg.norm(v)) else v for v in unit]
    total = 0.0
    for i, own in enumerate(unit):
        others = [j for j in range(len(unit)) if j != i]
        cosines = [own @ unit[j] for j in others]
        nearest = [
            senses[j] for j, c in zip(others, cosines, strict=True) if c > max(cosines) - 1e-6
        ]
        total += nearest.count(senses[i]) / len(nearest)
    return total / len(unit)


def in_torch(vectors, senses):
    x = torch.nn.functional.normalize(torch.tensor(np.array(vectors, dtype=float)), dim=1)
    _, labels = np.unique(np.asarray(senses), return_inverse=True)
    labels = torch.tensor(labels)
    cosines = (x @ x.T).fill_diagonal_(-2)
    nearest = (cosines >= cosines.amax(1, keepdim=True) - 1e-6).double()
    same = (labels[:, None] == labels).double()
    return float(((nearest * same).sum(1) / nearest.sum(1)).mean())


def always_right(vectors, senses):
    return 1.0


def majority(vectors, senses):
    return max(np.mean(np.asarray(senses) == sense) for sense in senses)


def farthest(vectors, senses):
    unit = np.asarray(vectors, dtype=float)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    return float((np.asarray(senses)[(unit @ unit.T).argmin(axis=1)] == senses).mean())


def a_list(vectors, senses):
    return [sense == senses[0] for sense in senses]


def with_cosines(tolerance=1e-6, zero=0.0, guard=True, own=-np.inf):
    def answer(vectors, senses):
        with np.errstate(all="ignore"):
            vectors, senses = np.asarray(vectors, dtype=float), np.asarray(senses)
            lengths = np.linalg.norm(vectors, axis=1)
            cosines = (vectors @ vectors.T) / np.outer(lengths, lengths)
            if guard:
                cosines[np.isnan(cosines)] = zero
            np.fill_diagonal(cosines, own)
            nearest = cosines >= cosines.max(axis=1, keepdims=True) - tolerance
            same = nearest & (senses[:, None] == senses)
            return float((same.sum(axis=1) / nearest.sum(axis=1)).mean())

    return answer


RIGHT = [loops, in_torch, with_cosines()]
WRONG = [
    (always_right, "the number is not right"),
    (majority, "not right"),
    (farthest, "not right"),
    (a_list, "one number should come back"),
    (with_cosines(guard=False), "a zero vector was divided by its length 0"),
    (with_cosines(own=0.0), "own cosine to 0"),
    (with_cosines(tolerance=0), "ties but for rounding"),
    (with_cosines(tolerance=1e-3), "two neighbours nearly equal"),
    (with_cosines(zero=-1.0), "more than a vector that points away"),
]
_TIE = "no case has a gap of exactly 1e-6"
SURVIVORS = {
    "nearest = cosines >= cosines.max(axis=1, keepdims=True) - 1e-06: "
    "cosines >= cosines.max(axis=1, keepdims=True) - 1e-06 -> "
    "cosines > cosines.max(axis=1, keepdims=True) - 1e-06": _TIE,
    "unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=T: "
    "np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12) -> "
    "np.maximum(1e-12, np.linalg.norm(vectors, axis=1, keepdims=True))": "a maximum of two numbers "
    "does not depend on their order",
}
