"""Check of lesson 08, part D: an alarm for strangers, set with known points."""

import math

import numpy as np

from helpers.checks.comparing import as_numbers
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.umap_d_variants import variant

__all__ = ["Q19_ALARM"]


def _by_trial(train, calibration, batch, rate):
    """Try every calibration score as the threshold, the smallest first."""

    def score(point):
        return min(math.dist(point, row) for row in train)

    train, calibration, batch = (
        [[float(x) for x in row] for row in rows] for rows in (train, calibration, batch)
    )
    known = sorted(map(score, calibration))
    new = [score(point) for point in batch]
    for threshold in known:
        if sum(s > threshold for s in known) / len(known) <= rate:
            return np.array([threshold, sum(s > threshold for s in new) / len(new)])
    raise AssertionError("the largest score has none above it")


def _two(case, output):
    pair = as_numbers(output)
    if pair is None or pair.shape != (2,) or pair.dtype.kind == "c":
        raise ValueError("return two numbers: `return threshold, share`")
    return pair.astype(np.float64)


def _both(got, expected):
    fine = np.isclose(got, expected, rtol=1e-5, atol=1e-5)
    return (
        None
        if fine.all()
        else "neither number is right"
        if not fine.any()
        else f"the {'share' if fine[0] else 'threshold'} is not right"
    )


def _alarm_cases(rng, hard):
    line = np.array([[0.0], [10.0], [20.0]])
    known = np.array([[1.0], [12.0], [17.0], [4.0]])
    corners = np.array([[0.0, 0], [3, 4]])
    equal = np.array([[0.0, 2], [3, 6], [2, 0], [0, -1], [0, -7]])
    repeated = np.array([[5.0, 5], [5, 5], [-5, 0]])

    def random(name, m, n, q, d, rate, shift=0.0, kind=float, offset=0.0):
        centres = 4 * rng.normal(size=(3, d))

        def draw(size):
            return centres[rng.integers(0, 3, size)] + rng.normal(size=(size, d)) + offset

        rows = draw(m), draw(n), draw(q) + shift * rng.normal(size=(q, d))
        return Case(name, (*(r.astype(kind) for r in rows), rate))

    return [
        Case("three training points on a line", (line, known, np.array([[25.0], [10]]), 0.25)),
        Case("no false alarm allowed", (line, known, np.array([[15.0], [24], [25]]), 0.0)),
        Case("half may exceed it", (line, known, np.array([[12.0], [13], [23.5]]), 0.5)),
        Case("equal scores", (corners, equal, np.array([[0.0, -2], [0, -3]]), 0.25)),
        Case("equal scores, more allowed", (corners, equal, np.array([[0.0, -2], [3, 5]]), 0.75)),
        Case("a rate between two steps", (line, known, np.array([[23.5], [13.5]]), 0.3)),
        Case("points that are known exactly", (repeated, repeated, repeated + 1.0, 0.1)),
        Case(
            "ten known points, a quarter",
            (line, 20 + np.arange(1.0, 11)[:, None] ** 2, np.array([[85.0], [75], [60]]), 0.25),
        ),
        Case(
            "64-bit numbers, far from zero",
            (2.0**27 + line, 2.0**27 + known, 2.0**27 + np.array([[14.0], [23], [5]]), 0.25),
        ),
        Case(
            "pixels of 8 bits",
            (
                np.uint8([[200, 10], [10, 200]]),
                np.uint8([[190, 30], [30, 230], [100, 90], [250, 20]]),
                np.uint8([[0, 0], [20, 180], [255, 255]]),
                0.25,
            ),
        ),
        Case("lists", (line.tolist(), known.tolist(), [[11.5], [14.0], [2.5]], 0.5)),
        random("two dimensions", 12, 20, 7, 2, 0.1, shift=2.0),
        random("more new points than known ones", 15, 9, 40, 3, 0.25, shift=1.0),
        random("32-bit numbers, far from zero", 12, 16, 9, 3, 0.125, 1.0, np.float32, 3_000.0),
        random("five dimensions", 30, 40, 20, 5, 0.05, shift=1.5),
    ] + (
        [
            random("one new point", 10, 12, 1, 2, 0.25, shift=3.0),
            random("one known point", 6, 1, 5, 2, 0.4, shift=1.0),
            random("one training point", 1, 10, 6, 2, 0.2, shift=1.0),
            random("sixty-four dimensions", 50, 60, 30, 64, 0.1, shift=0.5),
        ]
        if hard
        else []
    )


