"""The slow network and the queue of MoCo, the slow target of BYOL.

References
----------
He et al. (2020), "Momentum Contrast for Unsupervised Visual Representation Learning".
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["FifoQueue", "momentum_update"]


class FifoQueue:
    """The latest keys: the oldest are overwritten first.

    Parameters
    ----------
    size, dim : int
        Rows and columns.
    seed : int
        Of the random directions that it starts with.

    Attributes
    ----------
    keys : Tensor (size, dim), float32
        Rows of length 1.
    place : int
        Where the next key goes.
    """

    def __init__(self, size: int, dim: int, seed: int = 0):
        if min(size, dim) < 1:
            raise ValueError("the queue needs at least one row and one column.")
        start = torch.randn(size, dim, generator=torch.Generator().manual_seed(seed))
        self.keys, self.place = F.normalize(start, dim=1), 0

    def push(self, keys: Tensor) -> None:
        """Put a batch (n, dim) in; it goes on at the top when the bottom is reached.

        Raises
        ------
        ValueError
            If the batch is larger than the queue.
        """
        if len(keys) > len(self.keys):
            raise ValueError(f"{len(keys)} keys do not fit into a queue of {len(self.keys)}.")
        rows = (self.place + torch.arange(len(keys))) % len(self.keys)
        # A new tensor, because the loss of this step may still need the old one.
        self.keys = self.keys.index_copy(0, rows, keys.detach())
        self.place = (self.place + len(keys)) % len(self.keys)


@torch.no_grad()
def momentum_update(slow: nn.Module, fast: nn.Module, momentum: float) -> None:
    """Move the slow network's weights: ``slow = momentum * slow + (1 - momentum) * fast``.

    Buffers, such as the means of a BatchNorm, are copied.
    """
    for old, new in zip(slow.parameters(), fast.parameters(), strict=True):
        old.lerp_(new, 1 - momentum)
    for old, new in zip(slow.buffers(), fast.buffers(), strict=True):
        old.copy_(new)
