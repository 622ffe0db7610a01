"""Words that move: a map with a slider over the training, and a strip of frames for print."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import figure
from helpers.plots.word_map import group_colours

__all__ = ["moving_words"]


def moving_words(
    frames, words: Sequence[str], groups: Sequence[str], labels: Sequence[str],
    shown: Sequence[int] | None = None, named: Sequence[str] = (), suffix: str = "",
) -> tuple[go.Figure, Figure]:  # fmt: skip
    """Draw words that move from frame to frame, with a slider and a play button.

    Parameters
    ----------
    frames : array_like (n_frames, n_words, 2)
        Coordinates; all frames must be on the same axes.
    words, groups : sequence of str
        Word and group of each point.
    labels : sequence of str
        What to call each frame, in a few letters such as "20%".
    shown : sequence of int, optional
        Up to four frames of the static strip; by default the first, the last and two between.
    named : sequence of str
        Words that are written into the static strip.
    suffix : str
        What the labels are of, such as " of the training".

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    frames = np.asarray(frames, dtype=float)
    if frames.ndim != 3 or frames.shape[2] != 2:
        raise ValueError(f"frames must have the shape (frames, words, 2), not {frames.shape}.")
    if frames.shape[1] != len(words) or len(words) != len(groups) or len(labels) != len(frames):
        raise ValueError("there must be a word and a group for each point, a label for each frame.")
    styles = group_colours(groups)
    members = {name: [i for i, g in enumerate(groups) if g == name] for name in styles}
    # One scale for all frames, so that the axes stand still and only words move.
    low, high = frames.min(axis=(0, 1)), frames.max(axis=(0, 1))
    margin = 0.08 * (high - low)
    limits = np.round(np.stack([low - margin, high + margin], axis=1), 3)
    static = _strip(
        frames, words, [label + suffix for label in labels], shown, named, styles, members, limits
    )
    return _player(frames, words, labels, suffix, styles, members, limits), static


def _player(frames, words, labels, suffix, styles, members, limits) -> go.Figure:
    def points(frame: np.ndarray, name: str) -> dict:
        x, y = np.round(frame[members[name]].T, 3).tolist()
        return {"x": x, "y": y}

    fig = go.Figure(
        data=[
            go.Scatter(
                mode="markers+text", name=name, text=[words[i] for i in members[name]],
                textposition="top center", hoverinfo="text+name",
                textfont={"color": colour, "size": 11},
                marker={"color": colour, "symbol": mark, "size": 8}, **points(frames[0], name),
            )
            for name, (colour, mark, _) in styles.items()
        ],
        frames=[
            go.Frame(name=str(t), data=[go.Scatter(**points(frame, name)) for name in styles])
            for t, frame in enumerate(frames)
        ],
    )  # fmt: skip
    move = {"mode": "immediate", "transition": {"duration": 150}}
    play = {
        "label": "Play",
        "method": "animate",
        "args": [None, {"fromcurrent": True, "frame": {"duration": 250, "redraw": False}, **move}],
    }
    pause = {
        "label": "Pause",
        "method": "animate",
        "args": [[None], {"frame": {"duration": 0, "redraw": False}, **move}],
    }
    steps = [
        {"label": label, "method": "animate",
         "args": [[str(t)], {"frame": {"duration": 150, "redraw": False}, **move}]}
        for t, label in enumerate(labels)
    ]  # fmt: skip
    fig.update_layout(
        height=560, margin={"l": 50, "r": 10, "t": 20, "b": 50},
        xaxis={"range": limits[0].tolist(), "title": {"text": "component 1"}},
        yaxis={"range": limits[1].tolist(), "title": {"text": "component 2"}},
        sliders=[{"steps": steps, "active": 0, "x": 0.3, "len": 0.7, "pad": {"t": 45},
                  "currentvalue": {"prefix": "after ", "suffix": suffix, "xanchor": "right"}}],
        updatemenus=[{"type": "buttons", "direction": "left", "buttons": [play, pause],
                      "showactive": False, "x": 0.0, "xanchor": "left", "y": -0.12,
                      "yanchor": "top", "pad": {"t": 30}}],
    )  # fmt: skip
    return fig


def _strip(frames, words, labels, shown, named, styles, members, limits) -> Figure:
    if shown is None:
        shown = sorted({round(t) for t in np.linspace(0, len(frames) - 1, 4)})
    fig, axes = figure(1, len(shown), width=10, height=3.2, sharex=True, sharey=True)
    for ax, t in zip(np.atleast_1d(axes), shown, strict=True):
        for name, (colour, _, mark) in styles.items():
            ax.scatter(*frames[t][members[name]].T, s=14, color=colour, marker=mark, label=name)
        for word in named:
            place = frames[t][list(words).index(word)]
            ax.annotate(word, place, xytext=(3, 2), textcoords="offset points", fontsize=8)
        ax.set(xlim=limits[0], ylim=limits[1], xlabel="component 1")
        ax.set_title(f"after {labels[t]}", fontsize=10)
    np.atleast_1d(axes)[0].set_ylabel("component 2")
    fig.legend(*np.atleast_1d(axes)[0].get_legend_handles_labels(), loc="outside lower center",
               ncols=len(styles))  # fmt: skip
    return fig
