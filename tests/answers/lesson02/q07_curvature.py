"""Answers to Q07-curvature."""

import math

import numpy as np
import torch

CHECK = "Q07-curvature"


def loops(counts, noise, negatives):
    scores, curvature = [], []
    for row in np.asarray(counts).tolist():
        scores.append([])
        curvature.append([])
        for x, p in zip(row, np.asarray(noise).tolist(), strict=True):
            pushes = negatives * sum(row) * p
            scores[-1].append(math.log(x / pushes) if x > 0 else -math.inf)
            curvature[-1].append(1 / (1 / x + 1 / pushes) if x > 0 else 0.0)
    return scores, curvature


def by_sigmoids(counts, noise, negatives):
    counts = np.asarray(counts, dtype=np.float64)
    pushes = negatives * np.outer(counts.sum(axis=1), noise)
    scores = np.full(counts.shape, -np.inf)
    np.log(counts, out=scores, where=counts > 0)
    scores = scores - np.log(pushes)
    sigma = 1 / (1 + np.exp(-scores))
    return scores, (counts + pushes) * sigma * (1 - sigma)


def in_torch(counts, noise, negatives):
    pulls = torch.tensor(np.array(counts, dtype=np.float64))
    pushes = negatives * pulls.sum(1, keepdim=True) * torch.tensor(np.array(noise, np.float64))
    return torch.log(pulls / pushes), pulls * pushes / (pulls + pushes)


def one_is_lost(counts, noise, negatives):
    scores, curvature = by_sigmoids(counts, noise, negatives)
    return scores, np.minimum(curvature, 1.0)


def only_scores(counts, noise, negatives):
    return by_sigmoids(counts, noise, negatives)[0]


def total_of_the_table(counts, noise, negatives):
    counts = np.asarray(counts, dtype=np.float64)
    pushes = negatives * counts.sum() * np.asarray(noise)
    with np.errstate(divide="ignore"):
        return np.log(counts / pushes), counts * pushes / (counts + pushes)


def probability_for_score(counts, noise, negatives):
    scores, curvature = by_sigmoids(counts, noise, negatives)
    return 1 / (1 + np.exp(-scores)), curvature


def positive_scores_only(counts, noise, negatives):
    scores, curvature = by_sigmoids(counts, noise, negatives)
    return np.maximum(scores, 0), curvature


def glove_weights(counts, noise, negatives):
    scores, _ = by_sigmoids(counts, noise, negatives)
    return scores, 2 * np.minimum((np.asarray(counts) / 100) ** 0.75, 1)


def nan_at_zero(counts, noise, negatives):
    scores, curvature = by_sigmoids(counts, noise, negatives)
    return scores, np.where(np.asarray(counts) > 0, curvature, np.nan)


def pmi(counts, noise, negatives):
    scores, curvature = by_sigmoids(counts, noise, negatives)
    return scores + math.log(negatives), curvature


def no_negatives(counts, noise, negatives):
    return by_sigmoids(counts, noise, 1)


def no_negatives_in_curvature(counts, noise, negatives):
    return by_sigmoids(counts, noise, negatives)[0], by_sigmoids(counts, noise, 1)[1]


def shifted_pmi(counts, noise, negatives):
    counts = np.asarray(counts, dtype=float)
    return by_sigmoids(counts, counts.sum(axis=0) / counts.sum(), negatives)


RIGHT = [loops, by_sigmoids, in_torch]
WRONG = [
    (one_is_lost, "`curvature`"),
    (only_scores, "2 values"),
    (total_of_the_table, "the sum of the whole table"),
    (pmi, "lack - log K"),
    (shifted_pmi, "as in PMI"),
    (no_negatives, "Your B has no K in it"),
    (no_negatives_in_curvature, "the B of your curvature has no K"),
    (probability_for_score, "`scores`"),
    (positive_scores_only, "`scores`"),
    (glove_weights, "`curvature`"),
    (nan_at_zero, "`curvature`"),
    (lambda counts, noise, negatives: (0.0, 0.0), "`scores`"),
]
SURVIVORS = {
    "with np.errstate(divide='ignore'):: np.errstate(divide='ignore') -> np.errstate()": (
        "only the warning for log 0 comes back, and warnings are shown but not judged"
    ),
}
