"""Cells of k-means against faiss with the same centroids, and against exact search."""

import faiss
import numpy as np
import pytest

from helpers.ivf import build_cells, search_cells
from helpers.plots.ann import cell_slider


@pytest.fixture(scope="module")
def task():
    rows = np.random.default_rng(1).normal(size=(900, 6)).astype(np.float32)
    return rows[:800], rows[800:], build_cells(rows[:800], 20)


def test_every_row_is_in_the_cell_of_its_nearest_centroid(task):
    vectors, _, cells = task
    assert sorted(cells.order) == list(range(800)) and cells.starts[-1] == 800
    nearest = ((vectors[:, None] - cells.centroids) ** 2).sum(axis=2).argmin(axis=1)
    for c in range(20):
        assert (nearest[cells.order[cells.starts[c] : cells.starts[c + 1]]] == c).all()


@pytest.mark.parametrize("n_probe", [1, 3, 20])
def test_same_results_and_work_as_faiss(task, n_probe):
    vectors, queries, cells = task
    quantizer = faiss.IndexFlatL2(6)
    quantizer.add(cells.centroids)
    index = faiss.IndexIVFFlat(quantizer, 6, 20)
    index.is_trained = True
    index.add(vectors)
    counter = faiss.cvar.indexIVF_stats
    counter.reset()
    _, ids = index.search(queries, 10, params=faiss.SearchParametersIVF(nprobe=n_probe))
    found = search_cells(cells, vectors, queries, 10, n_probe)
    assert (found.ids == ids).mean() > 0.99
    assert found.distances == pytest.approx(20 + counter.ndis / 100)


def test_all_cells_are_exact(task):
    vectors, queries, cells = task
    truth = ((queries[:, None] - vectors) ** 2).sum(axis=2).argmin(axis=1)
    assert (search_cells(cells, vectors, queries, 1, 20).ids[:, 0] == truth).all()


def test_fewer_rows_than_wanted_and_bad_settings():
    rows = np.array([[0.0, 0], [0, 1], [9, 9]], np.float32)
    cells = build_cells(rows, 2)
    found = search_cells(cells, rows, rows[2:], 3, 1)
    assert found.ids.tolist() == [[2, -1, -1]] and found.distances == 3
    with pytest.raises(ValueError, match="n_probe 1 to 2"):
        search_cells(cells, rows, rows, 1, 3)
    with pytest.raises(ValueError, match="n_cells must be between 1 and 3"):
        build_cells(rows, 4)


def test_the_slider_says_what_each_position_finds(task):
    points = np.random.default_rng(2).random((300, 2)).astype(np.float32)
    cells = build_cells(points, 12)
    live, static = cell_slider(cells, points, points[0], 10, (1, 2, 12), shown=(1, 12))
    titles = [step.args[1]["title.text"] for step in live.layout.sliders[0].steps]
    assert titles[2] == "nprobe 12: 10 of 10 found, 300 of 300 points compared"
    assert len(static.axes) == 2
