"""Check of lesson 06, part B: mean reciprocal rank and Recall@k over queries."""

import math

import numpy as np

from helpers.checks.comparing import as_numbers, close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_MRR"]


def _by_loops(results, relevant, k):
    """Walk down each list, place by place."""
    ranks, recalls = [], []
    for found, wanted in zip(results, relevant, strict=True):
        if not len(wanted):
            continue
        first, seen = 0.0, []
        for place, item in enumerate(found):
            if item in wanted and first == 0:
                first = 1 / (place + 1)
            if place < k and item in wanted and item not in seen:
                seen.append(item)
        ranks.append(first)
        recalls.append(len(seen) / len(wanted))
    if not ranks:
        return math.nan, math.nan
    return sum(ranks) / len(ranks), sum(recalls) / len(recalls)


def _mrr_cases(rng, hard):
    def run(n_queries, items, length):
        found = [rng.permutation(items)[: rng.integers(1, length + 1)] for _ in range(n_queries)]
        wanted = [
            {int(x) for x in rng.permutation(items)[: rng.integers(1, 5)]} for _ in range(n_queries)
        ]
        return found, wanted

    found, wanted = run(6, 12, 12)
    letters = [["b", "a"], ["c", "d", "a"]]
    cases = [
        Case("found at rank 1", ([["a", "b"]], [{"a"}], 1)),
        Case("found at rank 2", ([["b", "a"]], [{"a"}], 5)),
        Case("not found", ([["b", "c"]], [{"a"}], 5)),
        Case("found below k", ([["b", "c", "a"]], [{"a"}], 2)),
        Case("two relevant, one found", ([["b", "a", "c"]], [{"a", "z"}], 3)),
        Case("two relevant, both found", ([["b", "a", "z"]], [{"a", "z"}], 3)),
        Case("more relevant ones than k", ([["a", "b", "c", "d"]], [{"a", "b", "c", "d"}], 2)),
        Case("two queries, 1 and 4 relevant", (letters, [{"a"}, {"c", "d", "y", "z"}], 2)),
        Case("a query without results", ([["a"], []], [{"a"}, {"b"}], 3)),
        Case("a query without relevant ones", ([["a"], ["b"]], [{"a"}, set()], 3)),
        Case("no query with relevant ones", ([["a"], []], [set(), set()], 3)),
        Case("a result twice", ([["b", "a", "a", "c"]], [{"a", "c"}], 3)),
        Case("a result twice at the top", ([["b", "b", "a"]], [{"a", "c"}], 2)),
        Case("row numbers, as arrays", (found, wanted, 4)),
        Case("k larger than any list", (found, wanted, 50)),
    ]  # fmt: skip
    if hard:
        more = run(25, 30, 20)
        cases += [
            Case("25 queries", (*more, 10)),
            Case("no queries", ([], [], 5)),
            Case("row 0 is relevant", ([[3, 0], [0, 3]], [{0}, {0, 3}], 1)),
            Case("tuples", ([("a", "b"), ("b", "a")], [{"a"}, {"a"}], 1)),
        ]
    return cases


def _real(case, output):
    pair = as_numbers(output)
    if pair is not None and pair.dtype.kind == "c":
        raise ValueError("return real numbers, not complex ones")
    return output


