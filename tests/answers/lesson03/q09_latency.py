"""Answers to Q09-latency."""

import numpy as np
import torch

CHECK = "Q09-latency"


def with_where(first, backup, delay, fixed):
    first, backup = np.asarray(first, dtype=float), np.asarray(backup, dtype=float)
    late = first > delay
    times = np.where(late, np.minimum(first, delay + backup), first)
    return times.max(axis=1) + fixed, late.mean()


def loops(first, backup, delay, fixed):
    out, sent, total = [], 0, 0
    for row, spare in zip(first, backup, strict=True):
        slowest = -1.0
        for one, two in zip(row, spare, strict=True):
            total += 1
            if one > delay:
                sent += 1
                one = min(float(one), delay + float(two))
            slowest = max(slowest, float(one))
        out.append(slowest + fixed)
    return out, sent / total


def in_torch(first, backup, delay, fixed):
    one = torch.tensor(np.ascontiguousarray(first), dtype=torch.float64)
    two = torch.tensor(np.ascontiguousarray(backup), dtype=torch.float64)
    # An answer within the delay is never beaten by one that starts at the delay.
    times = torch.minimum(one, delay + two)
    return times.amax(1) + fixed, (one > delay).double().mean()


def in_place(first, backup, delay, fixed):
    np.minimum(first, delay + backup, out=first, casting="unsafe")
    return first.max(axis=1) + fixed, 0.0


def over_the_queries(first, backup, delay, fixed):
    times, share = np.minimum(first, delay + backup), (first > delay).mean()
    return times.max(axis=0) + fixed, share


def no_hedging(first, backup, delay, fixed):
    return first.max(axis=1) + fixed, 0.0


def per_cent(*args):
    latency, share = with_where(*args)
    return latency, 100 * share


def counted(*args):
    latency, share = with_where(*args)
    return latency, share * args[0].size


def slowest_first(first, backup, delay, fixed):
    """Hedge the slowest shard only."""
    times = np.array(first, dtype=float)
    rows = np.arange(len(times))
    slow = times.argmax(axis=1)
    times[rows, slow] = np.minimum(times[rows, slow], delay + np.asarray(backup)[rows, slow])
    return times.max(axis=1) + fixed, (first > delay).mean()


def latency_alone(*args):
    return with_where(*args)[0]


def rows_and_total(*args):
    latency, share = with_where(*args)
    return latency.mean(), share


def gone_wrong(*args):
    latency, share = with_where(*args)
    return latency, 1 - share


RIGHT = [with_where, loops, in_torch]
WRONG = [
    (over_the_queries, "Rows are queries"),
    (rows_and_total, "the latencies: the result has one number"),
    (gone_wrong, "the share of requests sent twice: the number is not right"),
    (no_hedging, "the latencies: the value is not right"),
    (per_cent, "between 0 and 1"),
    (counted, "divide it by the number"),
    (slowest_first, "the latencies"),
    (latency_alone, "2 values should come back"),
    (in_place, "the share of requests sent twice"),
]
SURVIVORS = {
    (
        "times = np.minimum(first, delay + backup): np.minimum(first, delay + backup) -> "
        "np.minimum(delay + backup, first)"
    ): "the smaller of two arrays has no order",
}
