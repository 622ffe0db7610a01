"""Answers to X-whiten."""

import numpy as np
import torch
from scipy.linalg import svd

CHECK = "X-whiten"


def all_equal(train):
    return np.abs(train - train.mean(axis=0)).max() <= 1e-12 * np.abs(train).max()


def pca_by_svd_of_the_covariance(train, new, eps):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    covariance = np.atleast_2d(np.cov(train.T, bias=True))
    left, values, _ = svd(covariance)
    kept = (values > 1e-10 * values[0]) & (not all_equal(train))
    return (new - train.mean(axis=0)) @ left[:, kept] / np.sqrt(values[kept] + eps)


def zca_in_torch(train, new, eps):
    if all_equal(np.array(train, dtype=float)):
        return np.zeros(np.shape(new))
    train = torch.tensor(np.array(train, dtype=float))
    new = torch.tensor(np.array(new, dtype=float))
    mean = train.mean(0)
    values, axes = torch.linalg.eigh((train - mean).T @ (train - mean) / len(train))
    kept = values > 1e-10 * values.max()
    scale = torch.where(kept, torch.where(kept, values + eps, 1.0) ** -0.5, 0.0)
    return ((new - mean) @ axes @ torch.diag(scale) @ axes.T).numpy()


def turned_by_hand(train, new, eps):
    # A reflection and a permutation of the axes are white as well.
    white = pca_by_svd_of_the_covariance(train, new, eps)
    return -white[:, ::-1]


def by_row_with_loops(train, new, eps):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    mean = sum(train) / len(train)
    covariance = sum(np.outer(row - mean, row - mean) for row in train) / len(train)
    values, axes = np.linalg.eigh(covariance)
    white = []
    if all_equal(train):
        return 0 * new
    for row in new:
        turned = [axis @ (row - mean) for axis in axes.T]
        white.append([
            along / (value + eps) ** 0.5 if value > 1e-10 * values[-1] else 0.0
            for along, value in zip(turned, values, strict=True)
        ])  # fmt: skip
    return np.array(white)


def train_returned(train, new, eps):
    return zca_in_torch(train, train, eps)


def only_the_matrix(train, new, eps):
    values, axes = np.linalg.eigh(np.atleast_2d(np.cov(np.array(train, float).T, bias=True)))
    return (axes / np.sqrt(np.maximum(values, 0) + eps + 1e-12)) @ axes.T


def length_one(train, new, eps):
    white = zca_in_torch(train, new, eps)
    lengths = np.linalg.norm(white, axis=1, keepdims=True)
    return white / np.where(lengths == 0, 1, lengths)


def divided_by_n_less_1(train, new, eps):
    train, new = np.asarray(train, float), np.asarray(new, float)
    moved = train - train.mean(axis=0)
    values, axes = np.linalg.eigh(moved.T @ moved / (len(train) - 1))
    kept = (values > 1e-10 * values[-1]) & (not all_equal(train))
    scale = np.where(kept, 1 / np.sqrt(np.where(kept, values + eps, 1)), 0)
    return (new - train.mean(axis=0)) @ (axes * scale)


def first_version(train, new, eps):
    # np.cov as it is, and every direction kept: two mistakes at once.
    values, axes = np.linalg.eigh(np.atleast_2d(np.cov(np.array(train, float).T)))
    with np.errstate(all="ignore"):
        return (np.array(new, float) - np.mean(train, axis=0)) @ axes / np.sqrt(values + eps)


def with_threshold(bound, equal=all_equal):
    def whiten(train, new, eps):
        train, new = np.array(train, dtype=float), np.array(new, dtype=float)
        values, axes = np.linalg.eigh(np.atleast_2d(np.cov(train.T, bias=True)))
        kept = (values > bound * values[-1]) & (not equal(train))
        return (new - train.mean(axis=0)) @ axes[:, kept] / np.sqrt(values[kept] + eps)

    return whiten


def dropped_after_eps(train, new, eps):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    values, axes = np.linalg.eigh(np.atleast_2d(np.cov(train.T, bias=True)))
    values = np.maximum(values, 0) + eps
    kept = (values > 1e-10 * values[-1]) & ((eps > 0) | (not all_equal(train)))
    return (new - train.mean(axis=0)) @ axes[:, kept] / np.sqrt(values[kept])


