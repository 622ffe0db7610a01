"""Answers to X-ntxent."""

import math

import numpy as np
import torch
from scipy.special import logsumexp
from torch.nn import functional as F

CHECK = "X-ntxent"


def in_torch(z1, z2, temperature=0.5):
    z = [torch.tensor(np.asarray(part, dtype=np.float64)) for part in (z1, z2)]
    z = F.normalize(torch.cat(z), dim=1, eps=1e-300)
    scores = (z @ z.T / temperature).fill_diagonal_(-torch.inf)
    return F.cross_entropy(scores, torch.arange(len(z)).roll(len(z) // 2)).item()


def unit(z):
    z = np.asarray(z, dtype=np.float64)
    return z / np.sqrt(np.einsum("ij,ij->i", z, z))[:, None]


def four_blocks(z1, z2, temperature=0.5):
    a, b = unit(z1), unit(z2)
    ab = np.einsum("id,jd->ij", a, b) / temperature
    losses = []
    for own, across in ((a @ a.T / temperature, ab), (b @ b.T / temperature, ab.T)):
        kept = own[~np.eye(len(a), dtype=bool)].reshape(len(a), len(a) - 1)
        losses.append(logsumexp(np.hstack([kept, across]), axis=1) - np.diag(across))
    return np.mean(losses)


def one_by_one(z1, z2, temperature=0.5):
    z = np.concatenate([unit(z1), unit(z2)])
    n = len(z) // 2
    total = 0.0
    for i in range(2 * n):
        twin = (i + n) % (2 * n)
        right = z[i] @ z[twin] / temperature
        others = [z[i] @ z[j] / temperature - right for j in range(2 * n) if j not in (i, twin)]
        total += np.logaddexp.reduce([0.0, *others])
    return total / (2 * n)


def twin_twice(z1, z2, temperature=0.5):
    z = np.concatenate([unit(z1), unit(z2)])
    n, total = len(z) // 2, 0.0
    for i in range(2 * n):
        right = z[i] @ z[i - n] / temperature  # Row i - n counts from the end for i < n
        others = [z[i] @ z[j] / temperature - right for j in range(2 * n) if j not in (i, i - n)]
        total += np.logaddexp.reduce([0.0, *others])
    return total / (2 * n)


def epsilon(z1, z2, temperature=0.5):
    z = np.concatenate([unit(z1), unit(z2)])
    scores = z @ z.T / temperature
    np.fill_diagonal(scores, -np.inf)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(z))
    return -np.log(p[rows, rows - len(z) // 2] + 1e-8).mean()


def normalised_too_early(z1, z2, temperature=0.5):
    a, b = (np.asarray(part) for part in (z1, z2))
    parts = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in (a, b)]
    return in_torch(*parts, temperature)


def as_it_comes(z1, z2, temperature=0.5):
    z = np.concatenate([np.asarray(z1), np.asarray(z2)])
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    scores = z @ z.T / temperature
    np.fill_diagonal(scores, -np.inf)
    rows = np.arange(len(z))
    return np.mean(logsumexp(scores, axis=1) - scores[rows, rows - len(z) // 2])


def as_printed(z1, z2, temperature=0.5):
    """The formula as it stands: the logarithm of a sum that overflows."""
    z = np.concatenate([unit(z1), unit(z2)])
    scores = z @ z.T / temperature
    right = scores[np.arange(len(z)), np.arange(len(z)) - len(z) // 2]
    with np.errstate(over="ignore"):
        raised = np.exp(scores)
    np.fill_diagonal(raised, 0)
    return np.mean(np.log(raised.sum(axis=1)) - right)


def clipped(z1, z2, temperature=0.5):
    z = np.concatenate([unit(z1), unit(z2)])
    raised = np.exp(np.minimum(z @ z.T / temperature, 88))
    np.fill_diagonal(raised, 0)
    rows = np.arange(len(z))
    return -np.log(raised[rows, rows - len(z) // 2] / raised.sum(axis=1)).mean()


def by_column_maximum(z1, z2, temperature=0.5):
    return in_torch(z1, z2, max(temperature, 0.05))


def squared_distances(z1, z2, temperature=0.5):
    z = np.concatenate([unit(z1), unit(z2)])
    scores = -((z[:, None] - z[None]) ** 2).sum(-1) / temperature
    np.fill_diagonal(scores, -np.inf)
    rows = np.arange(len(z))
    return (logsumexp(scores, axis=1) - scores[rows, rows - len(z) // 2]).mean()


def in_place(z1, z2, temperature=0.5):
    loss = in_torch(z1, z2, temperature)
    if isinstance(z1, np.ndarray) and z1.dtype == np.float64:
        z1 /= np.linalg.norm(z1, axis=1, keepdims=True)
    return loss


RIGHT = [in_torch, four_blocks, one_by_one]
WRONG = [
    (twin_twice, "N = 1"),
    (epsilon, "nearly right"),
    (normalised_too_early, "nearly right"),
    (as_it_comes, "nearly right"),
    (as_printed, "the result is not finite"),
    (clipped, "temperature = .01"),
    (by_column_maximum, "temperature = .01"),
    (squared_distances, "the number is not right"),
    (in_place, "in place: work on a copy"),
    (lambda z1, z2, temperature=0.5: math.log(2 * len(z1) - 1), "the number is not right"),
    (lambda z1, z2: in_torch(z1, z2), "TypeError"),
]
_OTHER = "the other side still comes in 64 bits, so the stacked array has them too"
_STACK = "z = np.concatenate([np.asarray(z1, dtype=float), np.asarray(z2, dtype="
SURVIVORS = {
    f"{_STACK}: np.asarray({name}, dtype=float) -> {new}": _OTHER
    for name in ("z1", "z2")
    for new in (name, f"np.asarray({name})")
} | {
    "largest = scores.max(axis=1): 1 -> 0": "scores are symmetric: row and column maxima agree",
    "twins = np.concatenate([np.diagonal(scores, n), np.diagonal(scores, -n: -n -> n": (
        "scores are symmetric: both diagonals hold the same numbers"
    ),
}
