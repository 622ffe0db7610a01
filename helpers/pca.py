"""Principal component analysis from moments: fast, exact to rounding, and mergeable.

The covariance of n rows needs one pass. Three habits keep it accurate when the rows are float32
and stand far from the origin:

- **shift**: a rough mean is subtracted, before the product, from each block that stands farther
  from the origin than it scatters. Without it the mean's square is added to every entry and taken
  off again at the end, and with it go the digits that the variances are made of;
- **blocks**: rows are multiplied a few thousand at a time, in their own precision, by BLAS (for
  ``block.T @ block`` NumPy calls its symmetric product, half of the work);
- **float64 sums**: the blocks' products are added, and the mean's rest taken off, in float64.

Counts, means and scatter matrices of two sets of rows merge exactly (Chan, Golub & LeVeque 1983),
so that a corpus may grow and never be read again.

References
----------
Chan, Golub & LeVeque (1983), "Algorithms for Computing the Sample Variance: Analysis and
Recommendations". Jolliffe (2002), "Principal Component Analysis", 2nd edition.
"""

import operator
from typing import NamedTuple

import numpy as np

__all__ = ["Moments", "PCA", "merge_moments", "moments", "pca_fit", "pca_from_moments"]

BLOCK = 4096
SAMPLE = 64  # rows of a block that say where it stands


