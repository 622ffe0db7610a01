"""The inner loops of fastText: hashing n-grams, composing words, one block of a sentence.

A word's input vector is the mean of its parts: its own row and the rows of its n-grams. The
tokens of a slice of the corpus that survive subsampling are worked on in blocks. Each different
word of a block is composed once into a row of `composed`; skip-gram's own kernel then trains
those rows, and in the end the change of each is added to all parts that it came from, undivided,
as fastText does. (The mean of rows that all move by D moves by D, so a composed row stays equal
to its parts' mean but for parts that the block's words share.) Reading and writing the parts is
memory-bound, hence the blocks, the fetching ahead and the order of rows (``fasttext._parts_of``).
"""

import numpy as np
from numba import njit

from helpers._simd import LANES, fma, load, splat, store, zero
from helpers.word2vec_kernels import (
    RATES,
    SCORES,
    TILE,
    _jit,
    descend,
    fill_outputs,
    pack,
    prefetch_row,
    subsample,
    window_bounds,
)

BLOCK = 256  # centre words between two write-backs, at most
AHEAD = 1  # words whose rows are fetched before they are needed
_BASIS, _PRIME, _LOW = np.uint64(2166136261), np.uint64(16777619), np.uint64(0xFFFFFFFF)


@njit(cache=True)
def hash_ngrams(text, starts, min_n, max_n, buckets):
    """Bucket numbers of the n-grams of many words.

    Parameters
    ----------
    text : ndarray, uint8
        UTF-8 of all words with their marks, one after another.
    starts : ndarray (V + 1,), int64
        Word w is ``text[starts[w] : starts[w + 1]]``.
    min_n, max_n : int
        Shortest and longest n-gram, in characters.
    buckets : int
        Number of buckets.

    Returns
    -------
    grams : ndarray, int32
        Bucket numbers, in the order of ``fasttext.ngrams``.
    offsets : ndarray (V + 1,), int64
        Those of word w are ``grams[offsets[w] : offsets[w + 1]]``.
    """
    grams = np.empty(text.size * (max_n - min_n + 1), np.int32)
    offsets = np.zeros(starts.size, np.int64)
    n_grams = 0
    for w in range(starts.size - 1):
        stop = starts[w + 1]
        for n in range(min_n, max_n + 1):
            for i in range(starts[w], stop):
                if text[i] & 0xC0 == 0x80:  # inside a character
                    continue
                value, length, j = _BASIS, 0, i
                while j < stop and (length < n or text[j] & 0xC0 == 0x80):
                    length += text[j] & 0xC0 != 0x80
                    byte = np.uint64(text[j])
                    if byte > np.uint64(127):  # fastText hashes signed bytes
                        byte |= np.uint64(0xFFFFFF00)
                    value = ((value ^ byte) * _PRIME) & _LOW
                    j += 1
                if length == n and not (n == 1 and (i == starts[w] or j == stop)):
                    grams[n_grams] = np.int64(value % np.uint64(buckets))
                    n_grams += 1
        offsets[w + 1] = n_grams
    return grams[:n_grams], offsets


