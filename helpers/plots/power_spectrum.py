"""An interactive figure: what a falling spectrum does to the cosines."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from plotly.subplots import make_subplots
from scipy.stats import norm

from helpers.anisotropy import unit_rows
from helpers.isotropy import cosine_moments, effective_rank, eigenvalues, power_law_space
from helpers.plots.style import COLOURS, figure

__all__ = ["power_slider"]

_EDGES = np.linspace(-1, 1, 81)
_MIDDLES = np.round((_EDGES[1:] + _EDGES[:-1]) / 2, 4)


def power_slider(
    powers: Sequence[float], shown: Sequence[float], n: int = 1000, d: int = 100, seed: int = 0
) -> tuple[go.Figure, Figure]:
    """Draw spectrum and cosines of clouds around the origin with power-law spectra.

    Parameters
    ----------
    powers : sequence of float
        The stops of the slider: the i-th eigenvalue falls like i to -power.
    shown : sequence of float
        Stops in the static figure; the slider starts at the first one.
    n, d, seed : int
        As for :func:`helpers.isotropy.power_law_space`.

    Returns
    -------
    interactive : plotly Figure
        Left the spectrum, right the histogram of the cosines of all pairs next to that of random
        directions.
    static : matplotlib Figure

    Raises
    ------
    ValueError
        If a stop that should be shown is no stop of the slider.
    """
    if not shown or not set(shown) <= set(powers):
        raise ValueError(f"shown must be stops of the slider, {list(powers)}.")
    clouds = {power: power_law_space(n, d, power, seed) for power in powers}
    shares = {power: _shares(x) for power, x in clouds.items()}
    pairs = {power: _histogram(x) for power, x in clouds.items()}
    captions = {power: _caption(x) for power, x in clouds.items()}
    random = 100 * np.diff(norm.cdf(_EDGES, scale=d**-0.5))
    return (
        _interactive(shares, pairs, captions, random, shown[0]),
        _static(shares, pairs, captions, random, shown),
    )


def _shares(vectors) -> np.ndarray:
    values = eigenvalues(vectors)
    return values / values.sum()


def _histogram(vectors) -> np.ndarray:
    unit = unit_rows(vectors)
    # All pairs twice and each point with itself; equal bins by number, which is the fast way.
    counts, _ = np.histogram(np.clip(unit @ unit.T, -1, 1), len(_MIDDLES), (-1, 1))
    counts[-1] -= len(unit)
    return 100 * counts / counts.sum()


def _caption(vectors) -> str:
    mean, sd = cosine_moments(vectors)
    return (
        f"mean cosine {abs(mean):.2f}, effective rank {effective_rank(vectors):.0f}, "
        f"1/Var {1 / sd**2:.0f}"
    )


def _interactive(shares, pairs, captions, random, first) -> go.Figure:
    d = len(shares[first])
    live = make_subplots(rows=1, cols=2, horizontal_spacing=0.12)
    axes = list(range(1, d + 1))
    for power in shares:
        live.add_scatter(
            x=axes, y=[float(f"{100 * share:.4g}") for share in shares[power]],
            visible=power == first, mode="lines", line={"color": COLOURS[0], "width": 2.5},
            showlegend=False, row=1, col=1,
            hovertemplate="principal axis %{x}: %{y:.3g}% of the variance<extra></extra>",
        )  # fmt: skip
    for power in pairs:
        live.add_scatter(
            x=_MIDDLES.tolist(), y=np.round(pairs[power], 3).tolist(), visible=power == first,
            mode="lines", line={"color": COLOURS[0], "width": 2.5, "shape": "hvh"},
            name="this cloud", row=1, col=2,
            hovertemplate="cosine %{x:.2f}: %{y:.1f}% of the pairs<extra></extra>",
        )  # fmt: skip
    live.add_scatter(
        x=_MIDDLES.tolist(), y=np.round(random, 3).tolist(), mode="lines", name="random directions",
        line={"color": COLOURS[1], "dash": "dash"}, hoverinfo="skip", row=1, col=2,
    )  # fmt: skip
    steps = [
        {
            "label": f"{power:g}", "method": "update",
            "args": [{"visible": [other == power for other in shares] * 2 + [True]},
                     {"title.text": captions[power]}],
        }
        for power in shares
    ]  # fmt: skip
    lowest = min(share[-1] for share in shares.values())
    live.update_xaxes(title_text="principal axis", row=1, col=1)
    live.update_xaxes(title_text="cosine of two points", range=[-1, 1], row=1, col=2)
    live.update_yaxes(
        title_text="share of the variance (%)", type="log", row=1, col=1,
        range=[float(np.log10(80 * lowest)), 2],
    )  # fmt: skip
    live.update_yaxes(
        title_text="share of pairs (%)", range=[0, float(1.1 * random.max())], row=1, col=2
    )
    live.update_layout(
        height=430, title=captions[first], legend={"x": 0.8, "y": 0.98},
        sliders=[{
            "active": list(shares).index(first), "steps": steps, "pad": {"t": 50},
            "currentvalue": {"prefix": "power of the spectrum: "},
        }],
    )  # fmt: skip
    return live


def _static(shares, pairs, captions, random, shown) -> Figure:
    static, panels = figure(2, len(shown), width=9.6, height=5.2, sharey="row", squeeze=False)
    for column, power in enumerate(shown):
        top, below = panels[:, column]
        top.semilogy(range(1, len(shares[power]) + 1), 100 * shares[power])
        top.set(xlabel="principal axis", title=f"power {power:g}")
        below.step(_MIDDLES, pairs[power], where="mid", label="this cloud")
        below.plot(_MIDDLES, random, "--", color=COLOURS[1], label="random directions")
        below.set(xlabel="cosine of two points")
        below.set_title(captions[power].replace(", effective", ",\neffective"), fontsize=9)
    panels[0, 0].set_ylabel("share of the variance (%)")
    panels[1, 0].set_ylabel("share of pairs (%)")
    static.legend(*panels[1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return static
