"""Gaussian pairs whose mutual information is known, and an estimate of it from samples.

References
----------
van den Oord, Li & Vinyals (2018), "Representation Learning with Contrastive Predictive Coding".
Poole et al. (2019), "On Variational Bounds of Mutual Information".
"""

import math

import numpy as np
from scipy.special import logsumexp

__all__ = ["correlation_for", "gaussian_pairs", "info_nce_bound", "log_ratios"]


def correlation_for(information: float, dims: int) -> float:
    """Find the correlation rho at which dims pairs of Gaussians share so much information.

    Parameters
    ----------
    information : float
        In nats, ``-dims / 2 * log(1 - rho^2)``; 0 or more.
    dims : int

    Raises
    ------
    ValueError
        If the information is negative or dims is below 1.
    """
    if information < 0 or dims < 1:
        raise ValueError("information must be 0 or more, in nats, and dims 1 or more.")
    return math.sqrt(-math.expm1(-2 * information / dims))


def gaussian_pairs(batches: int, n: int, dims: int, rho: float, rng: np.random.Generator):
    """Draw pairs (x, y) of standard normal vectors; coordinate by coordinate, correlation rho.

    Returns
    -------
    x, y : ndarray (batches, n, dims)
    """
    x, noise = rng.standard_normal((2, batches, n, dims))
    return x, rho * x + math.sqrt(1 - rho**2) * noise


def log_ratios(x, y, rho: float) -> np.ndarray:
    """Compute log p(y | x) / p(y) for each x with each y of its batch: the best critic.

    Parameters
    ----------
    x, y : ndarray (..., n, dims)
    rho : float

    Returns
    -------
    ndarray (..., n, n)
        Row i is for x_i; its own y stands on the diagonal.
    """
    rest = 1 - rho**2
    squares = (x**2).sum(-1)[..., :, None] + (y**2).sum(-1)[..., None, :]
    products = x @ np.swapaxes(y, -1, -2)
    return (rho * products - rho**2 * squares / 2) / rest - x.shape[-1] / 2 * math.log(rest)


def info_nce_bound(scores) -> np.ndarray:
    """Estimate mutual information as log(K + 1) - L from scores (..., n, n), K = n - 1."""
    own = np.diagonal(scores, axis1=-2, axis2=-1)
    loss = (logsumexp(scores, axis=-1) - own).mean(-1)
    return math.log(scores.shape[-1]) - loss
