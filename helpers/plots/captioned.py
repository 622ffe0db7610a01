"""Pictures with captions: rows of pictures, and a map of both kinds of vectors."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure

__all__ = ["modality_map", "picture_rows"]


def picture_rows(rows: Mapping[str, np.ndarray], marked: Mapping[str, int] | None = None) -> Figure:
    """Draw rows of small pictures, each with a title at its left.

    Parameters
    ----------
    rows : mapping of str to ndarray (k, h, w, 3), uint8
        The same number of pictures in each.
    marked : mapping of str to int, optional
        Title -> place of a picture that gets a frame.

    Raises
    ------
    ValueError
        If rows differ in length, or there are none.
    """
    lengths = {len(pictures) for pictures in rows.values()}
    if len(lengths) != 1:
        raise ValueError(f"all rows need the same number of pictures, not {sorted(lengths)}.")
    (k,) = lengths
    fig, panels = figure(
        len(rows), k + 1, width=2.4 + 0.62 * k, height=0.68 * len(rows), squeeze=False,
        gridspec_kw={"width_ratios": [3.4] + [1] * k},
    )  # fmt: skip
    for line, (title, pictures) in zip(panels, rows.items(), strict=True):
        line[0].text(1, 0.5, title, ha="right", va="center", fontsize=10)
        line[0].set_axis_off()
        for place, (ax, picture) in enumerate(zip(line[1:], pictures, strict=True)):
            ax.imshow(picture)
            ax.grid(False)
            ax.set(xticks=[], yticks=[])
            framed = marked is not None and marked.get(title) == place
            for spine in ax.spines.values():
                spine.set(visible=framed, color=COLOURS[1], linewidth=3)
    return fig


def modality_map(
    stages: Mapping[str, tuple[np.ndarray, np.ndarray]], captions: Sequence[str]
) -> tuple[go.Figure, Figure]:
    """Draw picture and caption vectors on two common axes, for several stages of a training.

    Parameters
    ----------
    stages : mapping of str to (ndarray (n, d), ndarray (n, d))
        Unit vectors of pictures and of their captions. Each stage gets its own principal axes.
    captions : sequence of str
        What hovering shows.

    Returns
    -------
    interactive : plotly Figure
        A slider goes through the stages.
    static : matplotlib Figure
        The stages side by side.
    """
    static, panels = figure(1, len(stages), width=3.6 * len(stages), height=3.4, squeeze=False)
    interactive, steps = go.Figure(), []
    for number, (ax, (stage, parts)) in enumerate(zip(panels[0], stages.items(), strict=True)):
        both = np.vstack(parts)
        axes = np.linalg.svd(both - both.mean(0), full_matrices=False)[2][:2]
        axes *= np.sign(axes.sum(1, keepdims=True))
        places = (both - both.mean(0)) @ axes.T
        kinds = zip(("picture", "caption"), np.split(places, 2), ("o", "^"), strict=True)
        for colour, (kind, points, marker) in zip(COLOURS, kinds, strict=False):
            ax.scatter(*points.T, s=9, marker=marker, color=colour, label=kind, alpha=0.7)
            interactive.add_scatter(
                x=points[:, 0].round(3), y=points[:, 1].round(3), mode="markers", name=kind,
                text=list(captions), hovertemplate="%{text}<extra>" + kind + "</extra>",
                visible=number == 0,
                marker={"color": colour, "size": 6, "symbol": "circle" if marker == "o" else
                        "triangle-up"},
            )  # fmt: skip
        ax.set(title=stage, xlabel="first axis", ylabel="second axis")
        shown = [place // 2 == number for place in range(2 * len(stages))]
        steps.append({"label": stage, "method": "update", "args": [{"visible": shown}]})
    panels[0][0].legend(loc="best")
    interactive.update_layout(
        sliders=[{"steps": steps, "active": 0, "pad": {"t": 40}}], height=480,
        xaxis_title="first principal axis", yaxis_title="second principal axis",
    )  # fmt: skip
    return interactive, static
