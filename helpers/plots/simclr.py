"""Figures of lesson 04, part 2: training curves, neighbours, and stored runs to explore."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure

__all__ = ["neighbour_rows", "run_explorer", "view_rows"]


def view_rows(rows: Mapping[str, np.ndarray]) -> Figure:
    """Draw rows of small grey pictures, each row with a title at its left.

    Parameters
    ----------
    rows : mapping of str to ndarray (k, h, w)
        Dark strokes on white are drawn for high values; the range is 0 to 1, or 0 to 255 for
        whole numbers.
    """
    k = max(len(pictures) for pictures in rows.values())
    fig, panels = figure(len(rows), k, width=1.5 + 0.75 * k, height=0.78 * len(rows), squeeze=False)
    for line, (title, pictures) in zip(panels, rows.items(), strict=True):
        for ax, picture in zip(line, pictures, strict=True):
            _draw(ax, picture)
        line[0].set_ylabel(title, rotation=0, ha="right", va="center")
    return fig


def neighbour_rows(
    queries: np.ndarray, query_labels, images: np.ndarray, labels, found: Mapping[str, np.ndarray]
) -> Figure:
    """Draw each query with its nearest images by several methods; wrong digits get a frame.

    Parameters
    ----------
    queries : ndarray (q, h, w)
    query_labels : ndarray (q,)
    images : ndarray (n, h, w)
    labels : ndarray (n,)
    found : mapping of str to ndarray (q, k)
        Method -> rows of `images`, nearest first.
    """
    k = next(iter(found.values())).shape[1]
    widths = [1.2] + ([0.25] + [1] * k) * len(found) + [0.1]  # room for the last frame
    fig, panels = figure(
        len(queries), len(widths), width=0.62 * sum(widths), height=0.72 * len(queries) + 0.3,
        squeeze=False, gridspec_kw={"width_ratios": widths},
    )  # fmt: skip
    for row, line in enumerate(panels):
        _draw(line[0], queries[row])
        line[-1].set_axis_off()
        for method, (name, rows) in enumerate(found.items()):
            start = 1 + method * (k + 1)
            line[start].set_axis_off()
            for ax, place in zip(line[start + 1 : start + 1 + k], rows[row], strict=True):
                _draw(ax, images[place])
                if labels[place] != query_labels[row]:
                    for spine in ax.spines.values():
                        spine.set(visible=True, color=COLOURS[1], linewidth=2.5)
            if row == 0:
                line[start + 1].set_title(name)
    panels[0][0].set_title("query")
    return fig


def run_explorer(
    arms: Mapping[str, Sequence[dict]], shown: Mapping[str, str], static: Sequence[str]
) -> tuple[go.Figure, Figure]:
    """Draw the scores of several arms over seeds, one test at a time.

    Parameters
    ----------
    arms : mapping of str to sequence of dict
        Arm -> one dict of scores for each seed.
    shown : mapping of str to str
        Name of a score -> its title; the interactive figure has a button for each.
    static : sequence of str
        Scores of which the static figure has a panel.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
    """
    names, live = list(arms), go.Figure()
    for number, (score, title) in enumerate(shown.items()):
        values = [[run[score] for run in runs] for runs in arms.values()]
        live.add_bar(
            y=names, x=[round(float(np.mean(row)), 4) for row in values], orientation="h",
            visible=number == 0, marker_color=COLOURS[number % len(COLOURS)], showlegend=False,
            hovertemplate="%{y}: " + title + " %{x:.3f} (mean)<extra></extra>",
        )  # fmt: skip
        live.add_scatter(
            y=[name for name, row in zip(names, values, strict=True) for _ in row],
            x=np.concatenate(values).round(4).tolist(), mode="markers", visible=number == 0,
            marker={"color": "black", "size": 6, "symbol": "line-ns-open"}, showlegend=False,
            hovertemplate="%{y}: %{x:.3f} (one seed)<extra></extra>",
        )  # fmt: skip
    buttons = [
        {
            "label": title,
            "method": "update",
            "args": [{"visible": [place // 2 == number for place in range(2 * len(shown))]},
                     {"xaxis.title.text": title}],
        }
        for number, title in enumerate(shown.values())
    ]  # fmt: skip
    live.update_layout(
        updatemenus=[{"buttons": buttons, "x": 0, "y": 1.16, "xanchor": "left"}],
        yaxis={"autorange": "reversed", "automargin": True},
        xaxis={"title": next(iter(shown.values()))}, height=110 + 30 * len(names),
    )  # fmt: skip
    fig, panels = figure(
        1, len(static), width=9.5, height=0.9 + 0.26 * len(names), sharey=True, squeeze=False
    )
    for number, (ax, score) in enumerate(zip(panels[0], static, strict=True)):
        for row, runs in enumerate(arms.values()):
            values = [run[score] for run in runs]
            colour = COLOURS[list(shown).index(score) % len(COLOURS)]
            ax.barh(row, np.mean(values), color=colour, alpha=0.55)
            ax.plot(values, [row] * len(values), "|", color="black", markersize=9)
        ax.set(xlabel=shown[score], yticks=range(len(names)), yticklabels=names)
        if number == 0:
            ax.invert_yaxis()
    return live, fig


def _draw(ax, picture) -> None:
    ax.imshow(picture, cmap="gray_r", vmin=0, vmax=255 if picture.dtype == np.uint8 else 1)
    ax.grid(False)
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
