"""Checks of lesson 03, part E: click rates of new products, and the size of an A/B test."""

import math
from statistics import NormalDist

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["COLDSTART", "VISITORS"]

_NORMAL = NormalDist()


def _power(n, p, q, alpha):
    """Return the chance that a two-sided test on n visitors an arm sees the difference."""
    deviation = math.sqrt((p * (1 - p) + q * (1 - q)) / n)
    return _NORMAL.cdf(abs(p - q) / deviation - _NORMAL.inv_cdf(1 - alpha / 2))


def _visitors_oracle(rate, lift, alpha, power, variants):
    """Search the smallest number of visitors that reaches the power."""
    q, alpha = rate * (1 + lift), alpha / variants
    high = 1
    while _power(high, rate, q, alpha) < power:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if _power(middle, rate, q, alpha) < power:
            low = middle
        else:
            high = middle
    return high


def _visitors(
    *, absolute=False, sides=2, arms=1, with_power=True, variance="both", rounded=math.ceil,
    bonferroni="divide", digits=None, combine="sum", typed=False,
):  # fmt: skip
    """Make a formula with one thing changed."""

    def needed(rate, lift, alpha, power, variants):
        q = rate + lift if absolute else rate * (1 + lift)
        alpha = {"divide": alpha / variants, "ignore": alpha, "arms": alpha / (variants + 1)}[
            bonferroni
        ]
        both = [_NORMAL.inv_cdf(1 - alpha / sides), _NORMAL.inv_cdf(power) if with_power else 0]
        both = [1.96, 0.84] if typed else both if digits is None else np.round(both, digits)
        squared = {
            "sum": sum(both) ** 2, "unsquared": sum(both), "apart": both[0] ** 2 + both[1] ** 2
        }[combine]  # fmt: skip
        middle = (rate + q) / 2
        spread = {
            "both": rate * (1 - rate) + q * (1 - q),
            "base": 2 * rate * (1 - rate),
            "one": rate * (1 - rate),
            "pooled": 2 * middle * (1 - middle),
        }[variance]
        return arms * int(rounded(squared * spread / (rate - q) ** 2))

    return needed


def _exact(rate, lift, alpha, power, variants):
    new = rate * (1 + lift)
    z = _NORMAL.inv_cdf(1 - alpha / variants / 2) + _NORMAL.inv_cdf(power)
    return z**2 * (rate * (1 - rate) + new * (1 - new)) / (rate - new) ** 2


def _visitors_cases(rng, hard):
    fixed = [
        ("10% click, 10% more wanted", (0.1, 0.1, 0.05, 0.8, 1)),
        ("half the lift", (0.1, 0.05, 0.05, 0.8, 1)),
        ("a fall", (0.3, -0.2, 0.05, 0.8, 1)),
        ("stricter test", (0.04, 0.25, 0.01, 0.9, 1)),
        ("three variants", (0.2, 0.15, 0.05, 0.8, 3)),
        ("a large effect", (0.3, 0.5, 0.05, 0.8, 2)),
    ]
    cases = [Case(name, args) for name, args in fixed]
    wanted = len(cases) + (6 if hard else 2)
    while len(cases) < wanted:
        args = (
            round(float(rng.uniform(0.02, 0.4)), 3), round(float(rng.uniform(0.05, 0.4)), 3),
            float(rng.choice([0.01, 0.05, 0.1])), float(rng.choice([0.7, 0.8, 0.9])),
            int(rng.integers(1, 4)),
        )  # fmt: skip
        # Near a whole number the last bit of a quantile would decide.
        if 0.05 < _exact(*args) % 1 < 0.95:
            cases.append(Case("random figures", args))
    return cases


def _count(got, expected):
    value = as_numbers(got)
    if value is not None and value.ndim == 0 and value.dtype.kind in "iuf":
        if abs(float(value) - expected) < 1 and float(value) != math.floor(float(value)):
            return "half a visitor does not click: round up to a whole number"
    return close(rtol=0, atol=0)(got, expected)


