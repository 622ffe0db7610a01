import numpy as np
import pytest
import torch

from helpers.matryoshka import (
    MatryoshkaLoss,
    principal_axes,
    top_k,
    truncate,
    two_stage,
    winners_changed,
)
from helpers.siamese import RankingLoss


@pytest.fixture
def vectors():
    rng = np.random.default_rng(1)
    made = rng.normal(size=(300, 16)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_truncate_keeps_the_first_and_renormalises(vectors):
    cut = truncate(vectors, 5)
    assert np.allclose(np.linalg.norm(cut, axis=1), 1)
    assert np.allclose(cut * np.linalg.norm(vectors[:, :5], axis=1, keepdims=True), vectors[:, :5])
    assert (truncate(vectors, 5, normalize=False) == vectors[:, :5]).all()
    assert (truncate([[0.0, 0.0, 1.0]], 2) == 0).all()
    before = vectors.copy()
    truncate(vectors, 16)
    assert (vectors == before).all()


@pytest.mark.parametrize("size", [0, 17])
def test_truncate_refuses_other_sizes(vectors, size):
    with pytest.raises(ValueError, match="1 to d"):
        truncate(vectors, size)


def test_the_loss_is_the_sum_over_sizes():
    u, v = torch.randn(6, 8), torch.randn(6, 8)
    loss = RankingLoss()
    expected = loss(u[:, :2], v[:, :2]) + loss(u[:, :8], v[:, :8])
    assert torch.isclose(MatryoshkaLoss(loss, (2, 8))(u, v), expected)
    # Only the trained sizes get a gradient.
    u.requires_grad_()
    MatryoshkaLoss(loss, (3,))(u, v).backward()
    assert (u.grad[:, 3:] == 0).all() and (u.grad[:, :3] != 0).any()
    with pytest.raises(ValueError, match="at least one"):
        MatryoshkaLoss(loss, ())


def test_principal_axes_are_a_rotation_with_the_most_first(vectors):
    turned = vectors @ principal_axes(vectors)
    assert np.allclose(turned @ turned.T, vectors @ vectors.T, atol=1e-5)
    assert (np.diff((turned**2).sum(0)) <= 1e-4).all()
    # A sample in a plane: two directions hold all of it.
    plane = (vectors[:, :2] @ vectors[:2]).astype(np.float64)
    cut = (plane @ principal_axes(plane))[:, :2]
    assert np.allclose(cut @ cut.T, plane @ plane.T, atol=1e-4)
    with pytest.raises(ValueError, match="must be vectors"):
        principal_axes(vectors[0])


def test_two_stages_with_all_candidates_are_exact(vectors):
    queries, documents = vectors[:20], vectors[20:]
    exact = top_k(queries @ documents.T, 280)
    assert (exact == np.argsort(-(queries @ documents.T), axis=1, kind="stable")).all()
    assert (two_stage(queries, documents, size=4, candidates=280) == exact).all()
    few = two_stage(queries, documents, size=4, candidates=10)
    assert few.shape == (20, 10)
    scores = np.take_along_axis(queries @ documents.T, few, 1)
    assert (np.diff(scores, axis=1) <= 0).all()
    with pytest.raises(ValueError, match="candidates"):
        two_stage(queries, documents, size=4, candidates=281)


def test_only_the_documents_lengths_change_winners(vectors):
    documents_raw, queries_raw = winners_changed(vectors[:100], vectors[100:], 3)
    assert documents_raw > 0.05 and queries_raw == 0
    assert winners_changed(vectors[:100], vectors[100:], 16) == (0, 0)


def test_size_curves_draw_every_method():
    from helpers.plots.size_curves import size_curves

    curves = {"plain": {1: 0.1, 2: 0.4, 3: 0.5}, "nested": {1: 0.2, 3: 0.5}}
    interactive, static = size_curves(curves, {1: [0.2, 0.3], 3: [0.5, 0.5]}, "found")
    assert [trace.name for trace in interactive.data] == ["plain", "nested", "dedicated"]
    assert list(interactive.data[1].x) == [1, 3]
    assert list(interactive.data[2].y) == [0.25, 0.5]
    assert len(static.axes[0].lines) == 3
