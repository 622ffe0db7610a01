"""The parallelogram of an analogy, in the plane where it looks best."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from helpers.plots.style import COLOURS, figure

__all__ = ["analogy_plane", "parallelogram"]


def analogy_plane(first, second) -> np.ndarray:
    """Two orthonormal directions that show a relation between word pairs.

    Parameters
    ----------
    first, second : array_like (n_pairs, d)
        Vectors of the words of each pair.

    Returns
    -------
    ndarray (2, d)
        The mean offset from first to second, and the direction in which the pairs' midpoints
        vary most once the former is taken out.
    """
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    across = (second - first).mean(axis=0)
    across /= np.linalg.norm(across)
    middles = (first + second) / 2
    middles -= middles.mean(axis=0)
    middles -= np.outer(middles @ across, across)
    along = np.linalg.svd(middles, full_matrices=False)[2][0]
    return np.array([across, along])


def parallelogram(
    models: Mapping[str, Callable[[str], np.ndarray]],
    pairs: Sequence[tuple[str, str]],
    question: tuple[str, str, str, str],
    axes: tuple[str, str],
) -> tuple[go.Figure, Figure]:
    """Draw word pairs and one analogy in a plane for each model.

    Parameters
    ----------
    models : mapping of str to callable
        Title -> function from a word to its unit vector.
    pairs : sequence of (str, str)
        Word pairs of one relation; they define the plane.
    question : (a, b, c, d)
        a : b :: c : d. The point b - a + c is drawn next to d.
    axes : (str, str)
        Labels of the axes.

    Returns
    -------
    tuple of plotly Figure and Matplotlib Figure
        The interactive one, and its static twin.
    """
    static, panels = figure(1, len(models), width=9.5, height=4.4, squeeze=False)
    live = make_subplots(1, len(models), subplot_titles=list(models), horizontal_spacing=0.1)
    for column, (title, vector) in enumerate(models.items()):
        words = list(dict.fromkeys([word for pair in pairs for word in pair] + list(question)))
        vectors = {word: np.asarray(vector(word), dtype=np.float64) for word in words}
        plane = analogy_plane(*(np.array([vectors[p[i]] for p in pairs]) for i in (0, 1)))
        if plane[1] @ (vectors[question[1]] - vectors[question[0]]) < 0:
            plane[1] *= -1  # The sign of a singular vector is free: b is drawn above a.
        at = {word: plane @ vectors[word] for word in words}
        a, b, c, d = (at[word] for word in question)
        sides = np.array([a, b, b - a + c, c, a])
        _draw_static(panels[0, column], title, at, pairs, sides, d, axes)
        _draw_live(live, column + 1, at, pairs, sides, d, axes)
    live.update_layout(width=940, height=460, showlegend=False, hovermode="closest")
    return live, static


def _draw_static(panel, title, at, pairs, sides, d, axes) -> None:
    for pair in pairs:
        panel.plot(*np.array([at[word] for word in pair]).T, color="0.75", lw=1, zorder=1)
    panel.plot(*sides.T, color=COLOURS[0], lw=1.5, zorder=2)
    panel.plot(*np.array([sides[2], d]).T, color=COLOURS[1], ls=":", lw=1.8, zorder=2)
    panel.scatter(*sides[2], marker="x", s=70, color=COLOURS[1], zorder=3)
    panel.scatter(*np.array(list(at.values())).T, s=22, color=COLOURS[0], zorder=3)
    for word, (x, y) in at.items():
        panel.annotate(word, (x, y), xytext=(4, 3), textcoords="offset points", fontsize=8.5)
    panel.set(title=title, xlabel=axes[0], ylabel=axes[1])
    panel.margins(0.14)


def _draw_live(live, column, at, pairs, sides, d, axes) -> None:
    def line(points, **style):
        x, y = np.round(np.array(points).T, 4)
        live.add_trace(
            go.Scatter(x=x, y=y, mode="lines", line=style, hoverinfo="skip"), row=1, col=column
        )

    for pair in pairs:
        line([at[word] for word in pair], color="lightgrey", width=1)
    line(sides, color=COLOURS[0], width=2)
    line([sides[2], d], color=COLOURS[1], width=2, dash="dot")
    names = [*at, "b - a + c"]
    x, y = np.round(np.array([*at.values(), sides[2]]).T, 4)
    live.add_trace(
        go.Scatter(
            x=x,
            y=y,
            text=names,
            mode="markers+text",
            textposition="top center",
            marker={
                "size": [8] * len(at) + [11],
                "symbol": ["circle"] * len(at) + ["x"],
                "color": [COLOURS[0]] * len(at) + [COLOURS[1]],
            },
            hovertemplate="%{text}: %{x:.2f}, %{y:.2f}<extra></extra>",
        ),
        row=1,
        col=column,
    )
    live.update_xaxes(title_text=axes[0], row=1, col=column)
    live.update_yaxes(title_text=axes[1], row=1, col=column)
