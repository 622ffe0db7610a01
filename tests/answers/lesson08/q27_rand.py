"""Answers to Q27-rand."""

from collections import Counter
from itertools import combinations
from math import comb

import numpy as np
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

CHECK = "Q27-rand"


def by_counters(labels, clusters):
    named = [(c, 0) if c != -1 else ("noise", i) for i, c in enumerate(clusters)]
    both = sum(comb(m, 2) for m in Counter(zip(labels, named, strict=True)).values())
    a = sum(comb(m, 2) for m in Counter(labels).values())
    b = sum(comb(m, 2) for m in Counter(named).values())
    e = a * b / comb(len(named), 2)
    return 1 if (a + b) / 2 == e else (both - e) / ((a + b) / 2 - e)


def by_sklearn(labels, clusters):
    clusters = [c if c != -1 else -1 - i for i, c in enumerate(clusters)]
    clusters = np.unique(clusters, return_inverse=True)[1]
    return np.array(adjusted_rand_score(labels, clusters))


def by_matrices(labels, clusters):
    labels, clusters = np.asarray(labels), np.asarray(clusters)
    upper = np.triu_indices(len(labels), 1)
    kind = (labels[:, None] == labels)[upper]
    found = ((clusters[:, None] == clusters) & (clusters != -1))[upper]
    e = kind.mean() * found.mean()
    span = (kind.mean() + found.mean()) / 2 - e
    return ((kind & found).mean() - e) / span if span > 1e-12 else 1.0


def _by_table(noise_first="max + 1", pairs=None, real=np.float64, keep=None, width=None):
    """Answer as a learner writes it; each argument changes one thing."""

    def answer(labels, clusters):
        labels, clusters = np.asarray(labels), np.array(clusters, dtype=width)
        noise = clusters == -1
        if keep is not None:
            labels, clusters, noise = labels[~noise], clusters[~noise], noise[~noise]
        elif noise.any():
            others = len(set(clusters.tolist()) - {-1})
            firsts = {"max": clusters.max(), "0": 0, "count": others + 1, "count of others": others}
            first = firsts.get(noise_first, clusters.max() + 1)
            clusters[noise] = first + np.arange(noise.sum())
        kinds = np.unique(labels, return_inverse=True)[1]
        groups = np.unique(clusters, return_inverse=True)[1]
        table = np.zeros((kinds.max() + 1, groups.max() + 1), dtype=real)
        np.add.at(table, (kinds, groups), real(1))
        count = pairs or (lambda m: (m * (m - 1) * real(0.5)).sum())
        s, a, b = count(table), count(table.sum(axis=1)), count(table.sum(axis=0))
        n = len(kinds)
        e = a * b / real(n * (n - 1) / 2)
        span = (a + b) * real(0.5) - e
        return real(1) if abs(span) < 1e-4 else (s - e) / span

    return answer


def without_chance(labels, clusters):
    named = [(c, 0) if c != -1 else ("noise", i) for i, c in enumerate(clusters)]
    both = sum(comb(m, 2) for m in Counter(zip(labels, named, strict=True)).values())
    a = sum(comb(m, 2) for m in Counter(labels).values())
    b = sum(comb(m, 2) for m in Counter(named).values())
    return both / ((a + b) / 2) if a + b else 1.0


def noise_one_by_one_but_minus_one_stays(labels, clusters):
    return adjusted_rand_score(labels, clusters)


def mutual_information(labels, clusters):
    clusters = [c if c != -1 else -1 - i for i, c in enumerate(clusters)]
    return normalized_mutual_info_score(labels, clusters)


def ordered_pairs_over_unordered(labels, clusters):
    named = [(c, 0) if c != -1 else ("noise", i) for i, c in enumerate(clusters)]
    both = sum(m * (m - 1) for m in Counter(zip(labels, named, strict=True)).values())
    a = sum(m * (m - 1) for m in Counter(labels).values())
    b = sum(m * (m - 1) for m in Counter(named).values())
    e = a * b / comb(len(named), 2)
    return 1 if (a + b) / 2 == e else (both - e) / ((a + b) / 2 - e)


