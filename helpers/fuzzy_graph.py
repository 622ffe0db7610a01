"""UMAP's neighbour graph by hand: smooth distances, memberships and their fuzzy union.

Everything that UMAP's picture knows of the points is in this graph (McInnes, Healy & Melville 2018,
"UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction", algorithms 2 and 3).
The conventions are those of umap-learn 0.5: a point is the first of its own k neighbours.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.neighbors import NearestNeighbors

__all__ = [
    "FLOOR",
    "Neighbours",
    "fuzzy_graph",
    "fuzzy_union",
    "memberships",
    "nearest",
    "smooth_distances",
]

FLOOR = 1e-3  # sigma is at least this share of the mean distance
_HALVINGS = 64


class Neighbours(NamedTuple):
    """The k nearest points of each, beginning with itself.

    Attributes
    ----------
    indices : ndarray (n, k), int32
        Which points.
    distances : ndarray (n, k), float32
        How far, ascending; the first column is 0.
    """

    indices: np.ndarray
    distances: np.ndarray


def nearest(points: np.ndarray, k: int) -> Neighbours:
    """Find the k nearest points by Euclidean distance, each point first among its own.

    Parameters
    ----------
    points : array_like (n, d)
    k : int
        Neighbours, the point itself included: from 2 to n.

    Returns
    -------
    Neighbours

    Raises
    ------
    ValueError
        If k is not in that range.
    """
    points = np.asarray(points, dtype=np.float64)
    n = len(points)
    if not 2 <= k <= n:
        raise ValueError(f"k must be from 2 to the number of points, {n}; it is {k}.")
    search = NearestNeighbors(n_neighbors=k - 1, algorithm="brute").fit(points)
    found = search.kneighbors(return_distance=False)  # of each point, without itself
    # The search's own distances come from dot products, which give duplicates 1e-8 and not 0.
    exact = np.column_stack([np.linalg.norm(points - points[j], axis=1) for j in found.T])
    order = np.argsort(exact, axis=1, kind="stable")
    return Neighbours(
        np.column_stack([np.arange(n), np.take_along_axis(found, order, 1)]).astype(np.int32),
        np.column_stack([np.zeros(n), np.take_along_axis(exact, order, 1)]).astype(np.float32),
    )


def smooth_distances(
    distances: np.ndarray, bandwidth: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Find for each point where its neighbourhood begins and how wide it is.

    sigma solves ``sum over the others of exp(-max(0, d - rho) / sigma) = bandwidth * log2(k)``.

    Parameters
    ----------
    distances : array_like (n, k)
        Ascending distances to the k nearest points, the first column the point itself.
    bandwidth : float
        A factor of the target.

    Returns
    -------
    rho : ndarray (n,)
        The smallest distance above 0, or 0 if there is none.
    sigma : ndarray (n,)
        The width, at least 0.001 of the mean distance: of the row's, or of all if rho is 0.
    """
    distances = np.asarray(distances, dtype=np.float64)
    rho = np.where(distances > 0, distances, np.inf).min(axis=1)
    rho[np.isinf(rho)] = 0
    beyond = np.maximum(distances[:, 1:] - rho[:, None], 0)
    target = bandwidth * np.log2(distances.shape[1])
    low, high, sigma = np.zeros(len(rho)), np.full(len(rho), np.inf), np.ones(len(rho))
    for _ in range(_HALVINGS):
        wide = np.exp(-beyond / sigma[:, None]).sum(axis=1) > target
        high[wide], low[~wide] = sigma[wide], sigma[~wide]
        sigma = np.where(np.isinf(high), 2 * sigma, (low + np.minimum(high, 1e300)) / 2)
    means = np.where(rho > 0, distances.mean(axis=1), distances.mean())
    return rho, np.maximum(sigma, FLOOR * means)


def memberships(near: Neighbours, rho: np.ndarray, sigma: np.ndarray) -> csr_matrix:
    """Say how far each point's neighbours belong to it: v_ij, from 0 to 1.

    Parameters
    ----------
    near : Neighbours
    rho, sigma : ndarray (n,)
        From :func:`smooth_distances`.

    Returns
    -------
    csr_matrix (n, n)
        A row a point; nothing on the diagonal.
    """
    n, k = near.indices.shape
    beyond = np.maximum(near.distances.astype(np.float64) - np.asarray(rho)[:, None], 0)
    strengths = np.exp(-beyond / np.asarray(sigma)[:, None])
    rows = np.repeat(np.arange(n), k)
    directed = csr_matrix((strengths.ravel(), (rows, near.indices.ravel())), shape=(n, n))
    directed.setdiag(0)
    directed.eliminate_zeros()
    return directed


def fuzzy_union(directed: csr_matrix, mix: float = 1.0) -> csr_matrix:
    """Join both directions of each edge.

    Parameters
    ----------
    directed : csr_matrix (n, n)
        Memberships v.
    mix : float
        1 for the union ``a + b - a b``, 0 for the intersection ``a b``, between them a mixture.

    Returns
    -------
    csr_matrix (n, n)
        Memberships w, symmetric.
    """
    both = directed.multiply(directed.T).tocsr()
    joined = (mix * (directed + directed.T - both) + (1 - mix) * both).tocsr()
    joined.eliminate_zeros()
    return joined


def fuzzy_graph(points: np.ndarray, k: int) -> csr_matrix:
    """Make UMAP's graph of points.

    Parameters
    ----------
    points : array_like (n, d)
    k : int
        ``n_neighbors``, the point itself included.

    Returns
    -------
    csr_matrix (n, n)
        Symmetric memberships w.
    """
    near = nearest(points, k)
    return fuzzy_union(memberships(near, *smooth_distances(near.distances)))
