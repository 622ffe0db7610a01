"""helpers.glove_ablations against plain loops, closed forms, and helpers.glove."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from helpers.glove import naive_epoch, weighting
from helpers.glove_ablations import descend, filled_block, fit_exactly, hold_out, predict


def random_counts(seed, n=12, empty=0.3):
    rng = np.random.default_rng(seed)
    table = np.triu(10 ** rng.uniform(-1, 3, (n, n)) * (rng.random((n, n)) > empty))
    return table + np.triu(table, 1).T


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_held_out_cells_and_their_mirror_images_go_the_same_way(seed):
    counts = random_counts(seed, 40)
    left, aside = hold_out(csr_array(counts), 0.2, seed)
    rows, columns = aside[:, 0].astype(int), aside[:, 1].astype(int)
    again = left.toarray()
    assert (again[rows, columns] == 0).all()
    again[rows, columns] = aside[:, 2]
    np.testing.assert_array_equal(again, counts)
    assert {(i, j) for i, j in zip(rows, columns, strict=True)} == {
        (j, i) for i, j in zip(rows, columns, strict=True)
    }
    assert 0.1 < len(aside) / (counts > 0).sum() < 0.3
    assert left.has_sorted_indices


def test_hold_out_depends_on_the_seed_only():
    counts = csr_array(random_counts(5, 30))
    first, again, other = (hold_out(counts, 0.3, seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()


def test_a_filled_block_has_no_empty_cell_and_keeps_full_tables():
    counts = random_counts(2, 30, empty=0.05)
    kept = filled_block(counts)
    assert (counts[np.ix_(kept, kept)] > 0).all()
    assert 10 < len(kept) < 30
    np.testing.assert_array_equal(filled_block(np.ones((4, 4))), np.arange(4))


def test_predict_is_the_formula():
    found = fit_exactly(random_counts(1), 3)
    rows, columns = np.array([0.0, 5.0]), [3, 3]
    for k, value in enumerate(predict(found, rows, columns)):
        i, j = int(rows[k]), columns[k]
        expected = found.word_vectors[i] @ found.context_vectors[j]
        assert value == pytest.approx(expected + found.word_biases[i] + found.context_biases[j])


@pytest.mark.parametrize("shared", [False, True])
def test_the_exact_fit_is_a_minimum(shared):
    counts = random_counts(3)
    found = fit_exactly(counts, 2, shared=shared, max_steps=2000)
    rows, columns = np.nonzero(counts)
    x = counts[rows, columns]

    def cost(fit):
        return (weighting(x) * (predict(fit, rows, columns) - np.log(x)) ** 2).mean()

    assert cost(found) == pytest.approx(found.cost)
    assert shared == np.shares_memory(found.word_vectors, found.context_vectors)
    rng = np.random.default_rng(0)
    for _ in range(20):
        step = 1e-3 * rng.normal(size=found.word_vectors.shape)
        before = found.word_vectors.copy()
        found.word_vectors[:] += step
        assert cost(found) > found.cost - 1e-7
        found.word_vectors[:] = before


def test_one_matrix_reaches_a_gram_table_and_not_its_negative():
    rng = np.random.default_rng(4)
    w, b = rng.normal(size=(10, 2)), rng.normal(size=10)
    for sign, dim in ((1, 2), (-1, 9)):
        table = np.exp(sign * w @ w.T + b[:, None] + b)
        one = fit_exactly(table, dim, shared=True, max_steps=3000).cost
        two = fit_exactly(table, 2, max_steps=3000).cost
        assert two < 1e-4
        assert (one < 1e-4) == (sign == 1)


def test_adagrad_is_the_obvious_loop():
    counts = random_counts(6, 8)
    run = descend(csr_array(counts), "adagrad", 0.1, 1, dim=3, seed=7)
    rng = np.random.default_rng(7)
    words, contexts = rng.uniform(-0.5, 0.5, (2, 8, 4)) / 3
    rows, columns = np.nonzero(counts)
    order = rng.permutation(len(rows))
    cells = np.column_stack([rows, columns])[order]
    x = counts[rows, columns][order]
    parameters = [words[:, :3], contexts[:, :3], words[:, 3], contexts[:, 3]]
    squares = [np.ones_like(p) for p in parameters]
    naive_epoch(*parameters, squares, cells, x, weighting(x), lr=0.1)
    found = (run.word_vectors, run.context_vectors, run.word_biases, run.context_biases)
    for mine, wanted in zip(found, parameters, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-9)
    np.testing.assert_allclose(run.word_squares[:, :3], squares[0], rtol=1e-9)
    np.testing.assert_allclose(run.context_squares[:, 3], squares[3], rtol=1e-9)


def test_a_batch_step_is_the_gradient():
    counts = random_counts(8, 6)
    start, after = (descend(csr_array(counts), "batch", 0.5, passes, dim=2) for passes in (0, 1))
    rows, columns = np.nonzero(counts)
    x = counts[rows, columns]

    def half_cost():
        return (weighting(x) * (predict(start, rows, columns) - np.log(x)) ** 2).mean() / 2

    assert 2 * half_cost() == pytest.approx(start.costs[0])
    for old, new in (
        (start.word_vectors, after.word_vectors),
        (start.context_biases, after.context_biases),
    ):
        for place in np.ndindex(old.shape):
            middle = old[place]
            old[place] = middle + 1e-4
            above = half_cost()
            old[place] = middle - 1e-4
            slope = (above - half_cost()) / 2e-4
            old[place] = middle
            assert new[place] == pytest.approx(middle - 0.5 * slope, abs=1e-8)


@pytest.mark.parametrize(("rule", "lr"), [("batch", 5.0), ("sgd", 0.05), ("adagrad", 0.1)])
def test_the_cost_falls_and_the_start_is_the_same(rule, lr):
    counts = csr_array(random_counts(9, 20))
    run = descend(counts, rule, lr, 15, dim=4)
    assert run.costs[-1] < 0.5 * run.costs[0]
    assert run.costs[0] == descend(counts, "sgd", 0.01, 0, dim=4).costs[0]
    np.testing.assert_array_equal(run.costs, descend(counts, rule, lr, 15, dim=4).costs)
    if rule != "adagrad":
        assert (run.word_squares == 1).all()


@pytest.mark.parametrize(("rule", "lr"), [("batch", 1e5), ("sgd", 50.0), ("adagrad", 1e4)])
def test_a_rate_that_is_too_high_gives_nan_and_no_warning(rule, lr):
    run = descend(csr_array(random_counts(9, 20)), rule, lr, 10, dim=4)
    assert np.isnan(run.costs[-1])
    assert not np.isnan(run.costs[0])


def test_stored_zeros_are_left_out():
    counts = random_counts(1, 8)
    stored = csr_array(counts)
    stored[0, 0] = 5.0
    stored.data[stored.data == 5.0] = 0.0
    counts[0, 0] = 0
    without = descend(csr_array(counts), "batch", 1.0, 3, dim=2)
    np.testing.assert_allclose(descend(stored, "batch", 1.0, 3, dim=2).costs, without.costs)


def test_bad_input_gets_one_clear_line():
    counts = csr_array(random_counts(1))
    for share in (0, 1, 1.5):
        with pytest.raises(ValueError, match="between 0 and 1"):
            hold_out(counts, share)
    with pytest.raises(ValueError, match='"batch", "sgd" or "adagrad"'):
        descend(counts, "newton", 0.1, 1)
    with pytest.raises(ValueError, match="no positive cell"):
        descend(csr_array((3, 3)), "sgd", 0.1, 1)
    with pytest.raises(ValueError, match="square table"):
        fit_exactly(np.ones((2, 3)), 1)
