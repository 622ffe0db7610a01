"""Check of lesson 05, part B: all-but-the-top, fitted to one set of vectors, applied to another."""

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q16_TOP"]


def _one_by_one(train, new, k):
    """Find the directions by SVD and take them out of each row, one after the other."""
    train, new = np.array(train, dtype=float), np.array(new, dtype=float)
    mean = train.sum(axis=0) / len(train)
    _, _, axes = np.linalg.svd(train - mean)
    left = []
    for row in new - mean:
        for axis in axes[:k]:
            row = row - (row @ axis) * axis
        left.append(row)
    return np.array(left)


def _top_cases(rng, hard):
    def rows(n, d=3, mean=(3.0, -2.0, 1.0)):
        turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
        return (rng.normal(size=(n, d)) * 3.0 ** -np.arange(d)) @ turn + np.resize(mean, d)

    cross = np.array([[3.0, 0], [-3, 0], [0, 1], [0, -1]])
    train, other = rows(9), rows(4, mean=(0.5, 4.0, -1.0))
    pixels = rng.integers(0, 9, (7, 3)) * [1, 3, 9]
    far = (1000 + rows(9)).astype(np.float32)
    cases = [
        Case("a cross, k = 1", (cross, cross, 1)),
        Case("a cross away from the origin", (cross + [10, 20], cross + [10, 20], 1)),
        Case("k = 0", (train, other, 0)),
        Case("its own rows, k = 1", (train, train, 1)),
        Case("new rows around another mean, k = 1", (train, other, 1)),
        Case("new rows, k = 2", (train, other, 2)),
        Case("one new row", (train, other[:1], 1)),
        Case("k is all the dimensions", (train, other, 3)),
        Case("fewer rows than dimensions", (rows(3, 5), rows(4, 5), 1)),
        Case("k is all the dimensions, fewer rows", (rows(2, 3), rows(4, 3), 3)),
        Case("lists of whole numbers", (pixels.tolist(), pixels[:2].tolist(), 1)),
        Case("32-bit numbers near 1000", (far, far[:5], 1)),
    ]
    if hard:
        cases += [
            Case("one dimension", (rows(5, 1), rows(2, 1), 0)),
            Case("a larger space", (rows(40, 6), rows(9, 6), 3)),
            Case("transposed memory", (np.asfortranarray(train), np.asfortranarray(other), 2)),
        ]
    return cases


