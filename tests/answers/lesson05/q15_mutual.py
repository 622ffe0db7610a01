"""Answers to Q15-mutual."""

import numpy as np
from scipy.sparse import coo_array

CHECK = "Q15-mutual"


def table(neighbours):
    neighbours = np.asarray(neighbours, dtype=int)
    inside = np.zeros((len(neighbours), len(neighbours)), dtype=bool)
    np.put_along_axis(inside, neighbours, True, axis=1)
    return np.argwhere(np.triu(inside & inside.T))


def sets_of_arrows(neighbours):
    arrows = {(i, int(j)) for i, row in enumerate(neighbours) for j in row}
    return sorted((i, j) for i, j in arrows if i < j and (j, i) in arrows)


def sparse(neighbours):
    neighbours = np.asarray(neighbours, dtype=np.int64)
    n, k = neighbours.shape
    rows = np.repeat(np.arange(n), k)
    graph = coo_array((np.ones(n * k), (rows, neighbours.ravel())), shape=(n, n)).tocsr()
    both = graph.multiply(graph.T).tocoo()
    keep = both.row < both.col
    pairs = np.stack([both.row[keep], both.col[keep]], axis=1)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def codes(neighbours):
    neighbours = np.asarray(neighbours, dtype=np.int64)
    n, k = neighbours.shape
    rows, columns = np.repeat(np.arange(n), k), neighbours.ravel()
    both = np.intersect1d(rows * n + columns, columns * n + rows)
    pairs = np.stack(np.divmod(both, n), axis=1)
    return pairs[pairs[:, 0] < pairs[:, 1]]


def degrees(neighbours):
    return np.bincount(np.ravel(table(neighbours)), minlength=len(neighbours))


def sorted_as_text(neighbours):
    return np.array(sorted(sets_of_arrows(neighbours), key=str), dtype=int).reshape(-1, 2)


def a_set(neighbours):
    return set(sets_of_arrows(neighbours))


def consecutive_only(neighbours):
    return [p for p in sets_of_arrows(neighbours) if p[1] == p[0] + 1]


def counts_from_one(neighbours):
    return table(neighbours) + 1


RIGHT = [table, sets_of_arrows, sparse, codes]
WRONG = [
    (degrees, "the shape"),
    (sorted_as_text, "not right"),
    (a_set, "it returned"),
    (consecutive_only, "the shape"),
    (counts_from_one, "values are not right"),
    (lambda neighbours: np.zeros((0, 2)), "the shape (0, 2)"),
    (lambda neighbours: neighbours, "not right yet"),
]
SURVIVORS = {
    "return np.array(pairs, dtype=int).reshape(len(pairs), 2): "
    "np.array(pairs, dtype=int) -> np.array(pairs)": (
        "Only an empty table changes its type, and an empty list counts as well."
    ),
    "if i < j and i in lists[j]:: i < j -> i <= j": (
        "A point is never in its own list, so i and j are never equal."
    ),
}
