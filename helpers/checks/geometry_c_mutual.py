"""Check of lesson 05, part C: the mutual graph of nearest neighbours."""

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q15_MUTUAL"]


def _pair_by_pair(neighbours):
    """Ask each pair of points whether both have the other in their list."""
    lists = [set(map(int, row)) for row in neighbours]
    pairs = [
        (i, j)
        for i in range(len(lists))
        for j in range(i + 1, len(lists))
        if j in lists[i] and i in lists[j]
    ]
    return np.array(pairs, dtype=int).reshape(-1, 2)


def _mutual_cases(rng, hard):
    def lists(n, k):
        # Points on a line with gaps: some pairs are mutual, some are not.
        at = np.cumsum(rng.exponential(size=n))[rng.permutation(n)]
        apart = np.abs(at[:, None] - at)
        np.fill_diagonal(apart, np.inf)
        return np.argsort(apart, axis=1)[:, :k]

    ring = np.array([[1], [2], [3], [0]])
    star = np.array([[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]])
    pairs = np.arange(12).reshape(6, 2)[:, ::-1].reshape(12, 1)
    full = np.array([[j for j in range(4) if j != i] for i in range(4)])
    cases = [
        Case("two points", (np.array([[1], [0]]),)),
        Case("a ring of one-way arrows: no pair", (ring,)),
        Case("two hubs and their followers", (star,)),
        Case("mutual at different ranks", (np.array([[1, 2], [2, 0], [3, 0], [2, 1]]),)),
        Case("everybody knows everybody", (full,)),
        Case("numbers that sort otherwise as text", (pairs,)),
        Case("k = 3", (lists(8, 3),)),
        Case("a list of lists", (lists(5, 2).tolist(),)),
        Case("40 points, k = 6", (lists(40, 6),)),
        Case("small whole numbers of 8 bits", (lists(40, 3).astype(np.uint8),)),
    ]
    if hard:
        cases += [
            Case("many points", (lists(120, 6),)),
            Case("32-bit numbers", (lists(30, 4).astype(np.int32),)),
            Case("transposed memory", (np.asfortranarray(lists(20, 5)),)),
            Case("small unsigned numbers", (lists(200, 3).astype(np.uint8),)),
        ]
    return cases


def _in_order_of(kind):
    """Make an answer that sorts by the first number only."""

    def mutual_pairs(neighbours):
        lists = [kind(map(int, row)) for row in neighbours]
        pairs = [
            (i, j) for i in range(len(lists)) for j in lists[i] if i < j and i in lists[j]
        ]  # fmt: skip
        return np.array(pairs, dtype=int).reshape(-1, 2)

    return mutual_pairs


def _overflowing(neighbours):
    """Give arrow (i, j) the number i * n + j, in the type that comes in."""
    neighbours = np.asarray(neighbours)
    n, k = neighbours.shape
    kind = neighbours.dtype
    rows = np.repeat(np.arange(n).astype(kind), k)
    size = np.array(n).astype(kind)
    there, back = rows * size + neighbours.ravel(), neighbours.ravel() * size + rows
    pairs = np.stack(np.divmod(np.intersect1d(there, back), size), axis=1).astype(int)
    return pairs[pairs[:, 0] < pairs[:, 1]]


def _empty_counts(case, output):
    """Read an empty list as the table of no pairs that it stands for."""
    numbers = as_numbers(output)
    return np.zeros((0, 2)) if numbers is not None and numbers.size == 0 else output


def _variant(*, join="both", way="up", order="sorted", first=False, same_rank=False, convert=True):
    """Make an answer with one thing changed."""

    def mutual_pairs(neighbours):
        if not convert and isinstance(neighbours, list):
            raise AttributeError("'list' object has no attribute 'shape'")
        neighbours = np.array(neighbours, dtype=int)
        n, k = neighbours.shape
        pairs = set()
        for i in range(n):
            for rank, j in enumerate(neighbours[i, :1] if first else neighbours[i]):
                back = neighbours[j, :1] if first else neighbours[j]
                returned = (rank < len(back) and back[rank] == i) if same_rank else i in back
                if join == "either" or returned:
                    pairs.add((i, int(j)))
                    if join == "either":
                        pairs.add((int(j), i))
                elif join == "one way only":
                    pairs.add((i, int(j)))
        if way == "up":
            pairs = {(min(p), max(p)) for p in pairs} if join == "both" else {
                p for p in pairs if p[0] < p[1]}  # fmt: skip
        elif way == "down":
            pairs = {(max(p), min(p)) for p in pairs}
        key = (lambda p: p[::-1]) if order == "by the second" else None
        return np.array(sorted(pairs, key=key), dtype=int).reshape(-1, 2)

    return mutual_pairs


Q15_MUTUAL = Check(
    id="Q15-mutual",
    title="Only mutual neighbours",
    level=2,
    minutes=15,
    points=3,
    function="mutual_pairs",
    make_cases=_mutual_cases,
    oracle=_pair_by_pair,
    compare=close(rtol=0, atol=0),
    view=_empty_counts,
    misconceptions=(
        Misconception(
            "either way is enough",
            _variant(join="either"),
            "You join two points as soon as *one* lists the other. That keeps every arrow into a "
            "hub. Both must list each other.",
        ),
        Misconception(
            "arrows, not pairs",
            _variant(way="both ways"),
            "Each pair comes twice, as (i, j) and as (j, i). Keep the one with i < j.",
        ),
        Misconception(
            "the larger first",
            _variant(way="down"),
            "The pairs are right but turned round: the smaller number comes first, and the rows "
            "are sorted by it.",
        ),
        Misconception(
            "sorted by the second",
            _variant(order="by the second"),
            "The pairs are right, in another order: sort by the first number, then by the second, "
            "as `sorted` does with tuples and np.argwhere does with a table.",
        ),
        Misconception(
            "the second number as the set gives it",
            _in_order_of(set),
            "The pairs are the right ones, in another order: sort by i, then by j (a set has no "
            "order of its own).",
        ),
        Misconception(
            "the second number as the list gives it",
            _in_order_of(list),
            "The pairs are the right ones, but j comes in the order of i's list: sort by i, then "
            "by j.",
        ),
        Misconception(
            "small types overflow",
            _overflowing,
            "Small integer types overflow in i * n + j: convert to int first, with "
            "np.asarray(neighbours, dtype=int).",
        ),
        Misconception(
            "only the first neighbour",
            _variant(first=True),
            "You look only at each point's first neighbour. The whole list counts: j anywhere in "
            "i's list, and i anywhere in j's.",
        ),
        Misconception(
            "at the same rank",
            _variant(same_rank=True),
            "You ask that both stand at the same place in each other's list. Any place will do.",
        ),
        Misconception(
            "arrows upward, returned or not",
            _variant(join="one way only"),
            "You keep every arrow from a lower to a higher number, whether it is returned or not. "
            "Check that i is in j's list as well.",
        ),
        Misconception(
            "lists not accepted",
            _variant(convert=False),
            "Lists come in as well: np.asarray(neighbours) reads both.",
        ),
    ),
)
