"""A search task with known answers: find a verse by another translation of it."""

from typing import NamedTuple

import numpy as np

from helpers import data
from helpers.encoded import encoded

__all__ = ["VerseSearch", "verse_search"]


class VerseSearch(NamedTuple):
    """Verses of one translation to be found by verses of another.

    Attributes
    ----------
    documents : list of str
        n verses of the World English Bible, no text twice.
    queries : list of str
        m verses of the King James Version.
    answers : ndarray (m,), int64
        The row of `documents` that is the same verse as each query.
    document_vectors : ndarray (n, 384), float32
        From MiniLM, of length 1.
    query_vectors : ndarray (m, 384), float32
    """

    documents: list[str]
    queries: list[str]
    answers: np.ndarray
    document_vectors: np.ndarray
    query_vectors: np.ndarray


def verse_search(n_documents: int = 10_000, n_queries: int = 500, seed: int = 0) -> VerseSearch:
    """Draw verses and encode them; the first call takes about a minute, later ones a second.

    Parameters
    ----------
    n_documents, n_queries : int
        n and m; queries are drawn among the documents.
    seed : int
        Of both draws.

    Returns
    -------
    VerseSearch

    Raises
    ------
    ValueError
        If there are not so many verses, or more queries than documents.
    """
    by_text = {verse["web"]: verse["kjv"] for verse in data.aligned_verses().values()}
    if not 1 <= n_queries <= n_documents <= len(by_text):
        raise ValueError(
            f"there are {len(by_text):,} verses: n_documents may be so many at most, and "
            f"n_queries no more than n_documents, not {n_documents} and {n_queries}."
        )
    generator = np.random.default_rng(seed)
    texts = list(by_text)
    documents = [texts[i] for i in np.sort(generator.permutation(len(texts))[:n_documents])]
    answers = np.sort(generator.permutation(n_documents)[:n_queries])
    queries = [by_text[documents[row]] for row in answers]
    return VerseSearch(
        documents,
        queries,
        answers,
        encoded("verses", documents),
        encoded("verse-queries", queries),
    )