def _variant(
    *, mean_of="train", axes_of="train", centre_axes=True, project="moved", end="top", keep=False,
    turned=False, count=lambda k: k, unit=False, add_mean=False, kind=float, centre_new=True,
    full=True,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def all_but_the_top(train, new, k):
        train, new = np.asarray(train, dtype=kind), np.asarray(new, dtype=kind)
        mean = (train if mean_of == "train" else new).mean(axis=0)
        source = train if axes_of == "train" else new
        moved = source - source.mean(axis=0) if centre_axes else source
        _, _, axes = np.linalg.svd(moved, full_matrices=full)
        k = count(k)
        if end == "columns":
            axes = axes[:, :k].T
        elif end == "-k":
            axes = axes[::-1][-k:]
        else:
            axes = axes[:k] if end == "top" else axes[len(axes) - k :]
        rest = new - mean if centre_new else new
        if turned:
            return rest @ np.linalg.svd(moved)[2].T * (np.arange(new.shape[1]) >= k)
        removed = (rest if project == "moved" else new) @ axes.T @ axes
        result = removed if keep else rest - removed
        if unit:
            length = np.linalg.norm(result, axis=1, keepdims=True)
            result = result / np.where(length > 1e-9, length, 1)
        return result + mean if add_mean else result

    return all_but_the_top


def _first_of_eigh(train, new, k):
    train, new = np.asarray(train, dtype=float), np.asarray(new, dtype=float)
    moved = train - train.mean(axis=0)
    axes = np.linalg.eigh(moved.T @ moved / len(train))[1][:, :k]
    rest = new - train.mean(axis=0)
    return rest - rest @ axes @ axes.T


Q16_TOP = Check(
    id="Q16-top",
    title="All but the top",
    level=1,
    minutes=10,
    points=2,
    function="all_but_the_top",
    make_cases=_top_cases,
    oracle=_one_by_one,
    compare=close(rtol=1e-6, atol=1e-9),
    misconceptions=(
        Misconception(
            "new rows by their own statistics",
            _variant(mean_of="new", axes_of="new"),
            "You take mean and directions from `new`. They belong to the space, so learn both "
            "from `train`, and apply them to whatever comes later.",
        ),
        Misconception(
            "new rows by their own mean",
            _variant(mean_of="new"),
            "The directions are those of `train`, but you centre `new` with its own mean. A single "
            "query would become zero: subtract the mean of `train`.",
        ),
        Misconception(
            "directions of the new rows",
            _variant(axes_of="new"),
            "The mean is that of `train`, but the directions are those of `new`. Learn the "
            "directions from `train` too.",
        ),
        Misconception(
            "directions not centred",
            _variant(centre_axes=False),
            "Your directions come from rows that were not centred, so that the first one follows "
            "the mean. Subtract the mean of `train` before the SVD.",
        ),
        Misconception(
            "the projection of the row as it was",
            _variant(project="raw"),
            "You subtract the mean, and then the projection of the row *before* that. (The "
            "paper's own formula reads so; it leaves a constant in the k directions.) Here, "
            "project the centred row.",
        ),
        Misconception(
            "the mean left in",
            _variant(centre_new=False),
            "You take the directions out of `new`, but not the mean of `train`. Subtract that "
            "first.",
        ),
        Misconception(
            "columns instead of rows",
            _variant(end="columns"),
            "np.linalg.svd returns the directions as the *rows* of its third array; you take "
            "columns. (Those of eigh are columns.)",
        ),
        Misconception(
            "-0 takes all",
            _variant(end="-k"),
            "With k = 0 a slice such as `[:, -k:]` is `[:, 0:]`, all directions. Count from the "
            "start: `[:, d - k:]`.",
        ),
        Misconception(
            "too few directions",
            _variant(full=False),
            "With fewer rows than dimensions, full_matrices=False returns fewer than d "
            "directions. With k = d nothing may be left.",
        ),
        Misconception(
            "the first eigenvectors of eigh",
            _first_of_eigh,
            "You take the first k eigenvectors of eigh, those of least variance: its eigenvalues "
            "rise. The top ones stand at the end.",
        ),
        Misconception(
            "the smallest directions",
            _variant(end="bottom"),
            "You remove the directions of least variance. `np.linalg.eigh` gives eigenvalues in "
            "rising order: the top ones stand at the end.",
        ),
        Misconception(
            "the top kept",
            _variant(keep=True),
            "You return the part along the top directions. That is what is to go: subtract it "
            "from the centred row.",
        ),
        Misconception(
            "in the axes of the components",
            _variant(turned=True),
            "Your result is in the axes of the components. That is only a rotation away, but here "
            "the rows are to stay in their own axes: turn them back.",
        ),
        Misconception(
            "always one direction",
            _variant(count=lambda k: 1),
            "You take out one direction whatever `k` says. It may be 0, which only centres, or "
            "several.",
        ),
        Misconception(
            "rows normalised",
            _variant(unit=True),
            "The rows are right up to their length: you normalised them. That is a good last step, "
            "but not part of this function.",
        ),
        Misconception(
            "the mean put back",
            _variant(add_mean=True),
            "You add the mean again at the end. It is part of what all vectors have in common, and "
            "stays away.",
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
            "You compute in 32 bits, where a small spread around 1000 is lost. Use 64: "
            "`np.asarray(train, dtype=float)`.",
        ),
    ),
)
