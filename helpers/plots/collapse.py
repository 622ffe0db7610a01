"""Figures of lesson 04, part 4: cross-correlations during training, and the flow of a model."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from helpers.collapse import linear_byol_gradient
from helpers.plots.style import COLOURS, DIVERGING, figure

__all__ = ["correlation_slider", "flow_panels"]


def correlation_slider(
    frames: Mapping[str, Sequence[np.ndarray]], stops: Sequence[str], shown: int = 24
) -> tuple[go.Figure, Figure]:
    """Draw how the cross-correlations of several trainings change.

    Parameters
    ----------
    frames : mapping of str to sequence of ndarray (d, d)
        Training -> its matrices, one for each stop.
    stops : sequence of str
        Names of the slider's stops. The static figure has the first training at the first stop and
        all at the last.
    shown : int
        Only the first so many coordinates are drawn.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure

    Raises
    ------
    ValueError
        If a training has not one matrix for each stop.
    """
    if any(len(matrices) != len(stops) for matrices in frames.values()):
        raise ValueError("each training needs one matrix for each stop.")
    cut = {
        name: [np.round(np.asarray(c, dtype=np.float64)[:shown, :shown], 2) for c in matrices]
        for name, matrices in frames.items()
    }
    return _interactive(cut, stops), _static(cut, stops)


def flow_panels(paths: Mapping[str, Mapping[str, np.ndarray]], noise: float) -> Figure:
    """Draw where gradient steps carry weight and predictor of the model with one weight.

    Parameters
    ----------
    paths : mapping of str to mapping of str to ndarray (steps + 1, 3)
        Two panels by title, first with, then without stop-gradient; in each, paths by label,
        with columns w, p and loss. A third panel shows the loss of the first path of each.
    noise : float
        As for :func:`helpers.collapse.linear_byol`.
    """
    fig, panels = figure(1, 3, width=11, height=3.5)
    colours = iter(COLOURS)  # One colour means one path in all panels
    p, w = np.meshgrid(np.linspace(0, 1.25, 30), np.linspace(0, 1.1, 30))
    for ax, (title, lines), stop in zip(panels, paths.items(), (True, False), strict=False):
        for_p, for_w = linear_byol_gradient(w, p, stop_gradient=stop, noise=noise)
        ax.streamplot(p, w, -for_p, -for_w, color="0.75", density=0.8, linewidth=0.8, arrowsize=0.8)
        for number, (label, path) in enumerate(lines.items()):
            colour, fixed = next(colours), np.ptp(path[:, 1]) == 0
            style = "--" if fixed else "-"  # The arrows do not hold for a fixed p
            ax.plot(path[:, 1], path[:, 0], style, color=colour, label=label)
            ax.plot(*path[0, 1::-1], "o", color=colour, markersize=4)
            if number == 0:
                shown = np.maximum(path[:, 2], 1e-9)
                panels[2].plot(shown, color=colour, label=f"{title}, {label}")
        ax.set(xlabel="predictor p", ylabel="weight w", title=title, xlim=(0, 1.25), ylim=(0, 1.1))
        ax.legend(fontsize=8, loc="upper right")
    panels[2].set(xlabel="step", ylabel="loss", yscale="log", ylim=(1e-7, 1), title="loss")
    panels[2].legend(fontsize=8)
    return fig


def _interactive(cut, stops) -> go.Figure:
    live = make_subplots(1, len(cut), subplot_titles=list(cut), horizontal_spacing=0.08)
    for column, matrices in enumerate(cut.values(), start=1):
        for number, c in enumerate(matrices):
            live.add_heatmap(
                z=c.tolist(), zmin=-1, zmax=1, colorscale="PuOr", reversescale=True,
                visible=number == 0, showscale=column == len(cut), row=1, col=column,
                hovertemplate="C[%{y}, %{x}] = %{z}<extra></extra>",
            )  # fmt: skip
        live.update_xaxes(title="coordinate in view 2", row=1, col=column)
        live.update_yaxes(autorange="reversed", row=1, col=column)
    live.update_yaxes(title="coordinate in view 1", row=1, col=1)
    steps = [
        {
            "label": stop, "method": "update",
            "args": [{"visible": [n == number for _ in cut for n in range(len(stops))]}],
        }
        for number, stop in enumerate(stops)
    ]  # fmt: skip
    live.update_layout(
        height=470, sliders=[{"active": 0, "steps": steps, "pad": {"t": 50}}], width=420 * len(cut)
    )
    return live


def _static(cut, stops) -> Figure:
    shown = {stops[0]: next(iter(cut.values()))[0]}
    shown |= {f"{name}, {stops[-1]}": matrices[-1] for name, matrices in cut.items()}
    fig, panels = figure(1, len(shown), width=0.6 + 3 * len(shown), height=3.1)
    for ax, (title, c) in zip(panels, shown.items(), strict=True):
        drawn = ax.imshow(c, cmap=DIVERGING, vmin=-1, vmax=1)
        ax.grid(False)
        ax.set(title=title, xlabel="coordinate in view 2", xticks=[], yticks=[])
    panels[0].set_ylabel("coordinate in view 1")
    fig.colorbar(drawn, ax=panels, shrink=0.8, label="correlation")
    return fig
