"""Word2vec as the obvious loops: the specification of the fast kernels.

Each step takes the gradient of the window's summed loss at the old values and descends once.
The random numbers are drawn in the same order as in the fast kernels, so one epoch of the two
differs only by rounding; the tests hold them together. About 20 lines carry the method.
"""

import numpy as np

from helpers.word2vec_kernels import _jit, draw, subsample, window_bounds

__all__ = ["naive_cbow_epoch", "naive_sgns_epoch"]


@_jit
def naive_window(vectors, inputs, contexts, targets, rates, mean, corrected):
    """One step, in place.

    Parameters
    ----------
    vectors, contexts : ndarray (V, d)
        Input and output vectors.
    inputs : ndarray (m,), int
        Context words.
    targets, rates : ndarray (K + 1,)
        The centre word and the negatives, with the learning rate of each.
    mean : bool
        False: every input is scored against every target (skip-gram). True: their mean is (CBOW).
    corrected : bool
        CBOW only: divide the inputs' gradient by their number.
    """
    m, d = inputs.size, vectors.shape[1]
    hidden = np.zeros((1 if mean else m, d))
    for i in range(m):
        for k in range(d):
            if mean:
                hidden[0, k] += vectors[inputs[i], k] / m
            else:
                hidden[i, k] = vectors[inputs[i], k]
    change_hidden, change_targets = np.zeros_like(hidden), np.zeros((targets.size, d))
    for h in range(hidden.shape[0]):
        for j in range(targets.size):
            score = 0.0
            for k in range(d):
                score += hidden[h, k] * contexts[targets[j], k]
            label = 1.0 if j == 0 else 0.0
            gain = rates[j] * (label - 1.0 / (1.0 + np.exp(-score)))
            for k in range(d):
                change_hidden[h, k] += gain * contexts[targets[j], k]
                change_targets[j, k] += gain * hidden[h, k]
    for i in range(m):
        for k in range(d):
            change = change_hidden[0 if mean else i, k]
            vectors[inputs[i], k] += change / m if mean and corrected else change
    for j in range(targets.size):
        for k in range(d):
            contexts[targets[j], k] += change_targets[j, k]


@_jit
def _naive_epoch(
    vectors, contexts, tokens, offsets, keep, table, window, negatives, shrink, shared,
    mean, corrected, lr_first, lr_last, state,
):  # fmt: skip
    kept = np.empty(tokens.size + 1, np.int32)
    targets, rates = np.empty(negatives + 1, np.int64), np.empty(negatives + 1, np.float32)
    for s in range(offsets.size - 1):
        lr = np.float32(lr_first + (lr_last - lr_first) * offsets[s] / max(1, tokens.size))
        n = subsample(tokens, offsets[s], offsets[s + 1], keep, state, kept)
        for i in range(n if n > 1 else 0):
            start, stop = window_bounds(i, n, window, shrink, state)
            context = np.array([np.int64(kept[j]) for j in range(start, stop) if j != i])
            for g in range(1 if shared else context.size):
                for j in range(negatives + 1):
                    targets[j] = draw(table, state) if j else kept[i]
                    rates[j] = lr if j == 0 or targets[j] != kept[i] else np.float32(0)
                inputs = context if shared else context[g : g + 1]
                naive_window(vectors, inputs, contexts, targets, rates, mean, corrected)


def naive_sgns_epoch(
    vectors, contexts, corpus, keep, table, state, *, window=5, negatives=5, shrink_window=True,
    shared_negatives=False, lr_first=0.025, lr_last=0.025,
):  # fmt: skip
    """Train one epoch of skip-gram with plain loops, in place.

    Parameters
    ----------
    vectors, contexts : ndarray (V, d), float
        Input and output vectors.
    corpus : EncodedCorpus
        The sentences.
    keep : ndarray (V,), uint32
        Probabilities of keeping a word, in units of 2**-32 (``helpers.word2vec.keep_table``).
    table : ndarray (V, 2), uint32
        Alias table of the noise distribution (``helpers.word2vec.noise_table``).
    state : ndarray (1,), uint64
        Random generator; advanced.
    window, negatives, shrink_window, shared_negatives
        As in ``helpers.word2vec.train_skipgram``; by default each pair has its own negatives.
    lr_first, lr_last : float
        Learning rate at the first and after the last token; linear between.
    """
    _naive_epoch(
        vectors, contexts, corpus.tokens, corpus.offsets, keep, table, window, negatives,
        shrink_window, shared_negatives, False, False, lr_first, lr_last, state,
    )  # fmt: skip


def naive_cbow_epoch(
    vectors, contexts, corpus, keep, table, state, *, window=5, negatives=5, shrink_window=True,
    corrected=False, lr_first=0.025, lr_last=0.025,
):  # fmt: skip
    """Train one epoch of CBOW with plain loops, in place; arguments as in `naive_sgns_epoch`."""
    _naive_epoch(
        vectors, contexts, corpus.tokens, corpus.offsets, keep, table, window, negatives,
        shrink_window, True, True, corrected, lr_first, lr_last, state,
    )  # fmt: skip
