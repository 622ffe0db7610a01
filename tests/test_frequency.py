"""What vectors know of frequency, against loops, scikit-learn and scipy."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from helpers.evaluate import word_similarity
from helpers.frequency import (
    length_correlation,
    linear_r2,
    neighbour_agreement,
    place_shares,
    scaled_cloud,
    similarity_interval,
    top_rows,
)

RNG = np.random.default_rng(3)


def test_length_correlation():
    x, values = RNG.normal(size=(20, 4)), RNG.normal(size=20)
    expected = spearmanr([np.sqrt(sum(row**2)) for row in x], values).statistic
    assert length_correlation(x, values) == pytest.approx(expected)


def test_top_rows_are_the_largest_products_without_the_query():
    items, own = RNG.normal(size=(30, 4)), np.array([3, 0, 29])
    found = top_rows(items[own], items, 5, own)
    for row, mine in zip(found, own, strict=True):
        scores = items @ items[mine]
        others = [i for i in np.argsort(-scores) if i != mine]
        assert row.tolist() == others[:5]
    np.testing.assert_array_equal(
        top_rows(items[:2], items, 30), np.argsort(-(items[:2] @ items.T), axis=1)
    )


@pytest.mark.parametrize(("k", "own"), [(0, None), (31, None), (30, [0])])
def test_top_rows_refuses_a_k_that_cannot_be(k, own):
    items = RNG.normal(size=(30, 4))
    with pytest.raises(ValueError, match="k must be 1 to"):
        top_rows(items[:1], items, k, own)


def test_place_shares_count_places_and_keep_bands_that_nobody_returns():
    assert place_shares([[0, 1], [0, 3]], [1, 1, 3, 0]).tolist() == [0.25, 0.75, 0, 0]


def test_neighbour_agreement_of_neighbours_with_the_same_value_is_1():
    values = np.array([1.0, 1, 5, 5, 9, 9])
    assert neighbour_agreement(values, [0, 2, 4], [[1], [3], [5]]) == pytest.approx(1)
    assert neighbour_agreement(values, [0, 2, 4], [[5, 4], [2, 3], [0, 1]]) == pytest.approx(-1)


def test_linear_r2_is_that_of_scikit_learn_and_knows_no_scale():
    x = RNG.normal(size=(60, 4)) + 3
    values = x @ [1.0, -2, 0, 0.5] + RNG.normal(size=60)
    train, test = np.array_split(np.random.default_rng(0).permutation(60), 2)
    model = LinearRegression().fit(x[train], values[train])
    assert linear_r2(x, values) == pytest.approx(r2_score(values[test], model.predict(x[test])))
    turned = (x - 7) @ RNG.normal(size=(4, 4))
    assert linear_r2(turned, values) == pytest.approx(linear_r2(x, values), abs=1e-6)


def test_similarity_interval_holds_the_difference_of_the_whole():
    texts = [f"w{i}" for i in range(40)]
    good = RNG.normal(size=(40, 8))
    unit = good / np.linalg.norm(good, axis=1, keepdims=True)
    pairs = [
        (texts[i], texts[j], unit[i] @ unit[j] + RNG.normal() / 9)
        for i in range(40) for j in range(i)
    ]  # fmt: skip
    bad = good + 2 * RNG.normal(size=(40, 8))
    low, high = similarity_interval(bad, good, texts, [*pairs, ("w1", "unknown", 3.0)])
    gain = (
        word_similarity(good, texts, pairs).spearman - word_similarity(bad, texts, pairs).spearman
    )
    assert 0 < low < gain < high
    assert similarity_interval(good, good, texts, pairs) == (0, 0)


def test_scaled_cloud_has_the_disturbances_that_were_asked_for():
    plain, frequency = scaled_cloud()
    assert length_correlation(plain, frequency) > 0.9
    wide, same = scaled_cloud(strong=10, mean=30)
    np.testing.assert_array_equal(frequency, same)
    np.testing.assert_allclose(wide[:, :3], 10 * plain[:, :3])
    np.testing.assert_allclose(wide[:, -1], plain[:, -1] + 30)
    np.testing.assert_array_equal(wide[:, 3:-1], plain[:, 3:-1])
