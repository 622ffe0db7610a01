"""The graph with layers, cells and hash tables against exact search and faiss."""

import faiss
import numpy as np
import pytest

from helpers import nsw
from helpers.hnsw_measures import build_hnsw, recall, search_hnsw


@pytest.fixture(scope="module")
def points():
    rows = np.random.default_rng(0).normal(size=(700, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows[:600], rows[600:]


@pytest.fixture(scope="module")
def truth(points):
    vectors, queries = points
    return np.argsort(((queries[:, None] - vectors) ** 2).sum(axis=2), axis=1)[:, :10]


def test_walk_over_a_whole_graph_is_exact(points, truth):
    vectors, queries = points
    everything = [list(range(600))] * 600
    found = nsw.walk(vectors, everything, queries[0], [5], 10)
    assert found.ids == truth[0].tolist() and found.distances == 600


def test_walk_counts_and_stops():
    line = np.arange(6.0)[:, None]
    found = nsw.walk(line, [[1], [2, 0, 2], [3], [2], [5], []], np.array([2.2]), [0], 2)
    assert found == nsw.Walk([2, 3], 4, 4)
    assert nsw.walk(line, {0: [1], 1: []}, np.array([9.0]), [0, 1], 1).ids == [1]
    with pytest.raises(ValueError, match="at least one start"):
        nsw.walk(line, [[]] * 6, np.array([0.0]), [], 1)


def test_our_walk_on_faiss_links_returns_what_faiss_returns(points):
    vectors, queries = points
    index = build_hnsw(vectors, links=8)
    graph = nsw.layers_of(index)
    theirs = search_hnsw(index, queries, 10, 30)
    walks = [nsw.search_layers(graph, vectors, query, 10, 30) for query in queries]
    same = np.mean([w.ids == row for w, row in zip(walks, theirs.ids.tolist(), strict=True)])
    assert same > 0.97
    assert abs(np.mean([w.distances for w in walks]) / theirs.distances - 1) < 0.05


def test_our_graph_is_about_as_good_as_faiss_graph(points, truth):
    vectors, queries = points
    graph = nsw.layered_graph(vectors, links=8, ef=40)
    walks = [nsw.search_layers(graph, vectors, query, 10, 40) for query in queries]
    theirs = search_hnsw(build_hnsw(vectors, links=8), queries, 10, 40)
    assert recall([w.ids for w in walks], truth) > recall(theirs.ids, truth) - 0.05
    assert np.mean([w.distances for w in walks]) < 1.2 * theirs.distances
    assert len(graph.links[0]) == 600 and graph.entry in graph.links[-1]
    assert max(map(len, graph.links[0].values())) <= 16
    assert all(len(row) <= 8 for layer in graph.links[1:] for row in layer.values())


def test_layers_of_small_graphs():
    one = nsw.layered_graph(np.ones((1, 3)))
    assert nsw.search_layers(one, np.ones((1, 3)), np.zeros(3), 5, 5).ids == [0]
    same = np.ones((40, 3))
    graph = nsw.layered_graph(same, links=2, ef=4)
    assert len(nsw.search_layers(graph, same, np.ones(3), 3, 10).ids) == 3
    with pytest.raises(ValueError, match="links of 2 or more"):
        nsw.layered_graph(same, links=1)


def test_links_one_way_and_both_ways():
    line = np.array([[0.0], [1], [3], [3.5]])
    links = nsw.nearest_links(line, 1)
    assert links == [[1], [0], [3], [2]]
    assert nsw.nearest_links(np.zeros((3, 2)), 2) == [[1, 2], [0, 2], [0, 1]]
    assert nsw.links_both_ways([[1], [2], [], []]) == [[1], [0, 2], [1], []]
    assert nsw.incoming({0: [1, 2], 2: [1]}, 4).tolist() == [0, 2, 1, 0]
    with pytest.raises(ValueError, match="m must be between"):
        nsw.nearest_links(line, 4)


def test_read_links_are_those_of_the_index(points):
    vectors, _ = points
    index = faiss.IndexHNSWFlat(8, 4)
    index.add(vectors)
    graph = nsw.layers_of(index)
    assert sorted(graph.links[0]) == list(range(600))
    assert graph.entry == index.hnsw.entry_point
    assert len(graph.links) == index.hnsw.max_level + 1