VISITORS = Check(
    id="Q23-visitors",
    title="How many visitors does an A/B test need?",
    level=2,
    minutes=15,
    points=3,
    function="visitors_needed",
    make_cases=_visitors_cases,
    oracle=_visitors_oracle,
    compare=_count,
    misconceptions=[
        Misconception(
            "absolute lift",
            _visitors(absolute=True),
            "You add the lift to the rate. It is relative: 10% more of a rate of .10 is .11, not "
            ".20, and the small difference is what makes tests long.",
        ),
        Misconception(
            "one-sided",
            _visitors(sides=1),
            "Your quantile is that of a one-sided test. The new ranking may also be worse: put "
            "half of alpha on each side, `inv_cdf(1 - alpha / 2)`.",
        ),
        Misconception(
            "no power",
            _visitors(with_power=False),
            "You use the quantile of alpha alone. With so few visitors a real lift is missed every "
            "second time: add `inv_cdf(power)` before squaring.",
        ),
        Misconception(
            "both arms",
            _visitors(arms=2),
            "That is the sum over two arms. The result is the number for *each* arm.",
        ),
        Misconception(
            "variance of the old rate",
            _visitors(variance="base"),
            "You use the old rate's variance for both arms. Each arm has its own: p(1 - p) + "
            "q(1 - q), with q the new rate.",
        ),
        Misconception(
            "variance of one arm",
            _visitors(variance="one"),
            "You count the chance in one arm only. Both rates are measured, and the variance of a "
            "difference is the sum of both variances.",
        ),
        Misconception(
            "pooled variance",
            _visitors(variance="pooled"),
            "You use the variance at the mean of both rates, which some textbooks do. Here each "
            "arm has its own variance; the difference is small and real.",
        ),
        Misconception(
            "rounded down",
            _visitors(rounded=int),
            "You round down, and the last visitor is missing: the power is then just below what "
            "was asked. Use `math.ceil`.",
        ),
        Misconception(
            "variants ignored",
            _visitors(bonferroni="ignore"),
            "With several variants each comparison is a chance for a false alarm. Divide alpha by "
            "the number of variants before you look up the quantile (Bonferroni).",
        ),
        Misconception(
            "rounded to the nearest",
            _visitors(rounded=round),
            "You round to the nearest whole number. Where that is down, the power is just missed: "
            "use `math.ceil`.",
        ),
        Misconception(
            "rounded quantiles",
            _visitors(digits=2),
            "You round the quantiles, to 1.96 and .84 for example. Let `NormalDist().inv_cdf` give "
            "them in full, or the last visitors do not come out.",
        ),
        Misconception(
            "typed quantiles",
            _visitors(typed=True),
            "You typed the quantiles 1.96 and .84. They belong to an alpha of .05, a power of .8 "
            "and one variant, and are rounded: compute them with `NormalDist().inv_cdf`.",
        ),
        Misconception(
            "quantiles squared apart",
            _visitors(combine="apart"),
            "You square the two quantiles and add the squares. Their *sum* is squared: first add, "
            "then square.",
        ),
        Misconception(
            "quantiles not squared",
            _visitors(combine="unsquared"),
            "You forget to square the sum of the quantiles. The gap is z standard deviations, and "
            "the deviation has the square root of N below it: solving for N squares z too.",
        ),
        Misconception(
            "control counted as a variant",
            _visitors(bonferroni="arms"),
            "You divide alpha by the number of arms. The control is compared with nothing but the "
            "variants: there are `variants` comparisons.",
        ),
    ],
)  # fmt: skip


def _smoothed(clicks, views, prior, strength):
    """Pretend, product by product, that it was shown `strength` times before it was new."""
    clicks, views = list(np.ravel(clicks)), list(np.ravel(views))
    priors = np.broadcast_to(prior, len(clicks))
    rates = []
    for clicked, shown, expected in zip(clicks, views, priors, strict=True):
        rates.append((float(clicked) + strength * float(expected)) / (float(shown) + strength))
    return np.array(rates)


def _raw(clicks, views):
    clicks, views = np.asarray(clicks, float), np.asarray(views, float)
    return np.divide(clicks, views, out=np.zeros_like(clicks), where=views > 0)


