"""Answers to X-alias."""

from collections import deque

import numpy as np
import torch

CHECK = "X-alias"


def queues(p):
    n = len(p)
    area = [float(x) * n for x in p]
    prob, alias = [1.0] * n, [0] * n
    poor = deque(i for i in range(n) if area[i] < 1)
    rich = deque(i for i in range(n) if area[i] > 1)
    while poor and rich:
        i, j = poor.popleft(), rich[0]
        prob[i], alias[i] = area[i], j
        area[j] += area[i] - 1
        if area[j] <= 1:
            rich.popleft()
            if area[j] < 1:
                poor.append(j)
    return prob, alias


def sorted_sweep(p):
    area = np.array(p, dtype=np.float64) * len(p)
    order = sorted(range(len(p)), key=lambda i: -area[i])
    prob, alias = np.ones(len(p)), np.full(len(p), -1)
    giver = 0
    poor = [i for i in order if area[i] < 1]
    while poor:
        i = poor.pop()
        while giver < len(order) and area[order[giver]] < 1:
            giver += 1
        if giver == len(order):
            break
        j = order[giver]
        prob[i], alias[i] = area[i], j
        area[j] -= 1 - area[i]
        if area[j] < 1:
            poor.append(j)
    return prob, alias


def tensors(p):
    prob, alias = queues(p)
    return torch.tensor(prob, dtype=torch.float64), torch.tensor(alias)


def alias_swapped(p):
    prob, alias = queues(p)
    return alias, prob


def cumulative(p):
    return np.cumsum(p), np.arange(len(p))


def first_come_once(p):
    """Pair each poor one with the next rich one, whatever is left of it."""
    area = np.array(p, dtype=np.float64) * len(p)
    rich = [i for i in range(len(p)) if area[i] > 1] or [0]
    prob, alias = np.minimum(area, 1), np.arange(len(p))
    for number, i in enumerate(i for i in range(len(p)) if area[i] < 1):
        alias[i] = rich[number % len(rich)]
    return prob, alias


def one_table(p):
    return np.array(queues(p)).T


def searches_for_each(p):
    """Look for the poorest and the richest column in every step: right, and far too slow."""
    area = np.array(p, dtype=np.float64) * len(p)
    prob, alias = np.ones(len(p)), np.arange(len(p))
    open_ = np.ones(len(p), dtype=bool)
    for _ in range(len(p) - 1):
        i = int(np.argmin(np.where(open_, area, np.inf)))
        j = int(np.argmax(np.where(open_, area, -np.inf)))
        if area[i] >= 1 or i == j:
            break
        prob[i], alias[i], open_[i] = area[i], j, False
        area[j] -= 1 - area[i]
    return prob, alias


def names_of_aliases(p):
    prob, alias = queues(p)
    return prob, [a + len(p) for a in alias]


RIGHT = [queues, sorted_sweep, tensors]
WRONG = [
    (lambda p: (np.array(queues(p)[0]) + 0j, queues(p)[1]), "real numbers"),
    (lambda p: (queues(p)[0], np.array(queues(p)[1]) + 0j), "whole ones"),
    (searches_for_each, "did not finish within"),
    (alias_swapped, "not right yet"),
    (cumulative, "uniform distribution"),
    (first_come_once, "marginals"),
    (names_of_aliases, "index of an outcome"),
    (lambda p: np.asarray(p), "two arrays"),
    (one_table, "two arrays"),
]
SURVIVORS = {
    "(poor if scaled[giver] < 1 else rich).append(giver): "
    "scaled[giver] < 1 -> scaled[giver] <= 1": (
        "a column that is exactly full takes nothing, on whichever list it is"
    ),
    "prob, alias = (np.ones(len(p)), np.arange(len(p))): np.ones(len(p)) -> np.zeros(len(p))": (
        "a column left over has itself as alias, so its threshold does not matter"
    ),
    "rich = [i for i, area in enumerate(scaled) if area >= 1]: area >= 1 -> area > 1": (
        "a column that is exactly full has nothing to give"
    ),
    "scaled = np.array(p, dtype=float) * len(p): np.array(p, dtype=float) -> np.array(p)": (
        "float32 probabilities are worked out in float32, within the tolerance"
    ),
}
