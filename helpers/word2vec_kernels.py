"""The inner loops of word2vec with negative sampling: one window as one small matrix product.

A *window* is one training step. Its inputs are the rows of ``vectors`` of the context words, its
outputs the rows of ``contexts`` of the centre word (label 1) and of the negatives (label 0).
Skip-gram scores every input against every output, CBOW their mean against every output. With
negatives shared by the window the skip-gram step is

    S = X Y^T,   G = lr (labels - sigmoid(S)),   X += G Y,   Y += G^T X   (old X and Y),

which is one step of gradient descent on the window's summed loss. ``X`` has up to 2 x window
rows; outputs are taken in tiles of six (the centre and five negatives), because six rows of Y,
six of their changes, a row of X and a few scratch values just fill the 16 registers of AVX2.

:func:`naive_window` is the specification: the same step as plain loops. Tests hold the two equal.

Matrices arrive flat, with rows of `stride` floats (a multiple of ``LANES``; zeros after the
dimension). Row numbers are given as offsets ``row * stride``.
"""

import numpy as np
from numba import njit

from helpers._simd import (
    LANES,
    clip,
    div,
    fma,
    load,
    prefetch,
    splat,
    store,
    store_sums,
    zero,
)

TILE = 6  # outputs in one tile
SCORES = 8  # floats a row of scores takes: TILE, rounded up to a power of two
RATES = 16  # floats the learning rates of a tile take: two rows of scores, for LANES = 16
_jit = njit(cache=True, nogil=True, fastmath=True, error_model="numpy")

_MULTIPLIER = np.uint64(6364136223846793005)  # Knuth's MMIX generator
_INCREMENT = np.uint64(1442695040888963407)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@_jit
def random32(state):
    """Advance the generator `state` (1,) uint64 and return its upper 32 bits as uint64."""
    state[0] = state[0] * _MULTIPLIER + _INCREMENT
    return state[0] >> _HALF


@_jit
def draw(table, state):
    """Draw from an alias table (V, 2) uint32 of thresholds and aliases.

    One 32-bit number gives both the column and the place in it.
    """
    place = random32(state) * np.uint64(table.shape[0])
    column = np.int64(place >> _HALF)
    own = np.int64((place & _LOW) < np.uint64(table[column, 0]))
    return own * column + (1 - own) * np.int64(table[column, 1])  # a branch would be a coin toss


@_jit
def subsample(tokens, first, last, keep, state, kept):
    """Copy the tokens that survive subsampling to `kept`; return their number.

    `keep` (V,) uint32 holds the probability of keeping each word in units of 2**-32.
    """
    n = 0
    for t in range(first, last):
        kept[n] = tokens[t]
        n += random32(state) <= np.uint64(keep[tokens[t]])
    return n


@_jit
def window_bounds(i, n, window, shrink, state):
    """First and last + 1 position of the context of position `i` in a sentence of `n`."""
    radius = window
    if shrink:
        radius -= np.int64((random32(state) * np.uint64(window)) >> _HALF)
    return max(0, i - radius), min(n, i + radius + 1)


@_jit
def fill_outputs(centre, table, negatives, lr, state, outputs, rates, group):
    """Write the outputs of one window and their learning rates; return their number.

    `outputs` and `rates` hold several groups of outputs; this one is number `group`. A negative
    that is the centre word itself gets the rate 0, as do the repetitions of the centre that
    fill up the last tile.
    """
    n_tiles = negatives // TILE + 1
    for tile in range(group * n_tiles, (group + 1) * n_tiles):
        for j in range(TILE):
            number = (tile - group * n_tiles) * TILE + j
            word = draw(table, state) if 0 < number <= negatives else centre
            rate = lr if number == 0 or word != centre else np.float32(0)
            outputs[tile * TILE + j] = word
            rates[tile * RATES + j] = rate
            rates[tile * RATES + SCORES + j] = rate


@_jit
def sigmoid(x):
    """Logistic function of a vector, as ``(1 + tanh(x / 2)) / 2``.

    tanh is Lambert's continued fraction cut after nine levels, a ratio of two polynomials;
    within 6e-6 of the truth, and exactly 1 where the fraction gets there.
    """
    y = clip(fma(splat(np.float32(0.5)), x, zero()), splat(np.float32(6.6)))
    z = fma(y, y, zero())
    p = fma(z, splat(np.float32(1)), splat(np.float32(990)))
    p = fma(z, p, splat(np.float32(135135)))
    p = fma(z, p, splat(np.float32(4729725)))
    p = fma(z, p, splat(np.float32(34459425)))
    q = fma(z, splat(np.float32(45)), splat(np.float32(13860)))
    q = fma(z, q, splat(np.float32(945945)))
    q = fma(z, q, splat(np.float32(16216200)))
    q = fma(z, q, splat(np.float32(34459425)))
    half = splat(np.float32(0.5))
    return fma(half, clip(div(fma(y, p, zero()), q), splat(np.float32(1))), half)


