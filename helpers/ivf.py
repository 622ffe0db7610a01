"""An inverted file: vectors sorted into the cells of k-means, of which a search visits a few.

References
----------
Sivic & Zisserman (2003), "Video Google"; Jégou, Douze & Schmid (2011), "Product quantization for
nearest neighbor search", section IV.
"""

from typing import NamedTuple

import numpy as np
from sklearn.cluster import KMeans

from helpers.hnsw_measures import Found

__all__ = ["Cells", "build_cells", "probed", "search_cells"]


class Cells(NamedTuple):
    """Vectors sorted into cells.

    Attributes
    ----------
    centroids : ndarray (c, d), float32
    order : ndarray (n,), int64
        Rows, cell after cell.
    starts : ndarray (c + 1,), int64
        Cell i holds ``order[starts[i]:starts[i + 1]]``.
    """

    centroids: np.ndarray
    order: np.ndarray
    starts: np.ndarray


def build_cells(vectors: np.ndarray, n_cells: int, sample: int = 20_000, seed: int = 0) -> Cells:
    """Fit centroids to a sample by k-means, then put every row into its nearest centroid's cell.

    Parameters
    ----------
    vectors : ndarray (n, d)
    n_cells : int
        c, at most n and at most the sample.
    sample : int
        Rows for k-means; all of them if there are no more.
    seed : int
        Of sample and k-means.

    Returns
    -------
    Cells

    Raises
    ------
    ValueError
        If there are more cells than rows to fit them to.
    """
    most = min(len(vectors), sample)
    if not 1 <= n_cells <= most:
        raise ValueError(f"n_cells must be between 1 and {most}, not {n_cells}.")
    drawn = np.sort(np.random.default_rng(seed).permutation(len(vectors))[:sample])
    means = KMeans(n_cells, n_init=1, max_iter=15, random_state=seed).fit(vectors[drawn])
    centroids = means.cluster_centers_.astype(np.float32)
    cell = probed(centroids, vectors, 1)[:, 0]
    counts = np.bincount(cell, minlength=n_cells)
    return Cells(
        centroids, np.argsort(cell, kind="stable"), np.concatenate([[0], np.cumsum(counts)])
    )


def probed(centroids: np.ndarray, queries: np.ndarray, n_probe: int) -> np.ndarray:
    """Return the nearest cells (m, n_probe) of every query, nearest first."""
    distances = (centroids**2).sum(axis=1) - 2 * (queries @ centroids.T)
    return np.argsort(distances, axis=1, kind="stable")[:, :n_probe]


def search_cells(
    cells: Cells, vectors: np.ndarray, queries: np.ndarray, k: int = 10, n_probe: int = 1
) -> Found:
    """Search the `n_probe` cells whose centroids are nearest, exactly.

    Parameters
    ----------
    cells : Cells
    vectors : ndarray (n, d)
    queries : ndarray (m, d)
    k : int
        Neighbours wanted; rows of the result end with -1 where the cells hold fewer.
    n_probe : int
        Cells visited, from 1 to c.

    Returns
    -------
    Found
        Distances include those to the centroids.

    Raises
    ------
    ValueError
        If `k` or `n_probe` is out of range.
    """
    n_cells = len(cells.centroids)
    if k < 1 or not 1 <= n_probe <= n_cells:
        raise ValueError(f"k must be at least 1 and n_probe 1 to {n_cells}, not {k}, {n_probe}.")
    ids, work = np.full((len(queries), k), -1), 0
    squares = np.einsum("ij,ij->i", vectors, vectors)
    for i, visited in enumerate(probed(cells.centroids, queries, n_probe)):
        rows = np.concatenate([cells.order[cells.starts[c] : cells.starts[c + 1]] for c in visited])
        distances = squares[rows] - 2 * (vectors[rows] @ queries[i])
        best = np.argsort(distances, kind="stable")[:k]
        ids[i, : len(best)] = rows[best]
        work += len(rows)
    return Found(ids, n_cells + work / len(queries))
