"""Check of lesson 08, part B: a and b from min_dist and spread."""

from functools import cache

import numpy as np
from scipy.optimize import curve_fit

from helpers.checks.comparing import as_numbers
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["CHECKS", "X_AB"]

_TOLERANCE = 2e-3


def _curve(x, a, b):
    return 1 / (1 + a * x ** (2 * b))


@cache
def _by_scipy(min_dist, spread=1.0):
    """Fit with SciPy, in units of `spread`, and go back to the units of `min_dist`."""
    x = np.linspace(0, 3, 300)
    target = np.where(x < min_dist / spread, 1.0, np.exp(min_dist / spread - x))
    (a, b), _ = curve_fit(_curve, x, target, xtol=1e-10, ftol=1e-10)
    return np.array([a / spread ** (2 * b), b])


def _pair(case, output):
    numbers = as_numbers(output)
    if numbers is None or numbers.shape != (2,):
        what = "None" if output is None else f"{type(output).__name__}"
        raise ValueError(f"return two numbers, `return a, b`; what came back is {what}")
    if np.iscomplexobj(numbers) or not np.isfinite(numbers).all():
        raise ValueError(
            "a or b is no finite number. At x = 0 a logarithm is infinite: leave that point out, "
            "both curves are 1 there. If not there, your steps run away: start from a = b = 1 in "
            "units of `spread` and step in log a, so that a stays positive"
        )
    return numbers.astype(float)


def _within(got, expected):
    """Compare relatively, in words that say which of the two is off."""
    off = np.abs(got / expected - 1)
    if (off <= _TOLERANCE).all():
        return None
    if (got <= 0).any():
        return (
            f"your a is {got[0]:.3g} and your b {got[1]:.3g}; both are positive. If your steps ran "
            "away, work in units of `spread` (x from 0 to 3), start from a = b = 1, step in log a"
        )
    ratios = f"your a is {got[0] / expected[0]:.3g} times, your b {got[1] / expected[1]:.3g} times"
    if off.max() < 0.1:
        return (
            f"{ratios} the right one: near, but not the least squares over these 300 points. Fit "
            "the values of the curve (not logarithms), all with the same weight, and go on until "
            "the numbers stand still"
        )
    return f"{ratios} the right one"


def _cases(rng, hard):
    some = np.round(rng.uniform(0.02, 0.9, 2), 3)
    wide = float(np.round(rng.uniform(1.5, 3), 2))
    cases = [
        Case("the library's defaults", (0.1, 1.0)),
        Case("spread left at 1", (0.1,)),
        Case("min_dist 0", (0.0, 1.0)),
        Case("a large min_dist", (0.8, 1.0)),
        Case("min_dist as large as spread", (1.0, 1.0)),
        Case("any min_dist", (float(some[0]), 1.0)),
        Case("a wider spread", (0.1, 2.0)),
        Case("a wider spread, min_dist above 1", (1.2, wide)),
        Case("a narrow spread", (0.1, 0.5)),
        Case("a very narrow spread", (0.02, 0.1)),
        Case("whole numbers", (0, 2)),
    ]
    if hard:
        cases += [
            Case("another min_dist", (float(some[1]), 1.0)),
            Case("a very wide spread", (3.0, 10.0)),
            Case("another very narrow spread", (0.03, 0.1)),
        ]
    return cases


def _least(x, target, power=2.0, weights=None, fix_b=False):
    """Levenberg-Marquardt in log a and b, for the answers below."""
    log_a, b, damping = 0.0, 1.0, 1e-3
    weights = np.ones(len(x)) if weights is None else weights
    x, target, weights = x[x > 0], target[x > 0], weights[x > 0]

    def residual(log_a, b):
        with np.errstate(over="ignore"):
            return weights * (target - 1 / (1 + np.exp(log_a) * x ** (power * b)))

    for _ in range(40):
        left = residual(log_a, b)
        q = target - left / weights
        slope = -q * (1 - q) * weights
        jacobian = np.stack([slope, 0 * slope if fix_b else power * np.log(x) * slope], axis=1)
        normal = jacobian.T @ jacobian
        step = np.linalg.lstsq(
            normal + damping * np.diag(np.diag(normal)), jacobian.T @ left, rcond=None
        )[0]
        if np.sum(residual(log_a + step[0], b + step[1]) ** 2) <= np.sum(left**2):
            log_a, b, damping = log_a + step[0], b + step[1], damping / 10
        else:
            damping *= 10
        if np.abs(step).max() < 1e-6:
            break
    return np.exp(log_a), b