@_jit
def prefetch_row(matrix, start, stride):
    """Ask for one row of a matrix, cache line by cache line."""
    for k in range(0, stride, 16):
        prefetch(matrix, start + k)


@_jit
def _scores_of_two(packed, x, contexts, y, stride, scores, row):
    """Dot products of rows `row` and `row` + 1 of the inputs with the six rows of a tile."""
    y0, y1, y2, y3, y4, y5 = y
    a0, a1, a2, a3, a4, a5 = zero(), zero(), zero(), zero(), zero(), zero()
    b0, b1, b2, b3, b4, b5 = zero(), zero(), zero(), zero(), zero(), zero()
    for k in range(0, stride, LANES):
        a, b = load(packed, x + k), load(packed, x + stride + k)
        v = load(contexts, y0 + k)
        a0, b0 = fma(a, v, a0), fma(b, v, b0)
        v = load(contexts, y1 + k)
        a1, b1 = fma(a, v, a1), fma(b, v, b1)
        v = load(contexts, y2 + k)
        a2, b2 = fma(a, v, a2), fma(b, v, b2)
        v = load(contexts, y3 + k)
        a3, b3 = fma(a, v, a3), fma(b, v, b3)
        v = load(contexts, y4 + k)
        a4, b4 = fma(a, v, a4), fma(b, v, b4)
        v = load(contexts, y5 + k)
        a5, b5 = fma(a, v, a5), fma(b, v, b5)
    store_sums(scores, row * SCORES, a0, a1, a2, a3, a4, a5)
    store_sums(scores, (row + 1) * SCORES, b0, b1, b2, b3, b4, b5)


@_jit
def _update(vectors, rows, n, packed, contexts, y, stride, gains):
    """Add G Y to the input rows and G^T X to the six output rows of a tile."""
    y0, y1, y2, y3, y4, y5 = y
    for k in range(0, stride, LANES):
        v0, v1, v2 = load(contexts, y0 + k), load(contexts, y1 + k), load(contexts, y2 + k)
        v3, v4, v5 = load(contexts, y3 + k), load(contexts, y4 + k), load(contexts, y5 + k)
        d0, d1, d2, d3, d4, d5 = zero(), zero(), zero(), zero(), zero(), zero()
        for i in range(n):
            x = load(packed, i * stride + k)
            s = i * SCORES
            new = load(vectors, rows[i] + k)
            g = splat(gains[s])
            new, d0 = fma(g, v0, new), fma(g, x, d0)
            g = splat(gains[s + 1])
            new, d1 = fma(g, v1, new), fma(g, x, d1)
            g = splat(gains[s + 2])
            new, d2 = fma(g, v2, new), fma(g, x, d2)
            g = splat(gains[s + 3])
            new, d3 = fma(g, v3, new), fma(g, x, d3)
            g = splat(gains[s + 4])
            new, d4 = fma(g, v4, new), fma(g, x, d4)
            g = splat(gains[s + 5])
            new, d5 = fma(g, v5, new), fma(g, x, d5)
            store(vectors, rows[i] + k, new)
        one = splat(np.float32(1))
        # Loads after stores: two outputs may be the same row, and both changes count.
        store(contexts, y0 + k, fma(one, load(contexts, y0 + k), d0))
        store(contexts, y1 + k, fma(one, load(contexts, y1 + k), d1))
        store(contexts, y2 + k, fma(one, load(contexts, y2 + k), d2))
        store(contexts, y3 + k, fma(one, load(contexts, y3 + k), d3))
        store(contexts, y4 + k, fma(one, load(contexts, y4 + k), d4))
        store(contexts, y5 + k, fma(one, load(contexts, y5 + k), d5))


@_jit
def pack(vectors, rows, n, stride, packed):
    """Copy `n` input rows next to one another."""
    for i in range(n):
        for k in range(0, stride, LANES):
            store(packed, i * stride + k, load(vectors, rows[i] + k))


