"""Figures of lesson 08, part 1: memberships, pictures by a setting, and a sheet rolled up."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, SEQUENTIAL, figure

__all__ = ["Layout", "layout_slider", "membership_curves"]


class Layout(NamedTuple):
    """A picture with what to say about it.

    Attributes
    ----------
    places : ndarray (n, 2)
        The points.
    title : str
        One line.
    """

    places: np.ndarray
    title: str


def membership_curves(
    distances: Mapping[str, np.ndarray], rho: Sequence[float], sigma: Sequence[float]
) -> Figure:
    """Draw how membership falls with distance for a few points, with their neighbours as dots.

    Parameters
    ----------
    distances : mapping of str to ndarray (k - 1,)
        By the point's name: distances to its other neighbours, ascending.
    rho, sigma : sequence of float
        Of these points, in the same order.

    Returns
    -------
    matplotlib Figure
    """
    fig, ax = figure(width=7.5, height=3.2)
    far = 1.15 * max(row[-1] for row in distances.values())
    styles = zip(("-", "--", ":"), "os^", COLOURS, strict=False)
    for (name, row), r, s, style in zip(distances.items(), rho, sigma, styles, strict=False):
        line, mark, colour = style
        x = np.linspace(0, far, 400)
        ax.plot(x, np.exp(-np.maximum(0, x - r) / s), line, color=colour)
        ax.plot(row, np.exp(-np.maximum(0, row - r) / s), mark, color=colour, markersize=5,
                linestyle="", label=f"{name}: rho {r:.1f}, sigma {s:.1f}")  # fmt: skip
    ax.set(xlabel="distance of the pixel vectors", ylabel="membership v", ylim=(0, 1.05),
           xlim=(0, far))  # fmt: skip
    fig.legend(loc="outside lower center", ncols=2)
    return fig


def layout_slider(
    layouts: Mapping[str, Layout], colour: np.ndarray, label: str, prefix: str,
    shown: Sequence[str], original: Layout | None = None,
) -> tuple[go.Figure, Figure]:  # fmt: skip
    """Draw pictures of the same points, one for each position of a slider.

    Each picture is scaled to fill its frame: a layout has no unit.

    Parameters
    ----------
    layouts : mapping of str to Layout
        By position of the slider.
    colour : ndarray (n,)
        What colours the points, from dark to light, and what hovering says.
    label : str
        What `colour` is.
    prefix : str
        What the slider sets.
    shown : sequence of str
        Positions that the static figure shows next to each other.
    original : Layout, optional
        A picture to show beside them all the time.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
    """
    fitted = {name: Layout(_fitted(item.places), item.title) for name, item in layouts.items()}
    beside = None if original is None else Layout(_fitted(original.places), original.title)
    return _live(fitted, colour, label, prefix, shown[0], beside), _static(
        fitted, colour, label, shown, beside
    )


def _fitted(places: np.ndarray) -> np.ndarray:
    """Move and scale to the square from -1 to 1, the same scale along both axes."""
    low, high = np.min(places, axis=0), np.max(places, axis=0)
    return (places - (low + high) / 2) / ((high - low).max() / 2)


def _live(layouts, colour, label, prefix, first, beside) -> go.Figure:
    values = np.round(colour, 2).tolist()
    marker = {"color": values, "colorscale": SEQUENTIAL, "size": 5}
    bar = {"colorbar": {"title": {"text": label, "side": "right"}, "thickness": 12}}
    hover = label + " %{marker.color}<extra></extra>"
    live = go.Figure()
    if beside is not None:
        x, y = beside.places.round(3).T.tolist()
        live.add_scatter(x=x, y=y, mode="markers", marker=marker, hovertemplate=hover,
                         xaxis="x2", yaxis="y2")  # fmt: skip
    x, y = layouts[first].places.round(3).T.tolist()
    live.add_scatter(x=x, y=y, mode="markers", marker=marker | bar, hovertemplate=hover)
    moving = len(live.data) - 1
    steps = []
    for name, layout in layouts.items():
        x, y = layout.places.round(3).T.tolist()
        change = {"x": [x], "y": [y]}
        steps.append({"label": name, "method": "update",
                      "args": [change, {"title.text": layout.title}, [moving]]})  # fmt: skip
    hidden = {"range": [-1.06, 1.06], "showticklabels": False, "zeroline": False}
    across = [0, 1] if beside is None else [0.53, 1]
    live.update_layout(
        height=460, showlegend=False, title={"text": layouts[first].title},
        xaxis=hidden | {"domain": across, "title": "picture (no unit)"},
        yaxis=hidden | {"scaleanchor": "x"},
        sliders=[{"steps": steps, "active": list(layouts).index(first), "pad": {"t": 45},
                  "currentvalue": {"prefix": prefix + " "}}],
    )  # fmt: skip
    if beside is not None:
        live.update_layout(
            xaxis2=hidden | {"domain": [0, 0.47], "title": beside.title},
            yaxis2=hidden | {"anchor": "x2", "scaleanchor": "x2"},
        )
    return live


def _static(layouts, colour, label, shown, beside) -> Figure:
    panels = [layouts[name] for name in shown]
    panels = panels if beside is None else [beside, *panels]
    fig, axes = figure(1, len(panels), width=2.6 * len(panels) + 0.6, height=3)
    for ax, layout in zip(np.atleast_1d(axes), panels, strict=True):
        dots = ax.scatter(*layout.places.T, c=colour, s=2, cmap=SEQUENTIAL)
        ax.set(xticks=[], yticks=[], xlim=(-1.06, 1.06), ylim=(-1.06, 1.06), aspect="equal",
               xlabel="original" if layout is beside else "no unit")  # fmt: skip
        ax.set_title(textwrap.fill(layout.title, 32), fontsize=8)  # wider would touch the next
    fig.colorbar(dots, ax=axes, label=label, shrink=0.8)
    return fig
