"""Learning without negatives: whether vectors collapsed, BYOL by hand, and stored runs.

:func:`diagnose` tells a point from a thin sheet. :func:`train_byol_norm` is BYOL with another
normalisation than BatchNorm. :func:`linear_byol` is a model of BYOL that is small enough to
understand. The stored figures are made by ``python -m benchmarks.contrastive_collapse``.

References
----------
Grill et al. (2020), "Bootstrap Your Own Latent". Richemond et al. (2020), "BYOL works even without
batch statistics". Tian, Chen & Ganguli (2021), "Understanding self-supervised learning dynamics
without contrastive pairs".
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from helpers.image_training import Run, seeded_encoder
from helpers.probes import effective_rank
from helpers.seeding import seeded_weights
from helpers.self_supervised import train_byol
from helpers.stored import read_stored
from helpers.vision import pixels

__all__ = [
    "Diagnosis",
    "diagnose",
    "linear_byol",
    "linear_byol_gradient",
    "load_collapse_runs",
    "train_byol_norm",
]

STORED = Path(__file__).parent.parent / "data" / "contrastive_collapse.json"


class FirstBatchNorm(nn.Module):
    """Standardise with mean and standard deviation of the first batch seen, for ever.

    It gives the network the start that BatchNorm would give it, but from then on no vector depends
    on the other images of its batch.

    Parameters
    ----------
    dim : int
    """

    def __init__(self, dim: int):
        super().__init__()
        self.register_buffer("mean", torch.full((dim,), torch.nan))
        self.register_buffer("std", torch.ones(dim))

    def forward(self, rows: Tensor) -> Tensor:
        """Standardise rows (n, dim)."""
        if self.mean.isnan().any():
            self.mean.copy_(rows.detach().mean(0))
            self.std.copy_(rows.detach().std(0, unbiased=False) + 1e-5)
        return (rows - self.mean) / self.std


NORMS = {
    "batch": nn.BatchNorm1d,
    "first batch": FirstBatchNorm,
    "layer": nn.LayerNorm,
    "none": nn.Identity,
}


class Diagnosis(NamedTuple):
    """What :func:`diagnose` finds.

    Attributes
    ----------
    std : float
        Mean over coordinates of the standard deviation of unit vectors, times sqrt(d).
    rank : float
        Effective rank of the unit vectors.
    verdict : str
        ``"complete"``, ``"dimensional"`` or ``"none"``.
    """

    std: float
    rank: float
    verdict: str


def diagnose(z, least_std: float = 0.1, least_share: float = 0.05) -> Diagnosis:
    """Tell whether vectors collapsed: all in one place, or on a thin sheet.

    Parameters
    ----------
    z : array_like (n, d)
        Scaled to length 1 here; zeros stay zeros.
    least_std : float
        Below it the collapse is complete; 1 is spread evenly around the origin.
    least_share : float
        Below an effective rank of ``least_share * d`` it is dimensional.

    Returns
    -------
    Diagnosis

    Raises
    ------
    ValueError
        If z is not a matrix of at least one row.
    """
    z = np.asarray(z, dtype=np.float64)
    if z.ndim != 2 or not z.size:
        raise ValueError(f"z must be a matrix with a row for each input, not of shape {z.shape}.")
    lengths = np.linalg.norm(z, axis=1, keepdims=True)
    unit = z / np.where(lengths > 0, lengths, 1.0)
    std = float(unit.std(0).mean() * math.sqrt(z.shape[1]))
    rank = effective_rank(unit) if unit.var(0).sum() > 1e-12 else 1.0
    if std < least_std:
        return Diagnosis(std, rank, "complete")
    return Diagnosis(std, rank, "dimensional" if rank < least_share * z.shape[1] else "none")


def train_byol_norm(
    images,
    *,
    norm: str = "none",
    predictor: bool = True,
    stop_gradient: bool = True,
    momentum: float = 0.98,
    seed: int = 1,
    **settings,
) -> Run:
    """Train BYOL with another normalisation in head and predictor; the encoder has none.

    Parameters
    ----------
    images, predictor, stop_gradient, momentum, seed, **settings
        As for :func:`helpers.self_supervised.train_byol`, which has ``norm="batch"``.
    norm : {"batch", "first batch", "layer", "none"}
        Only the first lets a vector depend on the other images of its batch. The second
        standardises with the statistics of one batch, taken before the training.

    Returns
    -------
    Run
        `extras` holds ``"predictor"`` and ``"target"``.

    Raises
    ------
    ValueError
        If images or settings make no sense.
    """
    if norm not in NORMS:
        raise ValueError(f"norm must be one of {', '.join(NORMS)}, not {norm!r}.")

    def two_layers(dim):
        layers = nn.Linear(dim, 128), NORMS[norm](128), nn.ReLU(), nn.Linear(128, 64)
        return nn.Sequential(*layers)

    encoder = seeded_encoder(images, seed)
    with seeded_weights(seed):
        head = two_layers(encoder.dim)
    with seeded_weights(seed + 1):
        guess = two_layers(64) if predictor else nn.Identity()
    if norm == "first batch":
        with torch.no_grad():
            guess(head(encoder(pixels(images[:256]))))
    return train_byol(
        images, predictor=guess, stop_gradient=stop_gradient, momentum=momentum, encoder=encoder,
        head=head, seed=seed, **settings,
    )  # fmt: skip


def linear_byol(
    w: float,
    p: float,
    *,
    predictor: bool = True,
    stop_gradient: bool = True,
    noise: float = 0.5,
    rate: float = 0.02,
    steps: int = 3000,
) -> np.ndarray:
    """Follow BYOL with one weight: z = w x, predicted as p z, from views x + noise of an input x.

    The inputs have variance 1. The expected loss is half of ``E (p w x1 - w x2)^2``, which is
    ``w^2 (p^2 (1 + noise) - 2 p + 1 + noise) / 2``: 0 at w = 0, the collapse.

    Parameters
    ----------
    w, p : float
        Where weight and predictor start.
    predictor : bool
        Without it p is 1 and stays.
    stop_gradient : bool
        With it the gradient of w takes ``w x2`` for a given number.
    noise : float
        Variance of what a view adds.
    rate : float
        Step size.
    steps : int

    Returns
    -------
    ndarray (steps + 1, 3)
        w, p and the loss, before the first step and after each.

    Raises
    ------
    ValueError
        If `noise` is negative, or rate or steps are not positive.
    """
    if noise < 0 or not rate > 0 or steps < 1:
        raise ValueError("noise must be 0 or more, rate positive, steps 1 or more.")
    if not predictor:
        p = 1.0
    path = np.empty((steps + 1, 3))
    for step in range(steps + 1):
        path[step] = w, p, w * w * (p * p * (1 + noise) - 2 * p + 1 + noise) / 2
        push_p, push_w = linear_byol_gradient(w, p, stop_gradient=stop_gradient, noise=noise)
        w -= rate * push_w
        if predictor:
            p -= rate * push_p
    return path


def linear_byol_gradient(w, p, *, stop_gradient: bool = True, noise: float = 0.5) -> tuple:
    """Compute the gradients that :func:`linear_byol` follows.

    Parameters
    ----------
    w, p : float or ndarray
    stop_gradient : bool
    noise : float

    Returns
    -------
    for_p, for_w : float or ndarray
    """
    for_w = w * (p * p * (1 + noise) - p)
    if not stop_gradient:
        for_w = for_w + w * (1 + noise - p)
    return w * w * (p * (1 + noise) - 1), for_w


def load_collapse_runs() -> dict:
    """Read the stored trainings.

    Raises
    ------
    ValueError
        If the file is missing or damaged.
    """
    again = "restore it from the repository, or run `python -m benchmarks.contrastive_collapse`"
    return read_stored(STORED, 1, {"settings", "runs"}, again)
