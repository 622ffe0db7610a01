"""Figures of lesson 04, part 3: neighbours under a threshold."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure

__all__ = ["threshold_explorer"]


def threshold_explorer(
    cosines: np.ndarray, same: np.ndarray, notes: Sequence[tuple[float, str]], shown: int
) -> tuple[go.Figure, Figure]:
    """Draw how many pictures lie at which cosine to a query, and where a threshold cuts.

    Parameters
    ----------
    cosines : ndarray (q, n)
        Of q queries to n other pictures.
    same : ndarray (q, n) of bool
        Which of them are of the query's class.
    notes : sequence of (float, str)
        Thresholds, and what to say about each.
    shown : int
        Number of the threshold that is drawn at first, and in the static figure.

    Returns
    -------
    interactive : plotly Figure
        With a slider over thresholds.
    static : matplotlib Figure
    """
    edges = np.linspace(-0.4, 1.0, 29)
    middle = (edges[1:] + edges[:-1]) / 2
    counts = {
        name: np.histogram(cosines[chosen], edges)[0] / len(cosines)
        for name, chosen in (("another digit", ~same), ("the same digit", same))
    }
    top = float(sum(counts.values()).max()) * 1.12
    live = go.Figure()
    fig, ax = figure(width=7.5, height=3.2)
    below = np.zeros(len(middle))
    for colour, (name, heights) in zip(COLOURS, counts.items(), strict=False):
        live.add_bar(
            x=middle.round(3).tolist(), y=heights.round(2).tolist(), name=name, marker_color=colour,
            hovertemplate="cosine about %{x}: %{y} pictures of " + name + "<extra></extra>",
        )  # fmt: skip
        ax.bar(middle, heights, 0.045, bottom=below, color=colour, label=name)
        below = below + heights
    steps = []
    for threshold, note in notes:
        line = {"type": "line", "x0": threshold, "x1": threshold, "y0": 0, "y1": top}
        steps.append({
            "label": f"{threshold:.1f}", "method": "relayout",
            "args": [{"shapes": [line], "title.text": note}],
        })  # fmt: skip
    first = steps[shown]["args"][0]
    live.update_layout(
        barmode="stack", bargap=0.05, height=420, title={"text": notes[shown][1]},
        shapes=first["shapes"], legend={"x": 0.02, "y": 0.98}, margin={"t": 60},
        xaxis={"title": "cosine with the query", "range": [-0.4, 1.0]},
        yaxis={"title": "pictures of 5,999", "range": [0, top]},
        sliders=[{"steps": steps, "active": shown, "pad": {"t": 45},
                  "currentvalue": {"prefix": "threshold "}}],
    )  # fmt: skip
    ax.axvline(notes[shown][0], color="black", linewidth=1.2)
    ax.set(
        xlabel="cosine with the query", ylabel="pictures of 5,999", xlim=(-0.4, 1), ylim=(0, top)
    )
    ax.set_title(notes[shown][1])
    ax.legend()
    return live, fig
