"""The figure of which negatives get the gradient."""

import numpy as np
import pytest

from helpers.plots.temperature import temperature_slider


@pytest.fixture
def similarities():
    rng = np.random.default_rng(1)
    return rng.uniform(0.5, 1, 20), rng.uniform(-1, 1, (20, 50))


def test_shares_sum_to_one_and_move_to_the_hard_negatives(similarities):
    live, static, shares = temperature_slider(*similarities, [0.05, 1, 100], [0.05, 1])
    assert all(share.sum() == pytest.approx(1) for share in shares.values())
    assert shares[0.05][-4:].sum() > 0.95
    counts = np.histogram(similarities[1], np.linspace(-1, 1, 21))[0] / 1000
    assert shares[100] == pytest.approx(counts, abs=0.005)
    assert len(live.layout.sliders[0].steps) == 3
    assert len(static.axes) == 2


def test_one_stop_is_visible_at_a_time(similarities):
    live, _, _ = temperature_slider(*similarities, [0.1, 1], [1])
    assert [trace.visible for trace in live.data[:2]] == [False, True]
    for number, step in enumerate(live.layout.sliders[0].steps):
        visible = step.args[0]["visible"]
        assert visible[number] and visible[-1] and sum(visible) == 2


def test_refuses_a_panel_that_is_no_stop(similarities):
    with pytest.raises(ValueError, match="stops of the slider"):
        temperature_slider(*similarities, [0.1], [0.2])