def _variant(
    *, base=1, rr_cut=False, which="first", pool="macro", per="relevant", empty="zero",
    nothing="out", twice=False, squeeze=False, of_mean=False, swap=False, none=math.nan,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def mrr_and_recall(results, relevant, k):
        ranks, hits, sizes, recalls = [], 0, 0, []
        for found, wanted in zip(results, relevant, strict=True):
            found = list(found)
            if squeeze:
                found = list(dict.fromkeys(found))
            if not wanted and nothing == "out":
                continue
            if not found and empty == "out":
                continue
            head = found[:k] if rr_cut else found
            places = [i + base for i, item in enumerate(head) if item in wanted]
            if which == "first":
                ranks.append(1 / max(places[0], 1e-9) if places else 0.0)
            elif which == "last":
                ranks.append(1 / places[-1] if places else 0.0)
            else:
                ranks.append(sum(1 / p for p in places) / max(len(wanted), 1))
            inside = found[:k]
            good = [x for x in inside if x in wanted] if twice else set(inside) & wanted
            size = {"relevant": len(wanted), "k": k, "capped": min(k, len(wanted)), "any": 1}[per]
            count = min(len(good), 1) if per == "any" else len(good)
            recalls.append(count / size if size else 0.0)
            hits, sizes = hits + len(good), sizes + len(wanted)
        if not ranks:
            return none, none
        mrr = sum(ranks) / len(ranks)
        if of_mean:
            got = [1 / r for r in ranks if r]
            mrr = len(got) / sum(got) if got else 0.0
        recall = (hits / sizes if sizes else 0.0) if pool == "micro" else np.mean(recalls)
        return (float(recall), mrr) if swap else (mrr, float(recall))

    return mrr_and_recall


X_MRR = Check(
    id="X-mrr",
    title="MRR and Recall@k",
    level=1,
    minutes=12,
    points=2,
    function="mrr_and_recall",
    make_cases=_mrr_cases,
    oracle=_by_loops,
    view=_real,
    compare=structure(close(rtol=1e-9, atol=1e-12), close(rtol=1e-9, atol=1e-12)),
    misconceptions=(
        Misconception(
            "ranks from 0",
            _variant(base=0),
            "Your ranks count from 0. The first place has rank 1, and its reciprocal is 1.",
        ),
        Misconception(
            "reciprocal rank cut at k",
            _variant(rr_cut=True),
            "You look for the first relevant result among k only. Here k is the cutoff of the "
            "recall; the reciprocal rank reads the whole list.",
        ),
        Misconception(
            "all relevant ranks",
            _variant(which="all"),
            "You average the reciprocal ranks of all relevant results. MRR asks for the first "
            "one only.",
        ),
        Misconception(
            "the last relevant rank",
            _variant(which="last"),
            "You take the rank of the last relevant result. MRR asks for the first.",
        ),
        Misconception(
            "one over the mean rank",
            _variant(of_mean=True),
            "You average ranks and turn them over, which leaves out the queries that found "
            "nothing. Take 1/rank of each query (0 if nothing is found), and average that.",
        ),
        Misconception(
            "precision",
            _variant(per="k"),
            "You divide by k: that is precision. Recall divides by the number of relevant items.",
        ),
        Misconception(
            "capped recall",
            _variant(per="capped"),
            "You divide by the smaller of k and the number of relevant items. Some report that, "
            "under another name; recall divides by all relevant items, even if k cannot hold them.",
        ),
        Misconception(
            "hit rate",
            _variant(per="any"),
            "You count whether anything relevant was found (the hit rate, or success@k). Recall "
            "is the share of the relevant items that were found.",
        ),
        Misconception(
            "pooled over queries",
            _variant(pool="micro"),
            "You pool the relevant items of all queries, so that queries with many of them weigh "
            "more. Take the recall of each query, and average.",
        ),
        Misconception(
            "empty results left out",
            _variant(empty="out"),
            "You leave out queries without results. A search that returns nothing for its hard "
            "queries would look better: they count 0.",
        ),
        Misconception(
            "queries without relevant items counted",
            _variant(nothing="zero"),
            "You count queries that have nothing to find as failures. Leave them out of both "
            "means.",
        ),
        Misconception(
            "0 for no query at all",
            _variant(none=0.0),
            "Where no query has anything to find you return 0. There is nothing to average: "
            "return NaN twice.",
        ),
        Misconception(
            "a repeated result counted twice",
            _variant(twice=True),
            "A result that comes twice is found once. Count distinct items, such as "
            "`set(found[:k]) & wanted`.",
        ),
        Misconception(
            "a repeated result squeezed out",
            _variant(squeeze=True),
            "You take repeated results out before you count ranks. The reader sees them: a "
            "repeated result keeps its place.",
        ),
        Misconception(
            "recall first",
            _variant(swap=True),
            "The order is `mrr, recall`: you return the recall first.",
        ),
    ),
)
