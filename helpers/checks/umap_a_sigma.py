"""Check of lesson 08, part 1: the smooth distances rho and sigma."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from helpers.checks.comparing import as_numbers
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.umap_a_sigma_slips import FLOOR, variant

__all__ = ["X_SIGMA"]

TOLERANCE = 2e-3  # of sigma: searches stop early by different rules


class _Found(NamedTuple):
    rho: np.ndarray
    sigma: np.ndarray
    sums: np.ndarray
    target: float
    floor: np.ndarray


def _by_rows(distances, bandwidth=1.0):
    """Solve for sigma row by row with a library's root finder."""
    rows = [[float(d) for d in row] for row in distances]
    everything = [d for row in rows for d in row]
    rhos, sigmas = [], []
    for row in rows:
        positive = [d for d in row if d > 0]
        rho = min(positive, default=0.0)
        mean = sum(row) / len(row) if rho else sum(everything) / len(everything)
        floor = FLOOR * mean
        beyond = np.array([max(0.0, d - rho) for d in row[1:]])
        target = bandwidth * np.log2(len(row))
        sigma = floor
        if np.sum(beyond == 0) < target:
            low, high = np.log(beyond[beyond > 0].min()) - 6, np.log(beyond.max()) + 15

            def too_much(log_sigma, beyond=beyond, target=target):
                return np.exp(-beyond / np.exp(log_sigma)).sum() - target

            sigma = max(np.exp(brentq(too_much, low, high, xtol=1e-12)), floor)
        rhos.append(rho)
        sigmas.append(sigma)
    return np.array(rhos), np.array(sigmas)


def _pair(case, output):
    n = len(case.args[0])
    pair = output if isinstance(output, list | tuple) else as_numbers(output)
    if pair is None or (isinstance(pair, np.ndarray) and pair.ndim == 0) or len(pair) != 2:
        raise ValueError("return two arrays, `rho, sigma`")
    rho, sigma = (as_numbers(item) for item in pair)
    if rho is None or sigma is None or rho.shape != (n,) or sigma.shape != (n,):
        raise ValueError(f"`rho` and `sigma` are to have one number for each of the {n} points")
    if np.iscomplexobj(rho) or np.iscomplexobj(sigma):
        raise ValueError("`rho` and `sigma` are real numbers, yours are complex")
    distances = np.asarray(case.args[0], dtype=float)
    rho, sigma = rho.astype(float), sigma.astype(float)
    with np.errstate(all="ignore"):
        beyond = np.maximum(distances[:, 1:] - rho[:, None], 0)
        sums = np.exp(-np.where(beyond > 0, beyond / sigma[:, None], 0)).sum(axis=1)
    bandwidth = case.kwargs.get("bandwidth", 1.0)
    means = np.where(distances.any(axis=1), distances.mean(axis=1), distances.mean())
    return _Found(rho, sigma, sums, bandwidth * np.log2(distances.shape[1]), FLOOR * means)


def _same(got, expected):
    rho, sigma = np.asarray(expected[0]), np.asarray(expected[1])
    far = ~np.isclose(got.rho, rho, rtol=1e-5, atol=0)
    if far.any():
        i = far.argmax()
        return f"`rho` of point {i} is {got.rho[i]:.4g}, it should be {rho[i]:.4g}"
    far = ~np.isclose(got.sigma, sigma, rtol=TOLERANCE, atol=0)
    if not far.any():
        return None
    i = far.argmax()
    if not np.isfinite(got.sigma[i]):
        return (
            f"`sigma` of point {i} is {got.sigma[i]}: the search must neither divide by 0 nor run "
            "away"
        )
    if got.sigma[i] < 0:
        return f"`sigma` of point {i} is {got.sigma[i]:.4g}; a width is positive"
    if np.isclose(sigma[i], got.floor[i], rtol=1e-6):
        return (
            f"`sigma` of point {i} is {got.sigma[i]:.4g}. The sum would need less than the floor, "
            f"so `sigma` is the floor, {sigma[i]:.4g}: 0.001 of the mean distance of the row (its "
            "own 0 counts), or of all rows where `rho` is 0"
        )
    if np.isclose(got.sigma[i], sigma[i], rtol=0.01):
        return (
            f"`sigma` of point {i} is {got.sigma[i]:.5g}, which is near, but your search stops too "
            f"early for {sigma[i]:.5g}: halve the bracket about 64 times"
        )
    way = "up" if got.sums[i] < got.target else "down"
    return (
        f"`sigma` of point {i} is {got.sigma[i]:.5g}: with it the other memberships add up to "
        f"{got.sums[i]:.5g}, and bandwidth * log2(k) is {got.target:.5g}. A larger sigma lifts the "
        f"sum: go {way}"
    )


