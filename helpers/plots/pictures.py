"""Several pictures of the same points: buttons that move the points from one to the next."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.layout_quality import procrustes
from helpers.plots.style import SEQUENTIAL, figure

__all__ = ["linked_pictures", "panels"]


def linked_pictures(
    pictures: Mapping, labels, kept: Mapping, captions: Mapping, every: int = 1, k: int = 10
) -> tuple[go.Figure, Figure]:
    """Draw pictures that turn into one another, each point coloured by its true neighbours.

    Parameters
    ----------
    pictures : mapping of str to array_like (n, 2)
        By method. All are turned, mirrored and scaled to lie on the first one.
    labels : array_like (n,)
        Kinds of point, written at the median place of each.
    kept : mapping of str to array_like (n,)
        How many of each point's k neighbours are among the k nearest in the picture.
    captions : mapping of str to str
        What to say of each picture.
    every : int
        Draw each such point only.
    k : int
        Neighbours counted.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure

    Raises
    ------
    ValueError
        If the mappings have other keys or lengths.
    """
    if not (pictures.keys() == kept.keys() == captions.keys()) or not pictures:
        raise ValueError("pictures, kept and captions must have the same keys.")
    labels = np.asarray(labels)
    aligned = _aligned(pictures, len(labels))
    places = {name: _medians(y, labels) for name, y in aligned.items()}
    live = _player(aligned, places, labels, kept, captions, every, k)
    return live, _panels(aligned, places, kept, captions, k)


def panels(pictures: Mapping, labels=None, captions: Mapping | None = None) -> Figure:
    """Draw pictures side by side in grey, with the kinds written at their median places.

    Parameters
    ----------
    pictures : mapping of str to array_like (n, 2)
        By title.
    labels : array_like (n,), optional
        Kinds of point.
    captions : mapping of str to str, optional
        A second line for each title.

    Returns
    -------
    matplotlib Figure
    """
    fig, axes = figure(1, len(pictures), width=10, height=3.3, squeeze=False)
    for ax, (name, picture) in zip(axes[0], pictures.items(), strict=True):
        picture = np.asarray(picture)
        ax.scatter(*picture.T, s=3, color="0.55")
        if labels is not None:
            for kind, (x, y) in _medians(picture, np.asarray(labels)).items():
                ax.text(x, y, kind, ha="center", va="center", weight="bold")
        ax.set_title("\n".join([name, *([captions[name]] if captions else [])]), fontsize=9)
        _bare(ax)
    return fig


def _aligned(pictures, n):
    first = None
    aligned = {}
    for name, picture in pictures.items():
        picture = np.asarray(picture, dtype=float)
        if picture.shape != (n, 2):
            raise ValueError(f"{name} must have the shape ({n}, 2), not {picture.shape}.")
        picture = picture - picture.mean(axis=0)
        picture = picture / np.sqrt(np.square(picture).mean())
        if first is None:
            first = picture
        turned, _ = procrustes(first, picture)
        aligned[name] = turned / np.sqrt(np.square(turned).mean())
    return aligned


def _medians(picture, labels):
    return {str(kind): np.median(picture[labels == kind], axis=0) for kind in np.unique(labels)}


def _player(aligned, places, labels, kept, captions, every, k) -> go.Figure:
    def state(name):
        drawn = np.asarray(kept[name])[::every]
        x, y = np.round(aligned[name][::every].T, 2).tolist()
        tx, ty = np.round(np.array(list(places[name].values())).T, 2).tolist()
        hover = [
            f"a {label}: {count} of {k} kept"
            for label, count in zip(labels[::every], drawn, strict=True)
        ]
        return [
            go.Scatter(x=x, y=y, text=hover, marker={"color": drawn.tolist()}),
            go.Scatter(x=tx, y=ty),
        ]

    names = list(aligned)
    dots, words = state(names[0])
    dots.update(
        mode="markers", hoverinfo="text", showlegend=False,
        marker={"size": 6, "cmin": 0, "cmax": k, "colorscale": "Cividis",
                "colorbar": {"title": {"text": f"true neighbours<br>kept, of {k}"}}},
    )  # fmt: skip
    words.update(
        mode="text", text=list(places[names[0]]), hoverinfo="skip", showlegend=False,
        textfont={"size": 20, "color": "black"},
    )  # fmt: skip
    move = {"mode": "immediate", "frame": {"duration": 900, "redraw": True},
            "transition": {"duration": 900}}  # fmt: skip
    steps = [
        {"label": name, "method": "animate", "args": [[name], move]} for name in names
    ]  # fmt: skip
    limit = 1.05 * max(np.abs(y).max() for y in aligned.values())
    live = go.Figure(
        data=[dots, words],
        frames=[
            go.Frame(name=name, data=state(name), layout={"title": {"text": captions[name]}})
            for name in names
        ],
    )
    axis = {"range": [-limit, limit], "showticklabels": False, "showgrid": False, "zeroline": False}
    live.update_layout(
        height=560, title=captions[names[0]],
        xaxis=axis | {"title": {"text": "no units: only neighbourhood counts"}},
        yaxis=axis | {"scaleanchor": "x"},
        sliders=[{"steps": steps, "active": 0, "pad": {"t": 45},
                  "currentvalue": {"prefix": "picture by "}}],
    )  # fmt: skip
    return live


def _panels(aligned, places, kept, captions, k) -> Figure:
    rows = -(-len(aligned) // 3)
    fig, axes = figure(rows, 3, width=10, height=3.4 * rows, squeeze=False)
    for ax in axes.flat[len(aligned) :]:
        ax.axis("off")
    for ax, (name, picture) in zip(axes.flat, aligned.items(), strict=False):
        dots = ax.scatter(*picture.T, c=kept[name], s=4, cmap=SEQUENTIAL, vmin=0, vmax=k)
        for kind, (x, y) in places[name].items():
            box = {"boxstyle": "round,pad=.1", "fc": "white", "ec": "none", "alpha": 0.75}
            ax.text(x, y, kind, ha="center", va="center", weight="bold", bbox=box)
        ax.set_title(captions[name].replace(": ", "\n", 1), fontsize=9)
        _bare(ax)
    fig.colorbar(dots, ax=axes, label=f"true neighbours kept, of {k}", shrink=0.6)
    return fig


def _bare(ax):
    ax.set(xticks=[], yticks=[], xlabel="no units")
    ax.grid(False)
    ax.set_aspect("equal", "datalim")
