"""Counting how often words stand near each other.

``cooccurrences`` is the fast count, ``naive_cooccurrences`` the same as plain loops over a
dictionary: its specification.
"""

import math
from collections import defaultdict
from fractions import Fraction
from typing import Literal

import numba
import numpy as np
from scipy.sparse import csr_array

from helpers._simd import prefetch
from helpers.vocabulary import EncodedCorpus

__all__ = ["cooccurrences", "naive_cooccurrences"]

AHEAD = 8  # occurrences between asking for a window and using it
Weighting = Literal["linear", "uniform", "harmonic"]


def cooccurrences(
    corpus: EncodedCorpus, n_words: int, window: int = 5, weighting: Weighting = "linear"
) -> csr_array:
    """Count how often words stand near each other.

    Parameters
    ----------
    corpus : EncodedCorpus
        Sentences of word ids. Windows do not reach into the next sentence.
    n_words : int
        Only words with ids below this are counted; the others keep their place in the window.
    window : int
        Largest distance between a word and its context.
    weighting : {"linear", "uniform", "harmonic"}
        A context at distance m counts ``(window - m + 1) / window``, which is how often
        word2vec's randomly shrunk windows reach it; or 1; or 1 / m, as in GloVe (Pennington,
        Socher and Manning 2014, section 4.2).

    Returns
    -------
    csr_array (n_words, n_words), float32
        Symmetric to the last bit; the columns of each row are sorted.

    Raises
    ------
    ValueError
        If the corpus is empty, or `n_words`, `window` or `weighting` is out of range.
    """
    _check(n_words, window, weighting)
    if not corpus.n_tokens:
        raise ValueError("the corpus has no tokens: give more text or a lower min_count.")
    weights, scale = _whole_weights(window, weighting)
    spaced = np.empty(corpus.n_tokens + window * (len(corpus) + 1), dtype=np.uint32)
    counts = np.zeros(n_words + 1, dtype=np.int64)
    _space(corpus.tokens, corpus.offsets, n_words, window, spaced, counts)
    columns, values, rows = _count(spaced, counts[:n_words], weights, scale)
    return csr_array((values, columns, rows), shape=(n_words, n_words))


def naive_cooccurrences(
    sentences, n_words: int, window: int = 5, weighting: Weighting = "linear"
) -> dict[tuple[int, int], float]:
    """Count with a dictionary, exactly: the specification of :func:`cooccurrences`.

    Parameters
    ----------
    sentences : iterable of sequences of int
        Word ids; an EncodedCorpus is one.
    n_words, window, weighting
        As in :func:`cooccurrences`.

    Returns
    -------
    dict of (int, int) to float
        The sum of the weights for each ordered pair of words that meet.
    """
    _check(n_words, window, weighting)
    distances = range(1, window + 1)
    weight = {
        "linear": [Fraction(window - m + 1, window) for m in distances],
        "uniform": [1] * window,
        "harmonic": [Fraction(1, m) for m in distances],
    }[weighting]
    counts = defaultdict(Fraction)
    for sentence in sentences:
        for i, word in enumerate(sentence):
            for m in distances:
                if i + m < len(sentence) and word < n_words and sentence[i + m] < n_words:
                    counts[int(word), int(sentence[i + m])] += weight[m - 1]
                    counts[int(sentence[i + m]), int(word)] += weight[m - 1]
    return {pair: float(count) for pair, count in counts.items()}


def _check(n_words, window, weighting) -> None:
    if weighting not in ("linear", "uniform", "harmonic"):
        raise ValueError(f'weighting must be "linear", "uniform" or "harmonic", not {weighting!r}.')
    if window < 1 or n_words < 1:
        raise ValueError(f"window and n_words must be at least 1, not {window} and {n_words}.")


def _whole_weights(window: int, weighting: str) -> tuple[np.ndarray, np.floating]:
    """Weights by place in a window, 0 in the middle, and what the sums are divided by.

    The weights are whole numbers. These add up exactly, in any order; so (i, j) and (j, i) come
    out equal. float32 does for "linear" and "uniform". 1 / m needs the least common multiple of
    1 to window, and 64 bits; beyond a window of 26 it is rounded to a multiple of 2**-36.
    """
    distances = np.arange(1, window + 1)
    if weighting == "harmonic":
        lcm = min(math.lcm(*range(1, window + 1)), 2**36)
        weights, scale = np.round(lcm / distances).astype(np.int64), np.float64(lcm)
    elif weighting == "linear":
        weights, scale = (window + 1 - distances).astype(np.float32), np.float32(window)
    else:
        weights, scale = np.ones(window, dtype=np.float32), np.float32(1)
    return np.concatenate([weights[::-1], weights[:1] * 0, weights]), scale


@numba.njit(cache=True, nogil=True)
def _space(tokens, offsets, n_words, window, spaced, counts):
    """Copy the tokens to `spaced` with a gap around each sentence, and count the words.

    Gaps of `window` places spare the innermost loop every question about borders. They are
    filled with words of their own, n_words and up: all different, as adding to one number again
    and again would make each addition wait for the one before.
    """
    place = 0
    for sentence in range(len(offsets)):
        for m in range(window):
            spaced[place + m] = n_words + m
        place += window
        if sentence < len(offsets) - 1:
            for t in range(offsets[sentence], offsets[sentence + 1]):
                word = min(tokens[t], n_words)
                spaced[place] = word
                counts[word] += 1
                place += 1


@numba.njit(cache=True, nogil=True)
def _count(tokens, counts, weights, scale):
    """Fill one row at a time: all places of a word, added into a dense row that stays in cache."""
    n_words, width = len(counts), len(weights)
    window = width // 2
    ends = np.cumsum(counts)
    following = ends - counts
    places = np.empty(ends[-1], dtype=np.int64)  # where the window of each occurrence starts
    for i in range(len(tokens)):
        if tokens[i] < n_words:
            places[following[tokens[i]]] = i - window
            following[tokens[i]] += 1
    # The outputs are allocated for the largest possible number of cells; memory that is never
    # written to is never really taken.
    capacity = np.minimum(counts * 2 * window, n_words).sum()
    columns = np.empty(capacity, dtype=np.int32)
    values = np.empty(capacity, dtype=np.float32)
    rows = np.zeros(n_words + 1, dtype=np.int64)
    row = np.zeros(n_words + window, dtype=weights.dtype)
    touched = np.empty(n_words, dtype=np.int32)
    filled = 0
    for word in range(n_words):
        first, last = ends[word] - counts[word], ends[word]
        for p in range(first, last):
            # A rare word's places are far apart: ask for them early.
            soon = places[min(p + AHEAD, len(places) - 1)]
            prefetch(tokens, soon)
            prefetch(tokens, soon + width - 1)
            near = tokens[places[p] : places[p] + width]
            for m in range(width):
                row[near[m]] += weights[m]
        row[n_words:] = 0
        n_found = 0
        if counts[word] * 16 * window > n_words:
            for context in range(n_words):
                touched[n_found] = context
                n_found += row[context] > 0
        else:
            for p in range(first, last):
                near = tokens[places[p] : places[p] + width]
                for context in near:
                    if row[context] > 0:
                        touched[n_found] = context
                        row[context] *= -1  # Marked as found.
                        n_found += 1
            touched[:n_found].sort()
        for context in touched[:n_found]:
            columns[filled] = context
            values[filled] = abs(row[context]) / scale
            row[context] = 0
            filled += 1
        rows[word + 1] = filled
    return columns[:filled].copy(), values[:filled].copy(), rows
