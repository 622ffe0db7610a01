"""Figures of lesson 07, part 1: distances of pairs before and after a cut to k axes."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure

__all__ = ["cut_distances"]


def cut_distances(
    full, cut: Mapping[int, np.ndarray], groups: Mapping[str, np.ndarray],
    said: Sequence[str], shown: Sequence[int],
) -> tuple[go.Figure, Figure]:  # fmt: skip
    """Draw the distance of pairs after a cut against the full one; a slider moves k.

    Parameters
    ----------
    full : array_like (n_pairs,)
        Distances in all dimensions.
    cut : mapping of int to array_like (n_pairs,)
        k -> distances of the same pairs along k axes.
    groups : mapping of str to array_like of int
        Name in the legend -> numbers of the pairs drawn so. A group of one is drawn large.
    said : sequence of str (n_pairs,)
        What hovering shows.
    shown : sequence of int
        The k of the static figure.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure

    Raises
    ------
    ValueError
        If a k that should be shown is not there.
    """
    if not set(shown) <= set(cut):
        raise ValueError(f"shown must be among the k {list(cut)}.")
    full = np.asarray(full, dtype=float)
    cut = {k: np.asarray(distances, dtype=float) for k, distances in cut.items()}
    groups = {name: np.asarray(rows) for name, rows in groups.items()}
    top = 1.05 * full.max()
    return _slider(full, cut, groups, said, top), _panels(full, cut, groups, shown, top)


def _slider(full, cut, groups, said, top) -> go.Figure:
    def traces(k: int) -> list[go.Scatter]:
        return [
            go.Scatter(
                x=np.round(full[rows], 3).tolist(), y=np.round(cut[k][rows], 3).tolist(),
                mode="markers", name=name, text=[said[row] for row in rows],
                marker={"color": COLOURS[i], "size": 13 if len(rows) == 1 else 5},
                hovertemplate="%{text}<br>full %{x:.2f}, after the cut %{y:.2f}<extra></extra>",
            )
            for i, (name, rows) in enumerate(groups.items())
        ]  # fmt: skip

    line = go.Scatter(
        x=[0, round(top, 3)], y=[0, round(top, 3)], mode="lines", hoverinfo="skip",
        line={"color": "black", "dash": "dot", "width": 1}, name="unchanged",
    )  # fmt: skip
    stops = list(cut)
    heights = {
        k: [go.Scatter(y=np.round(cut[k][rows], 3).tolist()) for rows in groups.values()]
        for k in stops
    }
    moving = list(range(len(groups)))
    fig = go.Figure(
        data=[*traces(stops[0]), line],
        frames=[go.Frame(name=str(k), data=heights[k], traces=moving) for k in stops],
    )
    still = {"frame": {"duration": 0, "redraw": True}, "mode": "immediate",
             "transition": {"duration": 0}}  # fmt: skip
    fig.update_layout(
        height=520, margin={"l": 60, "r": 20, "t": 30, "b": 60},
        xaxis={"title": {"text": "distance in all dimensions"}, "range": [0, top]},
        yaxis={"title": {"text": "distance along k axes"}, "range": [0, top]},
        legend={"x": 0.02, "y": 0.98},
        sliders=[{
            "active": 0, "pad": {"t": 45}, "currentvalue": {"prefix": "k = ", "xanchor": "right"},
            "steps": [{"label": str(k), "method": "animate", "args": [[str(k)], still]}
                      for k in stops],
        }],
    )  # fmt: skip
    return fig


def _panels(full, cut, groups, shown, top) -> Figure:
    fig, panels = figure(1, len(shown), width=3.2 * len(shown), height=3.9, sharey=True)
    panels = np.atleast_1d(panels)
    for ax, k in zip(panels, shown, strict=True):
        ax.plot([0, top], [0, top], ":", color="black", lw=1)
        for i, (name, rows) in enumerate(groups.items()):
            alone = len(rows) == 1
            ax.scatter(full[rows], cut[k][rows], s=60 if alone else 5, color=COLOURS[i],
                       label=name, zorder=3 if alone else 2)  # fmt: skip
        ax.set(xlabel="distance in all dimensions", xlim=(0, top), ylim=(0, top), title=f"k = {k}")
    panels[0].set_ylabel("distance along k axes")
    fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return fig
