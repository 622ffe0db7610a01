"""The stored comparison of static vectors, its loader, its statistics and its figures."""

import copy
import json

import numpy as np
import pytest
from scipy.stats import spearmanr

from helpers import data
from helpers.plots.quality import quality_by_cost, score_dots
from helpers.static_comparison import (
    PATH,
    SharedTests,
    StaticComparison,
    bootstrap_interval,
    load_comparison,
    rank_correlations,
)
from helpers.two_matrices import negative_directions, seed_errors
from helpers.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def comparison():
    return load_comparison()


def test_file_is_complete(comparison):
    trained = {"SGNS", "CBOW", "fastText", "GloVe", "GloVe (live)", "PPMI-SVD", "shifted PPMI-SVD"}
    assert set(comparison.names) == trained | {"pretrained"}
    for name in trained:
        assert len(comparison.scores(name, "WS-353")) >= 3
        assert (comparison.cpu_seconds(name) > 0).all()
        kept, training = comparison.megabytes(name)
        assert 0 < kept <= training
    assert np.isnan(comparison.cpu_seconds("pretrained")).all()
    for test in ("WS-353", "SimLex"):
        pairs = len(comparison.ratings(test))
        assert len(comparison.rarer(test)) == pairs and comparison.rarer(test).min() >= 5
        bands = comparison.bands(test)
        assert sum(band["pairs"] for band in bands) == pairs
        assert [band["high"] for band in bands[:-1]] == [band["low"] for band in bands[1:]]
        assert all(set(band["methods"]) == set(comparison.names) for band in bands)


def test_scores_follow_from_the_stored_cosines(comparison):
    for name in comparison.names:
        for test in ("WS-353", "SimLex"):
            ratings = comparison.ratings(test)
            cosines = comparison.cosines(name, test)
            again = [spearmanr(ratings, row).statistic for row in cosines]
            assert np.allclose(again, comparison.scores(name, test), atol=2e-3)
            low, high = comparison.interval(name, test)
            assert low < np.mean(again) < high


def test_curves_end_where_the_table_stands(comparison):
    passes = {name: comparison.settings(name)["epochs"] for name in ("GloVe", "GloVe (live)")}
    for test in ("WS-353", "SimLex", "analogies"):
        epochs, seconds, scores = comparison.curve("GloVe", test)
        assert (np.diff(epochs) > 0).all() and (np.diff(seconds) > 0).all()
        for name, after in passes.items():
            assert np.allclose(scores[:, epochs == after].ravel(), comparison.scores(name, test))
    epochs, caps = comparison.caps("WS-353")
    assert 10.0 in caps and all(len(scores) == len(epochs) for scores in caps.values())


def test_questions_to_the_file_that_it_cannot_answer(comparison):
    with pytest.raises(ValueError, match="no method 'ELMo': choose from"):
        comparison.scores("ELMo", "WS-353")
    with pytest.raises(ValueError, match="must be one of WS-353, SimLex, not 'analogies'"):
        comparison.cosines("SGNS", "analogies")
    with pytest.raises(ValueError, match="no curve of 'CBOW'"):
        comparison.curve("CBOW", "WS-353")
    with pytest.raises(ValueError, match="has no matrix 'W'"):
        comparison.scores("SGNS", "WS-353", "W")
    assert len(comparison.scores("GloVe", "SimLex", "W~")) >= 3


def test_unreadable_files(tmp_path):
    with pytest.raises(ValueError, match="cannot read absent.json .*compare_static"):
        load_comparison(tmp_path / "absent.json")
    broken = tmp_path / "broken.json"
    broken.write_text('{"format": 1,')
    with pytest.raises(ValueError, match="broken.json is damaged"):
        load_comparison(broken)
    broken.write_text("[]")
    with pytest.raises(ValueError, match="does not have format 1"):
        load_comparison(broken)
    raw = json.loads(PATH.read_text(encoding="utf-8"))
    broken.write_text(json.dumps(raw | {"format": 2}))
    with pytest.raises(ValueError, match="does not have format 1"):
        load_comparison(broken)


def test_rank_correlations_are_scipys():
    rng = np.random.default_rng(1)
    ratings = rng.integers(0, 5, size=30).astype(float)
    cosines = rng.normal(size=(4, 30)).round(1)
    wanted = [spearmanr(ratings, row).statistic for row in cosines]
    assert np.allclose(rank_correlations(ratings, cosines), wanted)
    assert np.isnan(rank_correlations(ratings, np.ones((1, 30)))).all()


def test_bootstrap_interval():
    rng = np.random.default_rng(2)
    ratings = rng.normal(size=200)
    cosines = ratings + rng.normal(size=(3, 200))
    low, high = bootstrap_interval(ratings, cosines)
    assert low < np.mean(rank_correlations(ratings, cosines)) < high
    assert (low, high) == bootstrap_interval(ratings, cosines)
    wide = bootstrap_interval(ratings[:25], cosines[:, :25])
    assert wide[1] - wide[0] > 1.5 * (high - low)
    with pytest.raises(ValueError, match="at least 3 pairs"):
        bootstrap_interval([1, 2], [[1, 2]])
    with pytest.raises(ValueError, match="a cosine for each"):
        bootstrap_interval(ratings, cosines[:, :5])


def test_shared_tests_ask_common_words_only():
    words = sorted({word for pair in data.wordsim353() for word in pair[:2]})
    vocabulary = Vocabulary(words, np.arange(len(words), 0, -1))
    others = [word for word in reversed(words) if word not in ("king", "tiger")]
    shared = SharedTests(vocabulary, others)
    assert shared.words == [word for word in words if word not in ("king", "tiger")]
    assert [others[row] for row in shared.other_rows] == shared.words
    assert [words[row] for row in shared.rows] == shared.words
    for place, pair in zip(shared.positions["WS-353"], shared.pairs["WS-353"], strict=True):
        assert data.wordsim353()[place] == pair and not {"king", "tiger"} & set(pair[:2])
    vectors = np.random.default_rng(3).normal(size=(len(shared.words), 6))
    cosines = shared.cosines(vectors, "WS-353")
    first = shared.pairs["WS-353"][0]
    a, b = (vectors[shared.words.index(word)] for word in first[:2])
    assert np.isclose(cosines[0], a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    with pytest.raises(ValueError, match="give the vectors of the"):
        shared.scores(vectors[:-1])


def test_negative_directions():
    rng = np.random.default_rng(4)
    basis, _ = np.linalg.qr(rng.normal(size=(40, 6)))
    signs = np.array([1, -1, 1, 1, -1, 1])
    assert negative_directions(basis, basis * signs) == 2
    mixed = rng.normal(size=(6, 6))  # A change of basis changes nothing.
    assert negative_directions(basis @ mixed, basis * signs @ np.linalg.inv(mixed).T) == 2
    with pytest.raises(ValueError, match="one shape"):
        negative_directions(basis, basis[:5])


def test_seed_errors_finds_what_was_put_in():
    rng = np.random.default_rng(5)
    signal = rng.normal(size=(4_000, 8))

    def training(shared):
        common = rng.normal(size=signal.shape)
        turn, _ = np.linalg.qr(rng.normal(size=(8, 8)))
        noise = [
            np.sqrt(shared) * common + np.sqrt(1 - shared) * rng.normal(size=signal.shape)
            for _ in range(2)
        ]
        return tuple((signal + 0.3 * part) @ turn for part in noise)

    for shared in (0.0, 0.5):
        found = seed_errors([training(shared) for _ in range(3)])
        assert abs(found["correlation"] - shared) < 0.05
        assert abs(found["sum"] / found["one"] - (1 + shared) / 2) < 0.06
    with pytest.raises(ValueError, match="two or more trainings"):
        seed_errors([training(0.0)])


def test_figures(comparison):
    fig = score_dots(comparison)
    assert len(fig.axes) == 3
    names = ["SGNS", "GloVe", "PPMI-SVD"]
    live, static = quality_by_cost(comparison, names)
    assert len(live.data) == 9 and len(static.axes) == 3
    assert "passes" in live.data[0].text[0] and "MB kept" in live.data[0].text[0]
    assert sum(trace.visible is True for trace in live.data) == 3
    with pytest.raises(ValueError, match="not trained here"):
        quality_by_cost(comparison, ["pretrained"])
    with pytest.raises(ValueError, match="tell 6 methods apart"):
        quality_by_cost(comparison, [*names, *names, "CBOW"])


def test_a_run_without_its_matrices(comparison):
    raw = copy.deepcopy(comparison.raw)
    del raw["methods"]["GloVe"]["runs"][0]["matrices"]
    with pytest.raises(ValueError, match="has no matrix"):
        StaticComparison(raw).scores("GloVe", "WS-353", "W")
