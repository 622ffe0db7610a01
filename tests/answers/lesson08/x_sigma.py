"""Answers to X-sigma."""

import math

import numpy as np
import torch
from scipy.optimize import brentq

CHECK = "X-sigma"


def floors(d, rho):
    return 1e-3 * np.where(rho > 0, d.mean(axis=1), d.mean())


def starts(d):
    return np.array([min((x for x in row if x > 0), default=0.0) for row in d.tolist()])


def all_rows_at_once(distances, bandwidth=1.0):
    d = np.array(distances, dtype=float)
    rho = starts(d)
    beyond = np.maximum(d[:, 1:] - rho[:, None], 0)
    low, high = np.zeros(len(d)), np.full(len(d), 1e4 * d.max())
    for _ in range(100):
        middle = (low + high) / 2
        wide = np.exp(-beyond / middle[:, None]).sum(axis=1) > bandwidth * np.log2(d.shape[1])
        low, high = np.where(wide, low, middle), np.where(wide, middle, high)
    return rho, np.maximum(high, floors(d, rho))


def as_in_the_library(distances, bandwidth=1.0):
    # Doubling while there is no upper end, and a stop at a sum within 1e-5.
    d = np.array(distances, dtype=float)
    rho, sigmas = starts(d), []
    for row, near, floor in zip(d, rho, floors(d, starts(d)), strict=True):
        low, high, middle = 0.0, math.inf, 1.0
        for _ in range(64):
            total = sum(1.0 if x <= near else math.exp(-(x - near) / middle) for x in row[1:])
            if abs(total - bandwidth * math.log2(len(row))) < 1e-5:
                break
            if total > bandwidth * math.log2(len(row)):
                high = middle
                middle = (low + high) / 2
            else:
                low = middle
                middle = 2 * middle if high == math.inf else (low + high) / 2
        sigmas.append(max(middle, floor))
    return rho, np.array(sigmas)


def by_root_finder(distances, bandwidth=1.0):
    d = np.array(distances, dtype=float)
    rho, sigmas = starts(d), []
    for row, near, floor in zip(d, rho, floors(d, starts(d)), strict=True):
        beyond = np.clip(row[1:] - near, 0, None)

        def excess(sigma, beyond=beyond):
            return np.exp(-beyond / sigma).sum() - bandwidth * np.log2(d.shape[1])

        enough = excess(floor) >= 0
        sigmas.append(floor if enough else brentq(excess, floor, 1e5 * row.max(), rtol=1e-9))
    return [rho.tolist(), sigmas]


def by_bisecting_the_logarithm(distances, bandwidth=1.0):
    d = np.array(distances, dtype=float)
    rho, unit = starts(d), d.max()
    beyond = np.maximum(d[:, 1:] - rho[:, None], 0) / unit
    low, high = np.full(len(d), -20.0), np.full(len(d), 20.0)
    for _ in range(60):
        middle = (low + high) / 2
        wide = np.exp(-beyond / np.exp(middle)[:, None]).sum(axis=1) > bandwidth * np.log2(
            d.shape[1]
        )
        high[wide], low[~wide] = middle[wide], middle[~wide]
    return np.array([rho, np.maximum(unit * np.exp(low), floors(d, rho))])


def wrong_way(distances, bandwidth=1.0):
    d = np.array(distances, dtype=float)
    rho = starts(d)
    beyond = np.maximum(d[:, 1:] - rho[:, None], 0)
    low, high = np.zeros(len(d)), np.full(len(d), 1e4 * d.max())
    for _ in range(100):
        middle = (low + high) / 2
        wide = np.exp(-beyond / middle[:, None]).sum(axis=1) > bandwidth * np.log2(d.shape[1])
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return rho, np.maximum(high, floors(d, rho))


def target_is_k(distances, bandwidth=1.0):
    d = np.array(distances, dtype=float)
    rho = starts(d)
    return rho, np.full(len(d), np.inf)


def last_neighbour(distances, bandwidth=1.0):
    d = np.array(distances, dtype=float)
    return starts(d), d[:, -1]


def swapped(distances, bandwidth=1.0):
    rho, sigma = all_rows_at_once(distances, bandwidth)
    return sigma, rho


def sigma_only(distances, bandwidth=1.0):
    return all_rows_at_once(distances, bandwidth)[1]


def column_vectors(distances, bandwidth=1.0):
    rho, sigma = all_rows_at_once(distances, bandwidth)
    return rho[:, None], sigma[:, None]


