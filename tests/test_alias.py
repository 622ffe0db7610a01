import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.alias import build_alias, sample_alias
from helpers.vocabulary import Vocabulary, keep_probability, noise_distribution


def marginals(prob, alias):
    rest = np.bincount(alias, weights=1 - prob, minlength=len(prob))
    return (prob + rest) / len(prob)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200).filter(lambda p: sum(p) > 1e-300))
def test_marginals_are_exact(weights):
    p = np.array(weights)
    prob, alias = build_alias(p)
    assert ((prob >= 0) & (prob <= 1)).all()
    np.testing.assert_allclose(marginals(prob, alias), p / p.sum(), rtol=1e-9, atol=1e-12)


def test_impossible_outcome_is_never_drawn():
    draws = sample_alias(*build_alias([0, 3, 0, 1]), 10_000, rng=3)
    counts = np.bincount(draws, minlength=4)
    assert counts[0] == counts[2] == 0
    assert abs(counts[1] / 10_000 - 0.75) < 0.02


def test_draws_repeat_with_the_seed_and_input_stays():
    p = np.array([1.0, 2.0, 3.0])
    table = build_alias(p)
    assert (sample_alias(*table, 50, 1) == sample_alias(*table, 50, 1)).all()
    assert sample_alias(*table, 0).shape == (0,)
    assert p.tolist() == [1, 2, 3]


@pytest.mark.parametrize("bad", [[], [[1.0]], [-1, 2], [0, 0], [np.nan, 1], [np.inf, 1]])
def test_bad_weights(bad):
    with pytest.raises(ValueError, match="p must"):
        build_alias(bad)


def test_bad_table_or_number():
    with pytest.raises(ValueError, match="build_alias"):
        sample_alias([1.0], [0, 1], 3)
    with pytest.raises(ValueError, match="n must"):
        sample_alias([1.0], [0], -1)


def test_vocabulary_order_and_encoding():
    sentences = [["b", "a", "c"], ["a", "b"], ["x"], []]
    vocabulary = Vocabulary.build(iter(sentences), min_count=2)
    assert vocabulary.words == ["a", "b"] and vocabulary.counts.tolist() == [2, 2]
    corpus = vocabulary.encode(sentences)
    assert corpus.tokens.tolist() == [1, 0, 0, 1] and corpus.offsets.tolist() == [0, 2, 4, 4, 4]
    assert corpus.tokens.dtype == np.int32 and corpus.offsets.dtype == np.int64
    assert corpus[1].tolist() == [0, 1] and corpus[-1].tolist() == [] and len(corpus) == 4
    assert "a" in vocabulary and "x" not in vocabulary and len(vocabulary) == 2
    assert len(Vocabulary.build(sentences, min_count=1, max_size=3)) == 3
    with pytest.raises(IndexError):
        corpus[4]


@pytest.mark.parametrize("sentences", ["a b c", ["a b", "c d"]])
def test_strings_for_sentences_are_refused(sentences):
    with pytest.raises(ValueError, match="split"):
        Vocabulary.build(sentences, min_count=1)


def test_no_words():
    with pytest.raises(ValueError, match="lower min_count"):
        Vocabulary.build([["a"]], min_count=5)
    with pytest.raises(ValueError, match="distinct"):
        Vocabulary(["a", "a"], np.array([1, 1]))


def test_frequency_corrections():
    counts = np.array([900, 100])
    share = counts / counts.sum()
    expected = np.minimum(1, np.sqrt(1e-2 / share) + 1e-2 / share)
    np.testing.assert_allclose(keep_probability(counts, 1e-2), expected)
    assert (keep_probability(counts, 0) == 1).all()
    np.testing.assert_allclose(noise_distribution(counts), counts**0.75 / (900**0.75 + 100**0.75))
    with pytest.raises(ValueError, match="sample"):
        keep_probability(counts, -1)
    with pytest.raises(ValueError, match="counts"):
        noise_distribution([])
