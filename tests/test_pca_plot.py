"""The figure of distances before and after a cut."""

import numpy as np
import pytest

from helpers.plots.pca import cut_distances


def test_slider_and_panels():
    full = np.array([1.0, 0.5, 0.8])
    cut = {1: full / 2, 3: full}
    groups = {"pairs": [0, 1], "marked": [2]}
    live, static = cut_distances(full, cut, groups, ["a", "b", "c"], shown=(1,))
    assert [frame.name for frame in live.frames] == ["1", "3"]
    assert list(live.frames[1].data[1].y) == [0.8] and live.data[0].text == ("a", "b")
    assert len(static.axes) == 1
    with pytest.raises(ValueError, match="shown must be among"):
        cut_distances(full, cut, groups, ["a", "b", "c"], shown=(2,))
