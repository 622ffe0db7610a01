"""Check of lesson 02, part B: the weighting function and its slope."""

import math

import numpy as np

from helpers.checks.comparing import close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_F"]

_NAMES = ("weights", "slopes")
_numbers = close(rtol=1e-5, atol=1e-12)


def _oracle(counts, x_max=100.0, alpha=0.75):
    """Take one number after another; the slope comes from a step into the complex plane."""

    def one(x):
        if x >= x_max:
            return 1.0, 0.0
        if x == 0:
            return 0.0, math.inf if alpha < 1 else (1 / x_max if alpha == 1 else 0.0)
        step = 1e-30 * x
        return (x / x_max) ** alpha, (((x + 1j * step) / x_max) ** alpha).imag / step

    table = np.asarray(counts, dtype=np.float64)
    found = [one(float(x)) for x in table.ravel()]
    return tuple(np.array([pair[k] for pair in found]).reshape(table.shape) for k in (0, 1))


def _compare(got, expected):
    if not isinstance(got, list | tuple) or len(got) != 2:
        return structure(_numbers, _numbers)(got, expected)
    for name, mine, wanted in zip(_NAMES, got, expected, strict=True):
        problem = _numbers(mine, wanted)
        if problem is not None:
            return f"`{name}`: {problem}"
    return None


def _cases(rng, hard):
    cases = [
        Case("one number, far below x_max", (1.0,)),
        Case("one number above x_max", (250.0,)),
        Case("the counts 1, 10, 100 and 1000", (np.array([1.0, 10.0, 100.0, 1000.0]),)),
        Case("a count of 0", (np.array([0.0, 4.0]),)),
        Case("X = x_max and its neighbours", (np.array([9.5, 10.0, 10.5]),), {"x_max": 10.0}),
        Case("whole numbers", (np.array([1, 2, 3, 50]),), {"x_max": 10.0}),
        Case("a list", ([0.5, 3.0, 20.0],), {"x_max": 10.0}),
        Case("alpha = 1, with a 0", (np.array([0.0, 5.0, 50.0]),), {"alpha": 1.0}),
        Case("a table", (rng.exponential(30, (2, 3)),), {"x_max": 40.0, "alpha": 0.5}),
        Case("no count at all", (np.zeros(0),)),
    ]
    if hard:
        cases += [
            Case("alpha = 2, with a 0", (np.array([0.0, 5.0, 50.0]),), {"alpha": 2.0}),
            Case("float32", (rng.exponential(5, 6).astype(np.float32),), {"x_max": 10.0}),
            Case("every other number of an array", (rng.exponential(9, 8)[::2],), {"x_max": 7.0}),
            Case("a wide range", (10.0 ** rng.uniform(-6, 8, 9),), {"x_max": 1000.0}),
            Case("a table of whole numbers", (rng.integers(0, 30, (3, 2)),), {"x_max": 10.0}),
        ]
    return cases


