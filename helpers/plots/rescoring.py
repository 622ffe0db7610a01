"""Recall against bytes for codes of vectors, while a slider gives more candidates full vectors."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.plots.style import COLOURS, figure

__all__ = ["Coded", "rescoring_slider"]

_MARKERS = (("o", "circle"), ("s", "square"), ("^", "triangle-up"))


class Coded(NamedTuple):
    """One way to code vectors, and what it finds.

    Attributes
    ----------
    label : str
        Short name.
    size : float
        Bytes of a vector.
    recall, first : dict of int to float
        By the number of rescored candidates (0 for none): recall@10 against exact search, and how
        often the right answer comes first.
    """

    label: str
    size: float
    recall: Mapping[int, float]
    first: Mapping[int, float]


def rescoring_slider(
    families: Mapping[str, Sequence[Coded]], n: int, full: int, shown: Sequence[int]
) -> tuple[go.Figure, Figure]:
    """Draw recall against bytes; the slider is the number of rescored candidates.

    Parameters
    ----------
    families : mapping of str to sequence of Coded
        Up to three, all with the same numbers of candidates.
    n : int
        Stored vectors.
    full : int
        Bytes of a full vector.
    shown : sequence of int
        Numbers of candidates of the static picture's panels.

    Returns
    -------
    interactive : plotly Figure
    static : matplotlib Figure
    """
    numbers = list(next(iter(families.values()))[0].recall)
    looks = list(zip(families.items(), COLOURS, _MARKERS, strict=False))

    def hover(code: Coded, number: int) -> str:
        read = (n * code.size + number * full) / 1e6
        return (
            f"{code.label}: {code.size:.0f} bytes a vector<br>recall@10 {code.recall[number]:.3f}, "
            f"right verse first {code.first[number]:.3f}<br>{read:.2f} MB read for a query"
        )

    live = go.Figure()
    for (name, codes), colour, (_, symbol) in looks:
        live.add_scatter(
            x=[code.size for code in codes], y=[code.recall[numbers[0]] for code in codes],
            name=name, mode="lines+markers", hovertemplate="%{text}<extra></extra>",
            text=[hover(code, numbers[0]) for code in codes],
            marker={"color": colour, "symbol": symbol, "size": 9}, line={"width": 1.5},
        )  # fmt: skip
    sizes = sorted({code.size for codes in families.values() for code in codes})
    names = [f"{size:g}" for size in sizes]
    steps = [
        {
            "label": str(number),
            "method": "restyle",
            "args": [
                {
                    "y": [[c.recall[number] for c in codes] for codes in families.values()],
                    "text": [[hover(c, number) for c in codes] for codes in families.values()],
                }
            ],
        }
        for number in numbers
    ]
    live.update_layout(
        height=470, hovermode="closest", legend={"orientation": "h", "y": 1.12},
        xaxis={"title": "bytes of a vector", "type": "log", "tickvals": sizes, "ticktext": names},
        yaxis={"title": "recall@10 against exact search", "range": [0.2, 1.03]},
        sliders=[{"steps": steps, "active": 0, "pad": {"t": 45},
                  "currentvalue": {"prefix": "candidates rescored: "}}],
    )  # fmt: skip
    fig, panels = figure(1, len(shown), width=9, height=3.3, sharey=True)
    for ax, number in zip(panels, shown, strict=True):
        for (name, codes), colour, (marker, _) in looks:
            ax.plot([c.size for c in codes], [c.recall[number] for c in codes],
                    marker=marker, color=colour, label=name)  # fmt: skip
        ax.set(xscale="log", xlabel="bytes of a vector", ylim=(0.2, 1.03),
               title=f"{number} candidates rescored")  # fmt: skip
        ax.set_xticks(sizes, names, fontsize=8)
        ax.minorticks_off()
    panels[0].set_ylabel("recall@10 against exact search")
    panels[-1].legend(fontsize=8, loc="lower right")
    return live, fig
