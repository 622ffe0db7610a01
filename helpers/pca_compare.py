"""Comparing principal axes: angles that ignore signs, and axes by random projection.

References
----------
Halko, Martinsson & Tropp (2011), "Finding Structure with Randomness: Probabilistic Algorithms for
Constructing Approximate Matrix Decompositions". Björck & Golub (1973), "Numerical Methods for
Computing Angles between Linear Subspaces".
"""

import numpy as np

__all__ = ["axis_angles", "randomised_axes", "subspace_angle"]


def axis_angles(first, second) -> np.ndarray:
    """Measure the angle between each axis and its counterpart, whatever their signs.

    Parameters
    ----------
    first, second : array_like (d, k)
        Axes of length 1 in the columns.

    Returns
    -------
    ndarray (k,)
        Degrees, 0 to 90. From the length of the difference, so that tiny angles come out right.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    first, second = _pair(first, second)
    signs = np.where(np.einsum("dk,dk->k", first, second) < 0, -1.0, 1.0)
    apart = np.linalg.norm(first - second * signs, axis=0)
    return np.degrees(2 * np.arcsin(np.minimum(apart / 2, 1)))


def subspace_angle(first, second) -> float:
    """Measure the largest angle between what two sets of axes span, in degrees.

    Parameters
    ----------
    first, second : array_like (d, k)
        Orthonormal columns.

    Returns
    -------
    float
        0 if they span the same, 90 if some direction of one is at a right angle to the other.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    first, second = _pair(first, second)
    outside = np.linalg.norm(second - first @ (first.T @ second), 2)
    return float(np.degrees(np.arcsin(min(outside, 1.0))))


def randomised_axes(moved, k: int, rounds: int, *, extra: int = 10, seed: int = 0) -> np.ndarray:
    """Find the first k axes of centred rows by random projection and power rounds.

    The rows' products with ``k + extra`` random vectors span nearly what the largest axes span.
    Each round multiplies by the covariance once more, which lets large variances win; at last a
    small singular value decomposition sorts the axes inside that span.

    Parameters
    ----------
    moved : array_like (n, d)
        Rows around the origin.
    k : int
        Axes wanted.
    rounds : int
        0 or more. A round reads the rows twice.
    extra : int
        Random vectors beyond k.
    seed : int
        Of the random vectors.

    Returns
    -------
    ndarray (d, k)

    Raises
    ------
    ValueError
        If k + extra is more than the rows or columns can give, or a number is negative.
    """
    moved = np.asarray(moved, dtype=float)
    if k < 1 or extra < 0 or rounds < 0 or k + extra > min(moved.shape):
        raise ValueError(
            f"k + extra must be 1 to {min(moved.shape)} and rounds 0 or more, not {k} + {extra} "
            f"and {rounds}."
        )
    start = np.random.default_rng(seed).normal(size=(moved.shape[1], k + extra))
    basis = np.linalg.qr(moved @ start)[0]
    for _ in range(rounds):
        basis = np.linalg.qr(moved @ (moved.T @ basis))[0]
    return np.linalg.svd(basis.T @ moved, full_matrices=False)[2][:k].T


def _pair(first, second) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape != second.shape or first.ndim != 2:
        raise ValueError(
            f"give two matrices of axes (d, k) of one shape, not {first.shape} and {second.shape}."
        )
    return first, second
