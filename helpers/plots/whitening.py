"""A cloud of documents that is made rounder step by step, and what that does to their queries."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure
from helpers.whitening import PrincipalAxes

__all__ = ["whitening_steps"]


def whitening_steps(
    axes: PrincipalAxes, documents, queries, strengths: Sequence[float], scores: Sequence[float],
    shown: Sequence[int], *, components: tuple[int, int] = (0, 1), linked: Sequence[int] = (),
) -> tuple[go.Figure, Figure]:  # fmt: skip
    """Draw two principal directions of a space at several strengths of whitening.

    Parameters
    ----------
    axes : PrincipalAxes
        Of the documents.
    documents, queries : array_like (n, d)
        Row i of one belongs to row i of the other.
    strengths : sequence of float
        From 0 (centred) to 1 (white).
    scores : sequence of float
        Quality at each strength, between 0 and 1, for the titles.
    shown : sequence of int
        Which strengths the static figure shows, by their place.
    components : (int, int)
        Which directions, 0 for the one of largest variance.
    linked : sequence of int
        Rows whose document and query are drawn large and joined.

    Returns
    -------
    interactive : plotly Figure
        One strength at a time, chosen by a slider.
    static : matplotlib Figure
        The strengths `shown`, next to each other.

    Raises
    ------
    ValueError
        If there is not a score for each strength, or documents and queries do not fit.
    """
    if len(strengths) != len(scores):
        raise ValueError(f"give {len(strengths)} scores, one a strength, not {len(scores)}.")
    if np.shape(documents) != np.shape(queries):
        raise ValueError(
            f"documents {np.shape(documents)} and queries {np.shape(queries)} must have one shape."
        )
    pick, linked = list(components), list(linked)
    spread = np.sqrt(axes.variances[pick])
    clouds = [(np.asarray(x) - axes.mean) @ axes.directions[:, pick] for x in (documents, queries)]
    # In units of the strong direction's spread, so that its axis stands still.
    frames = [
        [cloud * spread**-p / spread[0] ** (1 - p) for cloud in clouds] for p in strengths
    ]  # fmt: skip
    titles = [
        f"strength {p:g}: right {score:.0%}" for p, score in zip(strengths, scores, strict=True)
    ]
    names = [f"component {component + 1}" for component in components]
    live = _slider(frames, titles, names, strengths, linked)
    return live, _panels([(frames[t], titles[t]) for t in shown], names, linked)


def _joined(documents, queries, linked):
    """Return the ends of the links, with gaps between them."""
    gap = np.full((len(linked), 2), np.nan)
    return np.stack([documents[linked], queries[linked], gap], axis=1).reshape(-1, 2)


def _slider(frames, titles, names, strengths, linked) -> go.Figure:
    fig = go.Figure()
    for t, (documents, queries) in enumerate(frames):
        lines = _joined(documents, queries, linked)
        looks = (
            (documents, "verses", "markers", {"color": "#999999", "size": 3}),
            (lines, "pairs", "lines", None),
            (documents[linked], "some verses", "markers", {"color": COLOURS[0], "size": 9}),
            (queries[linked], "their translations", "markers",
             {"color": COLOURS[1], "size": 9, "symbol": "diamond"}),
        )  # fmt: skip
        for points, name, mode, marker in looks:
            rounded = [[None if np.isnan(v) else round(float(v), 2) for v in c] for c in points.T]
            fig.add_scatter(
                x=rounded[0], y=rounded[1], name=name, mode=mode, marker=marker, visible=t == 0,
                line={"color": "#333333", "width": 1}, showlegend=mode == "markers",
                hovertemplate="%{x}, %{y}",
            )  # fmt: skip
    kinds = len(fig.data) // len(frames)
    steps = [
        {"label": f"{p:g}", "method": "update", "args": [
            {"visible": [i // kinds == t for i in range(len(fig.data))]},
            {"title.text": titles[t]}]}
        for t, p in enumerate(strengths)
    ]  # fmt: skip
    fig.update_layout(
        height=520, title={"text": titles[0]}, margin={"l": 60, "r": 10, "t": 50, "b": 60},
        xaxis={"title": {"text": f"{names[0]} (its standard deviations)"}, "range": [-4, 4]},
        yaxis={"title": {"text": f"{names[1]} (same unit)"}, "range": [-4, 4]},
        sliders=[{"steps": steps, "active": 0, "pad": {"t": 45},
                  "currentvalue": {"prefix": "strength of whitening "}}],
        legend={"orientation": "h", "y": 1.06, "x": 0.4},
    )  # fmt: skip
    return fig


def _panels(chosen, names, linked) -> Figure:
    fig, panels = figure(1, len(chosen), width=10, height=3.7, sharey=True, squeeze=False)
    for ax, ((documents, queries), title) in zip(panels[0], chosen, strict=True):
        ax.scatter(*documents.T, s=3, color="#999999", label="verses")
        ax.plot(*_joined(documents, queries, linked).T, color="#333333", lw=0.8)
        ax.scatter(*documents[linked].T, s=28, zorder=3, label="some verses")
        ax.scatter(
            *queries[linked].T, s=28, zorder=3, color=COLOURS[1], marker="D",
            label="their translations",
        )  # fmt: skip
        ax.set(xlim=(-4, 4), ylim=(-4, 4), xlabel=f"{names[0]} (its standard deviations)")
        ax.set_title(title, fontsize=10)
    panels[0][0].set_ylabel(f"{names[1]} (same unit)")
    fig.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig
