"""Denominators of a contrastive loss: the right one, and what two slips make of it."""

import math

import pytest
import torch

from helpers.contrastive import nt_xent
from helpers.denominators import DENOMINATORS, denominator_loss


@pytest.fixture
def pair():
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(5, 4, generator=generator, dtype=torch.float64) for _ in range(2)]


def slow(z1, z2, tau, denominator):
    z = torch.cat([z1, z2])
    z, n, losses = z / z.norm(dim=1, keepdim=True), len(z1), []
    for i in range(2 * n):
        side = range(n) if i < n else range(n, 2 * n)
        columns = {
            "right": [j for j in range(2 * n) if j != i],
            "anchor too": list(range(2 * n)),
            "own side": list(side),
        }[denominator]
        total = sum(math.exp(z[i] @ z[j] / tau) for j in columns)
        losses.append(math.log(total) - float(z[i] @ z[(i + n) % (2 * n)]) / tau)
    return sum(losses) / len(losses)


@pytest.mark.parametrize("denominator", DENOMINATORS)
def test_equals_the_sums_written_out(pair, denominator):
    found = denominator_loss(*pair, 0.3, denominator).item()
    assert found == pytest.approx(slow(*pair, 0.3, denominator), rel=1e-10)


def test_the_right_one_is_nt_xent(pair):
    assert denominator_loss(*pair, 0.2, "right") == nt_xent(*pair, 0.2)


def test_the_anchor_sets_a_floor_of_log_2():
    perfect = torch.eye(6)
    assert denominator_loss(perfect, perfect, 0.01, "anchor too").item() == pytest.approx(
        math.log(2), abs=1e-4
    )
    assert denominator_loss(perfect, perfect, 0.01, "own side").item() < 1e-4


def test_refuses_an_unknown_denominator(pair):
    with pytest.raises(ValueError, match="denominator must be one of"):
        denominator_loss(*pair, 0.1, "none")
