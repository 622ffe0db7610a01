"""Locality-sensitive hashing with random hyperplanes: which side of a few planes a vector is on.

References
----------
Charikar (2002), "Similarity estimation techniques from rounding algorithms"; Indyk & Motwani
(1998), "Approximate nearest neighbors: towards removing the curse of dimensionality".
"""

from typing import NamedTuple

import numpy as np

from helpers.hnsw_measures import Found

__all__ = ["Tables", "build_tables", "chance_to_meet", "hash_keys", "search_tables"]


class Tables(NamedTuple):
    """Hash tables over the same vectors.

    Attributes
    ----------
    planes : ndarray (t, b, d), float32
        Normals of the planes.
    keys : ndarray (t, n), int64
        Keys in increasing order.
    order : ndarray (t, n), int64
        The row of each key.
    """

    planes: np.ndarray
    keys: np.ndarray
    order: np.ndarray


def chance_to_meet(cosine, bits: int = 1, tables: int = 1) -> np.ndarray:
    """Return the probability that two vectors share all bits in at least one table.

    Parameters
    ----------
    cosine : array_like
        Of the two vectors.
    bits, tables : int
        Planes in a table, and tables.

    Returns
    -------
    ndarray
        ``1 - (1 - (1 - angle / pi) ** bits) ** tables``.
    """
    angle = np.arccos(np.clip(cosine, -1, 1))
    return 1 - (1 - (1 - angle / np.pi) ** bits) ** tables


def hash_keys(vectors: np.ndarray, planes: np.ndarray) -> np.ndarray:
    """Return a key (t, n) for every table and vector: one bit a plane."""
    powers = 1 << np.arange(planes.shape[1])
    return np.stack([(vectors @ normals.T > 0) @ powers for normals in planes])


def build_tables(vectors: np.ndarray, bits: int, tables: int, seed: int = 0) -> Tables:
    """Draw planes through the origin and sort the rows of every table by their keys.

    Parameters
    ----------
    vectors : ndarray (n, d)
    bits : int
        Planes in a table, 1 to 62.
    tables : int
        At least 1.
    seed : int
        Of the planes.

    Returns
    -------
    Tables

    Raises
    ------
    ValueError
        If a setting is out of range.
    """
    if not 1 <= bits <= 62 or tables < 1:
        raise ValueError(f"bits must be 1 to 62 and tables at least 1, not {bits} and {tables}.")
    shape = (tables, bits, vectors.shape[1])
    planes = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    keys = hash_keys(vectors, planes)
    order = np.argsort(keys, axis=1, kind="stable")
    return Tables(planes, np.take_along_axis(keys, order, axis=1), order)


def search_tables(tables: Tables, vectors: np.ndarray, queries: np.ndarray, k: int = 10) -> Found:
    """Compare each query with the rows that share its key in some table.

    Parameters
    ----------
    tables : Tables
    vectors : ndarray (n, d)
        Of length 1, like the queries: the best has the largest inner product.
    queries : ndarray (m, d)
    k : int
        Neighbours wanted; rows of the result end with -1 where fewer share a key.

    Returns
    -------
    Found
        Distances include one for each plane: a product of the same length.

    Raises
    ------
    ValueError
        If `k` is less than 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}.")
    wanted = hash_keys(queries, tables.planes)
    sides = [
        [np.searchsorted(keys, want, side) for keys, want in zip(tables.keys, wanted, strict=True)]
        for side in ("left", "right")
    ]
    ids, work = np.full((len(queries), k), -1), 0
    for i, query in enumerate(queries):
        buckets = [
            order[low[i] : high[i]] for order, low, high in zip(tables.order, *sides, strict=True)
        ]
        rows = np.unique(np.concatenate(buckets))
        best = np.argsort(-(vectors[rows] @ query), kind="stable")[:k]
        ids[i, : len(best)] = rows[best]
        work += len(rows)
    n_planes = tables.planes.shape[0] * tables.planes.shape[1]
    return Found(ids, n_planes + work / len(queries))
