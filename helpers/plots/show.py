"""Showing figures with alt text, and interactive ones with a picture for where they cannot run."""

import base64
import html
import io
import json
from importlib.resources import files

from IPython.display import display
from matplotlib.figure import Figure

from helpers.progress import building

__all__ = ["show", "show_interactive"]

# JupyterLab takes keys for its own commands unless what has the focus bears this attribute.
_KEYS = 'data-lm-suppress-shortcuts="true"'
_WORDS = """<details style="margin:4px 0"><summary {keys}>This figure in words{more}</summary>
<p>{alt}</p>{controls}{table}</details>
<script>((alt) => {{
{script}
}})({quoted});</script>"""


def show(fig: Figure, alt: str) -> None:
    """Show a Matplotlib figure with a text that says what it shows.

    Parameters
    ----------
    fig : Figure
        The figure, from :func:`helpers.plots.figure`.
    alt : str
        What a reader who cannot see the picture should know: the kind of plot, what is on the
        axes, and what is to be seen in it.

    Raises
    ------
    ValueError
        If the text is empty.
    """
    bundle = _picture(fig, alt)
    if building():
        display(bundle, raw=True, metadata={"image/png": {"alt": alt}})
        return
    # JupyterLab gives a PNG no alt text, whatever its metadata say; a screen reader finds it here.
    picture = (
        f'<img alt="{_text(alt)}" style="max-width:100%;height:auto" '
        f'src="data:image/png;base64,{bundle.pop("image/png")}">'
    )
    display({"text/html": picture, **bundle}, raw=True)


def _picture(fig: Figure, alt: str) -> dict[str, object]:
    """Return a MIME bundle; the alt text goes along as its plain-text form."""
    _require(alt)
    buffer = io.BytesIO()
    # No version in the file: the same figure gives the same bytes.
    fig.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"image/png": data, "text/plain": alt}


def _require(alt: str) -> None:
    if not alt.strip():
        raise ValueError("a figure needs an alt text: say what is to be seen in it")


def show_interactive(fig, static: Figure, alt: str) -> None:
    """Show a Plotly figure, with a Matplotlib twin where no script can run (GitHub, print).

    Below a live figure its text can be opened, with what the mouse alone can reach in Plotly's
    own sliders and menus as controls for the keyboard, and the slider's results as a table.

    Parameters
    ----------
    fig : plotly.graph_objects.Figure
        The interactive figure. JupyterLab draws it itself, without a network.
    static : Figure
        A Matplotlib figure that shows the same.
    alt : str
        What is to be seen, for readers who see neither.

    Raises
    ------
    ValueError
        If the text is empty.
    """
    _require(alt)
    bundle: dict[str, object] = {"text/plain": alt, "application/vnd.plotly.v1+json": _plotly(fig)}
    # JupyterLab's Plotly renderer shows a picture instead of the figure when there is one. So a
    # picture goes along only in the stored notebooks, for readers without a kernel.
    if building():
        bundle |= _picture(static, alt)
    display(bundle, raw=True, metadata={"image/png": {"alt": alt}})
    if not building():
        display({"text/html": _in_words(fig, alt), "text/plain": ""}, raw=True)


def _in_words(fig, alt: str) -> str:
    """Return the text of a figure as HTML, with controls for the keyboard."""
    script = files("helpers.plots").joinpath("keyboard.js").read_text(encoding="utf-8")
    controls, results = [], []
    for slider in fig.layout.sliders:
        labels = [step.label for step in slider.steps]
        controls.append(_range(slider, labels))
        changes = [step.args[1] if len(step.args) > 1 else {} for step in slider.steps]
        titles = [change.get("title.text") for change in changes if isinstance(change, dict)]
        if len(titles) == len(labels) and all(titles):
            results += zip(labels, titles, strict=True)
    for menu in fig.layout.updatemenus:
        buttons = " ".join(
            f'<button {_KEYS} type="button" data-button="{place}">{_text(button.label)}</button>'
            for place, button in enumerate(menu.buttons)
        )
        controls.append(f'<p role="group" aria-label="what the figure shows">{buttons}</p>')
    rows = "".join(
        f'<tr><th scope="row">{_text(label)}</th><td>{_text(title)}</td></tr>'
        for label, title in results
    )
    head = '<thead><tr><th scope="col">slider</th><th scope="col">title</th></tr></thead>'
    return _WORDS.format(
        keys=_KEYS,
        more=", and its controls for the keyboard" if controls else "",
        alt=_text(alt),
        controls="".join(controls),
        table=f"<table>{head}<tbody>{rows}</tbody></table>" if rows else "",
        script=script,
        # "</" would end the script, whatever it stands in.
        quoted=json.dumps(alt).replace("<", "\\u003c"),
    )


def _range(slider, labels: list[str]) -> str:
    """Return a control of the browser's own for a slider of Plotly's."""
    before, after = slider.currentvalue.prefix or "", slider.currentvalue.suffix or ""
    said = [f"{before}{label}{after}" for label in labels]
    start = slider.active or 0
    return (
        f'<p><label>{_text(before.strip(" =:") or "slider")} <input {_KEYS} type="range" min="0" '
        f'max="{len(labels) - 1}" step="1" value="{start}" data-labels="{_text(json.dumps(said))}" '
        f'aria-valuetext="{_text(said[start])}"></label> '
        f'<output aria-hidden="true">{_text(said[start])}</output></p>'
    )


def _text(text: str) -> str:
    return html.escape(text, quote=True)


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
