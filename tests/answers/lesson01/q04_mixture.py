"""Answers to Q04-mixture."""

import math

import numpy as np
import torch

CHECK = "Q04-mixture"


def loops(pmi_a, pmi_b, count_a, count_b):
    merged = []
    for x, y in zip(pmi_a, pmi_b, strict=True):
        mixed = (count_a * math.e**x + count_b * math.e**y) / (count_a + count_b)
        merged.append(math.log(mixed) if mixed else -math.inf)
    return merged


def log_add(pmi_a, pmi_b, count_a, count_b):
    total = math.log(count_a + count_b)
    x, y = np.array(pmi_a, dtype=float), np.array(pmi_b, dtype=float)
    return np.logaddexp(x + math.log(count_a) - total, y + math.log(count_b) - total)


def in_torch(pmi_a, pmi_b, count_a, count_b):
    both = torch.tensor(np.array([pmi_a, pmi_b]), dtype=torch.float64)
    weights = torch.tensor([[count_a], [count_b]], dtype=torch.float64)
    return torch.logsumexp(both + torch.log(weights / weights.sum()), dim=0)


def sum_of_pmis(pmi_a, pmi_b, count_a, count_b):
    return np.array(pmi_a, dtype=float) + np.array(pmi_b, dtype=float)


def base_two(pmi_a, pmi_b, count_a, count_b):
    with np.errstate(divide="ignore"):
        return np.array(loops(pmi_a, pmi_b, count_a, count_b)) / math.log(2)


def counts_as_weights(pmi_a, pmi_b, count_a, count_b):
    with np.errstate(divide="ignore"):
        return np.log(count_a * np.exp(np.array(pmi_a, float)) + count_b * np.exp(pmi_b))


def clipped_at_zero(pmi_a, pmi_b, count_a, count_b):
    return np.maximum(loops(pmi_a, pmi_b, count_a, count_b), 0)


def raises_for_empty_cells(pmi_a, pmi_b, count_a, count_b):
    pairs = zip(pmi_a, pmi_b, strict=True)
    share = count_a / (count_a + count_b)
    return [math.log(share * math.exp(x) + (1 - share) * math.exp(y)) for x, y in pairs]


RIGHT = [loops, log_add, in_torch]
WRONG = [
    (sum_of_pmis, "not right"),
    (base_two, "not right"),
    (counts_as_weights, "not right"),
    (clipped_at_zero, "not right"),
    (raises_for_empty_cells, "math domain error"),
]
_A = "above_chance = share * np.exp(np.asarray(pmi_a, dtype=float)): "
_B = "above_chance = above_chance + (1 - share) * np.exp(np.asarray(pmi_b, d: "
SURVIVORS = {
    "with np.errstate(divide='ignore'):: np.errstate(divide='ignore') -> np.errstate()": (
        "the values are the same; a warning about log 0 is shown and costs nothing"
    ),
    **{
        f"{place}np.asarray({name}, dtype=float) -> {new}": (
            "np.exp turns lists and whole numbers into arrays of floats itself"
        )
        for place, name in ((_A, "pmi_a"), (_B, "pmi_b"))
        for new in (f"np.asarray({name})", name)
    },
}
