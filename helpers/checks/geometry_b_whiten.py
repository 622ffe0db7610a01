"""Check of lesson 05, part B: whitening with a regulariser."""

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_WHITEN"]

NO_VARIANCE = 1e-10
EQUAL_ROWS = 1e-12


def _equal(rows, mean):
    """Tell whether rows differ from their mean by no more than rounding."""
    return np.abs(rows - mean).max() <= EQUAL_ROWS * np.abs(rows).max()


def _by_svd(train, new, eps):
    """Whiten along the singular vectors of the centred training rows, one after the other (ZCA)."""
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    mean = np.array([sum(column) / len(train) for column in train.T])
    _, singular, axes = np.linalg.svd(train - mean, full_matrices=False)
    variances = singular**2 / len(train)
    white = np.zeros(new.shape)
    if _equal(train, mean):
        return white
    for variance, axis in zip(variances, axes, strict=True):
        if variance > NO_VARIANCE * variances[0]:
            white += np.outer((new - mean) @ axis / np.sqrt(variance + eps), axis)
    return white


def _rows(case, output):
    rows = as_numbers(output)
    n = len(case.args[1])
    if rows is None or rows.ndim != 2:
        raise ValueError(
            "return one array, the whitened rows of `new`. What came back "
            + ("is no matrix of numbers" if rows is None else f"has the shape {rows.shape}")
        )
    if len(rows) != n:
        raise ValueError(f"`new` has {n} rows, the result has {len(rows)}: whiten `new`")
    dimensions = np.shape(case.args[1])[1]
    if rows.shape[1] > dimensions:
        raise ValueError(
            f"the result has {rows.shape[1]} columns, more than the {dimensions} dimensions of the "
            "vectors"
        )
    return rows.astype(np.float64)


def _same_products(got, expected):
    """Compare inner products of the rows, which no rotation changes."""
    with np.errstate(all="ignore"):
        products, wanted = got @ got.T, expected @ expected.T
        problem = close(rtol=1e-6, atol=1e-8)(products, wanted)
        if problem is None:
            return None
        if not np.abs(products).max() <= 1e6 * (1 + np.abs(wanted).max()):
            return (
                "some results are infinite, no numbers or blown up: `train` does not vary in some "
                "direction, and you divide by almost 0 there. Keep only eigenvectors with an "
                "eigenvalue above 1e-10 of the largest, none if all rows are equal"
            )
        factor = np.sum(products * wanted) / np.sum(wanted**2)
        if 0.7 <= factor < 1 and np.allclose(products, factor * wanted, rtol=1e-6, atol=1e-9):
            return (
                f"all inner products of the rows are {factor:.3g} of the right ones: divide the "
                "covariance by n, not by n - 1 as np.cov does by itself"
            )
    return f"of the inner products of the rows, {problem}"


