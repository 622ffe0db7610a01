"""Right and wrong answers to X-barlow."""

import numpy as np
import torch

CHECK = "X-barlow"


def standard(z):
    z = np.array(z, dtype=float)
    z -= z.mean(axis=0)
    spread = np.sqrt((z**2).mean(axis=0))
    z[:, spread < 1e-12] = 0
    return z / np.where(spread < 1e-12, 1, spread)


def with_identity(z1, z2, off_diagonal=0.005):
    a, b = standard(z1), standard(z2)
    eye = np.eye(a.shape[1])
    weights = eye + off_diagonal * (1 - eye)
    return (weights * (np.einsum("ni,nj->ij", a, b) / len(a) - eye) ** 2).sum()


def by_coordinate(z1, z2, off_diagonal=0.005):
    a, b, total = standard(z1).T, standard(z2).T, 0.0
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            c = (one * other).mean()
            total += (1 - c) ** 2 if i == j else off_diagonal * c * c
    return total


def in_torch(z1, z2, off_diagonal=0.005):
    a, b = (torch.tensor(standard(z)) for z in (z1, z2))
    c = (a.T @ b).div(len(a))
    on = c.diagonal().sub(1).pow(2).sum()
    off = c.fill_diagonal_(0).pow(2).sum()
    return (on + off_diagonal * off).item()


def upper_half(z1, z2, off_diagonal=0.005):
    c = standard(z1).T @ standard(z2) / len(z1)
    return ((1 - np.diag(c)) ** 2).sum() + off_diagonal * 2 * (np.triu(c, 1) ** 2).sum()


def one_half(z1, z2, off_diagonal=0.005):
    c = standard(z1).T @ standard(z2) / len(z1)
    return ((1 - np.diag(c)) ** 2).sum() + off_diagonal * (np.triu(c, 1) ** 2).sum()


def rows_of_length_one(z1, z2, off_diagonal=0.005):
    a, b = (np.array(z, float) / np.linalg.norm(z, axis=1)[:, None] for z in (z1, z2))
    c = a.T @ b / len(a)
    on = np.diag(c)
    return ((1 - on) ** 2).sum() + off_diagonal * ((c**2).sum() - (on**2).sum())


def turned(z1, z2, off_diagonal=0.005):
    return with_identity(np.transpose(z1), np.transpose(z2), off_diagonal)


def diagonal_only(z1, z2, off_diagonal=0.005):
    c = standard(z1).T @ standard(z2) / len(z1)
    return ((1 - np.diag(c)) ** 2).sum()


def diagonal_counted_twice(z1, z2, off_diagonal=0.005):
    c = standard(z1).T @ standard(z2) / len(z1)
    return ((1 - np.diag(c)) ** 2).sum() + off_diagonal * (c**2).sum()


def means_of_both(z1, z2, off_diagonal=0.005):
    both = standard(np.concatenate([np.asarray(z1, float), np.asarray(z2, float)]))
    a, b = np.split(both, 2)
    c = a.T @ b / len(a)
    return ((1 - np.diag(c)) ** 2).sum() + off_diagonal * ((c**2).sum() - (np.diag(c) ** 2).sum())


def default_of_the_helper(z1, z2, off_diagonal=0.03):
    return with_identity(z1, z2, off_diagonal)


def in_place(z1, z2, off_diagonal=0.005):
    loss = with_identity(z1, z2, off_diagonal)
    if isinstance(z1, np.ndarray):
        z1 -= z1.mean(axis=0).astype(z1.dtype)
    return loss


RIGHT = [with_identity, by_coordinate, in_torch]
WRONG = [
    (upper_half, "the number is not right"),
    (one_half, "only one half of the off-diagonal"),
    (rows_of_length_one, "You scale each VECTOR"),
    (turned, "You standardise and compare ROWS"),
    (diagonal_only, "the number is not right"),
    (diagonal_counted_twice, "must leave out the diagonal"),
    (means_of_both, "the number is not right"),
    (default_of_the_helper, "the default weight"),
    (in_place, "in place: work on a copy"),
    (lambda z1, z2, off_diagonal=0.005: float(np.shape(z1)[1]), "the number is not right"),
    (lambda z1, z2: with_identity(z1, z2), "TypeError"),
]
SURVIVORS = {
    "return np.sum((1 - agree) ** 2) + off_diagonal * (np.sum(c ** 2) - np.: "
    "1 - agree -> agree - 1": "the difference is squared, so its sign cancels",
    "sides.append((z - z.mean(axis=0)) / np.where(spread < 1e-12, np.inf, s: "
    "z - z.mean(axis=0) -> z.mean(axis=0) - z": "both sides change sign, so products do not",
    "sides.append((z - z.mean(axis=0)) / np.where(spread < 1e-12, np.inf, s: "
    "spread < 1e-12 -> spread <= 1e-12": "differs only for a spread of exactly 1e-12",
    "z = np.asarray(z, dtype=float): np.asarray(z, dtype=float) -> np.asarray(z)": (
        "a mean of products in 32 bits is off by 1e-7, which is near enough"
    ),
}
