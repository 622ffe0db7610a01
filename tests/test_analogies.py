"""The experiments of helpers.analogies and the court of helpers.analogy_world."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from helpers.analogies import offset_agreement, offset_gaps, refolded_accuracy, thinned
from helpers.analogy_world import CONTEXTS, PEOPLE, court, sample_pairs
from helpers.checks import get
from helpers.cooccurrence import cooccurrences
from helpers.plots.analogies import analogy_plane, parallelogram
from helpers.pmi import positive_pmi, svd_vectors
from helpers.vocabulary import Vocabulary


def test_the_court_holds_the_condition_and_bees_break_it():
    man, woman, king, queen = (
        court()[PEOPLE.index(word)] for word in ("man", "woman", "king", "queen")
    )
    np.testing.assert_allclose(king / man, queen / woman)
    broken = court(0.5)
    assert not np.allclose(broken[3] / broken[1], king / man)
    np.testing.assert_array_equal(np.delete(broken, 3, axis=0), np.delete(court(), 3, axis=0))
    np.testing.assert_allclose(broken.sum(axis=1), 1)
    with pytest.raises(ValueError, match="bee_share"):
        court(1.5)


def test_sampled_pairs_follow_the_table():
    vocabulary, corpus = sample_pairs(court(), 40_000, seed=2)
    assert corpus.n_tokens == 80_000 and len(corpus) == 40_000
    assert set(PEOPLE) | set(CONTEXTS) == set(vocabulary.words)
    assert (np.diff(vocabulary.counts) <= 0).all()
    counts = cooccurrences(corpus, len(vocabulary), 1).toarray()
    row = counts[vocabulary.index["king"]] / counts[vocabulary.index["king"]].sum()
    found = [row[vocabulary.index[word]] for word in CONTEXTS]
    np.testing.assert_allclose(found, court()[PEOPLE.index("king")], atol=0.02)


def test_gaps_equal_the_exercise():
    rng = np.random.default_rng(0)
    counts, prior = csr_array(rng.poisson(3, size=(9, 20))), rng.dirichlet(np.ones(20))
    quadruples = np.array([rng.permutation(9)[:4] for _ in range(300)])
    gaps = offset_gaps(counts, quadruples, prior)
    oracle = get("Q03-gap").oracle
    for gap, rows in list(zip(gaps, quadruples, strict=True))[::60]:
        assert gap == pytest.approx(oracle(counts[rows].toarray(), prior))


def test_thinning_keeps_the_share():
    counts = csr_array(np.full((2, 4000), 10.0))
    kept = thinned(counts, [0.5, 0.0], seed=1)
    assert kept[[0]].sum() == pytest.approx(20_000, rel=0.03)
    assert kept[[1]].nnz == 0
    assert counts.sum() == 80_000


def test_refolding_unchanged_counts_changes_nothing():
    rng = np.random.default_rng(4)
    counts = csr_array(rng.poisson(2.0, size=(20, 20)).astype(np.float32))
    words = [f"w{i}" for i in range(20)]
    vocabulary = Vocabulary(words, np.arange(20, 0, -1))
    vectors, contexts = svd_vectors(positive_pmi(counts), 20)
    questions = [("s", *(words[i] for i in rng.permutation(20)[:4])) for _ in range(40)]
    arguments = (vocabulary, counts, vectors, contexts)
    same = refolded_accuracy(questions, [3, 5], counts[[3, 5]], *arguments)
    assert same == refolded_accuracy(questions, [7], counts[[7]], *arguments)


def test_offset_agreement():
    first = np.random.default_rng(0).normal(size=(5, 3))
    assert offset_agreement(first, first + [1, 2, 3]) == pytest.approx(1)
    turned = np.array([[1], [-1], [1], [-1], [-1]])
    assert offset_agreement(first, first + turned * [1, 2, 3]) == pytest.approx(1)
    assert offset_agreement([[0, 0], [0, 0]], [[1, 0], [0, 2]]) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="two pairs"):
        offset_agreement([[0, 0]], [[1, 0]])
    with pytest.raises(ValueError, match="same vector"):
        offset_agreement([[0, 0], [1, 1]], [[0, 0], [2, 1]])


def test_parallelogram_has_both_forms():
    rng = np.random.default_rng(0)
    words = {word: rng.normal(size=5) for word in PEOPLE}
    pairs = [(PEOPLE[i], PEOPLE[i + 1]) for i in range(0, 8, 2)]
    plane = analogy_plane(*([words[pair[i]] for pair in pairs] for i in (0, 1)))
    np.testing.assert_allclose(plane @ plane.T, np.eye(2), atol=1e-9)
    question = ("man", "king", "woman", "queen")
    live, static = parallelogram({"one": words.get, "two": words.get}, pairs, question, ("x", "y"))
    assert len(static.axes) == 2
    assert any("queen" in (trace.text or ()) for trace in live.data)
