"""Hard negatives: wrong documents that a model ranks high.

References
----------
Schroff, Kalenichenko & Philbin (2015), "FaceNet: A Unified Embedding for Face Recognition and
Clustering" (semi-hard negatives). de Souza P. Moreira et al. (2024), "NV-Retriever: Improving text
embedding models with effective hard-negative mining" (a limit relative to the positive's score).
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["MINING", "choose_negatives", "mine_negatives", "with_negatives"]

MINING = ("random", "hardest", "guarded")


def mine_negatives(queries, documents, *, below: float | None = None) -> np.ndarray:
    """Find for each query the wrong document that the model ranks highest.

    Parameters
    ----------
    queries, documents : ndarray (n, d)
        Vectors of length 1; row i of one belongs to row i of the other.
    below : float, optional
        Only documents whose cosine is less than `below` times that of the right one count, a
        guard against texts that are right as well.

    Returns
    -------
    ndarray (n,), int64
        Row of the chosen document.

    Raises
    ------
    ValueError
        If there is only one document, so that none is wrong.
    """
    if len(documents) < 2:
        raise ValueError("mining needs at least two documents: the other one is the wrong one.")
    chosen = np.zeros(len(queries), dtype=np.int64)
    for start in range(0, len(queries), 512):
        rows = np.arange(start, min(start + 512, len(queries)))
        scores = queries[rows] @ documents.T
        place = np.arange(len(rows)), rows
        limit = np.inf if below is None else below * scores[place][:, None]
        chosen_scores = np.where(scores < limit, scores, -np.inf)
        chosen_scores[place] = -np.inf
        chosen[rows] = chosen_scores.argmax(axis=1)
    return chosen


def choose_negatives(how: str, queries, documents, *, seed: int = 1) -> np.ndarray:
    """Choose a negative for each query in one of three ways.

    Parameters
    ----------
    how : {"random", "hardest", "guarded"}
        By chance; the highest-ranked wrong document; the highest-ranked one whose cosine is less
        than .9 of the right document's.
    queries, documents : ndarray (n, d)
        Vectors of length 1; row i of one belongs to row i of the other.
    seed : int
        For the choice by chance.

    Returns
    -------
    ndarray (n,), int64
        Row of the chosen document.

    Raises
    ------
    ValueError
        If there is no such way.
    """
    if how not in MINING:
        raise ValueError(f"how must be one of {', '.join(MINING)}, not {how!r}.")
    if how == "random":
        # One step along a random circle through all rows: never the own one.
        circle = np.random.default_rng(seed).permutation(len(documents))
        chosen = np.empty(len(documents), dtype=np.int64)
        chosen[circle] = np.roll(circle, -1)
        return chosen
    return mine_negatives(queries, documents, below=0.9 if how == "guarded" else None)


def with_negatives(
    rows: Sequence[tuple[str, str]], chosen: Sequence[int]
) -> list[tuple[str, str, str]]:
    """Add to each pair of texts the document of another pair, as its hard negative.

    Parameters
    ----------
    rows : sequence of (str, str)
        Query and document.
    chosen : sequence of int
        For each row the one whose document is its negative, from :func:`choose_negatives`.

    Returns
    -------
    list of (str, str, str)

    Raises
    ------
    ValueError
        If there is not one choice for each row.
    """
    if len(rows) != len(chosen):
        raise ValueError(f"choose one negative for each of {len(rows)} rows, not {len(chosen)}.")
    return [(*row, rows[j][1]) for row, j in zip(rows, chosen, strict=True)]
