"""Corpora made from a corpus: a random part of it, and one in which chosen words have rare twins.

A *twin* is an artificial rare word. Some random occurrences of a real word are renamed, so that
the twin means what the word means, stands in the same sentences, and differs in one thing only:
how often the training sees it. Sahlgren and Lenci (2016), "The Effects of Data Size and
Frequency Range on Distributional Semantic Models", compare models by frequency in this spirit.
"""

from dataclasses import dataclass

import numpy as np

from helpers.vocabulary import EncodedCorpus, Vocabulary

__all__ = ["Twins", "plant_twins", "sample_sentences"]


def sample_sentences(
    corpus: EncodedCorpus, vocabulary: Vocabulary, n_tokens: int, seed: int = 1, min_count: int = 5
) -> tuple[Vocabulary, EncodedCorpus]:
    """Take random sentences, about `n_tokens` tokens in all, and count their words afresh.

    Parameters
    ----------
    corpus : EncodedCorpus
        The sentences.
    vocabulary : Vocabulary
        Words of the ids in `corpus`.
    n_tokens : int
        Tokens to take, before rare words are dropped; at most all.
    seed : int
        Which sentences.
    min_count : int
        Words that occur less often in the part are left out.

    Returns
    -------
    vocabulary : Vocabulary
        Words of the part by falling count, ties in the order of the old vocabulary.
    corpus : EncodedCorpus
        The part, its sentences in their old order.

    Raises
    ------
    ValueError
        If `n_tokens` is not positive, or no word reaches `min_count`.
    """
    if n_tokens < 1:
        raise ValueError(f"n_tokens must be at least 1, not {n_tokens}.")
    lengths = np.diff(corpus.offsets)
    order = np.random.default_rng(seed).permutation(len(lengths))
    enough = int(np.searchsorted(np.cumsum(lengths[order]), n_tokens)) + 1
    chosen = np.zeros(len(lengths), dtype=bool)
    chosen[order[:enough]] = True
    tokens = corpus.tokens[np.repeat(chosen, lengths)]
    counts = np.bincount(tokens, minlength=len(vocabulary))
    ranked = np.argsort(-counts, kind="stable")
    ranked = ranked[counts[ranked] >= min_count]
    if len(ranked) == 0:
        raise ValueError(f"no word occurs {min_count} times in the part: take more tokens.")
    new_id = np.full(len(vocabulary), -1, dtype=np.int32)
    new_id[ranked] = np.arange(len(ranked), dtype=np.int32)
    tokens = new_id[tokens]
    known = np.append(0, np.cumsum(tokens >= 0))
    ends = np.append(0, np.cumsum(lengths[chosen]))
    part = EncodedCorpus(tokens[tokens >= 0], known[ends])
    return Vocabulary([vocabulary.words[i] for i in ranked], counts[ranked]), part


@dataclass(frozen=True)
class Twins:
    """A corpus in which some words have rare twins.

    Attributes
    ----------
    vocabulary : Vocabulary
        The old words, then the twins; the twin of "dog" with 10 occurrences is "dog~10".
    corpus : EncodedCorpus
        The sentences with the twins in them.
    words : ndarray (n,), int64
        Ids of the words that have twins.
    occurrences : tuple of int
        How often the twins of each column occur.
    ids : ndarray (n, len(occurrences)), int64
        Ids of the twins, one row a word.
    """

    vocabulary: Vocabulary
    corpus: EncodedCorpus
    words: np.ndarray
    occurrences: tuple[int, ...]
    ids: np.ndarray


def plant_twins(
    corpus: EncodedCorpus, vocabulary: Vocabulary, words: list[str], occurrences, seed: int = 1
) -> Twins:
    """Rename random occurrences of words, to make twins that are rare.

    Parameters
    ----------
    corpus : EncodedCorpus
        The sentences; not changed.
    vocabulary : Vocabulary
        Words and counts.
    words : list of str
        Words that get twins.
    occurrences : sequence of int
        For each word one twin with each of these numbers of occurrences.
    seed : int
        Which occurrences are renamed.

    Returns
    -------
    Twins

    Raises
    ------
    ValueError
        If a word is unknown, or too rare to leave the word itself at least half its occurrences.
    """
    occurrences = tuple(int(number) for number in occurrences)
    if not occurrences or min(occurrences) < 1:
        raise ValueError("occurrences must be numbers of at least 1, such as (5, 20).")
    rng = np.random.default_rng(seed)
    tokens, counts = corpus.tokens.copy(), vocabulary.counts.copy()
    # All places of each word, by one sort of the corpus.
    order = np.argsort(corpus.tokens, kind="stable")
    starts = np.append(0, np.cumsum(np.bincount(corpus.tokens, minlength=len(vocabulary))))
    twins, rows, ids = [], [], []
    for word in words:
        if word not in vocabulary:
            raise ValueError(f"the word {word!r} is not in the vocabulary.")
        row = vocabulary.index[word]
        places = order[starts[row] : starts[row + 1]]
        if len(places) < 2 * sum(occurrences):
            raise ValueError(
                f"{word!r} occurs only {len(places)} times: twins with {occurrences} occurrences "
                f"need {2 * sum(occurrences)}."
            )
        drawn = rng.permutation(places)[: sum(occurrences)]
        first = len(vocabulary) + len(twins)
        ids.append(range(first, first + len(occurrences)))
        tokens[drawn] = np.repeat(ids[-1], occurrences)
        counts[row] -= sum(occurrences)
        twins += [f"{word}~{number}" for number in occurrences]
        rows.append(row)
    made = Vocabulary(vocabulary.words + twins, np.append(counts, np.tile(occurrences, len(words))))
    return Twins(
        made, EncodedCorpus(tokens, corpus.offsets), np.array(rows), occurrences, np.array(ids)
    )
