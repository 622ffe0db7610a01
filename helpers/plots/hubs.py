"""Figures of lesson 05, part 3: hubs, and what makes them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure

__all__ = ["Cloud", "hub_map", "spread_explorer"]

_SHOWN = 46  # letters of a text that a label shows


class Cloud(NamedTuple):
    """Points of one space with their k-occurrences.

    Attributes
    ----------
    place : ndarray (n,)
        What is drawn along the horizontal axis.
    counts : ndarray (n,)
        k-occurrence.
    title : str
        What to say about it.
    """

    place: np.ndarray
    counts: np.ndarray
    title: str


def spread_explorer(
    clouds: Mapping[str, Cloud], k: int, shown: Sequence[str]
) -> tuple[go.Figure, Figure]:
    """Draw k-occurrence against the distance to the centre while a slider moves.

    Parameters
    ----------
    clouds : mapping of str to Cloud
        By position of the slider.
    k : int
        Neighbours, for the axis.
    shown : sequence of str
        Positions that the static figure shows next to each other.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
    """
    places = np.concatenate([cloud.place for cloud in clouds.values()])
    low, high = places.min(), places.max()
    margin = 0.05 * (high - low)
    top = 1.05 * max(int(cloud.counts.max()) for cloud in clouds.values())
    live, first = go.Figure(), shown[0]
    for name, cloud in clouds.items():
        live.add_scatter(
            x=cloud.place.round(4).tolist(), y=cloud.counts.tolist(), mode="markers",
            visible=name == first, marker={"color": COLOURS[0], "size": 5, "opacity": 0.5},
            hovertemplate="distance %{x}: in %{y} lists<extra></extra>",
        )  # fmt: skip
    steps = [
        {
            "label": name,
            "method": "update",
            "args": [{"visible": [name == other for other in clouds]}, {"title.text": cloud.title}],
        }
        for name, cloud in clouds.items()
    ]
    active = list(clouds).index(first)
    live.add_hline(y=k, line={"color": "black", "width": 1, "dash": "dot"})
    live.update_layout(
        height=440, showlegend=False, title={"text": clouds[first].title},
        xaxis={"title": "distance from the centre / √d", "range": [low - margin, high + margin]},
        yaxis={"title": f"in how many lists of {k}", "range": [-0.02 * top, top]},
        sliders=[{"steps": steps, "active": active, "pad": {"t": 45},
                  "currentvalue": {"prefix": "spread "}}],
    )  # fmt: skip
    fig, panels = figure(1, len(shown), width=9.5, height=3, sharex=True, sharey=True)
    for ax, name in zip(panels, shown, strict=True):
        ax.plot(clouds[name].place, clouds[name].counts, ".", markersize=3, alpha=0.5)
        ax.axhline(k, color="black", linestyle=":", linewidth=1)
        ax.set_title(clouds[name].title, fontsize=9)
        ax.set_xlabel("distance from the centre / √d")
    panels[0].set_ylabel(f"in how many lists of {k}")
    return live, fig


def hub_map(
    clouds: Mapping[str, Cloud], texts: Sequence[str], k: int, xlabel: str, shown: Sequence[str]
) -> tuple[go.Figure, Figure]:
    """Draw k-occurrences of real texts that can be read by hovering, with a menu over spaces.

    Parameters
    ----------
    clouds : mapping of str to Cloud
        By entry of the menu; all of the same texts.
    texts : sequence of str
        n texts.
    k : int
        Neighbours, for the axis.
    xlabel : str
        What `place` is.
    shown : sequence of str
        Entries that the static figure shows next to each other.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
    """
    short = [text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…" for text in texts]
    first = shown[0]
    live = go.Figure(
        go.Scatter(
            x=clouds[first].place.round(3).tolist(), y=clouds[first].counts.tolist(), text=short,
            mode="markers", marker={"color": COLOURS[0], "size": 6, "opacity": 0.55},
            hovertemplate="%{text}<br>in %{y} lists, x = %{x}<extra></extra>",
        )
    )  # fmt: skip
    # The menu changes places and counts only, so that the texts are stored once.
    buttons = [
        {
            "label": name,
            "method": "update",
            "args": [
                {"x": [cloud.place.round(3).tolist()], "y": [cloud.counts.tolist()]},
                {"title.text": cloud.title},
            ],
        }
        for name, cloud in clouds.items()
    ]
    live.add_hline(y=k, line={"color": "black", "width": 1, "dash": "dot"})
    live.update_layout(
        height=460, showlegend=False, title={"text": clouds[first].title},
        xaxis={"title": xlabel}, yaxis={"title": f"in how many lists of {k}"},
        updatemenus=[{"buttons": buttons, "active": list(clouds).index(first), "x": 1,
                      "xanchor": "right", "y": 1.16, "yanchor": "top"}],
    )  # fmt: skip
    fig, panels = figure(1, len(shown), width=9.5, height=3.2, sharey=True)
    for ax, name in zip(panels, shown, strict=True):
        cloud = clouds[name]
        ax.plot(cloud.place, cloud.counts, ".", markersize=4, alpha=0.5)
        ax.axhline(k, color="black", linestyle=":", linewidth=1)
        ax.set_title(cloud.title, fontsize=9)
        ax.set_xlabel(xlabel)
    panels[0].set_ylabel(f"in how many lists of {k}")
    return live, fig
