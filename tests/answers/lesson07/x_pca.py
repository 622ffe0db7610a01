"""Answers to X-pca."""

import numpy as np
import torch
from scipy.linalg import svd
from sklearn.decomposition import PCA

CHECK = "X-pca"


def by_svd(train, new, k):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    mean = train.mean(axis=0)
    _, s, vt = svd(train - mean, full_matrices=False)
    codes = (new - mean) @ vt[:k].T
    return s[:k] ** 2 / len(train), codes, codes @ vt[:k] + mean


def by_gram(train, new, k):
    # The n x n matrix of products has the same eigenvalues; the axes are X' u / sigma.
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    moved = train - train.mean(axis=0)
    values, left = np.linalg.eigh(moved @ moved.T)
    values, left = values[::-1][:k], left[:, ::-1][:, :k]
    axes = moved.T @ left / np.sqrt(values)
    codes = (new - train.mean(axis=0)) @ axes
    return values / len(train), codes, codes @ axes.T + train.mean(axis=0)


def in_torch_signs_turned(train, new, k):
    train, new = (torch.tensor(np.array(a, dtype=float)) for a in (train, new))
    mean = train.mean(0)
    values, axes = torch.linalg.eigh((train - mean).T @ (train - mean) / len(train))
    axes = -axes.flip(1)[:, :k]
    codes = (new - mean) @ axes
    return values.flip(0)[:k], codes, codes @ axes.T + mean


def by_scikit_learn(train, new, k):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    model = PCA(k, svd_solver="full").fit(train)
    codes = model.transform(new)
    variances = model.explained_variance_ * (len(train) - 1) / len(train)
    return variances, codes, model.inverse_transform(codes)


def returned_in_32_bits(train, new, k):
    return [part.astype(np.float32) for part in by_svd(train, new, k)]


def one_axis_at_a_time(train, new, k):
    # Deflation: the best axis, then the best of what it leaves.
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    mean = train.mean(axis=0)
    covariance = np.cov(train.T, bias=True).reshape(train.shape[1], -1)
    variances, axes = [], []
    for _ in range(k):
        values, vectors = np.linalg.eigh(covariance)
        variances.append(values[-1])
        axes.append(vectors[:, -1])
        covariance = covariance - values[-1] * np.outer(axes[-1], axes[-1])
    codes = [[row @ axis for axis in axes] for row in new - mean]
    return variances, codes, np.array(codes) @ np.array(axes) + mean


def two_results(train, new, k):
    return by_svd(train, new, k)[:2]


def codes_turned(train, new, k):
    variances, codes, rebuilt = by_svd(train, new, k)
    return variances, codes.T, rebuilt


def one_axis_more(train, new, k):
    return by_svd(train, new, min(k + 1, np.shape(train)[1], len(train)))


def signs_by_row(train, new, k):
    variances, codes, rebuilt = by_svd(train, new, k)
    return variances, np.abs(codes), rebuilt


def codes_in_other_order(train, new, k):
    variances, codes, rebuilt = by_svd(train, new, k)
    return variances, codes[:, ::-1], rebuilt


def left_vectors(train, new, k):
    # U instead of U * s: the codes of the training rows, whitened, whatever `new` is.
    variances, codes, rebuilt = by_svd(train, new, k)
    return variances, codes / np.sqrt(variances * len(train)), rebuilt


def n_less_1_and_no_mean_back(train, new, k):
    variances, codes, rebuilt = by_svd(train, new, k)
    n = len(train)
    return variances * n / max(n - 1, 1), codes, rebuilt - np.mean(train, axis=0)


def on_the_train_rows(train, new, k):
    return by_svd(train, train, k)


def in_place(train, new, k):
    result = by_svd(train, new, k)
    if isinstance(train, np.ndarray) and train.dtype == float:
        train -= train.mean(axis=0)
    return result


def _by_eigh(covariance, pick=None):
    def pca(train, new, k):
        train, new = np.array(train, dtype=float), np.array(new, dtype=float)
        values, axes = np.linalg.eigh(covariance(train))
        axes = pick(axes, k) if pick else axes[:, ::-1][:, :k]
        codes = (new - train.mean(axis=0)) @ axes
        return values[::-1][:k], codes, codes @ axes.T + train.mean(axis=0)

    return pca


def _by_cov(train):
    return np.atleast_2d(np.cov(train.T, bias=True))


def _afterwards(train):
    mean = train.mean(axis=0)
    return train.T @ train / len(train) - np.outer(mean, mean)


def columns_of_vt(train, new, k):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    mean = train.mean(axis=0)
    _, s, vt = np.linalg.svd(train - mean, full_matrices=False)
    codes = (new - mean) @ vt[:, :k]
    return s[:k] ** 2 / len(train), codes, codes @ vt[:, :k].T + mean


RIGHT = [
    by_svd,
    by_gram,
    in_torch_signs_turned,
    by_scikit_learn,
    returned_in_32_bits,
    one_axis_at_a_time,
]
WRONG = [
    (_by_eigh(_by_cov, lambda axes, k: axes[:k].T), "*columns*"),
    (_by_eigh(_by_cov, lambda axes, k: axes[::-1][:k].T), "*columns*"),
    (_by_eigh(_by_cov, lambda axes, k: axes[::-1][:, :k]), "*columns*"),
    (_by_eigh(_by_cov, lambda axes, k: axes[:, :k]), "smallest variance first"),
    (columns_of_vt, "keep `vt[:k].T`"),
    (_by_eigh(_afterwards), "subtract the mean first"),
    (_by_eigh(lambda train: np.corrcoef(train.T)), "PCA of the correlations"),
    (two_results, "return three arrays"),
    (codes_turned, "a row for each row of `new`"),
    (one_axis_more, "the variances of the k axes kept"),
    (signs_by_row, "column 0 of `codes`"),
    (codes_in_other_order, "column 0 of `codes`"),
    (left_vectors, "column 0 of `codes`"),
    (n_less_1_and_no_mean_back, "times the right ones"),
    (on_the_train_rows, "`codes` is of shape"),
    (in_place, "changed argument 1 in place"),
    (lambda train, new, k: None, "return three arrays"),
]
SURVIVORS = {
    "moved = train - mean: train - mean -> mean - train": "a covariance has products of two signs",
    "train, new = (np.asarray(train, dtype=float), np.asarray(new, dtype=fl: "
    "np.asarray(new, dtype=float) -> new": "the 64-bit mean is subtracted from it, a list too",
    "train, new = (np.asarray(train, dtype=float), np.asarray(new, dtype=fl: "
    "np.asarray(new, dtype=float) -> np.asarray(new)": "the 64-bit mean is subtracted from it",
}