@_jit
def descend(packed, vectors, rows, n, contexts, outputs, rates, group, n_tiles, stride, scores):
    """One step of gradient descent: `n` packed input rows against a group of outputs.

    Parameters
    ----------
    packed : ndarray (>= (n + 1) * stride,), float32
        The input rows.
    vectors, rows : ndarray float32, ndarray (n,) int64
        Where the change of each input is added: at ``vectors[rows[i] : rows[i] + stride]``.
    n : int
        Number of inputs.
    contexts : ndarray, float32
        The output matrix, flat; changed in place.
    outputs, rates, group, n_tiles : ndarray int64, ndarray float32, int, int
        What ``fill_outputs`` wrote, and which of it to use. Tiles follow one another: the
        second one sees the outputs that the first one changed, but the same inputs.
    stride : int
        Floats in a row.
    scores : ndarray (>= (n + 1) * SCORES,), float32
        Scratch.
    """
    for tile in range(group * n_tiles, (group + 1) * n_tiles):
        t = tile * TILE
        y = (
            outputs[t] * stride,
            outputs[t + 1] * stride,
            outputs[t + 2] * stride,
            outputs[t + 3] * stride,
            outputs[t + 4] * stride,
            outputs[t + 5] * stride,
        )
        for i in range(0, n, 2):
            _scores_of_two(packed, i * stride, contexts, y, stride, scores, i)
        minus_rate = fma(splat(np.float32(-1)), load(rates, tile * RATES), zero())
        for s in range(0, n * SCORES, LANES):
            store(scores, s, fma(minus_rate, sigmoid(load(scores, s)), zero()))
        if tile == group * n_tiles:
            for i in range(n):
                scores[i * SCORES] += rates[tile * RATES]
        _update(vectors, rows, n, packed, contexts, y, stride, scores)


@_jit
def sgns_chunk(
    vectors, contexts, stride, tokens, offsets, first, last, keep, table,
    window, negatives, shrink, shared, lr_first, lr_last, state,
):  # fmt: skip
    """Train skip-gram on the sentences `first` to `last` - 1.

    The learning rate goes linearly from `lr_first` to `lr_last`; `state` (1,) uint64 is the
    random generator. With `shared` one set of negatives serves a window; without, each pair
    has its own (and is a window with one input).
    """
    longest = 0
    for s in range(first, last):
        longest = max(longest, offsets[s + 1] - offsets[s])
    kept = np.empty(longest + 1, np.int32)
    n_tiles = negatives // TILE + 1
    n_groups = 1 if shared else 2 * window
    # Two sets of outputs: while one window is worked on, the next one's rows are fetched.
    outputs = np.zeros((2, n_groups * n_tiles * TILE), np.int64)
    rates = np.zeros((2, n_groups * n_tiles * RATES), np.float32)
    bounds = np.zeros((2, 2), np.int64)
    rows = np.empty(2 * window + 1, np.int64)
    packed = np.zeros((2 * window + 2) * stride, np.float32)
    scores = np.zeros((2 * window + 2) * SCORES, np.float32)
    slope = (lr_last - lr_first) / max(1, offsets[last] - offsets[first])
    for s in range(first, last):
        lr = np.float32(lr_first + slope * (offsets[s] - offsets[first]))
        n = subsample(tokens, offsets[s], offsets[s + 1], keep, state, kept)
        if n < 2:
            continue
        for ahead in range(n + 1):
            if ahead < n:
                turn = ahead & 1
                start, stop = window_bounds(ahead, n, window, shrink, state)
                bounds[turn, 0], bounds[turn, 1] = start, stop
                for group in range(n_groups if shared else stop - start - 1):
                    fill_outputs(
                        kept[ahead], table, negatives, lr, state, outputs[turn], rates[turn], group
                    )
                    for j in range(group * n_tiles * TILE, (group + 1) * n_tiles * TILE):
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
            if shared:
                pack(vectors, rows, n_inputs, stride, packed)
                descend(
                    packed, vectors, rows, n_inputs, contexts, outputs[turn], rates[turn], 0,
                    n_tiles, stride, scores,
                )  # fmt: skip
            else:
                for group in range(n_inputs):
                    pack(vectors, rows[group:], 1, stride, packed)
                    descend(
                        packed, vectors, rows[group:], 1, contexts, outputs[turn], rates[turn],
                        group, n_tiles, stride, scores,
                    )  # fmt: skip
