"""Vocabulary, encoded corpus, and word2vec's two frequency corrections.

Subsampling of frequent words and the noise distribution are those of Mikolov et al. (2013),
"Distributed Representations of Words and Phrases and their Compositionality"; the subsampling
formula is the one of their program, word2vec.c, which differs from the paper's.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

__all__ = ["EncodedCorpus", "Vocabulary", "keep_probability", "noise_distribution"]


@dataclass(frozen=True)
class EncodedCorpus:
    """Sentences as word ids, one after another.

    Attributes
    ----------
    tokens : ndarray (n_tokens,), int32
        Word ids.
    offsets : ndarray (n_sentences + 1,), int64
        Sentence s is ``tokens[offsets[s] : offsets[s + 1]]``.
    """

    tokens: np.ndarray
    offsets: np.ndarray

    @property
    def n_tokens(self) -> int:
        """Number of tokens."""
        return len(self.tokens)

    def __len__(self) -> int:
        """Count the sentences."""
        return len(self.offsets) - 1

    def __getitem__(self, sentence: int) -> np.ndarray:
        """Word ids of one sentence."""
        if not -len(self) <= sentence < len(self):
            raise IndexError(f"sentence {sentence} of {len(self)}")
        sentence %= len(self)
        return self.tokens[self.offsets[sentence] : self.offsets[sentence + 1]]


def _check_sentences(sentences) -> None:
    if isinstance(sentences, str):
        raise ValueError("sentences must be lists of words, not one string; split it first.")


def _words_of(sentence) -> Sequence[str]:
    if isinstance(sentence, str):
        raise ValueError(
            f"a sentence must be a list of words, not the string {sentence[:30]!r}; split it first."
        )
    return sentence


@dataclass(frozen=True)
class Vocabulary:
    """Words with their counts, most frequent first.

    Attributes
    ----------
    words : list of str
        Word of each id.
    counts : ndarray (V,), int64
        Occurrences of each word.
    index : dict
        Id of each word.
    """

    words: list[str]
    counts: np.ndarray
    index: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self):
        """Build the index and check that words and counts fit."""
        object.__setattr__(self, "words", list(self.words))
        object.__setattr__(self, "counts", np.asarray(self.counts, dtype=np.int64))
        object.__setattr__(self, "index", {word: i for i, word in enumerate(self.words)})
        if self.counts.shape != (len(self.words),) or len(self.index) != len(self.words):
            raise ValueError("a vocabulary needs distinct words and one count for each.")

    @classmethod
    def build(
        cls, sentences: Iterable[list[str]], min_count: int = 5, max_size: int | None = None
    ) -> "Vocabulary":
        """Count the words of a corpus.

        Parameters
        ----------
        sentences : iterable of lists of str
            The corpus.
        min_count : int
            Words that occur less often are left out.
        max_size : int, optional
            Keep only so many words, the most frequent ones.

        Returns
        -------
        Vocabulary
            Sorted by count, descending; ties by word.

        Raises
        ------
        ValueError
            If a sentence is a string, or no word reaches `min_count`.
        """
        _check_sentences(sentences)
        counted = Counter(chain.from_iterable(map(_words_of, sentences)))
        frequent = [pair for pair in counted.items() if pair[1] >= min_count]
        frequent.sort(key=lambda pair: (-pair[1], pair[0]))
        frequent = frequent[:max_size]
        if not frequent:
            raise ValueError(
                f"no word occurs {min_count} times or more ({len(counted)} distinct words in all); "
                "lower min_count or give more text."
            )
        return cls([word for word, _ in frequent], np.array([count for _, count in frequent]))

    def encode(self, sentences: Iterable[list[str]]) -> EncodedCorpus:
        """Turn words into ids; words outside the vocabulary are dropped.

        Parameters
        ----------
        sentences : iterable of lists of str
            The corpus. A sentence whose words are all unknown becomes an empty one, so that
            sentence numbers stay the same.

        Returns
        -------
        EncodedCorpus
        """
        _check_sentences(sentences)
        lengths, ids, get = [], [], self.index.get
        for sentence in sentences:
            known = [i for i in map(get, _words_of(sentence)) if i is not None]
            lengths.append(len(known))
            ids.extend(known)
        offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        return EncodedCorpus(np.array(ids, dtype=np.int32), offsets)

    def __len__(self) -> int:
        """Count the words."""
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        """Whether `word` is in the vocabulary."""
        return word in self.index


def keep_probability(counts, sample: float = 1e-3) -> np.ndarray:
    """Probability that subsampling keeps an occurrence of each word.

    Parameters
    ----------
    counts : array_like (V,)
        Occurrences of each word.
    sample : float
        Words whose share of the tokens is above about this value are thinned out; 0 keeps all.

    Returns
    -------
    ndarray (V,), float64
        ``min(1, sqrt(sample / f) + sample / f)`` with the share f, as in word2vec.c. (The paper
        prints ``sqrt(sample / f)``.)
    """
    counts = _check_counts(counts)
    if sample < 0:
        raise ValueError(f"sample must be at least 0, not {sample}.")
    if sample == 0:
        return np.ones(len(counts))
    with np.errstate(divide="ignore"):
        ratio = sample * counts.sum() / counts
    return np.minimum(1.0, np.sqrt(ratio) + ratio)


def noise_distribution(counts, power: float = 0.75) -> np.ndarray:
    """Distribution from which negatives are drawn: ``counts ** power``, normalised.

    Parameters
    ----------
    counts : array_like (V,)
        Occurrences of each word.
    power : float
        3/4 in Mikolov et al. (2013); 1 is the unigram distribution, 0 the uniform one.

    Returns
    -------
    ndarray (V,), float64, sums to 1
    """
    weights = _check_counts(counts) ** power
    return weights / weights.sum()


def _check_counts(counts) -> np.ndarray:
    counts = np.asarray(counts, dtype=np.float64)
    if counts.ndim != 1 or counts.size == 0 or (counts < 0).any() or counts.sum() <= 0:
        raise ValueError("counts must be one-dimensional, at least 0, with a positive sum.")
    return counts
