"""Answers to X-cooc."""

from collections import Counter, defaultdict
from itertools import combinations

import numpy as np

CHECK = "X-cooc"


def pairs_both_ways(sentences, window):
    counts = Counter()
    for sentence in sentences:
        for (p, i), (q, j) in combinations(enumerate(sentence), 2):
            if q - p <= window:
                counts[i, j] += 1 / (q - p)
                counts[j, i] += 1 / (q - p)
    return counts


def by_distance(sentences, window):
    counts = defaultdict(float)
    for sentence in sentences:
        for m in range(1, min(window, len(sentence)) + 1):
            for left, right in zip(sentence, sentence[m:], strict=False):
                counts[left, right] += 1.0 / m
                counts[right, left] += 1.0 / m
    return counts


def by_slices(sentences, window):
    counts = {}
    for s in sentences:
        for p in range(len(s)):
            before, after = s[max(0, p - window) : p][::-1], s[p + 1 : p + 1 + window]
            for side in (before, after):
                for m, context in enumerate(side, start=1):
                    counts[s[p], context] = counts.get((s[p], context), 0) + 1 / m
    return counts


def dense_then_sparse(sentences, window):
    ids = sorted({word for sentence in sentences for word in sentence})
    row = {word: n for n, word in enumerate(ids)}
    table = np.zeros((len(ids), len(ids)))
    for sentence in sentences:
        places = np.array([row[word] for word in sentence], dtype=int)
        for m in range(1, min(window, len(places)) + 1):
            np.add.at(table, (places[:-m], places[m:]), 1 / m)
    table += table.T
    return {(ids[a], ids[b]): table[a, b] for a, b in np.argwhere(table)}


def dense(sentences, window):
    cells = by_distance(sentences, window)
    size = 1 + max((i for i, _ in cells), default=0)
    if size > 10**4:
        raise MemoryError
    table = np.zeros((size, size))
    for pair, count in cells.items():
        table[pair] = count
    return table


def all_cells(sentences, window):
    cells = by_distance(sentences, window)
    ids = sorted({word for sentence in sentences for word in sentence})
    return {(i, j): cells.get((i, j), 0.0) for i in ids for j in ids}


def nested(sentences, window):
    rows = defaultdict(dict)
    for (i, j), count in by_distance(sentences, window).items():
        rows[i][j] = count
    return rows


def rounded(sentences, window):
    return {pair: round(count, 2) for pair, count in by_distance(sentences, window).items()}


def capped(sentences, window):
    return {pair: min(count, 1) for pair, count in by_distance(sentences, window).items()}


def integers(sentences, window):
    return {pair: int(count) for pair, count in by_distance(sentences, window).items()}


def window_in_all(sentences, window):
    return by_distance(sentences, max(window // 2, 1))


def changes_sentences(sentences, window):
    counts = by_distance(sentences, window)
    for sentence in sentences:
        sentence.clear()
    return counts


def strings(sentences, window):
    return {f"{i} {j}": count for (i, j), count in by_distance(sentences, window).items()}


def unordered_pairs(sentences, window):
    cells = by_distance(sentences, window)
    return {frozenset(pair): count for pair, count in cells.items()}


RIGHT = [pairs_both_ways, by_distance, by_slices, dense_then_sparse]
WRONG = [
    (dense, "only the others are kept"),
    (all_cells, "the two words never meet"),
    (nested, "a key is a tuple of two ids"),
    (strings, "a key is a tuple of two ids"),
    (unordered_pairs, "a key is a tuple of two ids"),
    (rounded, "the cell (5, 5) holds 3.67, not 3.66667"),
    (capped, "the cell (4, 4) holds 1, not 2"),
    (integers, "holds 0, not 0.5"),
    (window_in_all, "is missing; it should hold 0.5"),
    (changes_sentences, "work on a copy"),
    (lambda sentences, window: {}, "is missing; it should hold 1"),
    (lambda sentences, window: None, "is the `return` there?"),
    (lambda sentences, window: list(by_distance(sentences, window).items()), "a dict"),
]
SURVIVORS = {}
