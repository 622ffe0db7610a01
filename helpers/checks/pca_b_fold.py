"""Check of lesson 07, part B: folding documents into an LSA space."""

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check
from helpers.checks.pca_b_fold_wrong import MISCONCEPTIONS
from helpers.checks.running import Case

__all__ = ["X_FOLD"]


def _by_eigenvectors(train, new, k):
    """Weigh word by word, then take eigenvectors of the terms' matrix of products."""
    _, axes = np.linalg.eigh(_weighted(train, train).T @ _weighted(train, train))
    return _weighted(train, new) @ axes[:, ::-1][:, :k]


def _weighted(train, rows):
    train, rows = np.array(train, dtype=float), np.array(rows, dtype=float)
    table = np.zeros(rows.shape)
    for term in range(train.shape[1]):
        held = sum(1 for document in train if document[term] > 0)
        if held:
            table[:, term] = rows[:, term] * (1 + np.log(len(train) / held))
    for row in table:
        length = np.sqrt(sum(row**2))
        if length > 0:
            row /= length
    return table


def _coordinates(case, output):
    rows = as_numbers(output)
    wanted = (len(case.args[1]), case.args[2])
    if rows is None or rows.ndim != 2:
        raise ValueError(
            "return one array, the coordinates of `new`. What came back "
            + ("is no matrix of numbers" if rows is None else f"has the shape {rows.shape}")
        )
    if rows.shape != wanted:
        if rows.shape == wanted[::-1]:
            advice = "documents belong in rows, axes in columns: transpose"
        elif len(rows) != wanted[0]:
            advice = "return one row for each document of `new`"
        else:
            advice = "return one column for each of the k axes"
        raise ValueError(f"the result has the shape {rows.shape}, not {wanted}: {advice}")
    return rows.astype(np.float64)


def _up_to_signs(got, expected):
    """Compare coordinates after each column was given the sign that fits better."""
    if np.shape(got) != np.shape(expected):
        return "the shape is not right"
    if not np.isfinite(got).all():
        return (
            "some coordinates are not finite: a document without a known word has length 0 and "
            "stays all zeros, and a word that no training document holds has the weight 0"
        )
    signs = np.where((got * expected).sum(axis=0) < 0, -1.0, 1.0)
    problem = close(rtol=1e-5, atol=1e-7)(got * signs, expected)
    if problem is None:
        return None
    if got.shape[1] > 1 and close(rtol=1e-5, atol=1e-7)(abs(got[:, ::-1]), abs(expected)) is None:
        return "the axes come in the wrong order: the largest singular value first"
    return f"up to the signs of the axes, {problem}"


def _settled(case) -> bool:
    """Whether k axes are decided: no tie of singular values at an axis that is asked for."""
    train, _, k = case.args
    squares = np.linalg.svd(_weighted(train, train), compute_uv=False) ** 2
    gaps = -np.diff(np.append(squares, [0.0] * max(0, k + 1 - len(squares))))
    return bool(squares[:k].min() > 1e-3 and (gaps[:k] > 1e-3).all())


def _fold_cases(rng, hard):
    while True:  # about one draw in a hundred leaves an axis open
        cases = _drawn(rng, hard)
        if all(_settled(case) for case in cases):
            return cases


def _drawn(rng, hard):
    def texts(n, terms, mean=0.7):
        counts = rng.poisson(mean, (n, terms))
        for row in counts:
            row[rng.integers(terms)] += 1  # no text is empty
        return counts

    pair = np.array([[2, 1, 0], [0, 1, 1], [0, 3, 1]])
    pair_new = np.array([[1, 0, 0], [0, 1, 2]])
    train, new = texts(8, 5), texts(4, 5)
    train[:, 1] += 1  # a word of every text
    wide, wide_new = texts(4, 9, 1.5), texts(3, 9, 1.5)
    wide[:, 4] = 0
    wide_new[:, 4] = [2, 0, 1]
    alone = texts(5, 6)
    alone[:, 3] = 0
    strange = np.array([[0, 0, 0, 4, 0, 0], [1, 0, 2, 3, 0, 1], [0, 0, 0, 0, 0, 0]])
    with_empty = np.vstack([texts(6, 4), np.zeros((1, 4), dtype=int)])
    cases = [
        Case("3 documents, one axis", (pair, pair_new, 1)),
        Case("3 documents, 2 axes", (pair, pair_new, 2)),
        Case("8 documents of 5 terms, 3 axes", (train, new, 3)),
        Case("one new document", (train, new[:1], 2)),
        Case("the training documents themselves", (train, train, 2)),
        Case("more terms than documents, one unknown", (wide, wide_new, 2)),
        Case("unknown words and an empty new document", (alone, strange, 3)),
        Case("an empty training document", (with_empty, texts(3, 4), 2)),
        Case("as many axes as terms", (train, new, 5)),
        Case("lists", (train.tolist(), new.tolist(), 2)),
        Case("32-bit numbers", (train.astype(np.float32), new.astype(np.float32), 2)),
        Case("long documents", (train * 30_000, new * 50_000, 2)),
    ]
    if hard:
        cases += [
            Case("a larger collection", (texts(40, 25), texts(7, 25), 6)),
            Case("one training document", (train[:1], new, 1)),
            Case("transposed memory", (np.asfortranarray(train), np.asfortranarray(new), 2)),
            Case("small unsigned counts", (train.astype(np.uint8), new.astype(np.uint8), 2)),
        ]
    return cases


X_FOLD = Check(
    id="X-fold",
    title="Fold documents into an LSA space",
    level=2,
    minutes=20,
    points=3,
    function="fold_in",
    make_cases=_fold_cases,
    oracle=_by_eigenvectors,
    view=_coordinates,
    compare=_up_to_signs,
    misconceptions=MISCONCEPTIONS,
)
