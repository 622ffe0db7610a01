"""Seeded initial weights, also where several trainings start at once."""

import contextlib
import threading
from collections.abc import Iterator

import torch

__all__ = ["seeded_weights"]

_LOCK = threading.Lock()


@contextlib.contextmanager
def seeded_weights(seed: int) -> Iterator[None]:
    """Seed PyTorch's global generator inside the block and put it back as it was after it.

    Modules draw their initial weights from that one generator. It belongs to all threads, so only
    one thread at a time is let into such a block: else two trainings that start side by side would
    draw from each other's sequence, and no run could be repeated.

    Parameters
    ----------
    seed : int
    """
    with _LOCK, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
