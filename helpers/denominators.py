"""Contrastive losses whose denominator holds the wrong vectors, to see what that does.

NT-Xent divides by a sum over the 2N - 1 *other* views. Two slips are common in print and in code:
the sum runs over the anchor's own side, h_j where h_j+ was meant, so that it holds the anchor
itself and lacks the positive; or it runs over all 2N views, the anchor among them.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from helpers.contrastive import nt_xent

__all__ = ["DENOMINATORS", "denominator_loss"]

DENOMINATORS = ("right", "anchor too", "own side")


def denominator_loss(z1: Tensor, z2: Tensor, temperature: float, denominator: str) -> Tensor:
    """Compute NT-Xent, or what it becomes with another set of vectors in the denominator.

    Parameters
    ----------
    z1, z2 : Tensor (N, d)
        Two views of each of N inputs, of any length.
    temperature : float
    denominator : {"right", "anchor too", "own side"}
        The 2N - 1 other views; all 2N views; or the N views of the anchor's own side.

    Returns
    -------
    Tensor ()
        Mean over the 2N views.

    Raises
    ------
    ValueError
        If there is no such denominator.
    """
    if denominator not in DENOMINATORS:
        raise ValueError(f"denominator must be one of {DENOMINATORS}, not {denominator!r}.")
    if denominator == "right":
        return nt_xent(z1, z2, temperature)
    n = len(z1)
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    scores = z @ z.T / temperature
    right = (z * z.roll(n, 0)).sum(1) / temperature
    if denominator == "own side":
        scores = torch.cat([scores[:n, :n], scores[n:, n:]])
    return (scores.logsumexp(1) - right).mean()
