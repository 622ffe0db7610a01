"""The real vector spaces whose geometry lesson 05 measures: words and sentences, tuned and not.

Each space keeps the texts beside their vectors, so that a hub or a neighbour can be read.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from helpers import data
from helpers.models import TextEncoder, load_distilbert_tagger, load_minilm
from helpers.side_by_side import train_side_by_side
from helpers.word2vec import train_skipgram

__all__ = ["Space", "glove_space", "own_spaces", "sentence_spaces", "short_verses"]


class Space(NamedTuple):
    """Texts and their vectors.

    Attributes
    ----------
    texts : list of str
        n words or sentences.
    vectors : ndarray (n, d), float32
        Not normalised.
    counts : ndarray (n,) of int, or None
        How often each word stands in the training text, where that is known.
    """

    texts: list[str]
    vectors: np.ndarray
    counts: np.ndarray | None = None


def own_spaces(
    seeds=(1, 2), *, corpus: str = "default", min_count: int = 20, dim: int = 100, epochs: int = 2
) -> list[Space]:
    """Train skip-gram with negative sampling once a seed, two at a time.

    Parameters
    ----------
    seeds : sequence of int
        One training each; rows of all spaces are the same words.
    corpus : str
        Name for :func:`helpers.data.corpus`.
    min_count : int
        Rarer words are left out.
    dim, epochs : int
        Length of the vectors and passes over the corpus.

    Returns
    -------
    list of Space
        Words by falling count, with counts.
    """
    vocabulary, encoded = data.corpus(corpus).encoded(min_count)
    runs = train_side_by_side(
        {
            seed: partial(
                train_skipgram, encoded, vocabulary, dim=dim, epochs=epochs, seed=seed,
                progress=False,
            )
            for seed in seeds
        },
        label="Training word vectors",
    )  # fmt: skip
    counts = np.asarray(vocabulary.counts)
    return [Space(list(vocabulary.words), runs[seed].vectors, counts) for seed in seeds]


def glove_space(n: int = 20_000) -> Space:
    """Return pretrained GloVe vectors of the n most frequent words, 50 wide.

    Raises
    ------
    ValueError
        If `n` is not between 1 and 400,000.
    """
    words, vectors = data.pretrained_glove()
    if not 1 <= n <= len(words):
        raise ValueError(f"n must be 1 to {len(words):,}, not {n}.")
    return Space(words[:n], np.array(vectors[:n], dtype=np.float32))


def short_verses(n: int = 1000, seed: int = 0) -> list[dict[str, str]]:
    """Draw verses of 8 to 16 words in the World English Bible and in the King James Version.

    No text is drawn twice, in either translation.

    Parameters
    ----------
    n : int
        Verses.
    seed : int
        Of the draw.

    Returns
    -------
    list of dict
        By translation: ``"web"``, ``"kjv"``; in the order of the Bible.

    Raises
    ------
    ValueError
        If there are not so many.
    """
    found, seen = [], set()
    for verse in data.aligned_verses().values():
        both = {name: verse[name] for name in ("web", "kjv")}
        short = all(8 <= len(text.split()) <= 16 for text in both.values())
        if short and not seen & set(both.values()):
            seen |= set(both.values())
            found.append(both)
    if not 1 <= n <= len(found):
        raise ValueError(f"n must be 1 to {len(found):,}, not {n}.")
    drawn = np.sort(np.random.default_rng(seed).permutation(len(found))[:n])
    return [found[place] for place in drawn]


def sentence_spaces(texts: list[str], encoders: dict[str, TextEncoder] | None = None) -> dict:
    """Encode texts with every layer of an untuned and a tuned encoder, by the mean of the tokens.

    Parameters
    ----------
    texts : list of str
        n sentences.
    encoders : dict of str to TextEncoder, optional
        Others than ``"tagger"`` (never tuned for similarity) and ``"MiniLM"`` (tuned for it).

    Returns
    -------
    dict of str to ndarray (layers + 1, n, d), float32
        Not normalised; layer 0 is the embeddings.
    """
    if encoders is None:
        encoders = {"tagger": load_distilbert_tagger(), "MiniLM": load_minilm()}
    return {
        name: encoder.encode_layers(texts, pooling="mean", progress=True)
        for name, encoder in encoders.items()
    }
