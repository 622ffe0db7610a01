"""Check of lesson 05, part C: the k-occurrence."""

import numpy as np

from helpers.checks.comparing import equal
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_KOCC"]


def _by_hand(similarity, k):
    """Go through the points, sort the others, and give each of the first k a tick."""
    similarity = np.asarray(similarity, dtype=float)
    ticks = [0] * len(similarity)
    for i, row in enumerate(similarity):
        others = [j for j in range(len(row)) if j != i]
        for j in sorted(others, key=lambda j: (-row[j], j))[:k]:
            ticks[j] += 1
    return np.array(ticks)


def _case(name, similarity, k):
    return Case(name, (similarity, k))


def _kocc_cases(rng, hard):
    def cosines(n, d=3):
        points = rng.normal(size=(n, d))
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        return points @ points.T

    def products(n):
        # Lengths that differ much: a short point's product with itself is not its largest.
        points = rng.normal(size=(n, 3)) * rng.permutation(np.geomspace(0.2, 5, n))[:, None]
        points[0], points[1] = [0.1, 0.1, 0], [3, 3, 0.5]
        return points @ points.T

    twins = cosines(6)
    twins[1], twins[:, 1] = twins[0], twins[:, 0]
    twins[:2, :2] = 1
    line = np.array([[0, 5, 1, 4], [5, 0, 4, 1], [1, 4, 0, 5], [9, 8, 7, 0]])
    cases = [
        _case("three points, k = 1", cosines(3), 1),
        _case("whole numbers, not symmetric", line, 2),
        _case("k = 2", cosines(5), 2),
        _case("dot products: the diagonal is not always the largest", products(5), 2),
        _case("negative distances: all similarities below 0", -np.square(cosines(5) - 2), 2),
        _case("all similarities -1.5", np.full((4, 4), -1.5), 1),
        _case("ties: all similarities equal", np.ones((5, 5)), 2),
        _case("ties for the last place", np.array([[9, 1, 3, 1, 1], [1, 9, 1, 3, 1],
                                                   [2, 2, 9, 2, 2], [1, 1, 1, 9, 1],
                                                   [0, 5, 5, 5, 9]]), 2),
        _case("two equal points", twins, 2),
        _case("all similarities very negative", -1e12 * (1 + np.square(cosines(6))), 3),
        _case("all equal and hugely negative", -1e300 * np.ones((5, 5)), 2),
        _case("30 points, many ties", rng.integers(0, 3, size=(30, 30)), 6),
        _case("k is the number of the others", cosines(4), 3),
        _case("k larger than that", cosines(4), 9),
        _case("one point", np.ones((1, 1)), 2),
        _case("a list", cosines(4).tolist(), 1),
    ]  # fmt: skip
    if hard:
        cases += [
            _case("a larger space", cosines(40, 8), 7),
            _case("32-bit numbers", products(12).astype(np.float32), 3),
            _case("transposed memory", np.asfortranarray(np.round(cosines(12) * 4)), 4),
            _case("huge similarities", 1e300 * cosines(9), 2),
            _case("many ties", rng.integers(0, 3, size=(25, 25)), 6),
            _case("as many as points", cosines(7), 7),
        ]
    return cases


