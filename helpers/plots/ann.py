"""Figures of lesson 06, part 3: cells that are visited, and what engines cost for their recall."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from scipy.spatial import Voronoi

from helpers.ann_frontier import Point
from helpers.ivf import Cells, probed, search_cells
from helpers.plots.style import COLOURS, figure

__all__ = ["cell_slider", "frontier"]

_MARKERS = (("o", "circle"), ("s", "square"), ("^", "triangle-up"), ("D", "diamond"))
_COSTS = {
    "p50_ms": "median latency (ms, one question at a time)",
    "p99_ms": "99th percentile of latency (ms)",
    "distances": "distances or codes compared",
    "bytes": "bytes a vector",
}


def cell_slider(
    cells: Cells, points: np.ndarray, query: np.ndarray, k: int, probes: Sequence[int],
    shown: Sequence[int],
) -> tuple[go.Figure, Figure]:  # fmt: skip
    """Draw points of the plane, the cells that a search visits, and what it finds.

    Parameters
    ----------
    cells : Cells
        Of the points.
    points : ndarray (n, 2)
    query : ndarray (2,)
    k : int
        Neighbours wanted.
    probes : sequence of int
        Numbers of visited cells, the slider's positions.
    shown : sequence of int
        Positions that the static figure shows.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
    """
    n_cells = len(cells.centroids)
    truth = search_cells(cells, points, query[None], k, n_cells).ids[0]
    cell = np.repeat(np.arange(n_cells), np.diff(cells.starts))[np.argsort(cells.order)]
    plan = Voronoi(cells.centroids)
    borders = [plan.vertices[pair].T for pair in plan.ridge_vertices if min(pair) >= 0]
    states = {}
    for p in probes:
        inside = np.isin(cell, probed(cells.centroids, query[None], p)[0])
        found = search_cells(cells, points, query[None], k, p).ids[0]
        hits = len(set(found.tolist()) & set(truth.tolist()))
        title = f"nprobe {p}: {hits} of {k} found, {inside.sum()} of {len(points)} points compared"
        states[p] = inside, title
    live = go.Figure()
    first = shown[0]
    x, y = points.round(3).T.tolist()
    live.add_scatter(
        x=x, y=y, mode="markers", hoverinfo="skip", name="points",
        marker={"size": 5, "color": states[first][0].astype(int).tolist(), "cmin": 0, "cmax": 1,
                "colorscale": [[0, "#cccccc"], [1, COLOURS[0]]]},
    )  # fmt: skip
    gap = [[None], [None]]  # ends a line
    across, up = np.hstack([part for line in borders for part in (line.round(3), gap)]).tolist()
    live.add_scatter(
        x=across, y=up, mode="lines", hoverinfo="skip", name="borders of the cells",
        line={"width": 1, "color": "#999999"},
    )  # fmt: skip
    for rows, name, marker in (
        (points[truth], f"the {k} nearest", {"symbol": "circle-open", "color": COLOURS[1]}),
        (cells.centroids, "centroids", {"symbol": "x", "color": "black"}),
        (query[None], "query", {"symbol": "star", "color": "black", "size": 11}),
    ):
        across, up = rows.round(3).T.tolist()
        marker = {"size": 9, **marker}
        live.add_scatter(x=across, y=up, mode="markers", name=name, marker=marker)
    steps = [
        {
            "label": str(p),
            "method": "update",
            "args": [{"marker.color": [inside.astype(int).tolist()]}, {"title.text": title}, [0]],
        }
        for p, (inside, title) in states.items()
    ]
    live.update_layout(
        height=520, title={"text": states[first][1]},
        xaxis={"title": "coordinate 1", "range": [0, 1]},
        yaxis={"title": "coordinate 2", "range": [0, 1], "scaleanchor": "x"},
        legend={"orientation": "h", "y": 1.04},
        sliders=[{"steps": steps, "active": list(probes).index(first), "pad": {"t": 45},
                  "currentvalue": {"prefix": "nprobe "}}],
    )  # fmt: skip
    fig, panels = figure(1, len(shown), width=10, height=4.3, sharex=True, sharey=True)
    for ax, p in zip(panels, shown, strict=True):
        inside, title = states[p]
        for line in borders:
            ax.plot(*line, color="#999999", linewidth=0.8)
        for chosen, colour in ((~inside, "#cccccc"), (inside, COLOURS[0])):
            ax.plot(*points[chosen].T, ".", color=colour, markersize=3)
        ax.plot(*cells.centroids.T, "x", color="black", markersize=5)
        ax.plot(*points[truth].T, "o", markerfacecolor="none", color=COLOURS[1], markersize=6)
        ax.plot(*query, "*", color="black", markersize=6)
        ax.set_title(title.replace(" found, ", " found,\n"), fontsize=9)
        ax.set(xlabel="coordinate 1", aspect="equal")
        ax.set(xlim=(query[0] - 0.3, query[0] + 0.3), ylim=(query[1] - 0.3, query[1] + 0.3))
    panels[0].set_ylabel("coordinate 2")
    return live, fig


def _families(points: Sequence[Point]) -> dict[str, list[Point]]:
    families: dict[str, list[Point]] = {}
    for point in points:
        families.setdefault(point.engine, []).append(point)
    return families


def _details(point: Point) -> str:
    return (
        f"{point.engine}<br>{point.setting}: recall {point.recall:.3f}<br>"
        f"p50 {point.p50_ms:.3f} ms, p99 {point.p99_ms:.3f} ms ({point.faster:g} x exact)<br>"
        f"{point.distances:,.0f} compared, {point.bytes:.0f} bytes a vector, "
        f"built in {point.build_s:g} s"
    )


def frontier(
    points: Sequence[Point],
    shown: Sequence[str] = ("p50_ms", "distances"),
    engines: Sequence[str] | None = None,
) -> tuple[go.Figure, Figure]:
    """Draw recall against cost for engines, with a menu of costs and details on hovering.

    Parameters
    ----------
    points : sequence of Point
        Points of an engine in the order of its line.
    shown : sequence of str
        Costs that the static figure shows, two of ``p50_ms``, ``p99_ms``, ``distances``, ``bytes``.
    engines : sequence of str, optional
        Engines that the static figure draws; by default all.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
    """
    families = _families(points)
    first = shown[0]
    live = go.Figure()
    fig, panels = figure(1, len(shown), width=10, height=4.6, sharey=True)
    for number, (name, family) in enumerate(families.items()):
        colour = COLOURS[number % len(COLOURS)]
        marker, symbol = _MARKERS[(number // len(COLOURS)) % len(_MARKERS)]
        recalls = [point.recall for point in family]
        live.add_scatter(
            x=[getattr(point, first) for point in family], y=recalls, name=name,
            text=[_details(point) for point in family], hovertemplate="%{text}<extra></extra>",
            mode="lines+markers", line={"width": 1.5, "color": colour},
            marker={"size": 8, "symbol": symbol},
        )  # fmt: skip
        if engines is not None:
            if name not in engines:
                continue
            place = list(engines).index(name)
            colour, marker = COLOURS[place % len(COLOURS)], _MARKERS[place % len(_MARKERS)][0]
        for ax, cost in zip(panels, shown, strict=True):
            x = [getattr(point, cost) for point in family]
            ax.plot(x, recalls, marker=marker, color=colour, label=name, markersize=5)
    buttons = [
        {
            "label": title,
            "method": "update",
            "args": [
                {"x": [[getattr(point, cost) for point in f] for f in families.values()]},
                {"xaxis.title.text": title},
            ],
        }
        for cost, title in _COSTS.items()
    ]
    live.update_xaxes(title=_COSTS[first], type="log", gridcolor="#ddd")
    live.update_yaxes(title="recall@10 against exact search", gridcolor="#ddd")
    live.update_layout(
        height=560, legend={"orientation": "h", "y": -0.2}, hovermode="closest",
        updatemenus=[{"buttons": buttons, "active": list(_COSTS).index(first), "x": 1,
                      "xanchor": "right", "y": 1.13, "yanchor": "top"}],
    )  # fmt: skip
    for ax, cost in zip(panels, shown, strict=True):
        ax.set(xlabel=_COSTS[cost], xscale="log")
    panels[0].set_ylabel("recall@10 against exact search")
    handles, labels = panels[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8)
    return live, fig
