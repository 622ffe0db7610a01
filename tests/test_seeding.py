"""Seeded initial weights are the same in one thread and in several at once."""

from concurrent.futures import ThreadPoolExecutor

import torch
from torch import nn

from helpers.seeding import seeded_weights


def weights(seed):
    with seeded_weights(seed):
        return nn.Sequential(*(nn.Linear(64, 64) for _ in range(30)))[-1].weight


def test_threads_do_not_disturb_each_other():
    alone = [weights(seed) for seed in range(6)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(weights, range(6)))
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))


def test_the_global_generator_is_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    weights(1)
    assert torch.equal(torch.rand(2), expected)
