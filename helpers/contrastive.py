"""Losses that shape a space by pairs, each in the few lines of its formula.

Rows are vectors; row i of one argument belongs to row i of the other. Unless said otherwise
vectors are scaled to length 1 inside, so that scores are cosines, and a loss is a mean over rows.
:func:`helpers.nt_xent.fast_nt_xent` is the fast form of :func:`nt_xent`.

References
----------
van den Oord, Li & Vinyals (2018), "Representation Learning with Contrastive Predictive Coding".
Schroff, Kalenichenko & Philbin (2015), "FaceNet". Chen et al. (2020), "A Simple Framework for
Contrastive Learning of Visual Representations". Wang & Isola (2020), "Understanding Contrastive
Representation Learning through Alignment and Uniformity on the Hypersphere". Grill et al. (2020),
"Bootstrap Your Own Latent". Radford et al. (2021), "Learning Transferable Visual Models From
Natural Language Supervision". Zbontar et al. (2021), "Barlow Twins". Zhai et al. (2023), "Sigmoid
Loss for Language Image Pre-Training".
"""

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = [
    "alignment",
    "barlow_twins_loss",
    "byol_loss",
    "clip_loss",
    "cross_correlation",
    "info_nce",
    "nt_xent",
    "siglip_loss",
    "triplet_loss",
    "uniformity",
]


def info_nce(query: Tensor, positive: Tensor, negatives: Tensor, temperature: float = 0.1):
    """Cross-entropy of finding the positive among itself and K negatives.

    Parameters
    ----------
    query, positive : Tensor (n, d)
    negatives : Tensor (K, d) or (n, K, d)
        The same for all queries (a queue), or own ones for each.
    temperature : float

    Returns
    -------
    Tensor ()
        ``mean_i -log(exp(s_i+ / tau) / (exp(s_i+ / tau) + sum_k exp(s_ik / tau)))``, log(K + 1)
        where all scores are equal.

    Raises
    ------
    ValueError
        If shapes do not fit, or the temperature is not positive.
    """
    _check(query, positive, temperature)
    if negatives.ndim not in (2, 3) or negatives.shape[-1] != query.shape[1]:
        raise ValueError("negatives must be (K, d) for all queries, or (n, K, d), own ones each.")
    query, positive, negatives = (F.normalize(x, dim=-1) for x in (query, positive, negatives))
    right = (query * positive).sum(1, keepdim=True)
    wrong = query @ negatives.T if negatives.ndim == 2 else (negatives @ query[:, :, None])[..., 0]
    logits = torch.cat([right, wrong], 1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(query), dtype=torch.long))


def nt_xent(z1: Tensor, z2: Tensor, temperature: float = 0.5):
    """InfoNCE in a batch of 2N views: each view looks for its twin among the 2N - 1 others.

    Parameters
    ----------
    z1, z2 : Tensor (N, d)
        Two views of each of N inputs.
    temperature : float

    Returns
    -------
    Tensor ()
        Mean over all 2N views; log(2N - 1) where all vectors are equal.

    Raises
    ------
    ValueError
        As :func:`info_nce`.
    """
    _check(z1, z2, temperature)
    n = len(z1)
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    scores = z @ z.T / temperature
    scores = scores.masked_fill(torch.eye(2 * n, dtype=torch.bool), -torch.inf)
    return F.cross_entropy(scores, torch.arange(2 * n).roll(n))


def clip_loss(a: Tensor, b: Tensor, temperature: float = 0.07):
    """Both ways between two modalities: each a picks its b in the batch, each b its a.

    Parameters
    ----------
    a, b : Tensor (n, d)
        For example images and their captions.
    temperature : float or Tensor ()
        May be learned.

    Raises
    ------
    ValueError
        As :func:`info_nce`.
    """
    _check(a, b, temperature)
    scores = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T / temperature
    target = torch.arange(len(a))
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2


def siglip_loss(a: Tensor, b: Tensor, temperature: float = 0.1, bias: float = -10.0):
    """Judge every pair of the batch by itself: whether b_j belongs to a_i is a yes or a no.

    Parameters
    ----------
    a, b : Tensor (n, d)
    temperature, bias : float or Tensor ()
        The logit of a pair is ``cos / temperature + bias``; both are learned in the paper, which
        starts at 1/10 and -10, because nearly all pairs are wrong.

    Returns
    -------
    Tensor ()
        Sum over the n x n pairs, divided by n.

    Raises
    ------
    ValueError
        As :func:`info_nce`.
    """
    _check(a, b, temperature)
    logits = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T / temperature + bias
    signs = 2 * torch.eye(len(a)) - 1
    return -F.logsigmoid(signs * logits).sum() / len(a)


