"""Figures of a comparison of word vectors: scores with their uncertainty, and scores by cost."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from helpers.plots.style import COLOURS, figure
from helpers.static_comparison import SIMILARITY, TESTS, StaticComparison

__all__ = ["quality_by_cost", "score_dots"]

_LABELS = {
    "WS-353": "rank correlation, WS-353",
    "SimLex": "rank correlation, SimLex",
    "analogies": "share of analogies right",
}
_MARKS = ("circle", "square", "diamond", "cross", "x", "triangle-up")
_MATPLOTLIB_MARKS = ("o", "s", "D", "P", "X", "^")


def score_dots(comparison: StaticComparison) -> Figure:
    """Draw every training's score, and the interval over pairs where the test has pairs.

    Parameters
    ----------
    comparison : StaticComparison
        What was measured.

    Returns
    -------
    matplotlib Figure
        One panel a test; dots are seeds, grey lines 95% bootstrap intervals over the pairs.
    """
    names = comparison.names
    fig, panels = figure(1, len(TESTS), width=10.5, height=3.6, sharey=True)
    for ax, test in zip(panels, TESTS, strict=True):
        for row, name in enumerate(names):
            if test in SIMILARITY:
                ax.hlines(row, *comparison.interval(name, test), color="#999999", linewidth=5,
                          alpha=0.5)  # fmt: skip
            seeds = comparison.scores(name, test)
            ax.scatter(seeds, np.full(len(seeds), row), s=18, color=COLOURS[0], zorder=3)
        ax.set(xlabel=_LABELS[test], xlim=(0, None))
    panels[0].set(yticks=range(len(names)), yticklabels=names)
    panels[0].invert_yaxis()
    return fig


def quality_by_cost(comparison: StaticComparison, names: Sequence[str]) -> tuple[go.Figure, Figure]:
    """Draw score against CPU seconds: learning curves where there are any, points for the rest.

    Parameters
    ----------
    comparison : StaticComparison
        What was measured.
    names : sequence of str
        The methods to draw, at most as many as there are colours.

    Returns
    -------
    interactive : plotly Figure
        One test at a time, chosen by buttons; hovering tells passes, seconds and megabytes.
    static : matplotlib Figure
        All tests next to each other.

    Raises
    ------
    ValueError
        For a method without a training of ours, or more methods than colours.
    """
    if len(names) > len(COLOURS):
        raise ValueError(f"the figure can tell {len(COLOURS)} methods apart, not {len(names)}.")
    for name in names:
        if not np.isfinite(comparison.cpu_seconds(name)).all():
            raise ValueError(f"{name!r} was not trained here, so its CPU seconds are not known.")
    interactive = go.Figure()
    static, panels = figure(1, len(TESTS), width=10.5, height=3.4)
    for column, (test, ax) in enumerate(zip(TESTS, panels, strict=True)):
        for place, name in enumerate(names):
            x, y, text = _points(comparison, name, test)
            colour, curve = COLOURS[place], len(x) > 1
            ax.plot(x, y, "-" if curve else "", marker=_MATPLOTLIB_MARKS[place], markersize=4,
                    color=colour, label=name, linewidth=1.2)  # fmt: skip
            interactive.add_trace(
                go.Scatter(
                    x=np.round(x, 2).tolist(), y=np.round(y, 4).tolist(), text=text, name=name,
                    mode="lines+markers" if curve else "markers", visible=column == 0,
                    marker={"color": colour, "symbol": _MARKS[place], "size": 9},
                    line={"color": colour, "width": 1.5},
                    hovertemplate="<b>" + name + "</b><br>%{text}<extra></extra>",
                )
            )  # fmt: skip
        ax.set(xscale="log", xlabel="CPU seconds (log scale)", ylabel=_LABELS[test], ylim=(0, None))
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
    static.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center",
                  ncols=len(names))  # fmt: skip
    buttons = [
        {"label": test, "method": "update", "args": [
            {"visible": [column == i // len(names) for i in range(len(TESTS) * len(names))]},
            {"yaxis.title.text": _LABELS[test]},
        ]}
        for column, test in enumerate(TESTS)
    ]  # fmt: skip
    interactive.update_layout(
        height=480,
        margin={"l": 60, "r": 10, "t": 60, "b": 50},
        xaxis={"type": "log", "title": {"text": "CPU seconds of training (log scale)"}},
        yaxis={"rangemode": "tozero", "title": {"text": _LABELS[TESTS[0]]}},
        updatemenus=[{"type": "buttons", "direction": "right", "buttons": buttons, "x": 0.0,
                      "xanchor": "left", "y": 1.16, "yanchor": "top", "showactive": True}],
    )  # fmt: skip
    return interactive, static


def _points(comparison: StaticComparison, name: str, test: str):
    """Seconds and mean scores of a method, with a line of text for each point."""
    kept, training = comparison.megabytes(name)
    size = f"{kept:,.0f} MB kept, {training:,.0f} MB while training"
    if name in comparison.raw["curves"]:
        epochs, seconds, scores = comparison.curve(name, test)
        passes = [f"{epoch} passes, " for epoch in epochs]
    else:
        seconds = np.array([np.median(comparison.cpu_seconds(name))])
        scores = comparison.scores(name, test)[:, None]
        epochs = comparison.settings(name).get("epochs")
        passes = [f"{epochs} passes, " if epochs else ""]
    text = [
        f"{_LABELS[test]} {mean:.3f} ± {sd:.3f}<br>{label}{second:.1f} CPU s<br>{size}"
        for mean, sd, label, second in zip(
            scores.mean(axis=0), scores.std(axis=0, ddof=1), passes, seconds, strict=True
        )
    ]
    return seconds, scores.mean(axis=0), text
