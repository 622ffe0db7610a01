"""An interactive figure: layouts over two settings, a slider for one and buttons for the other."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.layout_quality import procrustes
from helpers.plots.style import COLOURS, figure

__all__ = ["aligned", "draw_layout", "layout_grid"]

# Ten, for the digits. Each point is drawn as its digit, so colour only helps the eye.
_TEN = (*COLOURS, "#000000", "#332288", "#A0522D", "#777777")


def aligned(places, reference) -> np.ndarray:
    """Move, turn, mirror and scale a layout to where a reference lies.

    Parameters
    ----------
    places, reference : array_like (n, 2)

    Returns
    -------
    ndarray (n, 2)
        Around 0, root mean square distance from there 1, turned and mirrored so that the sum of
        squared distances to the reference is least.
    """
    turned = procrustes(reference, places)[0]
    turned = turned - turned.mean(axis=0)
    return turned / np.sqrt(np.square(turned).sum(axis=1).mean())


def draw_layout(ax, places, labels, title: str = "", written: bool = True) -> None:
    """Draw a layout on Matplotlib axes, with each label written beside the median of its points.

    Parameters
    ----------
    ax : Axes
    places : array_like (n, 2)
    labels : array_like (n,)
        Whole numbers from 0 to 9.
    title : str
    written : bool
        False leaves the labels out, where they would lie on each other.
    """
    places, labels = np.asarray(places, dtype=float), np.asarray(labels)
    for label in np.unique(labels):
        members = places[labels == label]
        ax.scatter(*members.T, s=3, color=_TEN[label], linewidths=0)
    for label in np.unique(labels) if written else ():
        middle = np.median(places[labels == label], axis=0)
        ax.annotate(
            str(label), middle, xytext=(5, 6), textcoords="offset points", ha="center",
            fontsize=10, fontweight="bold", color=_TEN[label],
        )  # fmt: skip
    ax.set_title(title, fontsize=10)
    ax.set(xticks=[], yticks=[])
    ax.set_aspect("equal", adjustable="datalim")


def layout_grid(
    layouts: Mapping[tuple, np.ndarray], qualities: Mapping[tuple, float], labels: Sequence[int],
    names: tuple[str, str], first: tuple, shown: Sequence[tuple],
) -> tuple[go.Figure, Figure]:  # fmt: skip
    """Draw layouts of the same points over a grid of two settings.

    Parameters
    ----------
    layouts : dict of (slider value, button value) to ndarray (n, 2)
        All combinations. They are aligned to `first`.
    qualities : dict of the same keys to float
        Trustworthiness, told in the legend.
    labels : sequence of int (n,)
        From 0 to 9; a point is drawn as its label.
    names : tuple of two str
        What the slider and the buttons set.
    first : tuple
        The layout to start with, to which the others are turned.
    shown : sequence of tuple
        Layouts of the static figure.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure

    Raises
    ------
    ValueError
        If a combination is missing, or the shapes do not fit.
    """
    labels = np.asarray(labels)
    slides = list(dict.fromkeys(key[0] for key in layouts))
    buttons = list(dict.fromkeys(key[1] for key in layouts))
    keys = {(slide, button) for slide in slides for button in buttons}
    if keys != set(layouts) or keys != set(qualities) or not {first, *shown} <= keys:
        raise ValueError("layouts and qualities must have all combinations of the settings.")
    if any(np.shape(places) != (len(labels), 2) for places in layouts.values()):
        raise ValueError(f"each layout must have the shape ({len(labels)}, 2), a row a label.")
    turned = {key: aligned(places, layouts[first]) for key, places in layouts.items()}
    captions = {
        key: f"{names[0]} {key[0]:g}, {names[1]} {key[1]:g}: trustworthiness {qualities[key]:.3f}"
        for key in layouts
    }
    static, panels = figure(1, len(shown), width=3.2 * len(shown), height=3.5, squeeze=False)
    for ax, key in zip(panels[0], shown, strict=True):
        draw_layout(ax, turned[key], labels, captions[key].replace(": ", "\n"))
        ax.set(xlabel="no units: only who is near whom")
    return _interactive(turned, captions, labels, slides, buttons, names, first), static


def _interactive(turned, captions, labels, slides, buttons, names, first) -> go.Figure:
    def column(key, axis):
        return np.round(turned[key][:, axis], 2).tolist()

    live = go.Figure(
        [
            go.Scatter(
                x=column((slide, first[1]), 0), y=column((slide, first[1]), 1), mode="text",
                text=[str(label) for label in labels], name=captions[slide, first[1]],
                textfont={"size": 11, "color": [_TEN[label] for label in labels]},
                visible=slide == first[0], showlegend=True, hoverinfo="text",
            )
            for slide in slides
        ]
    )  # fmt: skip
    # The buttons move the points of all traces, the slider chooses the trace: so each works
    # whatever the other stands on.
    for_buttons = [
        {"label": f"{names[1]} {button:g}", "method": "restyle", "args": [{
            "x": [column((slide, button), 0) for slide in slides],
            "y": [column((slide, button), 1) for slide in slides],
            "name": [captions[slide, button] for slide in slides],
        }]}
        for button in buttons
    ]  # fmt: skip
    steps = [
        {"label": f"{slide:g}", "method": "restyle",
         "args": [{"visible": [other == slide for other in slides]}]}
        for slide in slides
    ]  # fmt: skip
    reach = max(float(np.abs(places).max()) for places in turned.values()) + 0.1
    axis = {"range": [-reach, reach], "showticklabels": False, "zeroline": False,
            "title": {"text": "no units: only who is near whom"}}  # fmt: skip
    live.update_layout(
        height=620, margin={"l": 40, "r": 20, "t": 90, "b": 40}, xaxis=axis,
        yaxis={**axis, "title": {"text": ""}, "scaleanchor": "x"},
        legend={"x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"},
        sliders=[{"active": slides.index(first[0]), "steps": steps, "pad": {"t": 40},
                  "currentvalue": {"prefix": f"{names[0]}: "}}],
        updatemenus=[{"type": "buttons", "direction": "right", "showactive": True,
                      "active": buttons.index(first[1]), "buttons": for_buttons,
                      "x": 0, "xanchor": "left", "y": 1.17, "yanchor": "top"}],
    )  # fmt: skip
    return live
