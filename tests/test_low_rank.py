"""Weighted low-rank fits and a probe's AUC."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from helpers.low_rank import probe_auc, weighted_low_rank


def test_equal_weights_give_the_truncated_svd():
    table = np.random.default_rng(0).normal(size=(9, 7))
    left, singular, right = np.linalg.svd(table)
    wanted = (left[:, :3] * singular[:3]) @ right[:3]
    assert np.allclose(
        weighted_low_rank(table, np.full((9, 7), 0.4), 3, steps=3), wanted, atol=1e-6
    )


def test_weighted_error_falls_below_the_svds_and_rank_is_kept():
    rng = np.random.default_rng(1)
    table, weights = rng.normal(size=(12, 12)), rng.random((12, 12)) ** 4 + 0.01
    plain = weighted_low_rank(table, np.ones_like(table), 3, steps=1)
    fitted = weighted_low_rank(table, weights, 3)
    loss = [np.sum(weights * (x - table) ** 2) for x in (plain, fitted)]
    assert loss[1] < 0.8 * loss[0]
    assert np.linalg.matrix_rank(fitted, tol=1e-6) == 3


def test_an_exact_table_is_found_whatever_the_weights():
    rng = np.random.default_rng(2)
    table = rng.normal(size=(8, 2)) @ rng.normal(size=(2, 6))
    assert np.allclose(weighted_low_rank(table, rng.random((8, 6)) + 0.1, 2), table, atol=1e-6)


def test_auc_equals_scikit_learn_and_ignores_scale():
    rng = np.random.default_rng(3)
    vectors, labels = rng.normal(size=(300, 4)), rng.random(300) < 0.2
    vectors[labels, 1] += 1
    fit, unseen = slice(0, 200), slice(200, None)
    found = probe_auc(vectors[fit], labels[fit], vectors[unseen], labels[unseen])
    assert 0.65 < found < 0.95
    scaled = vectors * [1, 1e-4, 10, 1] + 5
    assert probe_auc(scaled[fit], labels[fit], scaled[unseen], labels[unseen]) == pytest.approx(
        found
    )
    one = probe_auc(vectors[fit, 1:2], labels[fit], vectors[unseen, 1:2], labels[unseen])
    assert one == pytest.approx(roc_auc_score(labels[unseen], vectors[unseen, 1]))


def test_auc_with_a_constant_column_and_ties():
    vectors, labels = np.array([[0.0, 3], [1, 3], [0, 3], [1, 3]]), np.array([0, 1, 0, 1])
    assert probe_auc(vectors, labels, vectors, labels) == 1
    assert probe_auc(vectors[:, :1], labels, np.zeros((4, 1)), labels) == 0.5


def test_errors():
    with pytest.raises(ValueError, match="positive weight"):
        weighted_low_rank(np.ones((2, 2)), np.zeros((2, 2)), 1)
    with pytest.raises(ValueError, match="k must be 1 to 2"):
        weighted_low_rank(np.ones((2, 2)), np.ones((2, 2)), 3)
    with pytest.raises(ValueError, match="one label for each row"):
        probe_auc(np.ones((2, 2)), [0, 1], np.ones((2, 2)), [0])
    with pytest.raises(ValueError, match="rows with the label"):
        probe_auc(np.ones((2, 2)), [0, 1], np.ones((2, 2)), [0, 0])
