"""Distances, volumes and projections in many dimensions, against slow or known answers."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.random_projection import johnson_lindenstrauss_min_dim

from helpers.high_dimensions import (
    clouds,
    contrast,
    gaussian_like,
    jl_epsilon,
    log_ball_volume,
    neighbour_overlap,
    pair_distances,
    squared_ratios,
    two_nn_dimension,
)
from helpers.plots.high_dimensions import concentration_player


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_pair_distances_are_those_of_scipy():
    points = normal(30, 5) + 100
    np.testing.assert_allclose(pair_distances(points), pdist(points), rtol=1e-8)
    np.testing.assert_allclose(pair_distances(points.astype(np.float32)), pdist(points), rtol=1e-3)


def test_contrast_against_a_loop_and_free_of_scale():
    points = normal(25, 4)
    near, relative = [], []
    for i, point in enumerate(points):
        others = np.linalg.norm(np.delete(points, i, axis=0) - point, axis=1)
        near.append(others.min())
        relative.append(others.max() / others.min() - 1)
    found = contrast(points)
    pairs = pdist(points)
    assert found.cv == pytest.approx(pairs.std() / pairs.mean())
    assert found.nearest == pytest.approx(np.median(near) / np.median(pairs))
    assert found.relative == pytest.approx(np.median(relative))
    assert contrast(1000 * points) == pytest.approx(found)


def test_contrast_with_duplicates_is_infinite():
    assert contrast(np.repeat(normal(3, 2), 2, axis=0)).relative == math.inf


@pytest.mark.parametrize("d", [1, 2, 5])
def test_two_nn_finds_low_dimensions_in_high_ones(d):
    points = np.random.default_rng(d).random((1500, d))
    turn = np.linalg.qr(normal(20, d))[0]
    assert two_nn_dimension(points @ turn.T) == pytest.approx(d, rel=0.15)


def test_two_nn_leaves_duplicates_out_and_says_when_none_are_left():
    points = normal(500, 3)
    with_copy = np.vstack([points, points[:1]])
    assert two_nn_dimension(with_copy) == pytest.approx(two_nn_dimension(points), rel=0.02)
    with pytest.raises(ValueError, match="without a duplicate"):
        two_nn_dimension(np.repeat(points[:50], 2, axis=0))


def test_gaussian_like_has_mean_and_covariance():
    points = normal(50, 3) @ np.diag([3, 1, 0.1]) + [5, 0, -1]
    drawn = gaussian_like(points, 100_000, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.mean(axis=0), points.mean(axis=0), atol=0.05)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(points.T), atol=0.15)


def test_clouds_are_as_far_apart_as_said():
    points = clouds(400, 1000, np.random.default_rng(0), clusters=4, apart=2)
    table = pair_distances(points)
    first, second = np.triu_indices(400, 1)
    same = first % 4 == second % 4
    assert table[~same].mean() / table[same].mean() == pytest.approx(math.sqrt(5), rel=0.05)
    assert pair_distances(clouds(100, 1000, np.random.default_rng(0), apart=0)).std() < 2


def test_ball_volumes_known_and_by_counting():
    known = [2, math.pi, 4 / 3 * math.pi, math.pi**2 / 2]
    np.testing.assert_allclose(np.exp(log_ball_volume([1, 2, 3, 4])), known)
    assert math.exp(log_ball_volume(3, 2)) == pytest.approx(8 * known[2])
    inside = (np.linalg.norm(np.random.default_rng(0).random((200_000, 5)), axis=1) < 1).mean()
    assert 32 * inside == pytest.approx(math.exp(log_ball_volume(5)), rel=0.02)
    assert math.isfinite(log_ball_volume(10**6))


def test_jl_epsilon_turns_the_bound_of_scikit_learn_round():
    for n, epsilon in [(10**6, 0.1), (1000, 0.3), (50, 0.7)]:
        m = johnson_lindenstrauss_min_dim(n, eps=epsilon)
        assert jl_epsilon(n, m) == pytest.approx(epsilon, rel=0.02)
    assert jl_epsilon(10**6, 100) == math.inf


def test_ratios_and_overlap_of_a_copy_and_of_a_shrunk_axis():
    points = normal(40, 3)
    np.testing.assert_allclose(squared_ratios(points, 3 * points), 9)
    assert neighbour_overlap(points, 3 * points) == 1
    assert neighbour_overlap(points, normal(40, 3, seed=1), k=39) == 1
    flat = points * [1, 1, 0]
    expected = (pdist(flat) / pdist(points)) ** 2
    np.testing.assert_allclose(squared_ratios(points, flat), expected, atol=1e-9)
    order = [
        np.argsort(np.linalg.norm(x[:, None] - x, axis=2), axis=1)[:, 1:6] for x in (points, flat)
    ]
    common = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(*order, strict=True)])
    assert neighbour_overlap(points, flat, k=5) == pytest.approx(common)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="matrix of at least 2 rows"):
        pair_distances([1.0, 2.0])
    with pytest.raises(ValueError, match="all rows are equal"):
        contrast(np.ones((5, 2)))
    with pytest.raises(ValueError, match="same points"):
        squared_ratios(normal(5, 2), normal(6, 2))
    with pytest.raises(ValueError, match="at least 11 rows"):
        neighbour_overlap(normal(10, 2), normal(10, 2))
    with pytest.raises(ValueError, match="discard"):
        two_nn_dimension(normal(20, 2), discard=1)


def test_player_has_a_frame_and_a_stop_for_each_dimension():
    distances = {d: {"a": pair_distances(normal(20, d))} for d in (2, 8, 32)}
    live, static = concentration_player(distances, shown=[2, 32])
    assert [frame.name for frame in live.frames] == ["2", "8", "32"]
    assert [step.label for step in live.layout.sliders[0].steps] == ["2", "8", "32"]
    assert len(static.axes) == 2
    with pytest.raises(ValueError, match="shown"):
        concentration_player(distances, shown=[3])
