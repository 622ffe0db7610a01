"""helpers.pmi against an obvious count, the closed forms, and its errors."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from helpers.cooccurrence import cooccurrences
from helpers.pmi import (
    dense_pmi,
    fit_sgns_exactly,
    fold_in,
    positive_pmi,
    svd_vectors,
)
from helpers.vocabulary import EncodedCorpus


def random_corpus(seed, n_words=30, n_sentences=40):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 12, size=n_sentences)
    tokens = rng.zipf(1.4, size=lengths.sum()) % n_words
    return EncodedCorpus(tokens.astype(np.int32), np.concatenate([[0], np.cumsum(lengths)]))


def obvious_counts(corpus, n_words, window, weighting):
    counts = np.zeros((n_words, n_words))
    for s in range(len(corpus)):
        sentence = corpus[s]
        for i, word in enumerate(sentence):
            for j, context in enumerate(sentence):
                if i != j and abs(i - j) <= window and max(word, context) < n_words:
                    far = (window + 1 - abs(i - j)) / window
                    counts[word, context] += far if weighting == "linear" else 1
    return counts


@pytest.mark.parametrize("weighting", ["linear", "uniform"])
@pytest.mark.parametrize(("window", "n_words"), [(1, 30), (5, 30), (3, 7), (20, 400)])
def test_counts_equal_the_obvious_ones(weighting, window, n_words):
    corpus = random_corpus(window, 30)
    counted = cooccurrences(corpus, n_words, window, weighting)
    expected = obvious_counts(corpus, n_words, window, weighting)
    assert counted.shape == (n_words, n_words)
    np.testing.assert_allclose(counted.toarray(), expected, rtol=1e-6)
    assert counted.nnz == (expected > 0).sum()
    assert counted.has_sorted_indices


def test_one_word_sentences_have_no_pairs():
    counted = cooccurrences(EncodedCorpus(np.array([0, 1], dtype=np.int32), np.array([0, 1, 2])), 2)
    assert counted.nnz == 0


@pytest.mark.parametrize("shift", [1.0, 3.0])
@pytest.mark.parametrize("smoothing", [1.0, 0.75])
def test_positive_pmi_is_the_clipped_dense_one(shift, smoothing):
    counts = cooccurrences(random_corpus(3), 30)
    dense = dense_pmi(counts.toarray(), smoothing) - np.log(shift)
    sparse = positive_pmi(counts, shift, smoothing)
    np.testing.assert_allclose(sparse.toarray(), np.maximum(dense, 0), atol=1e-5)
    assert (sparse.data > 0).all()
    part = positive_pmi(counts[[4, 2]], shift, smoothing, context_counts=counts.sum(axis=0))
    np.testing.assert_allclose(part.toarray(), sparse.toarray()[[4, 2]], atol=1e-6)


def test_pmi_of_independent_words_is_zero():
    np.testing.assert_allclose(dense_pmi(np.outer([1, 2, 3], [4, 5])), 0, atol=1e-12)
    assert dense_pmi([[1, 0], [0, 1]])[0, 1] == -np.inf


def test_svd_of_full_rank_is_exact_and_folding_in_gives_the_rows_back():
    matrix = np.random.default_rng(0).normal(size=(12, 9))
    for power in (0.0, 0.5, 1.0):
        words, contexts = svd_vectors(matrix, 9, power)
        np.testing.assert_allclose(words @ contexts.T, matrix, atol=1e-4)
        np.testing.assert_allclose(fold_in(matrix[:3], contexts), words[:3], atol=1e-3)
    again, _ = svd_vectors(matrix, 9, 1.0)
    assert np.array_equal(words, again)


@pytest.mark.parametrize("power", [1.0, 0.75])
def test_the_exact_minimum_of_sgns_is_shifted_pmi(power):
    joint = np.random.default_rng(1).dirichlet(np.full(36, 3.0)).reshape(6, 6)
    v, u = fit_sgns_exactly(joint, joint.sum(axis=0) ** power, 5, dim=6)
    np.testing.assert_allclose(v @ u.T, dense_pmi(joint, power) - np.log(5), atol=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cooccurrences(random_corpus(0), 30, weighting="cubic"), "weighting must be"),
        (lambda: cooccurrences(random_corpus(0), 30, window=0), "window and n_words"),
        (lambda: cooccurrences(EncodedCorpus(np.array([]), np.array([0])), 3), "no tokens"),
        (lambda: positive_pmi(csr_array(np.eye(2)), shift=0), "shift must be positive"),
        (lambda: positive_pmi(csr_array((2, 2))), "counts must be"),
        (lambda: dense_pmi(-np.eye(2)), "counts must be"),
        (lambda: svd_vectors(np.eye(3), 4), "dim must be between 1 and 3"),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
