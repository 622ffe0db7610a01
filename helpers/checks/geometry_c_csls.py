"""Check of lesson 05, part C: cross-domain similarity local scaling."""

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_CSLS"]

_COMPARE, _ROUGHLY = close(rtol=1e-9, atol=1e-12), close(rtol=1e-5, atol=1e-6)


def _entry_by_entry(similarity, k):
    """Look at each query and target: its own list, the other's list, and the pair."""
    rows = [[float(value) for value in row] for row in similarity]
    columns = list(map(list, zip(*rows, strict=True)))

    def mean_of_best(values):
        best = sorted(values, reverse=True)[:k]
        return sum(best) / len(best)

    return np.array(
        [
            [
                2 * value - mean_of_best(row) - mean_of_best(columns[j])
                for j, value in enumerate(row)
            ]
            for row in rows
        ]
    )


def _csls_cases(rng, hard):
    def some(n, m):
        return rng.normal(size=(n, m)).round(2)

    cases = [
        Case("two queries, three targets, k = 1", (some(2, 3), 1)),
        Case("k = 2", (some(4, 3), 2)),
        Case("own place not special: a large diagonal", (some(4, 4) + 5 * np.eye(4), 2)),
        Case("fewer queries than k", (some(2, 5), 3)),
        Case("fewer targets than k", (some(5, 2), 3)),
        Case("k larger than both", (some(3, 2), 10)),
        Case("one query", (some(1, 4), 2)),
        Case("one target", (some(4, 1), 2)),
        Case("all negative", (-np.abs(some(4, 4)) - 1, 2)),
        Case("ties", (np.array([[1.0, 1, 0], [1, 1, 1], [0, 1, 1]]), 2)),
        Case("whole numbers", (rng.integers(-9, 10, size=(3, 4)), 2)),
        Case("a list", (some(3, 3).tolist(), 2)),
        Case("32-bit numbers near 1", ((1 - some(4, 5) ** 2 / 1e4).astype(np.float32), 3)),
    ]
    if hard:
        cases += [
            Case("a larger table", (some(30, 22), 10)),
            Case("transposed memory", (np.asfortranarray(some(7, 6)), 3)),
            Case("huge similarities", (1e200 * some(5, 6), 2)),
        ]
    return cases


def _digits(got, expected):
    """Compare to nine digits, and know answers that are right to five only."""
    problem = _COMPARE(got, expected)
    if problem is not None and _ROUGHLY(got, expected) is None:
        return (
            "right to about seven digits, not more: you compute in 32 bits. Convert first, with "
            "np.asarray(similarity, dtype=float)"
        )
    return problem


