"""Answers to X-fold."""

import numpy as np
import torch
from scipy.sparse.linalg import svds
from sklearn.feature_extraction.text import TfidfTransformer

CHECK = "X-fold"


def weights_of(train):
    held = (np.asarray(train) > 0).sum(axis=0)
    return np.array([1 + np.log(len(train) / count) if count else 0.0 for count in held])


def scaled(rows, weights):
    rows = np.array(rows, dtype=float) * weights
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)


def by_products_of_documents(train, new, k):
    # The smaller matrix when documents are few: X X' = U S^2 U', then V = X' U / S.
    weights = weights_of(train)
    rows = scaled(train, weights)
    squares, left = np.linalg.eigh(rows @ rows.T)
    best = np.argsort(-squares)[:k]
    axes = rows.T @ left[:, best] / np.sqrt(squares[best])
    return -scaled(new, weights) @ axes


def in_torch(train, new, k):
    weights = weights_of(train)
    _, _, axes = torch.linalg.svd(torch.tensor(scaled(train, weights)), full_matrices=True)
    return torch.tensor(scaled(new, weights)) @ axes[:k].T


def sparse_or_dense(train, new, k):
    weights = weights_of(train)
    rows = scaled(train, weights)
    if k < min(rows.shape):
        _, singular, axes = svds(rows, k=k, v0=np.ones(min(rows.shape)))
        axes = axes[np.argsort(-singular)]
    else:
        axes = np.linalg.svd(rows)[2][:k]
    return (scaled(new, weights) @ axes.T).tolist()


def document_by_document(train, new, k):
    weights = weights_of(train)
    axes = np.linalg.svd(scaled(train, weights), full_matrices=False)[2]
    found = []
    for document in new:
        (row,) = scaled([document], weights)
        found.append([float(axes[j] @ row) for j in range(k)])
    return found


def centred_and_shifted_back(train, new, k):
    weights = weights_of(train)
    rows = scaled(train, weights)
    axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][:k]
    return scaled(new, weights) @ axes.T


def one_axis_too_many(train, new, k):
    weights = weights_of(train)
    axes = np.linalg.svd(scaled(train, weights))[2][: k + 1]
    return scaled(new, weights) @ axes.T


def without_the_first(train, new, k):
    weights = weights_of(train)
    axes = np.linalg.svd(scaled(train, weights), full_matrices=True)[2]
    axes = np.vstack([axes, axes])[1 : k + 1]
    return scaled(new, weights) @ axes.T


def transposed(train, new, k):
    return np.transpose(document_by_document(train, new, k))


def coordinates_of_train(train, new, k):
    return document_by_document(train, train, k)


def ascending(train, new, k):
    return np.array(document_by_document(train, new, k))[:, ::-1]


def length_by_sum(train, new, k):
    weights = weights_of(train)
    sides = []
    for rows in (train, new):
        rows = np.array(rows, dtype=float) * weights
        sums = rows.sum(axis=1, keepdims=True)
        sides.append(rows / np.where(sums == 0, 1, sums))
    return sides[1] @ np.linalg.svd(sides[0], full_matrices=False)[2][:k].T


def no_numbers(train, new, k):
    rows = np.array(new, dtype=float) * weights_of(train)
    with np.errstate(all="ignore"):
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    axes = np.linalg.svd(scaled(train, weights_of(train)), full_matrices=False)[2]
    return rows @ axes[:k].T


def in_place(train, new, k):
    found = document_by_document(train, new, k)
    if isinstance(new, np.ndarray):
        new *= 2
    return found


def tuple_of_both(train, new, k):
    return document_by_document(train, train, k), document_by_document(train, new, k)


def usual_guard(train, new, k):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    weights = 1 + np.log(len(train) / np.maximum((train > 0).sum(axis=0), 1))
    return _projected(train * weights, new * weights, k)


def each_fitted_alone(train, new, k):
    return _projected(train * weights_of(train), new * weights_of(new), k)


def one_added(train, new, k):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    weights = 1 + np.log(len(train) / ((train > 0).sum(axis=0) + 1))
    return _projected(train * weights, new * weights, k)


