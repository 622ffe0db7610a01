"""Vectors that may be cut: Matryoshka training, truncation, and search in two stages.

References
----------
Kusupati et al. (2022), "Matryoshka Representation Learning": the loss is the sum of the same loss
over the first 8, 16, ... numbers of the vector (their eq. 1).
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

__all__ = ["MatryoshkaLoss", "principal_axes", "top_k", "truncate", "two_stage", "winners_changed"]


class MatryoshkaLoss(nn.Module):
    """The same loss at several sizes of the vector, added up.

    Parameters
    ----------
    loss : Module
        Called as ``loss(queries, documents, negatives or None)``.
    sizes : sequence of int
        How many leading numbers each term sees. One size alone trains a model of that size.

    Raises
    ------
    ValueError
        If there is no size, or one is not positive.
    """

    def __init__(self, loss: nn.Module, sizes: Sequence[int]):
        super().__init__()
        if not sizes or min(sizes) < 1:
            raise ValueError(f"sizes must be positive whole numbers, at least one: {sizes}.")
        self.loss, self.sizes = loss, tuple(sizes)

    def forward(self, *vectors: Tensor) -> Tensor:
        """Add the losses of the truncated vectors, each (b, d)."""
        return sum(self.loss(*(v[:, :size] for v in vectors)) for size in self.sizes)


def truncate(vectors, size: int, normalize: bool = True) -> np.ndarray:
    """Keep the first numbers of each vector.

    Parameters
    ----------
    vectors : array_like (n, d)
        Any vectors.
    size : int
        How many numbers stay, 1 to d.
    normalize : bool
        Whether to bring what is left to length 1 again; a row of zeros stays zero.

    Returns
    -------
    ndarray (n, size)

    Raises
    ------
    ValueError
        If there are not so many numbers.
    """
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or not 1 <= size <= vectors.shape[1]:
        raise ValueError(f"size must be 1 to d of vectors (n, d): {size}, {vectors.shape}.")
    cut = vectors[:, :size].copy()
    if normalize:
        lengths = np.linalg.norm(cut, axis=1, keepdims=True)
        cut /= np.where(lengths > 0, lengths, 1)
    return cut


def principal_axes(sample) -> np.ndarray:
    """Find the directions in which a sample varies most, as a rotation: PCA without centring.

    Parameters
    ----------
    sample : array_like (m, d)
        Vectors.

    Returns
    -------
    ndarray (d, d), float32
        ``vectors @ axes`` turns vectors so that their first numbers hold the most: eigenvectors of
        the second moments, the largest eigenvalue first. Dot products at full size stay.

    Raises
    ------
    ValueError
        If the sample is not (m, d).
    """
    sample = np.asarray(sample, dtype=np.float64)
    if sample.ndim != 2:
        raise ValueError(f"the sample must be vectors (m, d), not of shape {sample.shape}.")
    _, axes = np.linalg.eigh(sample.T @ sample)
    return axes[:, ::-1].astype(np.float32)


def top_k(scores, k: int) -> np.ndarray:
    """Return the columns of the k highest scores of each row (n, k), best first."""
    scores = np.asarray(scores)
    rough = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, rough, 1), axis=1, kind="stable")
    return np.take_along_axis(rough, order, 1)


def two_stage(queries, documents, *, size: int, candidates: int) -> np.ndarray:
    """Search with the first numbers of the vectors, then rank the candidates with all of them.

    Parameters
    ----------
    queries : ndarray (m, d)
        Vectors of length 1.
    documents : ndarray (n, d)
        Vectors of length 1.
    size : int
        Numbers that the first stage sees.
    candidates : int
        Documents that the second stage sees, at most n.

    Returns
    -------
    ndarray (m, candidates), int64
        Rows of `documents`, best first.

    Raises
    ------
    ValueError
        If there are not so many documents.
    """
    if not 1 <= candidates <= len(documents):
        raise ValueError(f"candidates must be 1 to {len(documents)}, not {candidates}.")
    found = top_k(truncate(queries, size) @ truncate(documents, size).T, candidates)
    exact = np.einsum("qd,qcd->qc", queries, documents[found])
    order = np.argsort(-exact, axis=1, kind="stable")
    return np.take_along_axis(found, order, 1)


def winners_changed(queries, documents, size: int) -> tuple[float, float]:
    """Measure what it does to leave cut vectors at their own length.

    Parameters
    ----------
    queries, documents : array_like (n, d), (m, d)
        Vectors of length 1.
    size : int
        Numbers kept.

    Returns
    -------
    documents_raw, queries_raw : float
        Share of the queries with another best document by dot product than if both sides were
        renormalised: when the documents are left as they are, and when the queries are.
    """
    right, raw_documents, raw_queries = (
        (truncate(queries, size, query) @ truncate(documents, size, document).T).argmax(axis=1)
        for query, document in ((True, True), (True, False), (False, True))
    )
    return float((raw_documents != right).mean()), float((raw_queries != right).mean())
