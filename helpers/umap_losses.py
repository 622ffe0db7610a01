"""What UMAP says that it minimises, and what its sampling minimises."""

import numpy as np
from scipy.spatial.distance import pdist, squareform

from helpers.umap_layout import curve

__all__ = ["fuzzy_losses", "push_weights"]

_LEAST = 1e-4  # of 1 - q: without it, two points in one place would cost infinitely much


def push_weights(graph, n_negatives: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Weigh the repulsion of each pair: as written, and as sampled.

    Parameters
    ----------
    graph : sparse (n, n)
        Symmetric memberships w, the largest 1.
    n_negatives : int
        Pushes after each pull.

    Returns
    -------
    written, sampled : ndarray (n, n)
        ``1 - w_ij`` of the cross-entropy; and the weight that pushes have in what the optimiser
        does, ``n_negatives (g_i + g_j) / (4 n)`` with ``g_i = sum_j w_ij``. Diagonals are 0.

    Notes
    -----
    In an epoch i moves ``2 w_ij`` times along the pull of j, since each edge is listed from both
    ends and moves both, and is pushed by j ``n_negatives g_i / n`` times, since a push moves i
    alone. The quotient ``n_negatives g_i / (2 n)`` is here averaged over i and j, to have a loss
    for the pair. Damrich and Hamprecht (2021) have twice that, for pushes that move both ends.
    """
    written = 1 - graph.toarray().astype(float)
    sums = np.asarray(graph.sum(axis=1), dtype=float).ravel()
    sampled = n_negatives * (sums[:, None] + sums) / (4 * len(sums))
    for weights in (written, sampled):
        np.fill_diagonal(weights, 0)
    return written, sampled


def fuzzy_losses(graph, places, a: float, b: float, n_negatives: int = 5) -> tuple[float, float]:
    """Cross-entropy of a layout, with the repulsion as written and as sampled.

    Parameters
    ----------
    graph : sparse (n, n)
        Symmetric memberships, the largest 1.
    places : array_like (n, 2)
        The layout.
    a, b : float
        Of the curve q.
    n_negatives : int
        Pushes after each pull.

    Returns
    -------
    written, sampled : float
        Mean over the points of ``-sum_j w_ij log q_ij + r_ij log(1 - q_ij)``, with r from
        :func:`push_weights` and 1 - q at least .0001.
    """
    places = np.asarray(places, dtype=float)
    q = curve(pdist(places), a, b)
    push = -np.log(np.maximum(1 - q, _LEAST))
    edges = graph.tocoo()
    apart = np.linalg.norm(places[edges.row] - places[edges.col], axis=1)
    pull = -np.sum(edges.data * np.log(curve(apart, a, b)))
    written, sampled = (
        pull + 2 * squareform(weights, checks=False) @ push
        for weights in push_weights(graph, n_negatives)
    )
    return float(written / len(places)), float(sampled / len(places))
