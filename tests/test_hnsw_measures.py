"""HNSW measurements: deterministic graphs, honest counts, tombstones and cut-out nodes."""

import faiss
import numpy as np
import pytest

from helpers.hnsw_measures import build_hnsw, exact_neighbours, recall, search_hnsw, unlinked

RNG = np.random.default_rng(3)
ROWS = RNG.normal(size=(1_500, 16)).astype(np.float32)
ROWS /= np.linalg.norm(ROWS, axis=1, keepdims=True)
QUERIES = ROWS[1_400:]
STORED = ROWS[:1_400]
GRAPH = build_hnsw(STORED, links=8)
TRUTH = exact_neighbours(STORED, QUERIES)


def test_exact_neighbours_are_those_of_a_flat_index():
    flat = faiss.IndexFlatIP(16)
    flat.add(STORED)
    assert recall(flat.search(QUERIES, 10)[1], TRUTH) == 1
    rows = np.arange(1_400) * 3
    assert (exact_neighbours(STORED, QUERIES, rows=rows) == 3 * TRUTH).all()
    assert exact_neighbours([[1.0], [1.0]], [[2.0]], k=1).tolist() == [[0]]


def test_the_same_graph_every_time_and_threads_are_put_back():
    faiss.omp_set_num_threads(2)
    again = build_hnsw(STORED, links=8)
    assert faiss.omp_get_max_threads() == 2
    assert (faiss.serialize_index(again) == faiss.serialize_index(GRAPH)).all()


def test_recall_and_work_grow_with_ef():
    runs = [search_hnsw(GRAPH, QUERIES, ef=ef) for ef in (10, 40, 400)]
    found = [recall(run.ids, TRUTH) for run in runs]
    work = [run.distances for run in runs]
    assert found == sorted(found) and work == sorted(work) and found[-1] > 0.99
    assert work[0] < 400 < work[-1] <= 1_500


def test_batches_are_numbered_in_their_order():
    grown = build_hnsw(STORED[:700], STORED[700:], links=8)
    assert grown.ntotal == 1_400
    assert recall(search_hnsw(grown, QUERIES, ef=400).ids, TRUTH) > 0.99


def test_tombstones_never_come_back_and_cost_the_same():
    gone = np.arange(1_400) % 3 == 0
    run = search_hnsw(GRAPH, QUERIES, ef=40, allowed=~gone)
    assert not gone[run.ids[run.ids >= 0]].any()
    assert run.distances == search_hnsw(GRAPH, QUERIES, ef=40).distances


def test_cut_out_nodes_are_gone_also_the_entry_point():
    gone = np.arange(1_400) % 3 == 0
    gone[GRAPH.hnsw.entry_point] = True
    cut = unlinked(GRAPH, gone)
    left = np.flatnonzero(~gone)
    truth = exact_neighbours(STORED[left], QUERIES, rows=left)
    run = search_hnsw(cut, QUERIES, ef=400)
    assert not gone[run.ids[run.ids >= 0]].any() and recall(run.ids, truth) > 0.8
    untouched = unlinked(GRAPH, np.zeros(1_400, dtype=bool))
    assert (faiss.serialize_index(untouched) == faiss.serialize_index(GRAPH)).all()
    neighbours = faiss.vector_to_array(GRAPH.hnsw.neighbors)
    assert gone[neighbours[neighbours >= 0]].any()  # The graph that was given is as it was.


def test_recall_counts_each_true_neighbour_once():
    assert recall([[1, 1, 2], [-1, -1, -1]], [[1, 2], [3, 4]]) == 0.5


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        (lambda: build_hnsw(), "at least one batch"),
        (lambda: build_hnsw(STORED, links=1), "links must be at least 2"),
        (lambda: build_hnsw(STORED, STORED[:, :3]), r"must have the shape \(n, 16\)"),
        (lambda: search_hnsw(GRAPH, QUERIES, k=0), "k and ef must be at least 1"),
        (lambda: search_hnsw(GRAPH, QUERIES[0]), "queries must have the shape"),
        (lambda: search_hnsw(GRAPH, QUERIES, allowed=[True]), "allowed must have the shape"),
        (lambda: exact_neighbours(STORED, QUERIES, k=2_000), "k must be between 1 and 1400"),
        (lambda: recall([[1]], []), "1 and 0 queries"),
        (lambda: unlinked(GRAPH, np.ones(1_400, dtype=bool)), "some, not all"),
    ],
)
def test_bad_input_gets_one_clear_line(call, fragment):
    with pytest.raises(ValueError, match=fragment) as caught:
        call()
    assert "\n" not in str(caught.value)
