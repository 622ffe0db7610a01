"""Check of lesson 06, part B: nDCG with ties and with fewer than k results."""

import itertools
import math

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_NDCG"]


def _over_all_orders(scores, grades, judged, k):
    """Mean DCG over every order of the results that the scores allow, over the ideal DCG."""

    def dcg(values):
        return sum((2.0**g - 1) / math.log2(1 + rank) for rank, g in enumerate(values[:k], 1))

    best = dcg(sorted((float(g) for g in judged), reverse=True))
    if best == 0:
        return math.nan
    groups = []
    for value in sorted(set(map(float, scores)), reverse=True):
        tied = [float(g) for s, g in zip(scores, grades, strict=True) if float(s) == value]
        groups.append(list(itertools.permutations(tied)))
    orders = [sum(order, ()) for order in itertools.product(*groups)]
    return sum(map(dcg, orders)) / len(orders) / best


def _number(case, output):
    value = as_numbers(output)
    if value is None or value.size != 1 or value.dtype.kind == "c":
        raise ValueError("return one number")
    return float(value.reshape(()))


def _ndcg_cases(rng, hard):
    def tied():
        grades = rng.permutation([3, 2, 0, 0, 1, 0]).tolist()
        return rng.permutation([5, 5, 5, 2, 2, 1]).tolist(), grades, [3, 2, 1, 0, 2], 4

    scores = rng.permutation(9).astype(float)
    grades = rng.permutation([0, 0, 0, 1, 2, 3, 1, 0, 2])
    cases = [
        Case("one result, relevant", ([0.5], [1], [1], 10)),
        Case("a perfect order", ([3, 2, 1], [2, 1, 0], [2, 1, 0], 3)),
        Case("the relevant one is second", ([0.9, 0.4], [0, 1], [1], 10)),
        Case("scores not in order", ([0.1, 0.9, 0.4], [3, 0, 1], [3, 1], 10)),
        Case("grade 3 below grade 2", ([2, 1], [2, 3], [3, 2], 10)),
        Case("fewer than k results, relevant ones missing", ([0.9], [2], [2, 2, 1], 3)),
        Case("nothing came back", ([], [], [2, 1], 5)),
        Case("nothing relevant to find", ([0.9, 0.4], [0, 0], [0, 0], 5)),
        Case("no judgement at all", ([0.9, 0.4], [0, 0], [], 5)),
        Case("nothing came back, nothing to find", ([], [], [0], 3)),
        Case("more judged than k", ([4, 3, 2, 1], [1, 0, 3, 2], [3, 2, 2, 1, 1], 2)),
        Case("relevant only below the cutoff", ([3, 2, 1], [0, 0, 2], [2, 1], 2)),
        Case("two results tie", ([0.5, 0.5], [1, 0], [1], 10)),
        Case("the same two, the other way round", ([0.5, 0.5], [0, 1], [1], 10)),
        Case(
            "scores differ in the ninth digit",
            ([0.5, 0.5 + 1e-9, 0.4], [0, 2, 1], [2, 1], 2),
            show="expected_ndcg([0.5, 0.500000001, 0.4], [0, 2, 1], [2, 1], 2)",
        ),
        Case("large scores, a small gap", ([1000.0, 1000.001], [0, 1], [1], 2)),
        Case("the cutoff goes through a tie", ([9, 5, 5, 5], [0, 0, 2, 1], [2, 1], 2)),
        Case("equal grades in a tie", ([5, 5, 5], [2, 2, 0], [2, 2], 2)),
        Case("two ties of different scores", tied()),
        Case("nine results", (scores, grades, [*grades.tolist(), 3, 1], 5)),
        Case("negative scores", (-scores, grades, grades, 5)),
    ]
    if hard:
        cases += [
            Case("k = 1, all tie", ([1, 1, 1, 1], [3, 0, 1, 0], [3, 1, 0], 1)),
            Case("two ties again", tied()),
            Case("32-bit scores", (scores.astype(np.float32), grades, grades, 20)),
            Case("judgements as an array", (scores[:4], grades[:4], grades, 3)),
        ]
    return cases


