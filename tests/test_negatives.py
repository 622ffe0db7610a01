"""Pushes on negatives, groups of neighbours, and keys that age."""

import numpy as np
import pytest
import torch

from helpers import data
from helpers.contrastive import nt_xent
from helpers.hard_batches import (
    cosines_to_others,
    nearest,
    pick_neighbours,
    train_on_groups,
)
from helpers.moco_keys import key_drift, train_moco_watched
from helpers.negatives import (
    false_share,
    load_negative_runs,
    nt_xent_in_groups,
    outputs_kept,
    push_by_choice,
    push_in_batches,
    push_shares,
)
from helpers.plots.negatives import threshold_explorer
from helpers.self_supervised import train_moco, train_simclr


@pytest.fixture
def views():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(6, 4))
    return z + 0.3 * rng.normal(size=z.shape), z + 0.3 * rng.normal(size=z.shape)


def test_push_shares_are_the_gradient_of_nt_xent(views):
    one, two = (torch.tensor(z / np.linalg.norm(z, axis=1, keepdims=True)) for z in views)
    both = torch.cat([one, two])
    scores = (one @ both.T / 0.2).requires_grad_()
    masked = scores.masked_fill(torch.eye(6, 12, dtype=torch.bool), -torch.inf)
    torch.nn.functional.cross_entropy(masked, torch.arange(6) + 6, reduction="sum").backward()
    shares = push_shares(*views, 0.2)
    expected = scores.grad.numpy().copy()
    pulls = -expected[np.arange(6), np.arange(6) + 6]
    expected[np.arange(6), np.arange(6) + 6] = 0
    np.testing.assert_allclose(shares, expected, atol=1e-12)
    np.testing.assert_allclose(shares.sum(axis=1), pulls, rtol=1e-9)


def test_false_share_counts_and_weighs():
    shares = np.zeros((2, 4))
    shares[0, 1], shares[0, 3], shares[1, 0] = 0.5, 0.25, 0.25
    assert false_share(shares, [1, 1]) == (1.0, 1.0)
    assert false_share(shares, [1, 2]) == (0.0, 0.0)


def test_pushes_of_batches_and_of_chosen_negatives(views):
    one, two = (z / np.linalg.norm(z, axis=1, keepdims=True) for z in views)
    labels, rng = np.array([0, 0, 1, 1, 2, 2]), np.random.default_rng(3)
    shares = push_shares(one, two, 0.2)
    push, agreement, misled = push_in_batches(one, two, labels, 6, 0.2, rng)
    assert push == pytest.approx(shares.sum(axis=1).mean()) and agreement == pytest.approx(1)
    assert misled == pytest.approx(false_share(shares, labels)[1])
    small = push_in_batches(one, two, labels, 2, 0.2, rng)
    assert small[0] < push and small[1] < 1
    found = push_by_choice(one, two, labels, 3, 0.2, rng)
    assert list(found) == ["3 random", "3 hardest", "all 10"]
    assert found["all 10"] == (pytest.approx(push), pytest.approx(0.2))
    assert found["3 random"][0] < found["3 hardest"][0] < push


def test_outputs_kept_counts_each_layer_but_no_reshaping():
    network = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2)
    )
    assert outputs_kept(network, torch.zeros(5, 1, 2, 2)) == 5 * (3 + 3 + 2)


def test_cosines_to_others_leave_the_row_out():
    vectors = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 3.0]])
    cosines, same = cosines_to_others(vectors, np.array([1, 0, 1]), 2)
    np.testing.assert_allclose(cosines, [[0, 0.5**0.5], [0, 0.5**0.5]], atol=1e-12)
    assert same.tolist() == [[False, True], [False, False]]


def test_one_group_is_nt_xent_and_small_groups_are_its_mean(views):
    one, two = (torch.tensor(z) for z in views)
    torch.testing.assert_close(nt_xent_in_groups(one, two, 6, 0.3), nt_xent(one, two, 0.3))
    halves = [nt_xent(one[rows], two[rows], 0.3) for rows in (slice(0, 3), slice(3, 6))]
    torch.testing.assert_close(nt_xent_in_groups(one, two, 3, 0.3), sum(halves) / 2)
    different = torch.arange(6)
    torch.testing.assert_close(
        nt_xent_in_groups(one, two, 6, 0.3, different), nt_xent(one, two, 0.3)
    )
    alone = nt_xent_in_groups(one, two, 6, 0.3, torch.zeros(6))
    torch.testing.assert_close(alone, torch.zeros((), dtype=torch.float64), atol=1e-9, rtol=0)
    with pytest.raises(ValueError, match="do not divide"):
        nt_xent_in_groups(one, two, 4, 0.3)


