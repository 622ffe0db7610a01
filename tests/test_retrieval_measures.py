"""Measures of rankings: against trec_eval, scikit-learn and all orders of the ties."""

import itertools
import math

import numpy as np
import pytest
import pytrec_eval
from sklearn.metrics import ndcg_score

from helpers.retrieval_measures import (
    MEASURES,
    average_precision,
    evaluate,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
)

ALL = (precision, recall, reciprocal_rank, average_precision, ndcg)


def random_run(rng, queries=30, items=12):
    """Judgements with at least one relevant item, and rankings without ties."""
    judgements, run = {}, {}
    for query in range(queries):
        grades = dict(zip(map(str, range(items)), rng.integers(0, 4, items).tolist(), strict=True))
        grades["0"] = 2
        judgements[str(query)] = {d: g for d, g in grades.items() if rng.random() < 0.6 or d == "0"}
        kept = rng.permutation(items)[: rng.integers(0, items + 1)]
        run[str(query)] = [str(item) for item in kept]
    return run, judgements


@pytest.mark.parametrize("seed", range(4))
def test_equals_trec_eval(seed):
    run, judgements = random_run(np.random.default_rng(seed))
    run["0"], k = [], 5
    wanted = pytrec_eval.RelevanceEvaluator(
        judgements, {"P.5", "recall.5", "recip_rank", "map", "map_cut.5", "ndcg_cut.5", "ndcg"}
    ).evaluate({q: {d: float(-i) for i, d in enumerate(r)} for q, r in run.items()})
    for query, grades in judgements.items():
        ranking, trec = run[query], wanted[query]
        got = {
            "P_5": precision(ranking, grades, k),
            "recall_5": recall(ranking, grades, k),
            "recip_rank": reciprocal_rank(ranking, grades),
            "map": average_precision(ranking, grades),
            "map_cut_5": average_precision(ranking, grades, k),
            "ndcg_cut_5": ndcg(ranking, grades, k, gain="linear"),
            "ndcg": ndcg(ranking, grades, None, gain="linear"),
        }
        for name, value in got.items():
            assert value == pytest.approx(trec[name], abs=1e-9), (query, name)


def test_trec_eval_differs_where_the_docstring_says():
    grades = {"a": 1, "b": 0}
    judged = {"tied": grades, "nothing": {"a": 0}, "missing": {"a": 1}}
    trec = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank"}).evaluate(
        {"tied": {"a": 1.0, "b": 1.0}, "nothing": {"a": 1.0}}
    )
    assert trec["tied"]["recip_rank"] == 0.5  # b before a
    assert reciprocal_rank(["a", "b"], grades, scores=[1, 1]) == 0.75
    assert trec["nothing"]["recip_rank"] == 0 and "missing" not in trec
    values = evaluate({"tied": ["a", "b"], "nothing": ["a"]}, judged)["reciprocal_rank"]
    assert values[0] == 1 and math.isnan(values[1]) and values[2] == 0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("k", [1, 2, 4, 9])
def test_ties_are_the_mean_over_all_orders(seed, k):
    rng = np.random.default_rng(seed)
    items = list("abcdef")
    scores = np.sort(rng.integers(0, 3, 6))[::-1]
    grades = {item: int(rng.integers(0, 3)) for item in "bcdefgh"} | {"a": 2}
    orders = [
        order for order in itertools.permutations(range(6)) if (scores[list(order)] == scores).all()
    ]
    for measure in ALL:
        mean = np.mean([measure([items[i] for i in order], grades, k) for order in orders])
        got = measure(items, grades, k, scores=scores)
        assert got == pytest.approx(mean, abs=1e-12), measure.__name__


@pytest.mark.parametrize("seed", range(5))
def test_tied_ndcg_equals_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    gains, scores = rng.integers(0, 4, 20), np.sort(rng.integers(0, 6, 20))[::-1]
    gains[0] = 3
    for k in (1, 5, 20):
        got = ndcg(range(20), dict(enumerate(gains.tolist())), k, scores=scores, gain="linear")
        assert got == pytest.approx(ndcg_score([gains], [scores], k=k), abs=1e-12)


def test_known_values():
    grades = {"a": 3, "b": 1, "c": 2, "x": 0}
    ranking = ["x", "a", "u", "b"]
    assert precision(ranking, grades, 10) == 0.2
    assert recall(ranking, grades, 10) == pytest.approx(2 / 3)
    assert recall(ranking, grades, 10, good=2) == 0.5
    assert reciprocal_rank(ranking, grades, good=1) == 0.5
    assert reciprocal_rank(ranking, grades, 1) == 0
    assert average_precision(ranking, grades) == pytest.approx((1 / 2 + 2 / 4) / 3)
    ideal = 7 + 3 / math.log2(3) + 1 / 2
    assert ndcg(ranking, grades) == pytest.approx((7 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert ndcg(np.array([1, 0]), {1: 1}) == 1


def test_nothing_found_and_nothing_to_find():
    for measure in ALL:
        assert measure([], {"a": 1}, 10) == 0
        assert math.isnan(measure(["a"], {}, 10))
        assert math.isnan(measure(["a"], {"a": 0}, 10))
    values = evaluate({}, {"q": {"a": 1}}, 5)
    assert set(values) == set(MEASURES) and all(v.tolist() == [0] for v in values.values())
    assert all(len(v) == 0 for v in evaluate({}, {}).values())


def test_run_with_scores():
    values = evaluate({1: ["a", "b"]}, {1: {"b": 1}}, 1, scores={1: [2.0, 2.0]})
    assert all(value.tolist() == [0.5] for value in values.values())


@pytest.mark.parametrize("measure", ALL)
def test_bad_input(measure):
    with pytest.raises(ValueError, match="twice"):
        measure(["a", "a"], {"a": 1}, 2)
    with pytest.raises(ValueError, match="k must be 1 or more"):
        measure(["a"], {"a": 1}, 0)
    for scores in ([1, 2], [1], [1, math.nan], [[2, 1]]):
        with pytest.raises(ValueError, match="scores must be one number"):
            measure(["a", "b"], {"a": 1}, 2, scores=scores)


def test_other_bad_input():
    with pytest.raises(ValueError, match="good must be 1"):
        recall(["a"], {"a": 1}, 2, good=0)
    with pytest.raises(ValueError, match="gain must be"):
        ndcg(["a"], {"a": 1}, gain="square")
    with pytest.raises(ValueError, match="nobody judged"):
        evaluate({"p": ["a"]}, {"q": {"a": 1}})
