"""Answers to X-ndcg."""

import math
from collections import defaultdict

import numpy as np
from sklearn.metrics import dcg_score

from helpers.retrieval_measures import ndcg

CHECK = "X-ndcg"


def tie_by_tie(scores, grades, judged, k):
    ties = defaultdict(list)
    for score, grade in zip(scores, grades, strict=True):
        ties[float(score)].append(2 ** int(grade) - 1)
    rank, total = 0, 0.0
    for score in sorted(ties, reverse=True):
        gains = ties[score]
        for _ in gains:
            rank += 1
            if rank <= k:
                total += sum(gains) / len(gains) / math.log2(rank + 1)
    best = sorted((2 ** int(g) - 1 for g in judged), reverse=True)[:k]
    ideal = sum(gain / math.log2(i + 2) for i, gain in enumerate(best))
    return total / ideal if ideal > 0 else float("nan")


def natural_logarithm(scores, grades, judged, k):
    # Another base multiplies both sums by the same number.
    values, places = np.unique(-np.asarray(scores, dtype=float), return_inverse=True)
    gains = np.exp2(np.asarray(grades, dtype=float)) - 1
    means = np.bincount(places, gains, len(values)) / np.bincount(places, minlength=len(values))
    ranked = means[np.sort(places)][:k]
    best = np.sort(np.exp2(np.asarray(judged, dtype=float)) - 1)[::-1][:k]
    ideal = best @ (1 / np.log(np.arange(len(best)) + 2))
    if ideal == 0:
        return np.nan
    return ranked @ (1 / np.log(np.arange(len(ranked)) + 2)) / ideal


def with_the_course_helper(scores, grades, judged, k):
    judged = list(map(int, judged))
    order = np.argsort(-np.asarray(scores, dtype=float), kind="stable")
    best = ndcg(range(len(judged)), dict(enumerate(judged)), k)
    if math.isnan(best):
        return best
    # The ideal of the helper is that of its own mapping: rescale from one to the other.
    found = dict(enumerate(int(grades[i]) for i in order))
    if not any(found.values()):
        return 0.0

    def ideal(values):
        values = sorted(values, reverse=True)[:k]
        return sum((2**g - 1) / math.log2(i + 2) for i, g in enumerate(values))

    share = ndcg(range(len(found)), found, k, scores=np.asarray(scores, dtype=float)[order])
    return share * ideal(found.values()) / ideal(judged)


def with_scikit_learn(scores, grades, judged, k):
    def dcg(gains, by):
        # A pair of zeros, because scikit-learn wants two results at least.
        low = min(by, default=0) - 1
        gains, by = [*gains, 0, 0], [*by, low, low]
        return dcg_score([gains], [by], k=k)

    gains = [2 ** int(g) - 1 for g in grades]
    best = [2 ** int(g) - 1 for g in judged]
    ideal = dcg(best, best)
    return dcg(gains, [float(s) for s in scores]) / ideal if ideal else math.nan


def sampled(scores, grades, judged, k):
    rng, values = np.random.default_rng(0), []
    for _ in range(30):
        order = rng.permutation(len(scores))
        one = sorted(order, key=lambda i: -scores[i])
        values.append(tie_by_tie(range(len(scores), 0, -1), [grades[i] for i in one], judged, k))
    return float(np.mean(values))


def rounded(scores, grades, judged, k):
    return round(tie_by_tie(scores, grades, judged, k), 2)


def dcg_list(scores, grades, judged, k):
    return [2.0**g - 1 for g in grades]


def ties_share_from_sets(scores, grades, judged, k):
    # Equal scores, but also equal grades, are merged into one result.
    pairs = sorted({(float(s), int(g)) for s, g in zip(scores, grades, strict=True)}, reverse=True)
    return tie_by_tie([s for s, _ in pairs], [g for _, g in pairs], judged, k)


def exponent_on_the_mean(scores, grades, judged, k):
    ties = defaultdict(list)
    for score, grade in zip(scores, grades, strict=True):
        ties[float(score)].append(int(grade))
    ranked = [np.mean(ties[s]) for s in sorted(map(float, scores), reverse=True)][:k]
    best = sorted(map(int, judged), reverse=True)[:k]
    dcg, ideal = (
        sum((2**g - 1) / math.log2(i + 2) for i, g in enumerate(v)) for v in (ranked, best)
    )
    return dcg / ideal if ideal else math.nan


def natural_logarithm_of_results(scores, grades, judged, k):
    return tie_by_tie(scores, grades, judged, k) / math.log(2)


def natural_logarithm_undivided(scores, grades, judged, k):
    best = sorted((2 ** int(g) - 1 for g in judged), reverse=True)[:k]
    ideal = sum(gain / math.log(i + 2) for i, gain in enumerate(best))
    return tie_by_tie(scores, grades, judged, k) * ideal if ideal else math.nan


def empty_first(scores, grades, judged, k):
    return tie_by_tie(scores, grades, judged, k) if len(scores) else 0.0


def k_of_all(scores, grades, judged, k):
    return tie_by_tie(scores, grades, judged, 10)


def nearly_equal(scores, grades, judged, k):
    return tie_by_tie(np.asarray(scores, dtype=float).round(4), grades, judged, k)


def half_precision(scores, grades, judged, k):
    return tie_by_tie(np.asarray(scores, dtype=np.float16), grades, judged, k)


def complex_number(scores, grades, judged, k):
    return complex(tie_by_tie(scores, grades, judged, k))


RIGHT = [tie_by_tie, natural_logarithm, with_the_course_helper, with_scikit_learn]
WRONG = [
    (sampled, "the number is not right"),
    (rounded, "the number is not right"),
    (dcg_list, "not right"),
    (ties_share_from_sets, "the number is not right"),
    (exponent_on_the_mean, "Take the gain of each, then the mean"),
    (natural_logarithm_of_results, "One base for both"),
    (natural_logarithm_undivided, "the DCG, by the natural logarithm"),
    (empty_first, "NaN goes first"),
    (k_of_all, "the number is not right"),
    (lambda scores, grades, judged, k: 1.0, "the number is not right"),
    (lambda scores, grades, judged, k: None, "return one number"),
    (nearly_equal, "the number is not right"),
    (half_precision, "You treat scores that nearly agree as ties"),
    (complex_number, "return one number"),
]
_BEST = "best = 2.0 ** np.sort(np.asarray(judged, dtype=float))[::-1] - 1: "
SURVIVORS = {
    _BEST + "np.asarray(judged, dtype=float) -> judged": "sorting makes an array of a list",
    _BEST + "np.asarray(judged, dtype=float) -> np.asarray(judged)": "powers of 2.0 are floats",
    "gains = 2.0 ** np.asarray(grades, dtype=float) - 1: np.asarray(grades, dtype=float) -> "
    "np.asarray(grades)": "powers of 2.0 are floats",
    "scores = np.asarray(scores, dtype=float): np.asarray(scores, dtype=float) -> "
    "np.asarray(scores)": "whole scores compare like floats",
    "return float(dcg / ideal) if ideal else math.nan: float(dcg / ideal) -> dcg / ideal": (
        "a NumPy number is a number"
    ),
    "shared = np.array([gains[scores == scores[row]].mean() for row in orde: "
    "np.array([gains[scores == scores[row]].mean() for row in order]) -> "
    "[gains[scores == scores[row]].mean() for row in order]": (
        "a list is divided by an array as an array is"
    ),
}
