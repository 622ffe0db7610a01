"""Check of lesson 06, part C: a best-first search over a graph."""

import numpy as np

from helpers.checks.comparing import as_numbers, equal, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.similarity_c_walks import two_heaps, variant

__all__ = ["CHECKS"]


def _by_the_rule(vectors, links, query, start, ef):
    """Follow the rule step by step with a table of all distances."""
    vectors, query = np.asarray(vectors, dtype=float), np.asarray(query, dtype=float)
    table = [sum((a - b) ** 2 for a, b in zip(row, query, strict=True)) for row in vectors]
    state = {start: "waiting"}  # waiting, followed, or cut from the list
    while "waiting" in state.values():
        row = min((table[i], i) for i, now in state.items() if now == "waiting")[1]
        state[row] = "followed-in-list"
        for other in links[row]:
            state.setdefault(other, "waiting")
        inside = sorted((table[i], i) for i, now in state.items() if now != "cut")
        for _, far in inside[ef:]:
            state[far] = "cut"
    found = sorted((table[i], i) for i, now in state.items() if now != "cut")
    return [i for _, i in found], len(state)


def _view(case, output):
    if not isinstance(output, list | tuple) or len(output) != 2:
        raise ValueError(
            "return two things, the rows of the list and a count: `return rows, count`"
        )
    rows, count = output
    rows = as_numbers(rows)
    if rows is None or rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise ValueError("the first thing returned should be a list of row numbers, nearest first")
    count = as_numbers(count)
    if count is None or count.ndim != 0 or count.dtype.kind == "c" or not np.isfinite(count):
        raise ValueError("the second thing returned should be one number, the distances computed")
    return [int(row) for row in rows], float(count)


def _same_count(got, expected):
    if got == expected:
        return None
    if got > expected:
        reason = "is a row that was linked twice, or cut, computed again?"
    else:
        reason = "every row that a followed row links to counts once, cut or not; `start` too"
    return f"you count {got:g} distances, the rule needs {expected:g}: {reason}"


def _same_rows(got, expected):
    problem = equal(list(got), list(expected))
    return problem and f"the list of rows is not right: {problem}"


def _walk_cases(rng, hard):
    line = np.arange(8.0)[:, None]
    chain = [[i + 1] for i in range(7)] + [[]]
    back = [[j for j in (i - 1, i + 1) if 0 <= j < 8] for i in range(8)]
    cross = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1], [2, 0], [0, 2]])
    star = [[4, 3, 2, 1], [0, 5], [0, 6], [0], [0], [1], [2]]
    # The way to the best row leads past one that is farther from the query than the start.
    hill = np.array([[3.0, 0.0], [5.0, 1.0], [1.0, 4.0], [0.0, 0.0], [2.5, 2.5]])
    over = [[1, 2], [3], [4], [], []]

    def graph(n, d, degree, kind=float):
        points = rng.normal(size=(n, d)).astype(kind)
        linked = [rng.permutation(n)[:degree].tolist() for _ in range(n)]
        return points, linked, rng.normal(size=d).astype(kind)

    small, links, asked = graph(12, 2, 3)
    wide, wide_links, wide_asked = graph(40, 3, 4)
    near = wide_asked * 0.0
    scaled = wide * rng.uniform(0.2, 5, (40, 1))
    cases = [
        Case("one row without links", (line[:1], [[]], [3.0], 0, 2)),
        Case("two rows, one link", (line[:2], [[1], []], [1.0], 0, 2)),
        Case("the link goes the other way", (line[:2], [[1], []], [0.0], 1, 2)),
        Case("a chain, ef 1", (line, chain, [5.2], 0, 1)),
        Case("a chain, ef 3", (line, chain, [5.2], 0, 3)),
        Case("a chain, both ways, ef 2", (line, back, [5.2], 0, 2)),
        Case("a chain, both ways, from the far end", (line, back, [0.3], 7, 4)),
        Case("ef larger than the graph", (line, back, [3.1], 2, 20)),
        Case("a row linked twice and to itself", (line, [[0, 1, 1, 2], [2, 0], [2, 3], [3, 1], [],
                                                         [], [], []], [2.9], 0, 3)),
        Case("ties, ef 2", (cross, star, [0, 0], 0, 2)),
        Case("ties, ef 3, whole numbers", (cross, star, [0, 0], 5, 3)),
        Case("lists", (cross.tolist(), star, [1, 1], 3, 2)),
        Case("a hill on the way, ef 1", (hill, over, [0.0, 0.0], 0, 1)),
        Case("a hill on the way, ef 2", (hill, over, [0.0, 0.0], 0, 2)),
        Case("a hill on the way, ef 3", (hill, over, [0.0, 0.0], 0, 3)),
        Case("12 rows, ef 2", (small, links, asked, 0, 2)),
        Case("12 rows, ef 4, another start", (small, links, asked, 7, 4)),
        Case("40 rows, ef 1", (wide, wide_links, wide_asked, 3, 1)),
        Case("40 rows, ef 5", (wide, wide_links, wide_asked, 3, 5)),
        Case("40 rows of unequal lengths, ef 6", (scaled, wide_links, wide_asked, 11, 6)),
        Case("the query is the origin", (wide, wide_links, near, 20, 4)),
        Case("whole numbers that do not fit into 8 bits",
             (np.array([[100], [20], [60], [-100]], np.int8), [[1, 2], [3], [1], [0]],
              np.array([-100], np.int8), 0, 2)),
    ]  # fmt: skip
    if hard:
        big, big_links, big_asked = graph(150, 5, 6)
        cases += [
            Case("150 rows, ef 10", (big, big_links, big_asked, 4, 10)),
            Case("150 rows, ef 40", (big, big_links, big_asked, 149, 40)),
            Case("far from the origin", (big + 1e4, big_links, big_asked + 1e4, 9, 8)),
            Case("an island", (line, [[1], [0], [3], [2], [5], [4], [7], [6]], [6.0], 2, 4)),
        ]
    return cases


