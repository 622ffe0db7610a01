"""How evenly does a cloud of vectors fill its space? Measures, and made-up clouds to test them on.

References
----------
Roy & Vetterli (2007), "The effective rank: a measure of effective dimensionality". Mu & Viswanath
(2018), "All-but-the-Top: Simple and Effective Postprocessing for Word Representations".
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from helpers.anisotropy import centred, unit_rows
from helpers.probes import effective_count

__all__ = [
    "Geometry",
    "cosine_moments",
    "effective_rank",
    "eigenvalues",
    "geometry",
    "geometry_table",
    "made_up_spaces",
    "partition_isotropy",
    "power_law_space",
    "scaled_to_one",
    "top_share",
]


class Geometry(NamedTuple):
    """The measures of :func:`geometry`.

    Attributes
    ----------
    mean, sd : float
        Of the cosines of all pairs of different rows.
    top, top_centred : float
        Share of the largest eigenvalue, about the origin and about the mean.
    rank, rank_centred : float
        Effective rank, about the origin and about the mean.
    partition : float
        Mu & Viswanath's measure, with rows scaled to a root mean square length of 1.
    """

    mean: float
    sd: float
    top: float
    top_centred: float
    rank: float
    rank_centred: float
    partition: float


def eigenvalues(vectors, centre: bool = True) -> np.ndarray:
    """Eigenvalues of the covariance matrix, or of the second moments about the origin.

    Parameters
    ----------
    vectors : array_like (n, d)
        At least one row and one column.
    centre : bool
        Whether to subtract the mean row first.

    Returns
    -------
    ndarray (min(n, d),), float64
        Largest first, in units where the largest entry of `vectors` is 1: no power of the
        computer's numbers is left out by squaring. All 0 if nothing varies but by rounding.

    Raises
    ------
    ValueError
        If `vectors` is no matrix of finite numbers with at least one row and one column.
    """
    x = _matrix(vectors)
    largest = np.abs(x).max()
    if largest > 0:
        x = x / largest
    if centre:
        x = x - x.mean(axis=0)
    n, d = x.shape
    if np.abs(x).max() <= 1e-12:
        return np.zeros(min(n, d))
    # The smaller of the two products has the same eigenvalues but for zeros.
    product = x.T @ x if d <= n else x @ x.T
    return np.linalg.eigvalsh(product / n)[::-1].clip(0)


def effective_rank(vectors, centre: bool = True) -> float:
    """Exponential of the entropy of the eigenvalues' shares: how many directions are in use.

    Roy & Vetterli's measure of the covariance matrix (with ``centre=False``: of the second moments
    about the origin). Of few rows it comes out too small: an isotropic cloud of n rows has at most
    n - 1 directions.

    Parameters
    ----------
    vectors, centre
        As for :func:`eigenvalues`, which also says what is raised.

    Returns
    -------
    float
        1 if one direction has everything, or if nothing varies; d if all have the same.
    """
    return effective_count(eigenvalues(vectors, centre))


def top_share(vectors, k: int = 1, centre: bool = True) -> float:
    """Share of the k largest eigenvalues in their sum.

    Parameters
    ----------
    vectors, centre
        As for :func:`eigenvalues`.
    k : int
        How many.

    Returns
    -------
    float
        1 if nothing varies.

    Raises
    ------
    ValueError
        As :func:`eigenvalues`, or if k is not between 1 and their number.
    """
    values = eigenvalues(vectors, centre)
    if not 1 <= k <= len(values):
        raise ValueError(f"k must be between 1 and {len(values)}, not {k}.")
    return float(values[:k].sum() / values.sum()) if values.sum() > 0 else 1.0


def cosine_moments(vectors) -> tuple[float, float]:
    """Mean and standard deviation of the cosines of all pairs of different rows, in O(n d^2).

    With unit rows U, the cosines' squares add up to the squared entries of ``U.T @ U``: no table
    of all pairs is needed.

    Parameters
    ----------
    vectors : array_like (n, d)
        At least two rows; a cosine with a zero row counts as 0.

    Returns
    -------
    mean, sd : float

    Raises
    ------
    ValueError
        If `vectors` is no matrix of at least two rows.
    """
    unit = unit_rows(vectors)
    n = len(unit)
    if n < 2:
        raise ValueError(f"pairs need at least two vectors, not {n}.")
    lengths = np.square(unit).sum(axis=1)
    mean = (np.square(unit.sum(axis=0)).sum() - lengths.sum()) / (n * (n - 1))
    product = unit.T @ unit if unit.shape[1] <= n else unit @ unit.T
    mean_square = (np.square(product).sum() - np.square(lengths).sum()) / (n * (n - 1))
    return float(mean), float(np.sqrt(max(mean_square - mean**2, 0.0)))


def scaled_to_one(vectors) -> np.ndarray:
    """Divide all rows by one number, their root mean square length; zeros stay zeros.

    Parameters
    ----------
    vectors : array_like (n, d)

    Returns
    -------
    ndarray (n, d), float64

    Raises
    ------
    ValueError
        As :func:`eigenvalues`.
    """
    x = _matrix(vectors)
    length = np.sqrt(np.square(x).sum(axis=1).mean())
    return x / length if length > 0 else x


def partition_isotropy(vectors) -> float:
    """Mu & Viswanath's isotropy: the smallest over the largest Z(c), Z(c) = sum of exp(c . x).

    The directions c are the unit eigenvectors of ``vectors.T @ vectors``, each with both signs
    (an eigenvector has none). It depends on the lengths: double all vectors and it changes.

    Parameters
    ----------
    vectors : array_like (n, d)
        Taken as they are, not centred or scaled.

    Returns
    -------
    float
        Exact: above 0, and 1 when Z is the same in all those directions.

    Raises
    ------
    ValueError
        As :func:`eigenvalues`.
    """
    x = _matrix(vectors)
    directions = np.linalg.eigh(x.T @ x)[1]
    along = x @ directions
    logs = [np.logaddexp.reduce(sign * along, axis=0) for sign in (1, -1)]
    return float(np.exp(np.min(logs) - np.max(logs)))


def geometry(vectors) -> Geometry:
    """Measure a cloud of vectors with everything in this module.

    Parameters
    ----------
    vectors : array_like (n, d)
        At least two rows.

    Returns
    -------
    Geometry

    Raises
    ------
    ValueError
        If `vectors` is no matrix of at least two rows of finite numbers.
    """
    return Geometry(
        *cosine_moments(vectors),
        top_share(vectors, centre=False),
        top_share(vectors),
        effective_rank(vectors, centre=False),
        effective_rank(vectors),
        partition_isotropy(scaled_to_one(vectors)),
    )


def geometry_table(measured: Mapping[str, Geometry]) -> str:
    """Write measures as a table, one row a cloud.

    Parameters
    ----------
    measured : mapping of str to Geometry

    Returns
    -------
    str
        Shares in per cent, the cosines and I with three digits.
    """
    width = max(len(name) for name in measured)
    lines = [
        f"{'':{width}s}   cosine    cosine   top direction    effective rank     I, length 1",
        f"{'':{width}s}     mean        sd   as is centred    as is  centred            ",
    ]
    for name, row in measured.items():
        lines.append(
            f"{name:{width}s}   {row.mean:6.3f}    {row.sd:6.3f}  {row.top:6.1%} "
            f"{row.top_centred:7.1%}   {row.rank:6.1f}   {row.rank_centred:6.1f}"
            f"          {row.partition:6.3f}"
        )
    return "\n".join(line.rstrip() for line in lines)


def made_up_spaces(n: int = 2000, d: int = 50, seed: int = 0) -> dict[str, np.ndarray]:
    """Draw clouds with one known defect each.

    Parameters
    ----------
    n, d : int
        Rows and dimensions; d at least 10, n at least d.
    seed : int

    Returns
    -------
    dict of str to ndarray (n, d)
        ``"sphere"``: even directions. ``"off-centre"``: a Gaussian around a point at twice its
        radius. ``"plus/minus e1"``: half of the rows at e1, half at -e1. ``"3 strong axes"``: a
        Gaussian, five times as wide along three axes. ``"10 clusters"``: small ones around
        ten directions. ``"2d clusters"``: their centres are all +e_j and -e_j.

    Raises
    ------
    ValueError
        If n or d is too small.
    """
    if d < 10 or n < d:
        raise ValueError(f"d must be 10 or more and n at least d, not {d} and {n}.")
    rng = np.random.default_rng(seed)
    gaussian = rng.normal(size=(n, d))
    noise = 0.1 * rng.normal(size=(n, d)) / np.sqrt(d)
    common = unit_rows(rng.normal(size=(1, d))) * 2 * np.sqrt(d)
    signs = np.where(np.arange(n) % 2, 1.0, -1.0)[:, None]
    cross = np.concatenate([np.eye(d), -np.eye(d)])[np.arange(n) % (2 * d)]
    centres = unit_rows(centred(rng.normal(size=(10, d))))[np.arange(n) % 10]
    return {
        "sphere": unit_rows(gaussian),
        "off-centre": gaussian + common,
        "plus/minus e1": signs * np.eye(d)[:1],
        "3 strong axes": gaussian * np.where(np.arange(d) < 3, 5.0, 1.0),
        "10 clusters": centres + noise,
        "2d clusters": cross + noise,
    }


def power_law_space(n: int, d: int, power: float, seed: int = 0) -> np.ndarray:
    """Draw a Gaussian cloud around the origin whose i-th eigenvalue falls like i to -power.

    Parameters
    ----------
    n, d : int
        Rows and dimensions.
    power : float
        0 is isotropic.
    seed : int
        The same seed gives the same cloud but for the widths.

    Returns
    -------
    ndarray (n, d)

    Raises
    ------
    ValueError
        If n or d is not positive or the power is negative.
    """
    if n < 1 or d < 1 or not power >= 0:
        raise ValueError("n and d must be 1 or more, the power 0 or more.")
    widths = np.arange(1, d + 1) ** (-power / 2)
    return np.random.default_rng(seed).normal(size=(n, d)) * widths


def _matrix(vectors) -> np.ndarray:
    try:
        x = np.asarray(vectors, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError("vectors must be a matrix of numbers (n, d).") from error
    if x.ndim != 2 or not x.size or not np.isfinite(x).all():
        raise ValueError(f"vectors must be a matrix of finite numbers (n, d), not {x.shape}.")
    return x
