"""How t-SNE weighs the neighbours of a point: a Gaussian whose width gives a wanted perplexity."""

import numpy as np
from scipy.spatial.distance import cdist

__all__ = ["tsne_weights"]

_HALVINGS = 45


def tsne_weights(points, perplexity: float, rows=None) -> np.ndarray:
    """Compute the weights p(j|i) of van der Maaten and Hinton (2008), equation 1.

    Parameters
    ----------
    points : array_like (n, d)
        No point may have `perplexity` duplicates or more.
    perplexity : float
        2 to the entropy of each point's weights in bits: so many equal neighbours would have the
        same entropy. More than 1 and less than n - 1.
    rows : array_like (m,) of int, optional
        The points whose weights are wanted; by default all.

    Returns
    -------
    ndarray (m, n), float64
        Each row adds up to 1 and is 0 at the point itself.

    Raises
    ------
    ValueError
        If the perplexity is out of range.
    """
    points = np.asarray(points, dtype=np.float64)
    n = len(points)
    if not 1 < perplexity < n - 1:
        raise ValueError(f"perplexity must be between 1 and {n - 1}, not {perplexity}.")
    rows = np.arange(n) if rows is None else np.asarray(rows)
    squares = cdist(points[rows], points, "sqeuclidean")
    squares[np.arange(len(rows)), rows] = np.inf
    squares -= squares.min(axis=1, keepdims=True)
    finite = np.where(np.isfinite(squares), squares, 0)
    typical = finite.mean(axis=1)[:, None]
    low, high = np.full(typical.shape, -30.0), np.full(typical.shape, 30.0)  # log of the precision
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        precision = np.exp(middle) / typical
        weights = np.exp(squares * -precision)
        total = weights.sum(axis=1, keepdims=True)
        energy = np.einsum("ij,ij->i", weights, finite)[:, None] / total
        entropy = np.log(total) + precision * energy
        wide = entropy > np.log(perplexity)
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return weights / total
