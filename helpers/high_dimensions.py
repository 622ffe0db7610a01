"""What many dimensions do to distances, volumes and random projections, and what they do not.

References
----------
Beyer, Goldstein, Ramakrishnan & Shaft (1999), "When Is 'Nearest Neighbor' Meaningful?".
Aggarwal, Hinneburg & Keim (2001), "On the Surprising Behavior of Distance Metrics in High
Dimensional Space" (the relative contrast as a quotient).
Facco, d'Errico, Rodriguez & Laio (2017), "Estimating the intrinsic dimension of datasets by a
minimal neighborhood information". Dasgupta & Gupta (2003), "An Elementary Proof of a Theorem of
Johnson and Lindenstrauss".
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln
from sklearn.metrics.pairwise import euclidean_distances

__all__ = [
    "Contrast",
    "clouds",
    "contrast",
    "gaussian_like",
    "jl_epsilon",
    "log_ball_volume",
    "neighbour_overlap",
    "pair_distances",
    "squared_ratios",
    "two_nn_dimension",
]


class Contrast(NamedTuple):
    """How unequal the distances between the points of a space are.

    Attributes
    ----------
    cv : float
        Coefficient of variation of all pairwise distances: standard deviation over mean.
    nearest : float
        Median over the points of: distance to the nearest other over the median distance.
    relative : float
        Relative contrast (farthest - nearest) / nearest, for the median point.
    """

    cv: float
    nearest: float
    relative: float


def pair_distances(vectors) -> np.ndarray:
    """Return the Euclidean distances of all pairs of different rows.

    Parameters
    ----------
    vectors : array_like (n, d)
        At least two rows.

    Returns
    -------
    ndarray (n (n - 1) / 2,), float64
        In the order of :func:`numpy.triu_indices`.

    Raises
    ------
    ValueError
        If `vectors` is no matrix of at least two rows.
    """
    table = _distance_table(vectors, least=2)
    return table[np.triu_indices(len(table), 1)]


def contrast(vectors) -> Contrast:
    """Measure how unequal the distances are.

    Parameters
    ----------
    vectors : array_like (n, d)
        At least three rows, not all equal.

    Returns
    -------
    Contrast

    Raises
    ------
    ValueError
        If there are fewer rows, or all distances are 0.
    """
    table = _distance_table(vectors, least=3)
    pairs = table[np.triu_indices(len(table), 1)]
    if not pairs.any():
        raise ValueError("all rows are equal: there is no distance to compare.")
    farthest = table.max(axis=1)
    np.fill_diagonal(table, np.inf)
    nearest = table.min(axis=1)
    # The ratio is turned round only after the median: a duplicate has nearest distance 0.
    kept = float(np.median(nearest / farthest))
    return Contrast(
        cv=float(pairs.std() / pairs.mean()),
        nearest=float(np.median(nearest) / np.median(pairs)),
        relative=1 / kept - 1 if kept else math.inf,
    )


def two_nn_dimension(vectors, discard: float = 0.1) -> float:
    """Estimate the local dimension from the two nearest neighbours of each point.

    Where the density hardly changes up to the second neighbour, ratio m of the distances to the
    second and the first neighbour has ``P(m <= x) = 1 - x**-dimension``, so that -log(1 - P) is a
    line through the origin over log m whose slope is the dimension (Facco et al. 2017).

    Parameters
    ----------
    vectors : array_like (n, d)
        At least ten rows that differ; a point with a duplicate is left out.
    discard : float
        Share of the largest ratios that is left out of the fit.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If too few rows are left, or `discard` is not in [0, 1).
    """
    if not 0 <= discard < 1:
        raise ValueError(f"discard must be at least 0 and below 1, not {discard}.")
    table = _distance_table(vectors, least=3)
    np.fill_diagonal(table, np.inf)
    first, second = np.partition(table, 1, axis=1)[:, :2].T
    # The table has rounding errors: what is nearer than this is a duplicate.
    apart = first > 1e-6 * np.median(second)
    if apart.sum() < 10:
        raise ValueError("ten points without a duplicate are needed.")
    ratios = np.sort(np.log(second[apart] / first[apart]))
    n = len(ratios)
    kept = max(1, min(int(n * (1 - discard)), n - 1))  # The last point has P = 1: log 0
    heights = -np.log1p(-np.arange(1, kept + 1) / n)
    return float(ratios[:kept] @ heights / (ratios[:kept] @ ratios[:kept]))


def gaussian_like(vectors, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw points from the Gaussian with the mean and the covariance of some vectors.

    A sum of the centred rows with independent normal weights has exactly their covariance, so no
    eigenvalues are needed, and it does not matter if there are fewer rows than dimensions. Keep in
    mind that the covariance of few rows has more unequal eigenvalues than what they come from.

    Parameters
    ----------
    vectors : array_like (m, d)
        At least two rows.
    n : int
        Points to draw.
    rng : numpy Generator

    Returns
    -------
    ndarray (n, d), float64

    Raises
    ------
    ValueError
        If `vectors` is no matrix of at least two rows.
    """
    vectors = _matrix(vectors, least=2)
    mean = vectors.mean(axis=0)
    weights = rng.normal(size=(n, len(vectors))) / math.sqrt(len(vectors) - 1)
    return mean + weights @ (vectors - mean)