@_jit
def block_size(n_words):
    """Centre words between two write-backs, for a vocabulary of `n_words`.

    A long block reads the rows of frequent words once for many windows. But words with n-grams
    in common do not see one another's changes within it, so small vocabularies get short ones.
    """
    return min(BLOCK, max(16, n_words // 8))


@_jit
def _fetch(parts, first, last, matrix, stride):
    """Ask for the rows ``parts[first:last]``: they lie all over the memory."""
    for p in range(first, last):
        prefetch_row(matrix, parts[p] * stride, stride)


@_jit
def compose(matrix, parts, first, last, stride, out, start):
    """Write the mean of the rows ``parts[first:last]`` of `matrix` to `out`."""
    share, one = splat(np.float32(1) / np.float32(last - first)), splat(np.float32(1))
    whole = stride - stride % (4 * LANES)
    for k in range(0, whole, 4 * LANES):  # four chains of additions, not one
        a, b, c, d = zero(), zero(), zero(), zero()
        for p in range(first, last):
            row = parts[p] * stride + k
            a, b = fma(one, load(matrix, row), a), fma(one, load(matrix, row + LANES), b)
            c = fma(one, load(matrix, row + 2 * LANES), c)
            d = fma(one, load(matrix, row + 3 * LANES), d)
        store(out, start + k, fma(share, a, zero()))
        store(out, start + k + LANES, fma(share, b, zero()))
        store(out, start + k + 2 * LANES, fma(share, c, zero()))
        store(out, start + k + 3 * LANES, fma(share, d, zero()))
    for k in range(whole, stride, LANES):
        a = zero()
        for p in range(first, last):
            a = fma(one, load(matrix, parts[p] * stride + k), a)
        store(out, start + k, fma(share, a, zero()))


@_jit
def compose_words(members, n, matrix, parts, offsets, stride, out):
    """Compose the `n` words `members` into the rows of `out`, flat, of `stride` floats."""
    for m in range(n):
        coming = members[min(m + AHEAD, n - 1)]
        _fetch(parts, offsets[coming], offsets[coming + 1], matrix, stride)
        word = members[m]
        compose(matrix, parts, offsets[word], offsets[word + 1], stride, out, m * stride)


@_jit
def spread_changes(members, n, matrix, parts, offsets, stride, composed, before):
    """Add ``composed - before`` to all rows of each word; `before` is overwritten."""
    minus, one = splat(np.float32(-1)), splat(np.float32(1))
    for m in range(n):
        coming = members[min(m + AHEAD, n - 1)]
        _fetch(parts, offsets[coming], offsets[coming + 1], matrix, stride)
        word, place = members[m], m * stride
        for k in range(place, place + stride, LANES):
            store(before, k, fma(minus, load(before, k), load(composed, k)))
        for p in range(offsets[word], offsets[word + 1]):
            row = parts[p] * stride
            for k in range(0, stride, LANES):
                store(matrix, row + k, fma(one, load(before, place + k), load(matrix, row + k)))


@_jit
def _subsample_chunk(tokens, offsets, first, last, keep, state, kept, starts):
    """Subsample sentences one after another into `kept`; write where each begins to `starts`."""
    n = 0
    for s in range(first, last):
        starts[s - first] = n
        n += subsample(tokens, offsets[s], offsets[s + 1], keep, state, kept[n:])
    starts[last - first] = n
    return n


@_jit
def fasttext_chunk(
    matrix, parts, part_offsets, contexts, stride, tokens, offsets, first, last, keep, table,
    window, negatives, shrink, shared, lr_first, lr_last, state,
):  # fmt: skip
    """Train fastText skip-gram on the sentences `first` to `last` - 1.

    Word w is made of the rows ``parts[part_offsets[w] : part_offsets[w + 1]]`` of `matrix`;
    the other arguments are those of ``word2vec_kernels.sgns_chunk``.
    """
    kept = np.empty(offsets[last] - offsets[first] + 1, np.int32)
    starts = np.empty(last - first + 1, np.int64)
    n_kept = _subsample_chunk(tokens, offsets, first, last, keep, state, kept, starts)
    slots = np.full(keep.size, -1, np.int32)
    block = block_size(keep.size)
    longest = min(keep.size, block + 2 * window)  # different words in a block
    members = np.empty(longest, np.int64)
    composed, before = np.zeros((2, longest * stride), np.float32)
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
    sentence = 0  # the sentence of the window that is prepared
    for begin in range(0, n_kept, block):
        end = min(n_kept, begin + block)
        n_members = 0
        for j in range(max(0, begin - window), min(n_kept, end + window)):
            if slots[kept[j]] < 0:
                slots[kept[j]] = n_members
                members[n_members] = kept[j]
                n_members += 1
        compose_words(members, n_members, matrix, parts, part_offsets, stride, composed)
        before[: n_members * stride] = composed[: n_members * stride]
        for ahead in range(begin, end + 1):
            if ahead < end:
                turn = ahead & 1
                while ahead >= starts[sentence + 1]:
                    sentence += 1
                done = offsets[first + sentence] - offsets[first]
                lr = np.float32(lr_first + slope * done)
                low, high = starts[sentence], starts[sentence + 1]
                start, stop = window_bounds(ahead - low, high - low, window, shrink, state)
                bounds[turn, 0], bounds[turn, 1] = low + start, low + stop
                for group in range(n_groups if shared else stop - start - 1):
                    fill_outputs(
                        kept[ahead], table, negatives, lr, state, outputs[turn], rates[turn], group
                    )
                    for j in range(group * n_tiles * TILE, (group + 1) * n_tiles * TILE):
                        prefetch_row(contexts, outputs[turn, j] * stride, stride)
            if ahead == begin:
                continue
            i = ahead - 1
            turn = i & 1
            n_inputs = 0
            for j in range(bounds[turn, 0], bounds[turn, 1]):
                rows[n_inputs] = slots[kept[j]] * stride
                n_inputs += j != i
            size = n_inputs if shared else 1
            for j in range(0, n_inputs, max(1, size)):
                pack(composed, rows[j:], size, stride, packed)
                descend(
                    packed, composed, rows[j:], size, contexts, outputs[turn], rates[turn],
                    0 if shared else j, n_tiles, stride, scores,
                )  # fmt: skip
        spread_changes(members, n_members, matrix, parts, part_offsets, stride, composed, before)
        for m in range(n_members):
            slots[members[m]] = -1
