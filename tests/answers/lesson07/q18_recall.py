"""Answers to Q18-recall."""

import numpy as np
import torch
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA

CHECK = "Q18-recall"


def _curve(documents, queries, axes, sizes, top):
    """Cosines one query at a time, axes in the columns."""

    def ten(rows, query):
        lengths = np.sqrt((rows**2).sum(axis=1) * (query**2).sum())
        scores = np.divide(rows @ query, lengths, out=np.zeros(len(rows)), where=lengths > 0)
        return set(np.argsort(-scores)[:top].tolist())

    truth = [ten(documents, query) for query in queries]
    return [
        np.mean([
            len(ten(documents @ axes[:, :k], query @ axes[:, :k]) & right) / len(right)
            for query, right in zip(queries, truth, strict=True)
        ])
        for k in sizes
    ]  # fmt: skip


def by_svd(documents, queries, sizes, top):
    documents, queries = np.array(documents, float), np.array(queries, float)
    axes = np.linalg.svd(documents - documents.mean(axis=0), full_matrices=False)[2].T
    return _curve(documents, queries, axes, sizes, top)


def by_gram_matrix(documents, queries, sizes, top):
    documents, queries = np.array(documents, float), np.array(queries, float)
    moved = documents - documents.mean(axis=0)
    values, vectors = np.linalg.eigh(moved @ moved.T)
    keep = values > 1e-10 * values.max()
    axes = moved.T @ (vectors[:, keep] / np.sqrt(values[keep]))[:, ::-1]
    return np.array(_curve(documents, queries, axes, sizes, top))


def by_scikit_learn(documents, queries, sizes, top):
    documents, queries = np.array(documents, float), np.array(queries, float)
    axes = PCA(svd_solver="full").fit(documents).components_.T
    return tuple(_curve(documents, queries, -axes, sizes, top))


def in_torch(documents, queries, sizes, top):
    documents, queries = (torch.tensor(np.array(a, float)) for a in (documents, queries))
    axes = torch.linalg.eigh(torch.atleast_2d(torch.cov(documents.T)))[1].flip(1)
    top = min(top, len(documents))

    def best(turn):
        a, b = (torch.nn.functional.normalize(rows @ turn, dim=1) for rows in (queries, documents))
        return (a @ b.T).topk(top, dim=1).indices

    truth = best(torch.eye(documents.shape[1], dtype=torch.float64))
    return torch.stack([
        (best(axes[:, :k])[:, :, None] == truth[:, None]).any(2).double().mean() for k in sizes
    ])  # fmt: skip


def shares_in_32_bits(documents, queries, sizes, top):
    return np.array(by_svd(documents, queries, sizes, top), dtype=np.float32)


def shares_as_nan(documents, queries, sizes, top):
    return np.full(len(sizes), np.nan)


def rounded_to_a_tenth(documents, queries, sizes, top):
    return np.round(by_svd(documents, queries, sizes, top), 1)


def moved_documents_reused(documents, queries, sizes, top):
    """Search the centred rows of the fit by queries as they come."""
    documents, queries = np.array(documents, float), np.array(queries, float)
    moved = documents - documents.mean(axis=0)
    axes = np.linalg.svd(moved, full_matrices=True)[2].T

    def best(a, b):
        with np.errstate(all="ignore"):
            return np.argsort(-np.nan_to_num(1 - cdist(a, b, "cosine")), axis=1)[:, :top]

    truth = best(queries, documents)
    found = [best(queries @ axes[:, :k], moved @ axes[:, :k]) for k in sizes]
    return [(rows[:, :, None] == truth[:, None]).any(2).mean() for rows in found]


def always_one(documents, queries, sizes, top):
    return np.ones(len(sizes))


def share_of_axes(documents, queries, sizes, top):
    return np.array(sizes) / np.shape(documents)[1]


def share_of_variance(documents, queries, sizes, top):
    variances = np.linalg.eigvalsh(np.cov(np.array(documents, float).T))[::-1]
    return np.cumsum(np.atleast_1d(variances))[np.array(sizes) - 1] / variances.sum()


def by_distance(documents, queries, sizes, top):
    documents, queries = np.array(documents, float), np.array(queries, float)
    axes = np.linalg.svd(documents - documents.mean(axis=0))[2].T

    def best(turn):
        return np.argsort(cdist(queries @ turn, documents @ turn), axis=1)[:, :top]

    truth = best(np.eye(len(axes)))
    return [(best(axes[:, :k])[:, :, None] == truth[:, None]).any(2).mean() for k in sizes]