def _smooth_cases(rng, hard):
    def rows(n, k, low=0.5, high=3.0):
        far = np.sort(rng.uniform(low, high, (n, k - 1)), axis=1)
        return np.column_stack([np.zeros(n), far])

    one = np.array([[0.0, 1.0, 1.5, 2.0, 3.0]])
    twins = np.array([[0, 0, 0.5, 0.9, 1.4, 2.0], [0, 1, 1.5, 2.0, 2.2, 3.0]])
    ties = np.array([[0, 2, 2, 2, 2.5], [0, 1, 1.6, 2.1, 2.4]])
    close = np.array([[0, 1, 1 + 1e-5, 1 + 3e-5, 1 + 6e-5, 1 + 9e-5], [0, 1, 2, 2.5, 3, 5]])
    buried = np.array([[0, 0, 0, 0, 0], [0, 1, 1.4, 2, 2.2], [0, 4, 5, 7, 9]])
    cases = [
        Case("one point, k = 5", (one,)),
        Case("one point, bandwidth 1.2", (one,), {"bandwidth": 1.2}),
        Case("four points, k = 6", (rows(4, 6),)),
        Case("k = 3", (rows(3, 3),)),
        Case("k = 3, the last far away", (np.array([[0.0, 0.1, 3.0]]),), {"bandwidth": 1.2}),
        Case("15 neighbours", (rows(5, 15),)),
        Case("a duplicate of point 0", (twins,)),
        Case("three neighbours equally near to point 0", (ties,)),
        Case("neighbours almost equally near to point 0", (close,)),
        Case("point 0 has duplicates only", (buried,)),
        Case("lists of whole numbers", ([[0, 2, 3, 5, 9], [0, 1, 4, 4, 6]],)),
        Case("32-bit numbers", (rows(3, 10).astype(np.float32),)),
        Case("huge distances", (rows(3, 7) * 1e7,)),
        Case("tiny distances", (rows(3, 7) * 1e-7,)),
        Case("bandwidth 0.7", (rows(3, 12),), {"bandwidth": 0.7}),
    ]
    if hard:
        cases += [
            Case("100 neighbours", (rows(20, 100, 0.01, 30.0),)),
            Case("huge distances, a duplicate", (twins * 1e9,)),
            Case("tiny distances, duplicates only", (buried * 1e-9,)),
            Case("tiny distances, ties", (ties * 1e-9,)),
            Case("transposed memory", (np.asfortranarray(rows(6, 8)),)),
        ]
    return cases