def _variant(
    *, own="out", first="low", side="rows", cap=True, kind="count", wants=-1, convert=True, more=0,
    number=None,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def k_occurrence(similarity, k):
        if not convert and isinstance(similarity, list):
            raise TypeError("list indices must be integers or slices, not tuple")
        similarity = np.array(similarity, dtype=float)
        if side == "columns":
            similarity = similarity.T
        n = len(similarity)
        if not cap and k > n - 1:
            raise ValueError("kth out of bounds")
        if own == "a number":
            np.fill_diagonal(similarity, number)
        elif own in ("out", "pushed down"):
            np.fill_diagonal(similarity, wants * np.inf)  # to the end of its row
        k = k + more
        if first == "low":
            order = np.argsort(wants * similarity, axis=1, kind="stable")
        elif first == "any":
            order = np.argsort(-similarity, axis=1)
        else:
            order = np.argsort(similarity, axis=1, kind="stable")[:, ::-1]
        if own == "first dropped":
            order = order[:, 1 : k + 1]
        elif own == "pushed down":
            order = order[:, :k]
        else:
            order = order[:, : min(k, n - 1) if own == "out" or (number and cap) else k]
        if kind == "length":
            return np.full(n, order.shape[1])
        if kind == "last":
            order = order[:, -1:]
        if kind == "unique":
            return np.unique(order, return_counts=True)[1]
        counts = np.bincount(order.ravel(), minlength=0 if kind == "short" else n)
        return counts / (n * k) if kind == "share" else counts

    return k_occurrence


def _deleted(similarity, k):
    n = len(similarity)
    counts = np.zeros(n, dtype=int)
    for i, row in enumerate(np.asarray(similarity, dtype=float)):
        order = np.argsort(-np.delete(row, i), kind="stable")[:k]
        counts[order] += 1  # column j stands for point j + 1 from i on
    return counts


def _above_threshold(similarity, k):
    similarity = np.array(similarity, dtype=float)
    np.fill_diagonal(similarity, -np.inf)
    last = np.sort(similarity, axis=1)[:, ::-1][:, min(k, len(similarity) - 1) - 1]
    inside = similarity >= last[:, None]
    np.fill_diagonal(inside, False)
    return inside.sum(axis=0)


X_KOCC = Check(
    id="X-kocc",
    title="Counting in whose lists you are",
    level=2,
    minutes=15,
    points=3,
    function="k_occurrence",
    make_cases=_kocc_cases,
    oracle=_by_hand,
    compare=equal,
    misconceptions=(
        Misconception(
            "oneself counted",
            _variant(own="in"),
            "Each point is in its own list: nothing excludes the diagonal. Set it to -inf before "
            "you sort (in a copy), and take at most n - 1.",
        ),
        Misconception(
            "the first of each list dropped for oneself",
            _variant(own="first dropped"),
            "You drop the first of each list, as if that were always the point itself. With dot "
            "products, or with an equal point, it is another one. Exclude column i from row i.",
        ),
        Misconception(
            "oneself comes back when k is large",
            _variant(own="pushed down"),
            "With k larger than n - 1, the point itself comes back at the end of its own list. "
            "Only n - 1 others exist: take no more than that.",
        ),
        Misconception(
            "the diagonal set to -1",
            _variant(own="a number", number=-1, cap=False),
            "You put -1 on the diagonal. Cosines may be below it by rounding, dot products and "
            "negative distances far below: use -inf (and no more than n - 1 places).",
        ),
        *(
            Misconception(
                f"the diagonal set to {number:g}",
                _variant(own="a number", number=number),
                f"You set the diagonal to {number:g}, a number that similarities can fall below "
                "(negative distances do). Use -np.inf.",
            )
            for number in (-1, -2)
        ),
        Misconception(
            "the diagonal set to some negative number",
            _variant(own="a number", number=-1000),
            "You set the diagonal to a fixed number, and no number is below every similarity "
            "(negative distances can be huge). Use -np.inf.",
        ),
        Misconception(
            "the diagonal set to 0",
            _variant(own="a number", number=0),
            "You put 0 on the diagonal. That is a good similarity where others are negative: use "
            "-inf, and no more than n - 1 places.",
        ),
        Misconception(
            "the least similar counted",
            _variant(wants=1),
            "You take the *least* similar points: np.argsort begins with the smallest. Sort the "
            "negative similarities.",
        ),
        Misconception(
            "columns sorted instead of rows",
            _variant(side="columns"),
            "You sort columns. Row i holds what point i sees, so sort along axis=1, then count in "
            "how many rows each *column* was chosen.",
        ),
        Misconception(
            "the length of one's own list",
            _variant(kind="length"),
            "That is how long each point's own list is, k for everybody. Count how often a point "
            "stands in the lists of *others*.",
        ),
        Misconception(
            "only the k-th neighbour",
            _variant(kind="last"),
            "You count only the k-th neighbour of each point. All of the first k count.",
        ),
        Misconception(
            "among equals the last",
            _variant(first="high"),
            "Ties go to the lower column number; you give them to the higher one. Reversing a sort "
            'reverses ties too: sort the negative similarities with kind="stable".',
        ),
        Misconception(
            "all who tie",
            _above_threshold,
            "With ties for the last place you count all that tie, so a list can be longer than k. "
            "Among equals the lower column goes first, and the list ends at k.",
        ),
        Misconception(
            "k beyond the others refused",
            _variant(cap=False),
            "k may be larger than the number of others: then all of them are in the list. Use "
            "min(k, n - 1).",
        ),
        Misconception(
            "orphans left out by np.unique",
            _variant(kind="unique"),
            "Points in nobody's list are missing: np.unique does not know them. Use "
            "np.bincount(..., minlength=n).",
        ),
        Misconception(
            "no minlength",
            _variant(kind="short"),
            "np.bincount stops at the largest number it sees: give it minlength=n, so that the "
            "last points count even if nobody lists them.",
        ),
        Misconception(
            "numbers not moved back after np.delete",
            _deleted,
            "After np.delete(row, i), place j stands for point j + 1 from j = i on. Move the "
            "numbers back, or put -inf on the diagonal instead.",
        ),
        Misconception(
            "equal values in any order",
            _variant(first="any"),
            "Where values tie, argpartition and the default sort give them in any order: use "
            'np.argsort with kind="stable".',
        ),
        Misconception(
            "shares instead of counts",
            _variant(kind="share"),
            "These are shares; return the counts themselves.",
        ),
        Misconception(
            "one neighbour too many",
            _variant(more=1),
            "Your lists are one too long. Once the point itself is excluded, the first k of the "
            "sorted row are its list.",
        ),
        Misconception(
            "lists not accepted",
            _variant(convert=False),
            "Lists come in as well: np.array(similarity, dtype=float) makes a copy that you may "
            "write to.",
        ),
    ),
)
