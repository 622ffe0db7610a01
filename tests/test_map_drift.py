"""Measures of new points and of drift."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA

from helpers.map_drift import alarm_shares, cells, nearest_distance, pca_residual, psi
from helpers.new_points import place_scores

COUNTS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=12)


@pytest.fixture
def clouds():
    generator = np.random.default_rng(5)
    return generator.normal(size=(60, 6)) + 100, generator.normal(size=(40, 6)) + 100


def test_nearest_distance(clouds):
    known, points = clouds
    np.testing.assert_allclose(nearest_distance(known, points), cdist(points, known).min(axis=1))
    assert (nearest_distance(known, known[:3]) == 0).all()
    many = np.tile(points, (20, 1))
    np.testing.assert_allclose(nearest_distance(known, many)[-40:], nearest_distance(known, points))


def test_pca_residual(clouds):
    known, points = clouds
    pca = PCA(2).fit(known)
    rebuilt = pca.inverse_transform(pca.transform(points))
    expected = np.linalg.norm(points - rebuilt, axis=1)
    np.testing.assert_allclose(pca_residual(known, points, 2), expected)
    assert pca_residual(known, points, 6).max() < 1e-9
    with pytest.raises(ValueError, match="k must be"):
        pca_residual(known, points, 7)
    with pytest.raises(ValueError, match="same"):
        pca_residual(known, points[:, :2])


def test_cells_count_every_place_once():
    places = [[0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [5, 5], [-5, -5], [1, 1]]
    assert cells(places, [0, 0], [1, 1], across=2).tolist() == [2, 1, 1, 2]
    with pytest.raises(ValueError, match="greater"):
        cells(places, [0, 0], [1, 0])


@given(COUNTS)
def test_psi_is_both_divergences_and_symmetric(pairs):
    before, after = map(list, zip(*pairs, strict=True))
    value = psi(before, after)
    assert value >= 0 or math.isclose(value, 0, abs_tol=1e-12)
    assert math.isclose(value, psi(after, before), abs_tol=1e-12)
    assert psi(before, before) == 0


def test_psi_by_hand_and_bad_input():
    assert psi([3, 0], [0, 3]) == pytest.approx(2 * 0.75 * math.log(7))
    with pytest.raises(ValueError, match="same cells"):
        psi([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="negative"):
        psi([1, -2], [1, 2])


def test_alarm_shares_are_near_the_rate_and_find_what_is_strange():
    values = np.concatenate([np.random.default_rng(0).normal(size=500), np.full(50, 4.0)])
    known, late, strange = np.arange(250), np.arange(250, 500), np.arange(500, 550)
    found = alarm_shares(
        lambda rows: values[rows].mean(), known,
        {"same": (known, strange, 0), "later": (late, strange, 0), "half": (late, strange, 0.5)},
    )  # fmt: skip
    assert found["same"] < 0.12 and found["half"] == 1


def test_place_scores_of_perfect_and_of_random_places(clouds):
    old, new = clouds
    labels = np.arange(60) % 2, np.arange(40) % 2
    assert place_scores(old, new, old, new, *labels)[1:] == (1, 1)
    generator = np.random.default_rng(0)
    wild = place_scores(old, new, generator.normal(size=(60, 2)), generator.normal(size=(40, 2)),
                        *labels)  # fmt: skip
    assert wild.recall < 0.35 and 0.3 < wild.trust < 0.7
    # The worst places of all: the neighbours on the map are the farthest points.
    line, one = np.arange(30.0)[:, None], np.array([[-1.0]])
    turned = place_scores(line, one, -line, np.array([[-30.0]]), np.zeros(30, int), [0], k=5)
    assert turned.trust == pytest.approx(0) and turned.recall == 0
    with pytest.raises(ValueError, match="half"):
        place_scores(old, new, old, new, *labels, k=30)
    with pytest.raises(ValueError, match="place and a label"):
        place_scores(old, new, old[:5], new, *labels)
