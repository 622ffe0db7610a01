"""Pooling: one row at a time is the specification; NumPy and torch must agree."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers.models.pooling import POOLINGS, pooling_function

OBVIOUS = {
    "cls": lambda tokens: tokens[0],
    "mean": lambda tokens: tokens.mean(0),
    "max": lambda tokens: tokens.max(0),
    "last": lambda tokens: tokens[-1],
}


@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5),
    padding=st.integers(0, 3),
    seed=st.integers(0, 1000),
)
@pytest.mark.parametrize("name", POOLINGS)
def test_equals_the_obvious(name, lengths, padding, seed):
    rng = np.random.default_rng(seed)
    width = max(lengths) + padding
    # All values negative, and large ones in the padding: both would tempt a careless maximum.
    states = -1 - rng.random((len(lengths), width, 4), dtype=np.float32)
    mask = (np.arange(width) < np.array(lengths)[:, None]).astype(np.int64)
    states[mask == 0] = 1e6
    expected = [OBVIOUS[name](row[:n]) for row, n in zip(states, lengths, strict=True)]
    pooled = pooling_function(name)(states, mask)
    assert pooled.dtype == np.float32
    np.testing.assert_allclose(pooled, expected, rtol=1e-5)
    tensor = torch.from_numpy(states).requires_grad_()
    pooled = pooling_function(name)(tensor, torch.from_numpy(mask))
    np.testing.assert_allclose(pooled.detach(), expected, rtol=1e-5)
    pooled.sum().backward()
    assert not tensor.grad[torch.from_numpy(mask) == 0].any()


def test_no_tokens_and_no_such_pooling():
    zeros = pooling_function("mean")(np.ones((1, 2, 3)), np.zeros((1, 2), np.int64))
    assert not zeros.any()
    with pytest.raises(ValueError, match="no pooling 'average': choose from cls, mean, max, last"):
        pooling_function("average")
