"""Figures of measures of rankings: one page that moves down, and the gap of two systems."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure
from helpers.retrieval_measures import MEASURES, evaluate

__all__ = ["moving_page", "query_gaps"]

_NAMES = {
    "precision": "precision@{k}",
    "recall": "recall@{k}",
    "reciprocal_rank": "reciprocal rank",
    "average_precision": "average precision",
    "ndcg": "nDCG@{k}",
}


def moving_page(
    others: Mapping[int, int], grade: int = 3, length: int = 14, k: int = 10
) -> tuple[go.Figure, Figure]:
    """Draw five measures while the best page moves down a ranking.

    Parameters
    ----------
    others : mapping of int to int
        Where the other relevant pages stand (ranks among the rest, from 1) and their grades.
    grade : int
        Of the page that moves.
    length : int
        Places shown; the page stops at each of them.
    k : int
        Cutoff of all measures.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
    """
    rest = [others.get(place, 0) for place in range(1, length)]
    stops = {rank: rest[: rank - 1] + [grade] + rest[rank - 1 :] for rank in range(1, length + 1)}
    judged = dict(enumerate([grade, *others.values()]))
    values = {}
    for rank, grades in stops.items():
        left = {g: [row for row, other in judged.items() if other == g] for g in set(grades)}
        ranking = [left[g].pop(0) if g else -place for place, g in enumerate(grades, 1)]
        measured = evaluate({0: ranking}, {0: judged}, k)
        values[rank] = [float(measured[name][0]) for name in MEASURES]
    names = [_NAMES[name].format(k=k) for name in MEASURES]
    return _slider(stops, values, names, k), _lines(stops, values, names, grade, k)


def _slider(stops, values, names, k) -> go.Figure:
    live = go.Figure()
    for rank, grades in stops.items():
        live.add_scatter(
            x=list(range(1, len(grades) + 1)), y=[0] * len(grades), mode="markers+text",
            text=[str(g) if g else "" for g in grades], textfont={"color": "white", "size": 13},
            marker={"symbol": "square", "size": 22, "line": {"color": "#888888", "width": 1},
                    "color": [COLOURS[0] if g else "white" for g in grades]},
            hovertemplate="rank %{x}<extra></extra>", visible=rank == 1, yaxis="y2", xaxis="x2",
        )  # fmt: skip
        live.add_bar(
            x=[round(value, 4) for value in values[rank]], y=names, orientation="h",
            marker_color=COLOURS[1], visible=rank == 1, text=[f"{v:.2f}" for v in values[rank]],
            textposition="outside", cliponaxis=False,
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )  # fmt: skip
    steps = [
        {
            "label": str(rank),
            "method": "update",
            "args": [{"visible": [rank == other for other in stops for _ in range(2)]}],
        }
        for rank in stops
    ]
    live.update_layout(
        height=430, showlegend=False, margin={"l": 140, "r": 40, "t": 30, "b": 40},
        xaxis={"range": [0, 1.08], "title": "value", "anchor": "y"},
        yaxis={"domain": [0, 0.68], "autorange": "reversed"},
        xaxis2={"range": [0.3, len(stops) + 0.7], "dtick": 1, "anchor": "y2", "showgrid": False,
                "title": {"text": f"rank (the cutoff is after {k})", "standoff": 2}},
        yaxis2={"domain": [0.87, 1], "visible": False, "range": [-1, 1]},
        shapes=[{"type": "line", "xref": "x2", "yref": "y2", "x0": k + 0.5, "x1": k + 0.5,
                 "y0": -1, "y1": 1, "line": {"dash": "dot", "width": 2}}],
        sliders=[{"steps": steps, "active": 0, "pad": {"t": 45},
                  "currentvalue": {"prefix": "rank of the best page: "}}],
    )  # fmt: skip
    return live


def _lines(stops, values, names, grade, k) -> Figure:
    fig, ax = figure(height=3.8)
    table = np.array(list(values.values()))
    for i, name in enumerate(names):
        ax.plot(list(stops), table[:, i], "o-", markersize=4, label=name, color=COLOURS[i])
    ax.axvline(k + 0.5, color="black", linestyle=":", linewidth=1)
    ax.annotate("cutoff", (k + 0.6, 0.95))
    ax.set(xlabel=f"rank of the page of grade {grade}", ylabel="value", ylim=(0, 1.05),
           xticks=list(stops))  # fmt: skip
    fig.legend(loc="outside right upper")
    return fig


def query_gaps(
    gaps: Mapping[str, np.ndarray], kinds: Sequence[str], shares: Mapping[str, Mapping[int, float]]
) -> Figure:
    """Draw the difference of two systems query by query, and how often a test is sure of it.

    Parameters
    ----------
    gaps : mapping of str to ndarray (N_q,)
        Comparison to differences; the first is drawn query by query.
    kinds : sequence of str
        Kind of each query.
    shares : mapping of str to mapping of int to float
        Comparison -> number of queries -> share of experiments that are sure.

    Returns
    -------
    Figure
    """
    fig, (left, right) = figure(1, 2, width=9.5, height=3.7)
    first, kinds = next(iter(gaps)), np.asarray(kinds)
    place = 0
    for i, kind in enumerate(dict.fromkeys(kinds)):
        part = np.sort(gaps[first][kinds == kind])
        left.bar(np.arange(place, place + len(part)), part, width=1, color=COLOURS[i])
        left.annotate(
            kind, (place + len(part) / 2, (-1.22, -1.38)[i % 2]), ha="center", color=COLOURS[i]
        )
        place += len(part) + 3
    left.axhline(gaps[first].mean(), color="black", linewidth=1)
    left.annotate("mean", (place, gaps[first].mean()), va="bottom", ha="right")
    left.set(xticks=[], yticks=np.arange(-1, 1.1, 0.5), ylim=(-1.5, 1.1), xlabel="queries, by kind",
             ylabel=f"nDCG@10, {first}", title="query by query")  # fmt: skip
    styles = ("o-", "s--", "^:", "D-.")  # black: colours mean kinds on the left
    for i, (name, share) in enumerate(shares.items()):
        right.plot(
            list(share), list(share.values()), styles[i % 4], markersize=4, color="black",
            label=name,
        )  # fmt: skip
    fig.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=len(shares))
    right.axhline(0.8, color="black", linestyle=":", linewidth=1)
    right.set(xscale="log", xlabel="queries in the experiment", title="how many queries?",
              ylabel="experiments that are sure", ylim=(0, 1.05))  # fmt: skip
    return fig
