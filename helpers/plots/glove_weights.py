"""An interactive figure: where GloVe's weighting function puts the weight."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from helpers.glove import weighting
from helpers.plots.style import COLOURS, figure

__all__ = ["weight_slider"]

_FROM, _TO = 0.1, 10_000


def weight_slider(
    counts, edges: Sequence[float], names: Sequence[str], x_maxes: Sequence[float], shown: float
):
    """Draw f for several x_max, and the share of the total weight that each band of counts gets.

    Parameters
    ----------
    counts : array_like (nnz,)
        The positive counts of a matrix.
    edges : sequence of float (n + 1,)
        Borders of the bands; a band holds its lower border.
    names : sequence of str (n,)
        What to call the bands.
    x_maxes : sequence of float
        The stops of the slider.
    shown : float
        The stop that is shown first; one of `x_maxes`.

    Returns
    -------
    tuple of (plotly Figure, matplotlib Figure, dict of float to ndarray (n,))
        The figure with its slider, a static one for `shown`, and the shares by x_max.
    """
    if shown not in x_maxes:
        raise ValueError(f"shown must be one of the stops {list(x_maxes)}, not {shown}.")
    counts = np.asarray(counts)
    band = np.digitize(counts, edges) - 1
    cells = np.bincount(band, minlength=len(names)) / len(counts)
    axis = np.geomspace(_FROM, _TO, 101)
    shares = {}
    largest = float(counts.max())
    uncapped = weighting(counts, largest)  # Powers of millions of counts are taken only once.
    for x_max in x_maxes:
        weights = np.minimum(uncapped / weighting(x_max, largest), 1)
        sums = np.bincount(band, weights=weights, minlength=len(names))
        shares[x_max] = sums / sums.sum()
    live = make_subplots(rows=1, cols=2, column_widths=[0.45, 0.55])
    for x_max in x_maxes:
        on = x_max == shown
        curve = go.Scatter(
            x=axis, y=weighting(axis, x_max), name="f", visible=on, line_color=COLOURS[0],
            hovertemplate="X = %{x:.2f}: f = %{y:.3f}<extra></extra>", showlegend=False,
        )  # fmt: skip
        bars = go.Bar(
            x=list(names), y=shares[x_max], name="of the weight", visible=on,
            marker_color=COLOURS[0],
            hovertemplate="X %{x}: %{y:.1%} of the weight<extra></extra>",
        )  # fmt: skip
        live.add_trace(curve, 1, 1)
        live.add_trace(bars, 1, 2)
    live.add_trace(
        go.Scatter(
            x=list(names), y=cells, mode="markers", name="of the cells", marker_size=10,
            marker_color=COLOURS[1],
            hovertemplate="X %{x}: %{y:.1%} of the cells<extra></extra>",
        ), 1, 2,
    )  # fmt: skip
    steps = []
    for k, x_max in enumerate(x_maxes):
        visible = [i // 2 == k for i in range(2 * len(x_maxes))] + [True]
        steps.append({"label": f"{x_max:g}", "method": "update", "args": [{"visible": visible}]})
    live.update_xaxes(type="log", title="X (weighted count)", row=1, col=1)
    live.update_yaxes(title="f(X)", range=[0, 1.05], row=1, col=1)
    live.update_xaxes(title="X", row=1, col=2)
    live.update_yaxes(title="share", tickformat=".0%", range=[0, 1], row=1, col=2)
    live.update_layout(
        height=380, legend={"x": 0.98, "y": 1, "xanchor": "right"},
        sliders=[{
            "active": list(x_maxes).index(shown), "steps": steps, "pad": {"t": 50},
            "currentvalue": {"prefix": "x_max = "},
        }],
    )  # fmt: skip
    return live, _static(axis, names, cells, shares, shown), shares


def _static(axis, names, cells, shares, shown):
    fig, (left, right) = figure(1, 2, width=9, height=3.2)
    left.semilogx(axis, weighting(axis, shown))
    left.set(xlabel="X (weighted count)", ylabel="f(X)", title=f"x_max = {shown:g}")
    right.bar(names, shares[shown], label="of the weight")
    right.plot(names, cells, "o", color=COLOURS[1], label="of the cells")
    right.set(xlabel="X", ylabel="share", ylim=(0, 1))
    right.legend()
    return fig
