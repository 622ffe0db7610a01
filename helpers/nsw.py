"""A navigable graph with layers in plain Python: the specification of what HNSW libraries do.

:func:`walk` is the search inside one layer, :func:`layered_graph` builds the layers node by node
and :func:`search_layers` goes down through them. Distances are squared Euclidean, which rank unit
vectors as cosines do. Slow on purpose: a few thousand rows, to be read and switched on and off.
For speed see :mod:`helpers.hnsw_measures`.

References
----------
Malkov & Yashunin (2018), "Efficient and robust approximate nearest neighbor search using
Hierarchical Navigable Small World graphs", algorithms 1, 2 and 4.
"""

import heapq
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import faiss
import numpy as np

__all__ = [
    "Layers",
    "Walk",
    "incoming",
    "layered_graph",
    "layers_of",
    "links_both_ways",
    "nearest_links",
    "search_layers",
    "walk",
]


class Walk(NamedTuple):
    """What a walk over a graph found, and its work.

    Attributes
    ----------
    ids : list of int
        Rows in the list at the end, nearest first.
    distances : int
        Distances computed, each row's once a layer.
    steps : int
        Rows whose links were followed.
    """

    ids: list[int]
    distances: int
    steps: int


class Layers(NamedTuple):
    """A graph with layers.

    Attributes
    ----------
    links : list of mapping of int to sequence of int
        For each layer, the base first: the rows that a row links to.
    entry : int
        Row of the highest layer at which searches start.
    """

    links: list[Mapping[int, Sequence[int]]]
    entry: int


def walk(
    vectors: np.ndarray,
    links: Mapping[int, Sequence[int]] | Sequence[Sequence[int]],
    query: np.ndarray,
    starts: Sequence[int],
    ef: int,
) -> Walk:
    """Search a graph best first with a list of `ef` rows.

    Parameters
    ----------
    vectors : ndarray (n, d)
    links : mapping or sequence
        ``links[i]`` holds the rows that row i links to.
    query : ndarray (d,)
    starts : sequence of int
        Where to start, at least one row, no row twice.
    ef : int
        Length of the list, at least 1.

    Returns
    -------
    Walk

    Raises
    ------
    ValueError
        If there is no start, or `ef` is less than 1.
    """
    starts = [int(row) for row in starts]
    if not starts or ef < 1:
        raise ValueError(f"give at least one start and ef of at least 1, not {starts} and {ef}.")
    seen = set(starts)
    waiting = list(zip(_distances(vectors, starts, query), starts, strict=True))
    heapq.heapify(waiting)
    nearest = [(-distance, row) for distance, row in waiting]  # the farthest is on top
    heapq.heapify(nearest)
    while len(nearest) > ef:
        heapq.heappop(nearest)
    steps = 0
    while waiting:
        distance, row = heapq.heappop(waiting)
        if len(nearest) == ef and distance > -nearest[0][0]:
            break
        steps += 1
        new = [other for other in dict.fromkeys(links[row]) if other not in seen]
        seen.update(new)
        for distance, other in zip(_distances(vectors, new, query), new, strict=True):
            if len(nearest) < ef or distance < -nearest[0][0]:
                heapq.heappush(waiting, (distance, other))
                heapq.heappush(nearest, (-distance, other))
                if len(nearest) > ef:
                    heapq.heappop(nearest)
    found = sorted((-distance, row) for distance, row in nearest)
    return Walk([row for _, row in found], len(seen), steps)


def layered_graph(vectors: np.ndarray, links: int = 8, ef: int = 40, seed: int = 0) -> Layers:
    """Build a graph by adding the rows one after the other.

    Parameters
    ----------
    vectors : ndarray (n, d)
    links : int
        M: links a row makes in a layer, at least 2. It keeps at most M, and 2M in the base layer.
    ef : int
        Length of the list while a new row looks for its neighbours.
    seed : int
        Of the drawn layers.

    Returns
    -------
    Layers

    Raises
    ------
    ValueError
        If there is no row, or a setting is too small.
    """
    if len(vectors) == 0 or links < 2 or ef < 1:
        raise ValueError(f"give rows, links of 2 or more and ef of 1 or more, not {links}, {ef}.")
    generator = np.random.default_rng(seed)
    heights = (-np.log(1 - generator.random(len(vectors))) / math.log(links)).astype(int)
    graph = Layers([{0: []} for _ in range(heights[0] + 1)], 0)
    for row in range(1, len(vectors)):
        graph = _with_row(graph, vectors, row, int(heights[row]), links, ef)
    return graph


