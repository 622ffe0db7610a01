"""Figures of high dimensions: distances, the volume of the ball, search by dimension."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.high_dimensions import pair_distances
from helpers.plots.style import COLOURS, figure

__all__ = ["concentration_player", "distance_panels", "search_curves"]


def concentration_player(
    distances: Mapping[int, Mapping[str, np.ndarray]], shown: Sequence[int], bins: int = 100
) -> tuple[go.Figure, Figure]:
    """Draw histograms of distances over their mean, with a slider and a play button for d.

    Each histogram is scaled to its highest bin, so that wide ones stay visible beside spikes.

    Parameters
    ----------
    distances : mapping of int to mapping of str to ndarray
        Dimension -> name of a kind of data -> its pairwise distances.
    shown : sequence of int
        Dimensions of the static figure.
    bins : int
        Between 0 and twice the mean.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure

    Raises
    ------
    ValueError
        If a dimension that should be shown is not there.
    """
    if not set(shown) <= set(distances):
        raise ValueError(f"shown must be among the dimensions {list(distances)}.")
    edges = np.linspace(0, 2, bins + 1)
    middles = np.round((edges[1:] + edges[:-1]) / 2, 4)
    shares, cvs = {}, {}
    for d, kinds in distances.items():
        relative = {name: values / values.mean() for name, values in kinds.items()}
        counts = {name: np.histogram(r, bins, (0, 2))[0] for name, r in relative.items()}
        shares[d] = {name: count / count.max() for name, count in counts.items()}
        cvs[d] = {name: r.std() for name, r in relative.items()}
    return _player(middles, shares, cvs), _panels(middles, shares, cvs, shown)


def _player(middles, shares, cvs) -> go.Figure:
    def traces(d: int) -> list[go.Scatter]:
        return [
            go.Scatter(
                x=middles.tolist(), y=np.round(share, 4).tolist(), mode="lines",
                line={"shape": "hvh", "color": COLOURS[i], "dash": ("solid", "dash", "dot")[i % 3]},
                name=f"{name}: standard deviation {cvs[d][name]:.3f}",
                hovertemplate="%{x:.2f} of the mean: %{y:.2f} of the highest bin<extra></extra>",
            )
            for i, (name, share) in enumerate(shares[d].items())
        ]  # fmt: skip

    stops = list(shares)
    fig = go.Figure(
        data=traces(stops[0]),
        frames=[go.Frame(name=str(d), data=traces(d)) for d in stops],
    )
    move = {"mode": "immediate", "transition": {"duration": 0}}
    still = {"frame": {"duration": 0, "redraw": True}, **move}
    play = {"frame": {"duration": 700, "redraw": True}, "fromcurrent": True, **move}
    fig.update_layout(
        height=500, margin={"l": 60, "r": 20, "t": 30, "b": 60},
        xaxis={"title": {"text": "distance / mean distance"}, "range": [0, 2]},
        yaxis={"title": {"text": "pairs (highest bin = 1)"}, "range": [0, 1.35]},
        legend={"x": 0.6, "y": 0.98},
        sliders=[{
            "active": 0, "x": 0.3, "len": 0.7, "pad": {"t": 45},
            "currentvalue": {"prefix": "d = ", "xanchor": "right"},
            "steps": [{"label": str(d), "method": "animate", "args": [[str(d)], still]}
                      for d in stops],
        }],
        updatemenus=[{
            "type": "buttons", "direction": "left", "showactive": False,
            "x": 0.0, "xanchor": "left", "y": -0.12, "yanchor": "top", "pad": {"t": 30},
            "buttons": [{"label": "Play", "method": "animate", "args": [None, play]},
                        {"label": "Pause", "method": "animate", "args": [[None], still]}],
        }],
    )  # fmt: skip
    return fig


def _panels(middles, shares, cvs, shown) -> Figure:
    static, panels = figure(1, len(shown), width=3 * len(shown), height=3.5, sharey=True)
    panels = np.atleast_1d(panels)
    width = middles[1] - middles[0]
    edges = np.append(middles - width / 2, middles[-1] + width / 2)
    for ax, d in zip(panels, shown, strict=True):
        for i, (name, share) in enumerate(shares[d].items()):
            ax.stairs(share, edges, label=name, color=COLOURS[i], lw=1.6,
                      linestyle=("-", "--", ":")[i % 3])  # fmt: skip
        ax.set(xlabel="distance / mean distance", xlim=(0, 2), title=f"d = {d:,}")
    panels[0].set_ylabel("pairs (highest bin = 1)")
    static.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center",
                  ncols=len(shares[shown[0]]))  # fmt: skip
    return static


def distance_panels(spaces: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Draw, for each space, histograms of distances over their mean for several kinds of points.

    Each histogram is scaled to its highest bin.

    Parameters
    ----------
    spaces : mapping of str to mapping of str to array_like (n, d)
        Title -> label -> points.

    Returns
    -------
    matplotlib Figure
    """
    fig, panels = figure(1, len(spaces), width=2.75 * len(spaces), height=3.2, sharey=True)
    edges = np.linspace(0, 2, 101)
    for ax, (title, kinds) in zip(np.atleast_1d(panels), spaces.items(), strict=True):
        for i, (label, points) in enumerate(kinds.items()):
            distances = pair_distances(points)
            count = np.histogram(distances / distances.mean(), len(edges) - 1, (0, 2))[0]
            ax.stairs(count / count.max(), edges, label=label, color=COLOURS[i], lw=1.6,
                      linestyle=("-", "--", ":")[i % 3])  # fmt: skip
        ax.set(title=title, xlabel="distance / mean distance", xlim=(0.3, 1.7))
    np.atleast_1d(panels)[0].set_ylabel("pairs (highest bin = 1)")
    fig.legend(*np.atleast_1d(panels)[0].get_legend_handles_labels(),
               loc="outside lower center", ncols=3)  # fmt: skip
    return fig


def search_curves(
    found: Mapping[str, Mapping[str, Mapping[int, float]]], ceilings: Mapping[str, float]
) -> Figure:
    """Draw how well a search works against the number of dimensions that are kept.

    Parameters
    ----------
    found : mapping of str to mapping of str to mapping of int to float
        Title -> method -> dimensions -> share of queries that find their answer.
    ceilings : mapping of str to float
        Title -> share with all dimensions.

    Returns
    -------
    matplotlib Figure
    """
    fig, panels = figure(1, len(found), width=4.5 * len(found), height=3.3, sharey=True)
    for ax, (title, methods) in zip(np.atleast_1d(panels), found.items(), strict=True):
        for i, (method, shares) in enumerate(methods.items()):
            sizes = list(shares)
            ax.plot(sizes, [100 * share for share in shares.values()], ("o-", "s--", "^:")[i % 3],
                    label=method)  # fmt: skip
        ax.axhline(100 * ceilings[title], color="black", lw=1, ls=":")
        ax.annotate("all dimensions", (sizes[0], 100 * ceilings[title]), xytext=(0, 3),
                    textcoords="offset points", fontsize=8.5)  # fmt: skip
        ax.set(xscale="log", xticks=sizes, xticklabels=sizes, ylim=(0, 106), title=title)
        ax.set_xlabel("dimensions m after the projection")
        ax.minorticks_off()
    np.atleast_1d(panels)[0].set_ylabel("twin found first (%)")
    np.atleast_1d(panels)[0].legend(loc="lower right")
    return fig
