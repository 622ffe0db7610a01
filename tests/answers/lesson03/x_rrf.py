"""Answers to X-rrf."""

import math
from collections import Counter, defaultdict

import numpy as np

CHECK = "X-rrf"


def counter(rankings, constant, depth):
    total = Counter()
    for ranking in rankings:
        for place, item in enumerate(list(ranking)[:depth]):
            total[item] += 1 / (constant + place + 1)
    pairs = total.most_common()
    return [item for item, _ in pairs], [score for _, score in pairs]


def with_a_table(rankings, constant, depth):
    items = sorted({int(item) for ranking in rankings for item in ranking[:depth]})
    table = np.zeros((len(rankings), len(items)))
    for row, ranking in enumerate(rankings):
        for place, item in enumerate(ranking[:depth]):
            table[row, items.index(item)] = 1 / (constant + place + 1)
    scores = table.sum(axis=0) if len(rankings) else np.zeros(0)
    order = np.argsort(-scores, kind="stable")
    return np.array(items)[order], scores[order]


def exact_sums(rankings, constant, depth):
    terms = defaultdict(list)
    for ranking in reversed(rankings):
        for item, term in zip(ranking[:depth], 1 / (constant + np.arange(1, depth + 1))):  # noqa: B905
            terms[item].append(term)
    pairs = sorted((-math.fsum(found), -item) for item, found in terms.items())
    return [-item for _, item in pairs], [-score for score, _ in pairs]


def with_float32(rankings, constant, depth):
    items, scores = counter(rankings, constant, depth)
    return items, np.array(scores, np.float32)


def not_sorted(rankings, constant, depth):
    items, scores = counter(rankings, constant, depth)
    order = np.argsort(items)
    return np.array(items)[order], np.array(scores)[order]


def worst_first(rankings, constant, depth):
    items, scores = counter(rankings, constant, depth)
    return items[::-1], scores[::-1]


def items_only(rankings, constant, depth):
    return counter(rankings, constant, depth)[0]


def pairs(rankings, constant, depth):
    return list(zip(*counter(rankings, constant, depth), strict=True))


def constant_fixed(rankings, constant, depth):
    return counter(rankings, 60, depth)


def constant_outside(rankings, constant, depth):
    total = Counter()
    for ranking in rankings:
        for place, item in enumerate(list(ranking)[:depth]):
            total[item] += 1 / constant + 1 / (place + 1)
    return list(total), list(total.values())


def items_in_all_lists(rankings, constant, depth):
    items, scores = counter(rankings, constant, depth)
    kept = [i for i, item in enumerate(items) if all(item in list(r)[:depth] for r in rankings)]
    return [items[i] for i in kept], [scores[i] for i in kept]


def result_cut_too(rankings, constant, depth):
    items, scores = counter(rankings, constant, depth)
    return items[:depth], scores[:depth]


def two_lists_only(rankings, constant, depth):
    return counter(rankings[:2], constant, depth)


def complex_scores(rankings, constant, depth):
    items, scores = counter(rankings, constant, depth)
    return items, np.array(scores, complex)


def twice_listed(rankings, constant, depth):
    terms = [(-1 / (constant + i), item) for r in rankings for i, item in enumerate(r[:depth], 1)]
    return [item for _, item in sorted(terms)], [-score for score, _ in sorted(terms)]


def renamed(rankings, constant, depth):
    items, scores = counter(rankings, constant, depth)
    return list(range(len(items))), scores


RIGHT = [counter, with_a_table, exact_sums, with_float32]
WRONG = [
    (not_sorted, "sort the items by score"),
    (worst_first, "sort the items by score"),
    (items_only, "two lists: the items, best first, and their scores"),
    (pairs, "two lists"),
    (constant_fixed, "take it from the call"),
    (constant_outside, "has the score"),
    (items_in_all_lists, "were read within `depth`"),
    (result_cut_too, "and then the result too"),
    (two_lists_only, "return each of these, and no other"),
    (complex_scores, "not complex ones"),
    (twice_listed, "an item came back twice"),
    (renamed, "which no list holds"),
]
SURVIVORS = {}
