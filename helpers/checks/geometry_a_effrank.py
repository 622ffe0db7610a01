"""Check of lesson 05, part A: the effective rank."""

import math

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_EFFRANK"]


def _oracle(vectors, centre=True):
    """Compute exact sums column by column, then the matrix of second moments, then the entropy."""
    x = np.asarray(vectors, dtype=np.float64)
    largest = max(abs(value) for row in x.tolist() for value in row)
    if largest == 0:
        return 1.0
    columns = [[value / largest for value in column] for column in x.T.tolist()]
    if centre:
        columns = [[v - math.fsum(column) / len(column) for v in column] for column in columns]
    if max(abs(value) for column in columns for value in column) <= 1e-12:
        return 1.0
    moments = [[math.fsum(np.multiply(a, b)) for b in columns] for a in columns]
    values = np.linalg.eigvalsh(np.array(moments)).clip(0)
    shares = [value / values.sum() for value in values if value > 0]
    return math.exp(-math.fsum(share * math.log(share) for share in shares))


def _cases(rng, hard):
    cloud = rng.normal(size=(9, 3)) * [3, 1, 0.4]
    moved = cloud + [5, -4, 6]
    even = np.concatenate([np.eye(4), -np.eye(4)])
    nearly = np.array([0.1, 0.7, 0.3]) * (1 + 1e-15 * rng.normal(size=(6, 3)))
    at_bound = np.hstack([np.ones((4, 1)), 1e-12 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])])
    # Powers of two, so that scaling and centring are exact; two equal directions, so that the
    # effective rank of 2 hardly feels what rounding is left.
    above = np.hstack([1024 + 2.0**-27 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]),
                       np.full((4, 1), 2048.0)])  # fmt: skip
    widths = rng.normal(size=(9, 3)) * [1, 0.01, 0.001]
    line = np.outer(rng.uniform(1, 3, 5), [0.1, -0.7, 0.3])
    cases = [
        Case("one row", ([[3.0, 4.0]],)),
        Case("one row, not centred", ([[3.0, 4.0]],), {"centre": False}),
        Case("all zeros", (np.zeros((2, 2)),)),
        Case("all zeros, not centred", (np.zeros((2, 2)),), {"centre": False}),
        Case("equal rows", (np.tile([0.1, 0.7, 0.3], (3, 1)),)),
        Case("rows equal up to rounding", (nearly,)),
        Case("deviations of exactly 1e-12 of the largest entry", (at_bound,)),
        Case("deviations of 4e-12 of the largest entry", (above,)),
        Case("plus and minus e1", (np.array([[1.0, 0.0], [-1.0, 0.0]]),)),
        Case("even along two axes", (np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]),)),
        Case("even along four axes", (even,)),
        Case("no number above 0", (-np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]]),)),
        Case("no number above 0, not centred", (-np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]]),),
             {"centre": False}),
        Case("on a line through the origin", (line,)),
        Case("three widths", (cloud,)),
        Case("three widths, not centred", (cloud,), {"centre": False}),
        Case("one wide and two narrow directions", (widths,)),
        Case("far from the origin", (moved,)),
        Case("far from the origin, not centred", (moved,), {"centre": False}),
        Case("fewer rows than columns", (rng.normal(size=(3, 6)),)),
        Case("tiny numbers", (1e-200 * cloud,)),
        Case("huge numbers", (1e200 * moved,)),
        Case("a small cloud far out", (1000 + 1e-4 * cloud,)),
        Case("lists of whole numbers", (rng.integers(-9, 10, (5, 3)).tolist(),)),
        Case("float32, far out", ((1000 + 0.003 * cloud).astype(np.float32),)),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("a hundred rows", (rng.normal(size=(100, 12)) * rng.uniform(0.1, 3, 12) + 1,)),
            Case("many columns", (rng.normal(size=(6, 40)),), {"centre": False}),
            Case("equal rows, large", (np.tile(1e5 * rng.normal(size=4) / 3, (7, 1)),)),
            Case("float32 and huge", ((1e30 * cloud).astype(np.float32),)),
            Case("tiny and not centred", (1e-190 * moved,), {"centre": False}),
            Case("small whole numbers", (rng.integers(90, 120, (30, 4)).astype(np.int8),)),
            Case("other layout", (np.asfortranarray(rng.normal(size=(14, 5)))[::2],)),
            Case("equal rows, not centred", (np.tile([0.1, 0.7], (3, 1)),), {"centre": False}),
        ]
    return cases


