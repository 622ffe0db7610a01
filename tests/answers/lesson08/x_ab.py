"""Answers to X-ab."""

import numpy as np
from scipy.optimize import curve_fit, least_squares, minimize

CHECK = "X-ab"


def corner(x, min_dist, spread):
    return np.where(x < min_dist, 1.0, np.exp(-(x - min_dist) / spread))


def q(x, a, b):
    return 1 / (1 + a * x ** (2 * b))


def by_curve_fit(min_dist, spread=1.0):
    x = np.linspace(0, 3 * spread, 300)
    start = (spread**-2.0, 1.0)
    return tuple(curve_fit(q, x, corner(x, min_dist, spread), p0=start, maxfev=5000)[0])


def by_residuals(min_dist, spread=1.0):
    x = np.linspace(0, 3, 300)[1:]
    target = corner(x, min_dist / spread, 1.0)
    log_a, b = least_squares(lambda p: q(x, np.exp(p[0]), p[1]) - target, (0.0, 1.0)).x
    return [np.exp(log_a - 2 * b * np.log(spread)), b]


def by_nelder_and_mead(min_dist, spread=1.0):
    x = np.linspace(0, 3, 300)
    target = corner(x, min_dist / spread, 1.0)
    found = minimize(
        lambda p: np.sum((q(x, np.exp(p[0]), p[1]) - target) ** 2), (0.0, 1.0),
        method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-12},
    )  # fmt: skip
    return np.array([np.exp(found.x[0]) / spread ** (2 * found.x[1]), found.x[1]])


def by_shrinking_grids(min_dist, spread=1.0):
    x = np.linspace(0, 3, 300)[1:]
    target, log_x = corner(x, min_dist / spread, 1.0), np.log(x)
    middle, reach = np.array([0.0, 1.0]), np.array([4.0, 0.95])
    for _ in range(14):
        log_a, b = (m + r * np.linspace(-1, 1, 11) for m, r in zip(middle, reach, strict=True))
        b = np.maximum(b, 1e-3)
        power = np.exp(log_a[:, None, None] + 2 * b[None, :, None] * log_x)
        loss = np.sum((1 / (1 + power) - target) ** 2, axis=2)
        i, j = np.unravel_index(loss.argmin(), loss.shape)
        middle, reach = np.array([log_a[i], b[j]]), reach * 0.55
    return np.exp(middle[0]) / spread ** (2 * middle[1]), middle[1]


def one_coarse_grid(min_dist, spread=1.0):
    x = np.linspace(0, 3, 300)[1:]
    target, log_x = corner(x, min_dist / spread, 1.0), np.log(x)
    log_a, b = np.log(np.linspace(0.05, 4, 80)), np.linspace(0.3, 3, 55)
    power = np.exp(log_a[:, None, None] + 2 * b[None, :, None] * log_x)
    loss = np.sum((1 / (1 + power) - target) ** 2, axis=2)
    i, j = np.unravel_index(loss.argmin(), loss.shape)
    return np.exp(log_a[i]) / spread ** (2 * b[j]), b[j]


def log_of_a_returned(min_dist, spread=1.0):
    a, b = by_residuals(min_dist, spread)
    return np.log(a), b


def a_only(min_dist, spread=1.0):
    return by_residuals(min_dist, spread)[0]


def the_curve_returned(min_dist, spread=1.0):
    return q(np.linspace(0, 3, 300), *by_residuals(min_dist, spread))


def logarithms_compared(min_dist, spread=1.0):
    x = np.linspace(0, 3, 300)[1:]
    target = np.log(corner(x, min_dist / spread, 1.0))
    log_a, b = least_squares(lambda p: np.log(q(x, np.exp(p[0]), p[1])) - target, (0.0, 1.0)).x
    return np.exp(log_a) / spread ** (2 * b), b


def stopped_early(min_dist, spread=1.0):
    x = np.linspace(0, 3, 300)[1:]
    target = corner(x, min_dist / spread, 1.0)
    found = least_squares(
        lambda p: q(x, np.exp(p[0]), p[1]) - target, (0.0, 1.0), max_nfev=3
    ).x  # fmt: skip
    return np.exp(found[0]) / spread ** (2 * found[1]), found[1]


