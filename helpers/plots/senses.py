"""One word's occurrences, layer by layer."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure
from helpers.plots.word_map import group_colours

__all__ = ["accuracy_by_layer", "sense_browser"]


def sense_browser(
    layers, senses: Sequence[str], sentences: Sequence[str], shown: Sequence[int]
) -> tuple[go.Figure, Figure]:
    """Draw the first two principal components of a word's occurrences in every layer.

    Each layer has its own components and its own scale.

    Parameters
    ----------
    layers : array_like (layers, n, d)
        Vectors of the occurrences.
    senses, sentences : sequence of str (n,)
        Sense of each occurrence, and where it stands.
    shown : sequence of int
        Layers in the static figure.

    Returns
    -------
    interactive : plotly Figure
        A slider walks through the layers; hovering shows the sentence.
    static : matplotlib Figure
    """
    styles = group_colours(senses)
    points = [_plane(np.asarray(vectors, dtype=float), np.asarray(senses)) for vectors in layers]
    interactive, start = go.Figure(), shown[-1]
    for layer, places in enumerate(points):
        for name, (colour, mark, _) in styles.items():
            rows = [i for i, sense in enumerate(senses) if sense == name]
            interactive.add_scatter(
                x=np.round(places[rows, 0], 3).tolist(), y=np.round(places[rows, 1], 3).tolist(),
                mode="markers", name=name, text=[sentences[i] for i in rows],
                visible=layer == start, opacity=0.6,
                marker={"color": colour, "symbol": mark, "size": 10},
                hovertemplate="%{text}<extra>" + name + "</extra>",
            )  # fmt: skip
    n = len(styles)
    steps = [
        {"label": str(layer), "method": "update", "args": [
            {"visible": [i // n == layer for i in range(n * len(points))]}
        ]}
        for layer in range(len(points))
    ]  # fmt: skip
    interactive.update_layout(
        height=460, xaxis={"title": {"text": "component 1"}},
        yaxis={"title": {"text": "component 2"}}, margin={"l": 60, "r": 10, "t": 30, "b": 60},
        sliders=[{"steps": steps, "active": start, "pad": {"t": 45},
                  "currentvalue": {"prefix": "layer "}}],
    )  # fmt: skip
    static, panels = figure(1, len(shown), width=10, height=3.4, squeeze=False)
    for ax, layer in zip(panels[0], shown, strict=True):
        for name, (colour, _, mark) in styles.items():
            rows = [i for i, sense in enumerate(senses) if sense == name]
            ax.scatter(*points[layer][rows].T, color=colour, marker=mark, alpha=0.6, label=name)
        ax.set(title=f"layer {layer}", xlabel="component 1")
    panels[0][0].set_ylabel("component 2")
    handles = panels[0][0].get_legend_handles_labels()
    static.legend(*handles, loc="outside lower center", ncols=n)
    return interactive, static


def _plane(vectors: np.ndarray, senses: np.ndarray) -> np.ndarray:
    """Return two principal components; the first sense lies to the right and above."""
    centred = vectors - vectors.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    points = u[:, :2] * s[:2]
    sides = np.sign(points[senses == senses[0]].mean(axis=0))
    return points * np.where(sides == 0, 1, sides)


def accuracy_by_layer(curves: dict[str, np.ndarray], lines: dict[str, float]) -> Figure:
    """Draw accuracies by layer with their intervals, and horizontal lines to compare with.

    Parameters
    ----------
    curves : dict of str to ndarray (layers, 3)
        Accuracy, and the two ends of its interval.
    lines : dict of str to float
        What does not depend on a layer.

    Returns
    -------
    Figure
    """
    fig, ax = figure(width=9, height=3.8)
    for place, (name, rows) in enumerate(curves.items()):
        at = np.arange(len(rows)) + 0.1 * place - 0.05
        off = np.abs(rows[:, 1:].T - rows[:, 0])
        ax.errorbar(at, rows[:, 0], off, color=COLOURS[place], marker="os"[place % 2],
                    capsize=3, label=name)  # fmt: skip
    for place, (name, value) in enumerate(lines.items()):
        ax.axhline(value, color="black", linestyle=("--", ":", "-.")[place % 3], lw=1, label=name)
    ax.set(xlabel="layer (0: embeddings)", ylabel="sense accuracy", ylim=(0.3, 1.02))
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=9)
    return fig
