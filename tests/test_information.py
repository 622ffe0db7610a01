"""Mutual information of Gaussian pairs, and a bound on it."""

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from helpers.information import (
    correlation_for,
    gaussian_pairs,
    info_nce_bound,
    log_ratios,
)


def test_correlation_gives_the_information():
    rho = correlation_for(3.0, 10)
    assert -5 * math.log(1 - rho**2) == pytest.approx(3.0)
    assert correlation_for(0, 4) == 0


@pytest.mark.parametrize("arguments", [(-1, 2), (1, 0)])
def test_correlation_refuses_nonsense(arguments):
    with pytest.raises(ValueError, match="information must be 0 or more"):
        correlation_for(*arguments)


def test_log_ratios_are_those_of_the_densities():
    rho, rng = 0.7, np.random.default_rng(1)
    x, y = gaussian_pairs(2, 3, 2, rho, rng)
    joint = multivariate_normal(cov=[[1, rho], [rho, 1]])
    for batch in range(2):
        for i in range(3):
            for j in range(3):
                expected = sum(
                    joint.logpdf([a, b]) - norm.logpdf(a) - norm.logpdf(b)
                    for a, b in zip(x[batch, i], y[batch, j], strict=True)
                )
                assert log_ratios(x, y, rho)[batch, i, j] == pytest.approx(expected)


def test_pairs_have_the_correlation():
    x, y = gaussian_pairs(1, 20_000, 1, 0.6, np.random.default_rng(2))
    assert np.corrcoef(x.ravel(), y.ravel())[0, 1] == pytest.approx(0.6, abs=0.02)


def test_info_nce_is_capped():
    rho = correlation_for(5.0, 10)
    scores = log_ratios(*gaussian_pairs(500, 16, 10, rho, np.random.default_rng(3)), rho)
    assert info_nce_bound(scores).max() < math.log(16)


def test_info_nce_finds_little_information_with_many_candidates():
    rho = correlation_for(1.0, 4)
    scores = log_ratios(*gaussian_pairs(50, 256, 4, rho, np.random.default_rng(4)), rho)
    assert info_nce_bound(scores).mean() == pytest.approx(1.0, abs=0.06)
