"""The figure of cosines by layer."""

import numpy as np
import pytest

from helpers.plots.layer_cosines import cosine_histograms


def test_one_slider_step_a_layer_and_shares_that_sum_to_all():
    rng = np.random.default_rng(0)
    series = {"wide": rng.normal(size=(3, 30, 5)), "narrow": rng.normal(size=(3, 30, 5)) + 3}
    live, static = cosine_histograms(series, shown=(0, 2))
    assert len(live.layout.sliders[0].steps) == 3
    assert [trace.visible for trace in live.data] == [False, False, True, True, False, False]
    for trace in live.data:
        assert sum(trace.y) == pytest.approx(100, abs=0.6)
    assert [ax.get_title(loc="left") for ax in static.axes] == ["layer 0", "layer 2"]


def test_series_of_different_depth_are_refused():
    with pytest.raises(ValueError, match="equally many layers"):
        cosine_histograms({"a": np.ones((2, 3, 4)), "b": np.ones((3, 3, 4))}, shown=(0,))
