"""A check of lesson 03, part 3: the dimensions behind the mean cosine (Q08)."""

import numpy as np

from helpers.checks.comparing import as_numbers, close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.sentences_c_anisotropy import cosine_table, unit_rows

__all__ = ["Q08_DOMINANT"]


def slow_dominant(vectors, k):
    """Average each dimension's part of the cosine over the table of all pairs."""
    vectors = np.asarray(vectors, dtype=np.float64)
    unit, (_, different) = unit_rows(vectors), cosine_table(vectors)
    parts = [np.outer(column, column)[different].mean() for column in unit.T]
    dimensions = sorted(range(len(parts)), key=lambda j: -parts[j])[:k]
    cleaned = vectors.copy()
    cleaned[:, dimensions] = 0
    return dimensions, cleaned


def by_score(score, delete=False, rescale=False):
    """Make an answer that ranks the dimensions by some other score."""

    def answer(vectors, k):
        vectors = np.asarray(vectors, dtype=np.float64)
        dimensions = np.argsort(-score(vectors), kind="stable")[:k]
        if delete:
            return dimensions, np.delete(vectors, dimensions, axis=1)
        cleaned = vectors.copy()
        cleaned[:, dimensions] = 0
        return dimensions, unit_rows(cleaned) if rescale else cleaned

    return answer


def _contribution(vectors):
    unit = unit_rows(vectors)
    return unit.sum(axis=0) ** 2 - (unit**2).sum(axis=0)


def from_the_end(turned):
    """Make an answer that takes the last k of the sorted dimensions."""

    def answer(vectors, k):
        vectors = np.asarray(vectors, dtype=np.float64)
        dimensions = np.argsort(_contribution(vectors), kind="stable")[-k:]
        dimensions = dimensions[::-1] if turned else dimensions
        cleaned = vectors.copy()
        cleaned[:, dimensions] = 0
        return dimensions, cleaned

    return answer


def _smallest_of_the_largest(vectors, k):
    dimensions, cleaned = by_score(_contribution)(vectors, k)
    return dimensions[::-1], cleaned


def _compare(got, expected):
    if not isinstance(got, list | tuple) or len(got) != 2:
        return structure(close(), close())(got, expected)
    if np.size(expected[0]) or as_numbers(got[0]) is None or np.size(got[0]):
        problem = close(rtol=0, atol=0)(got[0], expected[0])
        if problem is not None:
            return f"`dimensions`: {problem}"
    problem = close(rtol=1e-6, atol=1e-9)(got[1], expected[1])
    return None if problem is None else f"`cleaned`: {problem}"


def _clear(vectors):
    """Say whether no two contributions are so close that rounding could swap them."""
    parts = np.sort(_contribution(np.asarray(vectors, dtype=np.float64)))
    n = len(vectors)
    return bool((np.diff(parts) > 1e-4 * n * (n - 1)).all())


def _dominant_cases(rng, hard):
    def random(n, d, common):
        while True:
            vectors = rng.normal(size=(n, d)) + np.asarray(common)
            if _clear(vectors):
                return vectors

    def lengths_differ():
        while True:
            # Two long rows have most of the raw products, and few votes in the cosines.
            long = [[300.0, 4.0, 10.0, 20.0], [280.0, 5.0, -10.0, 30.0]]
            vectors = np.vstack([random(7, 4, [0.3, 2.0, 0.5, 0]), long])
            if _clear(vectors):
                return vectors

    def with_zero():
        return np.insert(random(5, 3, [2.0, 0.5, 1.0]), 2, 0.0, axis=0)

    spike = np.array([[9.0, 1.0, 0.0, 0.0], [0.0, 1.0, 3.0, 0.0], [0.0, 1.0, 0.0, 3.0]])
    swing = np.array([[5.0, 1.0, 0.2], [-5.0, 1.5, 0.1], [5.0, 1.0, 0.4], [-5.0, 2.0, 0.0]])
    cases = [
        Case("one dimension that all rows share", (np.array([[1.0, 9], [-1, 8], [2, 9]]), 1)),
        Case("three spikes, of one row each", (spike, 1)),
        Case("a dimension that swings", (swing, 1)),
        Case("a large negative common value", (random(6, 4, [0.2, -8.0, 1.5, 0.5]), 2)),
        Case(
            "a negative value, a little smaller", (np.array([[1, -0.95, 0.1], [1, -0.9, 0.0]]), 1)
        ),
        Case("rows of very different length", (lengths_differ(), 1)),
        Case("a row of zeros", (with_zero(), 2)),
        Case("lists of whole numbers", ([[7, 1, 2], [8, 0, 3], [9, 2, 2]], 2)),
        Case("k = 0", (random(3, 3, [1.0, 2, 3]), 0)),
        Case("all dimensions", (random(5, 3, [1.0, 2, 3]), 3)),
        Case("60 rows", (random(60, 6, [0.0, 0.5, 1, -3, 5, 2]), 3)),
    ]
    if hard:
        cases += [
            Case("two rows", (random(2, 4, [0.0, 3, 1, 2]), 2)),
            Case("float32", (random(30, 5, [1.0, -2, 0, 4, 3]).astype(np.float32), 2)),
            Case("every second row", (random(40, 4, [1.0, 0, 4, 2.5])[::2], 1)),
            Case("large numbers", (1e7 * random(20, 4, [0.5, 2, 4, 0]), 2)),
        ]
    return cases


