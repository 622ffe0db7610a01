"""How the non-zero cells of a co-occurrence matrix grow with the text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.cooccurrence import cooccurrences
from helpers.vocabulary import EncodedCorpus
from helpers.windows import count_pairs

__all__ = ["Growth", "grow", "some_sentences"]


@dataclass(frozen=True)
class Growth:
    """Sizes measured on growing parts of a corpus.

    Attributes
    ----------
    tokens : ndarray (n,), int64
        Tokens of each part.
    pairs : ndarray (n,), int64
        Pairs (centre, context) that skip-gram with a fixed window meets in it.
    cells : ndarray (n,), int64
        Different pairs among them: the non-zero cells of the matrix.
    """

    tokens: np.ndarray
    pairs: np.ndarray
    cells: np.ndarray

    @property
    def exponent(self) -> float:
        """The b of ``cells ~ a tokens^b``, by least squares on logarithms."""
        return float(np.polyfit(np.log(self.tokens), np.log(self.cells), 1)[0])

    @property
    def local_exponents(self) -> np.ndarray:
        """The slope from each part to the next on logarithms (n - 1,)."""
        return np.diff(np.log(self.cells)) / np.diff(np.log(self.tokens))


def some_sentences(corpus: EncodedCorpus, share: float, seed: int = 1) -> EncodedCorpus:
    """Take a random part of the sentences; word ids stay the same.

    Parameters
    ----------
    corpus : EncodedCorpus
        The sentences.
    share : float
        Share of the sentences to take, above 0 and at most 1, rounded up to a whole one.
    seed : int
        Order in which sentences are taken: with one seed a small part lies in a larger one.

    Returns
    -------
    EncodedCorpus
        The part, its sentences in their old order.

    Raises
    ------
    ValueError
        If `share` is out of range.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, not {share}.")
    lengths = np.diff(corpus.offsets)
    order = np.random.default_rng(seed).permutation(len(lengths))
    taken = np.zeros(len(lengths), dtype=bool)
    taken[order[: int(np.ceil(share * len(lengths)))]] = True
    offsets = np.append(0, np.cumsum(lengths[taken]))
    return EncodedCorpus(corpus.tokens[np.repeat(taken, lengths)], offsets)


def grow(
    corpus: EncodedCorpus, n_words: int, window: int, shares: Sequence[float], seed: int = 1
) -> Growth:
    """Count the cells of random parts of a corpus.

    Parameters
    ----------
    corpus : EncodedCorpus
        The sentences. They are taken in random order: in the order of the book a longer part would
        also be another kind of text.
    n_words : int
        Size of the vocabulary, the same for all parts.
    window : int
        Reach to each side.
    shares : sequence of float
        Share of the sentences in each part.
    seed : int
        Seed of the order.

    Returns
    -------
    Growth
    """
    rows = []
    for share in shares:
        part = some_sentences(corpus, share, seed)
        cells = cooccurrences(part, n_words, window=window, weighting="uniform").nnz
        rows.append((part.n_tokens, count_pairs(np.diff(part.offsets), window), cells))
    return Growth(*np.array(rows, dtype=np.int64).reshape(-1, 3).T)
