"""Tokenisation, corpora and test sets; the real data where it matters."""

import re
import subprocess
import sys
import time

import numpy as np
import pytest

import helpers.data as data
from helpers.data.documents import _clean_definition
from helpers.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The king's first-born.", ["the", "king", "'s", "first", "born"]),
        ("God`s Spirit; Jacob’s; sons` wives", "god 's spirit jacob 's sons wives".split()),
        ("`Let light be;` she didn't, O'Neil's", "let light be she didn't o'neil 's".split()),
        ("Cæsar, naïve, Zürich, Œdipus", "caesar naive zurich oedipus".split()),
        ("In 1913 the 2nd of 24/7, CH3CHO", ["in", "the", "of"]),
        ("see https://a.org/b?c or www.x.com now", ["see", "or", "now"]),
        ("Pen\ufffd\ufffdlope ran", ["ran"]),
        ("'tis -- '' ' the Eng'", ["tis", "the", "eng"]),
        ("", []),
        ("東京 and Москва", ["and"]),
    ],
)
def test_tokenize(text, tokens):
    assert data.tokenize(text) == tokens


def test_split_sentences():
    text = 'He said "Go!" Then he left. It cost 3.5 dollars? "Yes."'
    assert [part.strip('" ') for part in data.split_sentences(text)] == [
        'He said "Go!',
        "Then he left.",
        "It cost 3.5 dollars?",
        "Yes.",
    ]
    assert data.split_sentences(" ") == []


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("A ring [1913 Webster]", "A ring"),
        ("surrounded by the 1913 Webster]", "surrounded by the"),
        ("an axis, as the antenn1913 Webster]", "an axis, as the"),
        ("morphology{4}. [Obs.]", "morphology ."),
        ("a post <-- p. 26 --> of wood", "a post of wood"),
        ("That part of a\n[1913 Webster +Webster 1913 Suppl.]", "That part of a"),
    ],
)
def test_definitions_lose_their_marks(raw, clean):
    assert _clean_definition(raw) == clean


def test_corpus_is_a_sequence_of_sentences():
    sentences = [["b", "a", "b"], [], ["c"], ["a", "b", "d"]]
    made = data.Corpus.from_sentences(sentences)
    assert list(made) == [["b", "a", "b"], ["c"], ["a", "b", "d"]]
    assert (len(made), made.n_tokens) == (3, 7)
    assert made[-1] == ["a", "b", "d"] and made[:2] == [["b", "a", "b"], ["c"]]
    assert made.words == ["b", "a", "c", "d"] and made.counts.tolist() == [3, 2, 1, 1]
    assert "3 sentences, 7 tokens" in repr(made)
    with pytest.raises(IndexError):
        made[3]
    with pytest.raises(data.DataError, match="no words"):
        data.Corpus.from_sentences([[]])


def assert_encoded_alike(corpus, min_count, max_size=None):
    vocabulary, encoded = corpus.encoded(min_count, max_size)
    expected = Vocabulary.build(corpus, min_count, max_size)
    expected_encoded = expected.encode(corpus)
    assert vocabulary.words == expected.words
    np.testing.assert_array_equal(vocabulary.counts, expected.counts)
    np.testing.assert_array_equal(encoded.tokens, expected_encoded.tokens)
    np.testing.assert_array_equal(encoded.offsets, expected_encoded.offsets)
    assert encoded.tokens.dtype == np.int32 and encoded.offsets.dtype == np.int64


@pytest.mark.parametrize("min_count", [1, 50, 400])
def test_encoded_equals_the_slow_way(min_count):
    assert_encoded_alike(data.toy_corpus(2000), min_count)
    assert_encoded_alike(data.toy_corpus(2000), min_count, max_size=7)


def test_encoded_without_words_is_refused():
    with pytest.raises(ValueError, match="lower min_count"):
        data.toy_corpus(10).encoded(1000)


def test_toy_corpus_is_seeded():
    first, again, other = (data.toy_corpus(300, seed=seed) for seed in (1, 1, 2))
    assert list(first) == list(again) != list(other)
    with pytest.raises(ValueError, match="1 or more"):
        data.toy_corpus(0)


def test_toy_words_have_one_role_each():
    roles = [
        word
        for targets, rows, columns in data.TOY_FAMILIES.values()
        for group in (*targets, *rows, *columns)
        for word in group
    ]
    assert len(roles) == len(set(roles))


