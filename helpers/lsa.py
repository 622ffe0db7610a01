"""Latent semantic analysis: fit, fold in new documents, or update the axes with them.

References
----------
Deerwester, Dumais, Furnas, Landauer & Harshman (1990), "Indexing by Latent Semantic Analysis"
(truncated SVD of a term-document matrix, folding in). Zha & Simon (1999), "On Updating Problems in
Latent Semantic Indexing", and Brand (2006), "Fast low-rank modifications of the thin singular value
decomposition" (the update).
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, issparse
from scipy.sparse.linalg import svds

__all__ = ["Lsa", "lsa_fit", "lsa_update"]


class Lsa(NamedTuple):
    """A truncated singular value decomposition of documents.

    Attributes
    ----------
    singular : ndarray (k,)
        Singular values, the largest first.
    axes : ndarray (d, k)
        Right singular vectors in the columns, d terms; the largest entry of each is positive.
    """

    singular: np.ndarray
    axes: np.ndarray

    def fold_in(self, rows) -> np.ndarray:
        """Return the coordinates (n, k) of documents, old or new, along the axes.

        Parameters
        ----------
        rows : array_like or sparse (n, d)
            Weighted like the documents of the fit.

        Returns
        -------
        ndarray (n, k)

        Raises
        ------
        ValueError
            If `rows` has not d columns.
        """
        return _rows(rows, len(self.axes)) @ self.axes


def lsa_fit(rows, k: int) -> Lsa:
    """Find the k axes of documents, without subtracting their mean.

    Parameters
    ----------
    rows : array_like or sparse (n, d)
        Documents, such as TF-IDF; a sparse matrix stays sparse.
    k : int
        1 to min(n, d) - 1.

    Returns
    -------
    Lsa

    Raises
    ------
    ValueError
        If `k` is out of range.
    """
    rows = _rows(rows)
    if not 1 <= k < min(rows.shape):
        raise ValueError(f"k must be 1 to {min(rows.shape) - 1} (less than n and d), not {k}.")
    # The start is fixed: the solver would draw one.
    _, singular, axes = svds(rows, k=k, v0=np.ones(min(rows.shape)))
    order = np.argsort(-singular)
    return Lsa(singular[order], _signed(axes[order].T))


def lsa_update(lsa: Lsa, rows) -> Lsa:
    """Take new documents into the axes, without looking at the old documents again.

    With the old rows ``A ~ U S W'`` and what the axes miss of the new rows ``B - B W W' = R' Q'``
    (Q orthonormal), the small matrix ``[[S, 0], [B W, R']]`` has the singular values of the rows
    ``[S W'; B]``, and its right singular vectors turn ``[W, Q]`` into theirs. If the old rows have
    rank k the result is exact; otherwise what was cut off before stays lost.

    Parameters
    ----------
    lsa : Lsa
        Of the old documents.
    rows : array_like or sparse (m, d)
        New documents, weighted in the same way.

    Returns
    -------
    Lsa
        Of the same k. Stored coordinates of old documents follow by the small matrix
        ``lsa.axes.T @ new.axes``.

    Raises
    ------
    ValueError
        If `rows` has not d columns.
    """
    rows = _rows(rows, len(lsa.axes))
    k = len(lsa.singular)
    along = rows @ lsa.axes
    dense = rows.toarray() if issparse(rows) else rows
    extra, triangle = np.linalg.qr((dense - along @ lsa.axes.T).T)
    small = np.block([[np.diag(lsa.singular), np.zeros((k, len(triangle)))], [along, triangle.T]])
    _, singular, turn = np.linalg.svd(small, full_matrices=False)
    return Lsa(singular[:k], _signed(lsa.axes @ turn[:k, :k].T + extra @ turn[:k, k:].T))


def _signed(axes: np.ndarray) -> np.ndarray:
    """Turn the arbitrary sign of each axis, so that its largest entry is positive."""
    largest = np.abs(axes).argmax(axis=0)
    return axes * np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)


def _rows(rows, d: int | None = None):
    rows = csr_array(rows, dtype=np.float64) if issparse(rows) else np.asarray(rows, dtype=float)
    if rows.ndim != 2 or d not in (None, rows.shape[1]):
        width = "d" if d is None else f"{d} terms"
        raise ValueError(f"documents must be a matrix (n, {width}), not {rows.shape}.")
    return rows