def _variant(
    *, ties="mean", gain=lambda g: 2.0**g - 1, discount=lambda r: np.log2(1.0 + r), ideal="judged",
    ideal_cut="k", nothing=math.nan, up=False, divide=True, cut=True, sort=True, empty=None,
    found_discount=None,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def expected_ndcg(scores, grades, judged, k):
        scores, grades = np.asarray(scores, dtype=float), np.asarray(grades, dtype=float)
        judged = np.asarray(judged, dtype=float)
        if empty is not None and not len(scores):
            return empty
        gains = gain(grades)
        source = judged if ideal == "judged" else grades
        best = gain(np.sort(source)[::-1])
        limit = {"k": k, "none": len(best), "results": min(k, len(scores))}[ideal_cut]
        total = (best[:limit] / discount(np.arange(1, len(best[:limit]) + 1))).sum()
        order = np.argsort(scores if up else -scores, kind="stable")
        if not sort:
            order = np.arange(len(scores))
        if ties in ("best", "worst"):
            order = np.lexsort((-gains if ties == "best" else gains, -scores))
        ranked, values = gains[order], scores[order]
        ranks = np.arange(1, len(ranked) + 1)
        if ties == "close":
            ranked = np.array([ranked[np.isclose(values, value)].mean() for value in values])
        if ties == "mean grade":
            ranked = gain(np.array([grades[scores == value].mean() for value in values]))
        elif ties == "mean":
            ranked = np.array([ranked[values == value].mean() for value in values])
        elif ties == "mean of the part inside":
            inside = np.arange(len(values)) < k
            ranked = np.array([
                ranked[(values == value) & inside].mean() if i < k else 0.0
                for i, value in enumerate(values)
            ])  # fmt: skip
        elif ties == "first rank":
            ranks = np.array([1 + (values > value).sum() for value in values], dtype=int)
        elif ties == "mean rank":
            ranks = np.array([
                (values > value).sum() + ((values == value).sum() + 1) / 2 for value in values
            ])  # fmt: skip
        length = k if cut else len(ranked)
        found = (ranked[:length] / (found_discount or discount)(ranks[:length])).sum()
        if total == 0:
            return nothing
        return float(found / total) if divide else float(found)

    return expected_ndcg


X_NDCG = Check(
    id="X-ndcg",
    title="nDCG with ties and with too few results",
    level=2,
    minutes=20,
    points=4,
    function="expected_ndcg",
    make_cases=_ndcg_cases,
    oracle=_over_all_orders,
    view=_number,
    compare=close(rtol=1e-9, atol=1e-12),
    misconceptions=(
        Misconception(
            "ideal of the results",
            _variant(ideal="results"),
            "Your ideal order is that of the results, so a search that finds one page of ten gets "
            "1. The ideal is made of all `judged` grades.",
        ),
        Misconception(
            "ideal as long as the results",
            _variant(ideal_cut="results"),
            "You cut the ideal to the number of results. A search that returns too little must "
            "pay for it: cut the ideal at k only.",
        ),
        Misconception(
            "ideal not cut",
            _variant(ideal_cut="none"),
            "Your ideal runs over all judged grades. No list of k can reach that: cut it at k as "
            "well.",
        ),
        Misconception(
            "ties as they stand",
            _variant(ties="order"),
            "Equal scores count in the order in which they came, which nobody chose. Let every "
            "rank of a tie get the mean gain of the tie.",
        ),
        Misconception(
            "nearly equal scores",
            _variant(ties="close"),
            "You treat scores that nearly agree as ties. Only *equal* scores may come in any "
            "order: those of BM25 or cosines often differ in a late digit only.",
        ),
        Misconception(
            "ties at their best",
            _variant(ties="best"),
            "You put the better grades of a tie first. That is the most lucky order; the expected "
            "value is the mean gain at each of its ranks.",
        ),
        Misconception(
            "ties at their worst",
            _variant(ties="worst"),
            "You put the worse grades of a tie first. That is the least lucky order; the expected "
            "value is the mean gain at each of its ranks.",
        ),
        Misconception(
            "ties at the first rank",
            _variant(ties="first rank"),
            "All items of a tie get its first rank. They share its ranks: each rank gets the mean "
            "gain, and a discount of its own.",
        ),
        Misconception(
            "ties at the mean rank",
            _variant(ties="mean rank"),
            "You discount a tie by its mean rank. The mean over orders is the mean of the "
            "discounted gains: each rank keeps its own discount.",
        ),
        Misconception(
            "cut before the tie is averaged",
            _variant(ties="mean of the part inside"),
            "You cut at k first and average what is left of the tie. The cutoff may go through a "
            "tie, and all of it may come before: average first, cut then.",
        ),
        Misconception(
            "gain of the mean grade",
            _variant(ties="mean grade"),
            "You average the grades of a tie and take the gain of the mean. Take the gain of each, "
            "then the mean: it is not linear in the grade.",
        ),
        Misconception(
            "linear gain",
            _variant(gain=lambda g: g),
            "You use the grade as the gain. Here the gain is 2^grade - 1 (trec_eval and "
            "scikit-learn use the grade; say which one you report).",
        ),
        Misconception(
            "discount by the rank",
            _variant(discount=lambda r: r),
            "You divide by the rank. The discount is log2(1 + rank).",
        ),
        Misconception(
            "discount one rank off",
            _variant(discount=lambda r: np.log2(np.maximum(r, 2.0))),
            "Ranks count from 1 and the discount is log2(1 + rank): 1 at rank 1, 1.58 at rank 2. "
            "Yours treats ranks 1 and 2 alike (the formula of 2002).",
        ),
        Misconception(
            "two bases of the logarithm",
            _variant(found_discount=np.log1p),
            "You discount the results by the natural logarithm and the ideal by that to base 2. "
            "One base for both, and here it is 2: `np.log2`.",
        ),
        Misconception(
            "natural logarithm, not divided",
            _variant(found_discount=np.log1p, divide=False),
            "You return the DCG, by the natural logarithm. The discount is log2(1 + rank), and the "
            "DCG is divided by that of the ideal order.",
        ),
        Misconception(
            "nothing came back goes first",
            _variant(empty=0.0),
            "NaN goes first: without a relevant document there is nothing to find, whether or not "
            "results came back. Test that before you return 0.",
        ),
        Misconception(
            "nothing relevant gives 0",
            _variant(nothing=0.0),
            "Without a relevant document you return 0, as if the search had failed. There is "
            "nothing to find: return NaN, and let means leave the query out.",
        ),
        Misconception(
            "nothing relevant gives 1",
            _variant(nothing=1.0),
            "Without a relevant document you return 1, as if the search had done well. There is "
            "nothing to find: return NaN, and let means leave the query out.",
        ),
        Misconception(
            "lowest score first",
            _variant(up=True),
            "You rank the lowest score first. Sort the negative scores.",
        ),
        Misconception(
            "scores ignored",
            _variant(sort=False, ties="order"),
            "You take the results in the order given. The scores make the ranking: sort by them, "
            "highest first.",
        ),
        Misconception(
            "not divided by the ideal",
            _variant(divide=False),
            "You return the DCG. Divide by the DCG of the ideal order.",
        ),
        Misconception(
            "results not cut",
            _variant(cut=False),
            "You cut the ideal at k but not the results. Ranks beyond k bring nothing.",
        ),
    ),
)
