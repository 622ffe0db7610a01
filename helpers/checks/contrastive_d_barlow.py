"""Check of lesson 04, part D: the loss of Barlow Twins."""

import math

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_BARLOW"]


def _standard(column):
    """Subtract the mean and divide by the standard deviation, number by number."""
    mean = math.fsum(column) / len(column)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(column))
    if spread < 1e-12:
        return [0.0] * len(column)
    return [(value - mean) / spread for value in column]


def _oracle(z1, z2, off_diagonal=0.005):
    """Correlate the coordinates pair by pair."""
    first, second = (
        [_standard([float(row[i]) for row in rows]) for i in range(len(rows[0]))]
        for rows in (z1, z2)
    )
    total = 0.0
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            c = math.fsum(a * b for a, b in zip(one, other, strict=True)) / len(one)
            total += (1 - c) ** 2 if i == j else off_diagonal * c**2
    return total


def _pair(rng, n, d, noise=0.6):
    """Make two noisy copies of n vectors, with coordinates of other means and scales."""
    z = rng.normal(size=(n, d)) @ (np.eye(d) + 0.4 * rng.normal(size=(d, d)))
    scale, middle = rng.uniform(0.3, 4, (2, d)), rng.normal(size=(2, d))
    return tuple((z + noise * rng.normal(size=(n, d))) * scale[i] + middle[i] for i in (0, 1))


def _cases(rng, hard):
    line = np.array([[1.0, 2.0], [3.0, 0.0], [2.0, 5.0]])
    dead = _pair(rng, 7, 3)
    dead[0][:, 1] = 0.1
    dead[1][:, 1] = 0.1
    half = _pair(rng, 6, 3)
    half[1][:, 2] = 0.7
    copies = tuple(part[:, [0, 0, 1]] for part in _pair(rng, 8, 2, noise=0.2))
    opposite = _pair(rng, 9, 3, noise=0.3)
    cases = [
        Case("twins that agree", (line, line), {"off_diagonal": 0.5}),
        Case("one row", (line[:1], line[1:2])),
        Case("a constant", (np.ones((4, 3)), np.ones((4, 3)))),
        Case("three coordinates", _pair(rng, 8, 3), {"off_diagonal": 0.3}),
        Case("the default weight", _pair(rng, 12, 4)),
        Case("no weight on the off-diagonal", _pair(rng, 6, 2), {"off_diagonal": 0.0}),
        Case("a coordinate that is copied", copies, {"off_diagonal": 0.2}),
        Case("the second side turned round", (opposite[0], -opposite[1]), {"off_diagonal": 0.1}),
        Case("a coordinate that is always .1", dead, {"off_diagonal": 0.2}),
        Case("constant on one side only", half, {"off_diagonal": 0.2}),
        Case("lists", tuple(p.tolist() for p in _pair(rng, 4, 2)), {"off_diagonal": 0.4}),
    ]
    if hard:
        whole = tuple(rng.integers(-9, 10, (9, 3)) for _ in range(2))
        cases += [
            Case("whole numbers", whole, {"off_diagonal": 0.7}),
            Case("more coordinates than rows", _pair(rng, 4, 9), {"off_diagonal": 0.1}),
            Case("float32", tuple(p.astype(np.float32) for p in _pair(rng, 10, 4))),
            Case("every other row of an array", tuple(p[::2] for p in _pair(rng, 20, 3))),
            Case("far from 0", tuple(p + 1e4 for p in _pair(rng, 10, 3)), {"off_diagonal": 2.0}),
            Case("tiny numbers", tuple(p * 1e-7 for p in _pair(rng, 10, 3)), {"off_diagonal": 1}),
        ]
    return cases


