"""Answers to Q05-loss."""

import math

import numpy as np
import torch
from scipy.sparse import coo_array

CHECK = "Q05-loss"


def loops(cells, model, x_max=10.0, alpha=0.75):
    words, contexts, b, b_context = model
    total = 0.0
    for i, j, x in zip(*cells, strict=True):
        if x == 0:
            continue
        error = float(b[i]) + float(b_context[j]) - math.log(x)
        for p, q in zip(words[i], contexts[j], strict=True):
            error += float(p) * float(q)
        total += (1.0 if x >= x_max else (x / x_max) ** alpha) * error * error
    return total


def in_torch(cells, model, x_max=10.0, alpha=0.75):
    i, j = (torch.tensor(np.array(ids), dtype=torch.long) for ids in cells[:2])
    x = torch.tensor(np.array(cells[2], dtype=float))
    words, contexts, b, b_context = (torch.tensor(np.array(a, dtype=float)) for a in model)
    safe = torch.where(x > 0, x, torch.ones_like(x))
    error = torch.einsum("nd,nd->n", words[i], contexts[j]) + b[i] + b_context[j] - safe.log()
    return (torch.clamp(x / x_max, max=1) ** alpha * error**2).sum().item()


def by_sparse_arrays(cells, model, x_max=10.0, alpha=0.75):
    words, contexts, b, b_context = model
    rows = np.asarray(cells[0], dtype=int)
    columns = np.asarray(cells[1], dtype=int)
    shape = (len(words), len(contexts))
    table = coo_array((np.asarray(cells[2], dtype=float), (rows, columns)), shape=shape)
    table.eliminate_zeros()
    long_words = np.column_stack([words, b, np.ones(len(words))])
    long_contexts = np.column_stack([contexts, np.ones(len(contexts)), b_context])
    scores = np.einsum("nd,nd->n", long_words[table.row], long_contexts[table.col])
    errors = scores - np.log(table.data)
    return np.dot(np.minimum(table.data / x_max, 1) ** alpha, errors**2)


def epsilon_inside(cells, model, x_max=10.0, alpha=0.75):
    x = np.asarray(cells[2], dtype=float) + 1e-2
    return loops((cells[0], cells[1], x), model, x_max, alpha)


def log_base_ten(cells, model, x_max=10.0, alpha=0.75):
    i, j, x = (np.asarray(part) for part in cells)
    i, j, x = i[x > 0].astype(int), j[x > 0].astype(int), x[x > 0].astype(float)
    words, contexts, b, b_context = model
    errors = (words[i] * contexts[j]).sum(axis=1) + b[i] + b_context[j] - np.log10(x)
    return (np.minimum(x / x_max, 1) ** alpha * errors**2).sum()


def fixed_alpha(cells, model, x_max=10.0, alpha=0.75):
    return loops(cells, model, x_max, 0.75)


def per_cell(cells, model, x_max=10.0, alpha=0.75):
    return [loops(([i], [j], [x]), model, x_max, alpha) for i, j, x in zip(*cells, strict=True)]


def all_pairs(cells, model, x_max=10.0, alpha=0.75):
    words, contexts, b, b_context = model
    scores = words @ contexts.T + np.asarray(b)[:, None] + b_context
    table = np.zeros(scores.shape)
    table[np.asarray(cells[0], dtype=int), np.asarray(cells[1], dtype=int)] = cells[2]
    with np.errstate(divide="ignore"):
        errors = scores - np.maximum(np.log(table), -3)
    return (np.minimum((table + 0.1) / x_max, 1) ** alpha * errors**2).sum()


def columns_first(cells, model, x_max=10.0, alpha=0.75):
    return loops((cells[1], cells[0], cells[2]), model, x_max, alpha)


def floats_for_indices(cells, model, x_max=10.0, alpha=0.75):
    i, j, x = (np.asarray(part) for part in cells)
    i, j, x = i[x > 0], j[x > 0], x[x > 0]
    words, contexts, b, b_context = model
    errors = (words[i] * contexts[j]).sum(axis=1) + b[i] + b_context[j] - np.log(x)
    return (np.minimum(x / x_max, 1) ** alpha * errors**2).sum()


RIGHT = [loops, in_torch, by_sparse_arrays]
WRONG = [
    (epsilon_inside, "the number is not right"),
    (log_base_ten, "to base 10"),
    (columns_first, "Rows and columns are exchanged"),
    (floats_for_indices, "`np.asarray(ids, dtype=int)`"),
    (fixed_alpha, "the number is not right"),
    (per_cell, "where one number should come back"),
    (all_pairs, "the number is not right"),
    (lambda cells, model, x_max=10.0, alpha=0.75: 0.0, "the number is not right"),
]
SURVIVORS = {
    "x = np.asarray(cells[2], dtype=float): np.asarray(cells[2], dtype=float) -> np.asarr"
    "ay(cells[2])": ("dividing and taking logarithms make floats anyway"),
    "errors = (words[i] * contexts[j]).sum(axis=1) + word_biases[i] + conte: (words[i] * "
    "contexts[j]).sum(axis=1) + word_biases[i] + context_biases -> np.log(x) - ((words[i]"
    " * contexts[j]).sum(axis=1) + word_biases[i] + c": (
        "the errors are squared, their sign is lost"
    ),
    "return float((np.minimum(x / x_max, 1) ** alpha * errors ** 2).sum()): float((np.min"
    "imum(x / x_max, 1) ** alpha * errors ** 2).sum()) -> (np.minimum(x / x_max, 1) ** al"
    "pha * errors ** 2).sum()": ("a NumPy number is as good as a float"),
    "return float((np.minimum(x / x_max, 1) ** alpha * errors ** 2).sum()): np.minimum(x "
    "/ x_max, 1) -> np.minimum(1, x / x_max)": ("the smaller of two numbers has no order"),
}
