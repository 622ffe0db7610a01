"""Distances along a neighbour graph, and pictures that keep distances: Isomap and metric MDS.

References
----------
Tenenbaum, de Silva & Langford (2000), "A Global Geometric Framework for Nonlinear Dimensionality
Reduction" (Isomap).
Borg & Groenen (2005), "Modern Multidimensional Scaling", chapter 8 (SMACOF).
"""

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, shortest_path
from scipy.spatial.distance import pdist, squareform
from sklearn.neighbors import kneighbors_graph

__all__ = [
    "classical_mds",
    "explained",
    "geodesics",
    "isomap",
    "neighbour_lengths",
    "roll",
    "smacof",
    "stress",
]


def roll(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Roll up a sheet of paper.

    The sheet is a spiral of radius t, from 1.5 pi to 4.5 pi, and 21 wide. Its length to t is
    ``(t sqrt(1 + t^2) + arsinh t) / 2``.

    Parameters
    ----------
    n : int
        Points, at random.
    seed : int

    Returns
    -------
    points : ndarray (n, 3)
        In space.
    flat : ndarray (n, 2)
        The same points on the flat sheet: distances along the paper are Euclidean here.
    """
    rng = np.random.default_rng(seed)
    t = 1.5 * np.pi * (1 + 2 * rng.random(n))
    width = 21 * rng.random(n)
    points = np.column_stack([t * np.cos(t), width, t * np.sin(t)])
    return points, np.column_stack([(t * np.sqrt(1 + t * t) + np.arcsinh(t)) / 2, width])


def neighbour_lengths(points: np.ndarray, k: int) -> csr_matrix:
    """Return the lengths of the edges from each point to its k nearest others (directed)."""
    return kneighbors_graph(points, k, mode="distance")


def geodesics(lengths: csr_matrix) -> np.ndarray:
    """Measure all distances along a graph; an edge may be walked both ways.

    Parameters
    ----------
    lengths : csr_matrix (n, n)
        Lengths of edges.

    Returns
    -------
    ndarray (n, n)

    Raises
    ------
    ValueError
        If the graph falls apart, so that some distances are infinite.
    """
    pieces = connected_components(lengths, directed=False)[0]
    if pieces > 1:
        raise ValueError(f"the graph falls into {pieces} pieces: take more neighbours.")
    found = shortest_path(lengths, directed=False)
    return np.minimum(found, found.T)  # The two ways round differ in the last digit.


def classical_mds(distances: np.ndarray, axes: int = 2) -> np.ndarray:
    """Place points by the leading eigenvectors of the doubly centred squared distances.

    Parameters
    ----------
    distances : array_like (n, n)
        Symmetric.
    axes : int

    Returns
    -------
    ndarray (n, axes)
        By falling variance; each axis has a positive entry where its absolute value is largest.
    """
    squares = -0.5 * np.asarray(distances, dtype=float) ** 2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    n = len(centred)
    values, vectors = eigh(centred, subset_by_index=(n - axes, n - 1))
    vectors = vectors[:, ::-1]
    largest = np.abs(vectors).argmax(axis=0)
    vectors = vectors * np.sign(vectors[largest, np.arange(axes)])
    return vectors * np.sqrt(np.maximum(values[::-1], 0))


def isomap(points: np.ndarray, k: int, axes: int = 2) -> np.ndarray:
    """Place points by classical MDS of their distances along the k-neighbour graph."""
    return classical_mds(geodesics(neighbour_lengths(points, k)), axes)


def stress(distances: np.ndarray, places: np.ndarray) -> float:
    """Return the root of the summed squared errors over the summed squares (Kruskal's stress)."""
    wanted = squareform(np.asarray(distances), checks=False)
    return float(np.sqrt(np.sum((pdist(places) - wanted) ** 2) / np.sum(wanted**2)))


def smacof(distances: np.ndarray, start: np.ndarray, steps: int = 100) -> np.ndarray:
    """Move points so that their distances come closer to given ones: metric MDS.

    Each step is the Guttman transform, which never raises the stress: a point goes to the mean of
    where the others would have it, in its present direction and at the wanted distance.

    Parameters
    ----------
    distances : array_like (n, n)
        Wanted distances, symmetric.
    start : array_like (n, m)
        Places to begin with.
    steps : int

    Returns
    -------
    ndarray (n, m)
    """
    distances, places = np.asarray(distances, dtype=float), np.array(start, dtype=float)
    for _ in range(steps):
        now = squareform(pdist(places))
        ratio = np.divide(distances, now, out=np.zeros_like(now), where=now > 0)
        places = (ratio.sum(axis=1)[:, None] * places - ratio @ places) / len(places)
    return places


def explained(flat: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the share of each column of `flat` that a linear map of the places explains (R^2)."""
    with_one = np.column_stack([places, np.ones(len(places))])
    left = flat - with_one @ np.linalg.lstsq(with_one, flat, rcond=None)[0]
    return 1 - np.square(left).sum(axis=0) / np.square(flat - flat.mean(axis=0)).sum(axis=0)