def up_to_min_dist_left_out(min_dist, spread=1.0):
    x = np.linspace(0, 3, 300)[1:]
    x = x[x >= min_dist / spread]
    target = corner(x, min_dist / spread, 1.0)
    log_a, b = least_squares(lambda p: q(x, np.exp(p[0]), p[1]) - target, (0.0, 1.0)).x
    return np.exp(log_a) / spread ** (2 * b), b


def squared_curve(min_dist, spread=1.0):
    # a inside the power: (a x)^(2 b).
    a, b = by_residuals(min_dist, spread)
    return a ** (1 / (2 * b)), b


def corner_at_min_dist(min_dist, spread=1.0):
    a, b = by_residuals(min_dist, 1.0)
    return a / spread ** (2 * b), b


def x_0_left_in(min_dist, spread=1.0):
    x = np.linspace(0, 3, 300)
    target = corner(x, min_dist / spread, 1.0)
    log_a, b = 0.0, 1.0
    for _ in range(30):
        fitted = q(x, np.exp(log_a), b)
        slope = -fitted * (1 - fitted)
        with np.errstate(all="ignore"):
            slopes = np.stack([slope, 2 * slope * np.log(x)], axis=1)
        step = np.linalg.lstsq(slopes, target - fitted)[0]
        log_a, b = log_a + step[0], b + step[1]
    return np.exp(log_a) / spread ** (2 * b), b


def as_umap_learn_fits(min_dist, spread=1.0):
    # In the units of the picture, from a = b = 1: runs away where spread is small.
    x = np.linspace(0, 3 * spread, 300)
    return tuple(curve_fit(q, x, corner(x, min_dist, spread))[0])


RIGHT = [by_curve_fit, by_residuals, by_nelder_and_mead, by_shrinking_grids]
WRONG = [
    (one_coarse_grid, "but not the least squares"),
    (log_of_a_returned, "the right one"),
    (a_only, "return two numbers"),
    (the_curve_returned, "return two numbers"),
    (logarithms_compared, "the right one"),
    (stopped_early, "the right one"),
    (up_to_min_dist_left_out, "the right one"),
    (squared_curve, "outside the power"),
    (corner_at_min_dist, "the corner is at min_dist / spread"),
    (x_0_left_in, "leave that point out"),
    (as_umap_learn_fits, "both are positive"),
    (lambda min_dist, spread=1.0: (np.nan, 1.0), "no finite number"),
    (lambda min_dist, spread=1.0: (1.0, 1.0), "the right one"),
    (lambda min_dist, spread: by_residuals(min_dist, spread), "spread"),
]
_FINE = "any fine grid of x gives the same least squares to one part in 500"
_SAME_END = "the iteration comes to the same end from there"
SURVIVORS = {
    "target = np.minimum(1, np.exp(min_dist / spread - x)): "
    "np.minimum(1, np.exp(min_dist / spread - x)) -> "
    "np.minimum(np.exp(min_dist / spread - x), 1)": "the smaller of two, in any order",
    "log_a, b = (0.0, 1.0): 0.0 -> 1.0": _SAME_END,
    "log_a, b = (0.0, 1.0): 1.0 -> 2.0": _SAME_END,
    "log_a, b = (0.0, 1.0): 1.0 -> 0.0": _SAME_END,
    "for _ in range(30):: 30 -> 31": "it has converged long before",
    "for _ in range(30):: 30 -> 29": "it has converged long before",
    "x = np.linspace(0, 3, 300)[1:]: 300 -> 301": _FINE,
    "x = np.linspace(0, 3, 300)[1:]: 300 -> 299": _FINE,
    "x = np.linspace(0, 3, 300)[1:]: 1 -> 2": _FINE,
    "slopes = np.stack([-q * (1 - q), -q * (1 - q) * 2 * np.log(x)], axis=1: 2 -> 3": (
        "a slope off by a factor changes the steps, and only little where they end"
    ),
}
