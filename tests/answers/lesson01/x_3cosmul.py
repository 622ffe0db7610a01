"""Answers to X-3cosmul."""

import math

import numpy as np
import torch

CHECK = "X-3cosmul"


def loops(vectors, a, b, c, epsilon=0.001):
    def cosine(x, y):
        lengths = math.sqrt(sum(v * v for v in x)) * math.sqrt(sum(v * v for v in y))
        return sum(p * q for p, q in zip(x, y, strict=True)) / lengths if lengths else 0.0

    rows = [[float(v) for v in row] for row in vectors]
    scores = []
    for i, x in enumerate(rows):
        near = [(1 + cosine(x, rows[word])) / 2 for word in (a, b, c)]
        score = near[1] * near[2] / (near[0] + epsilon)
        scores.append(-math.inf if i in (a, b, c) else score)
    return scores


def in_torch(vectors, a, b, c, epsilon=0.001):
    unit = torch.nn.functional.normalize(
        torch.tensor(np.array(vectors), dtype=torch.float64), dim=1, eps=1e-300
    )
    near = (1 + unit @ unit[[a, b, c]].T) / 2
    scores = near[:, 1] * near[:, 2] / (near[:, 0] + epsilon)
    scores[[a, b, c]] = -torch.inf
    return scores


def in_logarithms(vectors, a, b, c, epsilon=0.001):
    vectors = np.array(vectors, dtype=float)
    norms = np.sqrt(np.einsum("vd,vd->v", vectors, vectors))
    norms[norms == 0] = 1
    cosines = np.einsum("vd,qd->qv", vectors, vectors[[a, b, c]])
    cosines /= norms * norms[[a, b, c], None]
    near = np.clip((1 + cosines) / 2, 1e-300, None)
    scores = np.exp(np.log(near[1]) + np.log(near[2]) - np.log(near[0] + epsilon))
    scores[[a, b, c]] = -np.inf
    return scores


def best_word_only(vectors, a, b, c, epsilon=0.001):
    return int(np.argmax(loops(vectors, a, b, c, epsilon)))


def nan_for_zero_vectors(vectors, a, b, c, epsilon=0.001):
    vectors = np.array(vectors, dtype=float)
    with np.errstate(invalid="ignore"):
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near = (1 + unit @ unit[[a, b, c]].T) / 2
    scores = near[:, 1] * near[:, 2] / (near[:, 0] + epsilon)
    scores[[a, b, c]] = -np.inf
    return scores


def offset_vector(vectors, a, b, c, epsilon=0.001):
    vectors = np.array(vectors, dtype=float)
    target = vectors[b] - vectors[a] + vectors[c]
    scores = vectors @ target
    scores[[a, b, c]] = -np.inf
    return scores


def three_cos_add(vectors, a, b, c, epsilon=0.001):
    vectors = np.array(vectors, dtype=float)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = -np.inf
    return scores


def normalises_in_place(vectors, a, b, c, epsilon=0.001):
    answer = np.array(loops(vectors, a, b, c, epsilon))
    if isinstance(vectors, np.ndarray):
        vectors /= 2
    else:
        vectors[0] = [0, 0]
    return answer


def zero_for_excluded(vectors, a, b, c, epsilon=0.001):
    scores = np.array(loops(vectors, a, b, c, epsilon))
    scores[[a, b, c]] = 0
    return scores


RIGHT = [loops, in_torch, in_logarithms]
WRONG = [
    (best_word_only, "one number"),
    (nan_for_zero_vectors, "0/0 gives NaN"),
    (offset_vector, "This compares with the vector b - a + c"),
    (three_cos_add, "the 3CosAdd of the section before"),
    (normalises_in_place, "in place"),
    (zero_for_excluded, "Give them minus infinity"),
]
SURVIVORS = {
    "vectors = np.asarray(vectors, dtype=float): np.asarray(vectors, dtype=float) -> "
    "np.asarray(vectors)": "NumPy divides whole numbers and float32 well enough without it",
    "vectors = np.asarray(vectors, dtype=float): np.asarray(vectors, dtype=float) -> "
    "vectors": "dividing a list of lists by an array makes an array of it anyway",
    "unit_rows = vectors / np.where(lengths == 0, 1, lengths): 1 -> 2": (
        "a zero row divided by any number stays a zero row"
    ),
}
