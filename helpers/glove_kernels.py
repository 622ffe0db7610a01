"""The inner loops of GloVe: cells of the count matrix in tiles, one AdaGrad step for each cell.

A *cell* is one stored count X of word i with context j. Its step descends on
f(X) (w_i . c_j - log X)^2, where the biases are two more coordinates: w ends with (b, 1), c with
(1, b~). Their ones must not move; their sums of squares start at :data:`FROZEN` for that.

Words are dealt out into P row blocks and P column blocks, which cut the matrix into P x P
*tiles*. A tile's vectors are few enough to stay in a core's cache. Tiles that share neither rows
nor columns touch different numbers, so threads may work on them at the same time, and the result
does not depend on who does which: stratified stochastic gradient descent (Gemulla et al. 2011).

Matrices arrive flat. A row is `stride` parameters, then their `stride` sums of squares.
"""

import numpy as np
from numba import njit

from helpers._simd import (
    LANES,
    aligned_zeros,
    fma,
    load,
    mul,
    prefetch,
    rsqrt,
    splat,
    store,
    total,
    zero,
)

FROZEN = np.float32(1e30)  # a sum of squares so large that nothing moves
MOST_BLOCKS = 64  # with 16, a word's cells come in long runs, and quality varies more with the seed
TILE_CELLS = 500  # with fewer cells in a tile, more blocks do not pay
AHEAD = 4  # cells between asking for vectors and using them
_jit = njit(cache=True, nogil=True, fastmath=True, error_model="numpy")


@_jit
def fill_tiles(indptr, indices, counts, weights, row_block, column_block, n_blocks):
    """Sort the cells by tile.

    Parameters
    ----------
    indptr, indices, counts : ndarray
        A sparse matrix in CSR form; cells with a count of 0 are left out.
    weights : ndarray (nnz,), float32
        f(X) of each cell.
    row_block, column_block : ndarray (V,), int64
        Block of each word.
    n_blocks : int
        P.

    Returns
    -------
    cells : ndarray (n, 2), int32
        Word and context.
    targets : ndarray (n, 2), float32
        log X and f(X).
    starts : ndarray (P * P + 1,), int64
        Tile t = row block * P + column block is ``cells[starts[t] : starts[t + 1]]``.
    """
    starts = np.zeros(n_blocks * n_blocks + 1, np.int64)
    for i in range(indptr.size - 1):
        for place in range(indptr[i], indptr[i + 1]):
            if counts[place] > 0:
                starts[row_block[i] * n_blocks + column_block[indices[place]] + 1] += 1
    starts = np.cumsum(starts)
    following = starts[:-1].copy()
    cells = np.empty((starts[-1], 2), np.int32)
    targets = np.empty((starts[-1], 2), np.float32)
    for i in range(indptr.size - 1):
        for place in range(indptr[i], indptr[i + 1]):
            if counts[place] > 0:
                tile = row_block[i] * n_blocks + column_block[indices[place]]
                n = following[tile]
                cells[n, 0], cells[n, 1] = i, indices[place]
                targets[n, 0], targets[n, 1] = np.log(counts[place]), weights[place]
                following[tile] += 1
    return cells, targets, starts


def make_tiles(indptr, indices, counts, weights):
    """Deal out the words to blocks and sort the cells by tile.

    Parameters
    ----------
    indptr, indices, counts, weights
        As in ``fill_tiles``.

    Returns
    -------
    cells, targets, starts
        As from ``fill_tiles``, but `cells` holds places instead of words.
    places : ndarray (2, V), int64
        Row of each word, and of each context, in its matrix: block by block, so that a block's
        vectors lie together.
    n_blocks : int
        P.
    """
    n_blocks = int(np.clip(np.sqrt(len(counts) / TILE_CELLS), 1, MOST_BLOCKS))
    in_row = np.diff(indptr)
    in_column = np.bincount(indices, minlength=len(in_row))
    blocks, places = np.empty((2, 2, len(in_row)), dtype=np.int64)
    for block, place, n_cells in zip(blocks, places, (in_row, in_column), strict=True):
        # Words are dealt out like cards, from the most cells to the fewest: all blocks get alike.
        rank = np.arange(len(n_cells))
        block[np.argsort(-n_cells, kind="stable")] = rank % n_blocks
        place[np.argsort(block, kind="stable")] = rank
    cells, targets, starts = fill_tiles(indptr, indices, counts, weights, *blocks, n_blocks)
    for side in (0, 1):
        cells[:, side] = places[side][cells[:, side]]
    return cells, targets, starts, places, n_blocks


