"""Probability ratios, their intervals, and how the cells of a matrix grow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import binom

from helpers.plots.ratio_bars import ratio_bars
from helpers.ratios import probability_ratios, probe_ratios
from helpers.vocabulary import Vocabulary


def test_large_counts_give_the_plain_ratio():
    ratio, low, high = probability_ratios([40_000], [10_000], 1e6, 5e5)
    assert ratio == pytest.approx(2, rel=1e-3)
    # The delta method: the variance of a log ratio is 1/a + 1/b.
    wide = 1.96 * np.sqrt(1 / 40_000 + 1 / 10_000)
    assert np.log(high / low) == pytest.approx(2 * wide, rel=1e-2)


@given(st.integers(0, 200), st.integers(0, 200), st.floats(1, 8))
def test_the_estimate_lies_in_its_interval_and_exchanges(a, b, clump):
    there = probability_ratios([a], [b], 1_000, 3_000, clump=clump)
    back = probability_ratios([b], [a], 3_000, 1_000, clump=clump)
    ratio, low, high = (float(x[0]) for x in there)
    assert low <= ratio <= high
    assert (low == 0) == (a == 0) and np.isinf(high) == (b == 0)
    assert float(back[0][0]) == pytest.approx(1 / ratio)
    assert low == 0 or float(back[2][0]) == pytest.approx(1 / low)


def test_the_interval_holds_as_often_as_it_says():
    total, rate, other = 60, 3.0, 1.0  # 60 meetings shared 3 : 1
    met = np.arange(total + 1)
    _, low, high = probability_ratios(met, total - met, 1e4, 1e4)
    inside = (low <= rate / other) & (rate / other <= high)
    assert 0.93 < binom.pmf(met, total, rate / (rate + other))[inside].sum() < 0.97


def test_clumps_widen():
    narrow, wide = (probability_ratios([40], [20], 1e4, 1e4, clump=c) for c in (1, 4))
    assert wide[1] < narrow[1] and narrow[2] < wide[2]


@pytest.mark.parametrize(
    ("args", "settings", "line"),
    [
        (([1, 2], [1], 9, 9), {}, "as many counts"),
        (([-1], [1], 9, 9), {}, "at least 0"),
        (([10], [1], 9, 9), {}, "at most their total"),
        (([0], [0], 0, 9), {}, "above 0"),
        (([1], [1], 9, 9), {"level": 1}, "between 0 and 1"),
        (([1], [1], 9, 9), {"clump": 0.5}, "at least 1"),
        (([np.nan], [1], 9, 9), {}, "at least 0"),
    ],
)
def test_what_cannot_be(args, settings, line):
    with pytest.raises(ValueError, match=line):
        probability_ratios(*args, **settings)


@pytest.fixture
def world():
    vocabulary = Vocabulary(["a", "b", "c", "d"], [9, 8, 7, 6])
    return csr_array(np.array([[0, 1, 6, 3], [1, 0, 2, 0], [6, 2, 0, 0], [3, 0, 0, 0]])), vocabulary


def test_probes_are_looked_up(world):
    counts, vocabulary = world
    first, second = probe_ratios(counts, vocabulary, "a", "b", ["d", "c"], level=0.9)
    assert (first.probe, first.met, first.other_met) == ("d", 3, 0)
    assert (second.probe, second.met, second.other_met) == ("c", 6, 2)
    expected = probability_ratios([3, 6], [0, 2], 10, 3, level=0.9)
    assert np.allclose(np.array([first[3:], second[3:]]).T, expected)


def test_unknown_words_are_named(world):
    with pytest.raises(ValueError, match="not in the vocabulary: x, y"):
        probe_ratios(*world, "a", "x", ["b", "y"])


def test_bars_have_a_name_a_bar_and_an_interval_each(world):
    found = {("a", "b"): {"first": probe_ratios(*world, "a", "b", ["d", "c"])}}
    found["b", "a"] = {"second": probe_ratios(*world, "b", "a", ["d"])}
    left, right = ratio_bars(found).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["d (3 : 0)", "c (6 : 2)"]
    assert len(left.patches) == 2 and len(right.patches) == 1
    assert left.patches[0].get_facecolor() != right.patches[0].get_facecolor()
    assert left.patches[0].get_width() == pytest.approx(np.log(found["a", "b"]["first"][0].ratio))


def test_bars_need_kinds():
    with pytest.raises(ValueError, match="kinds of probes, not 0"):
        ratio_bars({})
