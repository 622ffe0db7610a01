"""Pairs, their counts, and subsampling against slow counting."""

import numpy as np
import pytest

from helpers.vocabulary import EncodedCorpus
from helpers.windows import (
    context_counts,
    count_pairs,
    expected_pairs,
    skipgram_pairs,
    thin_out,
)


def encoded(*sentences):
    offsets = np.cumsum([0] + [len(s) for s in sentences])
    return EncodedCorpus(np.array(sum(sentences, []), dtype=np.int32), offsets)


def test_a_window_reaches_to_both_sides():
    words = "i love natural language processing".split()
    contexts = [c for centre, c in skipgram_pairs(words, 2) if centre == "natural"]
    assert contexts == ["i", "love", "language", "processing"]


@pytest.mark.parametrize("window", [1, 2, 5, 20])
def test_counts_agree_with_the_listed_pairs(window):
    lengths = [0, 1, 2, 9, 30]
    listed = [len(skipgram_pairs(range(n), window)) for n in lengths]
    assert count_pairs(lengths, window) == sum(listed)
    assert count_pairs(9, window) == listed[3]


def test_expected_pairs_agree_with_drawn_reaches():
    rng = np.random.default_rng(1)
    drawn = [
        sum(1 <= abs(i - j) <= reach for j in range(9))
        for _ in range(4000)
        for i, reach in enumerate(rng.integers(1, 6, 9))
    ]
    assert expected_pairs(9, 5) == 40
    assert 9 * np.mean(drawn) == pytest.approx(40, abs=0.5)


@pytest.mark.parametrize("window", [1, 3])
def test_context_counts_agree_with_the_listed_pairs(window):
    rng = np.random.default_rng(2)
    sentences = [rng.integers(0, 5, n).tolist() for n in (7, 0, 1, 12, 2)]
    expected = np.zeros((5, 5), dtype=int)
    for sentence in sentences:
        for centre, context in skipgram_pairs(sentence, window):
            expected[centre, context] += 1
    np.testing.assert_array_equal(context_counts(encoded(*sentences), 5, window), expected)


def test_windows_do_not_cross_sentences():
    assert context_counts(encoded([0], [1]), 2, window=5).sum() == 0


def test_a_corpus_shorter_than_the_window():
    assert context_counts(encoded([0, 1]), 2, window=10).tolist() == [[0, 1], [1, 0]]
    assert context_counts(encoded([]), 2, window=2).sum() == 0


def test_thinning_keeps_order_sentences_and_shares():
    corpus = encoded([0, 1, 0, 1] * 5000, [1], [0, 0])
    thinned = thin_out(corpus, [0.25, 1.0], seed=3)
    assert len(thinned) == 3 and thinned[1].tolist() == [1]
    assert (thinned.tokens == 1).sum() == 10_001
    assert (thinned.tokens == 0).mean() == pytest.approx(0.2, abs=0.02)
    again = thin_out(corpus, [0.25, 1.0], seed=3)
    np.testing.assert_array_equal(thinned.tokens, again.tokens)
    np.testing.assert_array_equal(thin_out(corpus, [1, 1]).tokens, corpus.tokens)


@pytest.mark.parametrize("call", [skipgram_pairs, count_pairs, expected_pairs])
def test_a_window_below_one_is_refused(call):
    with pytest.raises(ValueError, match="window must be at least 1"):
        call([3, 4], 0)


def test_ids_outside_the_vocabulary_are_refused():
    with pytest.raises(ValueError, match="n_words must be larger"):
        context_counts(encoded([0, 7]), 5, 1)
