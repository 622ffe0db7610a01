"""Learning from images without labels: SimCLR, MoCo, BYOL and Barlow Twins in one loop.

All four see two random views of each image. They differ in what keeps the vectors apart:
negatives of the batch, negatives of a queue, a predictor in front of a slow target that gets no
gradient, or a penalty on coordinates that say the same.

References
----------
Chen et al. (2020), "A Simple Framework for Contrastive Learning of Visual Representations". He et
al. (2020), "Momentum Contrast for Unsupervised Visual Representation Learning". Grill et al.
(2020), "Bootstrap Your Own Latent". Chen & He (2021), "Exploring Simple Siamese Representation
Learning". Zbontar et al. (2021), "Barlow Twins".
"""

import copy

import torch
from torch import nn
from torch.nn import functional as F

from helpers.augmentations import Augmentations
from helpers.contrastive import barlow_twins_loss, byol_loss, info_nce
from helpers.image_training import Run, fit, seeded_encoder, two_views
from helpers.momentum import FifoQueue, momentum_update
from helpers.nt_xent import fast_nt_xent
from helpers.seeding import seeded_weights
from helpers.vision import ProjectionHead

__all__ = ["train_barlow", "train_byol", "train_moco", "train_simclr"]


def train_simclr(
    images,
    *,
    temperature: float = 0.2,
    encoder: nn.Module | None = None,
    head: nn.Module | None = None,
    augment: Augmentations = Augmentations(),  # noqa: B008
    seed: int = 1,
    **settings,
) -> Run:
    """Train with NT-Xent: each view finds its twin among the other views of the batch.

    Parameters
    ----------
    images : array_like (n, h, w) or (n, h, w, 3)
        As for :func:`helpers.vision.pixels`.
    temperature : float
    encoder, head : Module, optional
        Trained in place; by default new ones of 64 numbers. ``head=nn.Identity()`` for none.
    augment : Augmentations
        How views are made.
    seed : int
        Of weights, batches and views.
    **settings
        Of the loop, see :func:`helpers.image_training.fit`: `epochs`, `batch_size`, `lr`,
        `weight_decay`, `threads`, `record_every`, `callback`, `label`.

    Returns
    -------
    Run
        Encoder, head and history.

    Raises
    ------
    ValueError
        If images or settings make no sense.
    """
    encoder, head = _networks(images, encoder, head, seed)
    network = nn.Sequential(encoder, head)

    def loss_of(one, two):
        z1, z2 = network(torch.cat([one, two])).chunk(2)
        return fast_nt_xent(z1, z2, temperature), z1, z2

    run = Run(encoder, head, {})
    return fit(
        run, images, two_views(augment, loss_of), network, seed, **{"label": "SimCLR", **settings}
    )


def train_moco(
    images,
    *,
    temperature: float = 0.2,
    queue_size: int = 4096,
    momentum: float = 0.99,
    encoder: nn.Module | None = None,
    head: nn.Module | None = None,
    augment: Augmentations = Augmentations(),  # noqa: B008
    seed: int = 1,
    **settings,
) -> Run:
    """Train with InfoNCE against a queue of keys that a slow copy of the network made.

    Parameters
    ----------
    images, temperature, encoder, head, augment, seed, **settings
        As for :func:`train_simclr`. With a head without BatchNorm, this small network falls for a
        shortcut: one vector for all images that turns over time, so that the newest key is
        nearer than those in the queue.
    queue_size : int
        Negatives of each query.
    momentum : float
        Of the key network; 0 copies the query network after each step.

    Returns
    -------
    Run
        `extras` holds ``"queue"`` and the slow network, ``"target"``.

    Raises
    ------
    ValueError
        If images or settings make no sense.
    """
    encoder, head = _networks(images, encoder, head, seed)
    network = nn.Sequential(encoder, head)
    target = copy.deepcopy(network).requires_grad_(False)
    queue = FifoQueue(queue_size, head.dim, seed)

    def loss_of(one, two):
        query = network(one)
        with torch.no_grad():
            key = F.normalize(target(two), dim=1)
        loss = info_nce(query, key, queue.keys, temperature)
        queue.push(key)
        return loss, query, key

    run = Run(encoder, head, {}, {"queue": queue, "target": target})
    return fit(
        run, images, two_views(augment, loss_of), network, seed,
        after_step=lambda: momentum_update(target, network, momentum),
        **{"label": "MoCo", **settings},
    )  # fmt: skip