def _variant(
    *, ends=3.0, flat=True, shift=True, in_spread=True, grid_in_spread=True, power=2.0,
    back=True, swap=False, fix_b=False, gauss=False, count=300, inside=False,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def fit(min_dist, spread=1.0):
        unit = spread if in_spread else 1.0
        x = np.linspace(0, ends * (spread if grid_in_spread else 1.0), count)
        beyond = x - min_dist if shift else x
        fall = np.exp(-((beyond / unit) ** 2) / 2) if gauss else np.exp(-beyond / unit)
        target = np.where(x < min_dist, 1.0, fall) if flat else fall
        a, b = _least(x / spread, target, power, fix_b=fix_b)
        if back:
            a = a / spread ** (power * b)
        if inside:
            a = a ** (1 / (power * b))
        return (b, a) if swap else (a, b)

    return fit


def _by_logarithms(min_dist, spread=1.0):
    """Turn the curve into a line: log(1 / q - 1) = log a + 2 b log x."""
    x = np.linspace(0, 3 * spread, 300)
    target = np.where(x < min_dist, 1.0, np.exp(-(x - min_dist) / spread))
    used = (target < 1) & (x > 0)
    slope, at_0 = np.polyfit(np.log(x[used]), np.log(1 / target[used] - 1), 1)
    return np.exp(at_0), slope / 2


def _corner_at_min_dist(min_dist, spread=1.0):
    """Take x in units of spread, and the corner not."""
    x = np.linspace(0, 3, 300)
    a, b = _least(x, np.where(x < min_dist, 1.0, np.exp(min_dist - x)))
    return a / spread ** (2 * b), b


def _infinite(min_dist, spread=1.0):
    raise np.linalg.LinAlgError("SVD did not converge in Linear Least Squares")


def _constants(min_dist, spread=1.0):
    return 1.5769, 0.8951


X_AB = Check(
    id="X-ab",
    title="a and b from min_dist",
    level=2,
    minutes=20,
    points=3,
    function="fit_curve",
    make_cases=_cases,
    oracle=_by_scipy,
    view=_pair,
    compare=_within,
    misconceptions=(
        Misconception(
            "the defaults' values",
            _constants,
            "These are a and b of min_dist .1 and spread 1, for every input. Fit them to the "
            "arguments.",
        ),
        Misconception(
            "b before a",
            _variant(swap=True),
            "You return b first. The order is `return a, b`.",
        ),
        Misconception(
            "exponent b",
            _variant(power=1.0),
            "Your b is twice the right one: in the curve the exponent of the distance is 2 b.",
        ),
        Misconception(
            "exponent 4 b",
            _variant(power=4.0),
            "Your b is half the right one: x is the distance itself, so its exponent is 2 b. Only "
            "a squared distance has the exponent b.",
        ),
        Misconception(
            "no flat part",
            _variant(flat=False),
            "Your target is above 1 where x is below min_dist. There it is 1: cut it with "
            "np.minimum(1, ...) or np.where.",
        ),
        Misconception(
            "the fall starts at 0",
            _variant(shift=False),
            "Beyond min_dist your target is exp(-x / spread), so it jumps. The fall starts at "
            "min_dist: exp(-(x - min_dist) / spread).",
        ),
        Misconception(
            "target not in units of spread",
            _variant(in_spread=False),
            "The result is right where spread is 1. The target falls by e over a distance of "
            "`spread`: divide x - min_dist by it.",
        ),
        Misconception(
            "x ends at 3",
            _variant(grid_in_spread=False),
            "The result is right where spread is 1. The 300 values of x go from 0 to 3 * spread, "
            "not to 3.",
        ),
        Misconception(
            "spread left out",
            _variant(in_spread=False, grid_in_spread=False),
            "`spread` seems to have no effect: it stands in the target, exp(-(x - min_dist) / "
            "spread), and in the range of x, 0 to 3 * spread.",
        ),
        Misconception(
            "a in units of spread",
            _variant(back=False),
            "Your b is right and a is that of x / spread. Back in units of x, a is divided by "
            "spread ** (2 * b).",
        ),
        Misconception(
            "b fixed at 1",
            _variant(fix_b=True),
            "Your b is 1, the curve of t-SNE's Student t. Here b is fitted as well as a.",
        ),
        Misconception(
            "a Gaussian fall",
            _variant(gauss=True),
            "Your target falls like a Gaussian. It falls like exp(-(x - min_dist) / spread), "
            "without a square.",
        ),
        Misconception(
            "a straight line of logarithms",
            _by_logarithms,
            "You fit a line to log(1 / target - 1). That weighs the tiny values at large x as much "
            "as the others. The squared differences of the curves themselves are to be least; the "
            "line is a good start for that.",
        ),
        Misconception(
            "the corner not in units of spread",
            _corner_at_min_dist,
            "The result is right where spread is 1. With x in units of spread the corner is at "
            "min_dist / spread.",
        ),
        Misconception(
            "x = 0 left in",
            _infinite,
            "LinAlgError in every case: your least squares contains an infinite number or nan. At "
            "x = 0 the logarithm is infinite; both curves are 1 there, so leave that point out.",
        ),
        Misconception(
            "x ends at 1",
            _variant(ends=1.0),
            "The 300 values of x go from 0 to 3 * spread, yours to spread only.",
        ),
        Misconception(
            "a inside the power",
            _variant(inside=True),
            "Your b is right, and your a to the power of 2 b would be right: a stands outside the "
            "power, a * x ** (2 * b), not (a * x) ** (2 * b).",
        ),
    ),
)

CHECKS = (X_AB,)
