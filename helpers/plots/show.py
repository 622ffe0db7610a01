"""Showing figures with alt text, and interactive ones with a picture for where they cannot run."""

import base64
import io
import json

from IPython.display import display
from matplotlib.figure import Figure

from helpers.progress import building

__all__ = ["show", "show_interactive"]


def show(fig: Figure, alt: str) -> None:
    """Show a Matplotlib figure with a text that says what it shows.

    Parameters
    ----------
    fig : Figure
        The figure, from :func:`helpers.plots.figure`.
    alt : str
        What a reader who cannot see the picture should know: the kind of plot, what is on the
        axes, and what is to be seen in it.
    """
    display(_picture(fig, alt), raw=True, metadata={"image/png": {"alt": alt}})


def _picture(fig: Figure, alt: str) -> dict[str, object]:
    """Return a MIME bundle; the alt text goes along as its plain-text form."""
    if not alt.strip():
        raise ValueError("a figure needs an alt text: say what is to be seen in it")
    buffer = io.BytesIO()
    # No version in the file: the same figure gives the same bytes.
    fig.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"image/png": data, "text/plain": alt}


def show_interactive(fig, static: Figure, alt: str) -> None:
    """Show a Plotly figure, with a Matplotlib twin where no script can run (GitHub, print).

    Parameters
    ----------
    fig : plotly.graph_objects.Figure
        The interactive figure. JupyterLab draws it itself, without a network.
    static : Figure
        A Matplotlib figure that shows the same.
    alt : str
        What is to be seen, for readers who see neither.
    """
    bundle: dict[str, object] = {"text/plain": alt, "application/vnd.plotly.v1+json": _plotly(fig)}
    # JupyterLab's Plotly renderer shows a picture instead of the figure when there is one. So a
    # picture goes along only in the stored notebooks, for readers without a kernel.
    if building():
        bundle |= _picture(static, alt)
    display(bundle, raw=True, metadata={"image/png": {"alt": alt}})


def _plotly(fig) -> dict:
    # Plotly's default template is most of a small figure's size; ours is a handful of settings.
    fig.update_layout(
        template="none",
        font={"size": 12},
        paper_bgcolor="white",
        plot_bgcolor="white",
        title={"x": 0, "xanchor": "left"},
    )
    if fig.layout.margin.l is None:  # Plotly's own are made for a page of their own.
        fig.update_layout(margin={"l": 60, "r": 20, "t": 50, "b": 50})
    content = json.loads(fig.to_json())
    # JupyterLab fits the figure to its cell. Plotly's own "responsive" would then take the height
    # of the cell, which has none of its own: the first move of a slider made the figure vanish.
    content["config"] = {"displaylogo": False}
    return content
