"""helpers.contrastive and helpers.nt_xent against loops, limits and float64."""

import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from torch.nn import functional as F

from helpers import nt_xent as nt_xent_module
from helpers.contrastive import (
    alignment,
    barlow_twins_loss,
    byol_loss,
    clip_loss,
    cross_correlation,
    info_nce,
    nt_xent,
    siglip_loss,
    triplet_loss,
    uniformity,
)
from helpers.models.torch_models import torch_threads
from helpers.nt_xent import fast_nt_xent


def rows(n, d=5, seed=0, dtype=torch.float64):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def unit(x):
    x = np.asarray(x)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def slow_nt_xent(z1, z2, tau):
    z = unit(torch.cat([z1, z2]))
    n, losses = len(z1), []
    for i in range(2 * n):
        twin = (i + n) % (2 * n)
        scores = {j: z[i] @ z[j] / tau for j in range(2 * n) if j != i}
        losses.append(logsumexp(list(scores.values())) - scores[twin])
    return np.mean(losses)


@pytest.mark.parametrize("own", [False, True])
def test_info_nce_is_the_formula(own):
    q, p = rows(4), rows(4, seed=1)
    negatives = rows(12, seed=2).view(4, 3, 5) if own else rows(6, seed=2)
    losses = []
    for i in range(4):
        wrong = unit(negatives[i] if own else negatives) @ unit(q)[i] / 0.3
        right = unit(q)[i] @ unit(p)[i] / 0.3
        losses.append(logsumexp([right, *wrong]) - right)
    assert info_nce(q, p, negatives, 0.3).item() == pytest.approx(np.mean(losses))
    same = torch.ones(4, 5, dtype=torch.float64)
    assert info_nce(same, same, same).item() == pytest.approx(math.log(5))


@pytest.mark.parametrize("tau", [0.01, 0.1, 0.5, 10])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_nt_xent_is_the_formula(n, tau):
    z1, z2 = rows(n), rows(n, seed=1)
    expected = slow_nt_xent(z1, z2, tau)
    assert nt_xent(z1, z2, tau).item() == pytest.approx(expected, abs=1e-12)
    assert fast_nt_xent(z1, z2, tau).item() == pytest.approx(expected, abs=1e-12)
    assert nt_xent(3 * z1, z2, tau).item() == pytest.approx(expected, abs=1e-12)


def test_a_constant_costs_log_of_the_others():
    z = torch.ones(8, 3, dtype=torch.float64)
    for loss in (nt_xent, fast_nt_xent):
        assert loss(z, z, 0.1).item() == pytest.approx(math.log(15))


@pytest.mark.parametrize("tau", [0.005, 0.02, 0.0251, 0.1, 2.0])
@pytest.mark.parametrize("tile", [3, 8, 512])
def test_fast_gradient_equals_autograd(monkeypatch, tile, tau):
    monkeypatch.setattr(nt_xent_module, "TILE", tile)
    gradients = []
    for loss in (nt_xent, fast_nt_xent):
        z1, z2 = rows(11).requires_grad_(), rows(11, seed=1).requires_grad_()
        (3 * loss(z1, z2, tau)).backward()
        gradients.append(torch.cat([z1.grad, z2.grad]))
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("tau", [0.01, 0.2])
def test_threads_change_nothing_but_rounding(monkeypatch, tau):
    monkeypatch.setattr(nt_xent_module, "TILE", 8)
    found = []
    for threads in (1, 2, 2):
        inputs = rows(45).requires_grad_(), rows(45, seed=1).requires_grad_()
        with torch_threads(threads):
            loss = fast_nt_xent(*inputs, tau)
            assert torch.get_num_threads() == threads
        loss.backward()
        found.append(torch.cat([z.grad for z in inputs]))
    torch.testing.assert_close(found[0], found[1], rtol=1e-9, atol=1e-12)
    assert (found[1] == found[2]).all()


def test_fast_gradient_by_finite_differences():
    z1, z2 = rows(4).requires_grad_(), rows(4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: fast_nt_xent(a, b, 0.3), (z1, z2))


@pytest.mark.parametrize("tau", [0.01, 0.03, 0.1, 0.5])
def test_float32_is_as_exact_as_promised(tau):
    z1 = rows(700, 128)
    z2 = z1 + 3 * rows(700, 128, seed=1)
    found = []
    for loss, dtype in (
        (nt_xent, torch.float64), (fast_nt_xent, torch.float32), (nt_xent, torch.float32)
    ):  # fmt: skip
        inputs = [z.to(dtype).clone().requires_grad_() for z in (z1, z2)]
        value = loss(*inputs, tau)
        value.backward()
        found.append((value.item(), torch.cat([z.grad for z in inputs]).double()))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-5, abs=1e-6 / tau)
    exact = found[0][1]
    errors = [((gradient - exact).norm() / exact.norm()).item() for _, gradient in found[1:]]
    # Scores of 1 / tau carry rounding errors of that size, whoever computes them.
    assert errors[0] < (3e-6 if tau >= 0.1 else 2 * errors[1])


