"""Rules for the number of axes."""

import numpy as np
import pytest

from helpers.axis_choice import axis_counts, broken_stick, elbow, parallel_analysis
from helpers.pca import pca_fit


def test_broken_stick_equals_the_sum_and_a_simulation():
    rng = np.random.default_rng(0)
    cuts = np.sort(rng.random((20_000, 4)), axis=1)
    pieces = np.diff(np.pad(cuts, ((0, 0), (1, 1)), constant_values=((0, 0), (0, 1))), axis=1)
    expected = np.sort(pieces, axis=1)[:, ::-1].mean(axis=0)
    for j in range(1, 5):
        lifted = expected.copy()
        lifted[:j] += 0.02
        lifted[j:] -= 0.02 * j / (5 - j)
        assert broken_stick(lifted) == j
    assert broken_stick(np.ones(5)) == 0


def test_elbow_of_a_bent_line():
    assert elbow([10.0, 6.0, 2.0, 1.5, 1.0, 0.5]) == 3


def test_parallel_analysis_finds_the_shared_directions():
    rng = np.random.default_rng(1)
    hidden = rng.normal(size=(500, 2)) @ rng.normal(size=(2, 12)) * 2
    rows = hidden + rng.normal(size=(500, 12))
    assert parallel_analysis(rows, pca_fit(rows, 12).variances) == 2
    noise = rng.normal(size=(500, 12)) * np.arange(1, 13)
    assert parallel_analysis(noise, pca_fit(noise, 12).variances) <= 1


def test_counts_of_all_rules():
    rows = np.random.default_rng(2).normal(size=(50, 4)) * [4, 2, 1, 0.1]
    variances = pca_fit(rows, 4).variances
    counts = axis_counts(rows, variances)
    sums = np.cumsum(variances) / variances.sum()
    assert counts["90% of variance"] == next(k for k in range(1, 5) if sums[k - 1] >= 0.9)
    assert list(counts)[3:] == ["elbow", "broken stick", "parallel analysis"]


def test_rising_variances_are_refused():
    with pytest.raises(ValueError, match="the largest first"):
        elbow([1.0, 2.0])
