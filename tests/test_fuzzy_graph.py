"""The neighbour graph by hand against umap-learn's, and its edge cases."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from helpers.fuzzy_graph import (
    fuzzy_graph,
    fuzzy_union,
    memberships,
    nearest,
    smooth_distances,
)


def points(seed=0, n=120, d=5):
    return np.random.default_rng(seed).normal(size=(n, d))


def test_a_point_is_its_own_first_neighbour_even_among_duplicates():
    doubled = np.repeat(points(n=20), 3, axis=0)
    near = nearest(doubled, 5)
    assert (near.indices[:, 0] == np.arange(60)).all()
    assert (near.distances[:, :3] == 0).all() and (near.distances[:, 3:] > 0).all()
    assert all(len(set(row)) == 5 for row in near.indices.tolist())


@pytest.mark.parametrize("k", [1, 121])
def test_k_out_of_range_is_refused(k):
    with pytest.raises(ValueError, match="from 2 to the number of points, 120"):
        nearest(points(), k)


@pytest.mark.parametrize("bandwidth", [1.0, 0.7, 1.3])
def test_memberships_add_up_to_the_target(bandwidth):
    near = nearest(points(), 10)
    rho, sigma = smooth_distances(near.distances, bandwidth)
    sums = np.asarray(memberships(near, rho, sigma).sum(axis=1)).ravel()
    np.testing.assert_allclose(sums, bandwidth * np.log2(10), rtol=1e-5)
    assert (rho == near.distances[:, 1]).all()


def test_any_unit_gives_the_same_graph():
    whole = fuzzy_graph(points(), 8)
    for unit in (1e-7, 1e7):
        assert abs(fuzzy_graph(unit * points(), 8) - whole).max() < 1e-4


def test_the_floor_holds_where_neighbours_are_equally_near():
    rho, sigma = smooth_distances([[0, 2, 2, 2, 2.5], [0, 0, 0, 0, 0], [0, 1, 2, 3, 4]])
    assert rho.tolist() == [2, 0, 1]
    np.testing.assert_allclose(sigma[:2], [1e-3 * 1.7, 1e-3 * 18.5 / 15])


def test_union_and_intersection():
    directed = fuzzy_graph(points(), 6)
    v = np.triu(directed.toarray()) + 0.5 * np.tril(directed.toarray())
    for mix in (0.0, 0.3, 1.0):
        wanted = mix * (v + v.T - v * v.T) + (1 - mix) * v * v.T
        np.testing.assert_allclose(fuzzy_union(csr_matrix(v), mix).toarray(), wanted)


@pytest.mark.slow
def test_equal_to_umap_learn():
    from umap.umap_ import fuzzy_simplicial_set, smooth_knn_dist

    clouds = [points(), np.repeat(points(n=40), 3, axis=0), np.round(points(d=2))]
    for cloud in clouds:
        near = nearest(cloud, 12)
        sigma, rho = smooth_knn_dist(near.distances, 12.0)
        own = smooth_distances(near.distances)
        np.testing.assert_allclose(own[0], rho, rtol=1e-6)
        reached = own[1] > 2e-3 * near.distances.mean()
        np.testing.assert_allclose(own[1][reached], sigma[reached], rtol=1e-3)
        theirs = fuzzy_simplicial_set(
            cloud, 12, None, "euclidean", knn_indices=near.indices, knn_dists=near.distances
        )[0]
        assert abs(theirs - fuzzy_graph(cloud, 12)).max() < 1e-4