def _variant(
    *, scale="columns", centre=True, ddof=0, own=False, over="rows",
    diagonal=lambda c: (1 - c) ** 2, others=np.square, weight_all=False, weighted=True,
    reduce=np.sum, dead="zero", shift=0.0, first=None, divide=0, keep=None,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def barlow_loss(z1, z2, off_diagonal=0.005):
        sides = [np.asarray(z, dtype=np.float64) for z in (z1, z2)]
        if own:
            sides[1] = sides[0]
        if first == "unit rows":
            sides = [z / np.linalg.norm(z, axis=1, keepdims=True) for z in sides]
        elif first == "turned":
            sides = [z.T for z in sides]
        with np.errstate(all="ignore"):
            for i, z in enumerate(sides):
                z = z - z.mean(axis=0) if centre else z
                if scale == "rows":
                    lengths = np.linalg.norm(z, axis=1, keepdims=True)
                    z = z / (np.where(lengths > 0, lengths, 1) if dead == "zero" else lengths)
                elif scale == "columns":
                    spread = np.asarray(sides[i]).std(axis=0, ddof=ddof)
                    if dead == "zero":
                        spread = np.where(spread < 1e-12, np.inf, spread)
                    elif dead == "exact":
                        spread = np.where(spread == 0, np.inf, spread)
                    z = z / (spread + shift)
                sides[i] = z
            if over == "rows":
                by_n = scale == "columns" or divide == "n"
                c = sides[0].T @ sides[1] / (len(sides[0]) - (divide == 1) if by_n else 1)
            else:
                c = sides[0] @ sides[1].T / sides[0].shape[0 if divide == "n" else 1]
            d = np.diagonal(c)
            off = c[~np.eye(len(c), dtype=bool)] if keep is None else keep(c)
            weight = off_diagonal if weighted else 1.0
            return float(
                reduce(diagonal(d)) * (off_diagonal if weight_all else 1)
                + weight * (reduce(others(off)) if off.size else 0)
            )

    return barlow_loss


def _unconverted(z1, z2, off_diagonal=0.005):
    if isinstance(z1, list):
        raise AttributeError("'list' object has no attribute 'mean'")
    return _oracle(z1, z2, off_diagonal)


X_BARLOW = Check(
    id="X-barlow",
    title="The loss of Barlow Twins",
    level=2,
    minutes=20,
    points=3,
    function="barlow_loss",
    make_cases=_cases,
    oracle=_oracle,
    compare=close(rtol=1e-6, atol=1e-8),
    misconceptions=(
        Misconception(
            "a constant coordinate divides by 0",
            _variant(dead="divided"),
            "A coordinate that never changes has the standard deviation 0 (or 1e-17 by rounding), "
            "and the division fails. Make the coordinate 0 where it is below 1e-12.",
        ),
        Misconception(
            "an epsilon in the denominator",
            _variant(shift=1e-5, dead="divided"),
            "You add a small number to every standard deviation, which shifts all correlations a "
            "little. Treat only coordinates whose standard deviation is below 1e-12 apart.",
        ),
        Misconception(
            "rows scaled instead of columns",
            _variant(scale="rows", dead="divided"),
            "You scale each VECTOR to length 1, as cosines need. Here each COORDINATE is "
            "standardised over the batch: mean and standard deviation with `axis=0`.",
        ),
        Misconception(
            "rows scaled, not centred",
            _variant(scale="rows", centre=False, divide="n"),
            "You scale each VECTOR to length 1 and keep the means, as cosines need. Here each "
            "COORDINATE gets mean 0 and standard deviation 1 over the batch (`axis=0`).",
        ),
        Misconception(
            "rows scaled before columns",
            _variant(first="unit rows"),
            "You scale each VECTOR to length 1 before you standardise. Leave the vectors as they "
            "are: only the coordinates are standardised here.",
        ),
        Misconception(
            "tables turned",
            _variant(first="turned"),
            "You standardise and compare ROWS: pictures with pictures, as in SimCLR. Here mean and "
            "standard deviation are per column (`axis=0`), and C is `z1.T @ z2 / n`, d x d.",
        ),
        Misconception(
            "only exact zeros caught",
            _variant(dead="exact"),
            "You catch a standard deviation of exactly 0. By rounding that of a constant may be "
            "1e-17: compare with 1e-12.",
        ),
        Misconception(
            "half of the off-diagonal",
            _variant(keep=lambda c: c[np.triu_indices(len(c), 1)]),
            "You count only one half of the off-diagonal. C is not symmetric here (view 1 against "
            "view 2): all d(d - 1) entries count.",
        ),
        Misconception(
            "diagonal in the second sum",
            _variant(keep=lambda c: c),
            "Your second sum runs over the whole of C. It must leave out the diagonal.",
        ),
        Misconception(
            "correlations divided by n - 1",
            _variant(divide=1),
            "Your deviations divide by n, your correlations by n - 1, so that they can exceed 1. "
            "Divide by n in both.",
        ),
        Misconception(
            "not centred",
            _variant(centre=False),
            "The coordinates keep their means, so these are no correlations. Subtract the mean of "
            "each coordinate over the batch first.",
        ),
        Misconception(
            "dividing by n - 1 in the deviation only",
            _variant(ddof=1),
            "Your standard deviation divides by n - 1, your correlation by n: a coordinate then "
            "correlates with itself by less than 1. Take `std` as it is, and divide by n.",
        ),
        Misconception(
            "one view with itself",
            _variant(own=True),
            "You correlate the first view with itself, whose diagonal is 1 whatever the network "
            "does. C pairs coordinate i of z1 with coordinate j of z2.",
        ),
        Misconception(
            "pictures instead of coordinates",
            _variant(over="columns"),
            "Your table compares pictures with pictures, as in SimCLR. C is d x d: it compares "
            "COORDINATES over the batch, `z1.T @ z2 / n`.",
        ),
        Misconception(
            "pictures instead of coordinates, divided by n",
            _variant(over="columns", divide="n"),
            "Your table is n x n: `z1 @ z2.T` multiplies pictures by pictures. C is d x d, `z1.T @ "
            "z2 / n`, after standardising.",
        ),
        Misconception(
            "the weight is missing",
            _variant(weighted=False),
            "The off-diagonal counts in full. Multiply its sum by `off_diagonal`.",
        ),
        Misconception(
            "the weight on everything",
            _variant(weight_all=True),
            "The weight multiplies both terms. Only the off-diagonal sum gets it.",
        ),
        Misconception(
            "diagonal pushed to 0",
            _variant(diagonal=np.square),
            "You penalise the diagonal for being large. Twins should AGREE: the diagonal term is "
            "(1 - C_ii)^2.",
        ),
        Misconception(
            "diagonal not squared",
            _variant(diagonal=lambda c: 1 - c),
            "The diagonal term is squared: (1 - C_ii)^2, not 1 - C_ii.",
        ),
        Misconception(
            "off-diagonal not squared",
            _variant(others=lambda c: c),
            "The off-diagonal entries go in with their sign and cancel. Square them: a "
            "correlation of -.9 is as redundant as one of .9.",
        ),
        Misconception(
            "absolute values",
            _variant(others=np.abs),
            "You take absolute values off the diagonal; the loss squares them.",
        ),
        Misconception(
            "means instead of sums",
            _variant(reduce=np.mean),
            "You take means over the entries. Both terms are SUMS, over d entries and over "
            "d(d - 1): a constant costs d.",
        ),
        Misconception(
            "lists not accepted",
            _unconverted,
            "Lists come in as well: start with `np.asarray(z1, dtype=float)` on both sides.",
        ),
    ),
)