_RAW = (
    "You rank by the raw values, so that long rows decide. The cosine divides each row by its "
    "length: rank by the unit rows."
)

Q08_DOMINANT = Check(
    id="Q08-dominant",
    title="The dimensions behind the mean cosine",
    level=2,
    minutes=15,
    points=4,
    function="without_dominant_dimensions",
    make_cases=_dominant_cases,
    oracle=slow_dominant,
    compare=_compare,
    misconceptions=[
        Misconception(
            "by variance",
            by_score(lambda x: x.var(axis=0)),
            "You rank by variance. A dimension that swings between plus and minus tells rows "
            "apart; what makes all rows alike is a value that they share.",
        ),
        Misconception(
            "variance of unit rows",
            by_score(lambda x: unit_rows(x).var(axis=0)),
            "You rank by the variance of the unit rows. What makes all rows alike is not a value "
            "that varies but one that they share: multiply the entries of two different rows.",
        ),
        Misconception(
            "raw product", by_score(lambda x: x.sum(axis=0) ** 2 - (x**2).sum(axis=0)), _RAW
        ),
        Misconception(
            "raw mean",
            by_score(lambda x: np.abs(x.mean(axis=0))),
            f"{_RAW} (And leave out the pairs of a row with itself.)",
        ),
        Misconception(
            "signed mean",
            by_score(lambda x: unit_rows(x).sum(axis=0)),
            "You rank by the signed mean, which puts a dimension that is -8 everywhere last. Two "
            "negative entries have a positive product: that dimension adds most.",
        ),
        Misconception(
            "mean square",
            by_score(lambda x: (unit_rows(x) ** 2).sum(axis=0)),
            "You rank by the squares of single entries, the pairs of a row with itself. A spike in "
            "one row wins that, and adds nothing to the cosine of two different rows.",
        ),
        Misconception(
            "squared mean",
            by_score(lambda x: unit_rows(x).sum(axis=0) ** 2),
            "The squared column sum still holds the pairs of a row with itself, so that one spike "
            "can win. Subtract the column's sum of squares.",
        ),
        Misconception(
            "[-0:]",
            from_the_end(turned=True),
            "`[-k:]` with k = 0 takes everything, for -0 is 0. Sort the negative contributions and "
            "take `[:k]`.",
        ),
        Misconception(
            "smallest of the largest first",
            _smallest_of_the_largest,
            "The right dimensions in the wrong order: the largest contribution comes first.",
        ),
        Misconception(
            "smallest of the largest first, [-0:]",
            from_the_end(turned=False),
            "The right dimensions in the wrong order: the largest contribution comes first. And "
            "`[-k:]` with k = 0 takes everything: sort the negative contributions, take `[:k]`.",
        ),
        Misconception(
            "absolute contribution",
            by_score(lambda x: np.abs(_contribution(x))),
            "You rank by the size of the contribution without its sign. A dimension that swings "
            "between plus and minus lowers the mean cosine: it is negative and comes last.",
        ),
        Misconception(
            "centred",
            by_score(lambda x: _contribution(x - x.mean(axis=0))),
            "You subtract the mean row first. That removes the very thing that is to be found: use "
            "the rows as they are.",
        ),
        Misconception(
            "columns deleted",
            by_score(_contribution, delete=True),
            "You delete the columns. Set them to zero in a copy, so that the shape stays and the "
            "numbers of the dimensions keep their meaning.",
        ),
        Misconception(
            "rows rescaled",
            by_score(_contribution, rescale=True),
            "You return rows of unit length. Unit rows serve to find the dimensions; the copy "
            "keeps the values as they came, with the found columns at zero.",
        ),
        Misconception(
            "smallest first",
            by_score(lambda x: -_contribution(x)),
            "You take the dimensions that add least. `np.argsort` sorts upwards: sort the negative "
            "contributions.",
        ),
    ],
)
