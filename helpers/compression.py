"""What a search loses when its vectors are turned and cut, and what a second look repairs.

Axes are the columns of a matrix (d, k), fitted to the documents. Documents and queries go through
the same axes and are then brought to length 1, so that a dot product is the cosine after the cut.
"""

from collections.abc import Sequence

import numpy as np

from helpers.anisotropy import unit_rows
from helpers.hnsw_measures import recall
from helpers.product_quantisation import fit_product_quantiser
from helpers.quantisation import best_rows, rescored, rounded
from helpers.whitening import principal_axes

__all__ = [
    "cut_rows",
    "multiplications",
    "proposals",
    "random_axes",
    "recall_by_group",
    "recall_grid",
    "search_codes",
    "search_rounded",
]

_WANTED = 10  # neighbours of recall@10


def cut_rows(vectors, axes) -> np.ndarray:
    """Turn vectors, keep the coordinates along the axes, and bring each row to length 1.

    No mean is subtracted, because the cosine of centred rows is another cosine.

    Parameters
    ----------
    vectors : array_like (n, d)
    axes : array_like (d, k)
        In the columns.

    Returns
    -------
    ndarray (n, k), float64
        A row without any part along the axes stays zero.

    Raises
    ------
    ValueError
        If the widths differ.
    """
    vectors, axes = np.asarray(vectors, dtype=np.float64), np.asarray(axes, dtype=np.float64)
    if vectors.ndim != 2 or axes.ndim != 2 or vectors.shape[1] != len(axes):
        raise ValueError(
            f"vectors (n, d) and axes (d, k) are wanted, not {vectors.shape} and {axes.shape}."
        )
    return unit_rows(vectors @ axes)


def proposals(documents, queries, axes, number: int) -> np.ndarray:
    """Return the documents of largest cosine after the cut, (q, number), best first.

    Parameters
    ----------
    documents, queries : array_like (n, d), (q, d)
    axes : array_like (d, k)
    number : int
        1 to n.

    Raises
    ------
    ValueError
        If `number` is out of range or the widths differ.
    """
    return best_rows(cut_rows(queries, axes) @ cut_rows(documents, axes).T, number)


def search_rounded(fitted, documents, queries, k: int, bits: int, number: int = 10) -> np.ndarray:
    """Search k numbers of a few bits each, (q, number), best first.

    Parameters
    ----------
    fitted : array_like (m, d)
        The principal axes are fitted to these rows; the levels always to the documents.
    documents, queries : array_like (n, d), (q, d)
        Only the documents are rounded.
    k, bits, number : int
        A document takes k * bits / 8 bytes.
    """
    axes = principal_axes(fitted).directions[:, :k]
    levels = rounded(cut_rows(documents, axes), bits)
    return best_rows(cut_rows(queries, axes) @ levels.T, number)


def search_codes(fitted, documents, queries, size: int, number: int = 10) -> np.ndarray:
    """Search product codes of `size` bytes by distance, (q, number), best first.

    Parameters
    ----------
    fitted : array_like (m, d)
        The codebook is fitted to these rows.
    documents, queries : array_like (n, d), (q, d)
    size, number : int
    """
    book = fit_product_quantiser(np.asarray(fitted, dtype=np.float32), size)
    back = book.decode(book.encode(np.asarray(documents, dtype=np.float32))).astype(np.float64)
    return best_rows(2 * np.asarray(queries) @ back.T - (back**2).sum(axis=1), number)


def random_axes(dim: int, seed: int = 0) -> np.ndarray:
    """Draw an orthonormal basis (dim, dim), every direction being equally likely.

    References
    ----------
    Mezzadri (2007), "How to Generate Random Matrices from the Classical Compact Groups": the signs.
    """
    basis, upper = np.linalg.qr(np.random.default_rng(seed).normal(size=(dim, dim)))
    return basis * np.sign(np.diag(upper))


def recall_grid(
    documents, queries, axes, sizes: Sequence[int], candidates: Sequence[int]
) -> np.ndarray:
    """Measure recall@10 against the full vectors for cuts of several sizes.

    Parameters
    ----------
    documents, queries : array_like (n, d), (q, d)
        Rows of length 1, n at least 10.
    axes : array_like (d, d)
        The first k columns are kept.
    sizes : sequence of int
        Values of k.
    candidates : sequence of int
        How many proposals of the cut search are scored in full, 10 to n each. With 10 the second
        look can only reorder.

    Returns
    -------
    ndarray (sizes, candidates)

    Raises
    ------
    ValueError
        If a number is out of range.
    """
    documents, queries = (np.asarray(a, dtype=np.float64) for a in (documents, queries))
    axes = np.asarray(axes)
    if not all(1 <= k <= axes.shape[1] for k in sizes):
        raise ValueError(f"sizes must be 1 to {axes.shape[1]}, not {list(sizes)}.")
    if not all(_WANTED <= number <= len(documents) for number in candidates):
        raise ValueError(f"candidates must be 10 to {len(documents)}, not {list(candidates)}.")
    truth = best_rows(queries @ documents.T, _WANTED)
    grid = np.empty((len(sizes), len(candidates)))
    for i, k in enumerate(sizes):
        rows = proposals(documents, queries, axes[:, :k], max(candidates))
        for j, number in enumerate(candidates):
            found = rescored(queries, documents, rows[:, :number], _WANTED)
            grid[i, j] = recall(found, truth)
    return grid


def recall_by_group(found, truth, groups) -> np.ndarray:
    """Return the recall of each group's queries, in the order of the sorted labels.

    Parameters
    ----------
    found, truth : array_like (q, k)
    groups : array_like (q,)
        The label of each query.
    """
    found, truth, groups = np.asarray(found), np.asarray(truth), np.asarray(groups)
    return np.array([recall(found[groups == g], truth[groups == g]) for g in np.unique(groups)])


def multiplications(n: float, dim: int, k: int, candidates: int = 0) -> float:
    """Count the multiplications of one query: its turn, n cut vectors, candidates in full.

    Parameters
    ----------
    n : float
        Cut vectors that are compared: all of an exact search, or those that a graph visits.
    dim, k : int
        Numbers of a full and of a cut vector; if they are equal nothing is turned.
    candidates : int
        Full vectors that are compared.
    """
    turn = dim * k if k < dim else 0
    return turn + n * k + candidates * dim
