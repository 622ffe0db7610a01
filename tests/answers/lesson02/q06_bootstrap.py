"""Answers to Q06-bootstrap."""

import math
import warnings

import numpy as np
import torch
from scipy.stats import rankdata, spearmanr

CHECK = "Q06-bootstrap"


def with_scipy(ratings, first, second, draws):
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for draw in np.asarray(draws):
            human, one, two = (np.asarray(values)[draw] for values in (ratings, first, second))
            found.append(spearmanr(human, one).statistic - spearmanr(human, two).statistic)
    return np.array(found)


def ranks_by_counting(values):
    values = np.asarray(values, dtype=np.float64)
    below = (values[..., None, :] < values[..., :, None]).sum(-1)
    equal = (values[..., None, :] == values[..., :, None]).sum(-1)
    return below + (equal + 1) / 2


def by_comparing_all(ratings, first, second, draws):
    human, one, two = (
        ranks_by_counting(np.asarray(values)[np.asarray(draws)])
        for values in (ratings, first, second)
    )

    def correlate(left, right):
        n = left.shape[1]
        left, right = left - (n + 1) / 2, right - (n + 1) / 2
        with np.errstate(invalid="ignore"):
            return np.einsum("bn,bn->b", left, right) / np.sqrt(
                np.einsum("bn,bn,bm,bm->b", left, left, right, right)
            )

    return correlate(human, one) - correlate(human, two)


def in_torch(ratings, first, second, draws):
    draws = torch.as_tensor(np.asarray(draws))
    ranks = [
        torch.as_tensor(ranks_by_counting(np.asarray(values)[draws.numpy()]))
        for values in (ratings, first, second)
    ]
    human, one, two = (r - r.mean(dim=1, keepdim=True) for r in ranks)
    scale = human.norm(dim=1)
    return (human * one).sum(1) / (scale * one.norm(dim=1)) - (human * two).sum(1) / (
        scale * two.norm(dim=1)
    )


def plain_python(ratings, first, second, draws):
    def rho(left, right):
        n = len(left)
        a, b = ranks_by_counting(left).tolist(), ranks_by_counting(right).tolist()
        middle = (n + 1) / 2
        product = sum((x - middle) * (y - middle) for x, y in zip(a, b, strict=True))
        size = sum((x - middle) ** 2 for x in a) * sum((y - middle) ** 2 for y in b)
        return product / math.sqrt(size) if size else math.nan

    found = []
    for draw in np.asarray(draws).tolist():
        human, one, two = ([values[i] for i in draw] for values in (ratings, first, second))
        found.append(rho(human, one) - rho(human, two))
    return found


def short_formula(ratings, first, second, draws):
    """1 - 6 sum d^2 / (n (n^2 - 1)), which holds only without ties."""
    draws = np.asarray(draws)
    n = draws.shape[1]
    human, one, two = (
        rankdata(np.asarray(values)[draws], axis=1) for values in (ratings, first, second)
    )
    gap = ((human - two) ** 2 - (human - one) ** 2).sum(axis=1)
    return 6 * gap / (n * (n * n - 1))


def argsort_twice(ratings, first, second, draws):
    found = []
    for draw in np.asarray(draws):
        human, one, two = (
            np.asarray(values)[draw].argsort().argsort() for values in (ratings, first, second)
        )
        found.append(np.corrcoef(human, one)[0, 1] - np.corrcoef(human, two)[0, 1])
    return np.array(found)


def without_repeats(ratings, first, second, draws):
    found = []
    for draw in np.asarray(draws):
        found.append(with_scipy(ratings, first, second, [np.unique(draw)])[0])
    return np.array(found)


def one_number(ratings, first, second, draws):
    return np.nanmean(with_scipy(ratings, first, second, draws))


def interval_only(ratings, first, second, draws):
    return np.nanquantile(with_scipy(ratings, first, second, draws), [0.025, 0.975])


def no_resampling(ratings, first, second, draws):
    n = len(ratings)
    return np.repeat(with_scipy(ratings, first, second, [range(n)]), len(draws))


def own_draws(ratings, first, second, draws):
    rng = np.random.default_rng(0)
    fresh = rng.integers(len(ratings), size=np.shape(draws))
    return with_scipy(ratings, first, second, fresh)


def sum_of_both(ratings, first, second, draws):
    return with_scipy(ratings, first, second, draws) + 2 * with_scipy(
        ratings, second, np.zeros(len(ratings)), draws
    )


def both_correlations(ratings, first, second, draws):
    return np.stack([with_scipy(ratings, m, m, draws) for m in (first, second)])


RIGHT = [with_scipy, by_comparing_all, in_torch, plain_python]
WRONG = [
    (short_formula, "holds only when no two values are equal"),
    (argsort_twice, "Equal values get different ranks"),
    (without_repeats, "not right"),
    (one_number, "one number"),
    (interval_only, "the shape (2,)"),
    (no_resampling, "not right"),
    (own_draws, "not right"),
    (sum_of_both, "not right"),
    (both_correlations, "the shape (2, 1)"),
    (lambda *args: None, "is the `return` there?"),
]
_CENTRED = "human, one, two = (ranks - ranks.mean(axis=1, keepdims=True) for ranks: "
SURVIVORS = {
    _CENTRED + "ranks - ranks.mean(axis=1, keepdims=True) -> "
    "ranks.mean(axis=1, keepdims=True) - ranks": "all three lists change sign, and the "
    "correlations are products of two",
    _CENTRED + "ranks.mean(axis=1, keepdims=True) -> ranks.mean(keepdims=True)": (
        "the mean rank of n values is (n + 1) / 2 in every row"
    ),
    "with np.errstate(invalid='ignore'):: np.errstate(invalid='ignore') -> np.errstate()": (
        "a warning is no mistake, and the result is the same"
    ),
}
