"""The figure of strangers on maps."""

import numpy as np
import pytest

from helpers.plots.frozen_maps import strangers_on_maps


def test_a_frame_and_a_panel_for_each_map():
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 3
    maps = generator.normal(size=(3, 60, 2))
    known = [np.flatnonzero(labels != missing) for missing in range(3)]
    fig, static = strangers_on_maps(maps, labels, known, shown=(0, 2), most=10)
    assert len(fig.frames) == len(fig.layout.sliders[0].steps) == 3
    assert len(fig.frames[1].data[0].x) == 10
    assert len(fig.frames[1].data[1].x) == 20
    assert fig.frames[1].data[2].text == ("<b>0</b>", "<b>2</b>")
    assert [ax.get_title(loc="left") for ax in static.axes] == [
        "never saw digit 0", "never saw digit 2"]  # fmt: skip
    with pytest.raises(ValueError, match="known rows"):
        strangers_on_maps(maps, labels[:5], known, shown=(0,))
