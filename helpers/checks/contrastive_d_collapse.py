"""Check of lesson 04, part D: telling a collapsed space from a healthy one."""

import math
from statistics import pstdev

import numpy as np
from scipy.stats import entropy

from helpers.checks.comparing import close, equal, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q13_COLLAPSE"]


def _oracle(z, least_std=0.1, least_share=0.05):
    """Coordinate by coordinate for std, by the covariance matrix for the rank."""
    rows = [[float(value) for value in row] for row in z]
    unit = [[v / (math.hypot(*row) or 1.0) for v in row] for row in rows]
    d = len(unit[0])
    std = sum(pstdev(column) for column in zip(*unit, strict=True)) / d * math.sqrt(d)
    covariance = np.atleast_2d(np.cov(np.array(unit).T, bias=True))
    variances = np.linalg.eigvalsh(covariance).clip(0)
    rank = math.exp(entropy(variances)) if variances.sum() >= 1e-12 else 1.0
    if std < least_std:
        return std, rank, "complete"
    return std, rank, "dimensional" if rank < least_share * d else "none"


def _cases(rng, hard):
    around = rng.normal(size=(8, 5))
    point = rng.normal(size=4) + 0.003 * rng.normal(size=(10, 4))
    flat = np.zeros((12, 30))
    flat[:] = rng.normal(size=(12, 1)) * rng.normal(size=30) + 0.01 * rng.normal(size=(12, 30))
    spike = rng.normal(size=30) + 0.003 * rng.normal(size=(9, 1)) * rng.normal(size=30)
    gap = np.vstack([rng.normal(size=(4, 3)), np.zeros(3)])
    lengths = around * rng.uniform(0.05, 20, (8, 1))
    cone = rng.normal(size=6) * 3 + rng.normal(size=(20, 6)) * 0.8
    cases = [
        Case("one row", (np.array([[3.0, 4.0]]),)),
        Case("two opposite points on a line", (np.array([[1.0], [-1.0]]),)),
        Case("both numbers exactly at their bounds", (np.tile([1.0, 0.0], (4, 1)),),
             {"least_std": 0.0, "least_share": 0.5}),
        Case("all in one place", (np.full((4, 3), 0.1),)),
        Case("one direction, several lengths", (np.outer(lengths[:, 0] ** 2, [0.1, 0.7, 0.3]),)),
        Case("almost all in one place", (point,)),
        Case("in one place but for 1e-8", (point[0] + 1e-8 * around[:, :4],)),
        Case("in one place, with noise along a line", (spike,)),
        Case("on a line in the plane", (np.array([[1.0, 0.0], [-2.0, 0.0], [3.0, 0.0]]),)),
        Case("a line in 30 dimensions", (flat,)),
        Case("spread out", (around,)),
        Case("the same with other lengths", (lengths,)),
        Case("a wide cone", (cone,)),
        Case("a cone judged more strictly", (cone,), {"least_std": 0.9}),
        Case("spread out, all dimensions asked for", (around,), {"least_share": 0.95}),
        Case("a row of zeros", (gap,)),
        Case("lists", (rng.normal(size=(5, 3)).tolist(),)),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("more dimensions than rows", (rng.normal(size=(5, 40)),), {"least_share": 0.2}),
            Case("whole numbers", (rng.integers(-9, 10, (9, 4)),)),
            Case("float32", ((1 + 0.002 * rng.normal(size=(16, 6))).astype(np.float32),)),
            Case("every other row of an array", (rng.normal(size=(24, 5))[::2],)),
            Case("copied coordinates", (rng.normal(size=(30, 2)) @ np.ones((2, 4)),),
                 {"least_share": 0.4}),
            Case("all zeros", (np.zeros((3, 4)),)),
        ]  # fmt: skip
    return cases


def _rank(centred, power=2.0, kind="entropy", nothing="one", base=math.e):
    sizes = np.linalg.svd(centred, compute_uv=False)
    least = {"one": 1e-12, "smaller": 1e-24}.get(nothing, -1.0)
    if np.square(sizes).sum() / len(centred) < least:
        return 0.0 if kind == "log" else 1.0
    shares = sizes**power / np.sum(sizes**power)
    if kind == "largest":
        return 1 / shares.max()
    if kind == "participation":
        return 1 / np.sum(shares**2)
    if kind == "matrix":
        return float(np.linalg.matrix_rank(centred))
    shares = shares if nothing == "divided" else shares[shares > 0]
    bits = -np.sum(shares * np.log(shares)) / math.log(base)
    return float(bits if kind in ("bits", "log") else np.exp(bits))


