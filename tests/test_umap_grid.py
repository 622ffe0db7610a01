"""helpers.umap_grid, its stored layouts, and the figure made of them."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from helpers import umap_grid
from helpers.plots.layout_grid import aligned, draw_layout, layout_grid
from helpers.plots.style import figure
from helpers.stored_layouts import pack, unpack
from helpers.umap_grid import (
    MIN_DISTS,
    N_NEIGHBORS,
    layout_key,
    stored_layouts,
    two_clouds,
    width_ratio,
)


def test_coordinates_survive_packing():
    places = np.random.default_rng(0).normal(size=(50, 2)) * [3, 20] + 7
    centred = places - places.mean(axis=0)
    back = unpack(json.loads(json.dumps(pack(centred))))
    np.testing.assert_allclose(back, centred, atol=np.ptp(places) / 30_000)


def test_everything_is_stored_and_measured():
    found = stored_layouts()
    keys = {layout_key(n, m) for n in N_NEIGHBORS for m in MIN_DISTS}
    keys |= {f"{init}, seed {seed}" for init in ("spectral", "random") for seed in range(5)}
    assert set(found) == keys | {"two clouds, UMAP", "two clouds, densMAP"}
    digits = load_digits(return_X_y=True)[0]
    for name in ("random, seed 3", layout_key(60, 0.3)):
        quality = trustworthiness(digits, found[name].places, n_neighbors=10)
        assert quality == pytest.approx(found[name].trustworthiness, abs=2e-4)


def test_a_missing_file_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(umap_grid, "RESULTS", tmp_path / "umap_grid.json")
    stored_layouts.cache_clear()
    with pytest.raises(ValueError, match="run python -m benchmarks.umap_grid"):
        stored_layouts()
    stored_layouts.cache_clear()


def test_clouds_have_their_widths():
    points, which = two_clouds(ratio=5, n=2000)
    assert width_ratio(points, which) == pytest.approx(5, rel=0.03)
    assert width_ratio([[0, 0], [0, 6], [9, 9], [9, 11]], [0, 0, 1, 1]) == pytest.approx(3)
    with pytest.raises(ValueError, match="positive ratio"):
        two_clouds(ratio=0)


def test_aligned_undoes_a_motion():
    places = np.random.default_rng(1).normal(size=(30, 2))
    turn = np.array([[0.6, -0.8], [-0.8, -0.6]])  # with a mirror
    moved = 3 * places @ turn + [4, -9]
    np.testing.assert_allclose(aligned(moved, places), aligned(places, places), atol=1e-12)
    assert np.square(aligned(moved, places)).sum() == pytest.approx(30)


def test_the_slider_and_the_buttons_reach_all():
    rng = np.random.default_rng(2)
    layouts = {(n, m): rng.normal(size=(20, 2)) for n in (5, 15) for m in (0.0, 0.1, 0.5)}
    qualities = dict.fromkeys(layouts, 0.9)
    labels = np.arange(20) % 10
    how = {"labels": labels, "names": ("n", "m"), "first": (15, 0.1), "shown": ((5, 0.5),)}
    live, static = layout_grid(layouts, qualities, **how)
    assert [trace.visible for trace in live.data] == [False, True]
    assert len(live.layout.sliders[0].steps) == 2
    buttons = live.layout.updatemenus[0].buttons
    shown = np.array([buttons[2].args[0]["x"][0], buttons[2].args[0]["y"][0]]).T
    np.testing.assert_allclose(shown, aligned(layouts[5, 0.5], layouts[15, 0.1]), atol=0.006)
    assert "n 5, m 0.5" in buttons[2].args[0]["name"][0] and len(static.axes) == 1
    del layouts[5, 0.5]
    with pytest.raises(ValueError, match="all combinations"):
        layout_grid(layouts, qualities, **how)


@pytest.mark.parametrize("written, labels", [(True, ["0", "3"]), (False, [])])
def test_labels_are_written_beside_their_points_or_left_out(written, labels):
    _, ax = figure()
    draw_layout(ax, np.eye(4, 2), [0, 0, 3, 3], "title", written=written)
    assert [text.get_text() for text in ax.texts] == labels
