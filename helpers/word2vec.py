"""Word2vec with negative sampling: skip-gram and CBOW at full speed, and the trained model.

The method is that of Mikolov et al. (2013), "Distributed Representations of Words and Phrases
and their Compositionality". The inner loops are in ``word2vec_kernels`` (skip-gram) and
``word2vec_cbow``; ``word2vec_naive`` is the same as plain loops.
"""

import numpy as np

from helpers._simd import LANES, aligned_zeros
from helpers.vocabulary import EncodedCorpus, Vocabulary
from helpers.word2vec_cbow import cbow_chunk
from helpers.word2vec_kernels import sgns_chunk
from helpers.word2vec_naive import naive_cbow_epoch, naive_sgns_epoch
from helpers.word2vec_training import (
    Probe,
    Settings,
    check_corpus,
    keep_table,
    noise_table,
    train,
)
from helpers.word_vectors import WordVectors

__all__ = [
    "Word2Vec",
    "keep_table",
    "naive_cbow_epoch",
    "naive_sgns_epoch",
    "noise_table",
    "train_cbow",
    "train_skipgram",
]


class Word2Vec(WordVectors):
    """Word vectors and how they were trained.

    Attributes
    ----------
    vocabulary : Vocabulary
        Words and counts.
    vectors : ndarray (V, d), float32
        Input vectors ("v"): the ones to use.
    context_vectors : ndarray (V, d), float32
        Output vectors ("u").
    history : list of dict
        One entry before training (epoch 0) and one after each epoch: ``epoch``, ``words`` seen,
        ``loss`` (mean negative-sampling loss per positive example on a fixed probe, in nats),
        ``grad_norm`` (mean norm of that loss's gradient on the input vector), ``lr``, and
        whatever the callback returned.
    settings : dict
        The settings of the training.
    snapshots : dict or None
        ``words``, ``progress`` (n,) from 0 to 1, ``vectors`` (n, len(words), d), if asked for.
    """

    def __init__(self, vocabulary: Vocabulary, vectors, context_vectors, settings=None):
        super().__init__(vocabulary, settings)
        self.vectors, self.context_vectors = vectors, context_vectors
        self.snapshots: dict | None = None

    def _arrays(self) -> dict[str, np.ndarray]:
        return {"vectors": self.vectors, "context_vectors": self.context_vectors}

    @classmethod
    def _from_arrays(cls, vocabulary, arrays, settings):
        return cls(vocabulary, arrays["vectors"], arrays["context_vectors"], settings)


