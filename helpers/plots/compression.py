"""Recall against the numbers kept of a vector, while a slider gives more candidates a full look."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.compression import multiplications
from helpers.plots.style import COLOURS, figure

__all__ = ["cut_slider"]

_MARKERS = (("o", "circle"), ("s", "square"), ("^", "triangle-up"))


def cut_slider(
    grids: Mapping[str, np.ndarray],
    sizes: Sequence[int],
    candidates: Sequence[int],
    n: int,
    shown: Sequence[int],
) -> tuple[go.Figure, Figure]:
    """Draw recall@10 against k for several ways to cut; the slider is the number of candidates.

    Parameters
    ----------
    grids : mapping of str to array_like (sizes, candidates)
        Recall of up to three ways, from :func:`helpers.compression.recall_grid`.
    sizes, candidates : sequence of int
        Of the rows and the columns; the last size is the full one.
    n : int
        Stored vectors, for the cost that hovering shows.
    shown : sequence of int
        Numbers of candidates of the static picture's panels.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
    """
    looks = list(zip(grids.items(), COLOURS, _MARKERS, strict=False))
    dim = sizes[-1]

    def hover(name: str, column: int) -> list[str]:
        return [
            f"{name}, k = {k}: recall@10 {share:.2f}<br>{4 * k} bytes a vector in FP32<br>"
            f"{multiplications(n, dim, k, candidates[column]):,.0f} multiplications a query"
            for k, share in zip(sizes, np.asarray(grids[name])[:, column], strict=True)
        ]

    live = go.Figure()
    for (name, grid), colour, (_, symbol) in looks:
        live.add_scatter(
            x=list(sizes), y=[float(y) for y in np.round(np.asarray(grid)[:, 0], 3)], name=name,
            mode="lines+markers", hovertemplate="%{text}<extra></extra>", text=hover(name, 0),
            marker={"color": colour, "symbol": symbol, "size": 9}, line={"width": 1.5},
        )  # fmt: skip
    steps = [
        {
            "label": str(number),
            "method": "restyle",
            "args": [
                {
                    "y": [
                        [float(y) for y in np.round(np.asarray(grid)[:, j], 3)]
                        for grid in grids.values()
                    ],
                    "text": [hover(name, j) for name in grids],
                }
            ],
        }
        for j, number in enumerate(candidates)
    ]
    names = [str(k) for k in sizes]
    live.update_layout(
        height=470, hovermode="closest", legend={"orientation": "h", "y": 1.12},
        xaxis={"title": "numbers kept, k", "type": "log", "tickvals": list(sizes),
               "ticktext": names},
        yaxis={"title": "recall@10 against full vectors", "range": [0, 1.03]},
        sliders=[{"steps": steps, "active": 0, "pad": {"t": 45},
                  "currentvalue": {"prefix": "candidates scored in full: "}}],
    )  # fmt: skip
    fig, panels = figure(1, len(shown), width=9, height=3.3, sharey=True)
    for ax, number in zip(np.atleast_1d(panels), shown, strict=True):
        column = list(candidates).index(number)
        for (name, grid), colour, (marker, _) in looks:
            ax.plot(sizes, np.asarray(grid)[:, column], marker=marker, color=colour, label=name)
        ax.set(xscale="log", xlabel="numbers kept, k", ylim=(0, 1.03),
               title=f"{number} candidates")  # fmt: skip
        ax.set_xticks(sizes, names, fontsize=7)
        ax.minorticks_off()
    np.atleast_1d(panels)[0].set_ylabel("recall@10 against full vectors")
    np.atleast_1d(panels)[-1].legend(fontsize=8, loc="lower right")
    return live, fig
