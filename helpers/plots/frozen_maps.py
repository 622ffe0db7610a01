"""Maps that never saw one kind of point, with that kind put onto them, as slider and panels."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure

__all__ = ["strangers_on_maps"]

_AXIS = "no units: only neighbours count"


def strangers_on_maps(
    maps, labels, known: Sequence[np.ndarray], shown: Sequence[int], most: int = 450
) -> tuple[go.Figure, Figure]:
    """Draw one map for each missing label: known points, their labels, and the strangers.

    Parameters
    ----------
    maps : array_like (c, n, 2)
        Map m was made without label m.
    labels : array_like (n,) of int
        0 to c - 1.
    known : sequence of c arrays of int
        Rows that each map was made with.
    shown : sequence of int
        Maps of the static figure.
    most : int
        Known points drawn on a map; strangers are drawn all.

    Returns
    -------
    interactive : plotly Figure
        With a slider over the missing label.
    static : matplotlib Figure

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    maps, labels = np.asarray(maps, dtype=float), np.asarray(labels)
    if maps.ndim != 3 or maps.shape[1:] != (len(labels), 2) or len(known) != len(maps):
        raise ValueError(
            f"maps {maps.shape} need a label for each point (n) and the known rows of each map (c)."
        )
    frames = [
        _parts(places, labels, missing, rows[:: -(-len(rows) // most)], rows)
        for missing, (places, rows) in enumerate(zip(maps, known, strict=True))
    ]
    return _slider(frames), _panels(frames, shown)


def _parts(places, labels, missing, drawn, rows) -> dict:
    low, high = places[rows].min(axis=0), places[rows].max(axis=0)
    box = (places - low) / (high - low).max()  # one scale for both axes, the same box for all maps
    names = [label for label in np.unique(labels) if label != missing]
    return {
        "known": box[drawn],
        "kinds": labels[drawn],
        "strangers": box[labels == missing],
        "names": names,
        "middles": np.array([np.median(box[rows][labels[rows] == name], axis=0) for name in names]),
    }


def _slider(frames) -> go.Figure:
    def xy(points):
        x, y = np.round(points.T, 3).tolist()
        return {"x": x, "y": y}

    def traces(frame):
        kinds = [f"a {kind}, known" for kind in frame["kinds"]]
        return [
            go.Scatter(mode="markers", name="known", text=kinds, hoverinfo="text",
                         marker={"size": 4, "color": COLOURS[0]}, **xy(frame["known"])),
            go.Scatter(mode="markers", name="never seen", hoverinfo="name",
                         marker={"size": 6, "color": COLOURS[1], "symbol": "diamond",
                                 "opacity": 0.6},
                         **xy(frame["strangers"])),
            go.Scatter(mode="text", name="names", text=[f"<b>{n}</b>" for n in frame["names"]],
                       textfont={"size": 20, "color": "black"}, hoverinfo="skip",
                       showlegend=False, **xy(frame["middles"])),
        ]  # fmt: skip

    fig = go.Figure(
        data=traces(frames[0]),
        frames=[go.Frame(name=str(m), data=traces(frame)) for m, frame in enumerate(frames)],
    )
    now = {"mode": "immediate", "frame": {"duration": 0, "redraw": True},
           "transition": {"duration": 0}}  # fmt: skip
    steps = [
        {"label": str(m), "method": "animate", "args": [[str(m)], now]} for m in range(len(frames))
    ]
    everything = np.concatenate([f[part] for f in frames for part in ("known", "strangers")])
    (left, bottom), (right, top) = everything.min(axis=0) - 0.05, everything.max(axis=0) + 0.05
    bare = {"showticklabels": False, "zeroline": False}
    fig.update_layout(
        height=560, margin={"l": 50, "r": 20, "t": 20, "b": 60},
        legend={"orientation": "h", "y": 1.06},
        xaxis={"range": [round(left, 2), round(right, 2)], "title": {"text": _AXIS}, **bare},
        yaxis={"range": [round(bottom, 2), round(top, 2)], "title": {"text": _AXIS}, **bare},
        sliders=[{"steps": steps, "active": 0, "pad": {"t": 45},
                  "currentvalue": {"prefix": "the map that never saw digit "}}],
    )  # fmt: skip
    return fig


def _panels(frames, shown) -> Figure:
    fig, axes = figure(1, len(shown), width=3.3 * len(shown), height=3.7)
    for ax, missing in zip(np.atleast_1d(axes), shown, strict=True):
        frame = frames[missing]
        ax.scatter(*frame["known"].T, s=5, color=COLOURS[0], label="known")
        ax.scatter(
            *frame["strangers"].T,
            s=10,
            color=COLOURS[1],
            marker="D",
            label="never seen",
            lw=0,
            alpha=0.6,
        )
        for name, place in zip(frame["names"], frame["middles"], strict=True):
            ax.text(*place, str(name), fontsize=14, fontweight="bold", ha="center", va="center")
        ax.set(xticks=[], yticks=[], xlabel=_AXIS, title=f"never saw digit {missing}")
    np.atleast_1d(axes)[0].set_ylabel(_AXIS)
    handles, names = np.atleast_1d(axes)[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncols=2, markerscale=2)
    return fig
