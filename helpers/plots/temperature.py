"""An interactive figure: which negatives get the gradient, by temperature."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure

__all__ = ["temperature_slider"]


def temperature_slider(
    positive, negatives, temperatures: Sequence[float], shown: Sequence[float], bins: int = 20
) -> tuple[go.Figure, Figure, dict[float, np.ndarray]]:
    """Draw how the softmax weight is spread over negatives of each similarity.

    Parameters
    ----------
    positive : array_like (n,)
        Similarity of each query to its positive.
    negatives : array_like (n, K)
        Its similarities to its negatives.
    temperatures : sequence of float
        The stops of the slider.
    shown : sequence of float
        Stops of which the static figure has a panel; the slider starts at the middle one.
    bins : int
        Of similarity, between -1 and 1.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
    shares : dict of float to ndarray (bins,)
        Temperature -> share of the weight on all negatives, by bin.

    Raises
    ------
    ValueError
        If a stop that should be shown is no stop of the slider.
    """
    if not set(shown) <= set(temperatures):
        raise ValueError(f"shown must be stops of the slider, {list(temperatures)}.")
    positive, negatives = np.asarray(positive), np.asarray(negatives)
    edges = np.linspace(-1, 1, bins + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    place = np.clip(np.digitize(negatives, edges) - 1, 0, bins - 1).ravel()
    of_pairs = np.bincount(place, minlength=bins) / place.size
    shares, captions = {}, {}
    for tau in temperatures:
        scores = negatives / tau
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        shares[tau] = np.bincount(place, weights.ravel(), minlength=bins) / len(negatives)
        heaviest = np.sort(weights, axis=1)[:, ::-1].cumsum(axis=1)
        half = np.median((heaviest < 0.5).sum(axis=1) + 1)  # Typical count for half of the push
        captions[tau] = f"tau = {tau:g}: half of the push on {half:.0f} negatives"
    return (
        _interactive(middles, of_pairs, shares, captions, shown[len(shown) // 2], positive.mean()),
        _static(middles, of_pairs, shares, captions, shown, positive.mean()),
        shares,
    )


def _interactive(middles, of_pairs, shares, captions, first, positive):
    live, stops = go.Figure(), list(shares)
    x = np.round(middles, 3).tolist()
    for tau in stops:
        live.add_bar(
            x=x, y=np.round(shares[tau], 5).tolist(), name="share of the gradient",
            visible=tau == first, marker_color=COLOURS[0],
            hovertemplate="similarity %{x:.2f}: %{y:.1%} of the gradient<extra></extra>",
        )  # fmt: skip
    live.add_scatter(
        x=x, y=np.round(of_pairs, 5).tolist(), mode="markers", name="share of the negatives",
        marker={"color": COLOURS[1], "size": 8},
        hovertemplate="similarity %{x:.2f}: %{y:.1%} of the negatives<extra></extra>",
    )  # fmt: skip
    live.add_vline(
        x=float(positive), line_dash="dot", annotation_text="mean positive",
        annotation_position="top left",
    )  # fmt: skip
    steps = [
        {
            "label": f"{tau:g}", "method": "update",
            "args": [{"visible": [other == tau for other in stops] + [True]},
                     {"title.text": captions[tau]}],
        }
        for tau in stops
    ]  # fmt: skip
    live.update_layout(
        height=430, title=captions[first], legend={"x": 0.02, "y": 0.98},
        xaxis={"title": "similarity of the negative (cosine)", "range": [-1.05, 1.05]},
        yaxis={"title": "share", "tickformat": ".0%"},
        sliders=[{
            "active": stops.index(first), "steps": steps, "pad": {"t": 50},
            "currentvalue": {"prefix": "tau = "},
        }],
    )  # fmt: skip
    return live


def _static(middles, of_pairs, shares, captions, shown, positive):
    static, panels = figure(1, len(shown), width=3.3 * len(shown), height=3.1, sharey=True)
    for ax, tau in zip(np.atleast_1d(panels), shown, strict=True):
        ax.bar(middles, shares[tau], width=0.9 * (middles[1] - middles[0]), label="gradient")
        ax.plot(middles, of_pairs, "o", color=COLOURS[1], markersize=4, label="negatives")
        ax.axvline(positive, color="black", linestyle=":", linewidth=1)
        ax.set(xlabel="similarity (cosine)", title=captions[tau].replace(": ", ":\n"))
    np.atleast_1d(panels)[0].set_ylabel("share")
    np.atleast_1d(panels)[0].legend()
    return static
