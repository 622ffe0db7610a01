"""Answers to Q25-correction."""

import math

import numpy as np
import torch
from scipy.special import logsumexp

CHECK = "Q25-correction"


def in_torch(users, items, numbers, clicks):
    users, items = (torch.tensor(np.asarray(p, dtype=np.float64)) for p in (users, items))
    numbers, clicks = torch.tensor(np.asarray(numbers)), torch.tensor(np.asarray(clicks))
    scores = users @ items.T - clicks[numbers].double().log()
    copies = (numbers[:, None] == numbers).fill_diagonal_(False)
    scores = scores.masked_fill(copies, -torch.inf)
    return -scores.log_softmax(1).diagonal().mean()


def by_weights(users, items, numbers, clicks):
    """Divide the exponentials by the clicks; constants cancel."""
    scores = np.asarray(users, dtype=float) @ np.asarray(items, dtype=float).T
    numbers = np.asarray(numbers)
    weights = 1 / np.asarray(clicks, dtype=float)[numbers]
    table = np.where(numbers[:, None] == numbers, 0.0, weights)
    np.fill_diagonal(table, weights)
    return np.mean(logsumexp(scores, axis=1, b=table) - np.diag(scores) - np.log(weights))


def loops(users, items, numbers, clicks):
    losses = []
    for i, user in enumerate(users):
        scores = [
            math.fsum(float(a) * float(b) for a, b in zip(user, item, strict=True))
            - math.log(clicks[number] / sum(clicks))
            for item, number in zip(items, numbers, strict=True)
        ]
        kept = [s for j, s in enumerate(scores) if j == i or numbers[j] != numbers[i]]
        top = max(kept)
        losses.append(top + math.log(math.fsum(math.exp(s - top) for s in kept)) - scores[i])
    return math.fsum(losses) / len(losses)


def shares_in_batch(users, items, numbers, clicks):
    return in_torch(users, items, numbers, np.bincount(numbers, minlength=len(clicks)))


def _table(users, items, numbers, clicks):
    scores = np.asarray(users, dtype=float) @ np.asarray(items, dtype=float).T
    scores -= np.log(np.asarray(clicks, dtype=float)[np.asarray(numbers)])
    copies = np.asarray(numbers)[:, None] == np.asarray(numbers)
    np.fill_diagonal(copies, False)
    return scores, copies


def finite_mask(users, items, numbers, clicks):
    clicks = np.asarray(clicks) / np.sum(clicks)
    scores, copies = _table(users, items, numbers, clicks)
    scores = np.where(copies, -1000, scores)
    return np.mean(logsumexp(scores, axis=1) - np.diag(scores))


def once(users, items, numbers, clicks):
    scores, _ = _table(users, items, numbers, clicks)
    first = [list(numbers).index(number) for number in dict.fromkeys(numbers)]
    return np.mean(logsumexp(scores[:, first], axis=1) - np.diag(scores))


def both_ways(users, items, numbers, clicks):
    scores, copies = _table(users, items, numbers, np.asarray(clicks) / np.sum(clicks))
    scores = np.where(copies, -np.inf, scores)
    return np.mean(sum(logsumexp(scores, axis=k) for k in (0, 1)) / 2 - np.diag(scores))


def with_log2(users, items, numbers, clicks):
    return in_torch(users, items, numbers, np.asarray(clicks, dtype=float) ** (1 / math.log(2)))


def masked_below_the_diagonal(users, items, numbers, clicks):
    scores = np.asarray(users, dtype=float) @ np.asarray(items, dtype=float).T
    scores -= np.log(np.asarray(clicks, dtype=float)[np.asarray(numbers)])
    numbers = np.asarray(numbers)
    scores = np.where(np.tril(numbers[:, None] == numbers, -1), -np.inf, scores)
    return np.mean(logsumexp(scores, axis=1) - np.diag(scores))


def as_printed(users, items, numbers, clicks):
    """The formula as it stands, a quotient of exponentials."""
    scores, copies = _table(users, items, numbers, np.asarray(clicks) / np.sum(clicks))
    with np.errstate(all="ignore"):
        raised = np.where(copies, 0, np.exp(scores))
        return -np.mean(np.log(np.diag(raised) / raised.sum(axis=1)))


def twice(users, items, numbers, clicks):
    return in_torch(users, items, numbers, np.asarray(clicks, dtype=float) ** 2)


def margin(users, items, numbers, clicks):
    scores = np.asarray(users, dtype=float) @ np.asarray(items, dtype=float).T
    return np.maximum(0, 1 - np.diag(scores)[:, None] + scores).mean()


def per_row(users, items, numbers, clicks):
    return np.ones(len(users))


RIGHT = [in_torch, by_weights, loops]
WRONG = [
    (shares_in_batch, "count the clicks of the batch"),
    (finite_mask, "the copies win"),
    (once, "copies of other items stay"),
    (both_ways, "only users choose among"),
    (with_log2, "the number is not right"),
    (masked_below_the_diagonal, "an item twice in the batch"),
    (as_printed, "the result is not finite"),
    (twice, "the number is not right"),
    (margin, "the number is not right"),
    (per_row, "where one number should come back"),
]
_CAST = "the product and the logarithm turn lists and whole numbers into floats"
_SCORES = "scores = np.asarray(users, dtype=float) @ np.asarray(items, dtype=floa: "
_SHARES = "scores = scores - np.log(clicks[numbers] / clicks.sum()): "
_SAME = "a constant that is taken off all candidates cancels in the softmax"
SURVIVORS = {
    "clicks = np.asarray(clicks, dtype=float): np.asarray(clicks, dtype=float) -> "
    "np.asarray(clicks)": _CAST,
    f"{_SCORES}np.asarray(items, dtype=float) -> np.asarray(items)": _CAST,
    f"{_SCORES}np.asarray(users, dtype=float) -> np.asarray(users)": _CAST,
    f"{_SCORES}np.asarray(users, dtype=float) -> users": _CAST,
    f"{_SHARES}clicks.sum() -> clicks.mean()": _SAME,
    f"{_SHARES}clicks[numbers] / clicks.sum() -> clicks[numbers] * clicks.sum()": _SAME,
}
