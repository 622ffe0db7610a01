"""Four tests of a sentence encoder: definitions, verses, triplets and scored pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.stats import spearmanr

from helpers import data
from helpers.siamese_data import definition_pairs, triplet_rows, verse_pairs

__all__ = ["Scores", "evaluate_encoder", "retrieval_scores"]


def retrieval_scores(queries, documents) -> tuple[float, float]:
    """Measure how well queries find their own document among all of them.

    Parameters
    ----------
    queries, documents : array_like or sparse array (n, d)
        Row i of one belongs to row i of the other; scores are dot products.

    Returns
    -------
    recall : float
        Share of the queries whose own document is first (recall@1). A document that only ties
        for the first place counts as behind half of those it ties with.
    mrr : float
        Mean of 1 / rank.

    Raises
    ------
    ValueError
        If the two do not have the same shape (n, d).
    """
    if not sparse.issparse(queries):
        queries, documents = np.asarray(queries), np.asarray(documents)
    if queries.ndim != 2 or queries.shape != documents.shape:
        raise ValueError(
            f"queries and documents must be (n, d) alike: {queries.shape}, {documents.shape}."
        )
    scores = queries @ documents.T
    if sparse.issparse(scores):
        scores = scores.toarray()
    own = np.diag(scores)[:, None]
    rank = 1 + (scores > own).sum(1) + ((scores == own).sum(1) - 1) / 2
    return float((rank <= 1).mean()), float((1 / rank).mean())


@dataclass(frozen=True)
class Scores:
    """What an encoder is worth, on four tests.

    Attributes
    ----------
    words, words_mrr : float
        Definition finds its word among the test's words: recall@1 and mean reciprocal rank.
    verses, verses_mrr : float
        Verse finds its other translation.
    triplets : float
        Share of the 100 test triplets with the positive closer than the lookalike.
    spearman : float
        Rank correlation with the scores of the 60 test pairs.
    """

    words: float
    words_mrr: float
    verses: float
    verses_mrr: float
    triplets: float
    spearman: float


def evaluate_encoder(encode) -> Scores:
    """Run the four tests.

    Parameters
    ----------
    encode : callable
        ``encode(list of str) -> ndarray or sparse array (n, d)`` with rows of length 1, such as
        ``encoder.encode``.

    Returns
    -------
    Scores
    """
    found = []
    for pairs in (definition_pairs().test, verse_pairs().test):
        found += retrieval_scores(*(_encode_column(encode, pairs, column) for column in (0, 1)))
    anchor, positive, negative = (
        _encode_column(encode, triplet_rows("test"), column) for column in range(3)
    )
    closer = _row_products(anchor, positive) > _row_products(anchor, negative)
    rated = data.sentence_pairs("test")
    left, right = (
        encode([getattr(pair, name) for pair in rated]) for name in ("sentence1", "sentence2")
    )
    spearman = spearmanr(_row_products(left, right), [pair.score for pair in rated]).statistic
    return Scores(*found, float(closer.mean()), float(spearman))


def _encode_column(encode, rows: Sequence[tuple], column: int):
    return encode([row[column] for row in rows])


def _row_products(left, right) -> np.ndarray:
    if sparse.issparse(left):
        return np.asarray(left.multiply(right).sum(axis=1)).ravel()
    return (np.asarray(left) * np.asarray(right)).sum(1)
