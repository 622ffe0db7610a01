"""The CBOW kernel: the mean of the context rows against the centre word and its negatives.

``corrected`` False is word2vec.c (and gensim): the inputs are averaged, but each gets the whole
gradient of the mean. True divides it by their number, which is the gradient of the loss
(Irsoy, Benton & Stratos 2020, "Corrected CBOW Performs as well as Skip-gram").
"""

import numpy as np

from helpers._simd import LANES, fma, load, splat, store, zero
from helpers.word2vec_kernels import (
    RATES,
    SCORES,
    TILE,
    _jit,
    descend,
    fill_outputs,
    prefetch_row,
    subsample,
    window_bounds,
)

__all__ = ["cbow_chunk"]


@_jit
def average(vectors, rows, n, stride, mean, change):
    """Write the mean of `n` rows to `mean` and zeros to `change`."""
    share = splat(np.float32(1.0) / np.float32(n))
    for k in range(0, stride, LANES):
        x = load(vectors, rows[0] + k)
        for i in range(1, n):
            x = fma(splat(np.float32(1)), load(vectors, rows[i] + k), x)
        store(mean, k, fma(share, x, zero()))
        store(change, k, zero())


@_jit
def spread(change, weight, vectors, rows, n, stride):
    """Add ``weight * change`` to each of `n` rows."""
    factor = splat(weight)
    for k in range(0, stride, LANES):
        x = load(change, k)
        for i in range(n):
            store(vectors, rows[i] + k, fma(factor, x, load(vectors, rows[i] + k)))


@_jit
def cbow_chunk(
    vectors, contexts, stride, tokens, offsets, first, last, keep, table,
    window, negatives, shrink, corrected, lr_first, lr_last, state,
):  # fmt: skip
    """Train CBOW on the sentences `first` to `last` - 1; arguments as in ``sgns_chunk``.

    To the outputs the mean is one input row like any other, so the step is skip-gram's
    ``descend`` with one input, whose change is gathered in `change` and then spread.
    """
    longest = 0
    for s in range(first, last):
        longest = max(longest, offsets[s + 1] - offsets[s])
    kept = np.empty(longest + 1, np.int32)
    n_tiles = negatives // TILE + 1
    # Two sets of outputs: while one window is worked on, the next one's rows are fetched.
    outputs = np.zeros((2, n_tiles * TILE), np.int64)
    rates = np.zeros((2, n_tiles * RATES), np.float32)
    bounds = np.zeros((2, 2), np.int64)
    rows = np.empty(2 * window + 1, np.int64)
    only = np.zeros(1, np.int64)
    mean, change = np.zeros(2 * stride, np.float32), np.zeros(stride, np.float32)
    scores = np.zeros(2 * SCORES, np.float32)
    slope = (lr_last - lr_first) / max(1, offsets[last] - offsets[first])
    for s in range(first, last):
        lr = np.float32(lr_first + slope * (offsets[s] - offsets[first]))
        n = subsample(tokens, offsets[s], offsets[s + 1], keep, state, kept)
        if n < 2:
            continue
        for ahead in range(n + 1):
            if ahead < n:
                turn = ahead & 1
                bounds[turn, 0], bounds[turn, 1] = window_bounds(ahead, n, window, shrink, state)
                fill_outputs(
                    kept[ahead], table, negatives, lr, state, outputs[turn], rates[turn], 0
                )
                for j in range(negatives + 1):
                    prefetch_row(contexts, outputs[turn, j] * stride, stride)
                prefetch_row(vectors, kept[min(ahead + window, n - 1)] * stride, stride)
            if ahead == 0:
                continue
            i = ahead - 1
            turn = i & 1
            n_inputs = 0
            for j in range(bounds[turn, 0], bounds[turn, 1]):
                rows[n_inputs] = kept[j] * stride
                n_inputs += j != i
            average(vectors, rows, n_inputs, stride, mean, change)
            descend(
                mean, change, only, 1, contexts, outputs[turn], rates[turn], 0, n_tiles,
                stride, scores,
            )  # fmt: skip
            weight = np.float32(1.0) / np.float32(n_inputs if corrected else 1)
            spread(change, weight, vectors, rows, n_inputs, stride)
