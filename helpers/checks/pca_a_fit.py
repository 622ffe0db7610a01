"""Check of lesson 07, part A: PCA, fitted to some rows, applied to others, and back."""

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check
from helpers.checks.pca_a_fit_wrong import MISCONCEPTIONS
from helpers.checks.running import Case

__all__ = ["X_PCA"]


def _by_svd(train, new, k):
    """Take the singular vectors of the centred training rows, one after the other."""
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    mean = np.array([column.sum() / len(train) for column in train.T])
    _, singular, axes = np.linalg.svd(train - mean, full_matrices=False)
    codes = np.array([[axis @ (row - mean) for axis in axes[:k]] for row in new])
    rebuilt = np.array(
        [mean + sum(c * a for c, a in zip(row, axes, strict=False)) for row in codes]
    )
    return singular[:k] ** 2 / len(train), codes, rebuilt


def _parts(case, output):
    """Read the three arrays, or say which is missing or of a wrong shape."""
    train, new, k = case.args
    if not isinstance(output, list | tuple) or len(output) != 3:
        raise ValueError("return three arrays: `return variances, codes, rebuilt`")
    n, d = np.shape(new)
    hints = (
        "the variances of the k axes kept",
        "a row for each row of `new`, a column for each axis kept",
        "the rows in d dimensions that belong to the codes",
    )
    arrays = []
    for name, shape, hint, part in zip(
        ("variances", "codes", "rebuilt"), ((k,), (n, k), (n, d)), hints, output, strict=True
    ):
        array = as_numbers(part)
        if array is None or array.shape != shape:
            came = "no array of numbers" if array is None else f"of shape {array.shape}"
            raise ValueError(f"`{name}` is {came}, where {shape} should come back: {hint}")
        if array.dtype.kind == "c":
            raise ValueError(
                f"`{name}` is of complex numbers: np.linalg.eig may give them, eigh never does"
            )
        arrays.append(array.astype(np.float64))
    return arrays


def _groups(variances):
    """Columns of equal variance: within such a group the axes are free to turn."""
    starts = [0] + [
        j
        for j in range(1, len(variances))
        if abs(variances[j] - variances[j - 1]) > 1e-6 * np.abs(variances).max()
    ]
    return zip(starts, [*starts[1:], len(variances)], strict=True)


def _same_up_to_signs(got, expected):
    """Compare variances and rows as they are, codes by products that no sign changes."""
    problem = close(rtol=1e-5, atol=1e-6 * np.abs(expected[0]).max())(got[0], expected[0])
    if problem:
        return f"of `variances`, {problem}{_factor(got[0], expected[0])}"
    # Results may come in 32 bits, so what is far from 0 is right to 7 digits.
    size = np.abs(expected[1]).max(initial=0)
    problem = close(rtol=3e-7, atol=1e-5 * size)(got[2], expected[2])
    wrong = _wrong_column(got, expected, size)
    if problem and wrong is not None:
        return (
            "the variances are right, but neither `codes` nor `rebuilt`: these are not the axes of "
            "the variances, or not the mean of `train`. np.linalg.eigh returns axes in *columns*, "
            "the smallest variance first, `axes[:, ::-1][:, :k]`; np.linalg.svd returns them in "
            "the *rows* of its third result, `vt[:k].T`"
        )
    if problem:
        return f"the variances are right, but of `rebuilt` {problem}"
    if wrong is not None:
        return (
            f"`variances` and `rebuilt` are right, but column {wrong} of `codes` is not (its "
            "sign is free)"
        )
    return None


def _wrong_column(got, expected, size):
    """Find the first column of the codes that no sign (or turn of equal axes) makes right."""
    for start, stop in _groups(expected[0]):
        mine, wanted = (codes[:, start:stop] for codes in (got[1], expected[1]))
        products, right = mine @ mine.T, wanted @ wanted.T
        if not np.allclose(products, right, rtol=1e-9, atol=2e-5 * size * np.abs(wanted).max()):
            return start
    return None


def _factor(got, expected):
    with np.errstate(all="ignore"):
        factor = np.median(got / expected)
    if np.isfinite(factor) and np.allclose(got, factor * expected, rtol=1e-6):
        return f": all are {factor:.4g} times the right ones"
    if np.allclose(np.sort(got), np.sort(expected), rtol=1e-6):
        return ": these are the right ones in another order, the largest comes first"
    return ""


def _cases(rng, hard):
    def rows(n, d=3, scale=(1.0, 3.0, 0.5), mean=(2.0, -1.0, 0.5)):
        turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
        return (rng.normal(size=(n, d)) * scale[:d]) @ turn + mean[:d]

    cross = np.array([[3.0, 0], [-3, 0], [0, 1], [0, -1]])
    train, shifted = rows(9), rows(4, scale=(2.0, 1.0, 1.0), mean=(4.0, 1.0, -3.0))
    wide, wide_new = rng.normal(size=(4, 7)) + 1, rng.normal(size=(3, 7))
    # Two axes of equal variance, and a third of less: the first two may turn in their plane.
    round_two = np.vstack([np.diag([2.0, 2.0, 1.0]), -np.diag([2.0, 2.0, 1.0])])
    pixels = rng.integers(0, 9, (8, 3))
    far64 = rng.normal(size=(12, 3)) * [4, 2, 1]
    far = (1e5 + far64).astype(np.float32)
    units = train * [1, 30, 0.05]
    cases = [
        Case("a cross, 1 axis", (cross, cross, 1)),
        Case("a cross, both axes", (cross, cross, 2)),
        Case("a cross away from the origin", (cross + [10, 20], cross + [10, 20], 1)),
        Case("a turned cloud, its own rows", (train, train, 2)),
        Case("new rows around another mean", (train, shifted, 2)),
        Case("one new row", (train, shifted[:1], 1)),
        Case("all axes", (train, shifted, 3)),
        Case("fewer rows than dimensions", (wide, wide_new, 2)),
        Case("columns of very different units", (units, units[:4], 2)),
        Case("two axes of equal variance", (round_two + 1, shifted, 2)),
        Case("lists of whole numbers", (pixels.tolist(), pixels[:3].tolist(), 2)),
        Case("32-bit numbers near 100,000", (far, far[:5], 2)),
        Case("64-bit numbers near 10,000,000", (1e7 + far64, 1e7 + far64[:5], 2)),
        Case("tiny numbers", (train * 1e-6, shifted * 1e-6, 2)),
        Case("one dimension", (rows(5, 1), rows(2, 1), 1)),
    ]
    if hard:
        cases += [
            Case("a larger cloud", (rng.normal(size=(60, 20)) * np.arange(1, 21) + 5,
                                    rng.normal(size=(9, 20)), 7)),
            Case("transposed memory", (np.asfortranarray(train), np.asfortranarray(shifted), 2)),
            Case("fewer rows than dimensions, all axes they have", (wide, wide_new, 3)),
            Case("huge numbers", (train * 1e6, shifted * 1e6, 1)),
        ]  # fmt: skip
    return cases


X_PCA = Check(
    id="X-pca",
    title="PCA: fit, transform, and back",
    level=2,
    minutes=20,
    points=3,
    function="pca",
    make_cases=_cases,
    oracle=_by_svd,
    view=_parts,
    compare=_same_up_to_signs,
    misconceptions=MISCONCEPTIONS,
)
