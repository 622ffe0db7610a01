"""Adjusted Rand index: equal to scikit-learn's, with noise points apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from helpers.cluster_agreement import adjusted_rand, apart

pairs = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=2, max_size=40)


@settings(max_examples=60, deadline=None)
@given(pairs)
def test_equals_scikit_learn_on_noise_apart(rows):
    labels, clusters = map(np.array, zip(*rows, strict=True))
    # scikit-learn takes the numbers as they are, so it gets the noise with numbers of its own.
    single = np.where(clusters == -1, 100 + np.arange(len(clusters)), clusters)
    assert adjusted_rand(labels, clusters) == pytest.approx(adjusted_rand_score(labels, single))


def test_noise_points_get_numbers_that_no_cluster_has():
    clusters = np.array([3, -1, 0, -1])
    assert apart(clusters).tolist() == [3, 4, 0, 5]
    assert clusters.tolist() == [3, -1, 0, -1]
    assert apart([-1, -1]).tolist() == [0, 1]


def test_same_grouping_is_one_and_kinds_may_be_strings():
    assert adjusted_rand(["a", "a", "b"], [7, 7, 2]) == 1
    assert adjusted_rand(["a", "b", "c"], [-1, -1, -1]) == 1
    assert adjusted_rand([1, 1, 1], [5, 5, 5]) == 1


@pytest.mark.parametrize("clusters", [[0], [0, 1, 2], [[0, 1]]])
def test_bad_input_is_refused(clusters):
    with pytest.raises(ValueError, match="two or more"):
        adjusted_rand([0, 1] if clusters != [0] else [0], clusters)