def rounds(n_blocks, seed, epoch):
    """Yield the rounds of an epoch.

    Yields
    ------
    tiles : ndarray (P,), int64
        Tiles without a block in common.
    seeds : ndarray (P * P,), uint64
        A seed for every tile of the epoch.
    """
    rng = np.random.default_rng([seed, 2, epoch])
    seeds = rng.integers(2**64, size=n_blocks**2, dtype=np.uint64)
    rows, columns = np.arange(n_blocks), rng.permutation(n_blocks)
    for turn in rng.permutation(n_blocks):
        yield rows * n_blocks + np.roll(columns, turn), seeds


def initial_matrix(places, dim, biases, rng, side):
    """Make the parameters of words (side 0) or contexts (1), and behind them sums of squares.

    A row is (vector, b, 1) for a word and (vector, 1, b~) for a context, then zeros up to the
    stride; without `biases` only the vector.
    """
    stride = -(-(dim + 2 * bool(biases)) // LANES) * LANES
    matrix = aligned_zeros(len(places), 2 * stride)
    matrix[:, stride:] = 1
    size = dim + bool(biases)
    start = (rng.random((size, len(places)), dtype=np.float32) - np.float32(0.5)) / np.float32(dim)
    matrix[places, :dim] = start[:dim].T
    if biases:
        own, other = dim + side, dim + 1 - side
        matrix[places, own] = start[dim]
        matrix[:, other], matrix[:, stride + other] = 1, FROZEN
    return matrix


@_jit
def shuffle(cells, targets, first, last, state):
    """Put the cells `first` to `last` - 1 into random order (Fisher and Yates)."""
    for n in range(last - 1, first, -1):
        state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        other = first + np.int64(
            ((state >> np.uint64(32)) * np.uint64(n - first + 1)) >> np.uint64(32)
        )
        for k in range(2):
            cells[n, k], cells[other, k] = cells[other, k], cells[n, k]
            targets[n, k], targets[other, k] = targets[other, k], targets[n, k]


@_jit
def descend(words, contexts, stride, cells, targets, first, last, lr):
    """One step for each of the cells `first` to `last` - 1; return the summed weighted squares."""
    weighted_squares = 0.0
    one, minus_lr = splat(np.float32(1)), splat(-lr)
    for n in range(first, last):
        soon = min(n + AHEAD, last - 1)
        for k in range(0, 2 * stride, 16):
            prefetch(words, 2 * stride * cells[soon, 0] + k)
            prefetch(contexts, 2 * stride * cells[soon, 1] + k)
        i, j = 2 * stride * cells[n, 0], 2 * stride * cells[n, 1]
        even, odd = zero(), zero()  # two sums, as each addition waits for the one before
        for k in range(0, stride - LANES, 2 * LANES):
            even = fma(load(words, i + k), load(contexts, j + k), even)
            odd = fma(load(words, i + k + LANES), load(contexts, j + k + LANES), odd)
        if stride % (2 * LANES):
            k = stride - LANES
            even = fma(load(words, i + k), load(contexts, j + k), even)
        error = total(fma(one, even, odd)) - targets[n, 0]
        gain = targets[n, 1] * error
        weighted_squares += gain * error
        gains = splat(gain)
        for k in range(0, stride, LANES):
            w, c = load(words, i + k), load(contexts, j + k)
            by_w, by_c = mul(gains, c), mul(gains, w)
            w_squares = fma(by_w, by_w, load(words, i + stride + k))
            c_squares = fma(by_c, by_c, load(contexts, j + stride + k))
            store(words, i + stride + k, w_squares)
            store(contexts, j + stride + k, c_squares)
            store(words, i + k, fma(mul(minus_lr, by_w), rsqrt(w_squares), w))
            store(contexts, j + k, fma(mul(minus_lr, by_c), rsqrt(c_squares), c))
    return weighted_squares


@_jit
def train_tiles(words, contexts, stride, cells, targets, starts, tiles, seeds, lr, costs):
    """Shuffle and train the given tiles; their summed weighted squares go to `costs`."""
    for tile in tiles:
        first, last = starts[tile], starts[tile + 1]
        shuffle(cells, targets, first, last, seeds[tile])
        costs[tile] = descend(words, contexts, stride, cells, targets, first, last, lr)


@_jit
def summed_cost(indptr, indices, counts, weights, words, contexts, word_biases, context_biases):
    """Sum of ``f (w . c + b + b~ - log X)^2`` over the stored cells with X > 0."""
    total = 0.0
    for i in range(indptr.size - 1):
        for place in range(indptr[i], indptr[i + 1]):
            if counts[place] > 0:
                j = indices[place]
                score = np.float32(0)
                for k in range(words.shape[1]):
                    score += words[i, k] * contexts[j, k]
                error = score + word_biases[i] + context_biases[j] - np.log(counts[place])
                total += weights[place] * error * error
    return total
