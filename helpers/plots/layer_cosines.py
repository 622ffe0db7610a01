"""How the cosines of all pairs spread, layer by layer."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.anisotropy import mean_cosine, unit_rows
from helpers.plots.style import COLOURS, figure

__all__ = ["cosine_histograms"]

_EDGES = np.linspace(-1, 1, 101)
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "solid")
_LINES = ("-", "--", ":", "-.", (0, (8, 2)), "-")


def cosine_histograms(
    series: Mapping[str, Sequence], shown: Sequence[int]
) -> tuple[go.Figure, Figure]:
    """Draw histograms of the cosines of all pairs of rows, one line a series, by layer.

    Parameters
    ----------
    series : mapping of str to sequence of array_like (n, d)
        Name -> vectors of layer 0, 1, ...; the same number of layers in each.
    shown : sequence of int
        Layers in the static figure.

    Returns
    -------
    interactive : plotly Figure
        One layer at a time, chosen by a slider; hovering tells the share of pairs.
    static : matplotlib Figure
        The layers `shown` next to each other.

    Raises
    ------
    ValueError
        If the series have different numbers of layers, or are more than there are colours.
    """
    layers = {len(by_layer) for by_layer in series.values()}
    if len(layers) != 1 or len(series) > len(COLOURS):
        raise ValueError(
            f"give 1 to {len(COLOURS)} series with equally many layers, not {len(series)} series "
            f"with {sorted(layers)} layers."
        )
    (n_layers,) = layers
    middles = np.round((_EDGES[:-1] + _EDGES[1:]) / 2, 3).tolist()
    shares = {name: [_shares(vectors) for vectors in by_layer] for name, by_layer in series.items()}
    means = {
        name: [mean_cosine(vectors) for vectors in by_layer] for name, by_layer in series.items()
    }
    top = 1.05 * max(max(share) for by_layer in shares.values() for share in by_layer)
    interactive = go.Figure()
    for layer in range(n_layers):
        for place, name in enumerate(series):
            interactive.add_scatter(
                x=middles, y=shares[name][layer], visible=layer == n_layers // 2,
                name=f"{name} (mean {means[name][layer]:.2f})", mode="lines",
                line={"color": COLOURS[place], "width": 2.5, "shape": "hvh",
                      "dash": _DASHES[place]},
                hovertemplate="cosine %{x}: %{y:.1f}% of the pairs<extra></extra>",
            )  # fmt: skip
    steps = [
        {"label": str(layer), "method": "update", "args": [
            {"visible": [i // len(series) == layer for i in range(n_layers * len(series))]}
        ]}
        for layer in range(n_layers)
    ]  # fmt: skip
    interactive.update_layout(
        height=440,
        margin={"l": 60, "r": 10, "t": 30, "b": 60},
        xaxis={"title": {"text": "cosine of two sentences"}, "range": [-0.6, 1.02]},
        yaxis={"title": {"text": "share of pairs (%)"}, "range": [0, top]},
        legend={"x": 0.01, "y": 0.99},
        sliders=[{"steps": steps, "active": n_layers // 2, "pad": {"t": 45},
                  "currentvalue": {"prefix": "layer "}}],
    )  # fmt: skip
    static, panels = figure(1, len(shown), width=10, height=3.4, sharey=True, squeeze=False)
    for ax, layer in zip(panels[0], shown, strict=True):
        for place, name in enumerate(series):
            ax.step(middles, shares[name][layer], where="mid", color=COLOURS[place],
                    linestyle=_LINES[place], label=name)  # fmt: skip
        ax.set(title=f"layer {layer}", xlabel="cosine of two sentences", xlim=(-0.6, 1.02),
               ylim=(0, top))  # fmt: skip
    panels[0][0].set_ylabel("share of pairs (%)")
    static.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center",
                  ncols=len(series))  # fmt: skip
    return interactive, static


def _shares(vectors) -> list[float]:
    unit = unit_rows(vectors)
    above = np.triu_indices(len(unit), 1)
    counts, _ = np.histogram(np.clip(unit @ unit.T, -1, 1)[above], _EDGES)
    return np.round(100 * counts / counts.sum(), 2).tolist()
