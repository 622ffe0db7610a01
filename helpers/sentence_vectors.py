"""Vectors of sentences by every simple recipe, and what a linear probe can read from them."""

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from helpers.data import tokenize
from helpers.models.pooling import POOLINGS
from helpers.models.text_encoder import TextEncoder
from helpers.models.tokens import encode_texts

__all__ = [
    "mean_word_vectors",
    "pooled_states",
    "probe_accuracy",
    "swap_neighbours",
]


def pooled_states(
    encoder: TextEncoder, texts: Sequence[str], *, progress: bool = False
) -> dict[str, np.ndarray]:
    """Pool the states of every layer in every way, in one pass over the texts.

    Parameters
    ----------
    encoder : TextEncoder
        From :mod:`helpers.models`.
    texts : sequence of str
        n texts.
    progress : bool
        Whether to show a progress line.

    Returns
    -------
    dict of str to ndarray (n_layers + 1, n, d), float32
        By pooling ("cls", "mean", "max", "last"), not normalised; layer 0 is the embeddings.

    Raises
    ------
    ValueError
        If `texts` is no list of strings.
    """
    encodings = encode_texts(encoder.tokenizer, texts)
    layers = range(encoder.n_layers + 1)
    shape = len(layers), len(encodings), encoder.dimension
    pooled = {name: np.zeros(shape, np.float32) for name in POOLINGS}

    def keep(rows, batch, states):
        for layer, state in enumerate(states):
            for name, pool in POOLINGS.items():
                pooled[name][layer, rows] = pool(state, batch.attention_mask)

    encoder.each_batch(encodings, layers, keep, progress=progress)
    return pooled


def mean_word_vectors(texts: Sequence[str], words: Sequence[str], vectors) -> np.ndarray:
    """Average the static vectors of each text's words.

    Parameters
    ----------
    texts : sequence of str
        n texts; words are found by :func:`helpers.data.tokenize`.
    words : sequence of str
        The vocabulary, a word a row of `vectors`.
    vectors : array_like (V, d)
        Word vectors.

    Returns
    -------
    ndarray (n, d), float32
        Zero for a text without any known word.
    """
    row = {word: i for i, word in enumerate(words)}
    found = np.zeros((len(texts), np.shape(vectors)[1]), np.float32)
    for place, text in enumerate(texts):
        rows = [row[word] for word in tokenize(text) if word in row]
        if rows:
            found[place] = np.asarray(vectors[rows]).mean(axis=0)
    return found


def swap_neighbours(sentence: str, rng: np.random.Generator) -> str:
    """Exchange two adjacent words, but leave the first word and the final mark in place.

    Telling such sentences from whole ones is the probe "bigram shift" of Conneau et al. (2018),
    "What you can cram into a single $&!#* vector".

    Parameters
    ----------
    sentence : str
        At least three words.
    rng : numpy Generator
        Draws the place.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there are fewer than three words.
    """
    body = sentence.rstrip(".?!")
    words = body.split()
    if len(words) < 3:
        raise ValueError(f"a swap after the first word needs three words: {sentence!r}.")
    place = int(rng.integers(1, len(words) - 1))
    words[place : place + 2] = words[place + 1], words[place]
    return " ".join(words) + sentence[len(body) :]


def probe_accuracy(
    vectors, labels, *, per_class: int, repeats: int = 20, seed: int = 0, strength: float = 0.01
) -> float:
    """Train a linear classifier on a few labelled vectors and test it on the others.

    Logistic regression on standardised features, as SentEval does it in spirit (Conneau & Kiela
    2018, "SentEval: An Evaluation Toolkit for Universal Sentence Representations").

    Parameters
    ----------
    vectors : array_like (n, d)
        The representation to be probed; it is not changed by the training.
    labels : array_like (n,)
        The class of each vector.
    per_class : int
        Labelled examples of each class.
    repeats : int
        Random choices of the labelled examples to average over.
    seed : int
        Seed of these choices.
    strength : float
        Inverse of the L2 penalty; small because there are more dimensions than examples.

    Returns
    -------
    float
        Mean share of the other vectors that are classified rightly.

    Raises
    ------
    ValueError
        If labels and vectors do not match, or a class would have nothing left to be tested.
    """
    vectors, labels = np.asarray(vectors), np.asarray(labels)
    if vectors.ndim != 2 or labels.shape != vectors.shape[:1]:
        raise ValueError(
            f"vectors of shape {vectors.shape} need one label each, not {labels.shape}."
        )
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2 or not 1 <= per_class < counts.min():
        raise ValueError(
            f"per_class must be 1 to {counts.min() - 1} and there must be two classes: the "
            f"smallest of {len(classes)} has {counts.min()} vectors."
        )
    rng = np.random.default_rng(seed)
    shares = []
    for _ in range(repeats):
        train = np.zeros(len(labels), dtype=bool)
        for name in classes:
            train[rng.choice(np.flatnonzero(labels == name), per_class, replace=False)] = True
        probe = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000))
        # So small a problem gains nothing from threads, and waiting for each other costs tenfold.
        with threadpool_limits(1):
            probe.fit(vectors[train], labels[train])
        shares.append(probe.score(vectors[~train], labels[~train]))
    return float(np.mean(shares))
