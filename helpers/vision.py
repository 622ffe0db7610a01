"""Small networks for small images.

References
----------
Chen et al. (2020), "A Simple Framework for Contrastive Learning of Visual Representations"
(encoder and projection head).
"""

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["ProjectionHead", "SmallDecoder", "SmallEncoder", "embed", "pixels"]


def pixels(images) -> Tensor:
    """Turn images into what networks take.

    Parameters
    ----------
    images : array_like (n, h, w) or (n, h, w, 3), uint8, or float in [0, 1]

    Returns
    -------
    Tensor (n, 1, h, w) or (n, 3, h, w), float32
        In [0, 1].

    Raises
    ------
    ValueError
        If the shape or the values are those of something else.
    """
    images = np.asarray(images)
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[3] not in (1, 3):
        raise ValueError(
            f"images must have the shape (n, h, w) or (n, h, w, 3), not {images.shape}."
        )
    if images.dtype == np.uint8:
        scaled = images.astype(np.float32) / np.float32(255)
    elif np.issubdtype(images.dtype, np.floating):
        scaled = images.astype(np.float32)
    else:
        raise ValueError(f"images must be uint8, or float in [0, 1], not {images.dtype}.")
    if scaled.size and not (scaled.min() >= 0 and scaled.max() <= 1):
        raise ValueError("float images must lie in [0, 1]: divide them by their largest value.")
    return torch.from_numpy(np.ascontiguousarray(scaled.transpose(0, 3, 1, 2)))


class SmallEncoder(nn.Module):
    """Three convolutions that each halve the picture, then a linear layer: h = f(x).

    Parameters
    ----------
    dim : int
        Width of h.
    channels : int
        1 for grey images, 3 for colour.
    size : int
        Height and width of the images.
    width : int
        Channels of the first convolution; the next two have twice and four times as many.

    Attributes
    ----------
    dim : int
        Width of h.
    """

    def __init__(self, dim: int = 64, channels: int = 1, size: int = 28, width: int = 16):
        super().__init__()
        if min(dim, channels, size, width) < 1:
            raise ValueError("dim, channels, size and width must be 1 or more.")
        self.dim, self.channels, self.size = dim, channels, size
        self.features = nn.Sequential(
            nn.Conv2d(channels, width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.out = nn.Linear(4 * width * (-(-size // 8)) ** 2, dim)
        self.to(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        """Encode images (n, channels, size, size) as (n, dim)."""
        return self.out(self.features(images.contiguous(memory_format=torch.channels_last)))


class SmallDecoder(nn.Module):
    """The way back of an autoencoder: a vector (n, dim) becomes an image (n, channels, size, size).

    Parameters
    ----------
    dim, channels, size, width : int
        As for :class:`SmallEncoder`; `size` is a multiple of 4.
    """

    def __init__(self, dim: int = 64, channels: int = 1, size: int = 28, width: int = 16):
        super().__init__()
        if size % 4:
            raise ValueError(f"size must be a multiple of 4, not {size}.")
        self.side, self.width = size // 4, width
        self.inner = nn.Linear(dim, 2 * width * self.side**2)
        self.grow = nn.Sequential(
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
        )
        self.to(memory_format=torch.channels_last)

    def forward(self, codes: Tensor) -> Tensor:
        """Decode (n, dim) to images; values may lie a little outside [0, 1]."""
        maps = self.inner(codes).view(len(codes), 2 * self.width, self.side, self.side)
        return self.grow(maps.contiguous(memory_format=torch.channels_last))


class ProjectionHead(nn.Sequential):
    """z = g(h): a hidden layer between h and the loss, thrown away after training.

    Parameters
    ----------
    dim, hidden, out : int
        Widths of h, of the hidden layer and of z.
    batch_norm : bool
        Standardise the hidden layer over the batch.
    """

    def __init__(self, dim: int = 64, hidden: int = 128, out: int = 64, batch_norm: bool = True):
        between = [nn.BatchNorm1d(hidden)] if batch_norm else []
        super().__init__(nn.Linear(dim, hidden), *between, nn.ReLU(), nn.Linear(hidden, out))
        self.dim = out


def embed(network: nn.Module, images, batch_size: int = 1000) -> np.ndarray:
    """Encode images without gradients.

    Parameters
    ----------
    network : Module
        An encoder, or ``Sequential(encoder, head)`` for z.
    images : array_like or Tensor
        As for :func:`pixels`, or what it returns.
    batch_size : int
        Images at a time.

    Returns
    -------
    ndarray (n, dim), float32
        Not scaled to length 1.

    Raises
    ------
    ValueError
        As :func:`pixels`.
    """
    images = images if isinstance(images, Tensor) else pixels(images)
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            return torch.cat([network(part) for part in images.split(batch_size)]).numpy()
    finally:
        network.train(training)
