"""Answers to Q18-rerank."""

import heapq

import numpy as np
import torch
from scipy.spatial.distance import cdist

CHECK = "Q18-rerank"


def _work(documents, axes, candidates):
    n, d, k = len(documents), len(axes), len(axes[0])
    return k * (n + d) + d * min(n, candidates)


def with_heaps(documents, queries, axes, candidates, top):
    documents, queries = np.array(documents, float), np.array(queries, float)
    axes = np.array(axes, float)

    def cosine(a, b):
        lengths = np.sqrt((a @ a) * (b @ b))
        return a @ b / lengths if lengths else 0.0

    found = []
    for query in queries:
        rough = [cosine(query @ axes, document @ axes) for document in documents]
        proposed = heapq.nlargest(candidates, range(len(documents)), key=rough.__getitem__)
        found.append(heapq.nlargest(top, proposed, key=lambda row: cosine(query, documents[row])))
    return found, _work(documents, axes, candidates)


def in_torch(documents, queries, axes, candidates, top):
    documents, queries, axes = (
        torch.tensor(np.array(a, float)) for a in (documents, queries, axes)
    )
    unit = torch.nn.functional.normalize
    rough = unit(queries @ axes, dim=1) @ unit(documents @ axes, dim=1).T
    rows = rough.topk(min(candidates, len(documents)), dim=1).indices
    exact = torch.einsum("qd,qcd->qc", unit(queries, dim=1), unit(documents, dim=1)[rows])
    best = exact.topk(top, dim=1).indices
    return rows.gather(1, best), np.float64(_work(documents, axes, candidates))


def by_masking(documents, queries, axes, candidates, top):
    """Give full scores to all, then rule out what was not proposed."""
    documents, queries = np.array(documents, float), np.array(queries, float)
    axes = np.array(axes, float)
    with np.errstate(all="ignore"):
        rough = np.nan_to_num(1 - cdist(queries @ axes, documents @ axes, "cosine"))
        exact = np.nan_to_num(1 - cdist(queries, documents, "cosine"))
    place = np.argsort(np.argsort(-rough, axis=1), axis=1)
    exact[place >= candidates] = -np.inf
    return np.argsort(-exact, axis=1)[:, :top], _work(documents, axes, candidates)


def rows_only(documents, queries, axes, candidates, top):
    return with_heaps(documents, queries, axes, candidates, top)[0]


def work_first(documents, queries, axes, candidates, top):
    return with_heaps(documents, queries, axes, candidates, top)[::-1]


def all_candidates_returned(documents, queries, axes, candidates, top):
    return with_heaps(documents, queries, axes, candidates, min(candidates, len(documents)))


def scores_returned(documents, queries, axes, candidates, top):
    rows, work = with_heaps(documents, queries, axes, candidates, top)
    return np.array(rows) + 0.5, work


def exact_search(documents, queries, axes, candidates, top):
    return with_heaps(documents, queries, np.eye(len(axes)), candidates, top)


def one_row_less(documents, queries, axes, candidates, top):
    return with_heaps(documents, queries, axes, max(candidates - 1, top), top)


def additions_too(documents, queries, axes, candidates, top):
    rows, work = with_heaps(documents, queries, axes, candidates, top)
    return rows, 2 * work


def no_number(documents, queries, axes, candidates, top):
    return with_heaps(documents, queries, axes, candidates, top)[0], float("nan")


def infinite(documents, queries, axes, candidates, top):
    return with_heaps(documents, queries, axes, candidates, top)[0], float("inf")


def true_for_the_count(documents, queries, axes, candidates, top):
    return with_heaps(documents, queries, axes, candidates, top)[0], True


def complex_rows(documents, queries, axes, candidates, top):
    rows, work = with_heaps(documents, queries, axes, candidates, top)
    return np.array(rows) + 0j, work


def rows_of_nan(documents, queries, axes, candidates, top):
    rows, work = with_heaps(documents, queries, axes, candidates, top)
    return np.array(rows) * np.nan, work


def first_query_only(documents, queries, axes, candidates, top):
    rows, work = with_heaps(documents, queries, axes, candidates, top)
    return [rows[0]] * len(rows), work


def documents_normalised_in_place(documents, queries, axes, candidates, top):
    result = with_heaps(documents, queries, axes, candidates, top)
    if isinstance(documents, np.ndarray):
        documents /= 2
    return result


RIGHT = [with_heaps, in_torch, by_masking]
WRONG = [
    (rows_only, "return rows, multiplications"),
    (work_first, "table of row numbers"),
    (all_candidates_returned, "should come back"),
    (scores_returned, "table of row numbers"),
    (exact_search, "not right"),
    (one_row_less, "not right"),
    (additions_too, "no additions"),
    (no_number, "multiplications of a query: nan"),
    (infinite, "multiplications of a query: inf"),
    (true_for_the_count, "second result should be one number"),
    (complex_rows, "table of row numbers"),
    (rows_of_nan, "table of row numbers"),
    (first_query_only, "queries are not right"),
    (documents_normalised_in_place, "changed argument 1 in place"),
    (lambda documents, queries, axes, candidates, top: None, "return rows, multiplications"),
]
SURVIVORS = {
    "return rows / np.where(lengths == 0, 1, lengths): return rows / np.where(lengths == 0, "
    "1, lengths) -> return -(rows / np.where(lengths == 0, 1, lengths))": (
        "both sides change sign, their products do not"
    ),
    "return rows / np.where(lengths == 0, 1, lengths): 1 -> 2": (
        "zero divided by two is zero as well"
    ),
    "exact = np.take_along_axis(unit(queries) @ unit(documents).T, proposed: "
    "np.take_along_axis(unit(queries) @ unit(documents).T, proposed, axis=1 -> "
    "np.take_along_axis(unit(queries) @ unit(documents).T, proposed)": (
        "take_along_axis takes the last axis by default"
    ),
    "rows = np.take_along_axis(proposed, np.argsort(-exact, axis=1)[:, :top: "
    "np.take_along_axis(proposed, np.argsort(-exact, axis=1)[:, :top], axis -> "
    "np.take_along_axis(proposed, np.argsort(-exact, axis=1)[:, :top])": (
        "take_along_axis takes the last axis by default"
    ),
    "rows = np.take_along_axis(proposed, np.argsort(-exact, axis=1)[:, :top: "
    "np.argsort(-exact, axis=1) -> np.argsort(-exact)": "argsort takes the last axis by default",
    "proposed = np.argsort(-rough, axis=1)[:, :candidates]: np.argsort(-rough, axis=1) -> "
    "np.argsort(-rough)": "argsort takes the last axis by default",
    "rough = unit(queries @ axes) @ unit(documents @ axes).T: unit(queries @ axes) -> queries "
    "@ axes": "the query's length is the same for all documents",
    "exact = np.take_along_axis(unit(queries) @ unit(documents).T, proposed: unit(queries) -> "
    "queries": "the query's length is the same for all documents",
}
