"""A figure of quality by size of the vector."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure

__all__ = ["size_curves"]


def size_curves(
    curves: Mapping[str, Mapping[int, float]], points: Mapping[int, Sequence[float]], ylabel: str
) -> tuple[go.Figure, Figure]:
    """Draw quality against the numbers kept, for cut vectors and for dedicated models.

    Parameters
    ----------
    curves : mapping of str to (mapping of int to float)
        Method -> size -> quality; at most as many methods as there are colours.
    points : mapping of int to sequence of float
        Size -> quality of models trained for this size, one a seed.
    ylabel : str
        What the quality is.

    Returns
    -------
    interactive : plotly Figure
        Hovering compares the methods at one size.
    static : matplotlib Figure
    """
    static, ax = figure(height=3.8)
    interactive = go.Figure()
    for colour, (name, curve) in zip(COLOURS, curves.items(), strict=False):
        sizes, quality = list(curve), list(curve.values())
        ax.plot(sizes, quality, color=colour, label=name)
        interactive.add_scatter(
            x=sizes, y=np.round(quality, 3).tolist(), name=name, line={"color": colour}
        )
    means = [float(np.mean(values)) for values in points.values()]
    ax.plot(list(points), means, "k^", label="dedicated")
    interactive.add_scatter(
        x=list(points), y=np.round(means, 3).tolist(), mode="markers", name="dedicated",
        marker={"color": "black", "symbol": "triangle-up", "size": 10},
    )  # fmt: skip
    ax.set(xlabel="numbers kept", ylabel=ylabel, ylim=(0, 1))
    ax.legend()
    interactive.update_layout(
        xaxis_title="numbers kept", yaxis_title=ylabel, hovermode="x unified", height=420
    )
    return interactive, static