def _whiten_cases(rng, hard):
    def rows(n, d=3, scale=(1.0, 3.0, 0.5), mean=(2.0, -1.0, 0.5)):
        turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
        return (rng.normal(size=(n, d)) * scale[:d]) @ turn + mean[:d]

    cross = np.array([[3.0, 0], [-3, 0], [0, 1], [0, -1]])
    flat = np.column_stack([rows(7, 2), np.full(7, 2.0)])
    off = np.column_stack([rows(3, 2), [2.5, 1.0, 4.0]])
    train, shifted = rows(9), rows(4, scale=(2.0, 1.0, 1.0), mean=(4.0, 1.0, -3.0))
    few = np.vstack([rng.normal(size=(2, 5)), rng.normal(size=(2, 5)) + 2])
    wide = rng.normal(size=(3, 5)) * 2
    pixels = rng.integers(0, 9, (8, 3))
    # Their means are off by a rounding error.
    equal, large = (np.tile(row, (3, 1)) for row in ([0, -0.1, -0.7], [0.1, 0.7, 3e5 + 0.1]))
    keep, drop = (cross * [1, size] for size in (6e-5, 1.5e-5))  # eigenvalues 4e-10, 2.5e-11
    remote = 1024 + rng.permutation(24).reshape(8, 3) * 2.0**-20
    far = (1000 + rng.normal(size=(12, 3)) * [1, 0.5, 0.25]).astype(np.float32)
    cases = [
        Case("a cross, eps 0", (cross, cross, 0.0)),
        Case("a cross away from the origin", (cross + [10, 20], cross + [10, 20], 0.0)),
        Case("a cross, eps 1", (cross, cross, 1.0)),
        Case("a turned cloud, its own rows", (train, train, 0.0)),
        Case("new rows around another mean", (train, shifted, 0.0)),
        Case("one new row", (train, shifted[:1], 0.0)),
        Case("new rows, eps 0.3", (train, shifted, 0.3)),
        Case("training rows that are all the same", (np.full((4, 2), 2.0), cross, 0.1)),
        Case("training rows that are all equal, eps 0", (equal, off, 0.0)),
        Case("training rows that are all equal, eps .1", (large, off, 0.1)),
        Case("no variance in column 2, eps 0", (flat, off, 0.0)),
        Case("no variance in column 2, eps .01", (flat, off, 0.01)),
        Case("fewer rows than dimensions, eps 0", (few, wide, 0.0)),
        Case("fewer rows than dimensions, eps .01", (few, wide, 0.01)),
        Case("a narrow direction, eps .01", (train * [1, 0.05, 1], shifted, 0.01)),
        Case("a small variance that counts, 4e-10 of the largest", (keep, cross, 0.0)),
        Case("one that does not, 2.5e-11 of the largest, eps .01", (drop, cross, 0.01)),
        Case("lists of whole numbers", (pixels.tolist(), pixels[:3].tolist(), 0.5)),
        Case("32-bit numbers near 1000", (far, far[:5], 0.0)),
        Case("tiny numbers, eps 0", (train * 1e-6, shifted * 1e-6, 0.0)),
        Case("a small cloud far out", (remote, remote[:4], 0.0)),
        Case("huge numbers, fewer rows than dimensions", (few * 1e6, wide * 1e6, 0.0)),
    ]
    if hard:
        cases += [
            Case("one dimension", (rows(6, 1), rows(2, 1), 0.0)),
            Case("one training row", (train[:1], shifted, 0.0)),
            Case("a larger cloud", (rng.normal(size=(60, 20)) * np.arange(1, 21),
                                    rng.normal(size=(9, 20)), 2.0)),
            Case("transposed memory", (np.asfortranarray(train), np.asfortranarray(shifted), 0.1)),
        ]  # fmt: skip
    return cases


