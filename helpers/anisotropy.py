"""How alike are all vectors of a space? The mean cosine, taken apart by dimension.

The mean cosine of all pairs of rows is the usual measure of anisotropy (Ethayarajh 2019, "How
Contextual are Contextualized Word Representations?"). A cosine is a sum over dimensions, so its
mean can be split into what each dimension adds (Timkey & van Schijndel 2021, "All Bark and No
Bite: Rogue Dimensions in Transformer Language Models Obscure Representational Quality").
"""

import numpy as np

__all__ = [
    "centred",
    "cosine_contributions",
    "mean_cosine",
    "standardised",
    "unit_rows",
    "without_dominant",
]


def unit_rows(vectors) -> np.ndarray:
    """Divide each row by its length; a zero row stays zero.

    Parameters
    ----------
    vectors : array_like (n, d)
        Any vectors.

    Returns
    -------
    ndarray (n, d), float64

    Raises
    ------
    ValueError
        If `vectors` is no matrix of numbers.
    """
    vectors = _matrix(vectors)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


def cosine_contributions(vectors) -> np.ndarray:
    """Split the mean cosine of all pairs of different rows by dimension, in O(n d).

    With unit rows u, dimension j adds the mean of ``u[a, j] * u[b, j]`` over all a != b, which is
    ``((sum of the column)**2 - sum of its squares) / (n (n - 1))``.

    Parameters
    ----------
    vectors : array_like (n, d)
        At least two rows; the cosine with a zero row counts as 0.

    Returns
    -------
    ndarray (d,), float64
        They add up to :func:`mean_cosine`.

    Raises
    ------
    ValueError
        If `vectors` is no matrix of at least two rows.
    """
    unit = unit_rows(vectors)
    n = len(unit)
    if n < 2:
        raise ValueError(f"a mean over pairs needs at least two vectors, not {n}.")
    return (unit.sum(axis=0) ** 2 - (unit**2).sum(axis=0)) / (n * (n - 1))


def mean_cosine(vectors) -> float:
    """Average the cosine over all pairs of different rows, in O(n d).

    Parameters and exceptions are those of :func:`cosine_contributions`.
    """
    return float(cosine_contributions(vectors).sum())


def without_dominant(vectors, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Set the k dimensions that add most to the mean cosine to zero.

    Parameters
    ----------
    vectors : array_like (n, d)
        At least two rows.
    k : int
        How many dimensions, 0 to d.

    Returns
    -------
    dimensions : ndarray (k,), int64
        The largest contribution first.
    cleaned : ndarray (n, d), float64
        A copy with these columns zero; rows are not rescaled.

    Raises
    ------
    ValueError
        If `vectors` is no matrix of at least two rows, or `k` is out of range.
    """
    contributions = cosine_contributions(vectors)
    if not 0 <= k <= len(contributions):
        raise ValueError(f"k must be 0 to the {len(contributions)} dimensions, not {k}.")
    dimensions = np.argsort(-contributions, kind="stable")[:k]
    cleaned = _matrix(vectors).copy()
    cleaned[:, dimensions] = 0
    return dimensions, cleaned


def centred(vectors) -> np.ndarray:
    """Subtract the mean row.

    Parameters
    ----------
    vectors : array_like (n, d)
        Any vectors.

    Returns
    -------
    ndarray (n, d), float64

    Raises
    ------
    ValueError
        If `vectors` is no matrix of numbers.
    """
    vectors = _matrix(vectors)
    return vectors - vectors.mean(axis=0)


def standardised(vectors) -> np.ndarray:
    """Give every dimension mean 0 and standard deviation 1; a constant dimension becomes 0.

    Parameters, exceptions and the kind of result are those of :func:`centred`.
    """
    moved = centred(vectors)
    spread = moved.std(axis=0)
    # A constant column's deviations are rounding noise: it must not be blown up to 1.
    tiny = 1e-9 * np.abs(_matrix(vectors)).max(axis=0, initial=0)
    return np.where(spread > tiny, moved / np.where(spread > tiny, spread, 1), 0)


def _matrix(vectors) -> np.ndarray:
    try:
        matrix = np.asarray(vectors)
    except ValueError as error:
        raise ValueError("the vectors have different lengths: give a matrix (n, d).") from error
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise ValueError(
            f"vectors must be a matrix of numbers (n, d), not {matrix.dtype} {matrix.shape}."
        )
    return matrix.astype(np.float64)
