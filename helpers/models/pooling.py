"""From token states to one vector a text: CLS, mean, max, last token.

Every function takes NumPy arrays or torch tensors and returns the same kind, so that it serves
for encoding and, with gradients, for training.
"""

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import torch

__all__ = ["POOLINGS", "cls_pool", "last_pool", "max_pool", "mean_pool", "pooling_function"]


def cls_pool(states, mask):
    """Take the state of the first token, [CLS].

    Parameters
    ----------
    states : array or Tensor (b, L, d)
        Token states.
    mask : array or Tensor (b, L)
        1 for tokens, 0 for padding (not needed here).

    Returns
    -------
    array or Tensor (b, d)
    """
    return states[:, 0]


def mean_pool(states, mask):
    """Average the states of the tokens, without the padding; arguments as :func:`cls_pool`.

    A row without any token gives zeros.
    """
    weights = (mask[..., None] != 0) * _library(states).ones_like(states[..., :1])
    return (states * weights).sum(1) / weights.sum(1).clip(1)


def max_pool(states, mask):
    """Take the largest value of each feature over the tokens; arguments as :func:`cls_pool`."""
    where, amax = _library(states).where, _library(states).amax
    # Padding must never win, also where every token's value is negative.
    return amax(where(mask[..., None] != 0, states, -float("inf")), 1)


def last_pool(states, mask):
    """Take the state of the last token, which in a causal encoder alone has seen all the others.

    Arguments as :func:`cls_pool`; the padding stands at the right.
    """
    return states[list(range(len(states))), mask.sum(1) - 1]


POOLINGS = MappingProxyType(
    {"cls": cls_pool, "mean": mean_pool, "max": max_pool, "last": last_pool}
)


def pooling_function(name: str) -> Callable:
    """Return the pooling called `name`.

    Raises
    ------
    ValueError
        If there is none; the message lists them.
    """
    if name not in POOLINGS:
        raise ValueError(f"there is no pooling {name!r}: choose from {', '.join(POOLINGS)}.")
    return POOLINGS[name]


def _library(states):
    return torch if isinstance(states, torch.Tensor) else np
