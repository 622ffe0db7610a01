"""The two matrices of a factorisation: what W and W~ share, and how far their errors agree.

GloVe fits ``log X`` by ``W W~^T`` plus biases (Pennington, Socher and Manning 2014), which leaves
a common change of basis free: ``W A`` and ``W~ A^-T`` fit as well for any invertible A. So single
coordinates of two trainings cannot be compared; here one is rotated onto the other first.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

__all__ = ["negative_directions", "seed_errors"]


def negative_directions(words, contexts) -> int:
    """Count the directions in which ``W W~^T`` is negative.

    In such a direction w and w~ point against each other, so it is weakened in ``W + W~``.

    Parameters
    ----------
    words, contexts : array_like (V, d)
        The two matrices of one training.

    Returns
    -------
    int
        From 0 to d: eigenvalues of ``W~^T W`` with a negative real part. (They are the non-zero
        eigenvalues of ``W W~^T``.)
    """
    words, contexts = _pair(words, contexts)
    return int((np.linalg.eigvals(contexts.T @ words).real < 0).sum())


def seed_errors(models: Sequence[tuple]) -> dict[str, float]:
    """Errors of w, of w~ and of w + w~ over trainings that differ only in the seed.

    Each training is rotated onto another one, W and W~ by the same rotation (orthogonal
    Procrustes), and what is left of the difference is the error of both. If the errors of w and w~
    have correlation r, their mean has (1 + r) / 2 of the error variance of one: half if r is 0.

    Parameters
    ----------
    models : sequence of (array_like (V, d), array_like (V, d))
        W and W~ of two or more trainings on the same counts.

    Returns
    -------
    dict
        ``correlation`` of the errors; ``one`` and ``sum``: error variance of a single matrix, and
        of the sum, as a share of the mean squared length. Means over the pairs of trainings.

    Raises
    ------
    ValueError
        If there are fewer than two trainings or the shapes differ.
    """
    models = [_pair(*model) for model in models]
    if len(models) < 2 or len({words.shape for words, _ in models}) > 1:
        raise ValueError("give W and W~ of two or more trainings, all of the same shape.")
    found = []
    for (first, first_context), (second, second_context) in combinations(models, 2):
        u, _, vt = np.linalg.svd(second.T @ first + second_context.T @ first_context)
        error = second @ (u @ vt) - first
        context_error = second_context @ (u @ vt) - first_context
        sizes = (error**2).sum(), (context_error**2).sum()
        lengths = (first**2).sum() + (first_context**2).sum()
        # A difference of two trainings has the variance of two errors.
        found.append(
            (
                (error * context_error).sum() / np.sqrt(sizes[0] * sizes[1]),
                sum(sizes) / 2 / lengths,
                ((error + context_error) ** 2).sum() / 2 / ((first + first_context) ** 2).sum(),
            )
        )
    return dict(zip(("correlation", "one", "sum"), np.mean(found, axis=0).tolist(), strict=True))


def _pair(words, contexts) -> tuple[np.ndarray, np.ndarray]:
    words, contexts = (np.asarray(m, dtype=np.float64) for m in (words, contexts))
    if words.ndim != 2 or words.shape != contexts.shape:
        raise ValueError(
            f"W and W~ must be matrices of one shape, not {words.shape} and {contexts.shape}."
        )
    return words, contexts