def clouds(
    n: int, d: int, rng: np.random.Generator, *, clusters: int = 20, apart: float = 2.0
) -> np.ndarray:
    """Draw points from round Gaussian clouds of unit variance around random centres.

    Parameters
    ----------
    n, d : int
        Points and dimensions.
    rng : numpy Generator
    clusters : int
        Clouds; point i belongs to cloud ``i % clusters``.
    apart : float
        Standard deviation of the centres in each dimension; 0 makes it one cloud. A typical
        distance between clouds is ``sqrt(1 + apart**2)`` times one within a cloud, for any d.

    Returns
    -------
    ndarray (n, d), float64
    """
    centres = apart * rng.normal(size=(clusters, d))
    return centres[np.arange(n) % clusters] + rng.normal(size=(n, d))


def log_ball_volume(d, radius=1.0):
    """Return the natural logarithm of a ball's volume, ``pi^(d/2) R^d / Gamma(d/2 + 1)``.

    Parameters
    ----------
    d : int or array_like of int
        Dimensions.
    radius : float or array_like
        Above 0.

    Returns
    -------
    float or ndarray
    """
    d = np.asarray(d, dtype=float)
    return d / 2 * math.log(math.pi) + d * np.log(radius) - gammaln(d / 2 + 1)


def jl_epsilon(n: int, dimensions: int) -> float:
    """Return the distortion that the lemma of Johnson and Lindenstrauss promises for n points.

    It turns round ``dimensions >= 4 log(n) / (epsilon**2 / 2 - epsilon**3 / 3)`` (Dasgupta & Gupta
    2003), the bound in :func:`sklearn.random_projection.johnson_lindenstrauss_min_dim`.

    Parameters
    ----------
    n : int
        Points, at least 2.
    dimensions : int
        After the projection.

    Returns
    -------
    float
        Squared distances change by at most this factor; inf where even 1 is not promised.
    """
    needed = 4 * math.log(n) / dimensions
    if needed >= 1 / 6:
        return math.inf
    return float(brentq(lambda e: e**2 / 2 - e**3 / 3 - needed, 0, 1))


def squared_ratios(before, after) -> np.ndarray:
    """Return by which factor each squared distance changed.

    Parameters
    ----------
    before, after : array_like (n, d), (n, m)
        The same points in two spaces; pairs of equal points before are left out.

    Returns
    -------
    ndarray (pairs,), float64

    Raises
    ------
    ValueError
        If the numbers of points differ.
    """
    old, new = pair_distances(before), pair_distances(after)
    if old.shape != new.shape:
        raise ValueError("before and after must hold the same points, row by row.")
    apart = old > 1e-6 * np.median(old)
    return (new[apart] / old[apart]) ** 2


def neighbour_overlap(before, after, k: int = 10) -> float:
    """Return which share of the k nearest neighbours before is among those after, on average.

    Parameters
    ----------
    before, after : array_like (n, d), (n, m)
        The same points in two spaces.
    k : int
        Neighbours, fewer than n.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the numbers of points differ or are too small.
    """
    old, new = (_distance_table(vectors, least=k + 1) for vectors in (before, after))
    if old.shape != new.shape:
        raise ValueError("before and after must hold the same points, row by row.")
    chosen = []
    for table in (old, new):
        np.fill_diagonal(table, np.inf)
        mask = np.zeros(table.shape, dtype=bool)
        np.put_along_axis(mask, np.argpartition(table, k - 1, axis=1)[:, :k], True, axis=1)
        chosen.append(mask)
    return float((chosen[0] & chosen[1]).sum() / (k * len(old)))


def _distance_table(vectors, least: int) -> np.ndarray:
    return euclidean_distances(_matrix(vectors, least))


def _matrix(vectors, least: int) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or len(vectors) < least:
        raise ValueError(
            f"vectors must be a matrix of at least {least} rows, not of shape {vectors.shape}."
        )
    return vectors
