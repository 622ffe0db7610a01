"""Angles between axes, and randomised axes."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from helpers.pca import pca_fit
from helpers.pca_compare import axis_angles, randomised_axes, subspace_angle


def basis(d, k, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(d, k)))[0]


def test_angles_ignore_signs_and_see_small_turns():
    axes = basis(6, 3)
    assert axis_angles(axes, -axes).max() == 0
    angle = 1e-7
    turned = axes.copy()
    turned[:, 0] = np.cos(angle) * axes[:, 0] + np.sin(angle) * axes[:, 1]
    assert np.allclose(axis_angles(axes, turned), [np.degrees(angle), 0, 0], rtol=1e-6)
    assert np.allclose(axis_angles(axes[:, :1], axes[:, 1:2]), 90)


def test_subspace_angle_equals_scipys():
    first, second = basis(9, 4, 1), basis(9, 4, 2)
    assert np.isclose(subspace_angle(first, second), np.degrees(subspace_angles(first, second)[0]))
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0]
    assert subspace_angle(first, first @ turn) < 1e-12 + 1e-6


def test_shapes_must_agree():
    for measure in (axis_angles, subspace_angle):
        with pytest.raises(ValueError, match="of one shape"):
            measure(basis(5, 2), basis(5, 3))


def test_randomised_axes_come_closer_with_rounds():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 40)) * 0.9 ** np.arange(40)
    exact = pca_fit(rows, 5).axes
    moved = rows - rows.mean(axis=0)
    angles = [
        subspace_angle(exact, randomised_axes(moved, 5, rounds, extra=3)) for rounds in (0, 2, 40)
    ]
    assert angles[0] > angles[1] > angles[2] and angles[2] < 1e-3


@pytest.mark.parametrize("k, rounds, extra", [(0, 1, 0), (3, -1, 0), (3, 1, -1), (5, 1, 2)])
def test_what_does_not_fit_is_refused(k, rounds, extra):
    with pytest.raises(ValueError, match="k \\+ extra must be 1 to 6"):
        randomised_axes(np.ones((9, 6)), k, rounds, extra=extra)
