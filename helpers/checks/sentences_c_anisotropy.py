"""A check of lesson 03, part 3: the mean cosine in O(n d) (Q08)."""

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q08_ANISOTROPY", "cosine_table", "unit_rows"]


def unit_rows(vectors, guard=True):
    """Divide each row by its length; without the guard a row of zeros becomes nan."""
    vectors = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        return vectors / (np.where(lengths == 0, 1, lengths) if guard else lengths)


def cosine_table(vectors):
    """Compute all cosines, and which of them belong to two different rows."""
    unit = unit_rows(vectors)
    return unit @ unit.T, ~np.eye(len(unit), dtype=bool)


def slow_mean_cosine(vectors):
    """Average the table of all cosines without its diagonal."""
    cosines, different = cosine_table(vectors)
    return cosines[different].mean()


def sum_of_units(self_pairs=False, unit=True, guard=True, centre=False, pairs=1.0):
    """Make a fast mean cosine, with room for the ways to get it wrong."""

    def answer(vectors):
        u = np.asarray(vectors, dtype=np.float64)
        u = u - u.mean(axis=0) if centre else u
        u = unit_rows(u, guard) if unit else u
        n, total = len(u), u.sum(axis=0)
        if self_pairs:
            return total @ total / n**2
        return pairs * (total @ total - (u * u).sum()) / (n * (n - 1))

    return answer


def _minus_n(vectors):
    u = unit_rows(vectors)
    total, n = u.sum(axis=0), len(u)
    return (total @ total - n) / (n * (n - 1))


def _zero_rows_dropped(vectors):
    unit = unit_rows(vectors)
    unit = unit[(unit != 0).any(axis=1)]
    total, n = unit.sum(axis=0), len(unit)
    return (total @ total - (unit * unit).sum()) / (n * (n - 1))


def _by_n_squared(vectors):
    unit = unit_rows(vectors)
    total = unit.sum(axis=0)
    return (total @ total - (unit * unit).sum()) / len(unit) ** 2


def _to_the_mean(vectors):
    u = unit_rows(vectors)
    mean = u.mean(axis=0)
    return (u @ mean).mean() / (np.linalg.norm(mean) or 1)


def _cosine_cases(rng, hard):
    def random(n, d, common=0.0):
        return rng.normal(size=(n, d)) + common

    with_zero = random(4, 3, 1.0)
    with_zero[2] = 0
    cases = [
        Case("two rows in one direction", (np.array([[1.0, 2.0], [3.0, 6.0]]),)),
        Case("two opposite rows", (np.array([[1.0, 2.0], [-2.0, -4.0]]),)),
        Case("three rows", (np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]]),)),
        Case("rows of very different length", (random(4, 3, 1) * [[1], [10], [100], [1000]],)),
        Case("a row of zeros", (with_zero,)),
        Case("whole numbers", (rng.integers(1, 9, size=(5, 3)),)),
        Case("lists", (random(3, 4).round(2).tolist(),)),
        Case("many random rows", (random(60, 20),)),
        Case("a common part", (random(50, 10, 2.0),)),
        Case("2,000 rows: there is no time for a Python loop over pairs", (random(2000, 8, 0.3),)),
    ]
    if hard:
        cases += [
            Case("float32, large", ((1e6 * random(40, 6, 1.0)).astype(np.float32),)),
            Case("every second row of an array", (random(30, 5, 0.5)[::2],)),
            Case("one dimension", (np.array([[2.0], [-1.0], [5.0]]),)),
            Case("several rows of zeros", (np.vstack([np.zeros((3, 4)), random(5, 4, 1)]),)),
            Case("a few equal rows", (np.repeat(random(3, 4), 3, axis=0),)),
        ]
    return cases


Q08_ANISOTROPY = Check(
    id="Q08-anisotropy",
    title="The mean cosine of all pairs, without the pairs",
    level=2,
    minutes=12,
    points=3,
    function="mean_cosine_of_pairs",
    make_cases=_cosine_cases,
    oracle=slow_mean_cosine,
    compare=close(rtol=1e-5, atol=1e-7),
    limit=2.0,
    misconceptions=[
        Misconception(
            "pairs with oneself",
            sum_of_units(self_pairs=True),
            "You count the pairs of a row with itself, whose cosine is 1. Subtract them from the "
            "squared length of the sum, and divide by n (n - 1).",
        ),
        Misconception(
            "not unit",
            sum_of_units(unit=False),
            "That is the mean dot product. A cosine divides by both lengths: make unit rows first.",
        ),
        Misconception(
            "zero rows",
            sum_of_units(guard=False),
            "A row of zeros divides 0 by 0. Its cosine counts as 0: leave the row at zero with "
            "`np.where(lengths == 0, 1, lengths)`.",
        ),
        Misconception(
            "minus n",
            _minus_n,
            "You subtract n for the pairs of a row with itself. A zero row has no such 1: subtract "
            "the sum of all squared entries of the unit rows instead.",
        ),
        Misconception(
            "centred",
            sum_of_units(centre=True),
            "You subtract the mean row first. That removes the very thing that is to be measured: "
            "use the rows as they are.",
        ),
        Misconception(
            "pairs counted once, sum twice",
            sum_of_units(pairs=2.0),
            "Twice too much: the squared length of the sum holds each pair twice, as (a, b) and as "
            "(b, a). Divide by n (n - 1), not by half of it.",
        ),
        Misconception(
            "zero rows dropped",
            _zero_rows_dropped,
            "You leave the rows of zeros out. Their pairs count, with cosine 0: divide by "
            "n (n - 1) with all n rows.",
        ),
        Misconception(
            "divided by n squared",
            _by_n_squared,
            "You divide by n². Without the pairs of a row with itself there are n (n - 1) ordered "
            "pairs.",
        ),
        Misconception(
            "cosine to the mean",
            _to_the_mean,
            "You average the cosine of each row with the mean (or take the length of the mean unit "
            "row, which is the same). The pairs are pairs of rows: the squared length, less the "
            "pairs of a row with itself.",
        ),
    ],
)
