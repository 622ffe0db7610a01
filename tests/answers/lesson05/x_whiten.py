"""Answers to X-whiten."""

import numpy as np
import torch
from scipy.linalg import svd

CHECK = "X-whiten"


def pca_by_svd_of_the_covariance(train, new, eps):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    covariance = np.atleast_2d(np.cov(train.T, bias=True))
    left, values, _ = svd(covariance)
    kept = values > 1e-10 * values[0]
    return (new - train.mean(axis=0)) @ left[:, kept] / np.sqrt(values[kept] + eps)


def zca_in_torch(train, new, eps):
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
    kept = values > 1e-10 * values[-1]
    scale = np.where(kept, 1 / np.sqrt(np.where(kept, values + eps, 1)), 0)
    return (new - train.mean(axis=0)) @ (axes * scale)


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


RIGHT = [pca_by_svd_of_the_covariance, zca_in_torch, turned_by_hand, by_row_with_loops]
WRONG = [
    (train_returned, "the result has"),
    (only_the_matrix, "the result has"),
    (length_one, "of 16 values are not right"),
    (divided_by_n_less_1, "divide by n - 1, as np.cov does"),
    (kept_all_directions, "Where `train` has no variance"),
    (training_rows_stacked, "not right"),
    (in_place, "changed argument 2 in place"),
    (lambda train, new, eps: np.asarray(new, float), "not right"),
    (lambda train, new, eps: 0.0, "has the shape ()"),
    (lambda train, new, eps: np.asarray(new, float) - np.mean(train, axis=0), "not right"),
]
SURVIVORS = {
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
