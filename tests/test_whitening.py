"""Repairs against scikit-learn and their own definitions; the figure with the slider."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from helpers.anisotropy import unit_rows
from helpers.plots.whitening import whitening_steps
from helpers.whitening import principal_axes


def cloud(n=40, d=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(size=d) * 3


def test_axes_are_those_of_scikit_learn():
    x = cloud()
    axes, peer = principal_axes(x), PCA().fit(x)
    np.testing.assert_allclose(axes.variances, peer.explained_variance_ * 39 / 40)
    np.testing.assert_allclose(np.abs(np.sum(axes.directions.T * peer.components_, 1)), 1)
    np.testing.assert_allclose(axes.mean, peer.mean_)
    assert all(column[np.abs(column).argmax()] > 0 for column in axes.directions.T)


def test_pca_whitening_is_scikit_learns_up_to_sign_and_its_n_minus_1():
    x, new = cloud(), cloud(7, seed=1)
    ours = principal_axes(x).whitening("pca")(new)
    theirs = PCA(whiten=True).fit(x).transform(new)
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs) * np.sqrt(40 / 39))


@pytest.mark.parametrize("kind", ["zca", "pca"])
def test_covariance_becomes_the_identity(kind):
    x = cloud()
    white = principal_axes(x).whitening(kind)(x)
    np.testing.assert_allclose(np.cov(white.T, bias=True), np.eye(5), atol=1e-10)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-10)


def test_zca_is_symmetric_and_has_the_cosines_of_pca():
    x, axes = cloud(), principal_axes(cloud())
    zca, pca = (unit_rows(axes.whitening(kind, eps=0.1)(x)) for kind in ("zca", "pca"))
    np.testing.assert_allclose(zca @ zca.T, pca @ pca.T, atol=1e-10)
    matrix = axes.whitening("zca").matrix
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)


def test_strength_and_regulariser():
    x, axes = cloud(), principal_axes(cloud())
    np.testing.assert_allclose(axes.whitening(strength=0)(x), axes.centring()(x), atol=1e-10)
    half = axes.whitening("pca", strength=0.5)(x)
    np.testing.assert_allclose(half.var(axis=0), np.sqrt(axes.variances))
    soft = axes.whitening("pca", eps=2.0)(x)
    np.testing.assert_allclose(soft.var(axis=0), axes.variances / (axes.variances + 2))


def test_rows_equal_up_to_rounding_have_no_variance():
    axes = principal_axes([[0.1, 0.7, 0.3]] * 3)  # their mean is off by 1e-17
    assert not axes.variances.any()
    for eps in (0, 0.1):
        assert not axes.whitening(eps=eps)(np.ones((2, 3))).any()


def test_directions_without_variance_become_zero():
    few = cloud(3)  # two directions have variance
    axes, new = principal_axes(few), cloud(6, seed=2)
    for eps in (0.0, 1e-6):
        white = axes.whitening("pca", eps=eps)(new)
        np.testing.assert_allclose(white[:, 2:], 0, atol=1e-9)
        assert np.abs(white[:, :2]).max() < 1e3
    same = principal_axes(np.full((4, 2), 3.0)).whitening()(np.eye(2))
    np.testing.assert_array_equal(same, 0)


def test_all_but_the_top():
    x, new = cloud(), cloud(6, seed=2)
    axes = principal_axes(x)
    left = axes.all_but_the_top(2)(new)
    np.testing.assert_allclose(left @ axes.directions[:, :2], 0, atol=1e-10)
    np.testing.assert_allclose(
        left @ axes.directions[:, 2:], (new - axes.mean) @ axes.directions[:, 2:], atol=1e-10
    )
    np.testing.assert_allclose(axes.all_but_the_top(0)(x), x - x.mean(axis=0))
    np.testing.assert_allclose(axes.all_but_the_top(5)(x), 0, atol=1e-9)


def test_bad_input_is_refused_in_one_line():
    axes = principal_axes(cloud())
    with pytest.raises(ValueError, match="5 dimensions"):
        axes.centring()(np.ones((2, 4)))
    with pytest.raises(ValueError, match="k must be 0 to the 5"):
        axes.all_but_the_top(6)
    with pytest.raises(ValueError, match="eps must be 0 or more"):
        axes.whitening(eps=-1)
    with pytest.raises(ValueError, match="kind"):
        axes.whitening("cholesky")
    for bad in ([1.0, 2.0], np.ones((0, 3)), [[1.0], [1.0, 2.0]], [["a"]]):
        with pytest.raises(ValueError, match="matrix"):
            principal_axes(bad)


def test_one_step_a_strength_and_a_unit_that_stands_still():
    x = cloud()
    axes = principal_axes(x)
    live, static = whitening_steps(
        axes,
        x,
        x + 0.1,
        (0, 0.5, 1),
        (0.8, 0.9, 0.6),
        shown=(0, 2),
        components=(0, 4),
        linked=(1, 2),
    )
    assert len(live.layout.sliders[0].steps) == 3
    assert [trace.visible for trace in live.data] == [True] * 4 + [False] * 8
    for step in range(3):
        assert np.std(live.data[4 * step].x) == pytest.approx(1, abs=0.02)
    assert np.std(live.data[8].y) == pytest.approx(1, abs=0.02)
    assert [ax.get_title(loc="left") for ax in static.axes] == [
        "strength 0: right 80%", "strength 1: right 60%"
    ]  # fmt: skip


def test_figure_refuses_what_does_not_fit():
    x = cloud()
    with pytest.raises(ValueError, match="2 scores"):
        whitening_steps(principal_axes(x), x, x, (0, 1), (1,), shown=(0,))
    with pytest.raises(ValueError, match="one shape"):
        whitening_steps(principal_axes(x), x, x[:3], (0, 1), (1, 1), shown=(0,))