def queries_uncut(documents, queries, sizes, top):
    documents, queries = np.array(documents, float), np.array(queries, float)
    return [(queries @ documents[:, :k].T).max() for k in sizes]


def last_size_only(documents, queries, sizes, top):
    return by_svd(documents, queries, sizes, top)[-1]


def all_but_the_last_query(documents, queries, sizes, top):
    return by_svd(documents, queries[:-1] if len(queries) > 1 else queries, sizes, top)


def ranks_by_absolute_cosine(documents, queries, sizes, top):
    documents, queries = np.array(documents, float), np.array(queries, float)
    axes = np.linalg.svd(documents - documents.mean(axis=0))[2].T

    def best(turn):
        scores = 1 - cdist(queries @ turn, documents @ turn + 1e-300, "cosine")
        return np.argsort(-np.abs(scores), axis=1)[:, :top]

    truth = best(np.eye(len(axes)))
    return [(best(axes[:, :k])[:, :, None] == truth[:, None]).any(2).mean() for k in sizes]


def centred_in_place(documents, queries, sizes, top):
    result = by_svd(documents, queries, sizes, top)
    if isinstance(documents, np.ndarray):
        documents -= documents.mean(axis=0).astype(documents.dtype)
    return result


RIGHT = [by_svd, by_gram_matrix, by_scikit_learn, in_torch, shares_in_32_bits]
WRONG = [
    (always_one, "so recall is always 1"),
    (share_of_axes, "not right"),
    (share_of_variance, "not right"),
    (by_distance, "rank by Euclidean distance"),
    (shares_as_nan, "not right"),
    (rounded_to_a_tenth, "not right"),
    (moved_documents_reused, "queries that are not centred"),
    (queries_uncut, "it raised"),
    (last_size_only, "one number for each size"),
    (all_but_the_last_query, "not right"),
    (ranks_by_absolute_cosine, "not right"),
    (centred_in_place, "changed argument 1 in place"),
    (lambda documents, queries, sizes, top: None, "one number for each size"),
]
SURVIVORS = {
    "moved = documents - documents.mean(axis=0): documents - documents.mean(axis=0) -> "
    "documents.mean(axis=0) - documents": "a covariance does not change when all rows change sign",
    "return rows / np.where(lengths == 0, 1, lengths): return rows / np.where(lengths == 0, "
    "1, lengths) -> return -(rows / np.where(lengths == 0, 1, lengths))": (
        "both sides change sign, their products do not"
    ),
    "return rows / np.where(lengths == 0, 1, lengths): 1 -> 2": (
        "zero divided by two is zero as well"
    ),
    "return np.argsort(-scores, axis=1)[:, :top]: return np.argsort(-scores, axis=1)[:, :top] "
    "-> return -np.argsort(-scores, axis=1)[:, :top]": (
        "found and true rows both change sign and are only compared"
    ),
    "return np.argsort(-scores, axis=1)[:, :top]: np.argsort(-scores, axis=1) -> "
    "np.argsort(-scores)": "argsort takes the last axis by default",
    "return np.array([(rows[:, :, None] == truth[:, None]).any(axis=2).mean: "
    "np.array([(rows[:, :, None] == truth[:, None]).any(axis=2).mean() for  -> [(rows[:, :, None] "
    "== truth[:, None]).any(axis=2).mean() for rows in f": "a list of numbers is read as an array",
    "return np.array([(rows[:, :, None] == truth[:, None]).any(axis=2).mean: 2 -> 1": (
        "rows are distinct and both lists equally long: true ones found are found ones true"
    ),
    "documents, queries = (np.asarray(documents, dtype=float), np.asarray(q: "
    "np.asarray(queries, dtype=float) -> np.asarray(queries)": (
        "products with 64-bit axes are 64-bit"
    ),
    "documents, queries = (np.asarray(documents, dtype=float), np.asarray(q: "
    "np.asarray(queries, dtype=float) -> queries": "a list times an array is an array too",
    "scores = unit(queries @ turn) @ unit(documents @ turn).T: unit(queries @ turn) -> queries "
    "@ turn": "the query's length is the same for all documents",
}
