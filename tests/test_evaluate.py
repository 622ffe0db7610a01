"""helpers.evaluate against gensim, an obvious loop, and its errors."""

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath

from helpers.evaluate import analogy_accuracy, word_similarity
from helpers.vocabulary import Vocabulary

QUESTIONS = datapath("questions-words.txt")


def read_questions():
    section, questions = "", []
    with open(QUESTIONS, encoding="utf-8") as file:
        for line in file:
            if line.startswith(":"):
                section = line[1:].strip()
            else:
                questions.append((section, *line.split()))
    return questions


def read_pairs(name):
    with open(datapath(name), encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return [(a, b, float(score)) for a, b, score in rows if a]


@pytest.fixture(scope="module")
def world():
    """Vectors in which a good part of the analogies hold: offsets of word pairs plus noise."""
    rng = np.random.default_rng(5)
    questions = read_questions()
    words = sorted({word.lower() for question in questions for word in question[1:]})
    words = [words[i] for i in rng.permutation(len(words))][:700]
    vectors = dict(zip(words, rng.normal(size=(len(words), 20)), strict=True))
    for section, a, b, c, d in questions[::7]:
        if {a.lower(), b.lower(), c.lower(), d.lower()} <= vectors.keys():
            shift = np.random.default_rng(len(section)).normal(size=20)
            vectors[b.lower()] = vectors[a.lower()] + shift
            vectors[d.lower()] = vectors[c.lower()] + shift
    extra = [f"filler{i}" for i in range(9000)]  # More than one block of candidates.
    # A little noise: shared shifts make words whose vectors would otherwise tie.
    known = np.array([vectors[word] for word in words]) + 0.3 * rng.normal(size=(len(words), 20))
    matrix = np.vstack([known, rng.normal(size=(9000, 20))])
    order = rng.permutation(len(matrix))
    words = [(words + extra)[i] for i in order]
    keyed = KeyedVectors(20)
    keyed.add_vectors(words, matrix[order].astype(np.float32))
    return words, keyed


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("restrict", [9700, 4000])
def test_3cosadd_equals_gensim(world, restrict):
    words, keyed = world
    score, sections = keyed.evaluate_word_analogies(QUESTIONS, restrict_vocab=restrict)
    mine = analogy_accuracy(unit(keyed.vectors), words, read_questions(), restrict=restrict)
    assert 0.02 < score < 1
    assert mine.accuracy == score
    theirs = {
        s["section"]: (len(s["correct"]), len(s["correct"]) + len(s["incorrect"]))
        for s in sections[:-1]
    }
    assert mine.by_section == {name: counts for name, counts in theirs.items() if counts[1]}
    assert mine.used + mine.missing == 19544


def test_3cosmul_equals_gensim(world):
    words, keyed = world
    asked = read_questions()[:4000:40]
    mine = analogy_accuracy(unit(keyed.vectors), words, asked, method="3cosmul", restrict=None)
    assert mine.used > 10
    for position, answer in zip(mine.asked, mine.answers, strict=True):
        a, b, c = (word.lower() for word in asked[position][1:4])
        ((best, _),) = keyed.most_similar_cosmul(positive=[b, c], negative=[a], topn=1)
        assert words[answer] == best


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
@pytest.mark.parametrize("exclude", [True, False])
def test_equals_a_loop(method, exclude):
    rng = np.random.default_rng(2)
    vectors = unit(rng.normal(size=(40, 6)))
    words = [f"w{i}" for i in range(40)]
    questions = [("s", *(words[i] for i in rng.permutation(40)[:4])) for _ in range(50)]
    questions.append(("s", "w1", "w1", "w2", "w3"))
    got = analogy_accuracy(vectors, words, questions, method=method, exclude=exclude)
    for question, answer in zip(questions, got.answers, strict=True):
        a, b, c = (int(word[1:]) for word in question[1:4])
        cos = [vectors @ vectors[i] for i in (a, b, c)]
        if method == "3cosadd":
            scores = cos[1] - cos[0] + cos[2]
        else:
            half = [(1 + value) / 2 for value in cos]
            scores = half[1] * half[2] / (half[0] + 1e-6)
        if exclude:
            scores[[a, b, c]] = -np.inf
        assert answer == scores.argmax()


@pytest.mark.parametrize("name", ["wordsim353.tsv", "simlex999.txt"])
def test_similarity_equals_gensim(name):
    rng = np.random.default_rng(3)
    pairs = read_pairs(name)
    words = sorted({word.lower() for pair in pairs for word in pair[:2]})[::-1]
    words = words[: len(words) * 3 // 4]
    keyed = KeyedVectors(16)
    keyed.add_vectors(words, rng.normal(size=(len(words), 16)).astype(np.float32))
    _, spearman, missing_share = keyed.evaluate_word_pairs(datapath(name))
    mine = word_similarity(keyed.vectors, {word: i for i, word in enumerate(words)}, pairs)
    assert mine.spearman == pytest.approx(spearman.statistic, abs=1e-5)
    assert mine.missing / len(pairs) * 100 == pytest.approx(missing_share)
    assert mine.used + mine.missing == len(pairs)


def test_takes_a_vocabulary_and_zero_vectors():
    vocabulary = Vocabulary(["a", "b", "c", "d"], np.array([4, 3, 2, 1]))
    vectors = np.array([[1, 0], [0, 1], [1, 0], [0, 0]], dtype=np.float32)
    found = word_similarity(vectors, vocabulary, [("A", "b", 1), ("a", "c", 5), ("a", "x", 3)])
    assert (found.used, found.missing) == (2, 1)
    assert found.spearman == pytest.approx(1)
    answered = analogy_accuracy(vectors, vocabulary, [("s", "a", "b", "c", "d")])
    assert answered.by_section == {"s": (1, 1)}  # Only d is left when a, b and c are excluded.


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "cosadd"}, "method must be"),
        ({"restrict": 0}, "restrict must be"),
        ({"restrict": 2}, "none of the 1 questions"),
        ({"unit_vectors": 2 * np.eye(4)}, "unit length"),
        ({"unit_vectors": np.eye(3)}, "only 3 vectors"),
        ({"unit_vectors": np.ones(4)}, "must be a matrix"),
        ({"vocabulary": "abcd"}, "vocabulary must be"),
    ],
)
def test_errors_say_what_to_do(change, message):
    arguments = {
        "unit_vectors": np.eye(4),
        "vocabulary": list("abcd"),
        "questions": [("s", "a", "b", "c", "d")],
    }
    with pytest.raises(ValueError, match=message):
        analogy_accuracy(**arguments | change)


def test_no_usable_pair():
    with pytest.raises(ValueError, match="only 0 of 1 pairs"):
        word_similarity(np.eye(2), ["a", "b"], [("a", "z", 1.0)])
