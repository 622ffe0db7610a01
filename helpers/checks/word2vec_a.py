"""Checks of lesson 01, part A: words and documents as numbers before Word2Vec."""

import math
from collections import Counter

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Conclusions, Misconception
from helpers.checks.running import Case

__all__ = ["CHECKS"]


# --- TF-IDF -----------------------------------------------------------------------------------


def _tfidf_oracle(documents, vocabulary):
    """Count, weight and normalise one cell at a time, as scikit-learn's manual defines it."""
    n = len(documents)
    rows = []
    for document in documents:
        row = []
        for word in vocabulary:
            df = sum(1 for other in documents if word in other)
            idf = math.log((1 + n) / (1 + df)) + 1
            row.append(list(document).count(word) * idf)
        length = math.sqrt(sum(weight * weight for weight in row))
        rows.append([weight / length if length > 0 else 0.0 for weight in row])
    return np.array(rows).reshape(n, len(vocabulary))


def _counts(documents, vocabulary):
    counted = [Counter(document) for document in documents]
    return np.array([[c[word] for word in vocabulary] for c in counted], dtype=float)


def _variant(*, log=np.log, smooth=True, plus=1.0, normalise=True, binary=False, tokens=False):
    """Make a TF-IDF with one thing changed."""

    def tfidf(documents, vocabulary):
        counts = _counts(documents, vocabulary)
        df = counts.sum(axis=0) if tokens else (counts > 0).sum(axis=0)
        s = 1 if smooth else 0
        with np.errstate(divide="ignore", invalid="ignore"):
            idf = log((s + len(documents)) / (s + df)) + plus
            weights = (counts > 0 if binary else counts) * idf
        if not normalise:
            return weights
        lengths = np.sqrt((weights**2).sum(axis=1, keepdims=True))
        return weights / np.where(lengths > 0, lengths, 1)

    return tfidf


def _tfidf_textbook(documents, vocabulary):
    """Weigh by log(N / df), guarded against a df of 0, and scale the rows."""
    counts = _counts(documents, vocabulary)
    weights = counts * np.log(len(documents) / np.maximum((counts > 0).sum(axis=0), 1))
    lengths = np.linalg.norm(weights, axis=1, keepdims=True)
    return weights / np.where(lengths > 0, lengths, 1)


def _tfidf_sums(documents, vocabulary):
    weights = _variant(normalise=False)(documents, vocabulary)
    sums = weights.sum(axis=1, keepdims=True)
    return weights / np.where(sums > 0, sums, 1)


def _tfidf_substrings(documents, vocabulary):
    texts = [" ".join(document) for document in documents]
    counts = np.array([[text.count(word) for word in vocabulary] for text in texts])
    weights = counts * (np.log((1 + len(texts)) / (1 + (counts > 0).sum(axis=0))) + 1)
    lengths = np.linalg.norm(weights, axis=1, keepdims=True)
    return weights / np.where(lengths > 0, lengths, 1)


def _tfidf_unguarded(documents, vocabulary):
    counts = _counts(documents, vocabulary)
    weights = counts * (np.log((1 + len(documents)) / (1 + (counts > 0).sum(axis=0))) + 1)
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


_UNSMOOTHED = (
    "Your idf is log(N / df) + 1. scikit-learn adds one imaginary document that holds every word: "
    "log((1 + N) / (1 + df)) + 1. Then df = 0 does no harm either."
)


def _case(name, documents, vocabulary):
    """Make a case of texts: documents are separated by bars, words by spaces."""
    return Case(name, ([text.split() for text in documents.split("|")], vocabulary.split()))


def _random_documents(rng, n_documents, n_words, longest):
    words = [f"w{i}" for i in rng.permutation(n_words)]
    drawn = np.array([*words, "unknown"])
    share = 1 / np.arange(1, n_words + 2)
    lengths = rng.integers(longest + 1, size=n_documents)
    documents = [rng.choice(drawn, size=n, p=share / share.sum()).tolist() for n in lengths]
    return Case(f"{n_documents} random documents", (documents, words))