Q19_ALARM = Check(
    id="Q19-alarm",
    title="An alarm for strangers",
    level=2,
    minutes=20,
    points=3,
    function="stranger_alarm",
    make_cases=_alarm_cases,
    oracle=_by_trial,
    view=_two,
    compare=_both,
    misconceptions=(
        Misconception(
            "set with the training points",
            variant(source="train"),
            "You set the threshold with the training points, each of which is nearest to itself: "
            "it comes out as 0, and everything new is a stranger. Use the calibration points.",
        ),
        Misconception(
            "set with the batch",
            variant(source="batch"),
            "You set the threshold with the batch that is to be judged, so the same share alarms "
            "whatever comes. Use the calibration points.",
        ),
        Misconception(
            "interpolated quantile",
            variant(pick="quantile"),
            "You interpolate between two scores (`np.quantile` does). Here the threshold is one of "
            "the calibration scores: the smallest that at most the share `rate` of them exceeds.",
        ),
        Misconception(
            "quantile, lower",
            variant(pick="lower"),
            "np.quantile's `lower` counts from n - 1 intervals: with 10 scores and the rate .25 it "
            "lets 3 of 10 pass. Two may: count from the top.",
        ),
        Misconception(
            "quantile, higher",
            variant(pick="higher"),
            "Your threshold is the next larger score: fewer points exceed it than `rate` allows. "
            "Take the smallest that is allowed: count from the top.",
        ),
        Misconception(
            "counted from below",
            variant(pick="from below"),
            "`known[int((1 - rate) * n)]` is one score too high whenever rate · n is whole, for "
            "numbers begin at 0. Count from the top how many may lie above.",
        ),
        Misconception(
            "rounded count",
            variant(pick="rounded"),
            "You round rate · n, so more points may exceed your threshold than are allowed. Round "
            "down.",
        ),
        Misconception(
            "the low end",
            variant(pick="low"),
            "You take the quantile `rate` from below, so most known points alarm. Few may lie "
            "*above* the threshold.",
        ),
        Misconception(
            "one score too low",
            variant(pick="one too low"),
            "Your threshold is one score too low: one known point more than `rate` allows lies "
            "above it.",
        ),
        Misconception(
            "one score too high",
            variant(pick="one too high"),
            "Your threshold is one score too high: a smaller one also keeps to `rate`. With m "
            "points allowed above it, it is the (m + 1)-th largest score.",
        ),
        Misconception(
            "the largest score",
            variant(pick="largest"),
            "You take the largest calibration score, whatever `rate` is. A share `rate` of them "
            "may lie above the threshold.",
        ),
        Misconception(
            "mean and spread",
            variant(pick="normal"),
            "You take mean plus two standard deviations. Distances are not normally distributed: "
            "go by the order of the calibration scores.",
        ),
        Misconception(
            "squared distances",
            variant(distance="squared"),
            "The share is right, but your threshold is a squared distance. Take the root.",
        ),
        Misconception(
            "32 bits",
            variant(kind=np.float32),
            "You compute in 32 bits, which have no room for small differences of large numbers. "
            "Use 64 bits.",
        ),
        Misconception(
            "the type of the input",
            variant(kind=None),
            "You subtract in the type of the input: numbers of 8 bits wrap below 0. Turn them into "
            "64-bit floats first.",
        ),
        Misconception(
            "distances by products",
            variant(distance="product"),
            "x² - 2xy + y² loses the small differences of large numbers. Subtract first, then "
            "square.",
        ),
        Misconception(
            "absolute differences",
            variant(distance="absolute"),
            "You add absolute differences; Euclidean distance is asked.",
        ),
        Misconception(
            "distance to the centre",
            variant(to="centre"),
            "You measure the distance to the mean of the training points. A stranger may sit in "
            "the gap between groups, near the mean: take the nearest training point.",
        ),
        Misconception(
            "mean distance",
            variant(to="mean"),
            "You average the distances to all training points. Take the nearest one only.",
        ),
        Misconception(
            "the farthest training point",
            variant(to="far"),
            "You take the farthest training point. A point is known if *some* training point is "
            "near: take the smallest distance.",
        ),
        Misconception(
            "equal counts as above",
            variant(above="equal"),
            "A score equal to the threshold is no alarm here: count what is greater.",
        ),
        Misconception(
            "the quiet share",
            variant(above="below"),
            "You return the share that gives no alarm. Count the scores above the threshold.",
        ),
        Misconception(
            "a count",
            variant(share="count"),
            "You return how many points alarm. Divide by the size of the batch.",
        ),
        Misconception(
            "percent",
            variant(share="percent"),
            "You return the share in percent. Return it from 0 to 1.",
        ),
        Misconception(
            "the share of the known points",
            variant(share="calibration"),
            "You return the share of *calibration* points above the threshold. Asked is the share "
            "of the batch.",
        ),
        Misconception(
            "the two swapped",
            variant(swap=True),
            "Both numbers are right but swapped: return the threshold first, then the share.",
        ),
    ),
)
