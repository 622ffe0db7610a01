"""Pictures of who looks at whom: heat maps of attention, and of any table of positions."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from helpers.plots.style import figure

__all__ = ["head_browser", "position_maps"]


def head_browser(
    weights, tokens: Sequence[str], shown: Sequence[tuple[int, int]], columns: int = 4
) -> tuple[go.Figure, Figure]:
    """Draw every head of every layer on one sentence; a slider walks through the layers.

    Parameters
    ----------
    weights : array_like (layers, heads, L, L)
        Attention weights; row i says how token i spreads its attention.
    tokens : sequence of str (L,)
        The tokens.
    shown : sequence of (layer, head)
        The heads of the static figure, numbered from 1. The slider starts at the first one's layer.
    columns : int
        Heads in a row of the interactive figure.

    Returns
    -------
    interactive : plotly Figure
        All heads of a layer side by side; hovering tells the tokens and the weight.
    static : matplotlib Figure
        The heads in `shown`.

    Raises
    ------
    ValueError
        If the shapes do not fit, or `shown` names a head that is not there.
    """
    weights = np.asarray(weights)
    if weights.ndim != 4 or weights.shape[2:] != (len(tokens), len(tokens)):
        raise ValueError(
            f"weights must have the shape (layers, heads, {len(tokens)}, {len(tokens)}), not "
            f"{weights.shape}."
        )
    layers, heads = weights.shape[:2]
    if not shown or any(not (1 <= i <= layers and 1 <= j <= heads) for i, j in shown):
        raise ValueError(f"shown must name heads from (1, 1) to ({layers}, {heads}).")
    static = position_maps(
        {f"layer {i}, head {j}": weights[i - 1, j - 1] for i, j in shown},
        tokens, x="looked at", y="looking", colour="weight", limits=(0, 1), size=2.5,
    )  # fmt: skip
    return _browser(weights, tokens, shown[0][0] - 1, columns), static


def _browser(weights, tokens, start, columns) -> go.Figure:
    layers, heads = weights.shape[:2]
    rows = -(-heads // columns)
    # Two digits are enough to hover, and keep the notebook's file small.
    tables = [[head.round(2).tolist() for head in layer] for layer in weights]
    fig = make_subplots(
        rows=rows, cols=columns, shared_xaxes=True, shared_yaxes=True,
        subplot_titles=[f"head {head + 1}" for head in range(heads)],
        horizontal_spacing=0.02, vertical_spacing=0.05,
    )  # fmt: skip
    for head, table in enumerate(tables[start]):
        fig.add_trace(
            go.Heatmap(
                z=table, coloraxis="coloraxis",
                hovertemplate="<b>%{y}</b> looks at <b>%{x}</b><br>weight %{z}<extra></extra>",
            ),
            head // columns + 1, head % columns + 1,
        )  # fmt: skip
    # Tokens occur twice, and equal labels would fall on one line: so each carries its place.
    places = [f"{token} ({i + 1})" for i, token in enumerate(tokens)]
    ticks = {"tickvals": places, "ticktext": list(tokens), "tickfont": {"size": 8}}
    fig.update_traces(x=places, y=places)
    fig.update_xaxes(**ticks, tickangle=90, showgrid=False)
    fig.update_yaxes(**ticks, autorange="reversed", showgrid=False)
    for row in range(1, rows + 1):
        fig.update_yaxes(title={"text": "looking", "font": {"size": 10}}, row=row, col=1)
    for column in range(1, columns + 1):
        fig.update_xaxes(title={"text": "looked at", "font": {"size": 10}}, row=rows, col=column)
    fig.update_annotations(font_size=11)
    fig.update_layout(
        height=760, width=960, margin={"l": 80, "r": 20, "t": 40, "b": 60},
        coloraxis={
            "colorscale": "Cividis", "cmin": 0, "cmax": 1, "colorbar": {"title": {"text": "weight"}}
        },
        sliders=[{
            "active": start, "pad": {"t": 60}, "currentvalue": {"prefix": "layer "},
            "steps": [
                {"label": str(layer + 1), "method": "restyle", "args": [{"z": tables[layer]}]}
                for layer in range(layers)
            ],
        }],
    )  # fmt: skip
    return fig


def position_maps(
    tables: dict[str, np.ndarray],
    labels: Sequence[str] | None = None,
    *,
    x: str,
    y: str,
    colour: str,
    limits: tuple[float, float] | None = None,
    cmap: str | None = None,
    columns: int = 4,
    size: float = 3.2,
) -> Figure:
    """Draw tables of positions by positions side by side, on one scale of colours.

    Parameters
    ----------
    tables : dict of str to array_like (rows, columns)
        Title -> values.
    labels : sequence of str, optional
        What stands at each position of both axes; numbers by default.
    x, y, colour : str
        What columns, rows and colours mean.
    limits : (float, float), optional
        Ends of the scale; of all values by default.
    cmap : str, optional
        Colour map; the course's sequential one by default.
    columns : int
        Tables in a row.
    size : float
        Width of a table in inches.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If there is no table.
    """
    if not tables:
        raise ValueError("give at least one table.")
    arrays = {name: np.asarray(table, dtype=float) for name, table in tables.items()}
    across = min(columns, len(arrays))
    down = -(-len(arrays) // across)
    room = 0.4 if labels is None else 0.9  # For the tokens under a table.
    fig, axes = figure(
        down, across, width=size * across + 1, height=(size + room) * down, squeeze=False
    )
    low, high = limits or (
        min(array.min() for array in arrays.values()),
        max(array.max() for array in arrays.values()),
    )
    for place, (ax, (name, array)) in enumerate(zip(axes.flat, arrays.items(), strict=False)):
        picture = ax.imshow(array, cmap=cmap, vmin=low, vmax=high, interpolation="nearest")
        ax.grid(False)
        ax.set(title=name, xlabel=x, ylabel=y if place % across == 0 else "")
        if labels is not None:
            ax.set_xticks(range(len(labels)), labels, rotation=90, fontsize=8)
            shown = labels if place % across == 0 else [""] * len(labels)
            ax.set_yticks(range(len(labels)), shown, fontsize=8)
    for ax in axes.flat[len(arrays) :]:
        ax.set_visible(False)
    fig.colorbar(picture, ax=axes, shrink=0.75, label=colour)
    return fig