def _tfidf_cases(rng, hard):
    cases = [
        _case("two documents that share a word", "cat sat|cat ran", "cat ran sat"),
        _case("a word inside another", "cat category|cat", "cat category"),
        _case("a word twice in a document", "the cat the|the dog", "cat dog the"),
        _case("a word that no document has", "cat cat dog|dog", "bird cat dog"),
        _case("an empty document", "cat dog||cat", "cat dog"),
        _case("words outside the vocabulary", "a b b z|b c|z z", "c a b"),
        _case("one document, one word", "cat", "cat"),
        _random_documents(rng, 6, 8, 12),
    ]
    if hard:
        cases += [_random_documents(rng, *sizes) for sizes in ((1, 5, 40), (25, 30, 60))]
        cases += [
            _case("all documents empty", "||", "a b"),
            _case("the same document three times", "x y y|x y y|x y y", "y x"),
            _case("capitals and accents are kept", "Été été|été", "été Été"),
        ]
    return cases


TFIDF = Check(
    id="Q20-tfidf",
    title="TF-IDF from counts",
    level=2,
    minutes=15,
    points=3,
    function="tfidf",
    make_cases=_tfidf_cases,
    oracle=_tfidf_oracle,
    compare=close(rtol=1e-5, atol=1e-7),
    misconceptions=(
        Misconception(
            "log base 10",
            _variant(log=np.log10),
            "Your idf uses a logarithm of base 10. scikit-learn's is the natural one (`np.log`), "
            "and because 1 is added to it the base changes the ratios between words.",
        ),
        Misconception(
            "log base 2",
            _variant(log=np.log2),
            "Your idf uses a logarithm of base 2; scikit-learn's is the natural one (`np.log`).",
        ),
        Misconception(
            "df counts tokens",
            _variant(tokens=True),
            "Your df counts how often the word occurs in all. It is the number of documents that "
            "have the word: a document counts once, however often the word stands in it.",
        ),
        Misconception("no smoothing", _variant(smooth=False), _UNSMOOTHED),
        Misconception(
            "idf of the worked example",
            _variant(smooth=False, plus=0.0),
            "Your idf is log(N / df), the formula of the worked example above. scikit-learn's has "
            "three ones more, log((1 + N) / (1 + df)) + 1, and a df of 0 does no harm there.",
        ),
        Misconception(
            "idf of the worked example, guarded",
            _tfidf_textbook,
            "Your idf is the worked example's log(N / df), so a word of every document weighs 0. "
            "Use scikit-learn's: log((1 + N) / (1 + df)) + 1.",
        ),
        Misconception(
            "idf of the worked example, rows as they are",
            _variant(smooth=False, plus=0.0, normalise=False),
            "This is tf * log(N / df), the worked example above. scikit-learn's idf is "
            "log((1 + N) / (1 + df)) + 1, and each row is divided by its length at the end.",
        ),
        Misconception(
            "columns sorted",
            lambda documents, vocabulary: _variant()(documents, sorted(vocabulary)),
            "The weights are right but stand in other columns: column j belongs to "
            "`vocabulary[j]`, in the order given, not in the alphabet's.",
        ),
        Misconception(
            "rows not normalised",
            _variant(normalise=False),
            "The weights are right, but the rows are not scaled to length 1: divide each row by "
            "its Euclidean norm, so that long documents do not win by being long.",
        ),
        Misconception(
            "+1 left out",
            _variant(plus=0.0),
            "Your idf lacks the + 1 after the logarithm. Without it a word of every document "
            "weighs 0 and vanishes; scikit-learn keeps a little of it.",
        ),
        Misconception(
            "tf is yes or no",
            _variant(binary=True),
            "Your tf only says whether the word is there. It is the number of times the word "
            "stands in this document.",
        ),
        Misconception(
            "rows scaled to sum 1",
            _tfidf_sums,
            "You divide each row by its sum. scikit-learn's rows have Euclidean length 1: divide "
            "by the root of the sum of squares.",
        ),
        Misconception(
            "pieces of words counted",
            _tfidf_substrings,
            "You count in the joined text, where `cat` is also found in `category`. Count in the "
            "list of words: `document.count(word)`.",
        ),
        Misconception(
            "empty document divides by zero",
            _tfidf_unguarded,
            "All is right but a document without any known word: its norm is 0 and 0/0 gives NaN. "
            "Its row should stay zeros, so divide only where the norm is positive.",
        ),
    ),
)