def _variant(
    *, factor=2, rows="mean", columns="mean", swap=False, best="largest", own="in", convert=True,
    cut="those there", sign=-1, k_of_both=False, kind=float, scale=1, shape="column",
    one_by_one=False,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def csls(similarity, k):
        if not convert and isinstance(similarity, list):
            raise TypeError("list indices must be integers or slices, not tuple")
        s = np.array(similarity, dtype=kind)
        looked = s.copy()
        if own == "out":
            np.fill_diagonal(looked, -np.inf)
        if cut == "raise" and k > min(s.shape):
            raise ValueError("kth out of bounds")
        if k_of_both:
            k = min(k, *s.shape)

        def r(values, how):
            if how is None:
                return np.zeros(len(values))
            order = np.sort(values, axis=1)
            order = order[:, ::-1] if best == "largest" else order
            list_ = order if how == "all" else order[:, :k]
            if own == "first":
                list_ = order[:, 1 : k + 1]
                return np.array([best.mean() if len(best) else np.nan for best in list_])
            if how == "last":
                return list_[:, -1]
            total = list_.sum(axis=1)
            return total if how == "sum" else total / (k if cut == "k" else list_.shape[1])

        of_rows = r(looked, rows)
        of_columns = r(looked.T - of_rows if one_by_one else looked.T, columns)
        if swap:
            of_rows, of_columns = of_columns, of_rows  # fits square tables only
        if shape == "row":
            return 2 * s - of_rows - of_columns
        return scale * (factor * s + sign * (of_rows[:, None] + of_columns))

    return csls


X_CSLS = Check(
    id="X-csls",
    title="CSLS",
    level=2,
    minutes=15,
    points=3,
    function="csls",
    make_cases=_csls_cases,
    oracle=_entry_by_entry,
    compare=_digits,
    misconceptions=(
        Misconception(
            "no factor 2",
            _variant(factor=1),
            "You subtract two means from *one* similarity. Twice the similarity makes it fair: "
            "each side's mean is taken off once from its own copy.",
        ),
        Misconception(
            "only the queries' means",
            _variant(columns=None),
            "You subtract the mean of the row only. That cannot change any query's order; the "
            "column's mean r'[j] is the one that lowers hubs.",
        ),
        Misconception(
            "only the targets' means",
            _variant(rows=None),
            "You subtract the mean of the column only. The order of each query is right, but "
            "values of different queries cannot be compared: take off the row's mean too.",
        ),
        Misconception(
            "rows and columns changed places",
            _variant(swap=True),
            "The two means have changed places (which only a square table allows): r[i] belongs to "
            "row i and is the mean along axis=1; r'[j] belongs to column j.",
        ),
        Misconception(
            "means of everything",
            _variant(rows="all", columns="all"),
            "You average whole rows and columns. Only the k largest of each count.",
        ),
        Misconception(
            "sums instead of means",
            _variant(rows="sum", columns="sum"),
            "You subtract sums of the k largest. Divide by how many there are.",
        ),
        Misconception(
            "the k-th largest instead of the mean",
            _variant(rows="last", columns="last"),
            "You take the k-th largest similarity of each side. r is the *mean* of the k largest.",
        ),
        Misconception(
            "the k smallest",
            _variant(best="smallest"),
            "You average the k *smallest*: np.sort and np.partition begin with the smallest. Take "
            "the other end.",
        ),
        Misconception(
            "divided by k where there are fewer",
            _variant(cut="k"),
            "Where a row or a column has fewer than k values you still divide by k. Take the mean "
            "of those there are.",
        ),
        Misconception(
            "one k for both sides",
            _variant(k_of_both=True),
            "You cut k to the smaller of the two sizes for both means. Each side has its own "
            "limit: a row has as many values as there are targets, a column as many as queries.",
        ),
        Misconception(
            "k beyond the size refused",
            _variant(cut="raise"),
            "k may be larger than a row or a column is long: then all its values count.",
        ),
        Misconception(
            "the diagonal left out",
            _variant(own="out"),
            "You leave out the diagonal. Queries and targets are different sets here, so query i "
            "and target i are no more the same point than any other pair.",
        ),
        Misconception(
            "the first of each list left out",
            _variant(own="first"),
            "You leave out the first of each list. Queries and targets are different sets: nothing "
            "is its own neighbour, and the nearest counts.",
        ),
        Misconception(
            "the row's means without a column of their own",
            _variant(shape="row"),
            "The row's means must stand in a column, of shape (n, 1): write r[:, None]. As it is, "
            "numpy subtracts r[j] from column j, or finds that the shapes do not fit.",
        ),
        Misconception(
            "one mean after the other",
            _variant(one_by_one=True),
            "Both means are of the *given* similarities; you took r'[j] after subtracting r[i].",
        ),
        Misconception(
            "everything halved",
            _variant(scale=0.5),
            "You return half of it, s - (r + r')/2. Every order is right, but the task asks for "
            "2s - r - r'.",
        ),
        Misconception(
            "the mean of the two means",
            _variant(sign=-0.5),
            "You subtract the *mean* of r and r'. From twice the similarity both come off whole.",
        ),
        Misconception(
            "means added",
            _variant(sign=1),
            "You add the means. A target that is near to everybody has a *large* mean and must "
            "come down: subtract.",
        ),
        Misconception(
            "computed in 32 bits",
            _variant(kind=None),
            "All is right but the 32-bit table: near 1 its numbers lie 6e-8 apart, and so do your "
            "means and differences. Convert first: np.asarray(similarity, dtype=float).",
        ),
        Misconception(
            "lists not accepted",
            _variant(convert=False),
            "Lists come in as well: np.asarray(similarity, dtype=float) reads both.",
        ),
    ),
)
