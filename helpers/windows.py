"""Context windows: which words are paired with which, and how often.

The pairs are those of skip-gram (Mikolov et al. 2013, "Efficient Estimation of Word
Representations in Vector Space"): each word of a sentence is the centre once, and its contexts
are the words at most `window` places to its left or right in the same sentence. The training
kernels walk the same windows without ever listing the pairs.
"""

import numpy as np

from helpers.vocabulary import EncodedCorpus

__all__ = ["context_counts", "count_pairs", "expected_pairs", "skipgram_pairs", "thin_out"]


def skipgram_pairs(tokens, window: int) -> list[tuple]:
    """List the pairs of one sentence.

    Parameters
    ----------
    tokens : sequence (n,)
        Words or ids.
    window : int
        Reach to each side, at least 1.

    Returns
    -------
    list of (centre, context)
        Centre by centre, contexts from left to right.
    """
    _check_window(window)
    n = len(tokens)
    return [
        (tokens[i], tokens[j])
        for i in range(n)
        for j in range(max(0, i - window), min(n, i + window + 1))
        if j != i
    ]


def count_pairs(lengths, window: int) -> int:
    """Count the pairs of sentences without listing them.

    Parameters
    ----------
    lengths : int or array_like (n_sentences,)
        Words of each sentence.
    window : int
        Reach to each side.

    Returns
    -------
    int
        Two words at distance o make two pairs, and a sentence of n words has n - o such places:
        the sum over sentences and o = 1 ... window of ``2 * max(0, n - o)``.
    """
    _check_window(window)
    lengths = np.atleast_1d(np.asarray(lengths, dtype=np.int64))
    return int(sum(2 * np.maximum(0, lengths - o).sum() for o in range(1, window + 1)))


def expected_pairs(lengths, window: int) -> float:
    """Count the pairs that word2vec's shrunk windows make on average.

    The program draws the reach anew for each centre, uniformly from 1 ... `window`, so a context
    at distance o is used with probability ``(window - o + 1) / window``.
    """
    _check_window(window)
    return sum(count_pairs(lengths, reach) for reach in range(1, window + 1)) / window


def thin_out(encoded: EncodedCorpus, keep, seed: int = 1) -> EncodedCorpus:
    """Drop each occurrence of a word with its own probability, as one epoch does.

    Parameters
    ----------
    encoded : EncodedCorpus
        The sentences.
    keep : array_like (V,)
        Probability of keeping an occurrence (``helpers.vocabulary.keep_probability``).
    seed : int
        Seed of the draws.

    Returns
    -------
    EncodedCorpus
        The same number of sentences, shorter ones. Windows that are laid over them reach
        further in the original text.
    """
    draws = np.random.default_rng(seed).random(encoded.n_tokens)
    kept = draws < np.asarray(keep)[encoded.tokens]
    before = np.zeros(encoded.n_tokens + 1, dtype=np.int64)
    np.cumsum(kept, out=before[1:])
    return EncodedCorpus(encoded.tokens[kept], before[encoded.offsets])


def context_counts(encoded: EncodedCorpus, n_words: int, window: int) -> np.ndarray:
    """Count how often each word stands in the window of each other.

    Parameters
    ----------
    encoded : EncodedCorpus
        Sentences of ids below `n_words`.
    n_words : int
        Size of the vocabulary; small, since the result is dense.
    window : int
        Reach to each side, at least 1.

    Returns
    -------
    ndarray (n_words, n_words), int64
        Pairs (centre, context); symmetric.
    """
    _check_window(window)
    tokens = encoded.tokens.astype(np.int64)
    if tokens.size and tokens.max() >= n_words:
        raise ValueError(f"the corpus has ids up to {tokens.max()}; n_words must be larger.")
    sentence = np.repeat(np.arange(len(encoded)), np.diff(encoded.offsets))
    counts = np.zeros(n_words * n_words, dtype=np.int64)
    for distance in range(1, window + 1):
        together = sentence[distance:] == sentence[:-distance]
        cells = tokens[:-distance][together] * n_words + tokens[distance:][together]
        counts += np.bincount(cells, minlength=n_words * n_words)
    counts = counts.reshape(n_words, n_words)
    return counts + counts.T


def _check_window(window: int) -> None:
    if window < 1:
        raise ValueError(f"window must be at least 1, not {window}.")