# --- Similarity of documents when words have vectors -------------------------------------------


def _similarity_oracle(weights, table):
    """Sum over all pairs of words, one from each document: x' S y with S = E E'."""
    weights, table = np.asarray(weights, dtype=float), np.asarray(table, dtype=float)
    n, words = weights.shape
    alike = [[float(np.dot(table[i], table[j])) for j in range(words)] for i in range(words)]

    def dot(x, y):
        return sum(x[i] * y[j] * alike[i][j] for i in range(words) for j in range(words))

    norms = [math.sqrt(max(dot(x, x), 0.0)) for x in weights]
    return np.array(
        [
            [
                dot(weights[a], weights[b]) / (norms[a] * norms[b])
                if norms[a] > 0 and norms[b] > 0
                else 0.0
                for b in range(n)
            ]
            for a in range(n)
        ]
    )


def _cosines(documents, norms=None):
    norms = np.linalg.norm(documents, axis=1, keepdims=True) if norms is None else norms
    unit = documents / np.where(norms > 0, norms, 1)
    return unit @ unit.T


def _units_first(weights, table):
    table = np.asarray(table, dtype=float)
    norms = np.linalg.norm(table, axis=1, keepdims=True)
    return _cosines(np.asarray(weights) @ (table / np.where(norms > 0, norms, 1)))


def _norms_of_weights(weights, table):
    norms = np.linalg.norm(weights, axis=1, keepdims=True)
    return _cosines(np.asarray(weights) @ np.asarray(table), norms)


def _dots(weights, table):
    documents = np.asarray(weights) @ np.asarray(table)
    return documents @ documents.T


def _unguarded(weights, table):
    documents = np.asarray(weights) @ np.asarray(table)
    unit = documents / np.linalg.norm(documents, axis=1, keepdims=True)
    return unit @ unit.T


def _signs_lost(change):
    def document_similarity(weights, table):
        return change(_cosines(np.asarray(weights) @ np.asarray(table)))

    return document_similarity


def _at_least_one(weights, table):
    documents = np.asarray(weights) @ np.asarray(table)
    return _cosines(documents, np.maximum(np.linalg.norm(documents, axis=1, keepdims=True), 1))


def _similarity_cases(rng, hard):
    cases = [
        Case(
            "one word each, different words, vectors at 60 degrees",
            (np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[2.0, 0.0], [0.5, 0.75**0.5]])),
        ),
        Case("one-hot table", (np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]]), np.eye(3))),
        Case(
            "an empty document",
            (
                np.array([[1.0, 1.0], [0.0, 0.0], [3.0, 1.0]]),
                np.array([[1.0, 2.0, 0.0], [3.0, 0.0, 1.0]]),
            ),
        ),
        Case("one document", (np.array([[0.5, 2.0]]), np.array([[1.0], [-2.0]]))),
        Case("opposite documents", (np.eye(2), np.array([[1.0, 0.0], [-3.0, 0.0]]))),
        Case("short vectors", (np.eye(2), 1e-3 * np.array([[1.0, 0.0], [1.0, 1.0]]))),
        Case("counts as integers", (rng.integers(0, 4, (3, 5)), rng.normal(size=(5, 2)))),
        Case("random weights", (rng.random((5, 8)), rng.normal(size=(8, 3)))),
    ]
    if hard:
        cases += [
            Case(
                "float32",
                (rng.random((4, 9)).astype(np.float32), rng.normal(size=(9, 6)).astype(np.float32)),
            ),
            Case(
                "the same document twice",
                (np.tile(rng.random((1, 6)), (2, 1)), rng.normal(size=(6, 4))),
            ),
            Case(
                "word vectors that cancel",
                (np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([[1.0, -2.0], [-1.0, 2.0]])),
            ),
            Case(
                "columns first in memory",
                (np.asfortranarray(rng.random((4, 7))), np.asfortranarray(rng.normal(size=(7, 5)))),
            ),
            Case("big vectors", (rng.random((3, 6)), 1e9 * rng.normal(size=(6, 4)))),
            Case("more dimensions than words", (rng.random((4, 3)), rng.normal(size=(3, 10)))),
        ]
    return cases


