"""Stored figures as a learner's kernel would show them, and what can be seen of them in a page."""

import base64
import importlib

import nbformat
import plotly.graph_objects as go

__all__ = ["PLOTLY", "await_drawn", "figures_notebook", "move_slider"]

PLOTLY = "application/vnd.plotly.v1+json"

# The package's function of the same name hides the module.
showing = importlib.import_module("helpers.plots.show")

# Each picture loaded and described; each Plotly figure drawn, with marks in it. A figure in three
# dimensions is a canvas; where there is no WebGL, Plotly says so in a `.no-webgl`.
_DRAWN = """([index, count]) => {
  const cell = document.querySelector(
    `.jp-Notebook .jp-Cell[data-windowed-list-index="${index}"] .jp-Cell-outputArea`);
  if (!cell) return false;
  // Plotly keeps an empty one of its own.
  const pictures = [...cell.querySelectorAll('img')].filter(p => !p.closest('.js-plotly-plot'));
  const plots = [...cell.querySelectorAll('.js-plotly-plot')];
  const marks = '.gl-container canvas, .trace, .hm, .contour, .imagelayer image';
  return pictures.length + plots.length >= count
    && pictures.every(p => p.complete && p.naturalWidth > 0 && p.alt.trim().length > 20)
    && plots.every(p => {
      const box = p.getBoundingClientRect();
      return box.width > 200 && box.height > 100 && p.querySelector(marks)
        && !p.querySelector('.no-webgl');
    });
}"""
# What of a Plotly figure a move of its slider may change: what is drawn, its title and its notes.
_LOOK = """(plot) => JSON.stringify([
  plot._fullLayout.title?.text, (plot._fullLayout.annotations ?? []).map(a => a.text),
  (plot._fullLayout.shapes ?? []).map(s => [s.x0, s.x1, s.y0, s.y1]),
  [...plot.querySelectorAll('.cartesianlayer, .imagelayer')].map(l => l.innerHTML)])"""
_CHANGED = f"([plot, before]) => ({_LOOK})(plot) !== before"


class _Stored:
    """A figure that has been drawn already."""

    def __init__(self, png: str):
        self._png = base64.b64decode(png)

    def savefig(self, buffer, **settings) -> None:
        buffer.write(self._png)


def figures_notebook(stored, monkeypatch):
    """Make a notebook of a solution's figures, one cell each, shown as without a build.

    Parameters
    ----------
    stored : NotebookNode
        An executed solution notebook, with pictures beside its interactive figures.
    monkeypatch : pytest.MonkeyPatch

    Returns
    -------
    NotebookNode
    """
    shown = []
    monkeypatch.delenv("COURSE_BUILD", raising=False)
    monkeypatch.setattr(
        showing,
        "display",
        lambda data, raw, metadata=None: shown.append(
            nbformat.v4.new_output("display_data", data, metadata=metadata or {})
        ),
    )
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    for cell in stored.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" not in data:
                continue
            picture, alt = _Stored(data["image/png"]), data["text/plain"]
            if PLOTLY in data:
                content = {k: v for k, v in data[PLOTLY].items() if k in ("data", "layout")}
                figure = go.Figure(frames=data[PLOTLY].get("frames"), **content)
                showing.show_interactive(figure, picture, alt)
            else:
                showing.show(picture, alt)
            name = f"# {', '.join(cell.metadata.get('tags', []))}"
            made.cells.append(nbformat.v4.new_code_cell(name, outputs=list(shown)))
            shown.clear()
    return made


def await_drawn(notebook, index: int, count: int = 1) -> None:
    """Wait until a cell shows `count` figures, each with an alt text where it is a picture."""
    notebook.page.wait_for_function(_DRAWN, arg=[index, count])


def move_slider(notebook, index: int) -> None:
    """Click along the slider of a cell's Plotly figure until the figure becomes another."""
    plot = notebook.output(index).locator(".js-plotly-plot")
    rail = plot.locator(".slider-rail-touch-rect")
    rail.scroll_into_view_if_needed()
    before, handle = plot.evaluate(_LOOK), plot.element_handle()
    for share in (0.85, 0.4, 0.05):
        box = rail.bounding_box()
        notebook.page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        try:
            notebook.page.wait_for_function(_CHANGED, arg=[handle, before], timeout=8000)
            break
        except Exception as error:
            if "Timeout" not in type(error).__name__:
                raise
    else:
        raise AssertionError(f"cell {index}: the slider changes nothing")
    await_drawn(notebook, index)  # A figure once vanished at the first move.
