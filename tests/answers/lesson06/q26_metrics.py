"""Answers to Q26-metrics."""

import numpy as np
import torch
from scipy.spatial.distance import cdist

CHECK = "Q26-metrics"


def _shares(tables, answers, k):
    found = []
    for scores in tables:
        hits = 0
        for row, answer in zip(scores, answers, strict=True):
            hits += sum(score >= row[answer] - 1e-9 for score in row) - 1 < k
        found.append(hits / len(answers))
    return tuple(found)


def by_cdist(queries, documents, answers, k):
    queries, documents = np.array(queries, float), np.array(documents, float)
    sizes = np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(documents, axis=1))
    dot = queries @ documents.T
    cosine = np.divide(dot, sizes, out=np.zeros_like(dot), where=sizes > 0)
    return _shares((dot, cosine, -cdist(queries, documents, "sqeuclidean")), answers, k)


def in_torch(queries, documents, answers, k):
    queries, documents = (torch.tensor(np.array(a, float)) for a in (queries, documents))
    a, b = (torch.nn.functional.normalize(rows, dim=1) for rows in (queries, documents))
    near = -((queries[:, None] - documents) ** 2).sum(-1)
    shares = []
    for scores in (queries @ documents.T, a @ b.T, near):
        own = scores.gather(1, torch.tensor(np.array(answers))[:, None])
        shares.append(float(((scores >= own - 1e-9).sum(1) <= k).double().mean()))
    return shares


def two_only(queries, documents, answers, k):
    return by_cdist(queries, documents, answers, k)[:2]


def counts(queries, documents, answers, k):
    return tuple(share * len(answers) for share in by_cdist(queries, documents, answers, k))


def first_k_sorted(queries, documents, answers, k):
    queries, documents = np.array(queries, float), np.array(documents, float)
    sizes = np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(documents, axis=1))
    dot = queries @ documents.T
    cosine = np.divide(dot, sizes, out=np.zeros_like(dot), where=sizes > 0)
    tables = dot, cosine, -cdist(queries, documents, "sqeuclidean")
    best = [np.argsort(-table, axis=1, kind="stable")[:, :k] for table in tables]
    return tuple((rows == np.array(answers)[:, None]).any(axis=1).mean() for rows in best)


def nan_cosine(queries, documents, answers, k):
    queries, documents = np.array(queries, float), np.array(documents, float)
    dot = queries @ documents.T
    with np.errstate(all="ignore"):
        cosine = dot / np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(documents, axis=1))
    shares = []
    for scores in (dot, cosine, -cdist(queries, documents, "sqeuclidean")):
        own = scores[np.arange(len(queries)), answers]
        shares.append(((scores >= own[:, None] - 1e-9).sum(axis=1) - 1 < k).mean())
    return tuple(shares)


def nan_cosine_sorted(queries, documents, answers, k):
    queries, documents = np.array(queries, float), np.array(documents, float)
    dot = queries @ documents.T
    with np.errstate(all="ignore"):
        cosine = dot / np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(documents, axis=1))
    tables = dot, cosine, -cdist(queries, documents, "sqeuclidean")
    best = [np.argsort(-table, axis=1, kind="stable")[:, :k] for table in tables]
    return tuple((rows == np.array(answers)[:, None]).any(axis=1).mean() for rows in best)


def swapped(queries, documents, answers, k):
    dot, cosine, euclid = by_cdist(queries, documents, answers, k)
    return cosine, dot, euclid


def dot_for_all(queries, documents, answers, k):
    return (by_cdist(queries, documents, answers, k)[0],) * 3


def no_tolerance(queries, documents, answers, k):
    queries, documents = np.array(queries, float), np.array(documents, float)
    sizes = np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(documents, axis=1))
    dot = queries @ documents.T
    cosine = np.divide(dot, sizes, out=np.zeros_like(dot), where=sizes > 0)
    shares = []
    for scores in (dot, cosine, -cdist(queries, documents, "sqeuclidean")):
        own = scores[np.arange(len(queries)), answers]
        shares.append(((scores >= own[:, None]).sum(axis=1) <= k).mean())
    return tuple(shares)


def in_32_bits(queries, documents, answers, k):
    return by_cdist(np.float32(queries), np.float32(documents), answers, k)


def always_found(queries, documents, answers, k):
    return 1.0, 1.0, 1.0


def absolute(queries, documents, answers, k):
    queries, documents = np.array(queries, float), np.array(documents, float)
    sizes = np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(documents, axis=1))
    dot = np.abs(queries @ documents.T)
    cosine = np.divide(dot, sizes, out=np.zeros_like(dot), where=sizes > 0)
    return _shares((dot, cosine, -cdist(queries, documents, "sqeuclidean")), answers, k)


def normalised_in_place(queries, documents, answers, k):
    result = by_cdist(queries, documents, answers, k)
    if isinstance(documents, np.ndarray):
        documents /= 2
    return result


RIGHT = [by_cdist, in_torch]
WRONG = [
    (two_only, "return three numbers"),
    (counts, "Return the share"),
    (first_k_sorted, "at least as good as the answer"),
    (nan_cosine, "0 / 0"),
    (nan_cosine_sorted, "not right"),
    (swapped, "not right"),
    (dot_for_all, "not right"),
    (always_found, "not right"),
    (no_tolerance, "may be rounding"),
    (in_32_bits, "32 bits have too few digits"),
    (absolute, "not right"),
    (normalised_in_place, "changed argument 2 in place"),
    (lambda queries, documents, answers, k: None, "return three numbers"),
]
SURVIVORS = {
    "for scores in (dot, unit(queries) @ unit(documents).T, near):: unit(queries) -> queries": (
        "the query's length is the same for all documents"
    ),
    "queries, documents = (np.asarray(queries, dtype=float), np.asarray(doc: "
    "np.asarray(documents, dtype=float) -> np.asarray(documents)": (
        "products with 64-bit queries are 64-bit, and squares rounded to 32 bits move no place here"
    ),
    "queries, documents = (np.asarray(queries, dtype=float), np.asarray(doc: "
    "np.asarray(queries, dtype=float) -> np.asarray(queries)": (
        "products with 64-bit documents are 64-bit"
    ),
    "queries, documents = (np.asarray(queries, dtype=float), np.asarray(doc: "
    "np.asarray(queries, dtype=float) -> queries": ("a list times an array is an array too"),
    "return rows / np.where(lengths == 0, 1, lengths): 1 -> 2": (
        "zero divided by two is zero as well"
    ),
    "return rows / np.where(lengths == 0, 1, lengths): return rows / np.where(lengths == 0, "
    "1, lengths) -> return -(rows / np.where(lengths == 0, 1, lengths))": (
        "both sides change sign, their products do not"
    ),
    "rivals = (scores >= own[:, None] - 1e-09).sum(axis=1) - 1: scores >= own[:, None] - "
    "1e-09 -> scores > own[:, None] - 1e-09": ("no score lies at the tolerance exactly"),
    "shares.append(float((rivals < k).mean())): float((rivals < k).mean()) -> (rivals < "
    "k).mean()": ("a number of NumPy is a number"),
}