def padded(train, new, eps):
    white = zca_in_torch(train, new, eps)
    return np.hstack([white, np.zeros((len(white), 7))])


def kept_all_directions(train, new, eps):
    train, new = np.asarray(train, float), np.asarray(new, float)
    moved = train - train.mean(axis=0)
    values, axes = np.linalg.eigh(moved.T @ moved / len(train))
    with np.errstate(all="ignore"):
        return (new - train.mean(axis=0)) @ (axes / np.sqrt(np.maximum(values, 0) + eps)) @ axes.T


def training_rows_stacked(train, new, eps):
    both = np.vstack([train, new]).astype(float)
    return zca_in_torch(both, new, eps)


def in_place(train, new, eps):
    white = zca_in_torch(train, new, eps)
    if isinstance(new, np.ndarray) and new.dtype == float:
        new -= np.mean(train, axis=0)
    return white


RIGHT = [
    pca_by_svd_of_the_covariance,
    with_threshold(1e-10),
    zca_in_torch,
    turned_by_hand,
    by_row_with_loops,
]
WRONG = [
    (train_returned, "the result has"),
    (only_the_matrix, "the result has"),
    (length_one, "values are not right"),
    (divided_by_n_less_1, "divide by n - 1, as np.cov does"),
    (kept_all_directions, "Where `train` has no variance"),
    (first_version, "not by n - 1 as np.cov"),
    (with_threshold(1e-5), "You drop directions that do vary"),
    (with_threshold(1e-8), "You drop directions that do vary"),
    (with_threshold(1e-12), "You keep a direction with 2.5e-11"),
    (with_threshold(1e-10, lambda train: (train != train).any()), "of equal rows may be off"),
    (dropped_after_eps, "before you add eps"),
    (padded, "more than the"),
    (training_rows_stacked, "not right"),
    (in_place, "changed argument 2 in place"),
    (lambda train, new, eps: np.asarray(new, float), "not right"),
    (lambda train, new, eps: 0.0, "has the shape ()"),
    (lambda train, new, eps: np.asarray(new, float) - np.mean(train, axis=0), "not right"),
]
SURVIVORS = {
    "alive = variances > 1e-10 * variances[-1]: variances > 1e-10 * variances[-1] -> "
    "variances >= 1e-10 * variances[-1]": (
        "they are equal where all eigenvalues are 0, and the rule for equal rows holds there"
    ),
    "if np.abs(moved).max() <= 1e-12 * np.abs(train).max():: np.abs(moved) -> moved": (
        "centred columns have entries of both signs"
    ),
    "if np.abs(moved).max() <= 1e-12 * np.abs(train).max():: "
    "np.abs(moved).max() <= 1e-12 * np.abs(train).max() -> "
    "np.abs(moved).max() < 1e-12 * np.abs(train).max()": (
        "both sides are 0 where all rows are 0, and then no eigenvalue is above 0"
    ),
    "return (new - mean) @ directions[:, alive] / np.sqrt(variances[alive] : "
    "return (new - mean) @ directions[:, alive] / np.sqrt(variances[alive]  -> "
    "return -((new - mean) @ directions[:, alive] / np.sqrt(variances[alive": (
        "all signs turned is a rotation or reflection: still white"
    ),
    "return (new - mean) @ directions[:, alive] / np.sqrt(variances[alive] : "
    "new - mean -> mean - new": "all signs turned is a rotation or reflection: still white",
    "moved = train - mean: train - mean -> mean - train": "a covariance has products of two signs",
    "train, new = (np.asarray(train, dtype=float), np.asarray(new, dtype=fl: "
    "np.asarray(new, dtype=float) -> np.asarray(new)": "the 64-bit mean is subtracted from it",
    "train, new = (np.asarray(train, dtype=float), np.asarray(new, dtype=fl: "
    "np.asarray(new, dtype=float) -> new": "the 64-bit mean is subtracted from it, a list too",
}
