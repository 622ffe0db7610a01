"""Measures of isotropy, against tables of all pairs and against clouds with known answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import entropy

from helpers.anisotropy import centred, mean_cosine, unit_rows
from helpers.isotropy import (
    cosine_moments,
    effective_rank,
    eigenvalues,
    geometry,
    geometry_table,
    made_up_spaces,
    partition_isotropy,
    power_law_space,
    scaled_to_one,
    top_share,
)
from helpers.probes import effective_rank as rank_of_lesson_04


@given(st.integers(2, 30), st.integers(1, 8), st.floats(-3, 3), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=50)
def test_cosine_moments_are_those_of_the_table(n, d, common, seed):
    vectors = np.random.default_rng(seed).normal(size=(n, d)) + common
    vectors[0] = 0
    unit = unit_rows(vectors)
    cosines = (unit @ unit.T)[~np.eye(n, dtype=bool)]
    mean, sd = cosine_moments(vectors)
    assert mean == pytest.approx(cosines.mean(), abs=1e-10)
    assert mean == pytest.approx(mean_cosine(vectors), abs=1e-10)
    assert sd == pytest.approx(cosines.std(), abs=1e-6)


@pytest.mark.parametrize("shape", [(40, 6), (6, 40)])
def test_effective_rank_is_the_entropy_of_the_covariance(shape):
    vectors = np.random.default_rng(1).normal(size=shape) + 2
    values = np.linalg.eigvalsh(np.cov(vectors.T)).clip(0)
    assert effective_rank(vectors) == pytest.approx(np.exp(entropy(values)))
    assert effective_rank(vectors) == pytest.approx(rank_of_lesson_04(vectors))
    about_origin = np.linalg.eigvalsh(vectors.T @ vectors).clip(0)
    assert effective_rank(vectors, centre=False) == pytest.approx(np.exp(entropy(about_origin)))


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_effective_rank_of_known_clouds_at_any_scale(scale):
    both = scale * np.concatenate([np.eye(7), -np.eye(7)])
    assert effective_rank(both) == pytest.approx(7)
    assert effective_rank(scale * np.outer([1, 2, -4], [0.1, 0.7])) == pytest.approx(1)
    assert effective_rank(scale * np.tile([0.1, 0.7], (3, 1))) == 1
    assert effective_rank(scale * np.tile([0.1, 0.7], (3, 1)), centre=False) == pytest.approx(1)


def test_nothing_that_varies_has_rank_one_and_one_direction():
    for vectors in (np.zeros((3, 2)), [[3.0, 4.0]]):
        assert effective_rank(vectors) == 1
        assert top_share(vectors) == 1
        assert not eigenvalues(vectors).any()


def test_top_share():
    vectors = np.diag([3.0, 2.0, 1.0])
    assert top_share(vectors, centre=False) == pytest.approx(9 / 14)
    assert top_share(vectors, 2, centre=False) == pytest.approx(13 / 14)
    with pytest.raises(ValueError, match="k must be between 1 and 3"):
        top_share(vectors, 4)


def test_partition_is_the_ratio_of_sums_of_exponentials():
    vectors = np.random.default_rng(2).normal(size=(50, 4)) * [1, 2, 0.5, 1] + 0.5
    directions = np.linalg.svd(vectors)[2]
    logs = logsumexp(np.concatenate([directions, -directions]) @ vectors.T, axis=1)
    assert partition_isotropy(vectors) == pytest.approx(np.exp(logs.min() - logs.max()))
    assert 0 <= partition_isotropy(1000 * vectors) < 1e-300  # no overflow


def test_made_up_spaces_have_their_defects():
    spaces = made_up_spaces()
    rows = {name: geometry(x) for name, x in spaces.items()}
    assert abs(rows["sphere"].mean) < 0.01 and rows["sphere"].rank > 49
    assert rows["sphere"].sd == pytest.approx(50**-0.5, rel=0.02)
    assert rows["off-centre"].mean == pytest.approx(0.8, abs=0.01)
    assert rows["off-centre"].rank < 4 < 48 < rows["off-centre"].rank_centred
    assert mean_cosine(centred(spaces["off-centre"])) == pytest.approx(0, abs=0.01)
    assert abs(rows["plus/minus e1"].mean) < 0.001
    assert rows["plus/minus e1"].rank_centred == pytest.approx(1)
    assert rows["2d clusters"].rank > 49.5 and rows["10 clusters"].rank < 12
    text = geometry_table(rows)
    assert len(text.splitlines()) == 2 + len(rows) and "off-centre" in text
    with pytest.raises(ValueError, match="d must be 10 or more"):
        made_up_spaces(d=5)


def test_power_law_space_falls_as_told():
    values = eigenvalues(power_law_space(50_000, 8, 1.5))
    slope = np.polyfit(np.log(np.arange(1, 9)), np.log(values), 1)[0]
    assert slope == pytest.approx(-1.5, abs=0.05)
    with pytest.raises(ValueError, match="power 0 or more"):
        power_law_space(5, 2, -1)


def test_scaled_to_one():
    vectors = np.random.default_rng(4).normal(size=(9, 3)) * 7
    assert np.square(scaled_to_one(vectors)).sum(axis=1).mean() == pytest.approx(1)
    np.testing.assert_array_equal(scaled_to_one(np.zeros((2, 2))), 0)


@pytest.mark.parametrize(
    "bad", [[1, 2], [[1, 2], [3]], [["a", "b"]], np.zeros((0, 3)), [[np.nan, 1.0]]]
)
def test_what_is_no_matrix_is_refused(bad):
    with pytest.raises(ValueError, match="matrix"):
        effective_rank(bad)
    with pytest.raises(ValueError, match="at least two|matrix"):
        cosine_moments([[1.0, 2.0]])
