"""The map of inner products to distances, and the links of a graph."""

import numpy as np
import pytest

from helpers.hnsw_measures import build_hnsw
from helpers.mips import augment, in_links, spread_norms


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_the_nearest_is_the_largest_product(scale):
    rng = np.random.default_rng(0)
    items = rng.normal(size=(200, 6)) * np.exp(rng.normal(size=(200, 1))) * scale
    queries = rng.normal(size=(20, 6)) * 3
    new_items, new_queries = augment(items, queries)
    np.testing.assert_allclose(np.linalg.norm(new_items, axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(new_queries, axis=1), 1, atol=1e-12)
    squared = ((new_queries[:, None] - new_items) ** 2).sum(axis=2)
    longest = np.linalg.norm(items, axis=1).max()
    lengths = np.linalg.norm(queries, axis=1, keepdims=True)
    np.testing.assert_allclose(squared, 2 - 2 * queries @ items.T / lengths / longest, atol=1e-12)
    assert (np.argsort(squared)[:, :20] == np.argsort(-(queries @ items.T))[:, :20]).all()


def test_zeros_and_equal_lengths():
    new_items, new_queries = augment(np.zeros((2, 3)), [[0, 0, 0], [0, 3, 4]])
    np.testing.assert_array_equal(new_items, [[0, 0, 0, 1]] * 2)
    np.testing.assert_array_equal(new_queries, [[0, 0, 0, 0], [0, 0.6, 0.8, 0]])
    unit = spread_norms(np.eye(5), 0)
    assert np.isfinite(augment(unit / 3, unit)[0]).all()


def test_links_are_counted():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(300, 8)).astype(np.float32)
    even = in_links(build_hnsw(rows / np.linalg.norm(rows, axis=1, keepdims=True), links=4))
    assert even.shape == (300,) and 300 < even.sum() <= 300 * 8
    varied = in_links(build_hnsw(spread_norms(rows, 1.0), links=4))
    assert (varied == 0).mean() > (even == 0).mean() + 0.2


def test_norms_are_spread():
    unit = np.eye(4)[np.random.default_rng(2).integers(0, 4, 3000)]
    lengths = np.linalg.norm(spread_norms(unit, 0.5), axis=1)
    assert np.log(lengths).std() == pytest.approx(0.5, rel=0.05)
    np.testing.assert_array_equal(spread_norms(unit, 0), unit.astype(np.float32))


@pytest.mark.parametrize(
    "call",
    [
        lambda: augment(np.ones((2, 3)), np.ones((2, 4))),
        lambda: augment(np.ones((0, 3)), np.ones((2, 3))),
        lambda: augment(np.ones(3), np.ones((2, 3))),
        lambda: spread_norms(np.ones((2, 3)), -0.1),
    ],
)
def test_bad_input_gets_one_clear_line(call):
    with pytest.raises(ValueError) as raised:
        call()
    assert "\n" not in str(raised.value)
