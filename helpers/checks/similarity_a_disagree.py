"""Check of lesson 06, part A: how often dot product and cosine rank pairs in opposite orders."""

from itertools import combinations
from math import fsum, hypot

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q17_DISAGREE"]


def _order(one, other):
    return 0 if abs(one - other) <= 1e-9 else 1 if one > other else -1


def _pair_by_pair(query, items):
    """Look at every pair of items with a length, one after the other."""
    query = [float(v) for v in query]
    length = hypot(*query)
    scored = []
    for item in items:
        norm = hypot(*map(float, item))
        if norm > 0:
            dot = fsum(q / length * float(x) for q, x in zip(query, item, strict=True))
            scored.append((dot, dot / norm))
    pairs = list(combinations(scored, 2))
    opposite = sum(_order(a[0], b[0]) * _order(a[1], b[1]) < 0 for a, b in pairs)
    return opposite / len(pairs) if pairs else 0.0


def _number(case, output):
    value = as_numbers(output)
    if value is None or value.shape != () or value.dtype.kind == "c":
        raise ValueError("return one number, a share between 0 and 1")
    return float(value)


def _cases(rng, hard):
    def cloud(n, d=3, spread=0.5):
        return rng.normal(size=(n, d)) * np.exp(spread * rng.normal(size=(n, 1)))

    right = np.array([1.0, 0.0])
    zeros = cloud(6)
    zeros[[1, 4]] = 0
    beams = np.array([[0.6, 0.8], [1.2, 1.6], [2.4, 3.2], [0.9, 0.1], [3.0, 4.1]])
    below = -np.abs(cloud(7, 2))
    level = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [2.0, 0.5]])
    multiples = 1 + rng.permutation(40)
    cases = [
        Case("the longer of two is turned to the front", (
            right, np.array([[0.9, 0.1], [1.5, 2.0]]))),
        Case("both scores agree", (right, np.array([[0.9, 0.1], [0.5, 2.0]]))),
        Case("two negative cosines", (right, np.array([[-0.9, 0.4], [-1.5, 2.0], [-0.1, 3.0]]))),
        Case("scores that differ in the eighth digit", (
            right, np.array([[1.0, 0.0], [1.00000003, 0.0004]]))),
        Case("different signs", (right, np.array([[0.1, 0.9], [-3.0, 1.0], [0.2, 5.0]]))),
        Case("three items", (cloud(1)[0], cloud(3))),
        Case("more items", (cloud(1)[0], cloud(12))),
        Case("all cosines negative", (right + 0.3, below)),
        Case("one direction, several lengths: equal cosines", (np.array([2.0, 1.0]), beams)),
        Case("equal dot products", (right, level)),
        Case("items that stand twice", (cloud(1)[0], np.repeat(cloud(4), 2, axis=0))),
        Case("an item of zeros between two", (
            right, np.array([[0.9, 0.1], [0.0, 0.0], [1.5, 2.0]]))),
        Case("items of zeros", (cloud(1)[0], zeros)),
        Case("one item", (cloud(1)[0], cloud(1))),
        Case("one item and zeros", (right, np.array([[0.0, 0.0], [2.0, 1.0], [0.0, 0.0]]))),
        Case("a tiny query", (right * 1e-12, np.array([[0.9, 0.1], [1.5, 2.0]]))),
        Case("a tiny query, more items", (cloud(1)[0] * 1e-8, cloud(9))),
        Case("a long query, one direction", (np.array([2e7, 1e7]), beams)),
        Case("lists of whole numbers", ([2, 1], [[1, 0], [0, 3], [-2, 2], [5, -4], [-1, -1]])),
        Case("32-bit multiples of one vector: equal cosines", (
            np.float32([2.0, 1.0, 0.5]), np.outer(multiples, [1.0, 2.0, 5.0]).astype(np.float32))),
        Case("32-bit numbers", (
            rng.normal(size=4).astype(np.float32), cloud(10, 4).astype(np.float32))),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("no item with a length", (right, np.zeros((3, 2)))),
            Case("unit vectors", (cloud(1)[0], np.eye(3)[[0, 1, 2, 0]])),
            Case("many", (rng.normal(size=20), cloud(60, 20, 1.0))),
            Case("every other column", (
                rng.normal(size=8)[::2], np.asfortranarray(cloud(8, 8)[:, ::2]))),
        ]  # fmt: skip
    return cases