def few_halvings(distances, bandwidth=1.0):
    d = np.array(distances, dtype=float)
    rho = starts(d)
    beyond = np.maximum(d[:, 1:] - rho[:, None], 0)
    low, high = np.zeros(len(d)), np.full(len(d), 10 * d.max())
    for _ in range(8):
        middle = (low + high) / 2
        wide = np.exp(-beyond / middle[:, None]).sum(axis=1) > bandwidth * np.log2(d.shape[1])
        low, high = np.where(wide, low, middle), np.where(wide, middle, high)
    return rho, np.maximum(high, floors(d, rho))


def no_memberships_below_0(distances, bandwidth=1.0):
    # Counts duplicates as if they were at distance rho from rho.
    d = np.array(distances, dtype=float)
    rho = starts(d)
    _, sigma = all_rows_at_once(np.abs(d - rho[:, None]) + rho[:, None], bandwidth)
    return rho, sigma


def in_place(distances, bandwidth=1.0):
    found = all_rows_at_once(distances, bandwidth)
    if isinstance(distances, np.ndarray):
        distances[:, 1:] -= found[0][:, None].astype(distances.dtype)
    return found


def nothing_but_a_number(distances, bandwidth=1.0):
    return np.array(5)


def complex_numbers(distances, bandwidth=1.0):
    return np.array(all_rows_at_once(distances, bandwidth)) + 1j


def three_times_the_last(distances, bandwidth=1.0):
    rho, sigma = all_rows_at_once(distances, bandwidth)
    return rho, np.minimum(sigma, 3 * np.array(distances, dtype=float)[:, -1])


def floor_by_rho(distances, bandwidth=1.0):
    d = np.array(distances, dtype=float)
    rho, sigma = all_rows_at_once(d, bandwidth)
    return rho, np.where(np.isclose(sigma, floors(d, rho)), 1e-3 * rho + 1e-4 * d.max(), sigma)


def below_0(distances, bandwidth=1.0):
    rho, sigma = all_rows_at_once(distances, bandwidth)
    return rho, -sigma


def torch_pair(distances, bandwidth=1.0):
    return torch.tensor(np.array(all_rows_at_once(distances, bandwidth)))


RIGHT = [
    all_rows_at_once,
    as_in_the_library,
    by_root_finder,
    by_bisecting_the_logarithm,
    torch_pair,
]
WRONG = [
    (wrong_way, "go down"),
    (target_is_k, "run away"),
    (last_neighbour, "add up to"),
    (swapped, "You return sigma first"),
    (nothing_but_a_number, "return two arrays"),
    (complex_numbers, "yours are complex"),
    (three_times_the_last, "go up"),
    (floor_by_rho, "so `sigma` is the floor"),
    (below_0, "a width is positive"),
    (sigma_only, "return two arrays"),
    (column_vectors, "one number for each"),
    (few_halvings, "add up to"),
    (no_memberships_below_0, "point 0 is"),
    (in_place, "changed argument 1 in place"),
]
BRACKET = "low, high = (np.zeros(len(d)), np.full(len(d), 1000 * d.max()))"
ENOUGH = "any upper end far above the distances will do"
SURVIVORS = {
    "d = np.array(distances, dtype=float): np.array(distances, dtype=float) -> "
    "np.array(distances)": "the arithmetic after it makes floats of whole numbers",
    "beyond = np.maximum(d[:, 1:] - rho[:, None], 0): np.maximum(d[:, 1:] - rho[:, None], 0) -> "
    "np.maximum(0, d[:, 1:] - rho[:, None])": "the larger of two in either order",
    f"{BRACKET}: 1000 -> 1001": ENOUGH,
    f"{BRACKET}: 1000 -> 999": ENOUGH,
    f"{BRACKET}: 1000 * d.max() -> 1000 + d.max()": (
        "64 halvings of 1000 still resolve tiny distances, and huge ones have room up to d.max()"
    ),
    "for _ in range(64):: 64 -> 65": "one halving more changes the last digits only",
    "for _ in range(64):: 64 -> 63": "one halving less changes the last digits only",
    "too_wide = np.exp(-beyond / sigma[:, None]).sum(axis=1) > target: "
    "np.exp(-beyond / sigma[:, None]).sum(axis=1) > target -> "
    "np.exp(-beyond / sigma[:, None]).sum(axis=1) >= target": "a sum is never exactly the target",
    "return (rho, np.maximum(sigma, 0.001 * means)): np.maximum(sigma, 0.001 * means) -> "
    "np.maximum(0.001 * means, sigma)": "the larger of two in either order",
}
