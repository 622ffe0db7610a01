"""Rounded vectors, signs, best rows and rescoring."""

import numpy as np
import pytest

from helpers.quantisation import best_rows, rescored, rounded, signs

RNG = np.random.default_rng(2)
ROWS = RNG.normal(size=(60, 8)).astype(np.float32)


def test_rounding_stays_within_half_a_step():
    for by, axis in (("dimension", 0), ("all", None)):
        step = (ROWS.max(axis=axis) - ROWS.min(axis=axis)) / 255
        assert (abs(rounded(ROWS, 8, by) - ROWS) <= 0.5001 * step + 1e-6).all()
        levels = [len(np.unique(column)) for column in rounded(ROWS, 2).T]
        assert max(levels) <= 4
    flat = np.full((3, 2), 0.7)
    assert np.allclose(rounded(flat), 0.7)
    assert set(np.unique(rounded([[0.0], [1], [5]], 1))) == {0, 5}


def test_products_of_signs_count_bits_that_differ():
    bits = signs(ROWS)
    differ = ((ROWS[0] > 0) != (ROWS > 0)).sum(axis=1)
    assert (bits @ bits[0] == 8 - 2 * differ).all()
    assert (signs(ROWS, ROWS.mean(axis=0)) == signs(ROWS - ROWS.mean(axis=0))).all()


def test_best_rows_are_those_of_a_stable_sort():
    scores = RNG.integers(0, 5, (40, 30)).astype(float)
    for k in (1, 7, 30):
        expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        assert (best_rows(scores, k) == expected).all()


def test_rescoring_orders_candidates_by_the_full_product():
    queries = RNG.normal(size=(5, 8))
    candidates = np.stack([RNG.permutation(60)[:12] for _ in range(5)])
    found = rescored(queries, ROWS, candidates, 4)
    for query, mine, rows in zip(queries, found, candidates, strict=True):
        assert mine.tolist() == sorted(rows, key=lambda row: -(ROWS[row] @ query))[:4]
    every = np.tile(np.arange(60), (5, 1))
    assert (rescored(queries, ROWS, every, 10) == best_rows(queries @ ROWS.T, 10)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rounded(ROWS, 0), "bits 1 to 16"),
        (lambda: rounded(ROWS, 8, "row"), "dimension or all"),
        (lambda: rounded(np.empty((0, 3))), r"shape \(n, d\)"),
        (lambda: best_rows(ROWS, 9), "k must be between 1"),
        (lambda: best_rows(ROWS, 0), "k must be between 1"),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
