"""How fast MoCo's keys age: a training that remembers what its key network said.

References
----------
He et al. (2020), "Momentum Contrast for Unsupervised Visual Representation Learning".
"""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from helpers.augmentations import Augmentations
from helpers.contrastive import info_nce
from helpers.image_training import Run, fit, seeded_encoder, two_views
from helpers.momentum import FifoQueue, momentum_update
from helpers.seeding import seeded_weights
from helpers.vision import ProjectionHead, pixels

__all__ = ["key_drift", "train_moco_watched"]


def train_moco_watched(
    images,
    watched,
    *,
    momentum: float = 0.99,
    queue_size: int = 1024,
    temperature: float = 0.2,
    batch_size: int = 64,
    epochs: float = 4,
    every: int = 4,
    augment: Augmentations = Augmentations(),  # noqa: B008
    seed: int = 1,
    **settings,
) -> Run:
    """Train MoCo, and keep what its key network makes of some pictures, every few batches.

    Parameters
    ----------
    images : ndarray (n, h, w), uint8
    watched : ndarray (k, h, w), uint8
        Pictures (not trained on) that the key network is asked about.
    momentum, queue_size, temperature, batch_size, epochs, augment, seed, **settings
        As for :func:`helpers.self_supervised.train_moco`.
    every : int
        Batches between two records.

    Returns
    -------
    Run
        `extras` holds ``"keys"``, ndarray (records, k, d) of unit rows, ``"every"``, ``"queue"``
        and ``"target"``.

    Raises
    ------
    ValueError
        If settings make no sense.
    """
    encoder = seeded_encoder(images, seed)
    with seeded_weights(seed):
        head = ProjectionHead(encoder.dim, 128, 64)
    network = nn.Sequential(encoder, head)
    target = copy.deepcopy(network).requires_grad_(False)
    queue = FifoQueue(queue_size, head.dim, seed)
    records, steps, asked = [], 0, pixels(watched)

    def loss_of(one, two):
        query = network(one)
        with torch.no_grad():
            key = F.normalize(target(two), dim=1)
        loss = info_nce(query, key, queue.keys, temperature)
        queue.push(key)
        return loss, query, key

    def after_step():
        nonlocal steps
        momentum_update(target, network, momentum)
        if steps % every == 0:
            with torch.no_grad():  # In training mode, as the keys of the queue are made
                records.append(F.normalize(target(asked), dim=1).numpy())
        steps += 1

    run = Run(encoder, head, {}, {"queue": queue, "target": target, "every": every})
    fit(
        run, images, two_views(augment, loss_of), network, seed, after_step=after_step,
        batch_size=batch_size, epochs=epochs, **{"label": "MoCo", **settings},
    )  # fmt: skip
    run.extras["keys"] = np.array(records)
    return run


def key_drift(keys: np.ndarray, wait: int) -> np.ndarray:
    """Measure how far keys move while they wait in the queue, in units of how far they lie apart.

    Parameters
    ----------
    keys : ndarray (records, k, d)
        Unit rows, from :func:`train_moco_watched`.
    wait : int
        How long a key waits, in records.

    Returns
    -------
    ndarray (records - wait,)
        For each record from number `wait` on: the mean squared distance of a picture's key to the
        key of the same picture `wait` records before, divided by that of the keys of two
        different pictures at the earlier time. 1: an old key is as far from its own picture as a
        stranger's is.

    Raises
    ------
    ValueError
        If there are not more records than `wait`.
    """
    if not 0 < wait < len(keys):
        raise ValueError(f"wait must be 1 to {len(keys) - 1} records, not {wait}.")
    old, k = keys[:-wait], keys.shape[1]
    moved = np.square(keys[wait:] - old).sum(axis=2).mean(axis=1)
    apart = 2 * k / (k - 1) * (1 - np.square(old.mean(axis=1)).sum(axis=1))
    return moved / apart
