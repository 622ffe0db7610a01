"""Answers to Q09-rerank."""

import math

import numpy as np

CHECK = "Q09-rerank"


def each_querys_own_batches(latency, budget_ms, share, batch, batch_ms):
    room = np.floor((budget_ms - np.asarray(latency, dtype=float)) / batch_ms)
    for count in range(int(room.max()), 0, -1):
        if (room >= count).mean() >= share:
            return count * batch
    return 0


def sorted_latency(latency, budget_ms, share, batch, batch_ms):
    times = sorted(float(t) for t in latency)
    needed = math.ceil(share * len(times) - 1e-9)
    left = budget_ms - times[needed - 1]
    return max(0, math.floor(left / batch_ms)) * batch


def higher_quantile(latency, budget_ms, share, batch, batch_ms):
    level = np.quantile(np.asarray(latency, dtype=float), share, method="inverted_cdf")
    return np.int64(max(0, (budget_ms - level) // batch_ms) * batch)


def nearest_quantile(latency, budget_ms, share, batch, batch_ms):
    level = np.quantile(np.asarray(latency, dtype=float), share, method="nearest")
    return max(0, math.floor((budget_ms - level) / batch_ms)) * batch


def lower_quantile(latency, budget_ms, share, batch, batch_ms):
    level = np.quantile(np.asarray(latency, dtype=float), share, method="lower")
    return max(0, math.floor((budget_ms - level) / batch_ms)) * batch


def one_more(*args):
    return sorted_latency(*args) + args[3]


def one_less(*args):
    return max(0, sorted_latency(*args) - args[3])


def swapped(latency, budget_ms, share, batch, batch_ms):
    return sorted_latency(latency, budget_ms, share, batch_ms, batch)


def in_a_list(*args):
    return [sorted_latency(*args)]


def without_the_search(latency, budget_ms, share, batch, batch_ms):
    return math.floor(budget_ms / batch_ms) * batch


RIGHT = [each_querys_own_batches, sorted_latency, higher_quantile]
WRONG = [
    (nearest_quantile, "round the number of queries *up*"),
    (lower_quantile, "too many: the queries would be late"),
    (one_more, "too many: the queries would be late"),
    (one_less, "too few: time is left"),
    (swapped, "pairs are too"),
    (in_a_list, "the shape (1,)"),
    (without_the_search, "too many"),
    (lambda *args: 0, "too few"),
    (lambda *args: float("nan"), "no number of pairs"),
]
SURVIVORS = {
    (
        "return int(max(0, room[needed - 1])) * batch: int(max(0, room[needed - 1])) -> m"
        "ax(0, room[needed - 1])"
    ): "whole batches as a float are the same number of pairs",
    (
        "room = np.sort((budget_ms - np.asarray(latency)) // batch_ms)[::-1]: (budget_ms "
        "- np.asarray(latency)) // batch_ms -> (budget_ms - np.asarray(latency)) / batch_"
        "ms"
    ): "int() rounds down as well, and 0 stays the least",
    (
        "return int(max(0, room[needed - 1])) * batch: max(0, room[needed - 1]) -> max(ro"
        "om[needed - 1], 0)"
    ): "the larger of two numbers has no order",
}
