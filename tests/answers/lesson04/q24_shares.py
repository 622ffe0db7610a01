"""Answers to Q24-shares."""

import numpy as np
import torch

CHECK = "Q24-shares"


def unit(codes):
    codes = np.asarray(codes, dtype=np.float64)
    lengths = np.linalg.norm(codes, axis=2, keepdims=True)
    return codes / np.where(lengths == 0, 1, lengths)


def by_moments(codes, labels):
    # Mean squared length minus squared length of the mean, level by level.
    x, labels = unit(codes), np.asarray(labels)
    images = x.mean(1)
    middles = np.array([images[labels == label].mean(0) for label in labels])
    levels = [np.square(part).sum(-1).mean() for part in (x, images, middles, x.mean((0, 1)))]
    parts = -np.diff(levels)
    return parts / parts.sum() if parts.sum() > 1e-12 else np.zeros(3)


def in_torch(codes, labels):
    x = torch.tensor(unit(codes))
    _, of = np.unique(labels, return_inverse=True)
    member = torch.nn.functional.one_hot(torch.tensor(of)).double()
    images = x.mean(1)
    middles = member @ ((member.T @ images) / member.sum(0)[:, None])
    parts = torch.stack([
        (x - images[:, None]).square().sum(2).mean(),
        (images - middles).square().sum(1).mean(),
        (middles - images.mean(0)).square().sum(1).mean(),
    ])  # fmt: skip
    return (parts / parts.sum()).nan_to_num() if parts.sum() > 1e-20 else parts * 0


def by_pairs(codes, labels):
    # Half the mean squared distance of pairs: of the same image, class, and of all.
    x, labels = unit(codes), np.asarray(labels)
    n, views, _ = x.shape
    rows = x.reshape(n * views, -1)
    gap = np.square(rows[:, None] - rows[None]).sum(2) / 2
    image, of = np.repeat(np.arange(n), views), np.repeat(labels, views)
    levels = []
    for group in (image, of, np.zeros(n * views)):
        same = group[:, None] == group[None]
        levels.append(np.mean((gap * same).sum(1) / same.sum(1)))
    parts = np.array([levels[0], levels[1] - levels[0], levels[2] - levels[1]])
    return list(parts / levels[2]) if levels[2] > 1e-12 else [0.0, 0.0, 0.0]


def two_parts(codes, labels):
    return by_moments(codes, labels)[:2]


def swapped_axes(codes, labels):
    x = np.asarray(codes, dtype=np.float64)
    return by_moments(np.swapaxes(x, 0, 1), np.arange(x.shape[1]))


def percent(codes, labels):
    return 100 * by_moments(codes, labels)


def means_scaled_too(codes, labels):
    images = unit(unit(codes).mean(1)[:, None])[:, 0]
    labels = np.asarray(labels)
    middles = np.array([images[labels == label].mean(0) for label in labels])
    parts = np.array([
        np.square(unit(codes) - images[:, None]).sum(2).mean(),
        np.square(images - middles).sum(1).mean(),
        np.square(middles - images.mean(0)).sum(1).mean(),
    ])  # fmt: skip
    return parts / parts.sum() if parts.sum() > 1e-12 else np.zeros(3)


def means_over_classes(codes, labels):
    x, labels = unit(codes), np.asarray(labels)
    images = x.mean(1)
    per_class = {label: images[labels == label].mean(0) for label in set(labels.tolist())}
    middles = np.array([per_class[label] for label in labels.tolist()])
    parts = np.array([
        x.var(1).sum(1).mean(),
        np.square(images - middles).sum(1).mean(),
        np.var(list(per_class.values()), axis=0).sum(),
    ])  # fmt: skip
    return parts / parts.sum() if parts.sum() > 1e-12 else np.zeros(3)


def centred_first(codes, labels):
    x = np.asarray(codes, dtype=np.float64)
    return by_moments(x - x.mean((0, 1)), labels)


def unbiased(codes, labels):
    x, labels = unit(codes), np.asarray(labels)
    views = x.var(1, ddof=1 if x.shape[1] > 1 else 0).sum(1).mean()
    images = x.mean(1)
    middles = np.array([images[labels == label].mean(0) for label in labels])
    parts = np.array([views, np.square(images - middles).sum(1).mean(), middles.var(0).sum()])
    return parts / parts.sum() if parts.sum() > 1e-12 else np.zeros(3)


def in_place(codes, labels):
    if isinstance(codes, list):
        return by_moments(codes, labels)
    codes /= np.maximum(np.linalg.norm(codes, axis=2, keepdims=True), 1e-300)
    return by_moments(codes, labels)


RIGHT = [by_moments, in_torch, by_pairs]
WRONG = [
    (two_parts, "where the shape (3,) should come back"),
    (percent, "These are percent"),
    (means_scaled_too, "scale the means of the images to length 1 as well"),
    (means_over_classes, "Your class part is a mean over classes"),
    (centred_first, "not right, first at"),
    (unbiased, "not right, first at"),
    (in_place, "in place"),
    (swapped_axes, "not right, first at"),
    (lambda codes, labels: np.ones(3) / 3, "not right, first at"),
]
_CODES = "codes, labels = (np.asarray(codes, dtype=float), np.asarray(labels))"
_PARTS = "parts = np.array([np.sum((codes - images[:, None]) ** 2, axis=2).mean("
_CLASSES = "classes = np.array([images[labels == label].mean(axis=0) for label in "
_FLOAT = "the norm and the division turn lists and whole numbers into floats"
_SQUARED = "the difference is only squared"
SURVIVORS = {
    f"{_CODES}: np.asarray(codes, dtype=float) -> {new}": _FLOAT
    for new in ("codes", "np.asarray(codes)")
} | {
    f"{_CLASSES}: np.array([images[labels == label].mean(axis=0) for label in labels]) -> "
    "[images[labels == label].mean(axis=0) for label in labels]": "an array minus a list is one",
    "codes = codes / np.where(lengths > 0, lengths, 1): 1 -> 2": "0 divided by 1 or by 2 is 0",
    f"{_PARTS}: codes - images[:, None] -> images[:, None] - codes": _SQUARED,
    f"{_PARTS}: images - classes -> classes - images": _SQUARED,
    f"{_PARTS}: classes - images.mean(axis=0) -> images.mean(axis=0) - classes": _SQUARED,
    "return parts / total if total > 1e-12 else np.zeros(3): total > 1e-12 -> "
    "total >= 1e-12": "no total is exactly 1e-12",
}
