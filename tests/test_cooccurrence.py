"""helpers.cooccurrence: the fast count against the plain one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.cooccurrence import cooccurrences, naive_cooccurrences
from helpers.vocabulary import EncodedCorpus

WEIGHTINGS = ["linear", "uniform", "harmonic"]


def encode(sentences):
    tokens = np.array([word for sentence in sentences for word in sentence], dtype=np.int32)
    offsets = np.cumsum([0] + [len(sentence) for sentence in sentences])
    return EncodedCorpus(tokens, offsets)


def dense(counts, n_words):
    table = np.zeros((n_words, n_words))
    for pair, count in counts.items():
        table[pair] = count
    return table


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.integers(0, 6), max_size=9), min_size=1, max_size=5),
    st.integers(1, 8), st.integers(1, 40), st.sampled_from(WEIGHTINGS),
)  # fmt: skip
def test_count_equals_the_plain_one(sentences, n_words, window, weighting):
    if not any(sentences):
        sentences = [[0]]
    counted = cooccurrences(encode(sentences), n_words, window, weighting)
    expected = naive_cooccurrences(sentences, n_words, window, weighting)
    assert counted.dtype == np.float32 and counted.shape == (n_words, n_words)
    assert counted.nnz == len(expected) and counted.has_sorted_indices
    np.testing.assert_allclose(counted.toarray(), dense(expected, n_words), rtol=2e-7)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("n_words", [7, 2_000])  # dense rows, and rows with few cells
def test_counts_are_symmetric_to_the_last_bit(weighting, n_words):
    rng = np.random.default_rng(n_words)
    tokens = (rng.zipf(1.3, size=20_000) - 1) % n_words
    corpus = EncodedCorpus(tokens.astype(np.int32), np.arange(0, 20_001, 40))
    for window in (3, 10, 30):
        counted = cooccurrences(corpus, n_words, window, weighting).tocoo()
        mirrored = counted.T.tocsr().tocoo()
        assert (counted.data == mirrored.data).all() and (counted.col == mirrored.col).all()
    expected = naive_cooccurrences(corpus, n_words, 3, weighting)
    counted = cooccurrences(corpus, n_words, 3, weighting).tocoo()
    cells = zip(counted.row.tolist(), counted.col.tolist(), strict=True)
    found = dict(zip(cells, counted.data.tolist(), strict=True))
    # Exact sums, rounded to float32 once.
    assert found == {pair: float(np.float32(count)) for pair, count in expected.items()}


def test_weights_by_distance():
    corpus = encode([[0, 1, 2, 3], [4, 0]])
    rows = {kind: cooccurrences(corpus, 5, 3, kind).toarray()[0].tolist() for kind in WEIGHTINGS}
    assert rows["uniform"] == [0, 1, 1, 1, 1]
    np.testing.assert_allclose(rows["linear"], [0, 1, 2 / 3, 1 / 3, 1], rtol=1e-7)
    np.testing.assert_allclose(rows["harmonic"], [0, 1, 1 / 2, 1 / 3, 1], rtol=1e-7)


def test_words_beyond_n_words_keep_their_place():
    corpus = encode([[0, 9, 1]])
    assert cooccurrences(corpus, 2, 2, "harmonic").toarray().tolist() == [[0, 0.5], [0.5, 0]]
    assert cooccurrences(corpus, 2, 1, "harmonic").nnz == 0
    assert naive_cooccurrences([[0, 9, 1]], 2, 2, "harmonic") == {(0, 1): 0.5, (1, 0): 0.5}


def test_one_word_sentences_have_no_pairs():
    assert cooccurrences(encode([[0], [1]]), 2).nnz == 0


def test_a_word_next_to_itself_counts_both_ways():
    assert cooccurrences(encode([[0, 0]]), 1, 1).toarray() == [[2]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cooccurrences(encode([[0]]), 3, weighting="cubic"), "weighting must be"),
        (lambda: cooccurrences(encode([[0]]), 3, window=0), "window and n_words"),
        (lambda: cooccurrences(encode([[0]]), 0), "window and n_words"),
        (lambda: cooccurrences(encode([[]]), 3), "no tokens"),
        (lambda: naive_cooccurrences([[0]], 3, weighting="cubic"), "weighting must be"),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