def _variant(
    *, cap=True, slope_cap=True, left=False, chain=True, at_zero=None, exponent=None, lowered=True,
    held=False,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def glove_weight(counts, x_max=100.0, alpha=0.75):
        x = np.asarray(counts, dtype=np.float64)
        power = alpha if exponent is None else exponent(alpha)
        below = (x <= x_max) if left else (x < x_max)
        with np.errstate(divide="ignore"):
            weights = (x / x_max) ** power
            ratio = np.minimum(x / x_max, 1) if held else x / x_max
            slopes = power * ratio ** (power - lowered) / (x_max if chain else 1)
        weights = np.where(x < x_max, weights, 1.0) if cap else weights
        slopes = np.where(below, slopes, 0.0) if slope_cap else slopes
        if at_zero is not None:
            slopes = np.where(x == 0, at_zero, slopes)
        return weights, slopes

    return glove_weight


def _whole(counts, x_max=100.0, alpha=0.75):
    weights, slopes = _oracle(counts, x_max, alpha)
    if isinstance(counts, np.ndarray) and counts.dtype.kind in "iu":
        with np.errstate(invalid="ignore"):
            return weights.astype(counts.dtype), slopes.astype(counts.dtype)
    return weights, slopes


def _branched(counts, x_max=100.0, alpha=0.75):
    if counts < x_max:
        with np.errstate(divide="ignore"):
            ratio = np.float64(counts) / x_max
            return ratio**alpha, alpha / x_max * ratio ** (alpha - 1)
    return 1.0, 0.0


def _unconverted(counts, x_max=100.0, alpha=0.75):
    if isinstance(counts, list):
        raise TypeError("unsupported operand type(s) for /: 'list' and 'float'")
    return _oracle(counts, x_max, alpha)


X_F = Check(
    id="X-f",
    title="The weighting function and its slope",
    level=1,
    minutes=10,
    points=2,
    function="glove_weight",
    make_cases=_cases,
    oracle=_oracle,
    compare=_compare,
    misconceptions=(
        Misconception(
            "no cap",
            _variant(cap=False, slope_cap=False),
            "The weight grows beyond 1. From x_max on every count has weight 1 and the slope is "
            "0: take `np.minimum`, or choose with `np.where(counts < x_max, ..., 1)`.",
        ),
        Misconception(
            "slope goes on behind the cap",
            _variant(slope_cap=False),
            "The weights are right, but behind x_max the function is flat: its slope is 0 there, "
            "not the slope that the power would have had.",
        ),
        Misconception(
            "slope of the capped ratio",
            _variant(slope_cap=False, held=True),
            "Behind x_max your slope stays at alpha / x_max. That is the slope of the power at the "
            "capped ratio 1; but the capped function is flat there, so choose 0 with `np.where`.",
        ),
        Misconception(
            "slope from the left at x_max",
            _variant(left=True),
            "All is right but the kink. At X = x_max the slope from the left is alpha / x_max, "
            "from the right 0; the task asks for the right one: compare with `<`, not `<=`.",
        ),
        Misconception(
            "inner derivative forgotten",
            _variant(chain=False),
            "The slopes are too large by the factor x_max. By the chain rule the derivative of "
            "(X / x_max)^alpha has a factor 1 / x_max from inside the bracket.",
        ),
        Misconception(
            "exponent not lowered",
            _variant(lowered=False),
            "The slope of a power has the exponent alpha - 1, and you kept alpha. Then rare "
            "counts would be on the flat part, but there the function is steepest.",
        ),
        Misconception(
            "finite slope at 0",
            _variant(at_zero=0.0),
            "All is right but the slope at X = 0. For alpha < 1 the function leaves 0 vertically: "
            "the slope there is infinite (`np.inf`), not 0.",
        ),
        Misconception(
            "0 divided by 0",
            _variant(at_zero=np.nan),
            "All is right but the slope at X = 0, which is NaN: alpha f / X divides 0 by 0 there. "
            "Write the power itself, alpha / x_max (X / x_max)^(alpha - 1), which knows its limit.",
        ),
        Misconception(
            "exponent left out",
            _variant(exponent=lambda alpha: 1.0),
            "This is min(X / x_max, 1), a straight line up to the cap. Raise it to the power "
            "alpha: with 3/4 the weight of X = 1 is .032 for x_max = 100, not .01.",
        ),
        Misconception(
            "exponent turned over",
            _variant(exponent=lambda alpha: 1 / alpha),
            "Your exponent is 1 / alpha. With alpha below 1 the curve should bend over, so that "
            "rare counts weigh more than on a straight line, not less.",
        ),
        Misconception(
            "whole numbers truncated",
            _whole,
            "Whole numbers in, whole numbers out: .56 became 0. `np.zeros_like(counts)` takes "
            "over the type of the counts; make an array of floats first.",
        ),
        Misconception(
            "one number at a time",
            _branched,
            "An array has no single truth value, so `if counts < x_max` stops. "
            "`np.where(counts < x_max, one, other)` chooses for each number.",
        ),
        Misconception(
            "lists not accepted",
            _unconverted,
            "A list cannot be divided. Start with `np.asarray(counts, dtype=float)`, which also "
            "takes single numbers and arrays.",
        ),
    ),
)
