"""Answers to Q10-choose."""

import numpy as np

CHECK = "Q10-choose"


def all_at_once(ks, quality, cost_ms, budget_ms, draws):
    quality, draws = np.asarray(quality, dtype=float), np.asarray(draws)
    fits = np.flatnonzero(np.asarray(cost_ms) <= budget_ms)
    if fits.size == 0:
        return 0
    mine = quality[fits]
    gaps = mine[mine.mean(axis=1).argmax()] - mine
    low = np.quantile(gaps[:, draws].mean(axis=2), 0.025, axis=1)
    return int(np.asarray(ks)[fits[low <= 0][0]])


def with_counts(ks, quality, cost_ms, budget_ms, draws):
    """Resample by weights: how often each query was drawn."""
    draws = np.asarray(draws)
    n = np.shape(quality)[1]
    weights = np.array([np.bincount(draw, minlength=n) for draw in draws]) / draws.shape[1]
    pool = [(k, q) for k, q, c in zip(ks, quality, cost_ms, strict=True) if c <= budget_ms]
    if not pool:
        return 0
    means = [np.mean(q) for _, q in pool]
    best = np.asarray(pool[int(np.argmax(means))][1], dtype=float)
    for k, q in pool:
        if np.percentile(weights @ (best - np.asarray(q, dtype=float)), 2.5) <= 0:
            return int(k)
    return 0


def right(ks, quality, cost_ms, budget_ms, draws):
    return all_at_once(ks, quality, cost_ms, budget_ms, draws)


def none_for_none(ks, quality, cost_ms, budget_ms, draws):
    return right(ks, quality, cost_ms, budget_ms, draws) or None


def smallest_for_none(ks, quality, cost_ms, budget_ms, draws):
    return right(ks, quality, cost_ms, budget_ms, draws) or int(ks[0])


def as_float(ks, quality, cost_ms, budget_ms, draws):
    return [right(ks, quality, cost_ms, budget_ms, draws)]


def within_one_percent(ks, quality, cost_ms, budget_ms, draws):
    """Use a fixed margin where the interval should decide."""
    fits = [i for i, cost in enumerate(cost_ms) if cost <= budget_ms]
    means = np.mean(quality, axis=1)
    for i in fits:
        if means[i] >= max(means[j] for j in fits) - 0.01:
            return int(ks[i])
    return 0


def against_the_last(ks, quality, cost_ms, budget_ms, draws):
    """Compare with the largest affordable K, not with the best."""
    quality, draws = np.asarray(quality, dtype=float), np.asarray(draws)
    fits = [i for i, cost in enumerate(cost_ms) if cost <= budget_ms]
    for i in fits:
        if np.quantile((quality[fits[-1]] - quality[i])[draws].mean(axis=1), 0.025) <= 0:
            return int(ks[i])
    return 0


def normal_interval(ks, quality, cost_ms, budget_ms, draws):
    """Forget the resamples: one standard error."""
    quality = np.asarray(quality, dtype=float)
    fits = [i for i, cost in enumerate(cost_ms) if cost <= budget_ms]
    best = max(fits, key=lambda i: quality[i].mean(), default=None)
    for i in fits:
        gap = quality[best] - quality[i]
        if gap.mean() <= gap.std() / np.sqrt(len(gap)):
            return int(ks[i])
    return 0


def two_per_cent(ks, quality, cost_ms, budget_ms, draws, level=0.02):
    quality, draws = np.asarray(quality, dtype=float), np.asarray(draws)
    fits = [i for i, cost in enumerate(cost_ms) if cost <= budget_ms]
    best = max(fits, key=lambda i: quality[i].mean(), default=None)
    for i in fits:
        low = np.quantile((quality[best] - quality[i])[draws].mean(axis=1), level)
        if low <= 0:
            return int(ks[i])
    return 0


def three_per_cent(*args):
    return two_per_cent(*args, level=0.03)


def two_standard_errors(ks, quality, cost_ms, budget_ms, draws):
    """Take the .975 quantile of Student's place: two standard errors, with n - 1."""
    quality = np.asarray(quality, dtype=float)
    fits = [i for i, cost in enumerate(cost_ms) if cost <= budget_ms]
    best = max(fits, key=lambda i: quality[i].mean(), default=None)
    for i in fits:
        gap = quality[best] - quality[i]
        if gap.mean() <= 2 * gap.std(ddof=min(1, len(gap) - 1)) / np.sqrt(len(gap)):
            return int(ks[i])
    return 0


def majority(ks, quality, cost_ms, budget_ms, draws):
    """Take the K that wins most resamples."""
    quality, draws = np.asarray(quality, dtype=float), np.asarray(draws)
    fits = [i for i, cost in enumerate(cost_ms) if cost <= budget_ms]
    if not fits:
        return 0
    wins = np.bincount(quality[fits][:, draws].mean(axis=2).argmax(axis=0), minlength=len(fits))
    return int(ks[fits[int(wins.argmax())]])


def stops_at_the_first_gap(ks, quality, cost_ms, budget_ms, draws):
    """Go up while the next K is clearly better than this one."""
    quality, draws = np.asarray(quality, dtype=float), np.asarray(draws)
    fits = [i for i, cost in enumerate(cost_ms) if cost <= budget_ms]
    for i, j in zip(fits, fits[1:], strict=False):
        if np.quantile((quality[j] - quality[i])[draws].mean(axis=1), 0.025) <= 0:
            return int(ks[i])
    return int(ks[fits[-1]]) if fits else 0


def changes_the_draws(ks, quality, cost_ms, budget_ms, draws):
    found = right(ks, quality, cost_ms, budget_ms, draws)
    if isinstance(draws, np.ndarray):
        draws[:] = 0
    return found


RIGHT = [all_at_once, with_counts]
WRONG = [
    (none_for_none, "no K is affordable"),
    (smallest_for_none, "no K is affordable"),
    (as_float, "one K"),
    (within_one_percent, "it chose"),
    (against_the_last, "it chose"),
    (normal_interval, "it chose"),
    (two_standard_errors, "it chose"),
    (two_per_cent, "it chose"),
    (three_per_cent, "it chose"),
    (majority, "it chose"),
    (stops_at_the_first_gap, "it chose"),
    (changes_the_draws, "changed argument 5 in place"),
]
_ARRAYS = "quality, draws = (np.asarray(quality, dtype=float), np.asarray(draws)): "
_GAPS = "gaps = (quality[best] - quality[i])[draws].mean(axis=1): "
_BEST = "best = max(affordable, key=lambda i: quality[i].mean()): "
SURVIVORS = {
    "return 0: return 0 -> return -0": "minus zero is the whole number zero",
    _ARRAYS + "np.asarray(quality, dtype=float) -> np.asarray(quality)": "qualities are numbers "
    "with decimals in every case",
    _ARRAYS + "np.asarray(draws) -> draws": "an array can be indexed by lists of lists",
    _GAPS + "(quality[best] - quality[i])[draws].mean(axis=1) -> "
    "(quality[best] - quality[i])[draws].sum(axis=1)": "a sum has the sign of its mean",
    "return int(ks[i]): int(ks[i]) -> ks[i]": "a NumPy whole number is accepted as well",
    _BEST + "quality[i].mean() -> quality[i].sum()": "all K have the same number of queries, "
    "so sums have the order of means",
}