def _with_row(graph, vectors, row, height, links, ef):
    layers, starts = graph.links, [graph.entry]
    for level in range(len(layers) - 1, -1, -1):
        layer = layers[level]
        found = walk(vectors, layer, vectors[row], starts, 1 if level > height else ef).ids
        starts = found
        if level > height:
            continue
        layer[row] = _spread_out(vectors, row, found, links)
        room = 2 * links if level == 0 else links
        for other in layer[row]:
            layer[other].append(row)
            if len(layer[other]) > room:
                layer[other] = _spread_out(vectors, other, layer[other], room)
    if height < len(layers):
        return graph
    layers += [{row: []} for _ in range(len(layers), height + 1)]
    return Layers(layers, row)


def _spread_out(vectors, row, candidates, most):
    """Keep a candidate only if it is nearer to the row than to every one kept before."""
    distances = _distances(vectors, candidates, vectors[row])
    kept: list[int] = []
    for distance, candidate in sorted(zip(distances, candidates, strict=True)):
        if len(kept) == most:
            break
        if all(distance <= d for d in _distances(vectors, kept, vectors[candidate])):
            kept.append(candidate)
    return kept


def search_layers(graph: Layers, vectors: np.ndarray, query: np.ndarray, k: int, ef: int) -> Walk:
    """Go down through the layers with a list of one, then search the base with `ef`.

    Parameters
    ----------
    graph : Layers
    vectors : ndarray (n, d)
    query : ndarray (d,)
    k : int
        Neighbours wanted.
    ef : int
        Length of the list in the base layer; at least `k` is taken.

    Returns
    -------
    Walk
        Work of all layers together.
    """
    starts, distances, steps = [graph.entry], 0, 0
    for layer in graph.links[:0:-1]:
        found = walk(vectors, layer, query, starts, 1)
        starts, distances, steps = found.ids, distances + found.distances, steps + found.steps
    found = walk(vectors, graph.links[0], query, starts, max(k, ef))
    return Walk(found.ids[:k], distances + found.distances, steps + found.steps)


def layers_of(index: faiss.IndexHNSW) -> Layers:
    """Read the links of a graph that faiss built.

    Parameters
    ----------
    index : faiss.IndexHNSW

    Returns
    -------
    Layers
    """
    graph = index.hnsw
    levels = faiss.vector_to_array(graph.levels)
    offsets = faiss.vector_to_array(graph.offsets).astype(np.int64)
    starts = faiss.vector_to_array(graph.cum_nneighbor_per_level).astype(np.int64)
    table = faiss.vector_to_array(graph.neighbors)
    layers = []
    for level in range(int(levels.max())):
        rows = np.flatnonzero(levels > level)
        places = offsets[rows][:, None] + np.arange(starts[level], starts[level + 1])
        layers.append(
            {
                row: [other for other in others if other >= 0]
                for row, others in zip(rows.tolist(), table[places].tolist(), strict=True)
            }
        )
    return Layers(layers, int(graph.entry_point))


def incoming(layer: Mapping[int, Sequence[int]], n: int) -> np.ndarray:
    """Count the links (n,) of a layer that lead to each of n rows."""
    ends = [other for others in layer.values() for other in others]
    return np.bincount(np.array(ends, dtype=int), minlength=n)


def nearest_links(vectors: np.ndarray, m: int) -> list[list[int]]:
    """Link every row to its m nearest others, found exactly; one way only.

    Parameters
    ----------
    vectors : ndarray (n, d)
    m : int
        Less than n.

    Returns
    -------
    list of list of int

    Raises
    ------
    ValueError
        If `m` is out of range.
    """
    if not 1 <= m < len(vectors):
        raise ValueError(f"m must be between 1 and {len(vectors) - 1}, not {m}.")
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(vectors)
    _, found = index.search(vectors, m + 1)
    return [[other for other in row if other != i][:m] for i, row in enumerate(found.tolist())]


def links_both_ways(links: Sequence[Sequence[int]]) -> list[list[int]]:
    """Add to every link the one that goes back.

    Parameters
    ----------
    links : sequence of sequence of int
        ``links[i]`` holds the rows that row i links to.

    Returns
    -------
    list of list of int
        In increasing order.
    """
    both = [set(row) for row in links]
    for i, row in enumerate(links):
        for other in row:
            both[other].add(i)
    return [sorted(row) for row in both]


def _distances(vectors, rows, query) -> list[float]:
    if not rows:
        return []
    steps = vectors[rows] - query
    return np.einsum("ij,ij->i", steps, steps).tolist()
