"""The loop that all small image networks are trained with, and what it records."""

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from helpers.contrastive import alignment, uniformity
from helpers.models.torch_models import torch_threads
from helpers.progress import Progress
from helpers.seeding import seeded_weights
from helpers.vision import SmallEncoder, pixels

__all__ = ["Run", "fit", "seeded_encoder", "two_views"]
STATISTICS_ROWS = 256  # of a batch, for alignment, uniformity and std


@dataclass
class Run:
    """What a training leaves.

    Attributes
    ----------
    encoder : Module
        h = encoder(images); in evaluation mode.
    head : Module
        z = head(h): projection head, classifier or decoder.
    history : dict of str to ndarray (records,)
        `step` (batches done), `epoch` (fractional), `loss` (mean since the last record), and for
        two views `alignment`, `uniformity` and `std` (mean over coordinates of the standard
        deviation of unit z, times sqrt(d): near 1 when spread out, 0 when collapsed), all on
        training views.
    extras : dict
        Other parts, such as a queue or a target network.
    """

    encoder: nn.Module
    head: nn.Module
    history: dict[str, np.ndarray]
    extras: dict = field(default_factory=dict)


def seeded_encoder(images, seed: int = 1, dim: int = 64) -> SmallEncoder:
    """Make the untrained encoder that a training with this seed starts from.

    Parameters
    ----------
    images : array_like (n, h, w) or (n, h, w, 3)
        Tell the size and the channels.
    seed : int
    dim : int
        Width of h.

    Raises
    ------
    ValueError
        If the images are not square.
    """
    shape = np.shape(images)
    if len(shape) not in (3, 4) or shape[1] != shape[2]:
        raise ValueError(f"images must be square, (n, h, h) or (n, h, h, 3), not {shape}.")
    with seeded_weights(seed):
        return SmallEncoder(dim, 1 if len(shape) == 3 else shape[3], shape[1])


def fit(
    run: Run,
    images,
    loss_of: Callable,
    network: nn.Module,
    seed: int,
    *,
    after_step: Callable | None = None,
    epochs: float = 3,
    batch_size: int = 128,
    lr: float = 3e-3,
    weight_decay: float = 1e-4,
    threads: int = 1,
    record_every: int = 10,
    callback: Callable[[int, Run], None] | None = None,
    label: str | None = "Training",
) -> Run:
    """Train `network` with AdamW; the rate rises for a tenth of the steps, then falls to 0.

    Parameters
    ----------
    run : Run
        Gets the history.
    images : array_like (n, h, w) or (n, h, w, 3)
    loss_of : callable
        ``loss_of(batch, rows, generator)`` returns the loss and the pair of views' vectors, or
        None in its place.
    network : Module
        All that is trained.
    seed : int
        Of batches, and of the generator that `loss_of` gets.
    after_step : callable, optional
        Called without arguments after each step.
    epochs : float
        Passes over the images; a last batch that is not full is left out.
    batch_size : int
        Images of a batch.
    lr, weight_decay : float
        Highest learning rate; AdamW's weight decay.
    threads : int
        Threads of PyTorch; one is exactly repeatable.
    record_every : int
        Steps between two records of the history.
    callback : callable, optional
        ``callback(epoch, run)`` after each full epoch, with the networks in evaluation mode.
    label : str, optional
        What the progress line says; no line without it.

    Returns
    -------
    Run
        The one that came in.

    Raises
    ------
    ValueError
        If settings make no sense, or the training diverged.
    """
    inputs = pixels(images)
    if not 2 <= batch_size <= len(inputs):
        raise ValueError(f"batch_size must be 2 to {len(inputs)}, the images: {batch_size}.")
    per_epoch = len(inputs) // batch_size
    steps = round(epochs * per_epoch)
    if steps < 1 or record_every < 1 or not lr > 0:
        raise ValueError("epochs and lr must be positive, and record_every 1 or more.")
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr, weight_decay=weight_decay, fused=True)
    records, losses = [], []
    line = Progress(steps, "batches", label or "")
    network.train()
    with torch_threads(threads), line if label else nullcontext():
        for step in range(steps):
            if step % per_epoch == 0:
                order = torch.randperm(len(inputs), generator=generator)
            for group in optimiser.param_groups:
                group["lr"] = lr * _rate(step, steps)
            rows = order[step % per_epoch * batch_size :][:batch_size]
            loss, views = loss_of(inputs[rows], rows, generator)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if after_step is not None:
                after_step()
            losses.append(loss.item())
            if not np.isfinite(losses[-1]):
                raise ValueError(f"the training diverged at batch {step + 1}: lower lr.")
            if (step + 1) % record_every == 0 or step + 1 == steps:
                means = {"step": step + 1, "epoch": (step + 1) / per_epoch, "loss": np.mean(losses)}
                records.append(means | _statistics(views))
                run.history = {name: np.array([r[name] for r in records]) for name in records[0]}
                losses = []
            if label:
                line.update(1, loss=loss.item())
            if callback is not None and (step + 1) % per_epoch == 0:
                network.eval()
                callback((step + 1) // per_epoch, run)
                network.train()
    network.eval()
    return run


def two_views(augment: Callable, loss_of: Callable) -> Callable:
    """Make what :func:`fit` calls from a loss of two views.

    Parameters
    ----------
    augment : callable
        ``augment(images, generator)`` makes a random view of each image.
    loss_of : callable
        ``loss_of(view1, view2)`` returns loss, z1, z2.
    """

    def step(batch, rows, generator):
        loss, *views = loss_of(augment(batch, generator), augment(batch, generator))
        return loss, views

    return step


def _rate(step: int, steps: int) -> float:
    """Share of the highest rate: linear up, half a cosine down."""
    warm = max(1, steps // 10)
    if step < warm:
        return (step + 1) / warm
    return 0.5 + 0.5 * math.cos(math.pi * (step - warm) / max(1, steps - warm))


@torch.no_grad()
def _statistics(views) -> dict[str, float]:
    if views is None:
        return {}
    z1, z2 = (z[:STATISTICS_ROWS] for z in views)
    unit = F.normalize(z1, dim=1)
    return {
        "alignment": alignment(z1, z2).item(),
        "uniformity": uniformity(z1).item(),
        "std": unit.std(0).mean().item() * math.sqrt(unit.shape[1]),
    }
