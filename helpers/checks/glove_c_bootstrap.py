"""Check of lesson 02, part C: the paired bootstrap of two rank correlations."""

import numpy as np
from scipy.stats import rankdata

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["BOOTSTRAP"]


def _spearman(left, right) -> float:
    """Rank by counting, correlate the ranks; NaN when a list is constant."""
    ranks = [
        [sum(b < a for b in values) + (sum(b == a for b in values) + 1) / 2 for a in values]
        for values in (left, right)
    ]
    if any(len(set(column)) == 1 for column in ranks):
        return float("nan")
    return float(np.corrcoef(ranks)[0, 1])


def _oracle(ratings, first, second, draws):
    found = []
    for draw in np.asarray(draws).tolist():
        human, one, two = ([list_[i] for i in draw] for list_ in (ratings, first, second))
        found.append(_spearman(human, one) - _spearman(human, two))
    return np.array(found)


def _correlate(left, right):
    left, right = (values - values.mean(axis=1, keepdims=True) for values in (left, right))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (left * right).sum(axis=1) / np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))


def _drawn(ratings, first, second, draws):
    draws = np.asarray(draws)
    return tuple(np.asarray(values, dtype=float)[draws] for values in (ratings, first, second))


def _mean_ranks(values):
    return rankdata(values, axis=1)


def _order_ranks(values):
    return values.argsort(axis=1).argsort(axis=1) + 1.0


def _difference(human, one, two, rank=_mean_ranks):
    human, one, two = (rank(values) for values in (human, one, two))
    return _correlate(human, one) - _correlate(human, two)


def _pearson(*args):
    return _difference(*_drawn(*args), rank=lambda values: values)


def _ranked_before(ratings, first, second, draws):
    ranks = (rankdata(values) for values in (ratings, first, second))
    return _difference(*_drawn(*ranks, draws), rank=lambda values: values)


def _other_way_round(*args):
    human, one, two = _drawn(*args)
    return _difference(human, two, one)


def _humans_not_drawn(ratings, first, second, draws):
    _, one, two = _drawn(ratings, first, second, draws)
    return _difference(np.tile(np.asarray(ratings, dtype=float), (len(one), 1)), one, two)


def _unpaired(ratings, first, second, draws):
    human, one, _ = _drawn(ratings, first, second, draws)
    other_human, _, two = _drawn(ratings, first, second, np.roll(np.asarray(draws), 1, axis=0))
    return _correlate(_mean_ranks(human), _mean_ranks(one)) - _correlate(
        _mean_ranks(other_human), _mean_ranks(two)
    )


def _nothing_for_nan(*args):
    human, one, two = (_mean_ranks(values) for values in _drawn(*args))
    return np.nan_to_num(_correlate(human, one)) - np.nan_to_num(_correlate(human, two))


def _nan_left_out(*args):
    found = _oracle(*args)
    return found[~np.isnan(found)]


def _short_formula(*args):
    human, one, two = (_mean_ranks(values) for values in _drawn(*args))
    n = human.shape[1]
    gap = ((human - two) ** 2).sum(axis=1) - ((human - one) ** 2).sum(axis=1)
    return 6 * gap / (n * (n**2 - 1))


def _models_compared(*args):
    _, one, two = (_mean_ranks(values) for values in _drawn(*args))
    return _correlate(one, two)


def _cases(rng, hard):
    ratings = [9.1, 1.3, 5.0, 7.7]
    first, second = [0.8, -0.1, 0.3, 0.2], [0.5, 0.4, -0.2, 0.1]
    cases = [
        Case(
            "each pair drawn once", (*map(np.array, (ratings, first, second)), _rows([0, 1, 2, 3]))
        ),
        Case(
            "a better second model",
            (*map(np.array, (ratings, second, first)), _rows([0, 1, 2, 3], [3, 2, 1, 1])),
        ),
        Case(
            "two draws, one with repeats",
            (*map(np.array, (ratings, first, second)), _rows([3, 1, 2, 0], [0, 1, 1, 3])),
        ),
        Case(
            "equal ratings and cosines",
            (
                np.array([2.0, 2.0, 5.0, 8.0, 1.0]),
                np.array([0.1, 0.4, 0.4, 0.9, 0.2]),
                np.array([0.6, 0.1, 0.3, 0.3, 0.2]),
                _rows([0, 1, 2, 3, 4], [4, 4, 3, 0, 1], [2, 1, 0, 0, 3]),
            ),
        ),
        Case(
            "one pair drawn again and again",
            (*map(np.array, (ratings, first, second)), _rows([2, 2, 2, 2], [1, 3, 0, 0])),
        ),
        _random(rng, 12, 6, "random pairs"),
        _random(rng, 7, 3, "lists", as_lists=True),
    ]
    if hard:
        cases += [
            _random(rng, 40, 20, "more pairs"),
            Case(
                "large ratings, tiny cosines",
                (
                    1e6 * rng.random(9),
                    1e-9 * rng.random(9),
                    1e-9 * rng.random(9),
                    rng.integers(9, size=(5, 9)),
                ),
            ),
            Case(
                "float32",
                (
                    *(rng.normal(size=15).astype(np.float32) for _ in range(3)),
                    rng.integers(15, size=(4, 15)),
                ),
            ),
            Case(
                "a model that says the same of every pair",
                (rng.random(6), np.full(6, 0.3), rng.random(6), rng.integers(6, size=(3, 6))),
            ),
        ]
    return cases