def initial_matrices(init, rows: int, dim: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Input and output matrices before training, rows padded to whole vectors.

    `init` None: inputs uniform in +-1/(2 dim), outputs zero, as in word2vec.c; a number: both
    normal with that standard deviation; two (rows, dim) arrays: copies of them.
    """
    stride = -(-dim // LANES) * LANES
    vectors, contexts = aligned_zeros(rows, stride), aligned_zeros(rows, stride)
    rng = np.random.default_rng(seed)
    if init is None:
        vectors[:, :dim] = (rng.random((rows, dim), dtype=np.float32) - np.float32(0.5)) / dim
    elif np.isscalar(init):
        vectors[:, :dim] = init * rng.standard_normal((rows, dim))
        contexts[:, :dim] = init * rng.standard_normal((rows, dim))
    else:
        if len(init) != 2 or any(np.shape(part) != (rows, dim) for part in init):
            raise ValueError(f"init must be None, a number or two arrays of shape ({rows}, {dim}).")
        vectors[:, :dim], contexts[:, :dim] = init
    return vectors, contexts


def _train(
    kind, kernel, flag, corpus, vocabulary, settings, init, heldout, callback, progress,
    snapshots, snapshot_words,
):  # fmt: skip
    corpus = check_corpus(corpus, vocabulary)
    probed = corpus if heldout is None else check_corpus(heldout, vocabulary)
    vectors, contexts = initial_matrices(init, len(vocabulary), settings.dim, settings.seed)
    dim, stride = settings.dim, vectors.shape[1]
    recorded = {"model": kind, **vars(settings), **flag}
    model = Word2Vec(vocabulary, vectors[:, :dim], contexts[:, :dim], recorded)
    keep = keep_table(vocabulary.counts, settings.sample)
    table = noise_table(vocabulary.counts, settings.noise_power)

    def chunk(first, last, lr_first, lr_last, state):
        kernel(
            vectors.reshape(-1), contexts.reshape(-1), stride, corpus.tokens, corpus.offsets,
            first, last, keep, table, settings.window, settings.negatives,
            settings.shrink_window, *flag.values(), lr_first, lr_last, state,
        )  # fmt: skip

    probe = Probe(probed, vocabulary.counts, settings, whole_window=kind == "cbow")
    train(
        model, corpus, settings, chunk, probe, None, callback, progress, snapshots,
        snapshot_words, f"Training {kind}",
    )  # fmt: skip
    return model


def train_skipgram(
    corpus: EncodedCorpus, vocabulary: Vocabulary, *, dim=100, window=5, negatives=5, epochs=5,
    lr=0.025, min_lr=1e-4, schedule="linear", sample=1e-3, noise_power=0.75,
    shared_negatives=True, shrink_window=True, threads=1, seed=1, init=None, callback=None,
    progress=True, heldout=None, snapshots=0, snapshot_words=None,
) -> Word2Vec:  # fmt: skip
    """Train skip-gram with negative sampling.

    Parameters
    ----------
    corpus : EncodedCorpus
        The sentences, from ``vocabulary.encode``. Sentences are cut at 10,000 words.
    vocabulary : Vocabulary
        Words and counts; the counts give subsampling and noise.
    dim : int
        Length of the vectors.
    window : int
        Most words on each side.
    negatives : int
        Noise words per window or per pair.
    epochs : int
        Passes over the corpus; 0 returns the start.
    lr, min_lr, schedule : float, float, {"linear", "constant"}
        Learning rate at the start, at the end (linear), and how it falls.
    sample : float
        Subsampling of frequent words; 0 for none.
    noise_power : float
        Exponent of the noise distribution.
    shared_negatives : bool
        True: all pairs of a window have the same negatives (several times faster, equal
        quality). False: each pair draws its own, as in the paper.
    shrink_window : bool
        True: each window's reach is drawn from 1 to `window`, as in word2vec.
    threads : int
        1 gives the same bits for the same seed; more train slices of the corpus without locks
        (Hogwild), and no two runs are equal.
    seed : int
        Seed of everything random.
    init : None, float or (ndarray, ndarray)
        Start: word2vec's (small uniform inputs, zero outputs), normal with this standard
        deviation, or two given (V, dim) arrays.
    callback : callable, optional
        ``callback(epoch, model)`` before training (epoch 0) and after each epoch; the dict that
        it returns joins the history.
    progress : bool
        Show a progress line.
    heldout : EncodedCorpus, optional
        Text for the loss in the history; without it, places in `corpus` itself.
    snapshots : int
        Keep the vectors of `snapshot_words` (default: the 200 most frequent) so many times,
        evenly from start to end.
    snapshot_words : list of str, optional
        See `snapshots`.

    Returns
    -------
    Word2Vec

    Raises
    ------
    ValueError
        For an empty corpus, fewer than 2 words, or settings that make no sense.
    """
    settings = Settings(
        dim, window, negatives, epochs, lr, min_lr, schedule, sample, noise_power,
        shrink_window, threads, seed,
    )  # fmt: skip
    return _train(
        "skipgram", sgns_chunk, {"shared_negatives": bool(shared_negatives)}, corpus, vocabulary,
        settings, init, heldout, callback, progress, snapshots, snapshot_words,
    )  # fmt: skip


def train_cbow(
    corpus: EncodedCorpus, vocabulary: Vocabulary, *, corrected=False, dim=100, window=5,
    negatives=5, epochs=5, lr=0.025, min_lr=1e-4, schedule="linear", sample=1e-3,
    noise_power=0.75, shrink_window=True, threads=1, seed=1, init=None, callback=None,
    progress=True, heldout=None, snapshots=0, snapshot_words=None,
) -> Word2Vec:  # fmt: skip
    """Train CBOW (continuous bag of words) with negative sampling.

    Parameters
    ----------
    corpus, vocabulary
        As in :func:`train_skipgram`, as are all parameters not named here.
    corrected : bool
        False: each context word gets the whole gradient of the mean, as in word2vec.c and
        gensim. True: its share, which is the loss's gradient (Irsoy et al. 2020); it then needs
        a larger `lr` (about 0.1).

    Returns
    -------
    Word2Vec

    Raises
    ------
    ValueError
        As :func:`train_skipgram`.
    """
    settings = Settings(
        dim, window, negatives, epochs, lr, min_lr, schedule, sample, noise_power,
        shrink_window, threads, seed,
    )  # fmt: skip
    return _train(
        "cbow", cbow_chunk, {"corrected": bool(corrected)}, corpus, vocabulary,
        settings, init, heldout, callback, progress, snapshots, snapshot_words,
    )  # fmt: skip
