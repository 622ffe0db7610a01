"""The mean cosine and its parts, against the table of all pairs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from helpers.anisotropy import (
    centred,
    cosine_contributions,
    mean_cosine,
    standardised,
    unit_rows,
    without_dominant,
)


def table(vectors):
    unit = unit_rows(vectors)
    return unit @ unit.T, ~np.eye(len(unit), dtype=bool)


@given(st.integers(2, 30), st.integers(1, 8), st.floats(-3, 3), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=50)
def test_mean_cosine_is_the_mean_of_the_table(n, d, common, seed):
    vectors = np.random.default_rng(seed).normal(size=(n, d)) + common
    vectors[0] = 0
    cosines, different = table(vectors)
    assert mean_cosine(vectors) == pytest.approx(cosines[different].mean(), abs=1e-12)


def test_contributions_are_the_means_of_products():
    vectors = np.random.default_rng(0).normal(size=(7, 4)) + [0, 1, -2, 5]
    unit, (_, different) = unit_rows(vectors), table(vectors)
    expected = [np.outer(column, column)[different].mean() for column in unit.T]
    np.testing.assert_allclose(cosine_contributions(vectors), expected, atol=1e-12)


def test_without_dominant_takes_the_shared_dimension_and_leaves_the_input():
    vectors = np.random.default_rng(1).normal(size=(50, 5)) + [0, 3, 0, -9, 0]
    before = vectors.copy()
    dimensions, cleaned = without_dominant(vectors, 2)
    assert dimensions.tolist() == [3, 1]
    assert not cleaned[:, [1, 3]].any()
    np.testing.assert_array_equal(cleaned[:, [0, 2, 4]], before[:, [0, 2, 4]])
    np.testing.assert_array_equal(vectors, before)
    assert mean_cosine(cleaned) < 0.2 < mean_cosine(vectors)


def test_a_rotation_changes_the_parts_and_not_the_sum():
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(40, 60))
    vectors[:, 7] -= 20
    turn, _ = np.linalg.qr(rng.normal(size=(60, 60)))
    assert mean_cosine(vectors @ turn) == pytest.approx(mean_cosine(vectors))
    assert cosine_contributions(vectors).max() > 0.8 * mean_cosine(vectors)
    assert cosine_contributions(vectors @ turn).max() < 0.3 * mean_cosine(vectors)


def test_centred_and_standardised():
    vectors = np.random.default_rng(3).normal(size=(30, 4)) * [1, 2, 3, 4] + 5
    vectors[:, 2] = 1 / 3  # Its mean is not exactly 1/3.
    np.testing.assert_allclose(centred(vectors).mean(axis=0), 0, atol=1e-12)
    expected = StandardScaler().fit_transform(vectors)
    expected[:, 2] = 0
    np.testing.assert_allclose(standardised(vectors), expected, atol=1e-10)


@pytest.mark.parametrize("bad", [[1, 2], [[1, 2], [3]], [["a", "b"]], np.zeros((2, 2, 2))])
def test_what_is_no_matrix_is_refused(bad):
    with pytest.raises(ValueError, match="matrix"):
        mean_cosine(bad)


def test_one_row_has_no_pairs_and_k_has_a_range():
    with pytest.raises(ValueError, match="at least two"):
        mean_cosine([[1.0, 2.0]])
    with pytest.raises(ValueError, match="k must be 0 to the 2 dimensions"):
        without_dominant(np.ones((2, 2)), 3)
