"""Answers to Q12-push."""

import numpy as np
import torch
from scipy.special import expit, logsumexp, softmax

CHECK = "Q12-push"


def in_torch(positive, negatives, same, temperature):
    right = torch.tensor(np.asarray(positive, dtype=np.float64)) / temperature
    wrong = torch.tensor(np.asarray(negatives, dtype=np.float64)) / temperature
    same = torch.tensor(np.asarray(same, dtype=bool))
    p = torch.softmax(torch.cat([right[:, None], wrong], 1), 1)[:, 1:]
    return p.sum(1), (torch.softmax(wrong, 1) * same).sum(1)


def row_by_row(positive, negatives, same, temperature):
    mass, false = [], []
    for right, row, marks in zip(positive, negatives, same, strict=True):
        s = np.array(row, dtype=float) / temperature
        gap = logsumexp(s) - float(right) / temperature
        mass.append(expit(gap))
        false.append(sum(p for p, mark in zip(softmax(s), marks, strict=True) if mark))
    return mass, false


def hardest_only(positive, negatives, same, temperature):
    mass, _ = row_by_row(positive, negatives, same, temperature)
    hardest = np.asarray(negatives).argmax(axis=1)
    return mass, np.asarray(same)[np.arange(len(hardest)), hardest].astype(float)


def epsilon(positive, negatives, same, temperature):
    wrong = np.exp(np.asarray(negatives, dtype=float) / temperature)
    right = np.exp(np.asarray(positive, dtype=float) / temperature)
    mass = wrong.sum(1) / (right + wrong.sum(1) + 1e-8)
    return mass, (wrong * np.asarray(same)).sum(1) / (wrong.sum(1) + 1e-8)


def mean_of_queries(positive, negatives, same, temperature):
    mass, false = row_by_row(positive, negatives, same, temperature)
    return np.mean(mass), np.mean(false)


def one_number(positive, negatives, same, temperature):
    return row_by_row(positive, negatives, same, temperature)[0]


def squared(positive, negatives, same, temperature):
    mass, false = row_by_row(positive, negatives, same, temperature)
    return np.square(mass), false


def in_32_bits(positive, negatives, same, temperature):
    scores = np.column_stack([positive, np.asarray(negatives)]) / temperature
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    push = scores[:, 1:].sum(axis=1) / scores.sum(axis=1)
    wrong = np.asarray(negatives) / temperature
    weights = np.exp(wrong - wrong.max(axis=1, keepdims=True))
    return push, (weights * np.asarray(same)).sum(axis=1) / weights.sum(axis=1)


def share_or_0(positive, negatives, same, temperature):
    both = np.column_stack([positive, negatives]).astype(float) / temperature
    pushes = softmax(both, axis=1)[:, 1:]
    total = pushes.sum(axis=1)
    safe = np.where(total > 0, total, 1)
    return total, (pushes * np.asarray(same)).sum(axis=1) / safe


RIGHT = [in_torch, row_by_row]
WRONG = [
    (hardest_only, "in part 2 of the result"),
    (epsilon, "exponential overflows"),
    (mean_of_queries, "in part 1 of the result"),
    (one_number, "where 2 values should come back"),
    (squared, "in part 1 of the result"),
    (in_32_bits, "32 bits"),
    (share_or_0, "you return 0 for the share"),
    (lambda *quiz: row_by_row(*quiz)[::-1], "their order is"),
]
SURVIVORS = {
    "largest = np.maximum(top, right): np.maximum(top, right) -> np.maximum(right, top)": (
        "the larger of two numbers, in whichever order"
    ),
}