def _variant(
    *, unit="rows", zero="kept", ddof=0, factor=True, spread="columns", centre_rank=True,
    order="std first", below=np.less, width=None, raw_rank=False, **rank_settings,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def diagnose_collapse(z, least_std=0.1, least_share=0.05):
        z = raw = np.asarray(z, dtype=np.float64)
        with np.errstate(all="ignore"):
            if unit == "rows":
                lengths = np.linalg.norm(z, axis=1, keepdims=True)
                z = z / (np.where(lengths > 0, lengths, 1.0) if zero == "kept" else lengths)
            if np.isnan(z).any():
                return math.nan, math.nan, "none"
            centred = z - z.mean(axis=0)
            if spread == "columns":
                std = z.std(axis=0, ddof=ddof).mean()
            else:
                std = z.std() if spread == "all" else z.std(axis=1).mean()
            d = z.shape[1]
            std = std * (math.sqrt(d) if factor else 1.0)
            about = raw - raw.mean(axis=0) if raw_rank else centred
            rank = _rank(about if centre_rank else z, **rank_settings)
        d = min(z.shape) if width == "smaller" else d
        complete = below(std, least_std) and order != "never complete"
        thin = below(rank, least_share * d) and order != "never dimensional"
        if order == "rank first" and thin:
            return std, rank, "dimensional"
        return std, rank, "complete" if complete else "dimensional" if thin else "none"

    return diagnose_collapse


def _unconverted(z, least_std=0.1, least_share=0.05):
    if isinstance(z, list):
        raise AttributeError("'list' object has no attribute 'shape'")
    return _oracle(z, least_std, least_share)


Q13_COLLAPSE = Check(
    id="Q13-collapse",
    title="Collapsed, thin or healthy?",
    level=2,
    minutes=25,
    points=3,
    function="diagnose_collapse",
    make_cases=_cases,
    oracle=_oracle,
    compare=structure(close(rtol=1e-6, atol=1e-8), close(rtol=1e-6, atol=1e-8), equal),
    misconceptions=(
        Misconception(
            "not scaled to length 1",
            _variant(unit="no"),
            "You measure the vectors with their own lengths, so that a network could look spread "
            "out by making them longer. Divide each row by its length first.",
        ),
        Misconception(
            "a row of zeros gives nan",
            _variant(zero="divided"),
            "A row of zeros has length 0, and 0 / 0 is nan. Leave it as it is: divide by "
            "`np.where(lengths > 0, lengths, 1)`.",
        ),
        Misconception(
            "no square root of d",
            _variant(factor=False),
            "The square root of d is missing. Unit vectors spread evenly have a standard deviation "
            "of 1 / sqrt(d) in each coordinate; times sqrt(d) that is 1 in any width.",
        ),
        Misconception(
            "dividing by n - 1",
            _variant(ddof=1),
            "Your standard deviations divide by n - 1. Take `std(axis=0)` as it is, which divides "
            "by n.",
        ),
        Misconception(
            "std along the row",
            _variant(spread="rows"),
            "You take the standard deviation WITHIN each vector. Collapse means that coordinates "
            "do not change from picture to picture: `axis=0`.",
        ),
        Misconception(
            "std over all numbers",
            _variant(spread="all"),
            "You take one standard deviation over all numbers of the table, which is not 0 even "
            "when all rows are the same. Take it over the rows of each coordinate, then the mean.",
        ),
        Misconception(
            "rank without centring",
            _variant(centre_rank=False),
            "Your rank counts the mean vector as a direction. Subtract the mean of the rows: "
            "variances are about what CHANGES from picture to picture.",
        ),
        Misconception(
            "singular values not squared",
            _variant(power=1.0),
            "You take shares of the singular values. Variances are their SQUARES (divided by n).",
        ),
        Misconception(
            "entropy not exponentiated",
            _variant(kind="bits"),
            "This is the entropy itself, in nats. Its exponential counts axes: k equal variances "
            "give k.",
        ),
        Misconception(
            "entropy in bits",
            _variant(base=2.0),
            "You raise e to an entropy in bits. Use the natural logarithm in both steps.",
        ),
        Misconception(
            "participation ratio",
            _variant(kind="participation"),
            "This is the participation ratio, 1 / sum of squared shares: a relative, which weighs "
            "small axes less. Asked for is the exponential of the entropy.",
        ),
        Misconception(
            "rank of the matrix",
            _variant(kind="matrix"),
            "The rank of a matrix counts every axis that is not exactly flat, however thin. Weigh "
            "the axes by their shares of the variance.",
        ),
        Misconception(
            "nothing varies gives nan",
            _variant(nothing="divided"),
            "Where all vectors are the same the variances add up to 0 (or to 1e-33 by rounding), "
            "and their shares mean nothing. Return a rank of 1 when the sum is below 1e-12.",
        ),
        Misconception(
            "smaller bound for nothing varies",
            _variant(nothing="smaller"),
            "Where the variances add up to less than 1e-12 the rank is 1 by definition, although "
            "the shares still look like numbers. Compare the SUM with 1e-12.",
        ),
        Misconception(
            "entropy, 0 where nothing varies",
            _variant(kind="log"),
            "Your rank is the entropy itself, the logarithm of what is asked for: its exponential "
            "counts axes.",
        ),
        Misconception(
            "one over the largest share",
            _variant(kind="largest"),
            "This is 1 / the largest share, which looks at one axis only. Take the exponential of "
            "the entropy of all shares.",
        ),
        Misconception(
            "rank of raw rows",
            _variant(raw_rank=True),
            "Your std looks at the unit rows, your rank at the raw ones. Use the rows of length 1 "
            "for both.",
        ),
        Misconception(
            "at most instead of below",
            _variant(below=np.less_equal),
            "The verdicts say BELOW: a number equal to its bound is not below it.",
        ),
        Misconception(
            "smaller of n and d",
            _variant(width="smaller"),
            "You compare the rank with a share of min(n, d). The bound is `least_share` times d, "
            "the number of coordinates, however many rows there are.",
        ),
        Misconception(
            "rank judged before std",
            _variant(order="rank first"),
            "You look at the rank first. A point is a complete collapse whatever shape its "
            "remaining noise has, so `std` is judged first.",
        ),
        Misconception(
            "never dimensional",
            _variant(order="never dimensional"),
            "You never say dimensional. A high std does not rule it out: compare the rank, a "
            "number of axes, with `least_share * d`, not with the share itself.",
        ),
        Misconception(
            "never complete",
            _variant(order="never complete"),
            "You never say complete: that is when std is below `least_std`.",
        ),
        Misconception(
            "lists not accepted",
            _unconverted,
            "Lists come in as well: start with `np.asarray(z, dtype=float)`.",
        ),
    ),
)
