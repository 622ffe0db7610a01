"""Parts of corpora, twins, and the measures of rare words."""

import numpy as np
import pytest

from helpers.checks.word2vec_b2 import UPDATES
from helpers.checks.word2vec_b2_ranks import RANKS
from helpers.rare_words import reciprocal_ranks, target_ranks, twin_pairs, update_counts
from helpers.subcorpora import plant_twins, sample_sentences
from helpers.vocabulary import EncodedCorpus, Vocabulary
from helpers.word2vec import Word2Vec

SENTENCES = [["a", "b", "a", "c"], ["b", "c"], [], ["a", "d", "a", "a"], ["d", "b", "a"]] * 8


@pytest.fixture
def world():
    vocabulary = Vocabulary.build(SENTENCES, min_count=1)
    return vocabulary, vocabulary.encode(SENTENCES)


def text(vocabulary, corpus):
    return [[vocabulary.words[i] for i in corpus[s]] for s in range(len(corpus))]


def test_all_sentences_come_back_in_order(world):
    vocabulary, corpus = world
    words, part = sample_sentences(corpus, vocabulary, corpus.n_tokens, min_count=1)
    assert text(words, part) == SENTENCES
    assert dict(zip(words.words, words.counts, strict=True)) == dict(
        zip(vocabulary.words, vocabulary.counts, strict=True)
    )


def test_a_part_counts_its_own_words(world):
    vocabulary, corpus = world
    words, part = sample_sentences(corpus, vocabulary, 30, seed=3, min_count=4)
    assert 20 <= part.n_tokens <= 34
    counted = np.bincount(part.tokens, minlength=len(words))
    assert (counted == words.counts).all() and (counted >= 4).all()
    assert (np.diff(words.counts) <= 0).all()
    again = sample_sentences(corpus, vocabulary, 30, seed=3, min_count=4)[1]
    assert (again.tokens == part.tokens).all()
    for sentence in text(words, part):
        assert sentence in [[w for w in s if w in words] for s in SENTENCES]


@pytest.mark.parametrize(("n", "min_count", "line"), [(0, 5, "at least 1"), (9, 99, "99 times")])
def test_a_part_that_cannot_be(world, n, min_count, line):
    vocabulary, corpus = world
    with pytest.raises(ValueError, match=line):
        sample_sentences(corpus, vocabulary, n, min_count=min_count)


def test_twins_are_renamed_occurrences(world):
    vocabulary, corpus = world
    before = corpus.tokens.copy()
    twins = plant_twins(corpus, vocabulary, ["a", "b"], (2, 5))
    assert (corpus.tokens == before).all()
    assert twins.vocabulary.words[-4:] == ["a~2", "a~5", "b~2", "b~5"]
    counted = np.bincount(twins.corpus.tokens, minlength=len(twins.vocabulary))
    assert (counted == twins.vocabulary.counts).all()
    assert (counted[twins.ids] == [2, 5]).all()
    undone = [[w.split("~")[0] for w in s] for s in text(twins.vocabulary, twins.corpus)]
    assert undone == SENTENCES


def test_twins_that_cannot_be(world):
    vocabulary, corpus = world
    with pytest.raises(ValueError, match="not in the vocabulary"):
        plant_twins(corpus, vocabulary, ["zebra"], (2,))
    with pytest.raises(ValueError, match="occurs only"):
        plant_twins(corpus, vocabulary, ["a"], (1000,))
    with pytest.raises(ValueError, match="at least 1"):
        plant_twins(corpus, vocabulary, ["a"], (0,))


def test_update_counts_without_chance_are_the_oracles():
    sentences = [["a", "b", "a", "c", "d"], ["a"], ["d", "a"]]
    vocabulary = Vocabulary.build(sentences, min_count=1)
    corpus = vocabulary.encode(sentences)
    # Reach 1 is the only one that is drawn from 1 to 1, and sample 0 keeps every word.
    counted = update_counts(corpus, vocabulary.counts, vocabulary.index["a"], window=1, sample=0)
    expected = sum(UPDATES.oracle(s, [1] * len(s), "a") for s in sentences)
    assert np.allclose(counted, expected)


def test_update_counts_of_an_absent_word():
    with pytest.raises(ValueError, match="does not occur"):
        update_counts(EncodedCorpus(np.zeros(3, np.int32), np.array([0, 3])), [3, 1], 1)


def test_target_ranks_are_the_oracles():
    for case in RANKS.cases(11, hard=True):
        assert (target_ranks(*case.args) == RANKS.oracle(*case.args)).all(), case.name


def test_reciprocal_ranks_of_perfect_and_reversed_twins(world):
    vocabulary, corpus = world
    twins = plant_twins(corpus, vocabulary, ["a", "b"], (2, 5))
    vectors = np.zeros((len(twins.vocabulary), 4), np.float32)
    vectors[: len(vocabulary)] = np.eye(4)
    vectors[twins.ids[:, 0]] = 7 * vectors[twins.words]
    vectors[twins.ids[:, 1]] = -vectors[twins.words]
    model = Word2Vec(twins.vocabulary, vectors, vectors)
    assert np.allclose(reciprocal_ranks(model, twins), [1, 1 / 4])


def test_twin_pairs(world):
    vocabulary, corpus = world
    twins = plant_twins(corpus, vocabulary, ["a"], (2,))
    replaced, originals = twin_pairs([("b", "a", 3.0), ("a", "z", 1.0)], twins.vocabulary, 2)
    assert replaced == [("a~2", "b", 3.0)] and originals == [("a", "b", 3.0)]
    assert twin_pairs([("b", "c", 3.0)], twins.vocabulary, 2) == ([], [])
