"""The tests of embeddings that lesson 04 uses, and its stored runs."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from helpers import image_quality
from helpers.image_quality import (
    FACTORS,
    TESTS,
    flat,
    load_image_runs,
    moved,
    network_of_z,
    quality,
    repeated_views,
    scatter_shares,
    two_view_scores,
    views_with_factors,
)
from helpers.image_training import Run


@pytest.fixture
def bars():
    """Make pictures of three classes: a bright square in one of three corners."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 30)
    images = rng.integers(0, 60, (90, 12, 12)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        top, left = ((1, 1), (1, 7), (7, 1))[label]
        image[top : top + 4, left : left + 4] = 255
    order = rng.permutation(90)
    return images[order], labels[order]


def test_quality_is_high_where_classes_are_plain(bars):
    images, labels = bars
    found = quality(flat, images[:70], labels[:70], images[70:], labels[70:])
    assert tuple(found) == TESTS
    assert found["few"] > 0.95 and found["linear"] > 0.95 and found["moved"] > 0.5


def test_quality_takes_networks_and_functions_alike(bars):
    images, labels = bars
    sets = images[:70], labels[:70], images[70:], labels[70:]
    assert quality(nn.Flatten(), *sets) == quality(flat, *sets)


def test_moved_is_repeatable_and_moves(bars):
    images, _ = bars
    assert torch.equal(moved(images), moved(images))
    assert not torch.equal(moved(images), moved(images, seed=8))
    assert moved(images).shape == (90, 1, 12, 12)


def test_factors_are_what_was_done(bars):
    images, _ = bars
    views, factors = views_with_factors(images, seed=3)
    assert views.shape == (90, 1, 12, 12) and factors.shape == (90, len(FACTORS))
    assert (np.abs(factors) <= np.array([20, 0.3567, 0.15, 0.15, 1.0001])).all()
    assert factors[:, 4].min() >= 0.6
    # Brightness scales the whole view, so that its largest pixel cannot exceed the factor.
    assert (views.flatten(1).amax(1).numpy() <= factors[:, 4] + 1e-6).all()
    dot = np.zeros((200, 12, 12), dtype=np.uint8)
    dot[:, 5:7, 5:7] = 255
    views, factors = views_with_factors(dot, seed=3)
    column = (views.sum(2) * torch.arange(12)).sum((1, 2)) / views.sum((1, 2, 3))
    assert np.corrcoef(column.numpy(), factors[:, 2])[0, 1] > 0.9


def test_repeated_views_stay_with_their_image(bars):
    images, _ = bars
    views = repeated_views(images[:5], views=3)
    assert views.shape == (15, 1, 12, 12)
    assert not torch.equal(views[0], views[1])


def test_shares_split_the_scatter():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 20)
    rows = rng.normal(size=(20 * 4, 5)) + 2 * np.repeat(np.eye(5)[labels], 4, axis=0)
    found = scatter_shares(rows, labels, views=4)
    assert sum(found.values()) == pytest.approx(1)
    unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).reshape(20, 4, 5)
    total = np.square(unit - unit.mean((0, 1))).sum(2).mean()
    views = np.square(unit - unit.mean(1, keepdims=True)).sum(2).mean()
    assert found["view"] == pytest.approx(views / total)
    middles = np.array([unit[labels == c].mean((0, 1)) for c in labels])
    between = np.square(middles - unit.mean((0, 1))).sum(1).mean()
    assert found["class"] == pytest.approx(between / total)


def test_two_view_scores_of_extremes(bars):
    images, _ = bars
    constant = two_view_scores(lambda views: np.ones((len(views), 3), np.float32), images)
    assert constant == pytest.approx({"alignment": 0, "uniformity": 0})
    rng = np.random.default_rng(2)
    noise = two_view_scores(lambda views: rng.normal(size=(len(views), 64)), images)
    assert noise["alignment"] == pytest.approx(2, abs=0.2)
    assert noise["uniformity"] == pytest.approx(-3.9, abs=0.2)


def test_networks_are_measured_in_evaluation_mode(bars):
    images, _ = bars
    network = nn.Sequential(nn.Flatten(), nn.Linear(144, 8), nn.BatchNorm1d(8))
    found = two_view_scores(network, images)
    assert found == two_view_scores(network.eval(), images)


def test_z_is_head_of_encoder():
    run = Run(nn.Linear(3, 4), nn.Linear(4, 2), {})
    x = torch.randn(5, 3)
    assert torch.equal(network_of_z(run)(x), run.head(run.encoder(x)))


def test_stored_runs_hold_what_the_lesson_reads():
    runs = load_image_runs()["runs"]
    for arm in ("simclr", "supervised", "supervised, views", "autoencoder"):
        assert len(runs[arm]) >= 2 and set(TESTS) < set(runs[arm]["1"]["h"])
    assert set(FACTORS) == set(runs["simclr"]["1"]["z"]["factors"])
    assert all(len(curve) == 5 for curve in runs["simclr"]["1"]["curves"].values())


def test_a_damaged_file_says_what_to_do(tmp_path, monkeypatch):
    path = tmp_path / "contrastive_images.json"
    monkeypatch.setattr(image_quality, "STORED", path)
    with pytest.raises(ValueError, match="benchmarks.contrastive_images"):
        load_image_runs()
    path.write_text(json.dumps({"format": 0}))
    with pytest.raises(ValueError, match="format"):
        load_image_runs()
