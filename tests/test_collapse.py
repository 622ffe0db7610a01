"""Gauges of collapse, BYOL by hand and as a model with one weight, and the stored runs."""

import numpy as np
import pytest
import torch

from helpers import collapse
from helpers.augmentations import Augmentations
from helpers.collapse import (
    FirstBatchNorm,
    diagnose,
    linear_byol,
    linear_byol_gradient,
    load_collapse_runs,
    train_byol_norm,
)
from helpers.plots.collapse import correlation_slider, flow_panels
from helpers.self_supervised import train_byol


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (64, 8, 8)).astype(np.uint8)


def test_a_point_a_line_and_a_cloud():
    rng = np.random.default_rng(1)
    cloud = rng.normal(size=(200, 40))
    assert diagnose(cloud).verdict == "none"
    assert 0.9 < diagnose(cloud).std < 1.1 and diagnose(cloud).rank > 30
    assert diagnose(5 + 0.01 * cloud).verdict == "complete"
    line = rng.normal(size=(200, 1)) * rng.normal(size=40)
    assert diagnose(line).verdict == "dimensional"
    assert abs(diagnose(line).rank - 1) < 1e-6 and diagnose(line).std > 0.7


def test_nothing_varies():
    assert diagnose(np.full((5, 3), 0.1)) == (pytest.approx(0, abs=1e-12), 1.0, "complete")
    assert diagnose(np.zeros((5, 3))).verdict == "complete"
    with pytest.raises(ValueError, match="a row for each input"):
        diagnose(np.zeros(3))


def test_lengths_do_not_matter():
    z = np.random.default_rng(2).normal(size=(30, 6))
    longer = z * np.arange(1, 31)[:, None]
    assert np.allclose(diagnose(z)[:2], diagnose(longer)[:2])


def test_with_batchnorm_it_is_byol(images):
    settings = {"epochs": 2, "batch_size": 16, "label": None, "seed": 3}
    mine, theirs = train_byol_norm(images, norm="batch", **settings), train_byol(images, **settings)
    for a, b in zip(mine.encoder.parameters(), theirs.encoder.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("settings", [{"predictor": False}, {"stop_gradient": False}])
def test_ablations_are_those_of_byol(images, settings):
    settings = settings | {"epochs": 1, "batch_size": 16, "label": None}
    mine, theirs = train_byol_norm(images, norm="batch", **settings), train_byol(images, **settings)
    assert np.array_equal(mine.history["loss"], theirs.history["loss"])


@pytest.mark.parametrize("norm", ["none", "layer", "first batch"])
def test_other_norms_do_not_look_at_the_batch(images, norm):
    run = train_byol_norm(images, norm=norm, epochs=1, batch_size=16, label=None)
    network = torch.nn.Sequential(run.encoder, run.head).train()
    rows = Augmentations().only()(torch.rand(6, 1, 8, 8), torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.allclose(network(rows)[:2], network(rows[:2]), atol=1e-5)


def test_unknown_norm(images):
    with pytest.raises(ValueError, match="norm must be one of"):
        train_byol_norm(images, norm="group")


def test_the_first_batch_is_kept():
    layer = FirstBatchNorm(2)
    first = layer(torch.tensor([[0.0, 1.0], [2.0, 5.0]]))
    assert torch.allclose(first, torch.tensor([[-1.0, -1.0], [1.0, 1.0]]), atol=1e-4)
    assert torch.allclose(layer(torch.tensor([[1.0, 3.0]])), torch.zeros(1, 2))


@pytest.mark.parametrize("stop", [True, False])
def test_the_model_follows_its_gradients(stop):
    w, p, noise, step = 0.7, 0.4, 0.3, 1e-5

    def loss(w, p, target):  # E (p w x1 - target x2)^2 / 2
        return ((p * w) ** 2 * (1 + noise) - 2 * p * w * target + target**2 * (1 + noise)) / 2

    for_p, for_w = linear_byol_gradient(w, p, stop_gradient=stop, noise=noise)
    assert for_p == pytest.approx((loss(w, p + step, w) - loss(w, p - step, w)) / (2 * step))
    high, low = w + step, w - step
    ends = (w, w) if stop else (high, low)
    change = loss(high, p, ends[0]) - loss(low, p, ends[1])
    assert for_w == pytest.approx(change / (2 * step))


def test_only_the_full_model_leaves_the_neighbourhood_of_zero():
    assert linear_byol(0.1, 0.3)[-1, 0] > 0.5
    assert linear_byol(0.1, 0.3, stop_gradient=False)[-1, 0] < 1e-6
    assert linear_byol(0.1, 0.3, predictor=False)[-1, 0] < 1e-6
    assert linear_byol(0.1, 0.3, steps=7).shape == (8, 3)
    with pytest.raises(ValueError, match="rate positive"):
        linear_byol(0.1, 0.3, rate=0)


def test_stored_runs_hold_what_the_lesson_says():
    runs = load_collapse_runs()["runs"]
    assert all(row["verdict"] == "complete" for row in runs["no stop-gradient"].values())
    assert all(row["verdict"] == "none" for row in runs["byol"].values())
    assert len(runs["byol"]) == 3


def test_stored_runs_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(collapse, "STORED", tmp_path / "nothing.json")
    with pytest.raises(ValueError, match="contrastive_collapse"):
        load_collapse_runs()


def test_figures():
    c = [np.eye(30), np.ones((30, 30))]
    live, static = correlation_slider({"one": c, "two": c}, ["before", "after"])
    assert [trace.visible for trace in live.data] == [True, False] * 2
    assert live.layout.sliders[0].steps[1].args[0]["visible"] == [False, True] * 2
    assert len(static.axes) == 4  # three matrices and the colour bar
    with pytest.raises(ValueError, match="one matrix for each stop"):
        correlation_slider({"one": c}, ["before"])
    path = linear_byol(0.1, 0.3, steps=50)
    assert len(flow_panels({"with": {"a": path}, "without": {"b": path}}, noise=0.5).axes) == 3