def _variant(
    *, zeros="out", divide="pairs", ties="no", query="unit", second="cosine", rule="products",
    small=0.0,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def disagreement(query_, items):
        q, x = np.asarray(query_, dtype=float), np.asarray(items, dtype=float)
        norms = np.linalg.norm(x, axis=1)
        if zeros == "out":
            x, norms = x[norms > 0], norms[norms > 0]
        n = len(x)
        if n < 2:
            return small
        with np.errstate(all="ignore"):
            dots = x @ (q / np.linalg.norm(q) if query == "unit" else q)
            cosines = dots / (np.where(norms > 0, norms, 1) if zeros != "nan" else norms)
            if query == "kept in cosine":
                cosines = cosines / np.linalg.norm(q)
            if second == "euclid":
                unit = q / np.linalg.norm(q) if query == "unit" else q
                cosines = -np.linalg.norm(x - unit, axis=1)
            a, b = (s[:, None] - s for s in (dots, cosines))
            if rule == "logs":  # the longer one by more than the ratio of the cosines
                ratio = cosines[None] / cosines[:, None]
                wins = np.log(norms[:, None] / norms) > np.log(np.abs(ratio)) + 1e-9
                opposite = wins & (b < -1e-9)
            elif ties == "any difference":
                opposite = (a > 0) & (b < 0)
            elif ties == "wide":
                opposite = (a > 1e-6) & (b < -1e-6)
            elif ties == "weak dot":
                opposite = (a >= -1e-9) & (b < -1e-9)
            elif ties == "weak cosine":
                opposite = (a > 1e-9) & (b <= 1e-9)
            elif rule == "places":
                a, b = (np.argsort(np.argsort(s, kind="stable")) for s in (dots, cosines))
                opposite = (a[:, None] > a) & (b[:, None] < b)
            elif ties == "counted":
                opposite = np.triu((np.sign(np.where(abs(a) > 1e-9, a, 0))
                                    != np.sign(np.where(abs(b) > 1e-9, b, 0))), 1)  # fmt: skip
            else:
                opposite = (a > 1e-9) & (b < -1e-9)
        if rule == "positive":
            keep = cosines > 0
            opposite = opposite & keep[:, None] & keep
        clear = ((abs(a) > 1e-9) & (abs(b) > 1e-9)).sum() / 2 or 1
        totals = {
            "pairs": n * (n - 1) / 2, "n(n-1)": n * (n - 1), "n^2": n * n, "1": 1, "clear": clear,
        }  # fmt: skip
        return float(opposite.sum() / totals[divide])

    return disagreement


Q17_DISAGREE = Check(
    id="Q17-disagree",
    title="How often do they disagree?",
    level=2,
    minutes=15,
    points=3,
    function="disagreement",
    make_cases=_cases,
    oracle=_pair_by_pair,
    view=_number,
    compare=close(rtol=1e-9, atol=1e-12),
    misconceptions=(
        Misconception(
            "ordered pairs",
            _variant(divide="n(n-1)"),
            "You get half of the share: an opposite pair is counted once, but you divide by "
            "n (n - 1), which counts (i, j) and (j, i). There are n (n - 1) / 2 pairs.",
        ),
        Misconception(
            "all cells of the table",
            _variant(divide="n^2"),
            "You take the mean over the whole n x n table, where each pair stands twice and each "
            "item meets itself. Divide the count by n (n - 1) / 2.",
        ),
        Misconception(
            "a count",
            _variant(divide="1"),
            "You return the number of opposite pairs. Divide it by the number of pairs.",
        ),
        Misconception(
            "log rule for all signs",
            _variant(rule="logs"),
            "You apply ln(n_i/n_j) > ln(c_j/c_i) to all pairs. It is derived for positive cosines: "
            "with negative ones the order turns round. Compare the products n c themselves.",
        ),
        Misconception(
            "only positive cosines",
            _variant(rule="positive"),
            "You count only pairs whose cosines are positive. Pairs with negative cosines are "
            "ranked too, and the dot product turns some of them round.",
        ),
        Misconception(
            "ties counted as opposite",
            _variant(ties="counted"),
            "A pair that is equal by one score and not by the other is not in *opposite* orders. "
            "Count it only if one score says first and the other says second.",
        ),
        Misconception(
            "equal dot products counted",
            _variant(ties="weak dot"),
            "You count pairs whose dot products are equal. A pair that is equal by one score is "
            "not opposite: both orders must be strict.",
        ),
        Misconception(
            "equal cosines counted",
            _variant(ties="weak cosine"),
            "You count pairs whose cosines are equal. A pair that is equal by one score is not "
            "opposite: both orders must be strict.",
        ),
        Misconception(
            "ties left out of the total",
            _variant(divide="clear"),
            "You divide by the pairs that neither score ties. Equal ones are not opposite, but "
            "they are pairs: divide by n (n - 1) / 2.",
        ),
        Misconception(
            "places compared",
            _variant(rule="places"),
            "You compare places in two sorted lists, where equal scores stand in some order, too. "
            "Compare the scores themselves.",
        ),
        Misconception(
            "too much room for rounding",
            _variant(ties="wide"),
            "Scores that differ in the eighth digit are in an order, and you take them for equal. "
            "Only 1e-9 is allowed; np.isclose and rounding to a few digits allow far more.",
        ),
        Misconception(
            "zeros kept as cosine 0",
            _variant(zeros="kept"),
            "Items of zeros have no cosine, and you count them as if it were 0. Leave them out, "
            "also from the number of pairs.",
        ),
        Misconception(
            "query not divided",
            _variant(query="raw"),
            "Your 1e-9 meets the dot products of the query as it came, so a very short or long "
            "query changes what counts as equal. Divide the query by its norm first.",
        ),
        Misconception(
            "no room for rounding",
            _variant(ties="any difference"),
            "Items of one direction have equal cosines but for rounding, and you take the rounding "
            "for an order. Scores that differ by at most 1e-9 are equal.",
        ),
        Misconception(
            "NaN",
            _variant(small=float("nan")),
            "With fewer than two items left there is no pair: return 0, not NaN.",
        ),
        Misconception(
            "Euclid instead of cosine",
            _variant(second="euclid"),
            "You compare the dot product with the Euclidean distance. The question is about "
            "cosine: the dot product divided by the item's norm.",
        ),
    ),
)