SIMILARITY = Check(
    id="Q20-similarity",
    title="Document similarity with word vectors",
    level=2,
    minutes=12,
    points=3,
    function="document_similarity",
    make_cases=_similarity_cases,
    oracle=_similarity_oracle,
    compare=close(rtol=1e-4, atol=1e-5),
    misconceptions=(
        Misconception(
            "table left out",
            lambda weights, table: _cosines(np.asarray(weights, dtype=float)),
            "This is the cosine of the weights themselves: the table of word vectors is not used. "
            "A document is the weighted sum of its words' vectors, `weights @ table`.",
        ),
        Misconception(
            "dot products",
            _dots,
            "These are dot products of the document vectors. For cosines scale each document "
            "vector to length 1 first.",
        ),
        Misconception(
            "absolute values",
            _signs_lost(np.abs),
            "You lose the sign: documents that point in opposite directions have the cosine -1, "
            "and that is the least similar, not the most.",
        ),
        Misconception(
            "negative cosines clipped",
            _signs_lost(lambda cosines: np.clip(cosines, 0, 1)),
            "You cut off negative cosines. Word vectors have negative entries, so a cosine runs "
            "from -1 to 1: leave it as it is.",
        ),
        Misconception(
            "norms raised to 1",
            _at_least_one,
            "You divide short vectors by 1 (or by another lower bound). Only a norm of exactly 0 "
            "needs a guard: `np.where(norms > 0, norms, 1)`.",
        ),
        Misconception(
            "norms of the weights",
            _norms_of_weights,
            "You divide by the norms of the weights. A cosine divides by the norms of the vectors "
            "that are compared: those of `weights @ table`.",
        ),
        Misconception(
            "word vectors scaled first",
            _units_first,
            "You scaled every word vector to length 1 before the sum. That is another model: here "
            "the lengths of word vectors count. Scale the documents, after the sum.",
        ),
        Misconception(
            "empty document divides by zero",
            _unguarded,
            "All is right but documents whose vector is zero: 0/0 gives NaN. Such a document is "
            "similar to nothing: its row and column should be 0.",
        ),
    ),
)


CONCLUSIONS = Conclusions(
    id="Q20-conclusions",
    title="What follows about embeddings?",
    level=1,
    minutes=8,
    points=3,
    function="chosen_q20",
    statements={
        "A": (
            True,
            "Between one-hot vectors every distance is √2 and every cosine 0: you printed both. "
            "The code tells words apart and says nothing else about them.",
        ),
        "B": (
            False,
            "TF-IDF scales each word's own axis; it never turns one axis towards another. Two "
            "texts without a common word have cosine 0, however rare or alike their words are.",
        ),
        "C": (
            True,
            "Put the identity in place of the table and `document_similarity` gives the TF-IDF "
            "cosine to the last digit. On the diagonal of E Eᵀ each word meets itself (its squared "
            "length) and is only reweighted, which alone moved the correlation by about .01; only "
            "an entry off the diagonal can count two different words as alike.",
        ),
        "D": (
            False,
            "Only the axes get fewer (50,000 to 300). In memory a one-hot vector is one integer, "
            "4 bytes as you measured, and 300 float32 numbers are 1,200. The gain is in what "
            "reads the vector: 300 weights a unit instead of 50,000.",
        ),
        "E": (
            True,
            "On the 1,225 pairs of news articles the rank correlation with human judgement was "
            "higher with word vectors than with TF-IDF weights alone: same words, same weights, "
            "only E Eᵀ differs.",
        ),
        "F": (
            False,
            "You saw the contrary: for finding a verse in another translation plain TF-IDF was "
            "ahead. When the shared rare word is the evidence, blurring words into each other "
            "costs more than it brings.",
        ),
        "G": (
            True,
            "In tf · log(N/df) another base is one common factor. With scikit-learn's + 1 it is "
            "not: the ratio of the two weights moved when you changed the base.",
        ),
    },
)

CHECKS = (TFIDF, SIMILARITY, CONCLUSIONS)