def triplet_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 0.2):
    """max(0, |a - p|^2 - |a - n|^2 + margin), for vectors of length 1 (FaceNet).

    Parameters
    ----------
    anchor, positive, negative : Tensor (n, d)
    margin : float
        In squared distances, which are 2 - 2 cos.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    _check(anchor, positive)
    _check(anchor, negative)
    a, p, n = (F.normalize(x, dim=1) for x in (anchor, positive, negative))
    return F.relu((a - p).square().sum(1) - (a - n).square().sum(1) + margin).mean()


def byol_loss(prediction: Tensor, target: Tensor):
    """Squared distance of the directions, 2 - 2 cos; no gradient goes into `target`'s network.

    Parameters
    ----------
    prediction, target : Tensor (n, d)
        The caller detaches `target`: whether that matters is an experiment of lesson 04.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    _check(prediction, target)
    return 2 - 2 * F.cosine_similarity(prediction, target).mean()


def cross_correlation(z1: Tensor, z2: Tensor, eps: float = 1e-5) -> Tensor:
    """Correlate each coordinate of z1 with each of z2, over the batch.

    Parameters
    ----------
    z1, z2 : Tensor (n, d)
        Not scaled to length 1; each coordinate is standardised over the n rows.
    eps : float
        Added to variances: a constant coordinate gives 0 instead of 0 / 0.

    Returns
    -------
    Tensor (d, d)
        Entry (i, j) in [-1, 1].

    Raises
    ------
    ValueError
        If shapes differ.
    """
    _check(z1, z2)
    z1, z2 = ((z - z.mean(0)) / (z.var(0, unbiased=False) + eps).sqrt() for z in (z1, z2))
    return z1.T @ z2 / len(z1)


def barlow_twins_loss(z1: Tensor, z2: Tensor, off_diagonal: float = 0.005):
    """How far the cross-correlation of two views is from the identity.

    Parameters
    ----------
    z1, z2 : Tensor (n, d)
    off_diagonal : float
        Weight lambda of the redundancy term.

    Returns
    -------
    Tensor ()
        ``sum_i (1 - C_ii)^2 + lambda sum_{i != j} C_ij^2``; d for a constant.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    c = cross_correlation(z1, z2)
    diagonal = c.diagonal()
    invariance = (1 - diagonal).square().sum()
    redundancy = c.square().sum() - diagonal.square().sum()
    return invariance + off_diagonal * redundancy


def alignment(z1: Tensor, z2: Tensor, alpha: float = 2.0):
    """Mean distance of the two views of an input, to the power alpha; 0 is best, 4 the worst.

    Parameters
    ----------
    z1, z2 : Tensor (n, d)
    alpha : float

    Raises
    ------
    ValueError
        If shapes differ.
    """
    _check(z1, z2)
    return (F.normalize(z1, dim=1) - F.normalize(z2, dim=1)).norm(dim=1).pow(alpha).mean()


def uniformity(z: Tensor, t: float = 2.0):
    """Log of the mean Gaussian potential over all pairs of different rows; lower is more even.

    Parameters
    ----------
    z : Tensor (n, d)
        At least two rows.
    t : float
        The potential is exp(-t |z_i - z_j|^2).

    Returns
    -------
    Tensor ()
        0 if all rows are equal; no less than about -2t in many dimensions.

    Raises
    ------
    ValueError
        If there are fewer than two rows.
    """
    if z.ndim != 2 or len(z) < 2:
        raise ValueError("uniformity is over pairs: give a matrix of two rows or more.")
    return torch.pdist(F.normalize(z, dim=1)).square().mul(-t).exp().mean().log()


def _check(a: Tensor, b: Tensor, temperature=1.0) -> None:
    if a.ndim != 2 or a.shape != b.shape or not len(a):
        raise ValueError(
            "the two sides must be matrices of the same shape, a row each, but are "
            f"{tuple(a.shape)} and {tuple(b.shape)}."
        )
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, not {float(temperature)}.")
