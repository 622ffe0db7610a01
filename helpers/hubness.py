"""Hubs: points that are among the nearest neighbours of very many others.

The k-occurrence of a point counts in how many lists of k nearest neighbours it stands
(Radovanović, Nanopoulos & Ivanović 2010, "Hubs in Space"). :func:`switched` builds point clouds in
which a suspected cause can be turned on and off; :func:`csls` and :func:`mutual_graph` are two
repairs.

References
----------
Dinu, Lazaridou & Baroni (2015), "Improving zero-shot learning by mitigating the hubness problem".
Lample et al. (2018), "Word translation without parallel data" (CSLS).
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import skew

from helpers.anisotropy import unit_rows

__all__ = [
    "Hubs",
    "align",
    "csls",
    "k_occurrence",
    "mutual_graph",
    "nearest_columns",
    "nearness",
    "precision_at_1",
    "similarities",
    "summarise",
    "switched",
]

_ROWS = 256
_MEASURES = ("cosine", "dot", "distance")


class Hubs(NamedTuple):
    """A k-occurrence in four numbers.

    Attributes
    ----------
    skew : float
        Third standardised moment of the counts; 0 for a symmetric distribution.
    largest : int
        Count of the greatest hub.
    orphans : float
        Share of points that are in nobody's list.
    tenth : float
        Share of all places in the lists that the most frequent tenth of the points takes.
    """

    skew: float
    largest: int
    orphans: float
    tenth: float


def similarities(queries, targets=None, measure: str = "cosine") -> np.ndarray:
    """Compare each query with each target; larger is nearer.

    Parameters
    ----------
    queries : array_like (n, d)
        Vectors.
    targets : array_like (m, d), optional
        The queries themselves if left out.
    measure : {"cosine", "dot", "distance"}
        For ``"distance"`` the result is the negative squared Euclidean distance.

    Returns
    -------
    ndarray (n, m), float64

    Raises
    ------
    ValueError
        If the measure is unknown or the widths differ.
    """
    queries = _matrix(queries)
    targets = queries if targets is None else _matrix(targets)
    if measure not in _MEASURES:
        raise ValueError(f"measure must be one of {', '.join(_MEASURES)}, not {measure!r}.")
    if queries.shape[1] != targets.shape[1]:
        raise ValueError(
            f"queries have {queries.shape[1]} dimensions, targets {targets.shape[1]}: align them."
        )
    if measure == "cosine":
        return unit_rows(queries) @ unit_rows(targets).T
    products = queries @ targets.T
    if measure == "dot":
        return products
    squares = (targets**2).sum(axis=1) - 2 * products + (queries**2).sum(axis=1)[:, None]
    return -np.maximum(squares, 0)


def nearest_columns(similarity, k: int, exclude_self: bool = False) -> np.ndarray:
    """Find the k most similar columns of each row, the lower column first among equals.

    Parameters
    ----------
    similarity : array_like (n, m)
        Larger is nearer.
    k : int
        1 to the number of columns (one less without the point itself).
    exclude_self : bool
        Whether column i is left out of row i; needs a square matrix.

    Returns
    -------
    ndarray (n, k), int64
        Most similar first.

    Raises
    ------
    ValueError
        If `k` is out of range, or the matrix is not square where it must be.
    """
    similarity = np.asarray(similarity)
    n, m = similarity.shape
    if not 1 <= k <= m - exclude_self:
        raise ValueError(f"k must be 1 to {m - exclude_self}, not {k}.")
    found = np.empty((n, k), dtype=np.int64)
    for rows, block in _row_blocks(similarity, exclude_self):
        best = np.argpartition(-block, k - 1, axis=1)[:, :k]
        values = np.take_along_axis(block, best, axis=1)
        best = np.take_along_axis(best, np.lexsort((best, -values), axis=1), axis=1)
        # A partition takes any of the columns that tie for the last place.
        tied = (block >= values.min(axis=1, keepdims=True)).sum(axis=1) > k
        best[tied] = np.argsort(-block[tied], axis=1, kind="stable")[:, :k]
        found[rows] = best
    return found


def nearness(similarity, k: int = 10, exclude_self: bool = False) -> np.ndarray:
    """Average the k largest similarities of each row: the r of CSLS.

    Parameters
    ----------
    similarity : array_like (n, m)
        Larger is nearer. For the columns' r give the transposed table.
    k : int
        At least 1; where a row has fewer values, all count.
    exclude_self : bool
        Whether column i is left out of row i; needs a square matrix.

    Returns
    -------
    ndarray (n,), float64

    Raises
    ------
    ValueError
        If `k` is less than 1, or the matrix is not square where it must be.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}.")
    similarity = np.asarray(similarity)
    n, m = similarity.shape
    k = min(k, m - exclude_self)
    means = np.empty(n)
    for rows, block in _row_blocks(similarity, exclude_self):
        means[rows] = np.partition(block, m - k, axis=1)[:, m - k :].mean(axis=1)
    return means


def k_occurrence(similarity, k: int, exclude_self: bool = True) -> np.ndarray:
    """Count in how many rows each column is among the k most similar.

    Parameters and exceptions are those of :func:`nearest_columns`.

    Returns
    -------
    ndarray (m,), int64
        Its mean is ``k * n / m``.
    """
    found = nearest_columns(similarity, k, exclude_self)
    return np.bincount(found.ravel(), minlength=np.shape(similarity)[1])