def _rows(*rows):
    return np.array(rows)


def _random(rng, pairs, resamples, name, as_lists=False):
    ratings = np.round(rng.uniform(0, 10, size=pairs), 1)
    first = ratings + rng.normal(scale=3, size=pairs)
    second = ratings**2 + rng.normal(scale=40, size=pairs)
    args = (ratings, first, second, rng.integers(pairs, size=(resamples, pairs)))
    return Case(name, tuple(arg.tolist() for arg in args) if as_lists else args)


BOOTSTRAP = Check(
    id="Q06-bootstrap",
    title="Is the difference more than chance?",
    level=3,
    minutes=20,
    points=4,
    function="bootstrap_differences",
    make_cases=_cases,
    oracle=_oracle,
    compare=close(rtol=1e-5, atol=1e-6),
    misconceptions=(
        Misconception(
            "correlation of the values",
            _pearson,
            "You correlate the values, which is Pearson's correlation. Spearman's correlates their "
            "ranks: rank ratings and cosines within each resample first.",
        ),
        Misconception(
            "ranked once, before drawing",
            _ranked_before,
            "You rank once and draw the ranks. A resample is a test set of its own: draw the "
            "values, then rank within the resample.",
        ),
        Misconception(
            "ties broken by order",
            lambda *args: _difference(*_drawn(*args), rank=_order_ranks),
            "Equal values get different ranks in your answer, as the sort happens to leave them. "
            "A pair drawn twice is equal to itself: give equal values the mean of their ranks "
            "(`scipy.stats.rankdata`).",
        ),
        Misconception(
            "formula for lists without ties",
            _short_formula,
            "1 - 6 sum d² / (n (n² - 1)) holds only when no two values are equal, and a resample "
            "repeats pairs. Take Pearson's correlation of the mean ranks; it is NaN for a list "
            "that is constant.",
        ),
        Misconception(
            "second minus first",
            _other_way_round,
            "Your sign is the other way round: the correlation of `first` minus that of `second`, "
            "so that a positive number speaks for `first`.",
        ),
        Misconception(
            "size of the difference",
            lambda *args: np.abs(_oracle(*args)),
            "You return the size of the difference without its sign. An interval of sizes can "
            "never hold a zero in its middle: keep the sign.",
        ),
        Misconception(
            "ratings not drawn",
            _humans_not_drawn,
            "You draw the models' cosines but leave the ratings in their old order, so each cosine "
            "meets another pair's rating. Draw all three with the same indices.",
        ),
        Misconception(
            "unpaired",
            _unpaired,
            "You score the second model on other pairs than the first. Then the luck of the draw "
            "no longer cancels: use the same row of `draws` for both.",
        ),
        Misconception(
            "zero for an undefined correlation",
            _nothing_for_nan,
            "Where a resample holds one pair only, there is no order to agree with, and the task "
            "asks for NaN; your answer makes it 0, a difference that nobody measured.",
        ),
        Misconception(
            "undefined resamples dropped",
            _nan_left_out,
            "You drop the resamples without a correlation. Return one number for each row of "
            "`draws`, NaN where it is undefined; the next cell knows what to do with NaN.",
        ),
        Misconception(
            "the models with each other",
            _models_compared,
            "You correlate the two models with each other. Each should be compared with the human "
            "ratings; then take the difference.",
        ),
    ),
)
