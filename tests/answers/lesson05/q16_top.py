"""Answers to Q16-top."""

import numpy as np
import torch

CHECK = "Q16-top"


def by_eigh(train, new, k):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    mean = train.mean(axis=0)
    _, axes = np.linalg.eigh((train - mean).T @ (train - mean))
    top = axes[:, ::-1][:, :k]
    return (new - mean) @ (np.eye(len(mean)) - top @ top.T)


def by_what_is_left(train, new, k):
    # Keep all the other directions instead of removing the top ones.
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    mean = train.mean(axis=0)
    _, _, axes = np.linalg.svd(train - mean, full_matrices=True)
    rest = axes[k:]
    return (new - mean) @ rest.T @ rest


def in_torch(train, new, k):
    train = torch.tensor(np.array(train, dtype=float))
    new = torch.tensor(np.array(new, dtype=float)) - train.mean(0)
    _, _, axes = torch.linalg.svd(train - train.mean(0))
    return (new - torch.einsum("nd,kd,ke->ne", new, axes[:k], axes[:k])).numpy()


def first_columns_zero(train, new, k):
    rows = np.array(new, dtype=float) - np.mean(train, axis=0)
    rows[:, :k] = 0
    return rows


def widest_columns_zero(train, new, k):
    rows = np.array(new, dtype=float) - np.mean(train, axis=0)
    widest = np.argsort(-np.var(np.array(train, dtype=float), axis=0))[:k]
    rows[:, widest] = 0
    return rows


def in_place(train, new, k):
    result = by_eigh(train, new, k)
    if isinstance(train, np.ndarray) and train.dtype == float:
        train -= train.mean(axis=0)
    return result


def with_eigh(pick, mean=1):
    def all_but_the_top(train, new, k):
        train, new = np.array(train, dtype=float), np.array(new, dtype=float)
        moved = train - train.mean(axis=0)
        top = pick(np.linalg.eigh(moved.T @ moved / len(train))[1], k)
        rest = new - mean * train.mean(axis=0)
        return rest - rest @ top @ top.T

    return all_but_the_top


def reduced(train, new, k):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    mean = train.mean(axis=0)
    top = np.linalg.svd(train - mean, full_matrices=False)[2][:k]
    return (new - mean) - (new - mean) @ top.T @ top


def columns_of_svd(train, new, k):
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    top = np.linalg.svd(train - train.mean(axis=0))[2][:, :k]
    return (new - train.mean(axis=0)) @ (np.eye(len(top)) - top @ top.T)


def too_few(train, new, k):
    return by_eigh(train, new, max(k - 1, 0))


def cut(train, new, k):
    mean = np.mean(train, axis=0)
    _, axes = np.linalg.eigh(np.atleast_2d(np.cov(np.array(train, float).T)))
    return (np.array(new, float) - mean) @ axes[:, ::-1][:, k:]


RIGHT = [by_eigh, by_what_is_left, in_torch]
WRONG = [
    (first_columns_zero, "not right"),
    (widest_columns_zero, "not right"),
    (in_place, "changed argument 1 in place"),
    (too_few, "not right"),
    (with_eigh(lambda u, k: u[:, :k]), "eigenvalues rise"),
    (with_eigh(lambda u, k: u[:, -k:]), "With k = 0 a slice"),
    (with_eigh(lambda u, k: u[:, u.shape[1] - k :], mean=0), "but not the mean of `train`"),
    (reduced, "full_matrices=False returns fewer"),
    (columns_of_svd, "*rows* of its third array"),
    (cut, "where the shape (4, 2) should come back"),
    (lambda train, new, k: np.asarray(new, float), "not right"),
    (lambda train, new, k: by_eigh(train, train, k), "the shape"),
]
SURVIVORS = {
    "train, new = (np.asarray(train, dtype=float), np.asarray(new, dtype=fl: "
    "np.asarray(new, dtype=float) -> np.asarray(new)": "the 64-bit mean is subtracted from it",
    "train, new = (np.asarray(train, dtype=float), np.asarray(new, dtype=fl: "
    "np.asarray(new, dtype=float) -> new": "the 64-bit mean is subtracted from it, a list too",
    "_, _, directions = np.linalg.svd(train - mean): train - mean -> mean - train": (
        "signs of the rows do not change the directions"
    ),
}
