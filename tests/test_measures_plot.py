"""The figures of measures of rankings."""

import numpy as np
import pytest

from helpers.plots.measures import moving_page, query_gaps
from helpers.retrieval_measures import ndcg


def test_moving_page_has_a_stop_a_rank():
    live, static = moving_page({3: 2, 7: 1}, length=14)
    (slider,) = live.layout.sliders
    assert [step.label for step in slider.steps] == [str(rank) for rank in range(1, 15)]
    assert len(live.data) == 28
    for place, step in enumerate(slider.steps):
        shown = [i for i, on in enumerate(step.args[0]["visible"]) if on]
        assert shown == [2 * place, 2 * place + 1]
    # At rank 2 the page of grade 3 stands before the other two, which stay among the rest.
    strip, bars = live.data[2:4]
    assert [i for i, text in enumerate(strip.text, 1) if text] == [2, 4, 8]
    ranking = ["-", "a", "=", "b", "+", "~", "/", "c"]
    assert bars.x[4] == pytest.approx(ndcg(ranking, {"a": 3, "b": 2, "c": 1}), abs=1e-4)
    assert len(static.axes[0].lines) == 6


def test_equal_grades_stay_apart():
    live, _ = moving_page({1: 3, 2: 3}, length=5)
    assert live.data[1].x[1] == 1.0  # recall: three of three, none of them twice


def test_query_gaps_draws_every_query_and_comparison():
    gaps = {"A minus B": np.array([0.5, -0.2, 0.1]), "A minus C": np.zeros(3)}
    rates = {name: {10: 0.2, 20: 0.6} for name in gaps}
    fig = query_gaps(gaps, ["x", "x", "y"], rates)
    left, right = fig.axes
    assert len(left.patches) == 3 and len(right.lines) == 3
