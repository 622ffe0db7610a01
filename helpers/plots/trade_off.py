"""Quality against cost: families of configurations, with their details on hovering."""

from collections.abc import Collection, Mapping, Sequence

from helpers.plots.style import COLOURS, figure

__all__ = ["trade_off"]

_MARKERS = (  # of Matplotlib and of Plotly
    ("o", "circle"),
    ("s", "square"),
    ("^", "triangle-up"),
    ("D", "diamond"),
    ("v", "triangle-down"),
)


def trade_off(
    families: Mapping[str, Sequence[tuple[float, float, str, str]]],
    cost: str,
    quality: str,
    *,
    apart: Collection[str] = (),
):
    """Draw configurations as points, those of a family joined by a line.

    Parameters
    ----------
    families : mapping of str to sequence of (cost, quality, label, details)
        Points in the order of the line. `label` stands next to the point in the picture, where it
        is not empty; `details` is shown on hovering, lines separated by ``<br>``.
    cost, quality : str
        Titles of the axes, with units. The cost has a logarithmic axis.
    apart : collection of str
        Families whose points are not joined, since nothing lies between them.

    Returns
    -------
    tuple of (plotly.graph_objects.Figure, Figure)
        The interactive figure and its picture, for :func:`helpers.plots.show_interactive`.

    Raises
    ------
    ValueError
        If there are more families than the palette has colours.
    """
    import plotly.graph_objects as go

    if len(families) > len(_MARKERS):
        raise ValueError(f"at most {len(_MARKERS)} families can be told apart.")
    live = go.Figure()
    picture, ax = figure(height=4.2)
    looks = zip(families.items(), COLOURS, _MARKERS, strict=False)
    for number, ((name, points), colour, (marker, symbol)) in enumerate(looks):
        x, y, labels, details = zip(*points, strict=True)
        mode, line = ("markers", "") if name in apart else ("lines+markers", "-")
        live.add_scatter(
            x=x, y=y, name=name, mode=mode, text=details, hovertemplate="%{text}",
            marker={"color": colour, "size": 9, "symbol": symbol}, line={"width": 1.5},
        )  # fmt: skip
        ax.plot(x, y, marker=marker, color=colour, label=name, ls=line)
        for at, label in zip(zip(x, y, strict=True), labels, strict=True):
            ax.annotate(
                label, at, xytext=(4, (-11, 5)[number % 2]), textcoords="offset points", fontsize=8
            )
    live.update_xaxes(title=cost, type="log", gridcolor="#ddd")
    live.update_yaxes(title=quality, gridcolor="#ddd")
    live.update_layout(height=460, legend={"orientation": "h", "y": -0.2}, hovermode="closest")
    ax.set(xlabel=cost, ylabel=quality, xscale="log")
    ax.legend(fontsize=8)
    return live, picture
