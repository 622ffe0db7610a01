"""What training does to rare words: how often they are updated, and how well they are placed."""

import numpy as np

from helpers.subcorpora import Twins
from helpers.vocabulary import EncodedCorpus, keep_probability

__all__ = ["reciprocal_ranks", "target_ranks", "twin_pairs", "update_counts"]

_BLOCK = 256


def update_counts(
    corpus: EncodedCorpus, counts, word: int, window: int = 5, sample: float = 1e-3, seed: int = 1
) -> np.ndarray:
    """Count the positive updates that one word gets in one pass over the corpus.

    Sentences are thinned and windows shrunk as the trainers do it, with an own random stream.

    Parameters
    ----------
    corpus : EncodedCorpus
        The sentences.
    counts : ndarray (V,)
        Occurrences of each word.
    word : int
        Id of the word.
    window, sample : int, float
        Widest reach, and the subsampling threshold (0 for none).
    seed : int
        Seed of thinning and shrinking.

    Returns
    -------
    ndarray (3, 2), float64
        Rows: skip-gram, CBOW, corrected CBOW (whose gradient on v is divided by the number of
        context words: Irsoy et al. 2020). Columns: updates of the word's v as a context word, of
        its u as the centre, each weighted with the share of the gradient that it gets.

    Raises
    ------
    ValueError
        When the word does not occur.
    """
    rng = np.random.default_rng(seed)
    places = np.flatnonzero(corpus.tokens == word)
    if len(places) == 0:
        raise ValueError(f"the word with id {word} does not occur in this corpus.")
    keep = keep_probability(counts, sample)
    table = np.zeros((3, 2))
    for s in np.unique(np.searchsorted(corpus.offsets, places, side="right") - 1):
        sentence = corpus[s]
        kept = sentence[rng.random(len(sentence)) < keep[sentence]]
        reaches = rng.integers(1, window + 1, size=len(kept))
        apart = np.abs(np.subtract.outer(np.arange(len(kept)), np.arange(len(kept))))
        inside = (apart <= reaches[:, None]) & (apart > 0)  # row: centre, column: context
        sizes, hits, centre = inside.sum(axis=1), inside[:, kept == word].sum(axis=1), kept == word
        table[0] += hits.sum(), sizes[centre].sum()
        table[1] += hits.sum(), (sizes[centre] > 0).sum()
        table[2] += (hits / np.maximum(sizes, 1)).sum(), (sizes[centre] > 0).sum()
    return table


def target_ranks(queries, words, targets) -> np.ndarray:
    """Place of a target among all words, sorted by cosine to a query.

    Parameters
    ----------
    queries : array_like (n, d)
        Query vectors.
    words : array_like (V, d)
        Word vectors; a zero vector has cosine 0 to everything.
    targets : array_like (n,), int
        Row of the right word for each query.

    Returns
    -------
    ndarray (n,), int64
        1 for the nearest word; of equal cosines the best place counts.
    """
    queries, words = np.asarray(queries), np.asarray(words)
    targets = np.asarray(targets)
    norms = np.linalg.norm(words, axis=1, keepdims=True)
    unit = words / np.where(norms > 0, norms, 1)
    ranks = np.empty(len(queries), dtype=np.int64)
    for start in range(0, len(queries), _BLOCK):
        part = slice(start, start + _BLOCK)
        scores = queries[part] @ unit.T
        own = np.take_along_axis(scores, targets[part, None], axis=1)
        ranks[part] = (scores > own).sum(axis=1) + 1
    return ranks


def reciprocal_ranks(model, twins: Twins) -> np.ndarray:
    """Mean of 1/rank at which twins find the words that they were made from.

    Parameters
    ----------
    model : Word2Vec
        Trained on ``twins.corpus``.
    twins : Twins
        From :func:`helpers.subcorpora.plant_twins`.

    Returns
    -------
    ndarray (len(twins.occurrences),), float64
        One mean for each number of occurrences; only real words compete, no twins.
    """
    unit = model.unit_vectors()
    real = unit[: twins.ids.min()]  # The twins stand behind the real words.
    return np.array(
        [(1 / target_ranks(unit[column], real, twins.words)).mean() for column in twins.ids.T]
    )


def twin_pairs(pairs, vocabulary, occurrences: int) -> tuple[list[tuple], list[tuple]]:
    """Pairs of a similarity set with one word replaced by its twin, and the same pairs as they are.

    Parameters
    ----------
    pairs : iterable of (str, str, float)
        Two words and their rating; each word is replaced in turn.
    vocabulary : container of str
        Words of the corpus with twins.
    occurrences : int
        Which twins.

    Returns
    -------
    replaced, originals : list of (str, str, float)
        Row by row the same pair; both are empty when no word has such a twin.
    """
    turned = [row for a, b, rating in pairs for row in ((a, b, rating), (b, a, rating))]
    originals = [
        row for row in turned if f"{row[0]}~{occurrences}" in vocabulary and row[1] in vocabulary
    ]
    return [(f"{a}~{occurrences}", b, rating) for a, b, rating in originals], originals