def summarise(counts) -> Hubs:
    """Describe a k-occurrence.

    Parameters
    ----------
    counts : array_like (n,)
        From :func:`k_occurrence`.

    Returns
    -------
    Hubs
    """
    counts = np.asarray(counts)
    top = np.sort(counts)[::-1][: max(1, round(len(counts) / 10))]
    spread = counts.max() > counts.min()
    return Hubs(
        float(skew(counts)) if spread else 0.0,
        int(counts.max()),
        float((counts == 0).mean()),
        float(top.sum() / max(1, counts.sum())),
    )


def switched(
    n: int,
    d: int,
    seed: int,
    spread: float = 1.0,
    offset: float = 0.0,
    clusters: int = 1,
    axes: float = 0.0,
) -> np.ndarray:
    """Draw points around centres, with the suspected causes of hubs on switches.

    Parameters
    ----------
    n, d : int
        Points and dimensions.
    seed : int
        The same seed gives the same directions at every setting of the switches.
    spread : float
        0 puts all points at the same distance from their centre, the root of d (a sphere); 1
        leaves them the distances of a standard Gaussian; between and beyond, the deviation from
        the root of d is multiplied.
    offset : float
        Distance of the centre from the origin, in units of the root of d.
    clusters : int
        Number of centres; with more than one they lie in random directions, and `offset` from
        the origin each.
    axes : float
        0 leaves the directions uniform; otherwise the variance along axis i falls as i to the
        power of minus `axes` before the distances are set, so that points crowd towards both ends
        of the long axes.

    Returns
    -------
    ndarray (n, d), float64
    """
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, d))
    if axes:
        points *= np.arange(1, d + 1) ** (-axes / 2)
    radius = np.linalg.norm(points, axis=1, keepdims=True)
    root = np.sqrt(d)
    points = points / radius * np.abs(root + spread * (radius - root))
    centres = offset * root * unit_rows(rng.normal(size=(clusters, d)))
    return points + centres[np.arange(n) % clusters]


def csls(similarity, k: int = 10) -> np.ndarray:
    """Lower each similarity by the mean similarity of both sides to their neighbours.

    ``2 s[i, j] - r[i] - r'[j]``, where r is the mean of the k largest values in the row and r' that
    in the column (Lample et al. 2018, section 2.3).

    Parameters
    ----------
    similarity : array_like (n, m)
        Of n queries to m targets from another set.
    k : int
        Neighbours in the other set; where there are fewer, all count.

    Returns
    -------
    ndarray (n, m), float64

    Raises
    ------
    ValueError
        If `k` is less than 1.
    """
    similarity = np.asarray(similarity, dtype=np.float64)
    return 2 * similarity - nearness(similarity, k)[:, None] - nearness(similarity.T, k)


def mutual_graph(neighbours) -> csr_array:
    """Join two points where each is in the other's list.

    Parameters
    ----------
    neighbours : array_like (n, k) of int
        Lists of neighbours, the point itself not among them.

    Returns
    -------
    csr_array (n, n) of bool
        Symmetric; row sums are degrees.
    """
    neighbours = np.asarray(neighbours)
    n, k = neighbours.shape
    rows = np.repeat(np.arange(n), k)
    directed = csr_array((np.ones(n * k), (rows, neighbours.ravel())), shape=(n, n))
    return csr_array(directed.multiply(directed.T) > 0)


def align(source, target) -> np.ndarray:
    """Find the rotation W that brings ``source @ W`` nearest to `target`.

    The orthogonal Procrustes problem. For spaces of different width W has orthonormal columns (or
    rows) and makes the sum of the products of ``source @ W`` and `target` as large as possible;
    that is then not quite the smallest distance, since ``source @ W`` changes its length.

    Parameters
    ----------
    source : array_like (a, d)
        Anchors in one space.
    target : array_like (a, e)
        The same anchors in the other.

    Returns
    -------
    ndarray (d, e), float64
    """
    left, _, right = np.linalg.svd(_matrix(source).T @ _matrix(target), full_matrices=False)
    return left @ right


def precision_at_1(scores, right=None) -> float:
    """Share of rows whose best column is the right one.

    Parameters
    ----------
    scores : array_like (n, m)
        Larger is better.
    right : array_like (n,) of int, optional
        The right column of each row; row i's is i if left out.

    Returns
    -------
    float
    """
    best = np.argmax(scores, axis=1)
    return float((best == (np.arange(len(best)) if right is None else np.asarray(right))).mean())


def _row_blocks(similarity: np.ndarray, exclude_self: bool):
    """Yield slices of rows with a copy of them; large temporary tables cost more than the sort."""
    n, m = similarity.shape
    if exclude_self and n != m:
        raise ValueError(f"only a square matrix has points to exclude, not {n} x {m}.")
    for start in range(0, n, _ROWS):
        rows = slice(start, min(start + _ROWS, n))
        block = np.array(similarity[rows], dtype=np.float64)
        if exclude_self:
            own = np.arange(len(block))
            block[own, own + start] = -np.inf
        yield rows, block


def _matrix(vectors) -> np.ndarray:
    matrix = np.asarray(vectors)
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise ValueError(
            f"vectors must be a matrix of numbers (n, d), not {matrix.dtype} {matrix.shape}."
        )
    return matrix.astype(np.float64)
