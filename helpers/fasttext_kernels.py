"""The inner loops of fastText: hashing n-grams, composing words, one block of a sentence.

A word's input vector is the mean of its own row and the rows of its n-grams. Within a block of
a sentence each different word is composed once into a row of `composed`; skip-gram's own kernel
then trains those rows, and in the end the change of each is added to all rows that it came from,
undivided, as fastText does. (The mean of rows that all move by D moves by D, so a composed row
stays equal to its parts' mean but for parts that the block's words share.)
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

BLOCK = 64  # centre words between two write-backs
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
def compose(word, words, ngrams, grams, first, last, stride, out, start):
    """Write the mean of a word's row (none if `word` < 0) and its n-grams' rows to `out`."""
    n = last - first + (word >= 0)
    share = splat(np.float32(1) / np.float32(max(1, n)))
    for k in range(0, stride, LANES):
        total = load(words, word * stride + k) if word >= 0 else zero()
        one = splat(np.float32(1))
        for g in range(first, last):
            total = fma(one, load(ngrams, grams[g] * stride + k), total)
        store(out, start + k, fma(share, total, zero()))


@_jit
def compose_all(words, ngrams, grams, offsets, stride, out):
    """Compose every word of the vocabulary into `out`, flat with rows of `stride` floats."""
    for w in range(offsets.size - 1):
        compose(w, words, ngrams, grams, offsets[w], offsets[w + 1], stride, out, w * stride)


@_jit
def _spread(composed, before, slot, word, words, ngrams, grams, first, last, stride):
    """Add the change of a composed row to the word's row and its n-grams' rows."""
    minus = splat(np.float32(-1))
    one = splat(np.float32(1))
    for k in range(0, stride, LANES):
        place = slot * stride + k
        change = fma(minus, load(before, place), load(composed, place))
        store(before, place, change)
        store(words, word * stride + k, fma(one, change, load(words, word * stride + k)))
    for g in range(first, last):
        row = grams[g] * stride
        for k in range(0, stride, LANES):
            store(ngrams, row + k, fma(one, load(before, slot * stride + k), load(ngrams, row + k)))


@_jit
def fasttext_chunk(
    words, ngrams, grams, gram_offsets, contexts, stride, tokens, offsets, first, last, keep,
    table, window, negatives, shrink, shared, lr_first, lr_last, state,
):  # fmt: skip
    """Train fastText skip-gram on the sentences `first` to `last` - 1.

    `words` and `ngrams` are the two input matrices, `grams` and `gram_offsets` the n-grams of
    each word; the other arguments are those of ``word2vec_kernels.sgns_chunk``.
    """
    longest = 0
    for s in range(first, last):
        longest = max(longest, offsets[s + 1] - offsets[s])
    kept = np.empty(longest + 1, np.int32)
    slots = np.full(keep.size, -1, np.int32)
    size = BLOCK + 2 * window
    members = np.empty(size, np.int64)
    composed, before = np.zeros(size * stride, np.float32), np.zeros(size * stride, np.float32)
    n_tiles = negatives // TILE + 1
    outputs, rates = np.zeros(n_tiles * TILE, np.int64), np.zeros(n_tiles * RATES, np.float32)
    rows = np.empty(2 * window + 1, np.int64)
    packed = np.zeros((2 * window + 2) * stride, np.float32)
    scores = np.zeros((2 * window + 2) * SCORES, np.float32)
    slope = (lr_last - lr_first) / max(1, offsets[last] - offsets[first])
    for s in range(first, last):
        lr = np.float32(lr_first + slope * (offsets[s] - offsets[first]))
        n = subsample(tokens, offsets[s], offsets[s + 1], keep, state, kept)
        for begin in range(0, n, BLOCK):
            end = min(n, begin + BLOCK)
            n_members = 0
            for j in range(max(0, begin - window), min(n, end + window)):
                if slots[kept[j]] < 0:
                    slots[kept[j]] = n_members
                    members[n_members] = kept[j]
                    n_members += 1
            for m in range(n_members):
                # The rows of n-grams lie all over the memory: fetch two words' ahead.
                word = members[min(m + 2, n_members - 1)]
                for g in range(gram_offsets[word], gram_offsets[word + 1]):
                    prefetch_row(ngrams, grams[g] * stride, stride)
                word = members[m]
                compose(
                    word, words, ngrams, grams, gram_offsets[word], gram_offsets[word + 1],
                    stride, composed, m * stride,
                )  # fmt: skip
            before[: n_members * stride] = composed[: n_members * stride]
            for i in range(begin, end):
                prefetch_row(contexts, kept[min(i + 1, end - 1)] * stride, stride)
                start, stop = window_bounds(i, n, window, shrink, state)
                n_inputs = 0
                for j in range(start, stop):
                    rows[n_inputs] = slots[kept[j]] * stride
                    n_inputs += j != i
                group = n_inputs if shared else 1
                for j in range(0, n_inputs, max(1, group)):
                    fill_outputs(kept[i], table, negatives, lr, state, outputs, rates, 0)
                    pack(composed, rows[j:], group, stride, packed)
                    descend(
                        packed, composed, rows[j:], group, contexts, outputs, rates, 0,
                        n_tiles, stride, scores,
                    )  # fmt: skip
            for m in range(n_members):
                word = members[m]
                slots[word] = -1
                _spread(
                    composed, before, m, word, words, ngrams, grams, gram_offsets[word],
                    gram_offsets[word + 1], stride,
                )  # fmt: skip
