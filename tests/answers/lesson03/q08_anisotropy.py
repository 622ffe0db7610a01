"""Answers to Q08-anisotropy."""

import numpy as np
import torch

CHECK = "Q08-anisotropy"


def whole_table(vectors):
    x = np.array(vectors, dtype=np.float64)
    lengths = np.sqrt((x**2).sum(axis=1))
    lengths[lengths == 0] = 1
    cosines = (x @ x.T) / np.outer(lengths, lengths)
    np.fill_diagonal(cosines, 0)
    return cosines.sum() / (len(x) * (len(x) - 1))


def in_torch(vectors):
    unit = torch.nn.functional.normalize(torch.tensor(np.array(vectors, dtype=float)), dim=1)
    total = unit.sum(0)
    n = len(unit)
    return ((total @ total - (unit * unit).sum()) / (n * (n - 1))).item()


def row_by_row(vectors):
    total, result, rows = 0.0, 0.0, np.array(vectors, dtype=float)
    for row in rows:
        length = np.sqrt(row @ row)
        unit = row / length if length else row
        result += 2 * float(np.dot(unit, total)) if np.ndim(total) else 0.0
        total = total + unit
    return result / (len(rows) * (len(rows) - 1))


def loop_over_pairs(vectors):
    rows = [[float(a) for a in row] for row in vectors]
    cosines = []
    for i, x in enumerate(rows):
        for y in rows[:i]:
            dot = sum(a * b for a, b in zip(x, y, strict=True))
            lengths = sum(a * a for a in x) ** 0.5 * sum(b * b for b in y) ** 0.5
            cosines.append(dot / lengths if lengths else 0.0)
    return sum(cosines) / len(cosines)


def length_of_mean(vectors):
    x = np.array(vectors, dtype=float)
    unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    return np.linalg.norm(unit.mean(axis=0))


def unit_columns(vectors):
    x = np.array(vectors, dtype=float)
    unit = x / np.maximum(np.linalg.norm(x, axis=0), 1e-12)
    n, total = len(x), unit.sum(axis=0)
    return (total @ total - (unit**2).sum()) / (n * (n - 1))


def without_zero_rows(vectors):
    x = np.array(vectors, dtype=float)
    return whole_table(x[np.linalg.norm(x, axis=1) > 0])


def mean_of_cleared_table(vectors):
    n = len(vectors)
    return whole_table(vectors) * (n - 1) / n


def absolute(vectors):
    return abs(whole_table(vectors))


def neighbours_only(vectors):
    x = np.array(vectors, dtype=float)
    unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    return (unit[1:] * unit[:-1]).sum(1).mean()


def in_place(vectors):
    vectors = np.asarray(vectors)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    total, n = vectors.sum(axis=0), len(vectors)
    return (total @ total - n) / (n * (n - 1))


RIGHT = [whole_table, in_torch, row_by_row]
WRONG = [
    (loop_over_pairs, "did not finish"),
    (length_of_mean, "the length of the mean unit"),
    (unit_columns, "the number is not right"),
    (without_zero_rows, "You leave the rows of zeros out"),
    (mean_of_cleared_table, "You divide by n²"),
    (absolute, "the number is not right"),
    (neighbours_only, "the number is not right"),
    (in_place, "in place"),
    (lambda vectors: np.asarray(vectors, dtype=float) @ np.asarray(vectors).T, "where one number"),
]
_ZERO = "a zero row stays zero, whatever it is divided by"
_KINDS = "NumPy divides lists and whole numbers by floats all the same"
_RESULT = (
    "return float((total @ total - (unit_vectors ** 2).sum()) / (count * (c: float((total @ total "
    "- (unit_vectors ** 2).sum()) / (count * (count -  -> (total @ total - (unit_vectors ** 2)"
    ".sum()) / (count * (count - 1))"
)
_READ = "vectors = np.asarray(vectors, dtype=float): np.asarray(vectors, dtype=float) -> "
SURVIVORS = {
    _RESULT: "a NumPy number counts as a number",
    "unit_vectors = vectors / np.where(lengths == 0, 1, lengths): 1 -> 2": _ZERO,
    _READ + "np.asarray(vectors)": _KINDS,
    _READ + "vectors": _KINDS,
}