def train_byol(
    images,
    *,
    predictor: bool | nn.Module = True,
    stop_gradient: bool = True,
    momentum: float = 0.98,
    encoder: nn.Module | None = None,
    head: nn.Module | None = None,
    augment: Augmentations = Augmentations(),  # noqa: B008
    seed: int = 1,
    **settings,
) -> Run:
    """Train one view to predict what a slow target makes of the other: no negatives at all.

    Parameters
    ----------
    images, encoder, head, augment, seed, **settings
        As for :func:`train_simclr`.
    predictor : bool or Module
        Without it, the vectors themselves are compared; a module is used as it is.
    stop_gradient : bool
        Without it, the target is the network itself, and learns to be predicted.
    momentum : float
        Of the target; 0 is SimSiam, where the target is the network of this step.

    Returns
    -------
    Run
        `extras` holds ``"predictor"`` and ``"target"``. The history's `std` tells whether the
        vectors collapsed.

    Raises
    ------
    ValueError
        If images or settings make no sense.
    """
    encoder, head = _networks(images, encoder, head, seed)
    network = nn.Sequential(encoder, head)
    target = copy.deepcopy(network).requires_grad_(False)
    if isinstance(predictor, nn.Module):
        guess = predictor
    else:
        with seeded_weights(seed + 1):
            guess = ProjectionHead(head.dim, 128, head.dim) if predictor else nn.Identity()

    def loss_of(one, two):
        both = torch.cat([one, two])
        z = network(both)
        if not stop_gradient:
            aim = z
        elif momentum:
            with torch.no_grad():
                aim = target(both)
        else:
            aim = z.detach()
        z1, z2 = z.chunk(2)
        return byol_loss(guess(z), aim.roll(len(one), 0)), z1, z2

    run = Run(encoder, head, {}, {"predictor": guess, "target": target})
    return fit(
        run, images, two_views(augment, loss_of), nn.ModuleList([network, guess]), seed,
        after_step=lambda: momentum_update(target, network, momentum),
        **{"label": "BYOL", **settings},
    )  # fmt: skip


def train_barlow(
    images,
    *,
    off_diagonal: float = 0.03,
    encoder: nn.Module | None = None,
    head: nn.Module | None = None,
    augment: Augmentations = Augmentations(),  # noqa: B008
    seed: int = 1,
    **settings,
) -> Run:
    """Train the two views' coordinates to agree with their twins and with no other.

    Parameters
    ----------
    images, encoder, head, augment, seed, **settings
        As for :func:`train_simclr`; z has 128 numbers by default.
    off_diagonal : float
        Weight lambda of the redundancy term.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If images or settings make no sense.
    """
    encoder, head = _networks(images, encoder, head, seed, out=128)
    network = nn.Sequential(encoder, head)

    def loss_of(one, two):
        z1, z2 = network(torch.cat([one, two])).chunk(2)
        return barlow_twins_loss(z1, z2, off_diagonal), z1, z2

    run = Run(encoder, head, {})
    return fit(
        run,
        images,
        two_views(augment, loss_of),
        network,
        seed,
        **{"label": "Barlow Twins", **settings},
    )


def _networks(images, encoder, head, seed, out: int = 64):
    encoder = encoder if encoder is not None else seeded_encoder(images, seed)
    if head is None:
        with seeded_weights(seed):
            head = ProjectionHead(encoder.dim, 128, out)
    if not hasattr(head, "dim"):
        head.dim = encoder.dim
    return encoder, head
