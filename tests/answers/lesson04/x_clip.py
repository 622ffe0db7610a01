"""Answers to X-clip."""

import math

import numpy as np
import torch
from scipy.special import logsumexp

CHECK = "X-clip"


def unit(vectors):
    vectors = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


def in_torch(images, texts, temperature=0.07):
    scores = torch.tensor(unit(images) @ unit(texts).T) / temperature
    ways = [scores.log_softmax(dim).diagonal().mean() for dim in (0, 1)]
    return float(-sum(ways) / 2)


def loops(images, texts, temperature=0.07):
    a, b = unit(images).tolist(), unit(texts).tolist()
    total = []
    for own, other in ((a, b), (b, a)):
        for i, row in enumerate(own):
            scores = [math.fsum(x * y for x, y in zip(row, s, strict=True)) for s in other]
            scores = [score / temperature for score in scores]
            top = max(scores)
            total.append(top + math.log(math.fsum(math.exp(s - top) for s in scores)) - scores[i])
    return math.fsum(total) / len(total)


def with_scipy(images, texts, temperature=0.07):
    scores = np.einsum("id,jd->ij", unit(images), unit(texts)) / temperature
    return (logsumexp(scores, 0) + logsumexp(scores, 1) - 2 * np.diag(scores)).mean() / 2


def one_table(images, texts, temperature=0.07):
    """Both kinds in one softmax, as NT-Xent does."""
    z = np.vstack([unit(images), unit(texts)])
    n = len(z) // 2
    scores = z @ z.T / temperature
    np.fill_diagonal(scores, -np.inf)
    return (logsumexp(scores, 1) - scores[np.arange(2 * n), np.roll(np.arange(2 * n), n)]).mean()


def epsilon(images, texts, temperature=0.07):
    scores = unit(images) @ unit(texts).T / temperature
    p = [np.exp(scores - logsumexp(scores, axis, keepdims=True)) for axis in (0, 1)]
    return -np.mean([np.log(np.diag(q) + 1e-8) for q in p])


def unguarded(images, texts, temperature=0.07):
    with np.errstate(invalid="ignore"):
        images, texts = (
            np.asarray(p) / np.linalg.norm(p, axis=1, keepdims=True) for p in (images, texts)
        )
    scores = images @ texts.T / temperature
    return (logsumexp(scores, 0) + logsumexp(scores, 1) - 2 * np.diag(scores)).mean() / 2


def as_printed(images, texts, temperature=0.07):
    """The formula as it stands, both logarithms of a quotient of exponentials."""
    with np.errstate(all="ignore"):
        raised = np.exp(unit(images) @ unit(texts).T / temperature)
        own = np.diag(raised)
        return -np.mean(np.log(own / raised.sum(1)) + np.log(own / raised.sum(0))) / 2


def one_largest(images, texts, temperature=0.07):
    scores = unit(images) @ unit(texts).T / temperature
    with np.errstate(divide="ignore"):
        sums = [np.log(np.exp(scores - scores.max()).sum(axis)) for axis in (0, 1)]
    return (sum(sums) / 2 + scores.max() - np.diag(scores)).mean()


def symmetrised(images, texts, temperature=0.07):
    scores = unit(images) @ unit(texts).T / temperature
    scores = (scores + scores.T) / 2
    return (logsumexp(scores, 1) - np.diag(scores)).mean()


def per_pair(images, texts, temperature=0.07):
    scores = unit(images) @ unit(texts).T / temperature
    return (logsumexp(scores, 0) + logsumexp(scores, 1) - 2 * np.diag(scores)) / 2


RIGHT = [in_torch, loops, with_scipy]
WRONG = [
    (one_table, "the number is not right"),
    (epsilon, "to a probability before the logarithm"),
    (unguarded, "0 / 0 is nan"),
    (as_printed, "the result is not finite"),
    (one_largest, "every exponential is 0"),
    (symmetrised, "the number is not right"),
    (per_pair, "where one number should come back"),
    (lambda images, texts, temperature=0.07: math.log(len(images)), "the number is not right"),
]
_LIST = "the norm and the division turn lists and whole numbers into floats"
SURVIVORS = {
    f"table = np.asarray(table, dtype=float): np.asarray(table, dtype=float) -> {new}": _LIST
    for new in ("table", "np.asarray(table)")
} | {
    "units.append(table / np.where(lengths > 0, lengths, 1)): 1 -> 2": "0 divided by 1 or 2 is 0",
}
