"""Repairs of a space of vectors: centring, all-but-the-top, whitening; fitted, then applied.

Each repair is one affine map ``x -> (x - mean) @ matrix``. It is fitted to *training* vectors, and
a vector that comes later, such as a query, goes through the same map. Normalising each row to
length 1 needs no fit; :func:`helpers.anisotropy.unit_rows` does it.

References
----------
Mu & Viswanath (2018), "All-but-the-Top: Simple and Effective Postprocessing for Word
Representations". Kessy, Lewin & Strimmer (2018), "Optimal Whitening and Decorrelation" (ZCA and
PCA whitening). Su et al. (2021), "Whitening Sentence Representations for Better Semantics and
Faster Retrieval".
"""

from typing import Literal, NamedTuple

import numpy as np

__all__ = ["PrincipalAxes", "Repair", "principal_axes"]

_NO_VARIANCE = 1e-10  # an eigenvalue up to this share of the largest is rounding noise
_EQUAL_ROWS = 1e-12  # centred entries up to this share of the largest entry are rounding noise


class Repair(NamedTuple):
    """A fitted affine map.

    Attributes
    ----------
    mean : ndarray (d,)
        Of the training vectors.
    matrix : ndarray (d, d)
        Applied from the right to what is left after the mean is subtracted.
    """

    mean: np.ndarray
    matrix: np.ndarray

    def __call__(self, vectors) -> np.ndarray:
        """Repair vectors (n, d), old or new, with the training vectors' statistics.

        Raises
        ------
        ValueError
            If `vectors` is no matrix of d columns.
        """
        vectors = _matrix(vectors)
        if vectors.shape[1] != len(self.mean):
            raise ValueError(
                f"the repair was fitted to {len(self.mean)} dimensions, the vectors have "
                f"{vectors.shape[1]}: give vectors of the same model."
            )
        return (vectors - self.mean) @ self.matrix


class PrincipalAxes(NamedTuple):
    """Mean and covariance of training vectors, the covariance by its eigenvectors.

    Attributes
    ----------
    mean : ndarray (d,)
    variances : ndarray (d,)
        Eigenvalues of the covariance (divided by n), the largest first.
    directions : ndarray (d, d)
        Eigenvectors in the columns; the largest entry of each is positive.
    """

    mean: np.ndarray
    variances: np.ndarray
    directions: np.ndarray

    def centring(self) -> Repair:
        """Subtract the mean."""
        return Repair(self.mean, np.eye(len(self.mean)))

    def all_but_the_top(self, k: int) -> Repair:
        """Subtract the mean and take out the k directions of largest variance.

        Parameters
        ----------
        k : int
            0 to d. Mu & Viswanath advise about d / 100.

        Raises
        ------
        ValueError
            If `k` is out of range.
        """
        if not 0 <= k <= len(self.mean):
            raise ValueError(f"k must be 0 to the {len(self.mean)} dimensions, not {k}.")
        top = self.directions[:, :k]
        return Repair(self.mean, np.eye(len(self.mean)) - top @ top.T)

    def whitening(
        self, kind: Literal["zca", "pca"] = "zca", eps: float = 0.0, strength: float = 1.0
    ) -> Repair:
        """Give all directions the same variance.

        With eigenvalues lambda and eigenvectors U the matrix is
        ``U diag((lambda + eps)**(-strength / 2))``, turned back by ``U'`` for ZCA.

        Parameters
        ----------
        kind : {"zca", "pca"}
            ZCA stays as close to the old axes as whitening can; PCA's axes are the eigenvectors,
            the largest eigenvalue first. They differ by a rotation.
        eps : float
            Regulariser, 0 or more, in the unit of the eigenvalues: directions of much less variance
            are not blown up.
        strength : float
            1 whitens, 0 only centres; between them, differences of variance shrink.

        Returns
        -------
        Repair
            Directions without any variance in training (an eigenvalue at most 1e-10 of the largest)
            become 0, unless `strength` is 0.

        Raises
        ------
        ValueError
            If `kind` is unknown or `eps` is negative.
        """
        if kind not in ("zca", "pca"):
            raise ValueError(f'kind must be "zca" or "pca", not {kind!r}.')
        if not eps >= 0:
            raise ValueError(f"eps must be 0 or more, not {eps}.")
        alive = (self.variances > _NO_VARIANCE * self.variances[0]) | (strength == 0)
        powers = np.where(alive, self.variances + eps, 1.0) ** (-strength / 2)
        matrix = self.directions * np.where(alive, powers, 0.0)
        return Repair(self.mean, matrix @ self.directions.T if kind == "zca" else matrix)


def principal_axes(vectors) -> PrincipalAxes:
    """Measure the mean and the covariance of vectors.

    Parameters
    ----------
    vectors : array_like (n, d)
        Training vectors, at least one. Rows that are equal up to rounding (1e-12 of the largest
        entry) have no variance.

    Returns
    -------
    PrincipalAxes

    Raises
    ------
    ValueError
        If `vectors` is no matrix of numbers with a row.
    """
    vectors = _matrix(vectors)
    mean = vectors.mean(axis=0)
    moved = vectors - mean
    if np.abs(moved).max() <= _EQUAL_ROWS * np.abs(vectors).max():
        moved = np.zeros_like(moved)
    variances, directions = np.linalg.eigh(moved.T @ moved / len(vectors))
    directions = directions[:, ::-1]
    # The sign of an eigenvector is arbitrary: fix it, so that figures do not depend on the library.
    largest = np.abs(directions).argmax(axis=0)
    signs = np.where(directions[largest, np.arange(len(mean))] < 0, -1.0, 1.0)
    return PrincipalAxes(mean, np.maximum(variances[::-1], 0), directions * signs)


def _matrix(vectors) -> np.ndarray:
    try:
        matrix = np.asarray(vectors)
    except ValueError as error:
        raise ValueError("the vectors have different lengths: give a matrix (n, d).") from error
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf" or 0 in matrix.shape:
        raise ValueError(
            "vectors must be a matrix of numbers (n, d) with at least one row, not "
            f"{matrix.dtype} {matrix.shape}."
        )
    return matrix.astype(np.float64)