def test_toy_analogies_hold_in_the_counts():
    corpus = data.toy_corpus(40_000)
    index = {word: i for i, word in enumerate(corpus.words)}
    counts = np.zeros((len(index), len(index)))
    for start in corpus.offsets[:-1]:
        target = corpus.tokens[start + 3]
        np.add.at(counts[target], corpus.tokens[start : start + 7], 1)
        counts[target, target] = 0
    used = counts.sum(axis=1) > 0
    vectors = counts[used] / counts[used].sum(axis=1, keepdims=True)
    words = [word for word, keep in zip(corpus.words, used, strict=True) if keep]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    position = {word: i for i, word in enumerate(words)}
    questions = data.toy_analogies()
    assert len(questions) == 2 * 12 + 2 * 20 + 2 * 20
    for _, *asked in questions:
        a, b, c, d = (position[word] for word in asked)
        scores = vectors @ (vectors[b] - vectors[a] + vectors[c])
        scores[[a, b, c]] = -np.inf
        assert scores.argmax() == d, asked


def test_unknown_names():
    with pytest.raises(data.DataError, match="choose from bibles, default, further"):
        data.corpus("defualt")
    with pytest.raises(data.DataError, match="choose from web, kjv, asv, ylt"):
        data.bible("bbe")


def test_word_sets():
    assert len(data.wordsim353()) == 353
    assert len(data.simlex999()) == 999
    assert len(data.analogies()) == 19_544
    assert len({question.section for question in data.analogies()}) == 14
    assert data.wordsim353()[1] == ("tiger", "cat", 7.35)
    assert data.analogies()[0] == (
        "capital-common-countries", "athens", "greece", "baghdad", "iraq"
    )  # fmt: skip
    for pairs in (data.wordsim353(), data.simlex999()):
        assert all(0 <= pair.rating <= 10 for pair in pairs)
        assert all(word == word.lower() for pair in pairs for word in pair[:2])


def test_lee_documents():
    lee = data.lee_documents()
    assert (len(lee.texts), len(lee.background)) == (50, 300)
    assert all(lee.texts) and all(lee.background)
    assert lee.similarities.shape == (50, 50)
    np.testing.assert_array_equal(lee.similarities, lee.similarities.T)
    assert (np.diag(lee.similarities) == 1).all()


@pytest.mark.data
@pytest.mark.parametrize("translation", data.TRANSLATIONS)
def test_every_translation_has_every_verse(translation):
    verses = data.bible(translation)
    assert list(verses) == list(data.bible("kjv")) and len(verses) == 31_102
    assert sum(not text for text in verses.values()) == (16 if translation == "asv" else 0)
    assert not any(re.search(r"Psalm \d", text) for text in verses.values())
    assert not any(text[:1].isdigit() for text in verses.values())
    number = data.verse_id(45, 16, 25)
    assert "according to my" in verses[number]
    assert data.verse_reference(number) == (45, 16, 25)


@pytest.mark.data
def test_aligned_verses():
    verses = data.aligned_verses()
    assert len(verses) == 31_086
    assert set(verses[data.verse_id(1, 1, 1)]) == set(data.TRANSLATIONS)
    assert verses[data.verse_id(19, 119, 32)]["web"].endswith("free.")
    assert verses[data.verse_id(19, 119, 33)]["ylt"].startswith("Show")


@pytest.mark.data
def test_dictionary():
    definitions = data.dictionary()
    assert ("queen", "The wife of a king.") in definitions
    assert not any("1913 Webster" in text or "[" in text for _, text in definitions)
    assert len(definitions) > 171_900


@pytest.mark.data
def test_default_corpus():
    corpus = data.corpus()
    assert len(corpus) > 295_000 and 5.3e6 < corpus.n_tokens < 5.5e6
    assert corpus[0] == "in the beginning god created the heavens and the earth".split()
    assert_encoded_alike(corpus, 5)


@pytest.mark.data
def test_second_call_is_fast_and_quiet():
    data.corpus()
    code = "import helpers.data as d, time; t=time.time(); d.corpus(); print(time.time()-t)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1 and done.stderr == ""


@pytest.mark.data
def test_documents():
    posts = data.newsgroups()
    assert len(posts.texts) == len(posts.labels) == len(posts.train) == 18_821
    assert len(set(posts.labels)) == 20 and posts.texts[0].startswith("alt atheism faq")
    articles = data.news_articles()
    assert len({article.text for article in articles}) == len(articles) > 3_700


@pytest.mark.data
@pytest.mark.slow
def test_further_corpus():
    corpus = data.corpus("further")
    assert 12e6 < corpus.n_tokens < 13e6


@pytest.mark.data
def test_pretrained_glove():
    started = time.perf_counter()
    words, vectors = data.pretrained_glove()
    assert time.perf_counter() - started < 10
    assert len(words) == len(set(words)) == 400_000
    assert vectors.shape == (400_000, 50) and vectors.dtype == np.float32
    index = {word: i for i, word in enumerate(words)}
    king, man, woman, queen = (vectors[index[word]] for word in "king man woman queen".split())
    asked = king - man + woman
    cosine = asked @ queen / np.linalg.norm(asked) / np.linalg.norm(queen)
    assert cosine == pytest.approx(0.86, abs=0.02)


@pytest.mark.data
def test_everything_fetched_verifies():
    data.prefetch()
    assert {status.state for status in data.verify()} == {"ok"}
