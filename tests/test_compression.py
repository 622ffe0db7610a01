"""Cuts of vectors, their second look, and the figure over both."""

import numpy as np
import pytest

from helpers.compression import (
    cut_rows,
    multiplications,
    proposals,
    random_axes,
    recall_by_group,
    recall_grid,
    search_codes,
    search_rounded,
)
from helpers.plots.compression import cut_slider


@pytest.fixture
def rows():
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(60, 8)) * np.arange(8, 0, -1)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_cut_rows_have_length_one_and_keep_cosines_when_nothing_is_cut(rows):
    turned = cut_rows(rows, random_axes(8))
    assert np.allclose(turned @ turned.T, rows @ rows.T)
    assert np.allclose(np.linalg.norm(cut_rows(rows, np.eye(8)[:, :3]), axis=1), 1)
    assert (cut_rows([[0, 0, 2.0]], np.eye(3)[:, :2]) == 0).all()
    with pytest.raises(ValueError, match=r"axes \(d, k\)"):
        cut_rows(rows, np.eye(7))


def test_random_axes_are_orthonormal_and_repeat():
    axes = random_axes(6, seed=4)
    assert np.allclose(axes.T @ axes, np.eye(6))
    assert (axes == random_axes(6, seed=4)).all()
    assert not np.allclose(axes, random_axes(6, seed=5))


def test_proposals_are_the_nearest_by_cosine(rows):
    axes = np.eye(8)[:, :2]
    found = proposals(rows, rows[:5], axes, 4)
    for query, mine in zip(rows[:5, :2], found, strict=True):
        cosines = [query @ row / np.linalg.norm(row) for row in rows[:, :2]]
        assert mine.tolist() == sorted(range(60), key=lambda i: -cosines[i])[:4]


def test_recall_grid_follows_the_definition(rows):
    documents, queries = rows[:50], rows[50:]
    grid = recall_grid(documents, queries, np.eye(8), (2, 8), (10, 25, 50))
    truth = np.argsort(-(queries @ documents.T), axis=1)[:, :10]
    near = proposals(documents, queries, np.eye(8)[:, :2], 25)
    kept = [len(set(a) & set(b)) / 10 for a, b in zip(truth.tolist(), near.tolist(), strict=True)]
    assert grid.shape == (2, 3)
    # The ten best of 25 candidates hold each true neighbour that was proposed.
    assert grid[0, 1] == pytest.approx(np.mean(kept))
    assert (grid[1] == 1).all() and grid[0, 2] == 1 and grid[0, 0] < grid[0, 1]
    with pytest.raises(ValueError, match="sizes must be 1 to 8"):
        recall_grid(documents, queries, np.eye(8), (9,), (10,))
    with pytest.raises(ValueError, match="candidates must be 10 to 50"):
        recall_grid(documents, queries, np.eye(8), (2,), (5,))


def test_multiplications_by_hand():
    assert multiplications(100, 8, 2, 10) == 8 * 2 + 100 * 2 + 10 * 8
    assert multiplications(100, 8, 8) == 800


def test_the_slider_holds_every_number_of_candidates():
    grids = {"PCA": np.array([[0.2, 0.4], [1, 1]]), "random": np.array([[0.1, 0.3], [1, 1]])}
    live, static = cut_slider(grids, (2, 8), (10, 20), n=50, shown=(10, 20))
    steps = live.layout.sliders[0].steps
    assert [step.label for step in steps] == ["10", "20"]
    assert steps[1].args[0]["y"] == [[0.4, 1.0], [0.3, 1.0]]
    assert "276 multiplications" in steps[1].args[0]["text"][0][0]
    assert [ax.get_title(loc="left") for ax in static.axes] == ["10 candidates", "20 candidates"]


def test_many_bits_find_what_the_cut_finds_and_few_bits_less(rows):
    centred = rows - rows.mean(axis=0)
    axes = np.linalg.svd(centred)[2][:3].T
    plain = proposals(rows, rows[:20], axes, 5)
    assert (search_rounded(rows, rows, rows[:20], 3, 16, 5) == plain).mean() > 0.98
    assert (search_rounded(rows, rows, rows[:20], 3, 1, 5) == plain).mean() < 0.7


def test_codes_find_most_neighbours():
    many = np.random.default_rng(5).normal(size=(400, 8))
    found = search_codes(many, many, many[:20], 4, 5)
    far = ((many[:20, None] - many) ** 2).sum(axis=2)
    truth = np.argsort(far, axis=1)[:, :5]
    shares = [len(set(a) & set(b)) / 5 for a, b in zip(found, truth, strict=True)]
    assert np.mean(shares) > 0.7


def test_recall_by_group():
    found, truth = [[0, 1], [2, 3], [4, 5]], [[1, 0], [2, 9], [8, 9]]
    assert recall_by_group(found, truth, ["b", "a", "a"]).tolist() == [0.25, 1.0]