def _variant(
    *, power=2, kind="exp", least=1e-12, relative=True, scaled=True, about="choice", axis=0,
    columns="as is", rows="as is", nothing=1.0, positive=True, convert=True, cut=0.0,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def directions_in_use(vectors, centre=True):
        x = np.asarray(vectors, dtype=float if convert else None)
        with np.errstate(all="ignore"):
            largest = np.abs(x).max()
            if largest == 0 and nothing is not None:
                return nothing
            if scaled:
                x = x / largest
            if rows == "unit":
                x = x / np.linalg.norm(x, axis=1, keepdims=True)
            if {"choice": centre, "always": True, "never": False, "turned": not centre}[about]:
                x = x - x.mean(axis=axis, keepdims=True)
            if columns == "unit":
                spread = x.std(axis=0)
                x = x / np.where(spread > 0, spread, 1)
            bound = least if relative or not scaled else least / largest
            if nothing is not None and np.abs(x).max() <= bound:
                return nothing
            if not np.isfinite(x).all():
                return math.nan
            sizes = np.linalg.svd(x, compute_uv=False) ** power
            shares = sizes / sizes.sum()
            if kind == "participation":
                return float(1 / np.sum(shares**2))
            if kind == "matrix":
                return float(np.linalg.matrix_rank(x))
            if kind == "largest":
                return float(1 / shares.max())
            if positive:
                shares = shares[shares > cut]
            entropy = -np.sum(shares * np.log(shares))
        if kind == "entropy":
            return float(entropy)
        if kind == "two":
            return float(2**entropy)
        if kind == "bits":
            return float(np.exp(entropy / np.log(2)))
        if kind == "share":
            return float(np.exp(entropy) / x.shape[1])
        return float(np.exp(entropy))

    return directions_in_use


X_EFFRANK = Check(
    id="X-effrank",
    title="The effective rank",
    level=2,
    minutes=20,
    points=3,
    function="directions_in_use",
    make_cases=_cases,
    oracle=_oracle,
    compare=close(rtol=1e-6, atol=1e-9),
    misconceptions=(
        Misconception(
            "never centred",
            _variant(about="never"),
            "You never subtract the mean row. With `centre=True` the mean vector must not count as "
            "a direction: `x - x.mean(axis=0)`.",
        ),
        Misconception(
            "always centred",
            _variant(about="always"),
            "You subtract the mean row also when `centre=False` asks for the second moments about "
            "the origin. Make that line depend on `centre`.",
        ),
        Misconception(
            "centre turned round",
            _variant(about="turned"),
            "You centre when `centre` is False and leave the data when it is True: the condition "
            "is the wrong way round.",
        ),
        Misconception(
            "mean of the row",
            _variant(axis=1),
            "You subtract from each row the mean of its own numbers. The mean vector is the mean "
            "over the rows: `axis=0`.",
        ),
        Misconception(
            "mean of all numbers",
            _variant(axis=None),
            "You subtract one number from everything. The mean vector has one number for each "
            "column: `x.mean(axis=0)`.",
        ),
        Misconception(
            "singular values not squared",
            _variant(power=1),
            "You take shares of the singular values of the data. The eigenvalues of the covariance "
            "are their SQUARES (over n); the unsquared ones give a larger number.",
        ),
        Misconception(
            "eigenvalues squared",
            _variant(power=4),
            "You square too often: an eigenvalue of the covariance is a singular value of the data "
            "squared once. If you have eigenvalues already, take their shares as they are.",
        ),
        Misconception(
            "entropy not exponentiated",
            _variant(kind="entropy"),
            "This is the entropy itself, which is 0 for one direction and log d for d of them. Its "
            "exponential counts directions.",
        ),
        Misconception(
            "entropy, and 0 for nothing",
            _variant(kind="entropy", nothing=0.0),
            "This is the entropy itself, which is 0 for one direction and log d for d of them. Its "
            "exponential counts directions, and is 1 where nothing varies.",
        ),
        Misconception(
            "two to the power of nats",
            _variant(kind="two"),
            "You raise 2 to an entropy taken with the natural logarithm. Use the same base twice: "
            "`np.exp` with `np.log`, or 2 with `np.log2`.",
        ),
        Misconception(
            "e to the power of bits",
            _variant(kind="bits"),
            "You raise e to an entropy in bits. Use the same base twice: `np.exp` with `np.log`, "
            "or 2 with `np.log2`.",
        ),
        Misconception(
            "participation ratio",
            _variant(kind="participation"),
            "This is the participation ratio, 1 / sum of squared shares. It is a relative that "
            "looks more at the largest shares; here the exponential of the entropy is asked for.",
        ),
        Misconception(
            "rank of the matrix",
            _variant(kind="matrix"),
            "This is the ordinary rank, which counts every direction fully, however little "
            "varies there. The effective rank weighs them: exp of the entropy of the shares.",
        ),
        Misconception(
            "one over the largest share",
            _variant(kind="largest"),
            "This is 1 / (largest share), which looks at one direction only. Take all shares into "
            "the entropy, then its exponential.",
        ),
        Misconception(
            "divided by d",
            _variant(kind="share"),
            "You divide by d, so that a round cloud gives 1. Here the result counts directions, "
            "from 1 to d.",
        ),
        Misconception(
            "squares overflow",
            _variant(scaled=False, nothing=None),
            "The squares of very large or very small numbers leave the range of floats. Divide "
            "all vectors by their largest absolute entry first: shares do not change. Only then "
            "compare with 1e-12.",
        ),
        Misconception(
            "a bound that depends on the unit",
            _variant(relative=False),
            "You call everything below a fixed 1e-12 nothing, so the answer depends on the unit. "
            "Compare with 1e-12 after dividing by the largest absolute entry of the input.",
        ),
        Misconception(
            "nothing gives nan",
            _variant(nothing=None),
            "With zeros, with one row or with equal rows there is nothing to take shares of: "
            "0 / 0 is nan, or shares of rounding errors. Return 1.0 there, before you divide.",
        ),
        Misconception(
            "nothing counts as no direction",
            _variant(nothing=0.0),
            "Where nothing varies you return 0. That would be a fair choice too, but lesson 04's "
            "`effective_rank` returns 1 there, and this one should agree with it.",
        ),
        Misconception(
            "exactly nothing only",
            _variant(least=0.0),
            "0.1 + 0.2 is not exactly 0.3 on a computer: rows that are equal but for such errors "
            "have no directions, and you measure the errors. Call it nothing up to 1e-12 of the "
            "largest entry.",
        ),
        Misconception(
            "too much counts as nothing",
            _variant(least=1e-10),
            "You return 1 for a cloud that does vary, if by little. Only deviations up to 1e-12 of "
            "the largest entry count as rounding.",
        ),
        Misconception(
            "too little counts as nothing",
            _variant(least=1e-14),
            "You measure deviations of 1e-12 of the largest entry and less. These count as "
            "rounding: return 1.0 there.",
        ),
        Misconception(
            "small shares left out",
            _variant(cut=1e-5),
            "You leave out small shares. Only shares of exactly 0 have no say in the entropy: keep "
            "`shares[shares > 0]`.",
        ),
        Misconception(
            "log of zero",
            _variant(positive=False),
            "An eigenvalue may be 0, and 0 * log(0) is nan on a computer, while its limit is 0. "
            "Leave shares of 0 out before you take the logarithm.",
        ),
        Misconception(
            "columns standardised",
            _variant(columns="unit"),
            "You give every column the same spread first. That removes what is to be measured: "
            "take the covariance, not the correlations.",
        ),
        Misconception(
            "rows scaled to length 1",
            _variant(rows="unit", nothing=1.0),
            "You scale the rows to length 1. Lesson 04 did so; here the vectors are taken with "
            "their lengths.",
        ),
        Misconception(
            "precision of the input",
            _variant(convert=False),
            "You compute in the precision of the input: 32 bits are too few where the mean is much "
            "larger than the spread. Start with `np.array(vectors, dtype=float)`.",
        ),
    ),
)
