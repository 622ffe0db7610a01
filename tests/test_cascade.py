"""Cascades: reranking, unions, the choice of K, and the stored scores."""

import json

import numpy as np
import pytest

from helpers.bm25 import BM25
from helpers.cascade import (
    PATH,
    grade_matrix,
    load_rerank,
    rerank,
    run_cascade,
    smallest_k,
    union,
)
from helpers.data import retrieval_set
from helpers.plots.token_matches import token_matches
from helpers.plots.trade_off import trade_off
from helpers.ranking import evaluate_run, ranked


@pytest.fixture(scope="module")
def stored():
    return load_rerank()


@pytest.fixture(scope="module")
def retrieval():
    return retrieval_set()


@pytest.fixture(scope="module")
def lexical(retrieval):
    index = BM25([document.content for document in retrieval.documents])
    return [index.search(query.text, 50) for query in retrieval.queries]


def test_rerank_moves_the_head_alone():
    scores = np.array([0.0, 5.0, np.nan, 7.0, 5.0])
    assert rerank([0, 1, 3, 2], scores, 3).tolist() == [3, 1, 0, 2]
    assert rerank([0, 1, 4], scores, 9).tolist() == [1, 4, 0]
    assert rerank([2, 0], scores, 0).tolist() == [2, 0]
    assert rerank([], scores, 3).tolist() == []
    with pytest.raises(ValueError, match="document 2 has no score"):
        rerank([0, 2], scores, 2)
    with pytest.raises(ValueError, match="k must be 0 or more"):
        rerank([0], scores, -1)


def test_union_takes_turns():
    assert union([[4, 2, 9], [2, 7, 4, 1]], 3).tolist() == [4, 2, 7, 9]
    assert union([[4], [2, 7]], 5).tolist() == [4, 2, 7]
    assert union([[4], [2]], 0).tolist() == []
    assert union([], 3).tolist() == []
    with pytest.raises(ValueError, match="depth"):
        union([[1]], -1)


def test_the_stored_scores_fit_the_set(stored, retrieval, lexical):
    assert stored.maxsim.shape == stored.cross_encoder.shape == (100, 318)
    assert np.isfinite(stored.maxsim).all()
    assert stored.depths == {"minilm": 50, "bm25": 50}
    for number, ranking in enumerate(lexical):
        assert np.isfinite(stored.cross_encoder[number, ranking]).all()
    assert all(value > 0 for value in stored.cpu_ms.values())
    found = evaluate_run([ranked(scores) for scores in stored.maxsim], retrieval).by_kind()
    assert found["all"] == pytest.approx(0.881, abs=0.005)


def test_a_cascade_counts_its_work(stored, lexical):
    done = run_cascade(lexical, stored, k1=20, k2=5, first_stages=("bm25",))
    lengths = np.array([len(ranking) for ranking in lexical])
    assert (done.maxsim == np.minimum(20, lengths)).all()
    assert (done.pairs == np.minimum(5, lengths)).all()
    cost = stored.cpu_ms
    expected = cost["bm25_query"] + cost["colbert_query"]
    expected += cost["maxsim_document"] * done.maxsim.mean()
    expected += cost["cross_encoder_pair"] * done.pairs.mean()
    assert done.cpu_ms == pytest.approx(expected)
    for number, ranking in enumerate(done.run):
        assert sorted(ranking) == sorted(lexical[number])
        middle = rerank(lexical[number], stored.maxsim[number], 20)
        assert ranking.tolist() == rerank(middle, stored.cross_encoder[number], 5).tolist()


def test_a_floor_returns_to_the_fallback(stored, lexical):
    other = [ranking[::-1] for ranking in lexical]
    plain = run_cascade(lexical, stored, k2=5)
    done = run_cascade(lexical, stored, k2=5, floor=0.0, fallback=other)
    kept = 0
    for number, ranking in enumerate(done.run):
        low = stored.cross_encoder[number, lexical[number][:5]].max(initial=-np.inf) < 0
        expected = other if low and len(lexical[number]) else plain.run
        kept += low
        assert ranking.tolist() == list(expected[number])
    assert 0 < kept < 100
    never = run_cascade(lexical, stored, k1=9, k2=5, floor=99.0)
    assert [r.tolist() for r in never.run] == [
        r.tolist() for r in run_cascade(lexical, stored, k1=9).run
    ]


def test_a_cascade_refuses(stored, lexical):
    with pytest.raises(ValueError, match="no cost of 'splade'"):
        run_cascade(lexical, stored, first_stages=("splade",))
    with pytest.raises(ValueError, match="needs 100 rankings"):
        run_cascade(lexical[:3], stored)
    with pytest.raises(ValueError, match="k must be 0 or more"):
        run_cascade(lexical, stored, k1=-1)


def test_a_perfect_reranker_reaches_the_ceiling(retrieval):
    grades = grade_matrix(retrieval)
    assert (grades > 0).sum() == sum(len(query.relevant) for query in retrieval.queries)
    everything = [rerank(np.arange(318), row, 318) for row in grades]
    assert evaluate_run(everything, retrieval).by_kind()["all"] == pytest.approx(1)


def test_smallest_k():
    rng = np.random.default_rng(1)
    draws = rng.integers(40, size=(500, 40))
    base = rng.normal(size=40)
    quality = np.array([base, base + 0.2, base + 0.2, base + 0.3])
    assert smallest_k([1, 2, 3, 4], quality, [1, 2, 3, 4], 3, draws) == 2
    assert smallest_k([1, 2, 3, 4], quality, [1, 2, 3, 4], 9, draws) == 4
    assert smallest_k([1, 2, 3, 4], quality, [1, 2, 3, 4], 0.5, draws) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw.update(format=0), "does not have format"),
        (lambda raw: raw.pop("maxsim"), "does not have format"),
        (lambda raw: raw.update(texts="0"), "other texts"),
        (lambda raw: raw["cpu_ms"].pop("maxsim_document"), "not finished"),
        (lambda raw: raw["cross_encoder"].pop(), "not finished"),
    ],
)
def test_a_bad_file_is_named(tmp_path, change, words):
    raw = json.loads(PATH.read_text(encoding="utf-8"))
    change(raw)
    path = tmp_path / "rerank.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        load_rerank(path)


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(ValueError, match="cannot read rerank.json"):
        load_rerank(tmp_path / "rerank.json")
    (tmp_path / "rerank.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="is damaged"):
        load_rerank(tmp_path / "rerank.json")


def test_the_figures():
    points = [(1.0, 0.5, "a", "A<br>B"), (9.0, 0.7, "", "C")]
    live, picture = trade_off({"one": points}, "ms", "nDCG")
    assert live.data[0].text == ("A<br>B", "C")
    assert picture.axes[0].get_xscale() == "log"
    assert live.data[0].mode == "lines+markers"
    live, picture = trade_off({"one": points}, "ms", "nDCG", apart=("one",))
    assert live.data[0].mode == "markers" and picture.axes[0].lines[0].get_linestyle() == "None"
    with pytest.raises(ValueError, match="at most 5 families"):
        trade_off({str(i): [(1.0, 0.5, "", "")] for i in range(6)}, "ms", "nDCG")
    cosines = np.array([[0.1, 0.9, 0.2], [0.5, 0.4, 0.8]])
    drawn = token_matches(cosines, ["a", "b"], ["x", "y", "z"], [range(2), range(2, 3)])
    assert [t.get_text() for t in drawn.axes[0].get_xticklabels()] == ["x", "y", "z"]
    with pytest.raises(ValueError, match=r"shape \(2, 2\)"):
        token_matches(cosines, ["a", "b"], ["x", "y"], [range(2)])
