"""Answers to X-f."""

import numpy as np
import torch

CHECK = "X-f"


def loops(counts, x_max=100.0, alpha=0.75):
    table = np.asarray(counts, dtype=float)
    weights, slopes = np.empty(table.shape), np.empty(table.shape)
    for place in np.ndindex(table.shape):
        x = float(table[place])
        if x >= x_max:
            weights[place], slopes[place] = 1, 0
        elif x == 0:
            weights[place] = 0
            slopes[place] = np.inf if alpha < 1 else (1 / x_max if alpha == 1 else 0)
        else:
            weights[place] = (x / x_max) ** alpha
            slopes[place] = alpha * weights[place] / x
    return weights, slopes


def in_torch(counts, x_max=100.0, alpha=0.75):
    x = torch.tensor(np.array(counts, dtype=float), requires_grad=True)
    power = (x / x_max) ** alpha
    (slopes,) = torch.autograd.grad(power.sum(), x)
    flat = x >= x_max
    weights = torch.where(flat, torch.ones_like(x), power)
    return weights.detach(), torch.where(flat, torch.zeros_like(x), slopes)


def with_logarithms(counts, x_max=100.0, alpha=0.75):
    x = np.array(counts, dtype=float)
    with np.errstate(divide="ignore"):
        logs = np.log(x) - np.log(x_max)
        slopes = np.exp(np.log(alpha / x_max) + (alpha - 1) * logs if alpha != 1 else 0 * x)
    slopes = slopes / (x_max if alpha == 1 else 1)
    return [np.exp(alpha * np.minimum(logs, 0)), slopes * (x < x_max) if x.size else slopes]


def minimum_of_both(counts, x_max=100.0, alpha=0.75):
    x = np.asarray(counts, dtype=float)
    with np.errstate(divide="ignore"):
        slopes = alpha / x_max * (x / x_max) ** (alpha - 1)
    return np.minimum((x / x_max) ** alpha, 1), np.minimum(slopes, alpha / x_max)


def only_weights(counts, x_max=100.0, alpha=0.75):
    return np.minimum((np.asarray(counts, dtype=float) / x_max) ** alpha, 1)


def fixed_x_max(counts, x_max=100.0, alpha=0.75):
    return loops(counts, 100.0, alpha)


def fixed_alpha(counts, x_max=100.0, alpha=0.75):
    return loops(counts, x_max, 0.75)


def swapped(counts, x_max=100.0, alpha=0.75):
    weights, slopes = loops(counts, x_max, alpha)
    return slopes, weights


def numerical(counts, x_max=100.0, alpha=0.75):
    x, h = np.asarray(counts, dtype=float), 1e-3
    above, below = (loops(np.maximum(x + s, 0), x_max, alpha)[0] for s in (h, -h))
    return loops(x, x_max, alpha)[0], (above - below) / (2 * h)


def flattened(counts, x_max=100.0, alpha=0.75):
    return tuple(a.ravel() for a in loops(counts, x_max, alpha))


def in_place(counts, x_max=100.0, alpha=0.75):
    weights, slopes = loops(counts, x_max, alpha)
    if isinstance(counts, np.ndarray) and counts.dtype.kind == "f":
        counts[...] = weights
    return weights, slopes


def capped_ratio(counts, x_max=100.0, alpha=0.75):
    ratio = np.minimum(np.asarray(counts, dtype=float) / x_max, 1)
    with np.errstate(divide="ignore"):
        return ratio**alpha, alpha / x_max * ratio ** (alpha - 1)


def from_the_weight(counts, x_max=100.0, alpha=0.75):
    x = np.asarray(counts, dtype=float)
    weights = np.minimum(x / x_max, 1) ** alpha
    with np.errstate(invalid="ignore"):
        return weights, np.where(x < x_max, alpha * weights / x, 0)


def vectorised(counts, x_max=100.0, alpha=0.75):
    return np.vectorize(lambda x: tuple(float(a) for a in loops(x, x_max, alpha)))(counts)


RIGHT = [loops, in_torch, with_logarithms]
WRONG = [
    (minimum_of_both, "`slopes`"),
    (capped_ratio, "stays at alpha / x_max"),
    (from_the_weight, "divides 0 by 0"),
    (vectorised, "size 0"),
    (only_weights, "2 values should come back"),
    (fixed_x_max, "`weights`"),
    (fixed_alpha, "`weights`"),
    (swapped, "`weights`"),
    (numerical, "`slopes`"),
    (flattened, "`weights`: the result has the shape"),
    (in_place, "in place"),
    (lambda counts, x_max=100.0, alpha=0.75: (1.0, 0.0), "`weights`"),
]
SURVIVORS = {
    "counts = np.asarray(counts, dtype=float): np.asarray(counts, dtype=float) -> "
    "np.asarray(counts)": "dividing by x_max makes floats of whole numbers anyway",
    "with np.errstate(divide='ignore'):: np.errstate(divide='ignore') -> np.errstate()": (
        "the numbers are the same, only a warning comes along"
    ),
    "return (np.where(counts < x_max, power, 1.0), np.where(counts < x_max,: "
    "counts < x_max -> counts <= x_max": "at x_max itself the power is 1, as the cap is",
}
