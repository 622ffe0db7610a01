"""Check of lesson 04, part C: mining hard negatives under a threshold."""

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q12_MINE"]


def _mine(similarities, own, k, below):
    """Look at the pictures of each query one after the other, the most similar first."""
    found = []
    for i, row in enumerate(similarities):
        ranked = sorted(range(len(row)), key=lambda j: (-float(row[j]), j))
        good = [j for j in ranked if j != own[i] and float(row[j]) < below]
        found.append((good + [-1] * k)[:k])
    return np.array(found)


def _mine_cases(rng, hard):
    def table(n, m):
        return rng.uniform(-1, 1, (n, m)).round(3)

    own = np.array([2, 0, 4])
    sure = table(3, 6)
    sure[np.arange(3), own] = 1.0
    edge = np.array([[0.9, 0.5, 0.4, 0.2]])
    ties = np.array([[0.3, 0.7, 0.7, 0.1, 0.7], [0.2, 0.2, 0.9, 0.2, 0.2]])
    levels = rng.integers(0, 4, (2, 40)) / 4
    cases = [
        Case("the threshold itself", (edge, np.array([0]), 1, 0.5)),
        Case("three queries", (sure, own, 2, np.inf)),
        Case("with a threshold", (table(3, 8), np.array([7, 0, 3]), 2, 0.4)),
        Case(
            "the own picture is under the threshold", (edge[:, ::-1].copy(), np.array([1]), 2, 0.6)
        ),
        Case("ties", (ties, np.array([3, 2]), 2, 0.8)),
        Case("many ties", (levels, np.array([5, 0]), 6, 0.9)),
        Case("too few left", (table(3, 5), np.array([1, 4, 0]), 4, 0.1)),
        Case("more wanted than there are", (table(2, 3), np.array([0, 1]), 5, np.inf)),
        Case("a threshold below 0", (table(2, 6), np.array([5, 2]), 2, -0.2)),
        Case("whole numbers", (np.array([[1, 0, -1, 0]]), np.array([0]), 3, 1)),
        Case("lists", (table(2, 5).tolist(), [3, 1], 2, 0.7)),
    ]
    if hard:
        cases += [
            Case("20 queries, 30 pictures", (table(20, 30), rng.integers(0, 30, 20), 5, 0.6)),
            Case("all equal", (np.full((2, 5), 0.5), np.array([0, 4]), 3, 0.6)),
            Case("none is left", (np.full((2, 4), 0.9), np.array([1, 2]), 2, 0.5)),
            Case("32 bits", (table(4, 7).astype(np.float32), np.array([0, 6, 3, 3]), 3, 0.5)),
            Case("one wanted", (table(5, 9), rng.integers(0, 9, 5), 1, 0.3)),
        ]
    return cases


