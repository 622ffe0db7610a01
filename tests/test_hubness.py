"""Hubs: counts, switches, repairs and the map between two spaces, against slow specifications."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.stats import binom, skew
from sklearn.neighbors import NearestNeighbors

from helpers.anisotropy import unit_rows
from helpers.hubness import (
    align,
    csls,
    k_occurrence,
    mutual_graph,
    nearest_columns,
    nearness,
    precision_at_1,
    similarities,
    summarise,
    switched,
)


@pytest.mark.parametrize("measure", ["cosine", "dot", "distance"])
def test_similarities_pair_by_pair(measure):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    pair = {
        "cosine": lambda x, y: x @ y / np.linalg.norm(x) / np.linalg.norm(y),
        "dot": lambda x, y: x @ y,
        "distance": lambda x, y: -((x - y) ** 2).sum(),
    }[measure]
    expected = [[pair(x, y) for y in b] for x in a]
    np.testing.assert_allclose(similarities(a, b, measure), expected, atol=1e-12)


@given(st.integers(2, 12), st.integers(1, 15), st.booleans(), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=80)
def test_nearest_columns_is_a_stable_sort(n, k, exclude, seed):
    similarity = np.random.default_rng(seed).integers(0, 4, size=(n, n))  # many ties
    if k > n - exclude:
        with pytest.raises(ValueError, match="k must be"):
            nearest_columns(similarity, k, exclude)
        return
    expected = [
        sorted((j for j in range(n) if not (exclude and j == i)), key=lambda j: (-row[j], j))[:k]
        for i, row in enumerate(similarity)
    ]
    assert nearest_columns(similarity, k, exclude).tolist() == expected
    counts = k_occurrence(similarity, k, exclude)
    assert counts.tolist() == [sum(j in found for found in expected) for j in range(n)]


def test_counts_agree_with_scikit_learn():
    points = np.random.default_rng(1).normal(size=(200, 20))
    found = NearestNeighbors(n_neighbors=5).fit(points).kneighbors(return_distance=False)
    mine = k_occurrence(similarities(points, measure="distance"), 5)
    np.testing.assert_array_equal(mine, np.bincount(found.ravel(), minlength=200))


def test_summary_of_random_lists_and_of_equal_counts():
    rng = np.random.default_rng(2)
    found = summarise(rng.binomial(999, 10 / 999, size=50_000))
    assert found.skew == pytest.approx(float(binom(999, 10 / 999).stats("s")), abs=0.05)
    assert summarise([3, 3, 3]) == (0.0, 3, 0.0, pytest.approx(1 / 3))
    counts = [0, 0, 1, 9]
    assert summarise(counts) == (pytest.approx(skew(counts)), 9, 0.5, 0.9)


def test_switches():
    off, on = switched(300, 40, 3, spread=0), switched(300, 40, 3)
    np.testing.assert_allclose(np.linalg.norm(off, axis=1), np.sqrt(40))
    np.testing.assert_allclose(unit_rows(off), unit_rows(on))
    np.testing.assert_allclose(on, np.random.default_rng(3).normal(size=(300, 40)))
    moved = switched(300, 40, 3, offset=2)
    np.testing.assert_allclose(np.linalg.norm((moved - on)[0]), 2 * np.sqrt(40))
    np.testing.assert_allclose(moved - on, np.broadcast_to((moved - on)[0], (300, 40)), atol=1e-12)
    shifts = np.round(switched(300, 40, 3, offset=2, clusters=3) - on, 9)
    assert len(np.unique(shifts, axis=0)) == 3


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 8), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=50)
def test_csls_entry_by_entry(n, m, k, seed):
    s = np.random.default_rng(seed).normal(size=(n, m))
    expected = np.empty((n, m))
    for i in range(n):
        for j in range(m):
            row, column = sorted(s[i])[::-1][:k], sorted(s[:, j])[::-1][:k]
            expected[i, j] = 2 * s[i, j] - sum(row) / len(row) - sum(column) / len(column)
    np.testing.assert_allclose(csls(s, k), expected, atol=1e-12)


def test_nearness_leaves_out_the_point_itself():
    similarity = np.random.default_rng(6).normal(size=(600, 600))  # more than one block
    for exclude in (False, True):
        expected = [
            np.mean(sorted(np.delete(row, i) if exclude else row)[-7:])
            for i, row in enumerate(similarity)
        ]
        np.testing.assert_allclose(nearness(similarity, 7, exclude), expected)
    assert nearest_columns(similarity, 3, True).tolist() == [
        [j for j in np.argsort(-row, kind="stable") if j != i][:3]
        for i, row in enumerate(similarity)
    ]


def test_mutual_graph_is_the_intersection():
    rng = np.random.default_rng(4)
    neighbours = nearest_columns(rng.normal(size=(30, 30)), 4, exclude_self=True)
    graph = mutual_graph(neighbours).toarray()
    for i in range(30):
        for j in range(30):
            assert graph[i, j] == (j in neighbours[i] and i in neighbours[j])


def test_align_is_procrustes_and_works_between_widths():
    rng = np.random.default_rng(5)
    a = rng.normal(size=(50, 8))
    rotation = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    b = a @ rotation + rng.normal(size=(50, 8)) / 10
    np.testing.assert_allclose(align(a, b), orthogonal_procrustes(a, b)[0], atol=1e-10)
    narrow = align(a, b[:, :3])
    np.testing.assert_allclose(narrow.T @ narrow, np.eye(3), atol=1e-12)
    padded = np.hstack([b[:, :3], np.zeros((50, 5))])
    wide, _ = orthogonal_procrustes(a, padded)
    np.testing.assert_allclose(narrow, wide[:, :3], atol=1e-10)


def test_precision_at_1():
    scores = np.array([[3, 1], [2, 1], [0, 5]])
    assert precision_at_1(scores[:2]) == 0.5
    assert precision_at_1(scores, [0, 1, 1]) == pytest.approx(2 / 3)


def test_bad_input():
    with pytest.raises(ValueError, match="measure must be"):
        similarities(np.eye(2), measure="cos")
    with pytest.raises(ValueError, match="align them"):
        similarities(np.eye(2), np.eye(3))
    with pytest.raises(ValueError, match="square"):
        nearest_columns(np.ones((2, 3)), 1, exclude_self=True)
    with pytest.raises(ValueError, match="at least 1"):
        csls(np.eye(2), 0)
    with pytest.raises(ValueError, match="matrix of numbers"):
        similarities([1.0, 2.0])


def test_long_axes_make_hubs_at_one_distance_and_with_the_mean_at_the_origin():
    points = switched(600, 200, seed=0, spread=0, axes=1)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), np.sqrt(200))
    centred = points - points.mean(axis=0)
    assert summarise(k_occurrence(similarities(centred), 10)).skew > 1.5
    even = switched(600, 200, seed=0, spread=0)
    assert summarise(k_occurrence(similarities(even), 10)).skew < 0.7
    # The longest axis holds most, and the same seed gives the same draw.
    assert points[:, 0].var() > 5 * points[:, 9].var()
    np.testing.assert_array_equal(points, switched(600, 200, seed=0, spread=0, axes=1))