class Moments(NamedTuple):
    """What PCA needs to know about rows.

    Attributes
    ----------
    count : int
        Rows n.
    mean : ndarray (d,), float64
    scatter : ndarray (d, d), float64
        Sum over the rows of the products of what differs from the mean: n times the covariance.
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray


class PCA(NamedTuple):
    """A fitted map onto k axes.

    Attributes
    ----------
    mean : ndarray (d,)
    axes : ndarray (d, k)
        In the columns, length 1, the largest variance first; the largest entry of each is positive.
    variances : ndarray (k,)
        Along the axes, divided by n.
    total : float
        The variance along all d axes together.
    """

    mean: np.ndarray
    axes: np.ndarray
    variances: np.ndarray
    total: float

    @property
    def shares(self) -> np.ndarray:
        """Share of the total variance along each axis (k,); zeros if there is none."""
        return self.variances / self.total if self.total else np.zeros(len(self.variances))

    def transform(self, X) -> np.ndarray:
        """Give the coordinates (n, k) of rows X (n, d) along the axes, from the fitted mean.

        Raises
        ------
        ValueError
            If X is no matrix of d columns.
        """
        return (_rows(X, len(self.mean)) - self.mean) @ self.axes

    def inverse(self, codes) -> np.ndarray:
        """Give the rows (n, d) in the plane of the axes that have these coordinates (n, k).

        Raises
        ------
        ValueError
            If `codes` is no matrix of k columns.
        """
        return _rows(codes, self.axes.shape[1]) @ self.axes.T + self.mean


def moments(X) -> Moments:
    """Measure count, mean and scatter of rows, in one pass.

    Parameters
    ----------
    X : array_like (n, d)
        At least one row. float32 is multiplied as float32 and summed in float64; anything else is
        float64.

    Returns
    -------
    Moments

    Raises
    ------
    ValueError
        If X is no matrix of numbers with a row, or if a number is missing, infinite or so large
        that its square is.
    """
    X = _rows(X)
    shift = X[:BLOCK].mean(axis=0, dtype=np.float64).astype(X.dtype)
    near, far = _Sums(X.shape[1]), _Sums(X.shape[1])
    ones, room = np.ones(BLOCK, X.dtype), np.empty((min(BLOCK, len(X)), X.shape[1]), X.dtype)
    with np.errstate(all="ignore"):
        for start in range(0, len(X), BLOCK):
            block = X[start : start + BLOCK]
            if _stands_far(block[:SAMPLE]):
                far.add(np.subtract(block, shift, out=room[: len(block)]), ones)
            else:
                near.add(block, ones)
        found = [sums.moments(at) for sums, at in ((near, 0.0), (far, shift)) if sums.count]
        measured = found[0] if len(found) == 1 else merge_moments(*found)
    if not np.isfinite(measured.scatter).all():
        raise ValueError(
            f"a number is missing, infinite or too large to be squared in {X.dtype}: leave out "
            "such rows or scale them."
        )
    return measured


class _Sums:
    """Running sums of rows and of their products, in float64."""

    def __init__(self, d: int):
        self.count, self.rows, self.products = 0, np.zeros(d), np.zeros((d, d))

    def add(self, block: np.ndarray, ones: np.ndarray) -> None:
        self.count += len(block)
        self.rows += ones[: len(block)] @ block
        self.products += block.T @ block

    def moments(self, shift) -> Moments:
        mean = self.rows / self.count
        scatter = self.products - self.count * np.outer(mean, mean)
        return Moments(self.count, shift + mean, scatter)


def _stands_far(rows: np.ndarray) -> bool:
    """Whether rows stand farther from the origin than they scatter: a shift then saves digits."""
    rows = rows.astype(np.float64)
    mean = rows.mean(axis=0)
    return not mean @ mean < rows.var(axis=0).sum()


def merge_moments(first: Moments, second: Moments) -> Moments:
    """Give the moments of two sets of rows together.

    The scatter matrices add up, and the distance of the two means adds
    ``n m / (n + m) * outer(difference, difference)``.

    Raises
    ------
    ValueError
        If the two have different numbers of columns.
    """
    if len(first.mean) != len(second.mean):
        raise ValueError(
            f"the moments have {len(first.mean)} and {len(second.mean)} dimensions: merge those "
            "of the same model."
        )
    count = first.count + second.count
    between = second.mean - first.mean
    weight = second.count / count
    scatter = first.scatter + second.scatter
    scatter = scatter + first.count * weight * np.outer(between, between)
    return Moments(count, first.mean + weight * between, scatter)


def pca_from_moments(known: Moments, k: int) -> PCA:
    """Find the k axes of largest variance of rows with these moments.

    Parameters
    ----------
    known : Moments
    k : int
        1 to d. Beyond the rank of the rows the variance is 0 and the axes are arbitrary.

    Raises
    ------
    ValueError
        If `k` is out of range.
    """
    k, d = operator.index(k), len(known.mean)
    if not 1 <= k <= d:
        raise ValueError(f"k must be 1 to the {d} dimensions, not {k}.")
    variances, axes = np.linalg.eigh(known.scatter / known.count)
    variances, axes = np.maximum(variances[::-1], 0), axes[:, ::-1][:, :k]
    # The sign of an axis is arbitrary: fix it, so that figures do not depend on the library.
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.where(axes[largest, np.arange(k)] < 0, -1.0, 1.0)
    return PCA(known.mean, axes, variances[:k], float(variances.sum()))


def pca_fit(X, k: int) -> PCA:
    """Fit PCA to rows: the mean, and the k axes along which they vary most.

    Parameters
    ----------
    X : array_like (n, d)
        At least one row. A matrix of d x d is made: meant for up to some thousand columns.
    k : int
        Axes to keep, 1 to d.

    Returns
    -------
    PCA
        ``.transform(rows)`` gives coordinates, ``.inverse(coordinates)`` goes back.

    Raises
    ------
    ValueError
        As :func:`moments` and :func:`pca_from_moments`.

    Examples
    --------
    >>> pca = pca_fit([[0.0, 0.0], [4.0, 3.0], [8.0, 6.0]], k=1)
    >>> pca.axes.ravel()
    array([0.8, 0.6])
    >>> pca.transform([[4.0, 3.0], [8.0, 6.0]]).ravel().round(9)
    array([0., 5.])
    """
    return pca_from_moments(moments(X), k)


def _rows(X, columns: int | None = None) -> np.ndarray:
    try:
        X = np.asarray(X)
    except ValueError as error:
        raise ValueError("the rows have different lengths: give a matrix (n, d).") from error
    if X.ndim != 2 or X.dtype.kind not in "biuf" or 0 in X.shape:
        raise ValueError(
            f"give a matrix of numbers (n, d) with at least one row, not {X.dtype} {X.shape}."
        )
    if columns is not None and X.shape[1] != columns:
        raise ValueError(f"{columns} columns were expected, not {X.shape[1]}.")
    return X if X.dtype == np.float32 else X.astype(np.float64, copy=False)
