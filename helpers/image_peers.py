"""Two peers of self-supervised learning that need no views: a classifier and an autoencoder.

The embedding of the first is its last hidden layer, that of the second the code in the middle.

References
----------
Hinton & Salakhutdinov (2006), "Reducing the Dimensionality of Data with Neural Networks".
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from helpers.image_training import Run, fit, seeded_encoder
from helpers.seeding import seeded_weights
from helpers.vision import SmallDecoder

__all__ = ["train_autoencoder", "train_supervised"]


def train_supervised(
    images,
    labels,
    *,
    encoder: nn.Module | None = None,
    augment: Callable | None = None,
    seed: int = 1,
    **settings,
) -> Run:
    """Train a classifier: one linear layer over h = encoder(x), cross-entropy.

    Parameters
    ----------
    images : array_like (n, h, w) or (n, h, w, 3)
    labels : array_like (n,)
        Whole numbers from 0.
    encoder : Module, optional
        Trained in place; by default a new one of 64 numbers.
    augment : callable, optional
        Makes the view that is classified, as for
        :func:`helpers.self_supervised.train_simclr`; by default the image itself.
    seed : int
        Of weights, batches and views.
    **settings
        Of :func:`fit`.

    Returns
    -------
    Run
        `head` is the linear layer.

    Raises
    ------
    ValueError
        If images, labels or settings make no sense.
    """
    labels = np.asarray(labels)
    if labels.shape != (len(images),) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"give one whole number as label for each of the {len(images)} images.")
    if labels.min() < 0:
        raise ValueError("labels must count from 0.")
    encoder = encoder if encoder is not None else seeded_encoder(images, seed)
    with seeded_weights(seed):
        # The nonlinearity makes h a hidden layer; probes read h in front of it.
        head = nn.Sequential(nn.ReLU(), nn.Linear(encoder.dim, int(labels.max()) + 1))
    network, targets = nn.Sequential(encoder, head), torch.from_numpy(labels.astype(np.int64))

    def step(batch, rows, generator):
        views = batch if augment is None else augment(batch, generator)
        return F.cross_entropy(network(views), targets[rows]), None

    run = Run(encoder, head, {})
    return fit(run, images, step, network, seed, **{"label": "Classifier", **settings})


def train_autoencoder(
    images,
    *,
    encoder: nn.Module | None = None,
    augment: Callable | None = None,
    seed: int = 1,
    **settings,
) -> Run:
    """Train encoder and decoder to give each image back; the code between is the embedding.

    Parameters
    ----------
    images, encoder, seed, **settings
        As for :func:`train_supervised`.
    augment : callable, optional
        Changes the picture that is encoded and must be given back.

    Returns
    -------
    Run
        `head` is the decoder. The loss is the mean squared error of a pixel.

    Raises
    ------
    ValueError
        If images or settings make no sense.
    """
    encoder = encoder if encoder is not None else seeded_encoder(images, seed)
    with seeded_weights(seed):
        decoder = SmallDecoder(encoder.dim, encoder.channels, encoder.size)
    network = nn.Sequential(encoder, decoder)

    def step(batch, rows, generator):
        views = batch if augment is None else augment(batch, generator)
        return F.mse_loss(network(views), views), None

    run = Run(encoder, decoder, {})
    return fit(run, images, step, network, seed, **{"label": "Autoencoder", **settings})