def per_kind(labels, clusters):
    return [by_counters(labels, clusters)] * len(set(labels))


def rounded(labels, clusters):
    return round(by_counters(labels, clusters), 2)


def in_place(labels, clusters):
    found = by_counters(labels, clusters)
    if isinstance(clusters, np.ndarray):
        lonely = clusters == -1
        clusters[lonely] = 100 + np.arange(lonely.sum())
    return found


def kind_minus_one_is_noise_too(labels, clusters):
    labels = [k if k not in (-1, "-1") else ("noise", i) for i, k in enumerate(list(labels))]
    return by_counters(labels, clusters)


def only_numbers(labels, clusters):
    table = np.zeros((max(labels) + 1, max(clusters) + 2))
    for k, c in zip(labels, clusters, strict=True):
        table[k, c] += 1
    return by_counters(labels, clusters)


def agreeing_pairs(labels, clusters):
    pairs = list(combinations(range(len(labels)), 2))
    same = [
        (labels[i] == labels[j]) == (clusters[i] == clusters[j] and clusters[i] != -1)
        for i, j in pairs
    ]
    return 2 * sum(same) / len(pairs) - 1


RIGHT = [
    by_counters,
    by_sklearn,
    by_matrices,
    _by_table(width=np.int64),
    _by_table(width=np.int64, real=np.float32),
]
WRONG = [
    (noise_one_by_one_but_minus_one_stays, "one more cluster"),
    (mutual_information, "not right"),
    (ordered_pairs_over_unordered, "not right"),
    (without_chance, "subtract E above and below"),
    (_by_table(width=np.int64, keep="others"), "You leave the noise points out"),
    (_by_table(), "wrap round"),
    (_by_table(width=np.int64, noise_first="max"), "joins the last cluster"),
    (_by_table(width=np.int64, noise_first="0"), "from 0 on"),
    (_by_table(width=np.int64, noise_first="count"), "(with -1)"),
    (_by_table(width=np.int64, noise_first="count of others"), "from the count of clusters on"),
    (_by_table(width=np.int64, pairs=lambda m: (m**2).sum()), "You square the counts"),
    (_by_table(width=np.int64, pairs=lambda m: (m**2).sum() / 2), "You halve the squares"),
    (_by_table(width=np.int64, pairs=lambda m: (m * (m - 1)).sum()), "count each pair twice"),
    (per_kind, "return one number"),
    (rounded, "not right"),
    (in_place, "changed argument 2 in place"),
    (kind_minus_one_is_noise_too, "kinds marked -1 are no noise"),
    (only_numbers, "kinds as strings"),
    (agreeing_pairs, "not right"),
    (lambda labels, clusters: 1.0, "not right"),
    (lambda labels, clusters: None, "return one number"),
]
_SUM = "return (counts * (counts - 1) / 2).sum()"
_FACTOR = "a common factor of all counts of pairs leaves the index as it is"
_NOISE = "clusters[noise] = clusters.max() + 1 + np.arange(noise.sum())"
_TABLE = "table = np.zeros((kinds.max() + 1, groups.max() + 1))"
SURVIVORS = {
    f"{_SUM}: {_SUM} -> {_SUM.replace('return ', 'return -')}": _FACTOR,
    f"{_SUM}: counts * (counts - 1) / 2 -> counts * (counts - 1) * 2": _FACTOR,
    f"{_SUM}: 2 -> 3": _FACTOR,
    f"{_SUM}: 2 -> 1": _FACTOR,
    f"{_SUM}: counts - 1 -> 1 - counts": _FACTOR,
    f"{_NOISE}: 1 -> 2": "a number is left out, and only which points are together counts",
    f"{_TABLE}: 1 -> 2": "a row of zeros more",
    f"{_TABLE}: 1 -> 2 (2)": "a column of zeros more",
}
