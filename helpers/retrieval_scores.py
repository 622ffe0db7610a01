"""Tables of the three scores, and sentences as sums of word vectors."""

from collections.abc import Sequence

import numpy as np

from helpers import data

__all__ = ["score_tables", "summed_words"]


def score_tables(queries, documents) -> dict[str, np.ndarray]:
    """Score every document for every query by dot product, cosine and Euclidean distance.

    Parameters
    ----------
    queries : array_like (q, d)
    documents : array_like (n, d)

    Returns
    -------
    dict of str to ndarray (q, n), float64
        ``"dot"``, ``"cosine"`` (0 for a zero vector) and ``"euclid"``, the negative squared
        distance: large is good in all three.

    Raises
    ------
    ValueError
        If the widths differ.
    """
    queries, documents = (np.asarray(rows, dtype=float) for rows in (queries, documents))
    if queries.ndim != 2 or documents.ndim != 2 or queries.shape[1] != documents.shape[1]:
        raise ValueError(
            f"queries and documents need the same width, not {queries.shape}, {documents.shape}."
        )
    squares = [(rows**2).sum(axis=1) for rows in (queries, documents)]
    sizes = np.sqrt(np.outer(*squares))
    dot = queries @ documents.T
    return {
        "dot": dot,
        "cosine": np.divide(dot, sizes, out=np.zeros_like(dot), where=sizes > 0),
        "euclid": 2 * dot - squares[1] - squares[0][:, None],
    }


def summed_words(texts: Sequence[str], n_words: int = 50_000) -> np.ndarray:
    """Return for each text the sum of the GloVe vectors of its words.

    Parameters
    ----------
    texts : sequence of str
    n_words : int
        Only so many of the most frequent words are known.

    Returns
    -------
    ndarray (len(texts), 50), float64
        Zeros for a text without a known word.
    """
    words, vectors = data.pretrained_glove()
    row = {word: number for number, word in enumerate(words[:n_words])}
    sums = np.zeros((len(texts), vectors.shape[1]))
    for number, text in enumerate(texts):
        known = [row[word] for word in data.tokenize(text) if word in row]
        sums[number] = np.asarray(vectors[known], dtype=float).sum(axis=0)
    return sums
