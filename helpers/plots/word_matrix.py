"""Pictures of a table of words by words, as a map that can be hovered and a flat twin."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure

from helpers.plots.style import DIVERGING, figure

__all__ = ["word_matrix"]

_EMPTY = "#bdbdbd"  # A grey that neither scale has.
_COUNTS = "viridis"  # The course's cividis is grey in its middle, like the empty cells.


def word_matrix(
    layers: dict[str, np.ndarray], words: Sequence[str], groups: Sequence[str],
    centred: Sequence[str] = (),
) -> tuple[go.Figure, Figure]:  # fmt: skip
    """Draw one or more measures of the same pairs of words.

    Parameters
    ----------
    layers : dict of str to array_like (n, n)
        Title -> values; NaN marks a cell that is empty.
    words, groups : sequence of str (n,)
        Word of each row and column, and its group; words of a group stand together.
    centred : sequence of str
        Titles of the layers in which 0 is the middle: two colours tell the signs apart.

    Returns
    -------
    interactive : plotly Figure
        Buttons switch between the layers; hovering tells the words and all their values.
    static : matplotlib Figure
        The layers side by side.

    Raises
    ------
    ValueError
        If there is no layer, or the shapes do not fit.
    """
    if not layers:
        raise ValueError("give at least one layer.")
    tables = {name: np.asarray(values, dtype=float) for name, values in layers.items()}
    size = len(words)
    if len(groups) != size or any(table.shape != (size, size) for table in tables.values()):
        raise ValueError(f"layers must have the shape ({size}, {size}), with a group a word.")
    unknown = [name for name in centred if name not in tables]
    if unknown:
        raise ValueError(f"centred names no layer: {', '.join(unknown)}.")
    return _hovered(tables, words, centred), _flat(tables, groups, centred)


def _hovered(tables, words, centred) -> go.Figure:
    # Numbers are rounded, so that the notebook's file stays small.
    rounded = {
        name: [[None if np.isnan(x) else round(x, 2) for x in row] for row in table.tolist()]
        for name, table in tables.items()
    }
    names = list(tables)
    fig = go.Figure()
    for number, name in enumerate(names):
        fig.add_trace(
            go.Heatmap(
                z=rounded[name], x=list(words), y=list(words), visible=number == 0,
                colorscale="PuOr_r" if name in centred else "Viridis",
                zmid=0 if name in centred else None,
                colorbar={"title": {"text": name, "side": "right"}}, hoverongaps=False,
                hovertemplate=f"<b>%{{y}}</b> near <b>%{{x}}</b><br>{name}: %{{z}}<extra></extra>",
            )
        )  # fmt: skip
    # Under the cells: what is empty stays grey.
    fig.add_shape(
        type="rect", xref="paper", yref="paper", x0=0, x1=1, y0=0, y1=1, layer="below",
        fillcolor=_EMPTY, line={"width": 0},
    )  # fmt: skip
    ticks = {"showgrid": False, "tickfont": {"size": 8}, "dtick": 1}
    fig.update_layout(
        height=640, width=740, margin={"l": 90, "r": 10, "t": 50, "b": 90},
        xaxis={**ticks, "tickangle": 90, "title": {"text": "context"}},
        yaxis={**ticks, "autorange": "reversed", "title": {"text": "word"}},
        updatemenus=[{
            "type": "buttons", "direction": "right", "x": 0, "xanchor": "left", "y": 1.01,
            "yanchor": "bottom", "buttons": [
                {"label": name, "method": "update",
                 "args": [{"visible": [other == name for other in names]}]}
                for name in names
            ],
        }] if len(names) > 1 else [],
    )  # fmt: skip
    return fig


def _flat(tables, groups, centred) -> Figure:
    fig, axes = figure(1, len(tables), width=5 * len(tables), height=4.6)
    starts = [i for i, group in enumerate(groups) if i == 0 or group != groups[i - 1]]
    ends = [*starts[1:], len(groups)]
    middles = [(start + end - 1) / 2 for start, end in zip(starts, ends, strict=True)]
    names = [groups[i] for i in starts]
    for ax, (name, table) in zip(np.atleast_1d(axes), tables.items(), strict=True):
        signed = name in centred
        picture = ax.imshow(
            table, cmap=DIVERGING if signed else _COUNTS, interpolation="nearest",
            norm=CenteredNorm() if signed else None,
        )  # fmt: skip
        ax.set_facecolor(_EMPTY)
        ax.grid(False)
        for start in starts[1:]:
            ax.axhline(start - 0.5, color="white", lw=1.2)
            ax.axvline(start - 0.5, color="white", lw=1.2)
        ax.set_xticks(middles, names, rotation=45, ha="right")
        ax.set_yticks(middles, names)
        ax.set(title=name, xlabel="context", ylabel="word")
        fig.colorbar(picture, ax=ax, shrink=0.8)
    return fig
