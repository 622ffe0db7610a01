"""Test sets for word and document vectors, from the files that gensim ships."""

import functools
from typing import NamedTuple

import numpy as np

from helpers.data.archive import read_text

__all__ = [
    "Analogy",
    "LeeDocuments",
    "RatedPair",
    "analogies",
    "lee_documents",
    "simlex999",
    "wordsim353",
]

_FOLDER = "test/test_data"


class RatedPair(NamedTuple):
    """Two words and the mean of what people said about them, from 0 to 10."""

    word1: str
    word2: str
    rating: float


class Analogy(NamedTuple):
    """`a` is to `b` as `c` is to `d`; `section` says which kind of relation it is."""

    section: str
    a: str
    b: str
    c: str
    d: str


class LeeDocuments(NamedTuple):
    """Short news texts with human similarities.

    Attributes
    ----------
    texts : list of str
        50 documents.
    similarities : ndarray (50, 50), float64
        Mean human rating of each pair, from 0 to 1; symmetric, ones on the diagonal.
    background : list of str
        300 further documents of the same kind, without ratings.
    """

    texts: list[str]
    similarities: np.ndarray
    background: list[str]


def _lines(file: str, encoding: str = "utf-8") -> list[str]:
    return read_text("gensim", f"{_FOLDER}/{file}", encoding).rstrip("\n").split("\n")


def _rated_pairs(file: str) -> tuple[RatedPair, ...]:
    pairs = []
    for line in _lines(file):
        if line and not line.startswith("#"):
            word1, word2, rating = line.split("\t")
            pairs.append(RatedPair(word1.lower(), word2.lower(), float(rating)))
    return tuple(pairs)


@functools.cache
def wordsim353() -> tuple[RatedPair, ...]:
    """Read WordSim-353: relatedness ("coffee" and "cup" rate high).

    Returns
    -------
    tuple of RatedPair
        353 pairs, lower case.

    Raises
    ------
    DataError
        If gensim is missing or its file is another one.

    References
    ----------
    Finkelstein et al. (2002), "Placing Search in Context: The Concept Revisited".
    """
    return _rated_pairs("wordsim353.tsv")


@functools.cache
def simlex999() -> tuple[RatedPair, ...]:
    """Read SimLex-999: similarity, not relatedness ("coffee" and "cup" rate low).

    Returns
    -------
    tuple of RatedPair
        999 pairs, lower case.

    Raises
    ------
    DataError
        If gensim is missing or its file is another one.

    References
    ----------
    Hill, Reichart & Korhonen (2015), "SimLex-999: Evaluating Semantic Models With (Genuine)
    Similarity Estimation".
    """
    return _rated_pairs("simlex999.txt")


@functools.cache
def analogies() -> tuple[Analogy, ...]:
    """Read the Google analogy questions.

    Returns
    -------
    tuple of Analogy
        19,544 questions in 14 sections, lower case.

    Raises
    ------
    DataError
        If gensim is missing or its file is another one.

    References
    ----------
    Mikolov et al. (2013), "Efficient Estimation of Word Representations in Vector Space".
    """
    questions, section = [], ""
    for line in _lines("questions-words.txt"):
        if line.startswith(":"):
            section = line[1:].strip()
        elif line:
            questions.append(Analogy(section, *line.lower().split()))
    return tuple(questions)


def lee_documents() -> LeeDocuments:
    """Read the documents of Lee, Pincombe & Welsh, a small real test of text similarity.

    Returns
    -------
    LeeDocuments

    Raises
    ------
    DataError
        If gensim is missing or its file is another one.

    References
    ----------
    Lee, Pincombe & Welsh (2005), "An Empirical Evaluation of Models of Text Document Similarity".
    """
    # The file holds each pair once, above the diagonal.
    upper = np.array([line.split() for line in _lines("similarities0-1.txt")], dtype=float)
    similarities = upper + np.triu(upper, 1).T
    # The rated documents hold a pound sign in Latin-1.
    texts = _lines("lee.cor", "latin-1")
    return LeeDocuments(texts, similarities, _lines("lee_background.cor"))
