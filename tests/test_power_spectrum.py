"""The figure of a falling spectrum and its cosines."""

import numpy as np
import pytest

from helpers.plots.power_spectrum import power_slider


def test_one_cloud_is_visible_at_a_time_and_shares_sum_to_all():
    live, static = power_slider([0, 1, 2], [0, 2], n=60, d=12)
    assert [trace.visible for trace in live.data[:6]] == [True, False, False] * 2
    for trace in live.data[:6]:
        assert sum(trace.y) == pytest.approx(100, abs=0.2)
    for number, step in enumerate(live.layout.sliders[0].steps):
        visible = step.args[0]["visible"]
        assert len(visible) == len(live.data) and visible[-1]
        assert np.flatnonzero(visible[:-1]).tolist() == [number, number + 3]
        assert "effective rank" in step.args[1]["title.text"]
    assert len(static.axes) == 4


def test_refuses_a_panel_that_is_no_stop():
    with pytest.raises(ValueError, match="stops of the slider"):
        power_slider([0, 1], [3], n=20, d=5)
