"""PCA from moments: against scikit-learn in float64, far from the origin, merged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA as Peer

from helpers.pca import BLOCK, merge_moments, moments, pca_fit, pca_from_moments
from helpers.pca_compare import axis_angles


def cloud(n, d, mean=0.0, seed=0):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return (rng.normal(size=(n, d)) * 0.8 ** np.arange(d)) @ turn + mean


@pytest.mark.parametrize("n, d, k", [(1, 3, 2), (9, 4, 4), (40, 7, 3), (5, 9, 4), (30, 1, 1)])
def test_equals_scikit_learn(n, d, k):
    rows = cloud(n, d, mean=5.0)
    ours = pca_fit(rows, k)
    assert np.allclose(ours.mean, rows.mean(axis=0))
    if n > k:
        theirs = Peer(k, svd_solver="full").fit(rows)
        assert np.allclose(ours.variances, theirs.explained_variance_ * (n - 1) / n)
        assert np.allclose(ours.shares, theirs.explained_variance_ratio_)
        assert axis_angles(ours.axes, theirs.components_.T).max() < 1e-5
        back = ours.inverse(ours.transform(rows))
        assert np.allclose(back, theirs.inverse_transform(theirs.transform(rows)))
    assert np.isclose(ours.total, rows.var(axis=0).sum())


def test_float32_far_from_the_origin():
    exact = cloud(3 * BLOCK + 17, 12, mean=300.0).astype(np.float32)
    reference = pca_fit(exact.astype(float), 6)
    ours = pca_fit(exact, 6)
    assert axis_angles(ours.axes, reference.axes).max() < 1e-3
    assert np.allclose(ours.variances, reference.variances, rtol=1e-5)
    assert np.allclose(ours.mean, reference.mean, rtol=1e-8)
    assert (
        axis_angles(
            reference.axes, np.linalg.eigh(np.cov(exact.T.astype(float)))[1][:, ::-1][:, :6]
        ).max()
        < 1e-4
    )


def test_float32_stays_float32_in_blocks_and_input_is_not_changed():
    rows = cloud(50, 5).astype(np.float32)
    before = rows.copy()
    pca_fit(rows, 2).transform(rows)
    assert (rows == before).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.floats(-100, 100))
def test_merging_equals_one_fit(n, m, mean):
    first, second = cloud(n, 4, seed=1), cloud(m, 4, mean, seed=2)
    both = moments(np.vstack([first, second]))
    merged = merge_moments(moments(first), moments(second))
    assert merged.count == n + m
    assert np.allclose(merged.mean, both.mean)
    assert np.allclose(merged.scatter, both.scatter, rtol=1e-9, atol=1e-8)


def test_merging_many_in_any_order_gives_the_same_axes():
    rows = cloud(400, 6, mean=3.0)
    parts = [moments(rows[i : i + 37]) for i in range(0, 400, 37)]
    for order in (parts, parts[::-1]):
        known = order[0]
        for part in order[1:]:
            known = merge_moments(known, part)
        assert axis_angles(pca_from_moments(known, 3).axes, pca_fit(rows, 3).axes).max() < 1e-6


def test_equal_rows_have_no_variance():
    flat = pca_fit(np.full((4, 3), 2.0), 2)
    assert (flat.variances == 0).all() and (flat.shares == 0).all()


def test_signs_are_fixed():
    axes = pca_fit(cloud(30, 5), 5).axes
    assert (axes[np.abs(axes).argmax(axis=0), np.arange(5)] > 0).all()


@pytest.mark.parametrize("rows", [[], [[]], [1.0, 2.0], [["a"]], [[1.0], [1.0, 2.0]]])
def test_what_is_no_matrix_is_refused(rows):
    with pytest.raises(ValueError, match="give a matrix"):
        pca_fit(rows, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_bad_numbers_are_refused(bad):
    rows = cloud(5, 3).astype(np.float32)
    rows[2, 1] = bad
    with pytest.raises(ValueError, match="missing, infinite or too large"):
        pca_fit(rows, 1)


def test_bad_k_and_columns_are_refused():
    rows = cloud(5, 3)
    for k in (0, 4):
        with pytest.raises(ValueError, match="k must be 1 to the 3 dimensions"):
            pca_fit(rows, k)
    pca = pca_fit(rows, 2)
    with pytest.raises(ValueError, match="3 columns were expected"):
        pca.transform(rows[:, :2])
    with pytest.raises(ValueError, match="2 columns were expected"):
        pca.inverse(rows)
    with pytest.raises(ValueError, match="4 dimensions"):
        merge_moments(moments(rows), moments(cloud(5, 4)))