def columns_of_length_1(train, new, k):
    sides = []
    for rows in (train, new):
        rows = np.array(rows, dtype=float) * weights_of(train)
        lengths = np.linalg.norm(rows, axis=0)
        sides.append(rows / np.where(lengths > 0, lengths, 1))
    return sides[1] @ np.linalg.svd(sides[0], full_matrices=False)[2][:k].T


def unguarded(train, new, k):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    with np.errstate(all="ignore"):
        weights = 1 + np.log(len(train) / (train > 0).sum(axis=0))
        return _projected(train * weights, new * weights, k)


def as_scikit_learn_comes(train, new, k):
    fitted = TfidfTransformer().fit(np.array(train, dtype=float))
    sides = [fitted.transform(np.array(rows, dtype=float)).toarray() for rows in (train, new)]
    return sides[1] @ np.linalg.svd(sides[0], full_matrices=False)[2][:k].T


def sublinear(train, new, k):
    return document_by_document(np.log1p(train), np.log1p(new), k)


def _projected(train, new, k):
    sides = []
    for rows in (train, new):
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        sides.append(rows / np.where(lengths == 0, 1, lengths))
    return sides[1] @ np.linalg.svd(sides[0], full_matrices=False)[2][:k].T


RIGHT = [by_products_of_documents, in_torch, sparse_or_dense, document_by_document]
WRONG = [
    (centred_and_shifted_back, "up to the signs of the axes"),
    (one_axis_too_many, "one column for each of the k axes"),
    (without_the_first, "up to the signs of the axes"),
    (transposed, "documents belong in rows"),
    (coordinates_of_train, "one row for each document of `new`"),
    (ascending, "the axes come in the wrong order"),
    (length_by_sum, "up to the signs of the axes"),
    (no_numbers, "a document without a known word has length 0"),
    (usual_guard, "1 + ln(n / max(df, 1)) is not 0"),
    (each_fitted_alone, "take n and df from `train` for both"),
    (one_added, "You add 1 to df"),
    (columns_of_length_1, "You divide columns by their lengths"),
    (unguarded, "infinity times a count of 0"),
    (as_scikit_learn_comes, "`TfidfTransformer` as it comes"),
    (sublinear, "the counts themselves are weighted"),
    (in_place, "changed argument 2 in place"),
    (tuple_of_both, "return one array"),
    (lambda train, new, k: np.zeros((len(new), k)), "up to the signs of the axes"),
    (lambda train, new, k: np.asarray(new, float)[:, :k], "up to the signs of the axes"),
]
_AXES = "axes = np.linalg.svd(weighted(train), full_matrices=False)[2][:k].T: "
_LENGTHS = "return rows / np.where(lengths > 0, lengths, 1): "
_READ = "train, new = (np.asarray(train, dtype=float), np.asarray(new, dtype=fl: "
_WEIGHTS = "weights = np.where(held > 0, 1 + np.log(len(train) / np.maximum(held, : "
SURVIVORS = {
    _AXES + "False -> True": "the first k right singular vectors are the same",
    _AXES
    + "np.linalg.svd(weighted(train), full_matrices=False) -> np.linalg.svd(weighted(train))": (
        "the first k right singular vectors are the same"
    ),
    _LENGTHS + "0 -> 1": "counts and weights are at least 1, and a length of 1 divides by 1",
    _LENGTHS + "1 -> 2": "a row of zeros, divided by 2, stays one",
    _LENGTHS
    + "return rows / np.where(lengths > 0, lengths, 1) -> "
    + "return -(rows / np.where(lengths > 0, lengths, 1))": "the signs of axes are free",
    "return weighted(new) @ axes: return weighted(new) @ axes -> "
    "return -(weighted(new) @ axes)": "the signs of axes are free",
    _READ + "np.asarray(new, dtype=float) -> new": "times the 64-bit weights it is an array",
    _READ + "np.asarray(new, dtype=float) -> np.asarray(new)": "the weights are 64-bit numbers",
    _READ + "np.asarray(train, dtype=float) -> np.asarray(train)": "the weights are 64-bit numbers",
    _WEIGHTS + "1 -> 0 (2)": "where df is 0 the value is not chosen; it only warns",
    _WEIGHTS + "np.maximum(held, 1) -> np.maximum(1, held)": "the larger of the same two",
}