def _variant(
    *, mean_of="train", spread_of="train", divide=None, root=lambda v, e: np.sqrt(v + e),
    drop="relative", bound=NO_VARIANCE, equal_rows=True, centre_spread=True,
    centre_new=True, kind=float, times=False, axes=True,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def whiten(train, new, eps):
        train, new = np.asarray(train, dtype=kind), np.asarray(new, dtype=kind)
        mean = (train if mean_of == "train" else new).mean(axis=0)
        source = train if spread_of == "train" else new
        moved = source - source.mean(axis=0) if centre_spread else source
        count = len(moved) - 1 if divide == "n - 1" else len(moved)
        with np.errstate(all="ignore"):
            covariance = moved.T @ moved / count
            if not np.isfinite(covariance).all():
                return np.full(new.shape, np.nan)
            if not axes:
                covariance = np.diag(np.diag(covariance))
            variances, directions = np.linalg.eigh(covariance)
            variances = np.maximum(variances, 0)
            alive = variances > bound * (1 if drop == "absolute" else variances[-1])
            if drop == "with equal":
                alive = variances >= bound * variances[-1]
            elif equal_rows and _equal(source, source.mean(axis=0)):
                alive[:] = False
            if drop == "none" or (drop == "only eps 0" and eps > 0):
                alive[:] = True
            sizes = root(variances, eps)
            factors = sizes if times else 1 / sizes
            factors = np.where(alive, factors, 0)
            return (new - mean if centre_new else new) @ (directions * factors) @ directions.T

    return whiten


X_WHITEN = Check(
    id="X-whiten",
    title="Whitening with a regulariser",
    level=2,
    minutes=20,
    points=3,
    function="whiten",
    make_cases=_whiten_cases,
    oracle=_by_svd,
    view=_rows,
    compare=_same_products,
    misconceptions=(
        Misconception(
            "new rows by their own statistics",
            _variant(mean_of="new", spread_of="new"),
            "You whiten `new` with its own mean and covariance. It must go through the map that "
            "was fitted to `train`: a single query has no covariance of its own.",
        ),
        Misconception(
            "new rows by their own mean",
            _variant(mean_of="new"),
            "The covariance is that of `train`, but you centre `new` with its own mean. Subtract "
            "the mean of `train` from both.",
        ),
        Misconception(
            "covariance of the new rows",
            _variant(spread_of="new"),
            "The mean is that of `train`, but the covariance is that of `new`. Both are to come "
            "from `train`.",
        ),
        Misconception(
            "covariance about the origin",
            _variant(centre_spread=False),
            "The covariance is about the mean: subtract the mean of `train` before you multiply, "
            "or the mean counts as a direction of large variance.",
        ),
        Misconception(
            "new rows not centred",
            _variant(centre_new=False),
            "You centre `train` for the covariance but not `new`. The same mean, that of `train`, "
            "goes from `new` too.",
        ),
        Misconception(
            "divided by the variance",
            _variant(root=lambda v, e: v + e),
            "You divide by the variance (the eigenvalue). Divide by its root, a standard "
            "deviation, and the new variance is 1.",
        ),
        Misconception(
            "multiplied by the deviation",
            _variant(times=True),
            "You multiply by the root of the eigenvalues: that makes long directions longer. "
            "Whitening divides by it.",
        ),
        Misconception(
            "eps after the root",
            _variant(root=lambda v, e: np.sqrt(v) + e),
            "`eps` belongs to the eigenvalue, under the root: sqrt(lambda + eps), not "
            "sqrt(lambda) + eps.",
        ),
        Misconception(
            "eps as a floor",
            _variant(root=lambda v, e: np.sqrt(np.maximum(v, e))),
            "You lift small eigenvalues to `eps` and leave the others. Add `eps` to all of them.",
        ),
        Misconception(
            "eps left out",
            _variant(root=lambda v, e: np.sqrt(v)),
            "The result is right where `eps` is 0, but `eps` has no effect. Add it to the "
            "eigenvalues before the root.",
        ),
        Misconception(
            "divided by n - 1",
            _variant(divide="n - 1"),
            "You divide by n - 1, as np.cov does by itself. Here the covariance is divided by n: "
            "`moved.T @ moved / len(train)` with the centred rows.",
        ),
        Misconception(
            "empty directions blown up",
            _variant(drop="none"),
            "Where `train` has no variance you divide by sqrt(0 + eps), and what `new` has there "
            "is blown up. Such directions (eigenvalue at most 1e-10 of the largest) give 0.",
        ),
        Misconception(
            "empty directions kept with eps",
            _variant(drop="only eps 0"),
            "Directions in which `train` does not vary give 0 also with eps > 0: decide by the "
            "eigenvalue alone, before you add eps.",
        ),
        Misconception(
            "equal rows up to rounding",
            _variant(equal_rows=False),
            "The mean of equal rows may be off by a rounding error; the eigenvalues are tiny then, "
            "but not next to the largest. Compare `train - mean` with 1e-12 times `train`.",
        ),
        Misconception(
            "too bold a threshold",
            _variant(bound=1e-7),
            "You drop directions that do vary: only eigenvalues up to 1e-10 of the largest give 0.",
        ),
        Misconception(
            "too timid a threshold",
            _variant(bound=1e-12),
            "You keep a direction with 2.5e-11 of the largest eigenvalue: up to 1e-10 counts as no "
            "variance.",
        ),
        Misconception(
            "a fixed threshold",
            _variant(drop="absolute"),
            "Your threshold is a fixed number. Vectors may be tiny or huge, so what counts as no "
            "variance is relative: at most 1e-10 of the largest eigenvalue.",
        ),
        Misconception(
            "kept where all is 0",
            _variant(drop="with equal"),
            "When all rows of `train` are equal, every eigenvalue is 0, and 0 is not *more* than "
            "1e-10 times 0: keep a direction only if its eigenvalue is greater (>, not >=).",
        ),
        Misconception(
            "columns standardised",
            _variant(axes=False),
            "You divide each column by its own deviation. Columns stay correlated then: turn to "
            "the eigenvectors of the covariance first, and divide along those.",
        ),
        Misconception(
            "32-bit arithmetic",
            _variant(kind=None),
            "Your function computes in the input's 32 bits, where a small spread around 1000 is "
            "lost. Convert first: `np.asarray(train, dtype=float)`.",
        ),
        Misconception(
            "converted to 32 bits",
            _variant(kind=np.float32),
            "You compute in 32 bits, where a small spread far from 0 is lost. Use 64: "
            "`np.asarray(train, dtype=float)`.",
        ),
    ),
)