def test_fast_loss_without_gradients_and_with_one_side():
    z1, z2 = rows(6), rows(6, seed=1).requires_grad_()
    with torch.no_grad():
        assert not fast_nt_xent(z1, z2).requires_grad
    fast_nt_xent(z1, z2).backward()
    assert z1.grad is None and z2.grad.abs().sum() > 0
    zero = torch.zeros(3, 4, requires_grad=True)
    fast_nt_xent(zero, torch.ones(3, 4)).backward()
    assert torch.isfinite(zero.grad).all()


def test_clip_loss_is_the_mean_of_both_ways():
    a, b = rows(6), rows(6, seed=1)
    scores = unit(a) @ unit(b).T / 0.2
    ways = [np.mean(logsumexp(s, axis=1) - np.diag(s)) for s in (scores, scores.T)]
    assert clip_loss(a, b, 0.2).item() == pytest.approx(np.mean(ways))
    assert clip_loss(b, a, 0.2).item() == pytest.approx(np.mean(ways))
    assert clip_loss(a, a, 0.001).item() == pytest.approx(0, abs=1e-9)
    temperature = torch.tensor(0.2, requires_grad=True)
    clip_loss(a, b, temperature).backward()
    assert temperature.grad is not None


def test_siglip_loss_is_a_sum_over_pairs():
    a, b = rows(3), rows(3, seed=1)
    total = 0
    for i in range(3):
        for j in range(3):
            logit = unit(a)[i] @ unit(b)[j] / 0.5 - 2
            total += math.log1p(math.exp(-logit if i == j else logit))
    assert siglip_loss(a, b, 0.5, -2).item() == pytest.approx(total / 3)


def test_triplet_loss_is_a_hinge_on_squared_distances():
    eye = torch.eye(2)
    assert triplet_loss(eye, eye, eye.flip(0)) == 0
    assert triplet_loss(eye, eye.flip(0), 5 * eye, 0.5).item() == pytest.approx(2.5)
    a, p, n = rows(5), rows(5, seed=1), rows(5, seed=2)
    cosines = [F.cosine_similarity(a, x) for x in (p, n)]
    expected = F.relu(2 * cosines[1] - 2 * cosines[0] + 0.7).mean()
    assert torch.isclose(triplet_loss(a, p, n, 0.7), expected)


def test_byol_loss_is_the_squared_distance_of_directions():
    a, b = rows(5), rows(5, seed=1)
    squared = np.square(unit(a) - unit(b)).sum(1).mean()
    assert byol_loss(a, 3 * b).item() == pytest.approx(squared)


def test_barlow_twins():
    z1, z2 = rows(50), rows(50, seed=1)
    c = np.corrcoef(z1.T, z2.T)[:5, 5:]
    np.testing.assert_allclose(cross_correlation(z1, z2, 0), c, atol=1e-12)
    off = c - np.diag(np.diag(c))
    expected = np.square(1 - np.diag(c)).sum() + 0.1 * np.square(off).sum()
    assert barlow_twins_loss(z1, z2, 0.1).item() == pytest.approx(expected, rel=1e-4)
    constant = torch.ones(8, 6)
    assert barlow_twins_loss(constant, constant) == 6
    # Copies of one coordinate pay for the off-diagonal.
    copies = z1[:, :1].repeat(1, 5)
    assert barlow_twins_loss(copies, copies, 1.0).item() == pytest.approx(20, rel=1e-3)


def test_alignment_and_uniformity():
    a, b = rows(6), rows(6, seed=1)
    distances = np.linalg.norm(unit(a) - unit(b), axis=1)
    assert alignment(a, b).item() == pytest.approx(np.mean(distances**2))
    assert alignment(a, b, 1).item() == pytest.approx(np.mean(distances))
    assert alignment(a, -a).item() == pytest.approx(4)
    z = unit(a)
    pairs = [np.exp(-2 * np.square(z[i] - z[j]).sum()) for i in range(6) for j in range(i)]
    assert uniformity(a).item() == pytest.approx(np.log(np.mean(pairs)))
    assert uniformity(torch.ones(4, 3)) == 0


A, B = torch.ones(3, 2), torch.ones(4, 2)
BAD = [
    (lambda: nt_xent(A, B), "same shape"),
    (lambda: fast_nt_xent(A, B), "same shape"),
    (lambda: fast_nt_xent(A.long(), A.long()), "float matrices"),
    (lambda: fast_nt_xent(A, A, 0), "positive"),
    (lambda: nt_xent(A, A, -1), "positive"),
    (lambda: nt_xent(A[0], A[0]), "matrices"),
    (lambda: nt_xent(A[:0], A[:0]), "matrices"),
    (lambda: info_nce(A, A, torch.ones(5, 3)), "negatives must be"),
    (lambda: clip_loss(A, B), "same shape"),
    (lambda: triplet_loss(A, A, B), "same shape"),
    (lambda: barlow_twins_loss(A, B), "same shape"),
    (lambda: uniformity(A[:1]), "two rows"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input_is_one_clear_line(call, message):
    with pytest.raises(ValueError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)
