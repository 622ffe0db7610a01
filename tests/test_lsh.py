"""Random hyperplanes: the chance to meet, the keys and the tables."""

import numpy as np
import pytest

from helpers.lsh import build_tables, chance_to_meet, hash_keys, search_tables


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_chance_to_meet():
    assert chance_to_meet([1, 0, -1]).tolist() == pytest.approx([1, 0.5, 0])
    assert chance_to_meet(0.5, 3) == pytest.approx((2 / 3) ** 3)
    assert chance_to_meet(0.0, 1, 2) == pytest.approx(0.75)
    assert chance_to_meet(1.0000001) == 1


def test_keys_are_the_sides_of_the_planes():
    planes = np.array([[[1.0, 0], [0, 1]], [[-1, 0], [1, 1]]])
    assert hash_keys(np.array([[2.0, -1], [-1, 3]]), planes).tolist() == [[1, 2], [2, 3]]


def test_tables_find_what_the_formula_says():
    rng = np.random.default_rng(3)
    stored = unit(rng.normal(size=(400, 10)))
    asked = unit(stored + 0.15 * rng.normal(size=(400, 10)))
    tables = build_tables(stored, 8, 5)
    found = search_tables(tables, stored, asked, 1)
    expected = chance_to_meet((asked * stored).sum(axis=1), 8, 5).mean()
    assert abs((found.ids[:, 0] == np.arange(400)).mean() - expected) < 0.05
    assert 40 < found.distances < 40 + 400


def test_candidates_are_ranked_by_cosine_and_rows_filled_up():
    rows = unit(np.array([[1.0, 0], [1, 0.01], [-1, 0]]))
    found = search_tables(build_tables(rows, 3, 1), rows, rows[1:2], 3)
    assert found.ids.tolist() == [[1, 0, -1]] and found.distances == 3 + 2


def test_bad_settings():
    with pytest.raises(ValueError, match="bits must be 1 to 62"):
        build_tables(np.ones((2, 2)), 63, 1)
    with pytest.raises(ValueError, match="k must be at least 1"):
        search_tables(build_tables(np.ones((2, 2)), 2, 1), np.ones((2, 2)), np.ones((1, 2)), 0)
