"""Isomap and metric MDS by hand against scikit-learn's."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.manifold import Isomap, smacof

from helpers import geodesics


def test_the_roll_keeps_lengths_along_the_sheet():
    points, flat = geodesics.roll(4000, seed=3)
    near = cdist(points[:300], points)
    pairs = np.argwhere((near > 0) & (near < 0.5))
    lengths = near[tuple(pairs.T)]
    on_sheet = np.linalg.norm(flat[pairs[:, 0]] - flat[pairs[:, 1]], axis=1)
    np.testing.assert_allclose(on_sheet, lengths, rtol=0.01)


@pytest.mark.parametrize("k", [6, 9])
def test_isomap_equals_scikit_learn(k):
    points = geodesics.roll(200, seed=1)[0]
    theirs = Isomap(n_neighbors=k).fit_transform(points)
    np.testing.assert_allclose(np.abs(geodesics.isomap(points, k)), np.abs(theirs), atol=1e-8)


def test_classical_mds_of_straight_distances_is_pca():
    points = np.random.default_rng(0).normal(size=(50, 4)) * [4, 3, 2, 1]
    places = geodesics.classical_mds(cdist(points, points), 3)
    np.testing.assert_allclose(np.abs(places), np.abs(PCA(3).fit_transform(points)), atol=1e-8)
    assert (places[np.abs(places).argmax(axis=0), range(3)] > 0).all()


def test_pieces_are_refused():
    points = np.vstack([np.eye(4), 100 + np.eye(4)])
    with pytest.raises(ValueError, match="2 pieces: take more neighbours"):
        geodesics.geodesics(geodesics.neighbour_lengths(points, 2))


def test_smacof_equals_scikit_learn_and_lowers_the_stress():
    rng = np.random.default_rng(0)
    points, start = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    distances = cdist(points, points)
    theirs = smacof(
        distances, n_components=2, init=start, n_init=1, max_iter=30, eps=0, normalized_stress=False
    )[0]
    ours = geodesics.smacof(distances, start, steps=30)
    a, b = cdist(ours, ours), cdist(theirs, theirs)
    np.testing.assert_allclose(a, b, rtol=0.02, atol=0.02)
    path = [geodesics.stress(distances, geodesics.smacof(distances, start, n)) for n in range(8)]
    assert all(after < before for before, after in zip(path, path[1:], strict=False))


def test_stress_and_explained_of_a_perfect_picture():
    flat = np.random.default_rng(0).normal(size=(30, 2))
    turned = flat @ np.array([[0.6, 0.8], [-0.8, 0.6]]) + 3
    assert geodesics.stress(cdist(flat, flat), turned) < 1e-12
    np.testing.assert_allclose(geodesics.explained(flat, turned), 1)
