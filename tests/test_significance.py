"""Intervals and tests of differences between systems."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import bootstrap, permutation_test, ttest_1samp

from helpers.significance import (
    bootstrap_interval,
    detection_rate,
    queries_needed,
    randomisation_p,
    unpaired_interval,
)

DIFFERENCES = np.random.default_rng(3).normal(0.2, 0.6, 60)


def test_interval_agrees_with_scipy():
    wanted = bootstrap(
        (DIFFERENCES,), np.mean, n_resamples=10_000, method="percentile", rng=1
    ).confidence_interval
    assert bootstrap_interval(DIFFERENCES) == pytest.approx(wanted, abs=0.012)


def test_strata_take_out_what_differs_between_kinds():
    kinds = np.repeat(["a", "b"], 30)
    d = np.where(kinds == "a", 1.0, -1.0) + DIFFERENCES / 10
    whole, within = bootstrap_interval(d), bootstrap_interval(d, strata=kinds)
    assert whole[1] - whole[0] > 5 * (within[1] - within[0])
    assert within[0] < d.mean() < within[1]


def test_pairing_helps_where_systems_are_alike():
    hard = np.random.default_rng(0).random(60)
    better = hard + 0.05 + DIFFERENCES / 100
    low, high = bootstrap_interval(better - hard)
    apart = unpaired_interval(better, hard)
    assert low > 0 > apart[0] and apart[1] - apart[0] > 5 * (high - low)


def test_randomisation_equals_all_exchanges():
    d = np.array([0.5, -0.1, 0.3, 0.4, 0.2, 0.0, 0.6])
    signs = np.array(list(itertools.product([-1, 1], repeat=7)))
    exact = (np.abs(signs @ d) >= d.sum() - 1e-12).mean()
    assert randomisation_p(d, draws=40_000) == pytest.approx(exact, abs=0.005)
    assert exact == pytest.approx(
        permutation_test((d, 0 * d), lambda x, y: np.mean(x - y), permutation_type="samples").pvalue
    )


def test_randomisation_is_close_to_the_t_test_and_never_0():
    p = randomisation_p(DIFFERENCES, draws=20_000)
    assert p == pytest.approx(ttest_1samp(DIFFERENCES, 0).pvalue, abs=0.01)
    assert randomisation_p(np.ones(50), draws=999) == 0.001
    assert randomisation_p(np.zeros(5)) == 1


def test_false_alarms_are_as_often_as_announced():
    rng = np.random.default_rng(1)
    alarms = [randomisation_p(rng.normal(size=25), draws=400, seed=i) < 0.05 for i in range(600)]
    assert 0.03 < np.mean(alarms) < 0.075


def test_queries_needed_gives_the_power():
    n = queries_needed(DIFFERENCES)
    assert detection_rate(DIFFERENCES, math.ceil(n), trials=4_000) == pytest.approx(0.8, abs=0.04)
    assert queries_needed([1.0, -1.0]) == math.inf
    assert queries_needed(2 * DIFFERENCES) == pytest.approx(n)


@pytest.mark.parametrize("bad", [[1.0], [1.0, math.nan], [[1.0, 2.0]], []])
def test_bad_differences(bad):
    for function in (bootstrap_interval, randomisation_p, queries_needed):
        with pytest.raises(ValueError, match="one finite number a query"):
            function(bad)


def test_other_bad_input():
    with pytest.raises(ValueError, match="strata must be one a query"):
        bootstrap_interval([1.0, 2.0], strata=["a"])
    with pytest.raises(ValueError, match="2 or more"):
        detection_rate([1.0, 2.0], 1)
