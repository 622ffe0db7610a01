"""What an HNSW graph finds and how much work it takes, with faiss on one thread.

Thin functions for experiments: build, search with a count of distance computations, recall, and
what is left of a graph when nodes are cut out of it.
"""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import faiss
import numpy as np

__all__ = ["Found", "build_hnsw", "exact_neighbours", "recall", "search_hnsw", "unlinked"]


class Found(NamedTuple):
    """Result of a search.

    Attributes
    ----------
    ids : ndarray (q, k), int64
        Rows that were found, best first; -1 where there were not enough.
    distances : float
        Distance computations a query, mean.
    """

    ids: np.ndarray
    distances: float


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let faiss use one thread inside the block: a graph then comes out the same every time."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _rows(vectors, name: str, dim: int | None = None) -> np.ndarray:
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) == 0 or dim not in (None, vectors.shape[1]):
        width = "d" if dim is None else dim
        raise ValueError(f"{name} must have the shape (n, {width}), not {vectors.shape}.")
    return vectors


def build_hnsw(*batches, links: int = 16, ef_construction: int = 40) -> faiss.IndexHNSWFlat:
    """Build a graph for inner products by adding batches of vectors, one after another.

    Parameters
    ----------
    *batches : array_like (n_i, d)
        Vectors; rows are numbered in the order of adding.
    links : int
        M, at least 2.
    ef_construction : int
        Length of the candidate list while a node looks for its neighbours.

    Returns
    -------
    faiss.IndexHNSWFlat

    Raises
    ------
    ValueError
        If there is nothing to add, shapes differ, or a setting is too small.
    """
    if not batches:
        raise ValueError("give at least one batch of vectors.")
    if links < 2 or ef_construction < 1:
        raise ValueError(
            f"links must be at least 2 and ef_construction 1, not {links}, {ef_construction}."
        )
    dim = _rows(batches[0], "vectors").shape[1]
    index = faiss.IndexHNSWFlat(dim, links, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = ef_construction
    with _one_thread():
        for batch in batches:
            index.add(_rows(batch, "vectors", dim))
    return index


def search_hnsw(index, queries, k: int = 10, ef: int = 40, allowed=None) -> Found:
    """Search a graph and count the work.

    Parameters
    ----------
    index : faiss.IndexHNSWFlat
        From :func:`build_hnsw`.
    queries : array_like (q, d)
        Query vectors.
    k, ef : int
        Neighbours wanted, and length of the candidate list.
    allowed : array_like of bool (n,), optional
        Rows that may be returned. The others are tombstones: the search still walks over them.

    Returns
    -------
    Found

    Raises
    ------
    ValueError
        If a setting is less than 1, or a shape does not fit.
    """
    if k < 1 or ef < 1:
        raise ValueError(f"k and ef must be at least 1, not {k} and {ef}.")
    queries = _rows(queries, "queries", index.d)
    parameters = faiss.SearchParametersHNSW(efSearch=ef)
    if allowed is not None:
        allowed = np.asarray(allowed, dtype=bool)
        if allowed.shape != (index.ntotal,):
            raise ValueError(f"allowed must have the shape ({index.ntotal},), not {allowed.shape}.")
        # The selector keeps no copy: the array has to live as long as the search.
        rows = np.flatnonzero(allowed)
        selector = faiss.IDSelectorBatch(rows)
        parameters = faiss.SearchParametersHNSW(efSearch=ef, sel=selector)
    counter = faiss.cvar.hnsw_stats
    with _one_thread():
        counter.reset()
        _, ids = index.search(queries, k, params=parameters)
    return Found(ids, counter.ndis / len(queries))


def exact_neighbours(vectors, queries, k: int = 10, rows=None) -> np.ndarray:
    """Find the k rows with the largest inner products, exactly.

    Parameters
    ----------
    vectors, queries : array_like (n, d), (q, d)
        What is searched, and for what.
    k : int
        Neighbours wanted, at most n.
    rows : array_like of int (n,), optional
        Numbers of the vectors; 0 to n - 1 by default.

    Returns
    -------
    ndarray (q, k), int64
        Best first; of equal ones the earlier row.

    Raises
    ------
    ValueError
        If a shape does not fit, or `k` is out of range.
    """
    vectors = _rows(vectors, "vectors")
    queries = _rows(queries, "queries", vectors.shape[1])
    if not 1 <= k <= len(vectors):
        raise ValueError(f"k must be between 1 and {len(vectors)}, not {k}.")
    best = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :k]
    return best if rows is None else np.asarray(rows)[best]


def recall(found, truth) -> float:
    """Return the mean share of the true neighbours that were found.

    Parameters
    ----------
    found : array_like (q, any)
        Rows found for each query; -1 stands for nothing.
    truth : array_like (q, k)
        The exact neighbours.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the numbers of queries differ.
    """
    if len(found) != len(truth):
        raise ValueError(f"found and truth are of {len(found)} and {len(truth)} queries.")
    shares = [
        len(set(map(int, row)) & set(map(int, right))) / len(right)
        for row, right in zip(found, truth, strict=True)
    ]
    return float(np.mean(shares))


def unlinked(index: faiss.IndexHNSWFlat, gone) -> faiss.IndexHNSWFlat:
    """Return a copy of a graph from which nodes are cut out, without any repair.

    All links to the nodes vanish. When the entry point is one of them, a node of the highest
    level that is left takes its place: the one with most links on the base level.

    Parameters
    ----------
    index : faiss.IndexHNSWFlat
        From :func:`build_hnsw`.
    gone : array_like of bool (n,)
        Which nodes to cut out; at least one stays.

    Returns
    -------
    faiss.IndexHNSWFlat
        The rows keep their numbers.

    Raises
    ------
    ValueError
        If the shape does not fit, or nothing would be left.
    """
    gone = np.asarray(gone, dtype=bool)
    if gone.shape != (index.ntotal,) or gone.all():
        raise ValueError(f"gone must mark some, not all, of {index.ntotal} rows.")
    cut = faiss.clone_index(index)
    graph = cut.hnsw
    levels = faiss.vector_to_array(graph.levels)
    offsets = faiss.vector_to_array(graph.offsets).astype(np.int64)
    # Where the lists of a node's levels start, counted from its offset.
    starts = faiss.vector_to_array(graph.cum_nneighbor_per_level).astype(np.int64)
    links = faiss.vector_to_array(graph.neighbors).copy()
    for level in range(int(levels.max())):
        nodes = np.flatnonzero(levels > level)
        places = offsets[nodes][:, None] + np.arange(starts[level], starts[level + 1])
        table = links[places]
        table[(table >= 0) & gone[table]] = -1
        # A list ends at its first -1: what is left moves to the front, in its order.
        order = np.argsort(table < 0, axis=1, kind="stable")
        links[places] = np.take_along_axis(table, order, axis=1)
    faiss.copy_array_to_vector(links, graph.neighbors)
    if gone[graph.entry_point]:
        left = np.flatnonzero(~gone)
        highest = left[levels[left] == levels[left].max()]
        base = offsets[highest][:, None] + np.arange(starts[1])
        graph.entry_point = int(highest[(links[base] >= 0).sum(axis=1).argmax()])
        graph.max_level = int(levels[highest[0]]) - 1
    return cut