def _switched(clicks, views, prior, strength):
    return np.where(np.asarray(views) > 0, _raw(clicks, views), prior)


def _coldstart_cases(rng, hard):
    views = rng.integers(0, 500, 8)
    clicks = rng.binomial(views, 0.1)
    cases = [
        Case("never shown", ([0], [0], 0.05, 20.0)),
        Case("shown twice, clicked once", ([1], [2], 0.05, 20.0)),
        Case("new, lucky, proven", ([0, 2, 400], [0, 4, 8000], 0.04, 50.0)),
        Case("a prior for each product", ([0, 3], [0, 10], [0.02, 0.3], 10.0)),
        Case("arrays", (clicks, views, rng.uniform(0.01, 0.2, 8), 30.0)),
        Case("weak prior", (clicks, views, 0.1, 0.5)),
    ]
    if hard:
        views = rng.integers(0, 10**6, 50)
        cases += [
            Case("many views", (rng.binomial(views, 0.03), views, rng.uniform(0, 1, 50), 100.0)),
            Case("a prior of 0", ([0, 5], [0, 9], 0.0, 4.0)),
            Case("float32", (np.float32([1, 0]), np.float32([7, 0]), np.float32([0.5, 0.1]), 8.0)),
        ]
    return cases


COLDSTART = Check(
    id="Q23-coldstart",
    title="A click rate for products that nobody has seen",
    level=1,
    minutes=8,
    points=2,
    function="smoothed_rate",
    make_cases=_coldstart_cases,
    oracle=_smoothed,
    compare=close(rtol=1e-6, atol=1e-9),
    misconceptions=[
        Misconception(
            "clicks over views",
            lambda clicks, views, prior, strength: _raw(clicks, views),
            "You divide clicks by views. A new product gets 0 for ever, and one click in two views "
            "beats 400 in 8000: add what the prior would have clicked in `strength` views.",
        ),
        Misconception(
            "prior only without views",
            _switched,
            "You use the prior for products without views and forget it at the first one. Its "
            "weight should fade: strength / (views + strength) of the result is prior.",
        ),
        Misconception(
            "add one",
            lambda clicks, views, prior, strength: (
                (np.asarray(clicks, float) + 1) / (np.asarray(views, float) + 2)
            ),
            "You add one click in two views (Laplace), which says that a new product is clicked "
            "half of the time. Add `strength * prior` clicks in `strength` views.",
        ),
        Misconception(
            "half and half",
            lambda clicks, views, prior, strength: (_raw(clicks, views) + prior) / 2,
            "You average rate and prior with equal weights, however many views there are. After "
            "ten thousand views the prior should hardly count.",
        ),
        Misconception(
            "prior in the numerator only",
            lambda clicks, views, prior, strength: np.divide(
                np.asarray(clicks, float) + strength * np.asarray(prior),
                np.maximum(np.asarray(views, float), 1),
            ),
            "You add the prior's clicks, but not the `strength` views in which they happened. The "
            "denominator is views + strength.",
        ),
        Misconception(
            "strength clicks",
            lambda clicks, views, prior, strength: (
                (np.asarray(clicks, float) + np.asarray(prior) + 0 * np.asarray(views))
                / (np.asarray(views, float) + strength)
            ),
            "You add one view's worth of the prior to the clicks and `strength` views below. The "
            "prior's clicks in `strength` views are strength * prior.",
        ),
        Misconception(
            "one prior for all",
            lambda clicks, views, prior, strength: _smoothed(
                clicks, views, float(np.mean(prior)), strength
            ),
            "You use the mean of the priors for every product. Each product has its own prior: "
            "multiply the array by `strength`, element by element.",
        ),
        Misconception(
            "the first prior",
            lambda clicks, views, prior, strength: _smoothed(
                clicks, views, float(np.ravel(prior)[0]), strength
            ),
            "You use the first product's prior for all of them. Each product has its own: multiply "
            "the array by `strength`, element by element.",
        ),
    ],
)  # fmt: skip
