"""LSA: fit, fold in, update; a growing collection."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD

from helpers.lsa import lsa_fit, lsa_update
from helpers.lsa_growth import grow, neighbour_agreement


def rows(n=40, d=30, rank=None, seed=0):
    rng = np.random.default_rng(seed)
    if rank is None:
        return rng.random((n, d)) * (rng.random((n, d)) < 0.3)
    return rng.normal(size=(n, rank)) @ rng.normal(size=(rank, d))


def test_fit_equals_scikit_learn_and_numpy():
    table = rows()
    found = lsa_fit(csr_matrix(table), 5)
    peer = TruncatedSVD(5, algorithm="arpack").fit(table)
    assert np.allclose(found.singular, np.linalg.svd(table)[1][:5])
    assert np.allclose(np.abs(np.sum(found.axes * peer.components_.T, axis=0)), 1)
    assert np.allclose(found.fold_in(table), table @ found.axes)
    assert (found.axes[np.abs(found.axes).argmax(axis=0), range(5)] > 0).all()


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("m", [1, 3, 50])
def test_update_is_exact_when_nothing_was_cut(sparse, m):
    old, new = rows(rank=4), rows(m, seed=1)
    fitted = lsa_fit(old, 4)
    updated = lsa_update(fitted, csr_matrix(new) if sparse else new)
    _, singular, axes = np.linalg.svd(np.vstack([old, new]))
    assert np.allclose(updated.singular, singular[:4])
    assert np.allclose(np.abs(np.sum(updated.axes * axes[:4].T, axis=0)), 1)
    assert np.allclose(updated.axes.T @ updated.axes, np.eye(4))
    stored = fitted.fold_in(old) @ (fitted.axes.T @ updated.axes)
    assert np.allclose(stored, old @ updated.axes)


def test_update_is_the_svd_of_the_cut_rows_and_the_new_ones():
    old, new = rows(), rows(7, seed=1)
    fitted = lsa_fit(old, 3)
    cut = np.vstack([fitted.singular[:, None] * fitted.axes.T, new])
    assert np.allclose(lsa_update(fitted, new).singular, np.linalg.svd(cut)[1][:3])


def test_errors():
    with pytest.raises(ValueError, match="k must be 1 to 29"):
        lsa_fit(rows(), 30)
    with pytest.raises(ValueError, match="30 terms"):
        lsa_fit(rows(), 2).fold_in(np.ones((2, 4)))
    with pytest.raises(ValueError, match="30 terms"):
        lsa_update(lsa_fit(rows(), 2), np.ones(30))


def test_neighbour_agreement_by_hand():
    table = np.array([[1.0, 0], [0.8, 0.6], [0, 1], [0, 1]])
    labels, tested = np.array([0, 0, 1, 0]), np.array([True, False, True, True])
    assert neighbour_agreement(table, labels, tested) == pytest.approx(1 / 3)
    assert neighbour_agreement(csr_matrix(table), labels, tested) == pytest.approx(1 / 3)


def test_grow_folds_updates_and_fits_again():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 6, 300)
    table = csr_matrix(np.eye(6)[labels].repeat(4, axis=1) * rng.random((300, 24)))
    old, new = np.flatnonzero(labels < 3), np.flatnonzero(labels >= 3)
    growth = grow(table, labels, old, np.array_split(new, 3), 6, fits=(1,))
    assert growth.sizes[0] == len(np.array_split(new, 3)[0]) and growth.sizes[-1] == len(new)
    assert np.isnan(growth.new["fitted again"][1])
    assert growth.new["updated"][-1] == growth.new["fitted again"][-1] == 1
    assert growth.new["folded in"][-1] < 0.6
    assert growth.old["folded in"][-1] == 1
    assert growth.again.axes.shape == growth.updated.axes.shape == (24, 6)
