"""Answers to Q06-cost."""

import numpy as np
import torch

CHECK = "Q06-cost"


def by_hand(n_tokens, n_words, nnz, dim, window, negatives):
    pairs = n_tokens * (window + 1)
    scores = pairs * (negatives + 1)
    vectors = 2 * n_words * dim
    sgns = [scores * dim, 4 * vectors, 4 * n_tokens]
    parameters = vectors + 2 * n_words
    return [sgns, [nnz * dim, 8 * parameters, 12 * nnz]]


def mean_reach(n_tokens, n_words, nnz, dim, window, negatives):
    contexts = 2 * sum(range(1, window + 1)) / window
    table = torch.tensor(
        [
            [n_tokens * contexts * (1 + negatives) * dim, 8.0 * n_words * dim, 4.0 * n_tokens],
            [nnz * dim, 16.0 * n_words * (dim + 1), 12.0 * nnz],
        ],
        dtype=torch.float64,
    )
    return table


def sizes_of_arrays(n_tokens, n_words, nnz, dim, window, negatives):
    number = np.dtype(np.float32).itemsize
    cell = 2 * np.dtype(np.int32).itemsize + number
    out = np.empty((2, 3))
    out[0] = (
        n_tokens * (window + 1) * (1 + negatives) * dim,
        number * 2 * n_words * dim,
        4 * n_tokens,
    )
    out[1] = nnz * dim, 2 * number * 2 * n_words * (dim + 1), cell * nnz
    return out


def changed(row, column, by):
    def answer(*args):
        table = np.array(by_hand(*args), dtype=float)
        table[row, column] = by(table[row, column], *args)
        return table

    return answer


def transposed(*args):
    return np.array(by_hand(*args), dtype=float).T


def no_dimension(*args):
    table = np.array(by_hand(*args), dtype=float)
    table[:, 0] /= args[3]
    return table


def in_megabytes(*args):
    table = np.array(by_hand(*args), dtype=float)
    table[:, 1:] /= 1e6
    return table


def swapped_rows(*args):
    return np.array(by_hand(*args), dtype=float)[::-1]


def complex_figures(*args):
    return np.array(by_hand(*args)) + 1j


def window_contexts(n_tokens, n_words, nnz, dim, window, negatives):
    return by_hand(n_tokens, n_words, nnz, dim, window - 1, negatives)


RIGHT = [by_hand, mean_reach, sizes_of_arrays]
WRONG = [
    (transposed, "the shape (3, 2)"),
    (complex_figures, "complex numbers"),
    (window_contexts, "window + 1."),
    (no_dimension, "SGNS, multiply-adds a pass"),
    (in_megabytes, "SGNS, bytes of the model"),
    (swapped_rows, "6 of 6 figures are not right"),
    (changed(0, 2, lambda value, *args: 2 * value), "SGNS, bytes of the data"),
    (changed(1, 0, lambda value, *args: value / 2), "GloVe, multiply-adds a pass"),
    (changed(1, 1, lambda value, *args: value / 2 + 4), "GloVe, bytes of the model"),
    (changed(1, 2, lambda value, *args: 8 * args[2]), "GloVe, bytes of the data"),
    (lambda *args: by_hand(*args)[0], "the shape (3,)"),
]
SURVIVORS = {
    "return np.array([[contexts * (1 + negatives) * dim, 4 * vectors, 4 * n: "
    "np.array([[contexts * (1 + negatives) * dim, 4 * vectors, 4 * n_tokens -> "
    "[[contexts * (1 + negatives) * dim, 4 * vectors, 4 * n_tokens], [nnz *": (
        "a list of lists holds the same numbers, and counts as well"
    ),
}