def test_nearest_agrees_with_sorting_and_leaves_the_row_out():
    z = np.random.default_rng(2).normal(size=(40, 5))
    z[7] = 2 * z[3]  # The same direction: a neighbour, but not itself
    cosines, rows = nearest(z, 6)
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    table = unit @ unit.T
    np.fill_diagonal(table, -2)
    np.testing.assert_allclose(cosines, -np.sort(-table, axis=1)[:, :6], atol=1e-5)
    assert (rows != np.arange(40)[:, None]).all() and rows[7, 0] == 3
    assert nearest(np.ones((5, 2)), 2)[1].shape == (5, 2)
    with pytest.raises(ValueError, match="k must be"):
        nearest(z, 40)


def test_pick_neighbours_takes_the_nearest_that_count():
    cosines = np.array([[0.9, 0.7, 0.5, 0.3], [0.8, 0.6, 0.55, 0.52]])
    rows = np.array([[4, 3, 2, 1], [1, 2, 3, 4]])
    np.testing.assert_array_equal(pick_neighbours(cosines, rows, 2), [[4, 3], [1, 2]])
    np.testing.assert_array_equal(pick_neighbours(cosines, rows, 2, 0.7), [[2, 1], [2, 3]])
    np.testing.assert_array_equal(pick_neighbours(cosines, rows, 2, 0.53), [[2, 1], [4, 3]])
    odd = rows % 2 == 1
    np.testing.assert_array_equal(pick_neighbours(cosines, rows, 2, allowed=odd), [[3, 1], [1, 3]])


def test_training_goes_on_from_a_copy():
    images = data.digits().train[:128]
    start = train_simclr(images, epochs=1, batch_size=32, label=None)
    before = [w.clone() for w in start.encoder.parameters()]
    near = np.random.default_rng(3).integers(0, 128, (128, 3))
    run = train_on_groups(start, images, near, group=4, batch_size=32, epochs=1, label=None)
    assert all(torch.equal(a, b) for a, b in zip(before, start.encoder.parameters(), strict=True))
    assert not torch.equal(before[0], next(run.encoder.parameters()))
    assert len(run.history["loss"]) and run.history["step"][-1] == 4
    with pytest.raises(ValueError, match="multiple of group"):
        train_on_groups(start, images, near, group=5, batch_size=32)


def test_watched_moco_is_moco():
    images = data.digits().train[:128]
    settings = {"queue_size": 64, "momentum": 0.9, "epochs": 2, "batch_size": 32, "label": None}
    plain = train_moco(images, **settings)
    watched = train_moco_watched(images, data.digits().test[:20], every=2, **settings)
    np.testing.assert_allclose(watched.history["loss"], plain.history["loss"])
    keys = watched.extras["keys"]
    assert keys.shape == (4, 20, 64)
    np.testing.assert_allclose(np.linalg.norm(keys, axis=2), 1, atol=1e-5)


def test_key_drift_in_units_of_the_distance_between_keys():
    corners = np.eye(3)
    np.testing.assert_allclose(key_drift(np.array([corners, corners]), 1), [0], atol=1e-12)
    turned = np.roll(corners, 1, axis=0)  # Each key is where another one was
    np.testing.assert_allclose(key_drift(np.array([corners, turned]), 1), [1])
    with pytest.raises(ValueError, match="wait must be"):
        key_drift(np.array([corners]), 1)


def test_stored_runs_have_what_the_lesson_reads():
    runs = load_negative_runs()["runs"]
    assert {"batch 32", "batch 128", "group 2", "momentum 0", "other digits", "mining"} <= set(runs)
    for run in runs["mining"].values():
        assert {"start", "14 random", "14 hardest", "14 random, other digits"} <= set(run)


def test_threshold_explorer_has_a_step_for_each_threshold():
    rng = np.random.default_rng(4)
    notes = [(0.8, "few"), (0.5, "more")]
    live, static = threshold_explorer(
        rng.uniform(-0.4, 1, (5, 50)), rng.random((5, 50)) < 0.2, notes, shown=1
    )
    assert len(live.layout.sliders[0].steps) == 2 and live.layout.title.text == "more"
    assert static.axes[0].get_title(loc="left") == "more"
