"""Answers to Q19-alarm."""

import math

import numpy as np
import torch
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

CHECK = "Q19-alarm"


def by_cdist(train, calibration, batch, rate):
    train, calibration, batch = (np.array(x, float) for x in (train, calibration, batch))
    known = cdist(calibration, train).min(axis=1)
    new = cdist(batch, train).min(axis=1)
    fits = [t for t in known if (known > t).mean() <= rate]
    return min(fits), (new > min(fits)).mean()


def by_tree(train, calibration, batch, rate):
    tree = cKDTree(np.array(train, float))
    known, new = (tree.query(np.array(x, float))[0] for x in (calibration, batch))
    highest = np.sort(known)[::-1]
    threshold = highest[math.floor(rate * len(known))]
    return [threshold, np.count_nonzero(new > threshold) / len(new)]


def in_torch(train, calibration, batch, rate):
    train, calibration, batch = (
        torch.tensor(np.array(x, dtype=float)) for x in (train, calibration, batch)
    )
    known = ((calibration[:, None] - train) ** 2).sum(-1).min(1).values
    new = ((batch[:, None] - train) ** 2).sum(-1).min(1).values
    threshold = known.sort(descending=True).values[int(rate * len(known))]
    return torch.stack([threshold.sqrt(), (new > threshold).double().mean()])


def rounded_quantile(train, calibration, batch, rate):
    known = cdist(calibration, train).min(axis=1)
    new = cdist(batch, train).min(axis=1)
    threshold = np.quantile(known, 1 - rate, method="nearest")
    return threshold, (new > threshold).mean()


def each_alarm(train, calibration, batch, rate):
    threshold, _ = by_cdist(train, calibration, batch, rate)
    return threshold, cdist(batch, train).min(axis=1) > threshold


def in_32_bits(train, calibration, batch, rate):
    train, calibration, batch = (torch.tensor(np.array(x, np.float32)) for x in (
        train, calibration, batch))  # fmt: skip

    def score(points):
        table = (points**2).sum(1)[:, None] - 2 * points @ train.T + (train**2).sum(1)
        return table.clamp(min=0).sqrt().min(1).values.numpy()

    known = score(calibration)
    threshold = np.sort(known)[len(known) - 1 - math.floor(rate * len(known))]
    return threshold, (score(batch) > threshold).mean()


def between_batch_points(train, calibration, batch, rate):
    threshold, _ = by_cdist(train, calibration, batch, rate)
    table = cdist(batch, batch) + 1e9 * np.eye(len(batch))
    return threshold, (table.min(axis=1) > threshold).mean()


def rounded_count(train, calibration, batch, rate):
    known = cdist(calibration, train).min(axis=1)
    new = cdist(batch, train).min(axis=1)
    place = max(len(known) - 1 - round(rate * len(known) + 0.3), 0)
    threshold = np.sort(known)[place]
    return threshold, (new > threshold).mean()


def in_place(train, calibration, batch, rate):
    result = by_cdist(train, calibration, batch, rate)
    if isinstance(train, np.ndarray):
        train -= 1
    return result


def near_whole(train, calibration, batch, rate):
    known = np.sort(cdist(*(np.array(x, float) for x in (calibration, train))).min(axis=1))
    new = cdist(*(np.array(x, float) for x in (batch, train))).min(axis=1)
    threshold = known[len(known) - 1 - math.floor(rate * len(known) + 1e-9)]
    return threshold, (new > threshold).mean()


def lower_quantile(train, calibration, batch, rate):
    known = cdist(*(np.array(x, float) for x in (calibration, train))).min(axis=1)
    new = cdist(*(np.array(x, float) for x in (batch, train))).min(axis=1)
    threshold = np.quantile(known, 1 - rate, method="lower")
    return threshold, (new > threshold).mean()


def infinite(train, calibration, batch, rate):
    return np.inf, 0.0


RIGHT = [by_cdist, by_tree, in_torch, near_whole]
WRONG = [
    (rounded_quantile, "smallest case"),
    (lower_quantile, "lets 3 of 10 pass"),
    (each_alarm, "return two numbers"),
    (in_32_bits, "smallest case"),
    (between_batch_points, "smallest case"),
    (rounded_count, "smallest case"),
    (in_place, "changed argument 1 in place"),
    (infinite, "neither number is right"),
    (lambda *given: by_cdist(*given)[0], "return two numbers"),
    (lambda *given: None, "return two numbers"),
]
SURVIVORS = {
    "points = np.asarray(points, dtype=float): np.asarray(points, dtype=float) -> "
    "np.asarray(points)": ("differences from 64-bit training points have 64 bits"),
    "return (float(threshold), float((score(batch) > threshold).mean())): float((score(batch) > "
    "threshold).mean()) -> (score(batch) > threshold).mean()": ("a number of NumPy is a number"),
    "return (float(threshold), float((score(batch) > threshold).mean())): float(threshold) -> "
    "threshold": ("a number of NumPy is a number"),
    "return np.sqrt(((points[:, None] - train) ** 2).sum(axis=2).min(axis=1: points[:, None] - "
    "train -> train - points[:, None]": ("the square forgets the sign"),
    "train = np.asarray(train, dtype=float): np.asarray(train, dtype=float) -> np.asarray(train)": (
        "differences of 64-bit points from it have 64 bits"
    ),
    "train = np.asarray(train, dtype=float): np.asarray(train, dtype=float) -> train": (
        "a list taken from an array of 64-bit numbers gives an array"
    ),
}
