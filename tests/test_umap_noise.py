"""Counting islands, and the stored layouts of noise."""

import numpy as np
import pytest

from helpers.umap_noise import islands, load_noise_layouts, uniform


def test_uniform_points_are_one_island_and_moved_copies_are_more():
    square = uniform(500, 2, seed=0)
    assert islands(square) == islands(1e6 * square) == 1
    three = np.vstack([square, square + [3, 0], square + [0, 3]])
    assert islands(three) == 3


def test_small_groups_do_not_count():
    square = uniform(500, 2, seed=0)
    few = np.vstack([square, 5 + uniform(9, 2, seed=1) / 20])
    assert islands(few) == 1 and islands(few, least=9) == 2


def test_stored_layouts_are_whole():
    found = load_noise_layouts()
    assert all(y.shape == (1000, 2) for y in found.square.values())
    assert all(y.shape == (1797, 2) for y in (*found.digits.values(), *found.shuffled.values()))
    assert {k: islands(y) for k, y in found.square.items()} == {
        k: counts[0] for k, counts in found.counts["square"].items()
    }


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "noise.json").write_text("{}")
    with pytest.raises(ValueError, match="python -m benchmarks.umap_noise"):
        load_noise_layouts(tmp_path / "noise.json")
