"""Answers to Q05-shared."""

import numpy as np
import torch

CHECK = "Q05-shared"


def with_a_projection(log_counts):
    table = np.asarray(log_counts, dtype=float)
    n = len(table)
    centre = np.eye(n) - np.ones((n, n)) / n
    table = centre @ table @ centre
    if np.abs(table).max() < 1e-9:
        return 0.0
    values, vectors = np.linalg.eigh(table)
    part = vectors @ np.diag(np.minimum(values, 0)) @ vectors.T
    return (part**2).sum() / (table**2).sum()


def loops_and_torch(log_counts):
    n = len(log_counts)
    table = [[float(x) for x in row] for row in log_counts]
    means = [sum(row) / n for row in table]
    grand = sum(means) / n
    table = torch.tensor(
        [[table[i][j] - means[i] - means[j] + grand for j in range(n)] for i in range(n)],
        dtype=torch.float64,
    )
    if table.abs().max() < 1e-9:
        return 0.0
    values = torch.linalg.eigvalsh(table)
    return (values.clamp(max=0) ** 2).sum() / (values**2).sum()


def with_singular_values(log_counts):
    table = np.array(log_counts, dtype=float)
    table -= table.mean(axis=0)
    table -= table.mean(axis=1, keepdims=True)
    if np.abs(table).max() < 1e-9:
        return 0
    u, s, vt = np.linalg.svd(table)
    root = vt.T @ np.diag(s) @ vt  # The root of table @ table
    return float((((root - table) / 2) ** 2).sum() / (s**2).sum())


def negative_cells(log_counts):
    table = np.asarray(log_counts, dtype=float)
    means = table.mean(axis=0)
    table = table - means - means[:, None] + means.mean()
    total = (table**2).sum()
    return float((table[table < 0] ** 2).sum() / total) if total > 1e-15 else 0.0


def only_the_most_negative(log_counts):
    table = np.asarray(log_counts, dtype=float)
    means = table.mean(axis=0)
    values = np.linalg.eigvalsh(table - means - means[:, None] + means.mean())
    total = (values**2).sum()
    return float(min(values[0], 0) ** 2 / total) if total > 1e-15 else 0.0


def in_percent(log_counts):
    return 100 * with_a_projection(log_counts)


def diagonal_dropped(log_counts):
    table = np.array(log_counts, dtype=float)
    np.fill_diagonal(table, 0)
    return with_a_projection(table)


def standardised(log_counts):
    table = np.asarray(log_counts, dtype=float)
    return with_a_projection((table - table.mean(axis=0)) / (table.std(axis=0) + 1e-12))


def in_float32(log_counts):
    table = np.asarray(log_counts, dtype=np.float32)
    means = table.mean(axis=0)
    table = table - means - means[:, None] + means.mean()
    if np.abs(table).max() < 1e-9:
        return 0.0
    values = np.linalg.eigvalsh(table)
    return (values[values < 0] ** 2).sum() / (values**2).sum()


def without_the_threshold(log_counts):
    table = np.asarray(log_counts, dtype=float)
    centre = np.eye(len(table)) - 1 / len(table)
    values = np.linalg.eigvalsh(centre @ table @ centre)
    return (values[values < 0] ** 2).sum() / (values**2).sum()


def rows_as_columns(log_counts):
    table = np.asarray(log_counts, dtype=float)
    table = table - table.mean(axis=1) - table.mean(axis=0) + table.mean()
    if np.abs(table).max() < 1e-9:
        return 0.0
    values = np.linalg.eigvalsh(table)
    return (values[values < 0] ** 2).sum() / (values**2).sum()


RIGHT = [with_a_projection, loops_and_torch, with_singular_values]
WRONG = [
    (negative_cells, "the number is not right"),
    (only_the_most_negative, "the number is not right"),
    (in_float32, "compute in float64"),
    (without_the_threshold, "Return 0.0 when no entry"),
    (rows_as_columns, "keepdims=True"),
    (in_percent, "the number is not right"),
    (diagonal_dropped, "the number is not right"),
    (standardised, "the number is not right"),
    (lambda log_counts: 0.5, "the number is not right"),
]
SURVIVORS = {
    "table = np.asarray(log_counts, dtype=float): np.asarray(log_counts, dtype=float) -> "
    "np.asarray(log_counts)": ("subtracting means makes floats of whole numbers anyway"),
    "if np.abs(table).max() < 1e-09:: np.abs(table).max() < 1e-09 -> np.abs(table).max() "
    "<= 1e-09": ("no table has a largest entry of just 1e-9"),
    "return 0.0: return 0.0 -> return -0.0": ("minus zero and zero are equal"),
    "return float((values[values < 0] ** 2).sum() / (values ** 2).sum()): float((values[v"
    "alues < 0] ** 2).sum() / (values ** 2).sum()) -> (values[values < 0] ** 2).sum() / ("
    "values ** 2).sum()": ("a NumPy number is as good as a float"),
    "means = table.mean(axis=0): 0 -> 1": (
        "the table is symmetric, rows and columns have the same means"
    ),
    "if np.abs(table).max() < 1e-09:: np.abs(table) -> table": (
        "the cells sum to 0, so the largest is positive unless all are 0"
    ),
    "return float((values[values < 0] ** 2).sum() / (values ** 2).sum()): values < 0 -> v"
    "alues <= 0": ("an eigenvalue of 0 adds nothing to the sum"),
}