def _mine_variant(
    *, own_out=True, keep=lambda s, below: s < below, rank=lambda j, s: (-s, j), fill="-1",
    own_of=lambda own, i: own[i], early=False, convert=True,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def mine_negatives(similarities, own, k, below):
        if not convert and isinstance(similarities, list):
            raise TypeError("bad operand type for unary -: 'list'")
        found = []
        for i, row in enumerate(np.asarray(similarities, dtype=np.float64).tolist()):
            ranked = sorted(range(len(row)), key=lambda j: rank(j, row[j]))
            others = [j for j in ranked if not own_out or j != own_of(own, i)]
            good = [j for j in (others[:k] if early else others) if keep(row[j], below)]
            if fill == "next":
                good += [j for j in others if j not in good]
            elif fill == "last" and good:
                good += [good[-1]] * k
            elif fill == "own":
                good += [int(own[i])] * k
            found.append((good + [-1] * k)[:k])
        return np.array(found)

    return mine_negatives


def _sorted_variant(*, own_value=np.inf, equal_too=False, kind="stable", minus_one=True, pad=True):
    """Sort as the hints say, with one thing changed."""

    def mine_negatives(similarities, own, k, below):
        scores = np.array(similarities, dtype=float)
        rows = np.arange(len(scores))
        scores[rows, own] = own_value
        usable = scores <= below if equal_too else scores < below
        order = np.argsort(np.where(usable, -scores, np.inf), kind=kind)[:, :k]
        columns = np.where(usable[rows[:, None], order], order, -1) if minus_one else order
        found = np.full((len(scores), k if pad else columns.shape[1]), -1)
        found[:, : columns.shape[1]] = columns
        return found

    return mine_negatives


Q12_MINE = Check(
    id="Q12-mine",
    title="Hard negatives under a threshold",
    level=2,
    minutes=20,
    points=3,
    function="mine_negatives",
    make_cases=_mine_cases,
    oracle=_mine,
    compare=close(rtol=0, atol=0),
    misconceptions=(
        Misconception(
            "own picture mined",
            _mine_variant(own_out=False),
            "You let the query's own picture in (column `own[i]`): the nearest of all, and not a "
            "negative. Leave it out whatever its similarity is.",
        ),
        Misconception(
            "own picture on the diagonal",
            _mine_variant(own_of=lambda own, i: i),
            "You leave out column i of row i. The query's own picture stands in column `own[i]`; "
            "the queries may be any of the pictures.",
        ),
        Misconception(
            "threshold included",
            _mine_variant(keep=lambda s, below: s <= below),
            "A similarity *equal* to the threshold is taken. Only those below it count.",
        ),
        Misconception(
            "above the threshold",
            _mine_variant(keep=lambda s, below: s > below),
            "You keep what is *above* the threshold: just those that are probably the same thing. "
            "The hardest *below* it are wanted.",
        ),
        Misconception(
            "no threshold",
            _mine_variant(keep=lambda s, below: True),
            "The threshold has no effect: what is too similar may be the same thing, so only "
            "similarities below it count.",
        ),
        Misconception(
            "easiest first",
            _mine_variant(rank=lambda j, s: (s, j)),
            "These are the *least* similar pictures. Hard negatives are the most similar ones: "
            "sort downwards.",
        ),
        Misconception(
            "ties the other way",
            _mine_variant(rank=lambda j, s: (-s, -j)),
            "Among equal similarities the lower column comes first. Sort the negated similarities "
            'with `kind="stable"` instead of turning a sorted list round.',
        ),
        Misconception(
            "cut before the threshold",
            _mine_variant(early=True),
            "You take the k nearest first and apply the threshold then, so too few are left. "
            "Threshold first, then the k nearest of the rest.",
        ),
        Misconception(
            "filled with the next best",
            _mine_variant(fill="next"),
            "Where too few are left, you fill up with pictures over the threshold, the very ones "
            "to avoid. Put -1 there.",
        ),
        Misconception(
            "columns instead of -1",
            _sorted_variant(minus_one=False),
            "Where no usable picture is left the column must be -1. You return one that the "
            "threshold shuts out, or the own picture: `argsort` puts these last, but keeps them.",
        ),
        Misconception(
            "columns instead of -1, too few of them",
            _sorted_variant(minus_one=False, pad=False),
            "-1 is missing twice: in the place of pictures that the threshold shuts out, and where "
            "`k` exceeds the number of pictures.",
        ),
        Misconception(
            "fewer than k columns",
            _sorted_variant(pad=False),
            "Where `k` exceeds the number of pictures, fill up with -1, so that the result always "
            "has `k` columns: start from `np.full((n, k), -1)`.",
        ),
        Misconception(
            "threshold included, own picture infinite",
            _sorted_variant(equal_too=True),
            "*Below* the threshold: a similarity equal to it does not count. (With an infinite "
            "threshold your `<=` lets in the own picture, too.)",
        ),
        Misconception(
            "own picture last",
            _sorted_variant(own_value=-np.inf),
            "The own picture, set to -inf, is below every threshold, so it comes in where too few "
            "are left. Make it +inf, or take it out of the usable ones.",
        ),
        Misconception(
            "unstable sort",
            _sorted_variant(kind="quicksort"),
            "Among equal similarities the order is left to chance: "
            '`np.argsort(..., kind="stable")` keeps the lower column first.',
        ),
        Misconception(
            "filled by repeating",
            _mine_variant(fill="last"),
            "Where too few are left, you repeat the last one, which would count twice in the loss. "
            "Put -1 there.",
        ),
        Misconception(
            "lists not accepted",
            _mine_variant(convert=False),
            "Lists come in as well: start with `np.array(similarities, dtype=float)`.",
        ),
    ),
)