X_WALK = Check(
    id="X-walk",
    title="A best-first search",
    level=2,
    minutes=20,
    points=3,
    function="best_first",
    make_cases=_walk_cases,
    oracle=_by_the_rule,
    view=_view,
    compare=structure(_same_rows, _same_count),
    limit=1.0,
    misconceptions=(
        Misconception(
            "stops when nothing nearer came",
            variant(early=True),
            "You stop as soon as a step brings nothing nearer than the best so far. The list of "
            "`ef` rows is there to go on: stop when the links of all rows in it were followed.",
        ),
        Misconception(
            "one step only",
            variant(one_step=True),
            "You follow the links of one row and stop. Go on with the next row of the list whose "
            "links were not followed, until there is none.",
        ),
        Misconception(
            "in rounds",
            variant(rounds=True),
            "You follow the links of all waiting rows, then cut. Follow one row, the nearest, cut "
            "the list, and choose again: a row that was just cut is not followed.",
        ),
        Misconception(
            "whole graph",
            variant(cut=False),
            "You cut the list only at the end, so every row that can be reached is compared: "
            "exact, and as slow. Cut it to `ef` after each row whose links you follow.",
        ),
        Misconception(
            "never cut",
            variant(cut=False, last_cut=False),
            "You never cut the list, so it ends with every row that can be reached. Cut it to the "
            "`ef` nearest after each row whose links you follow.",
        ),
        Misconception(
            "in order of arrival",
            variant(order="first"),
            "You follow rows in the order in which they were found (a queue). Take the nearest row "
            "of the list whose links were not followed yet.",
        ),
        Misconception(
            "farthest first",
            variant(order="farthest"),
            "You follow the farthest row of the list next. Take the nearest whose links were not "
            "followed yet.",
        ),
        Misconception(
            "links both ways",
            variant(both=True),
            "You follow links backwards too. `links[i]` holds where row i leads; a link from j to "
            "i is no link from i to j.",
        ),
        Misconception(
            "counted again",
            variant(count="all"),
            "You count a row's distance each time a link leads to it. Remember the rows that were "
            "seen, and compute (and count) each only once.",
        ),
        Misconception(
            "counted steps",
            variant(count="followed"),
            "You count the rows whose links were followed. Asked is the number of distances "
            "computed: one for every row that was ever seen.",
        ),
        Misconception(
            "cut rows forgotten",
            variant(forget=True),
            "You compute a row that was cut from the list again when a link leads to it later. "
            "Keep a set of all rows that were ever seen, apart from the list.",
        ),
        Misconception(
            "start not seen",
            variant(start_seen=False),
            "`start` is not among the rows that you have seen: its distance is missing from the "
            "count, and a link back to it puts it into the list twice. Begin with it in the set.",
        ),
        Misconception(
            "start not counted",
            variant(count="less one"),
            "The rows are right, and the count is one short: the distance of `start` is computed "
            "as well.",
        ),
        Misconception(
            "counted what is left",
            variant(count="kept"),
            "You count the rows that are left in the list. Rows that were cut cost a distance too: "
            "count all that were ever seen.",
        ),
        Misconception(
            "start left out",
            variant(hold_start=True),
            "`start` is a row like any other: it belongs into the result if it is among the `ef` "
            "nearest seen.",
        ),
        Misconception(
            "higher row first",
            variant(ties=-1),
            "Of equally near rows the lower one counts as nearer. Sort pairs (distance, row).",
        ),
        Misconception(
            "ties by distance alone",
            two_heaps,
            "Only ties go wrong: of equally near rows the lower one counts as nearer, also when "
            "you decide whether a row enters the full list, which row leaves it, and when to stop. "
            "Compare pairs (distance, row) there.",
        ),
        Misconception(
            "inner products",
            variant(dot=True),
            "You rank by inner products. The task asks for the squared Euclidean distance; the two "
            "agree only for vectors of equal length.",
        ),
        Misconception(
            "farthest first in the result",
            variant(far_first=True),
            "The rows are right, but come back with the farthest first. Sort by distance, nearest "
            "first.",
        ),
        Misconception(
            "a list of ef - 1",
            variant(size=-1),
            "Your list is one too short: cut it to `ef` rows, `[:ef]`.",
        ),
        Misconception(
            "a list of ef + 1",
            variant(size=1),
            "Your list is one too long: cut it to `ef` rows, `[:ef]`.",
        ),
        Misconception(
            "small integers",
            variant(kind=None),
            "You subtract in the input's small whole numbers, which overflow. Convert first: "
            "`np.asarray(vectors, dtype=float)`.",
        ),
    ),
)

CHECKS = (X_WALK,)
