"""Answers to X-mrr."""

import numpy as np

from helpers.retrieval_measures import recall, reciprocal_rank

CHECK = "X-mrr"


def with_arrays(results, relevant, k):
    rows = []
    for found, wanted in zip(results, relevant, strict=True):
        if len(wanted) == 0:
            continue
        hit = np.array([item in wanted for item in found], dtype=bool)
        rank = 1 / (hit.argmax() + 1) if hit.any() else 0
        inside = {item for item, good in zip(list(found)[:k], hit[:k], strict=True) if good}
        rows.append((rank, len(inside) / len(wanted)))
    return tuple(np.mean(rows, axis=0).tolist()) if rows else (np.nan, np.nan)


def with_the_course_helper(results, relevant, k):
    ranks, recalls = [], []
    for found, wanted in zip(results, relevant, strict=True):
        grades = dict.fromkeys(wanted, 1)
        # The helper refuses repetitions: give each later copy a name of its own.
        seen, named = set(), []
        for place, item in enumerate(found):
            named.append(("copy", place) if item in seen else item)
            seen.add(item)
        ranks.append(reciprocal_rank(named, grades))
        recalls.append(recall(named, grades, k))
    kept = ~np.isnan(ranks)
    if not kept.any():
        return float("nan"), float("nan")
    return np.array(ranks)[kept].mean(), np.array(recalls)[kept].mean()


def running_sums(results, relevant, k):
    mrr = total = n = 0
    for i in range(len(results)):
        if not relevant[i]:
            continue
        n += 1
        for rank in range(1, len(results[i]) + 1):
            if results[i][rank - 1] in relevant[i]:
                mrr += 1 / rank
                break
        total += sum(item in list(results[i])[:k] for item in relevant[i]) / len(relevant[i])
    return (mrr / n, total / n) if n else (float("nan"), float("nan"))


def fails_without_hits(results, relevant, k):
    ranks = [
        1 / (1 + [item in wanted for item in found].index(True))
        for found, wanted in zip(results, relevant, strict=True)
    ]
    return sum(ranks) / len(ranks), 1.0


def mean_over_all_queries(results, relevant, k):
    mrr, recall_k = with_arrays(results, relevant, k)
    share = sum(bool(wanted) for wanted in relevant) / max(1, len(relevant))
    return mrr * share, recall_k * share


def only_the_mrr(results, relevant, k):
    return with_arrays(results, relevant, k)[0]


def one_a_query(results, relevant, k):
    pairs = [
        with_arrays([found], [wanted], k) for found, wanted in zip(results, relevant, strict=True)
    ]
    return [mrr for mrr, _ in pairs], [value for _, value in pairs]


def k_less_1(results, relevant, k):
    return with_arrays(results, relevant, k)[0], with_arrays(results, relevant, k - 1)[1]


def first_relevant_only(results, relevant, k):
    wanted = [set(sorted(w, key=str)[:1]) for w in relevant]
    return with_arrays(results, wanted, k)


RIGHT = [with_arrays, with_the_course_helper, running_sums]
WRONG = [
    (fails_without_hits, "it raised ValueError"),
    (mean_over_all_queries, "not right"),
    (only_the_mrr, "2 values should come back"),
    (one_a_query, "should come back"),
    (k_less_1, "in part 2 of the result"),
    (first_relevant_only, "not right"),
    (lambda results, relevant, k: (1.0, 1.0), "in part 1 of the result"),
]
SURVIVORS = {
    "for found, wanted in zip(results, relevant, strict=True):: True -> False": (
        "both lists have one entry a query"
    ),
    "for found, wanted in zip(results, relevant, strict=True):: "
    "zip(results, relevant, strict=True) -> zip(results, relevant)": (
        "both lists have one entry a query"
    ),
    "if not ranks:: if not ranks: -> pass": "the mean of nothing is NaN, with a warning",
    "return (float(np.mean(ranks)), float(np.mean(recalls))): float(np.mean(ranks)) -> "
    "np.mean(ranks)": "a NumPy number is a number",
    "return (float(np.mean(ranks)), float(np.mean(recalls))): float(np.mean(recalls)) -> "
    "np.mean(recalls)": "a NumPy number is a number",
}
