"""Answers to Q17-disagree."""

import numpy as np
import torch

CHECK = "Q17-disagree"


def with_loops(query, items):
    query = np.array(query, dtype=float)
    query = query / np.sqrt((query**2).sum())
    scored = []
    for item in np.array(items, dtype=float):
        norm = np.sqrt((item**2).sum())
        if norm > 0:
            scored.append((sum(query * item), sum(query * item) / norm))
    opposite = pairs = 0
    for i, (dot, cos) in enumerate(scored):
        for other_dot, other_cos in scored[:i]:
            pairs += 1
            by_dot, by_cos = dot - other_dot, cos - other_cos
            if abs(by_dot) > 1e-9 and abs(by_cos) > 1e-9 and by_dot * by_cos < 0:
                opposite += 1
    return opposite / pairs if pairs else 0.0


def by_signs(query, items):
    query, items = np.array(query, dtype=float), np.array(items, dtype=float)
    items = items[np.any(items != 0, axis=1)]
    if len(items) < 2:
        return 0
    dots = np.einsum("d,nd->n", query, items) / np.linalg.norm(query)
    i, j = np.triu_indices(len(items), 1)
    signs = []
    for score in (dots, dots / np.linalg.norm(items, axis=1)):
        gap = score[i] - score[j]
        signs.append(np.where(np.abs(gap) <= 1e-9, 0, np.sign(gap)))
    return np.mean(signs[0] * signs[1] == -1)


def in_torch(query, items):
    query = torch.tensor(np.array(query, dtype=float))
    items = torch.tensor(np.array(items, dtype=float))
    items = items[items.norm(dim=1) > 0]
    if len(items) < 2:
        return 0.0
    dots = items @ (query / query.norm())
    cosines = torch.nn.functional.normalize(items) @ (query / query.norm())
    before = dots[:, None] - dots > 1e-9
    behind = cosines - cosines[:, None] > 1e-9
    return (before & behind)[~torch.eye(len(items), dtype=bool)].double().mean().item() * 2


def agreement(query, items):
    return 1 - with_loops(query, items)


def all_normalised(query, items):
    items = np.asarray(items, dtype=float)
    norms = np.linalg.norm(items, axis=1, keepdims=True)
    return with_loops(query, items / np.where(norms == 0, 1, norms))


def kendall(query, items):
    return 1 - 2 * with_loops(query, items)


def the_longer_wins(query, items):
    items = np.asarray(items, dtype=float)
    norms = np.linalg.norm(items, axis=1)
    items, norms = items[norms > 0], norms[norms > 0]
    n = len(items)
    cosines = items @ np.asarray(query, dtype=float) / norms
    if n < 2:
        return 0.0
    return float(((norms[:, None] > norms) & (cosines[:, None] < cosines)).sum() * 2 / n / (n - 1))


def a_table(query, items):
    n = len(items)
    return np.zeros((n, n))


def first_place_only(query, items):
    items = np.asarray(items, dtype=float)
    norms = np.linalg.norm(items, axis=1)
    dots = items @ np.asarray(query, dtype=float)
    return float(dots.argmax() != (dots / np.where(norms == 0, 1, norms)).argmax())


def query_changed(query, items):
    answer = with_loops(query, items)
    if isinstance(query, np.ndarray):
        query /= np.linalg.norm(query)
    return answer


def counts_weakly(query, items):
    query, items = np.asarray(query, dtype=float), np.asarray(items, dtype=float)
    norms = np.linalg.norm(items, axis=1)
    items, norms = items[norms > 0], norms[norms > 0]
    n = len(items)
    if n < 2:
        return 0.0
    dots = items @ (query / np.linalg.norm(query))
    cosines = dots / norms
    opposite = (dots[:, None] >= dots - 1e-9) & (cosines[:, None] < cosines - 1e-9)
    return float(opposite.sum() / (n * (n - 1) / 2))


def with_isclose(query, items):
    query, items = np.asarray(query, dtype=float), np.asarray(items, dtype=float)
    items = items[np.any(items != 0, axis=1)]
    if len(items) < 2:
        return 0.0
    dots = items @ (query / np.linalg.norm(query))
    i, j = np.triu_indices(len(items), 1)
    signs = []
    for score in (dots, dots / np.linalg.norm(items, axis=1)):
        signs.append(np.where(np.isclose(score[i], score[j]), 0, np.sign(score[i] - score[j])))
    return float(np.mean(signs[0] * signs[1] == -1))


def rounded(query, items):
    query, items = np.asarray(query, dtype=float), np.asarray(items, dtype=float)
    items = items[np.any(items != 0, axis=1)]
    if len(items) < 2:
        return 0.0
    dots = (items @ (query / np.linalg.norm(query))).round(4)
    cosines = (items @ (query / np.linalg.norm(query)) / np.linalg.norm(items, axis=1)).round(4)
    opposite = (dots[:, None] > dots) & (cosines[:, None] < cosines)
    return float(opposite.sum() * 2 / len(items) / (len(items) - 1))


def imaginary(query, items):
    return np.complex128(with_loops(query, items))


def never(query, items):
    return 0.0


RIGHT = [with_loops, by_signs, in_torch]
WRONG = [
    (agreement, "the number is not right"),
    (all_normalised, "the number is not right"),
    (kendall, "the number is not right"),
    (the_longer_wins, "the number is not right"),
    (a_table, "return one number"),
    (first_place_only, "the number is not right"),
    (query_changed, "changed argument 1 in place"),
    (never, "the number is not right"),
    (counts_weakly, "both orders must be strict"),
    (with_isclose, "np.isclose and rounding"),
    (rounded, "np.isclose and rounding"),
    (imaginary, "return one number"),
]
_LINE = "opposite = (dots[:, None] > dots + 1e-09) & (cosines[:, None] < cosine: "
_READ = "query, items = (np.asarray(query, dtype=float), np.asarray(items, dtyp: "
SURVIVORS = {
    _LINE + "cosines[:, None] < cosines - 1e-09 -> cosines[:, None] <= cosines - 1e-09": (
        "no difference of rounded cosines is 1e-9 exactly"
    ),
    _LINE + "dots[:, None] > dots + 1e-09 -> dots[:, None] >= dots + 1e-09": (
        "no difference of rounded products is 1e-9 exactly"
    ),
    _READ + "np.asarray(query, dtype=float) -> np.asarray(query)": (
        "a query rounded to 32 bits keeps equal cosines equal and changes no other order"
    ),
    _READ + "np.asarray(query, dtype=float) -> query": (
        "a list divided by a NumPy number is an array, too"
    ),
    "return 0.0: return 0.0 -> return -0.0": "minus zero is equal to zero",
    "return float(opposite.sum() / (n * (n - 1) / 2)): "
    "float(opposite.sum() / (n * (n - 1) / 2)) -> opposite.sum() / (n * (n - 1) / 2)": (
        "a NumPy number has the same value"
    ),
}
