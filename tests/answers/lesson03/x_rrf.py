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


RIGHT = [counter, with_a_table, exact_sums]
WRONG = [
    (not_sorted, "sort the items by score"),
    (worst_first, "sort the items by score"),
    (items_only, "two lists: the items, best first, and their scores"),
    (pairs, "two lists"),
    (constant_fixed, "not right, first at"),
    (constant_outside, "values are not right"),
    (items_in_all_lists, "should come back"),
    (result_cut_too, "should come back"),
    (two_lists_only, "should come back"),
]
SURVIVORS = {}
