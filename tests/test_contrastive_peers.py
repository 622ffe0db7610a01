"""The course's contrastive losses against those of pytorch-metric-learning: value and gradient."""

import pytest
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import NTXentLoss, SupConLoss, TripletMarginLoss
from pytorch_metric_learning.reducers import MeanReducer

from helpers.contrastive import info_nce, nt_xent, triplet_loss
from helpers.nt_xent import fast_nt_xent


def drawn(seed, *rows, dim=24):
    """Random vectors that want a gradient, an array for each number of rows."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, dim, generator=generator).requires_grad_() for n in rows]


def assert_same(ours, theirs, vectors):
    """Value and gradients agree to 1e-5."""
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    pairs = zip(
        torch.autograd.grad(ours, vectors), torch.autograd.grad(theirs, vectors), strict=True
    )
    for mine, other in pairs:
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", [nt_xent, fast_nt_xent])
@pytest.mark.parametrize("peer", [NTXentLoss, SupConLoss])
@pytest.mark.parametrize("temperature", [0.05, 0.1, 0.5, 5.0])
@pytest.mark.parametrize("n", [2, 7, 32])
def test_nt_xent(loss, peer, temperature, n):
    views = drawn(n, n, n)
    theirs = peer(temperature=temperature)(torch.cat(views), torch.arange(n).repeat(2))
    assert_same(loss(*views, temperature), theirs, views)


@pytest.mark.parametrize("n, queue", [(2, 1), (5, 3), (16, 40)])
def test_info_nce_with_a_queue(n, queue):
    query, positive, negatives = vectors = drawn(queue, n, n, queue)
    rows = torch.arange(n)
    pairs = rows, rows, rows.repeat_interleave(queue), (n + torch.arange(queue)).repeat(n)
    theirs = NTXentLoss(temperature=0.1)(
        query, rows, pairs, torch.cat([positive, negatives]), torch.arange(n + queue)
    )
    assert_same(info_nce(query, positive, negatives, 0.1), theirs, vectors)


@pytest.mark.parametrize("margin", [0.0, 0.2, 1.0])
def test_triplet_loss(margin):
    vectors = drawn(3, 20, 20, 20)
    rows = torch.arange(20)
    # Their default mean leaves out triplets that fulfil the margin; ours is over all.
    peer = TripletMarginLoss(margin, distance=LpDistance(power=2), reducer=MeanReducer())
    theirs = peer(torch.cat(vectors), torch.arange(60), (rows, rows + 20, rows + 40))
    assert_same(triplet_loss(*vectors, margin), theirs, vectors)
