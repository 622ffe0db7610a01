"""The figure of GloVe's weighting function with its slider."""

import numpy as np
import pytest

from helpers.glove import weighting
from helpers.plots.glove_weights import weight_slider

EDGES, NAMES = [0, 1, 10, np.inf], ["below 1", "1-10", "10 and more"]


def test_shares_are_sums_of_weights_by_band():
    counts = 10 ** np.random.default_rng(1).uniform(-1, 3, 500)
    live, static, shares = weight_slider(counts, EDGES, NAMES, (1, 10, 100), shown=10)
    for x_max, share in shares.items():
        weights = weighting(counts, x_max)
        for k, (low, high) in enumerate(zip(EDGES[:-1], EDGES[1:], strict=True)):
            wanted = weights[(counts >= low) & (counts < high)].sum() / weights.sum()
            assert share[k] == pytest.approx(wanted)
    assert [step.label for step in live.layout.sliders[0].steps] == ["1", "10", "100"]
    visible = [trace.visible for trace in live.data]
    assert visible == [False, False, True, True, False, False, None]
    for step in live.layout.sliders[0].steps:
        assert sum(step.args[0]["visible"]) == 3
    assert len(static.axes) == 2


def test_the_first_stop_must_be_one_of_the_stops():
    with pytest.raises(ValueError, match="one of the stops"):
        weight_slider([1.0], EDGES, NAMES, (1, 10), shown=5)
