"""Documents along one axis at a time, with the words at its ends."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure

__all__ = ["axis_reading", "end_words"]


def end_words(axes, terms, j: int, n: int = 5) -> tuple[str, str]:
    """Return the words at the negative and at the positive end of an axis.

    Parameters
    ----------
    axes : ndarray (d, k)
        Axes in the columns, one entry a term.
    terms : sequence of str
        The d terms.
    j : int
        Which axis, from 0.
    n : int
        Words an end, the strongest first.

    Returns
    -------
    negative, positive : str
    """
    order = np.argsort(axes[:, j], kind="stable")
    return " ".join(terms[i] for i in order[:n]), " ".join(terms[i] for i in order[::-1][:n])


def axis_reading(
    coordinates, axes, terms, labels, names: Sequence[str], texts: Sequence[str],
    shown: Sequence[int] = (0, 1),
) -> tuple[go.Figure, Figure]:  # fmt: skip
    """Draw where documents lie along an axis, a line for each label.

    Parameters
    ----------
    coordinates : ndarray (n, k)
        Of the documents along the axes.
    axes : ndarray (d, k)
        Axes in the columns.
    terms : sequence of str
        The d terms.
    labels : ndarray of int (n,)
        Row of `names` for each document.
    names : sequence of str
    texts : sequence of str
        Shown, cut to 60 characters, when a dot is hovered over.
    shown : sequence of int
        Axes of the static figure, from 0.

    Returns
    -------
    interactive : plotly Figure
        One axis at a time, chosen by a slider.
    static : matplotlib Figure
    """
    coordinates, labels = np.asarray(coordinates), np.asarray(labels)
    k = coordinates.shape[1]
    ends = [end_words(axes, terms, j) for j in range(k)]
    titles = [f"axis {j + 1}: {low}  <  >  {high}" for j, (low, high) in enumerate(ends)]
    wide = np.ceil(np.abs(coordinates).max(axis=0) * 10) / 10
    fig = go.Figure()
    for j in range(k):
        fig.add_scatter(
            x=np.round(coordinates[:, j], 3).tolist(), y=labels.tolist(), mode="markers",
            marker={"size": 7, "opacity": 0.5, "color": COLOURS[0]}, visible=j == 0,
            text=[text[:60] for text in texts], hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )  # fmt: skip
    steps = [
        {"label": str(j + 1), "method": "update", "args": [
            {"visible": [i == j for i in range(k)]},
            {"title.text": titles[j], "xaxis.range": [-float(wide[j]), float(wide[j])]}]}
        for j in range(k)
    ]  # fmt: skip
    fig.update_layout(
        height=560, title={"text": titles[0]}, margin={"l": 180, "r": 10, "t": 50, "b": 60},
        xaxis={"title": {"text": "coordinate along the axis"},
               "range": [-float(wide[0]), float(wide[0])]},
        yaxis={"tickvals": list(range(len(names))), "ticktext": list(names),
               "autorange": "reversed"},
        sliders=[{"steps": steps, "active": 0, "pad": {"t": 45},
                  "currentvalue": {"prefix": "axis "}}],
    )  # fmt: skip
    static, panels = figure(1, len(shown), width=10, height=4.4, sharey=True, squeeze=False)
    for ax, j in zip(panels[0], shown, strict=True):
        ax.scatter(coordinates[:, j], labels, s=12, alpha=0.4)
        ax.set_title(f"axis {j + 1}: {ends[j][0]}\n< > {ends[j][1]}", fontsize=9)
        ax.set(xlabel="coordinate along the axis", xlim=(-wide[j], wide[j]))
        ax.set_yticks(range(len(names)), names, fontsize=8)
    panels[0][0].invert_yaxis()
    return fig, static
