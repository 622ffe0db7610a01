"""Answers to Q16-bands."""

from collections import Counter

import numpy as np

CHECK = "Q16-bands"


def with_counter(scores, own, bands, k):
    places = Counter()
    for row, mine in zip(scores, own, strict=True):
        ranked = sorted(
            set(range(len(row))) - {int(mine)}, key=lambda item: (-float(row[item]), item)
        )
        places.update(int(bands[item]) for item in ranked[:k])
    total = sum(places.values())
    return [places[band] / total for band in range(max(bands) + 1)]


def with_lexsort(scores, own, bands, k):
    scores, bands = np.array(scores, dtype=float), np.asarray(bands)
    m, n = scores.shape
    items = np.tile(np.arange(n), (m, 1))
    mine = items == np.asarray(own)[:, None]
    order = np.lexsort((items, -scores, mine), axis=1)[:, : min(k, n - 1)]
    found = np.take_along_axis(items, order, 1)
    return (bands[found][..., None] == np.arange(bands.max() + 1)).mean(axis=(0, 1))


def by_query_mean(scores, own, bands, k):
    # All queries have equally many places, so the mean of their shares is the share of all.
    one = [with_counter([row], [mine], bands, k) for row, mine in zip(scores, own, strict=True)]
    return np.mean(one, axis=0)


def in_place(scores, own, bands, k):
    result = with_counter(scores, own, bands, k)
    if isinstance(scores, np.ndarray) and scores.dtype == float:
        scores[np.arange(len(scores)), own] = -np.inf
    return result


def only_ints_fail(scores, own, bands, k):
    scores = np.array(scores)
    scores[np.arange(len(scores)), own] = -np.inf
    return with_counter(scores, own, bands, k)


def by_own_band(scores, own, bands, k):
    bands = np.asarray(bands)
    return np.bincount(bands[np.asarray(own)], minlength=bands.max() + 1) / len(own)


def of_the_items(scores, own, bands, k):
    bands = np.asarray(bands)
    return np.bincount(bands) / len(bands)


def first_query_only(scores, own, bands, k):
    return with_counter(scores[:1], own[:1], bands, k)


def own_is_row_number(scores, own, bands, k):
    return with_counter(scores, range(len(scores)), bands, k)


def with_own_scored(low, kind="stable", last=1):
    def band_shares(scores, own, bands, k):
        scores, bands = np.array(scores, dtype=float), np.asarray(bands)
        scores[np.arange(len(scores)), own] = low
        places = min(k, scores.shape[1] - last)
        order = np.argsort(-scores, axis=1, kind=kind)[:, :places]
        return np.bincount(bands[order].ravel(), minlength=bands.max() + 1) / order.size

    return band_shares


def wrapped(scores, own, bands, k):
    order = np.argsort(-np.asarray(scores), axis=1, kind="stable")
    found = [[i for i in row if i != mine][:k] for row, mine in zip(order, own, strict=True)]
    counts = np.bincount(np.asarray(bands)[found].ravel(), minlength=max(bands) + 1)
    return counts / np.size(found)


def strongest_with_ties(scores, own, bands, k):
    scores, bands = np.array(scores, dtype=float), np.asarray(bands)
    scores[np.arange(len(scores)), own] = -np.inf
    kth = np.sort(scores, axis=1)[:, ::-1][:, min(k, scores.shape[1] - 1) - 1]
    rows, items = np.nonzero(scores >= kth[:, None])
    return np.bincount(bands[items], minlength=bands.max() + 1) / len(items)


RIGHT = [with_counter, with_lexsort, by_query_mean]
WRONG = [
    (in_place, "changed argument 1 in place"),
    (only_ints_fail, "whole numbers"),
    (by_own_band, "not right"),
    (of_the_items, "not right"),
    (first_query_only, "not right"),
    (own_is_row_number, "Query i is item `itself[i]`"),
    (with_own_scored(0), "Nothing is below -np.inf"),
    (with_own_scored(-1), "Nothing is below -np.inf"),
    (with_own_scored(-999), "Nothing is below -np.inf"),
    (with_own_scored(-np.inf, kind=None), "kind='stable'"),
    (with_own_scored(-np.inf, last=0), "comes back at the end"),
    (wrapped, "smallest case  unsigned"),
    (strongest_with_ties, "not right"),
    (lambda scores, own, bands, k: 1.0, "one number"),
]
SURVIVORS = {
    "order = np.argsort(-scores, axis=1, kind='stable')[:, :min(k, n - 1)]: "
    "np.argsort(-scores, axis=1, kind='stable') -> np.argsort(-scores, kind='stable')": (
        "the last axis is the default"
    ),
    "order = np.argsort(-scores, axis=1, kind='stable')[:, :min(k, n - 1)]: "
    "min(k, n - 1) -> min(n - 1, k)": "the smaller of two is the same",
}
