"""Items in the plane of log-cosine and log-norm, where every score is a direction."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure
from helpers.score_exponents import by_exponent

__all__ = ["score_plane"]


def score_plane(
    cosines, norms, exponents: Sequence[float], shown: Sequence[float], k: int = 20
) -> tuple[go.Figure, Figure]:
    """Draw one query's items, what cosine and dot product return, and what is relevant.

    Relevance is cosine times norm to an exponent, which a slider moves. Items of equal score lie
    on a straight line; the k best are those beyond it. Both axes are in standard deviations, so
    that the cloud is as wide as high.

    Parameters
    ----------
    cosines, norms : array_like (n,)
        Greater than 0.
    exponents : sequence of float
        Positions of the slider.
    shown : sequence of float
        Those of them that the static figure shows.
    k : int
        Items returned, and relevant items.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
    """
    logs = np.log(np.column_stack([cosines, norms]))
    spread = logs.std(axis=0)
    x, y = ((logs - logs.mean(axis=0)) / spread).T
    limits = (-3.4, 3.4), (-3.4, 3.4)

    def best(exponent):
        return np.argsort(-by_exponent(cosines, norms, exponent), kind="stable")[:k]

    def border(exponent):
        """Return the ends of the line of equal score through the k-th best."""
        last, steep = best(exponent)[-1], exponent * spread[1] / spread[0]
        along = np.array([-1, 1]) * 9 / np.hypot(1, steep)
        return x[last] - steep * along, y[last] + along

    found = {"cosine": best(0), "dot product": best(1)}
    frames = {}
    for exponent in exponents:
        relevant = best(exponent)
        hits = {name: len(set(rows) & set(relevant)) for name, rows in found.items()}
        title = f"α = {exponent:g}: of the {k} most relevant, cosine finds {hits['cosine']}, " + (
            f"dot product {hits['dot product']}"
        )
        frames[exponent] = relevant, border(exponent), title
    names = ("ln cosine (its standard deviations)", "ln norm (its standard deviations)")
    live = _slider(x, y, (cosines, norms), border, frames, limits, names, shown[0])
    return live, _panels(x, y, border, {a: frames[a] for a in shown}, limits, names)


_LINES = (("cosine", 0, COLOURS[0]), ("dot product", 1, COLOURS[2]))


def _slider(x, y, values, border, frames, limits, names, first) -> go.Figure:
    def numbers(row):
        return [round(float(v), 3) for v in row]

    live = go.Figure()
    live.add_scatter(
        x=numbers(x), y=numbers(y), mode="markers", name="items",
        marker={"color": "#999999", "size": 5},
        customdata=[numbers(row) for row in np.column_stack(values)],
        hovertemplate="cosine %{customdata[0]}, norm %{customdata[1]}<extra></extra>",
    )  # fmt: skip
    for name, exponent, colour in _LINES:
        line = border(exponent)
        live.add_scatter(
            x=numbers(line[0]), y=numbers(line[1]), mode="lines", hoverinfo="skip",
            name=f"{name} returns what is beyond it", line={"color": colour, "width": 2},
        )  # fmt: skip
    relevant, line, title = frames[first]
    live.add_scatter(
        x=numbers(x[relevant]), y=numbers(y[relevant]), mode="markers", hoverinfo="skip",
        name="relevant", marker={"color": COLOURS[1], "size": 10, "symbol": "diamond"},
    )  # fmt: skip
    live.add_scatter(
        x=numbers(line[0]), y=numbers(line[1]), mode="lines", hoverinfo="skip",
        name="border of what is relevant", line={"color": COLOURS[1], "dash": "dot"},
    )  # fmt: skip
    steps = [
        {"label": f"{a:g}", "method": "update", "args": [
            {"x": [numbers(x[rows]), numbers(ends[0])], "y": [numbers(y[rows]), numbers(ends[1])]},
            {"title.text": text}, [3, 4]]}
        for a, (rows, ends, text) in frames.items()
    ]  # fmt: skip
    live.update_layout(
        height=630, title={"text": title}, margin={"l": 60, "r": 10, "t": 95, "b": 60},
        xaxis={"title": {"text": names[0]}, "range": list(limits[0])},
        yaxis={"title": {"text": names[1]}, "range": list(limits[1]),
               "scaleanchor": "x"},
        sliders=[{"steps": steps, "active": list(frames).index(first), "pad": {"t": 45},
                  "currentvalue": {"prefix": "exponent α of the norm in relevance: "}}],
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    return live


def _panels(x, y, border, frames, limits, names) -> Figure:
    fig, panels = figure(1, len(frames), width=10, height=4.8, sharey=True, squeeze=False)
    for ax, (relevant, line, title) in zip(panels[0], frames.values(), strict=True):
        ax.scatter(x, y, s=5, color="#999999", label="items")
        for name, exponent, colour in _LINES:
            ax.plot(*border(exponent), color=colour, label=f"{name} returns what is beyond it")
        ax.scatter(
            x[relevant], y[relevant], s=24, color=COLOURS[1], marker="D", zorder=3, label="relevant"
        )
        ax.plot(*line, ":", color=COLOURS[1], label="border of what is relevant")
        ax.set_title(title.replace(": ", "\n").replace(", dot", ",\ndot"), fontsize=9)
        ax.set(xlabel=names[0], xlim=limits[0], ylim=limits[1])
    panels[0, 0].set_ylabel(names[1])
    fig.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig
