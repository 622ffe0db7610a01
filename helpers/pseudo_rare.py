"""Interventions on rare words: noise that never draws them, and GloVe with pairs never seen.

Both change one thing about a training and leave the text as it is. Together with the twins of
:mod:`helpers.subcorpora` (rare words whose right place is known) they tell which part of a method
places rare words. Weighted pairs that were never seen are the idea of Shazeer et al. (2016),
"Swivel: Improving Embeddings by Noticing What's Missing", here in its simplest form.
"""

import numpy as np
from scipy.sparse import csr_array

from helpers.alias import build_alias, sample_alias
from helpers.glove import weighting
from helpers.vocabulary import Vocabulary, noise_distribution

__all__ = ["never_drawn", "unseen_share", "with_unseen"]


def never_drawn(vocabulary: Vocabulary, ids) -> Vocabulary:
    """Return a vocabulary with which word2vec's noise leaves some words out.

    Parameters
    ----------
    vocabulary : Vocabulary
        Words and counts.
    ids : array_like of int
        Words that are not to be drawn as negatives; not all of them.

    Returns
    -------
    Vocabulary
        The same words, with the count 0 for `ids`. The trainers use counts for the noise and for
        subsampling only, and a word with the count 0 is never drawn and never thinned out.

    Raises
    ------
    ValueError
        If an id is outside the vocabulary, or no word would be left to draw.
    """
    ids = np.asarray(ids, dtype=np.int64).ravel()
    if len(ids) and not (0 <= ids.min() and ids.max() < len(vocabulary)):
        raise ValueError(f"ids must be between 0 and {len(vocabulary) - 1}.")
    counts = vocabulary.counts.copy()
    counts[ids] = 0
    if not counts.any():
        raise ValueError("no word is left that could be drawn: name fewer ids.")
    return Vocabulary(vocabulary.words, counts)


def unseen_share(counts, noise) -> np.ndarray:
    """Share of the noise that falls on contexts never seen with a word.

    Parameters
    ----------
    counts : csr_array (n_words, n_contexts)
        Co-occurrences without explicit zeros.
    noise : array_like (n_contexts,)
        Distribution of the negatives, with the sum 1.

    Returns
    -------
    ndarray (n_words,), float64
        For each word 1 minus the noise of the contexts in its row.
    """
    counts = csr_array(counts)
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    seen = np.bincount(rows, weights=np.asarray(noise)[counts.indices], minlength=counts.shape[0])
    return 1 - seen


def with_unseen(
    counts, word_counts, per_cell: int = 2, value: float = 0.03, weight: float = 0.08, seed: int = 1
) -> tuple[csr_array, np.ndarray]:
    """Add pairs that were never seen to the cells that GloVe is trained on.

    Parameters
    ----------
    counts : csr_array (V, V)
        Co-occurrences, with sorted columns and at least one cell.
    word_counts : array_like (V,)
        Occurrences of each word; contexts are drawn from them as word2vec draws noise.
    per_cell : int
        For each stored cell so many contexts are drawn for its row. A drawn pair that was seen,
        or was drawn before, is dropped.
    value : float
        The small count that a pair never seen gets instead of 0, so that it has a logarithm.
    weight : float
        Its weight in the loss.
    seed : int
        Seed of the draws.

    Returns
    -------
    counts : csr_array (V, V), float32
        The old cells and the new ones; columns sorted.
    weights : ndarray (nnz,), float32
        GloVe's f(X) with its default x_max and alpha for the old cells, `weight` for the new ones.

    Raises
    ------
    ValueError
        If a setting makes no sense or the counts do not fit the words.
    """
    counts = csr_array(counts)
    n_words = counts.shape[0]
    if counts.shape != (n_words, len(word_counts)):
        raise ValueError(
            f"counts has the shape {counts.shape}, where {len(word_counts)} words need a square."
        )
    if not counts.nnz or not counts.has_canonical_format:
        raise ValueError("counts must have cells, sorted and without duplicates: sum_duplicates().")
    if per_cell < 1 or not value > 0 or not weight > 0:
        raise ValueError("per_cell must be at least 1, value and weight must be positive.")
    rows = np.repeat(np.arange(n_words), np.diff(counts.indptr))
    seen = rows * n_words + counts.indices  # one number a cell, in rising order
    table = build_alias(noise_distribution(word_counts))
    drawn = np.repeat(rows, per_cell) * n_words
    drawn += sample_alias(*table, len(drawn), rng=seed)
    drawn.sort()  # and no np.unique: on millions of numbers it is sixty times slower
    drawn = drawn[np.append(True, drawn[1:] != drawn[:-1])]
    places = np.searchsorted(seen, drawn)
    new = seen[np.minimum(places, len(seen) - 1)] != drawn
    places, drawn = places[new], drawn[new]
    cells = np.insert(seen, places, drawn)
    values = np.insert(counts.data.astype(np.float32), places, value)
    weights = np.insert(weighting(counts.data).astype(np.float32), places, weight)
    # The same index type as before: compiled kernels are made for one type.
    columns = (cells % n_words).astype(counts.indices.dtype)
    starts = np.searchsorted(cells, np.arange(n_words + 1) * n_words).astype(counts.indptr.dtype)
    return csr_array((values, columns, starts), shape=counts.shape), weights
