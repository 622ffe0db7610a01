"""The figure of documents along single axes."""

import numpy as np

from helpers.plots.axis_reading import axis_reading, end_words


def test_end_words_and_figures():
    axes = np.array([[0.9, 0.1], [-0.4, 0.2], [0.1, -0.9], [-0.1, 0.3]])
    terms = ["god", "drive", "game", "team"]
    assert end_words(axes, terms, 0, n=2) == ("drive team", "god game")
    coordinates = np.array([[0.5, -0.1], [-0.2, 0.31], [0.1, 0.2]])
    live, static = axis_reading(
        coordinates, axes, terms, [0, 1, 1], ["a", "b"], ["first text", "x" * 90, "third"]
    )
    assert [trace.visible for trace in live.data] == [True, False]
    assert list(live.data[1].x) == [-0.1, 0.31, 0.2]
    assert len(live.data[0].text[1]) == 60
    assert "axis 2: game" in live.layout.sliders[0].steps[1].args[1]["title.text"]
    assert len(static.axes) == 2
