"""Right and wrong answers to W-cosine."""

import math

import numpy as np
import torch
from scipy.spatial.distance import cosine as cosine_distance

CHECK = "W-cosine"


def with_loops(u, v):
    dot = square_u = square_v = 0.0
    for a, b in zip(u, v, strict=True):
        dot += a * b
        square_u += float(a) ** 2
        square_v += float(b) ** 2
    return dot / math.sqrt(square_u * square_v)


def unit_vectors_first(u, v):
    return np.einsum("i,i->", u / np.sqrt((u**2).sum()), v / np.sqrt((v**2).sum()))


def with_torch(u, v):
    u, v = (torch.tensor(np.asarray(x, dtype=float)) for x in (u, v))
    return torch.nn.functional.cosine_similarity(u, v, dim=0, eps=1e-30)


def with_scipy(u, v):
    return 1 - cosine_distance(u, v)


def law_of_cosines(u, v):
    u, v = u.astype(float), v.astype(float)
    return (u @ u + v @ v - (u - v) @ (u - v)) / (2 * math.sqrt((u @ u) * (v @ v)))


def centred(u, v):
    return cosine_of(u - np.mean(u), v - np.mean(v)) if len(u) > 1 else 0.0


def cosine_of(u, v):
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)))


def largest_entries(u, v):
    return float(u @ v / (np.abs(u).max() * np.abs(v).max()))


def missing_bracket(u, v):
    return sum(u * v) / sum(u * u) ** 0.5 * sum(v * v) ** 0.5


def no_return(u, v):
    u @ v / (np.linalg.norm(u) * np.linalg.norm(v))


def unit_in_place(u, v):
    u, v = (np.asarray(x, dtype=float) for x in (u, v))
    u /= np.linalg.norm(u)
    v /= np.linalg.norm(v)
    return float(u @ v)


def outer(u, v):
    return np.outer(u, v) / (np.linalg.norm(u) * np.linalg.norm(v))


def misspelt(u, v):
    return u.dto(v)


RIGHT = [with_loops, unit_vectors_first, with_torch, with_scipy, law_of_cosines]
WRONG = [
    (centred, "the number is not right"),
    (largest_entries, "the number is not right"),
    (missing_bracket, "A bracket is missing"),
    (no_return, "is the `return` there?"),
    (unit_in_place, "in place: work on a copy"),
    (outer, "where one number should come back"),
    (misspelt, "it raised AttributeError"),
]
_SOLUTION = "return float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)))"
SURVIVORS = {
    f"{_SOLUTION}: u @ v -> v @ u": "the dot product of real vectors is symmetric",
    f"{_SOLUTION}: float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v))) -> "
    "u @ v / (np.linalg.norm(u) * np.linalg.norm(v))": "a NumPy number is as good as a float",
}