X_SIGMA = Check(
    id="X-sigma",
    title="The binary search for sigma",
    level=2,
    minutes=25,
    points=4,
    function="smooth_distances",
    make_cases=_smooth_cases,
    oracle=_by_rows,
    view=_pair,
    compare=_same,
    misconceptions=(
        Misconception(
            "sigma first",
            variant(swap=True),
            "You return sigma first. The order is `rho, sigma`.",
        ),
        Misconception(
            "rho from the second column",
            variant(first="column 1"),
            "You take the second column as `rho`. A duplicate stands there with distance 0: take "
            "the smallest distance *above* 0 of the row.",
        ),
        Misconception(
            "no rho",
            variant(first="none"),
            "Your `rho` is 0 everywhere (the row's minimum is the point itself). Take the smallest "
            "distance above 0, so that the nearest neighbour gets membership 1.",
        ),
        Misconception(
            "the point counted in the sum",
            variant(own=True),
            "You sum over all k columns. The first is the point itself, which is no neighbour: sum "
            "over `distances[:, 1:]`. Only the k in log2(k) counts it.",
        ),
        Misconception(
            "log of k - 1",
            variant(target=lambda k: np.log2(k - 1)),
            "Your target is log2(k - 1). UMAP counts the point among its k neighbours: the sum "
            "runs over k - 1 others, the target is log2(k).",
        ),
        Misconception(
            "natural logarithm",
            variant(target=np.log),
            "Your target is the natural logarithm of k; it should be the logarithm to base 2.",
        ),
        Misconception(
            "Gaussian instead of exponential",
            variant(square=True),
            "You square the distances in the exponent, as t-SNE does. UMAP's memberships fall like "
            "exp(-(d - rho) / sigma), without a square.",
        ),
        Misconception(
            "no clamp",
            variant(clamp=False),
            "A duplicate has d - rho below 0, and your exp() of it is above 1. Use "
            "max(0, d - rho): nothing belongs by more than 1.",
        ),
        Misconception(
            "only what lies beyond rho",
            variant(beyond_only=True),
            "You leave neighbours at distance rho or less out of the sum. They count too, "
            "each with 1.",
        ),
        Misconception(
            "bandwidth left out",
            variant(width="none"),
            "Right for bandwidth 1, but `bandwidth` has no effect. The target is "
            "bandwidth * log2(k).",
        ),
        Misconception(
            "bandwidth times sigma",
            variant(width="sigma"),
            "You multiply sigma by `bandwidth`. It belongs to the target: the memberships are to "
            "add up to bandwidth * log2(k).",
        ),
        Misconception(
            "no floor",
            variant(floor="none"),
            "Where many neighbours are equally near, no sigma gives the sum, and yours falls "
            "towards 0. Keep it at 0.001 of the mean distance at least.",
        ),
        Misconception(
            "floor by the others' mean",
            variant(floor="others"),
            "The floor is 0.001 of the mean of all k columns; you leave the first (0) out of it.",
        ),
        Misconception(
            "floor by the mean of all",
            variant(floor="all"),
            "You take the floor from the mean of the whole table for every point. Use the mean of "
            "the point's own row, and that of the table only where `rho` is 0.",
        ),
        Misconception(
            "floor by the row only",
            variant(floor="row"),
            "Where a point has duplicates only, its row has mean 0 and gives no floor. There "
            "(`rho` 0) take 0.001 of the mean of the whole table.",
        ),
        Misconception(
            "a fixed floor",
            variant(floor="fixed"),
            "Your floor is 0.001 itself. Distances have any unit: it is 0.001 *times the mean "
            "distance*.",
        ),
        Misconception(
            "a bracket that is too small",
            variant(bound=lambda d: 1000.0),
            "Your search cannot pass its fixed upper end, but distances have any unit. Double "
            "sigma until the sum is above the target, or begin with an upper end from the data.",
        ),
        Misconception(
            "a search up to the largest distance",
            variant(bound=lambda d: d.max()),
            "Your search ends at the largest distance, or before. With few neighbours sigma may be "
            "far larger: begin with 1000 times it as the upper end.",
        ),
        Misconception(
            "a floor ten times too high",
            variant(floor="hundredth"),
            "Your floor is 0.01 of the mean distance; it should be 0.001 of it.",
        ),
        Misconception(
            "the floor added",
            variant(add=True),
            "You add the floor to sigma. It is a lower bound: take the larger of the two, "
            "np.maximum(sigma, floor).",
        ),
        Misconception(
            "an absolute tolerance",
            variant(fine=1e-6),
            "Your search stops when the bracket is narrower than a fixed number, and tiny "
            "distances are smaller than that. Make a fixed number of halvings, such as 64.",
        ),
    ),
)
