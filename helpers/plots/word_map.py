"""Maps of words: points that can be turned and hovered, with a flat twin for print."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure

__all__ = ["group_colours", "word_map"]

# Shape goes with colour, so that the groups can be told apart without either.
_MARKS = ("circle", "square", "diamond", "x", "cross", "circle-open")
_MATPLOTLIB_MARKS = ("o", "s", "D", "x", "+", "^")


def group_colours(groups: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Give each group, in order of first appearance, a colour and marks for Plotly and Matplotlib.

    Raises
    ------
    ValueError
        For more groups than there are colours that everybody can tell apart.
    """
    names = list(dict.fromkeys(groups))
    if len(names) > len(COLOURS):
        raise ValueError(f"a map can tell {len(COLOURS)} groups apart, not {len(names)}.")
    return dict(zip(names, zip(COLOURS, _MARKS, _MATPLOTLIB_MARKS, strict=True), strict=False))


def word_map(
    points, words: Sequence[str], groups: Sequence[str], counts=None, named: Sequence[str] = ()
) -> tuple[go.Figure, Figure]:
    """Draw words as points in two or three dimensions.

    Parameters
    ----------
    points : array_like (n, 2) or (n, 3)
        Coordinates, the widest axis first.
    words, groups : sequence of str
        Word and group of each point; a click in the legend hides a group.
    counts : array_like (n,), optional
        Occurrences, told on hovering.
    named : sequence of str
        Words that are written into the flat twin; in the interactive figure hovering names all.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
        The first two dimensions.

    Raises
    ------
    ValueError
        If the points are not flat or spatial, the lengths differ, or there are too many groups.
    """
    points = np.asarray(points, dtype=float)
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise ValueError(f"points must have the shape (n, 2) or (n, 3), not {points.shape}.")
    if not len(points) == len(words) == len(groups):
        raise ValueError("points, words and groups must have the same length.")
    styles = group_colours(groups)
    titles = [f"component {i + 1}" for i in range(points.shape[1])]
    interactive = go.Figure()
    static, ax = figure(width=7.5, height=5.2)
    for name, (colour, mark, flat_mark) in styles.items():
        rows = [i for i, group in enumerate(groups) if group == name]
        ax.scatter(*points[rows, :2].T, s=22, color=colour, marker=flat_mark, label=name, alpha=0.8)
        interactive.add_trace(
            _trace(
                points[rows],
                [words[i] for i in rows],
                name,
                colour,
                mark,
                None if counts is None else [int(counts[i]) for i in rows],
            )
        )
    for word in named:
        place = points[list(words).index(word), :2]
        ax.annotate(word, place, xytext=(4, 3), textcoords="offset points", fontsize=9)
    ax.set(xlabel=titles[0], ylabel=titles[1])
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    scene = {f"{axis}axis": {"title": {"text": title}} for axis, title in zip("xyz", titles)}  # noqa: B905
    interactive.update_layout(
        height=560, margin={"l": 50, "r": 10, "t": 20, "b": 50}, legend={"itemsizing": "constant"},
        **({"scene": scene} if points.shape[1] == 3 else scene),
    )  # fmt: skip
    return interactive, static


def _trace(points: np.ndarray, words, name: str, colour: str, mark: str, counts):
    kind = go.Scatter3d if points.shape[1] == 3 else go.Scatter
    # Plain lists of rounded numbers: small in the notebook file, and read by every renderer.
    coordinates = dict(zip("xyz", np.round(points.T, 3).tolist(), strict=False))
    about = "<br>%{customdata:,} occurrences" if counts is not None else ""
    return kind(
        mode="markers", name=name, text=list(words), customdata=counts,
        hovertemplate="<b>%{text}</b>" + about + f"<extra>{name}</extra>",
        marker={"size": 4 if kind is go.Scatter3d else 8, "color": colour, "symbol": mark},
        **coordinates,
    )  # fmt: skip
