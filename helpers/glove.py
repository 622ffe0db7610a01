"""GloVe: word vectors from a weighted least-squares fit to the logarithms of co-occurrences.

Pennington, Socher and Manning (2014), "GloVe: Global Vectors for Word Representation". The inner
loops are in ``glove_kernels``; ``glove_naive`` is the same as a plain loop.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
from scipy.sparse import csr_array, issparse

from helpers.glove_kernels import initial_matrix, make_tiles, rounds, summed_cost, train_tiles
from helpers.glove_naive import naive_epoch
from helpers.progress import Progress
from helpers.vocabulary import Vocabulary
from helpers.word_vectors import WordVectors

__all__ = ["GloVe", "cost", "naive_epoch", "train_glove", "weighting"]


class GloVe(WordVectors):
    """Word vectors, biases, and how they were trained.

    Attributes
    ----------
    vocabulary : Vocabulary
        Words and counts.
    word_vectors, context_vectors : ndarray (V, d), float32
        w and w~.
    word_biases, context_biases : ndarray (V,), float32
        b and b~; zeros when trained without biases.
    vectors : ndarray (V, d), float32
        w + w~, made anew at each use: the ones to use.
    history : list of dict
        One entry after each epoch: ``epoch``, ``cells`` visited so far, ``cost`` (mean over the
        epoch of f(X) (w . w~ + b + b~ - log X)^2, each cell as it was met), and whatever the
        callback returned.
    settings : dict
        The settings of the training.
    """

    def __init__(
        self, vocabulary: Vocabulary, word_vectors, context_vectors, word_biases=None,
        context_biases=None, settings=None,
    ):  # fmt: skip
        super().__init__(vocabulary, settings)
        self.word_vectors, self.context_vectors = word_vectors, context_vectors
        none = np.zeros(len(vocabulary), dtype=np.float32)
        self.word_biases = none if word_biases is None else word_biases
        self.context_biases = none.copy() if context_biases is None else context_biases

    @property
    def vectors(self) -> np.ndarray:
        """Sum of word and context vectors: (V, d) float32."""
        return self.word_vectors + self.context_vectors

    def _arrays(self) -> dict[str, np.ndarray]:
        names = ("word_vectors", "context_vectors", "word_biases", "context_biases")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def _from_arrays(cls, vocabulary, arrays, settings):
        return cls(
            vocabulary, arrays["word_vectors"], arrays["context_vectors"],
            arrays["word_biases"], arrays["context_biases"], settings,
        )  # fmt: skip


def weighting(counts, x_max: float = 10.0, alpha: float = 0.75):
    """How much a cell counts in the loss: ``min((X / x_max)^alpha, 1)``.

    Parameters
    ----------
    counts : array_like
        Co-occurrence counts X, of any shape.
    x_max : float
        Where the weight reaches 1. The paper has 100 (for corpora of billions of words).
    alpha : float
        Exponent; 3/4 in the paper (section 3).

    Returns
    -------
    ndarray or float
        Weights of the same shape; 0 where X is 0.

    Raises
    ------
    ValueError
        If a count is negative or not a number, or `x_max` or `alpha` is not positive.
    """
    counts = np.asarray(counts, dtype=np.float64)
    if not (counts >= 0).all():
        raise ValueError("counts must be numbers that are at least 0.")
    for name, value in (("x_max", x_max), ("alpha", alpha)):
        if not 0 < value < np.inf:
            raise ValueError(f"{name} must be a positive number, not {value!r}.")
    weights = np.minimum(counts, x_max)
    weights /= x_max  # in place: there may be many millions of cells
    weights **= alpha
    return float(weights) if counts.ndim == 0 else weights


def cost(model: GloVe, counts, weights=None, x_max=None, alpha=None) -> float:
    """GloVe's loss, without a factor 1/2: the sum of f(X) (w . w~ + b + b~ - log X)^2.

    Parameters
    ----------
    model : GloVe
        Vectors and biases.
    counts : sparse array or array_like (V, V)
        Co-occurrences; the sum runs over the cells with X > 0.
    weights : array_like (nnz,), optional
        A weight for each stored cell, row by row, instead of f(X).
    x_max, alpha : float, optional
        Of f; without them those that the model was trained with.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If counts, weights and model do not fit together.
    """
    x_max = model.settings.get("x_max", 10.0) if x_max is None else x_max
    alpha = model.settings.get("alpha", 0.75) if alpha is None else alpha
    return summed_cost(
        *_checked(counts, len(model.vocabulary), weights, x_max, alpha),
        *(np.ascontiguousarray(array, dtype=np.float32) for array in model._arrays().values()),
    )  # fmt: skip


def train_glove(
    counts, vocabulary: Vocabulary, *, dim=100, x_max=10.0, alpha=0.75, weights=None,
    biases=True, epochs=5, lr=0.2, threads=2, seed=1, callback=None, progress=True,
) -> GloVe:  # fmt: skip
    """Train GloVe by AdaGrad over the non-zero cells, in an order drawn anew for each epoch.

    AdaGrad (Duchi, Hazan and Singer 2011) is the textbook's: a step is lr g / sqrt(G), where g is
    the gradient of f(X) (w . w~ + b + b~ - log X)^2 / 2 and G is 1 + the sum of g^2 up to and
    with this step. (GloVe's released program leaves this step out of G and has lr inside; it
    needs clipping and more epochs.)

    Parameters
    ----------
    counts : sparse array or array_like (V, V)
        Co-occurrences, from ``helpers.cooccurrence.cooccurrences`` with ``"harmonic"`` weights.
        Need not be symmetric; cells with 0 are skipped.
    vocabulary : Vocabulary
        The words of the rows and columns.
    dim : int
        Length of the vectors.
    x_max, alpha : float
        See :func:`weighting`.
    weights : array_like (nnz,), optional
        A weight for each stored cell of `counts`, row by row, instead of f(X).
    biases : bool
        False: no biases at all; w . w~ alone has to reach log X.
    epochs : int
        Passes over the cells; 0 returns the start.
    lr : float
        AdaGrad's rate. The paper's 0.05 is for far larger corpora: here it takes four times as
        many epochs to the same cost.
    threads : int
        The result has the same bits for any number.
    seed : int
        Seed of the start (uniform in +-1/2, divided by `dim`) and of the order of the cells.
    callback : callable, optional
        ``callback(epoch, model)`` after each epoch; the dict that it returns joins the history.
    progress : bool
        Show a progress line.

    Returns
    -------
    GloVe

    Raises
    ------
    ValueError
        For counts that are not square, negative or empty, or settings that make no sense.
    """
    for name, value, least in (("dim", dim, 1), ("threads", threads, 1), ("epochs", epochs, 0)):
        if not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}.")
    if not 0 < lr < np.inf:
        raise ValueError(f"lr must be a positive number, not {lr!r}.")
    settings = {
        "model": "glove", "dim": dim, "x_max": x_max, "alpha": alpha,
        "own_weights": weights is not None, "biases": bool(biases), "epochs": epochs, "lr": lr,
        "seed": seed,
    }  # fmt: skip
    cells, targets, starts, places, n_blocks = make_tiles(
        *_checked(counts, len(vocabulary), weights, x_max, alpha)
    )
    if not len(cells):
        raise ValueError("counts has no positive cell: give more text or a lower min_count.")
    words, contexts = (
        initial_matrix(places[side], dim, biases, np.random.default_rng([seed, side]), side)
        for side in (0, 1)
    )
    model = GloVe(vocabulary, None, None, settings=settings)
    costs = np.zeros(len(starts) - 1)

    def train(tiles, seeds):
        train_tiles(
            words.reshape(-1), contexts.reshape(-1), words.shape[1] // 2, cells, targets, starts,
            tiles, seeds, np.float32(lr), costs,
        )  # fmt: skip

    def publish():
        model.word_vectors = words[places[0], :dim]
        model.context_vectors = contexts[places[1], :dim]
        if biases:
            model.word_biases = words[places[0], dim]
            model.context_biases = contexts[places[1], dim + 1]

    bar = Progress(epochs * len(cells), "cells", "Training GloVe") if progress else nullcontext()
    with bar as shown, ThreadPoolExecutor(threads) as pool:
        for epoch in range(1, epochs + 1):
            for tiles, seeds in rounds(n_blocks, seed, epoch):
                list(pool.map(train, np.array_split(tiles, threads), [seeds] * threads))
                if shown is not None:
                    shown.update(int((starts[tiles + 1] - starts[tiles]).sum()))
            entry = {"epoch": epoch, "cells": epoch * len(cells)}
            entry["cost"] = float(costs.sum() / len(cells))
            if not np.isfinite(entry["cost"]):
                raise ValueError(
                    f"the training diverged in epoch {epoch}: use a smaller lr than {lr}."
                )
            model.history.append(entry)
            if callback is not None:
                publish()
                entry |= callback(epoch, model) or {}
            if shown is not None:
                shown.update(0, epoch=epoch, cost=entry["cost"])
    publish()
    return model


def _checked(counts, n_words, weights, x_max, alpha) -> tuple[np.ndarray, ...]:
    """Return indptr, indices, counts and weights (float32) of the stored cells, or say why not."""
    shape = counts.shape if issparse(counts) else np.shape(counts)
    if shape != (n_words, n_words):
        raise ValueError(
            f"counts must be a square table with a row and a column for each of the {n_words} "
            f"words of the vocabulary, not of shape {shape}."
        )
    counts = csr_array(counts)
    if not counts.has_canonical_format:
        if weights is not None:
            raise ValueError(
                "own weights need counts in CSR form with sorted columns and no duplicates: "
                "call counts.sum_duplicates() before you make the weights."
            )
        counts = counts.copy()
        counts.sum_duplicates()
    own = weights is not None
    weights = np.asarray(weights if own else weighting(counts.data, x_max, alpha), np.float32)
    if weights.shape != counts.data.shape:
        raise ValueError(
            f"weights must have one number for each of the {counts.nnz} stored cells, "
            f"not the shape {weights.shape}."
        )
    for name, values in (("counts", counts.data), ("weights", weights)):
        if not ((values >= 0) & (values < np.inf)).all():
            raise ValueError(f"{name} must be finite numbers that are at least 0.")
    types = ((counts.indptr, np.int64), (counts.indices, np.int32), (counts.data, np.float32))
    return *(array.astype(kind, copy=False) for array, kind in types), weights
