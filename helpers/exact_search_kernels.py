"""The loops of exact search: who in a tile of scores may be among the best, and the heaps.

A query's heap holds its best k (key, id) so far, the worst at the root: the lowest key and, of
equal keys, the highest id. A key is a score in float64. The *floor* of a query is what the float32
score of a tile must reach at least for the key to be able to enter the heap.
"""

import numpy as np
from numba import njit

METRICS = ("dot", "cosine", "euclidean")
COSINE, EUCLIDEAN = METRICS.index("cosine"), METRICS.index("euclidean")
RUN = 64  # scores that are compared with the floors before one of them is looked at
_jit = njit(cache=True, nogil=True, error_model="numpy")
# Sums may be split over the lanes of the processor's vectors; infinities stay what they are.
_jit_sums = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})


@_jit
def moved(rows, centre, factors):
    """Make ``(rows - centre) * factors`` in float32, a factor for each row."""
    made = np.empty(rows.shape, np.float32)
    for i in range(rows.shape[0]):
        for t in range(rows.shape[1]):
            made[i, t] = (rows[i, t] - centre[t]) * factors[i]
    return made


@_jit_sums
def row_lengths(rows, centre):
    """Length of each row of ``rows - centre``, in float64."""
    lengths = np.empty(rows.shape[0])
    for i in range(rows.shape[0]):
        square = 0.0
        for t in range(rows.shape[1]):
            part = rows[i, t] - centre[t]
            square += part * part
        lengths[i] = np.sqrt(square)
    return lengths


@_jit_sums
def _score(metric, queries, i, vectors, j, lengths):
    """Score of one pair in float64; `lengths` is the product of both."""
    total = 0.0
    if metric == EUCLIDEAN:
        for t in range(queries.shape[1]):
            part = np.float64(queries[i, t]) - np.float64(vectors[j, t])
            total += part * part
        return 0.0 - np.sqrt(total)
    for t in range(queries.shape[1]):
        total += np.float64(queries[i, t]) * np.float64(vectors[j, t])
    return min(max(total / lengths, -1.0), 1.0) if metric == COSINE else total


@_jit
def _enter(keys, ids, i, key, label):
    """Replace the worst of heap i by (key, label) if that is better; say whether it was."""
    if key < keys[i, 0] or (key == keys[i, 0] and label > ids[i, 0]):
        return False
    place, child, k = 0, 1, keys.shape[1]
    while child < k:
        other = child + 1
        if other < k and (
            keys[i, other] < keys[i, child]
            or (keys[i, other] == keys[i, child] and ids[i, other] > ids[i, child])
        ):
            child = other  # the worse of the two
        if keys[i, child] > key or (keys[i, child] == key and ids[i, child] < label):
            break
        keys[i, place], ids[i, place] = keys[i, child], ids[i, child]
        place, child = child, 2 * child + 1
    keys[i, place], ids[i, place] = key, label
    return True


@_jit
def _raise_floor(floors, i, metric, scale, worst, slack):
    """Let query i need what a tile's score is at least if the score is `worst`.

    Floors belong to all threads. One may overwrite the higher floor of another: that lets more
    candidates through, and never fewer than needed.
    """
    score = -scale * worst * worst if metric == EUCLIDEAN else scale * worst
    floors[i] = max(floors[i], np.float32(score - slack))


@_jit
def _next_run(row, run, floor, column_floors):
    """First run from `run` on where a score reaches one of its floors, or the incomplete last."""
    while run + RUN <= row.size:
        some, their_floors, hits = row[run : run + RUN], column_floors[run : run + RUN], np.int32(0)
        for c in range(RUN):  # a fixed length and no branch, so that it becomes vector code
            hits |= np.int32(some[c] >= min(floor, their_floors[c]))
        if hits:
            break
        run += RUN
    return run


@_jit
def offer(
    scores, first_row, first_column, metric, scale, queries, vectors, query_lengths,
    vector_lengths, slack, floors, keys, ids, symmetric, skip_self,
):  # fmt: skip
    """Offer a tile's scores to the heaps of its rows and, if `symmetric`, of its columns.

    Parameters
    ----------
    scores : ndarray (rows, columns), float32
        Scores of a tile, of scaled vectors.
    first_row, first_column : int
        Query and vector of ``scores[0, 0]``.
    metric : int
        Place in :data:`METRICS`.
    scale, slack, query_lengths, vector_lengths
        As in ``helpers.exact_search._Sides``.
    queries, vectors : ndarray (m, d), (n, d)
        Rows as they came.
    floors : ndarray (m,), float32
        Shared by all threads; raised here.
    keys, ids : ndarray (m, k), float64 and int64
        This thread's heaps, changed in place; at first all keys are -inf.
    symmetric : bool
        Whether queries are the vectors, and only tiles from the diagonal upwards are offered.
    skip_self : bool
        Leave out scores of a vector with itself.
    """
    rows, columns = scores.shape
    column_floors = np.full(columns, np.inf, np.float32)
    if symmetric:
        column_floors = floors[first_column : first_column + columns]
    for r in range(rows):
        i = first_row + r
        start = r if symmetric and first_row == first_column else 0
        run = _next_run(scores[r], start, floors[i], column_floors)
        while run < columns:
            for c in range(run, min(run + RUN, columns)):
                j = first_column + c
                for_row, for_column = scores[r, c] >= floors[i], scores[r, c] >= column_floors[c]
                if not (for_row or for_column) or (skip_self and i == j):
                    continue
                lengths = query_lengths[i] * vector_lengths[j]
                key = _score(metric, queries, i, vectors, j, lengths)
                if for_row and _enter(keys, ids, i, key, j):
                    _raise_floor(floors, i, metric, scale, keys[i, 0], slack[i])
                if for_column and i != j and _enter(keys, ids, j, key, i):
                    _raise_floor(floors, j, metric, scale, keys[j, 0], slack[j])
            run = _next_run(scores[r], run + RUN, floors[i], column_floors)
