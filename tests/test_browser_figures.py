"""In Chromium: every stored figure is drawn, and each slider moves its figure."""

import nbformat
import pytest

from course.layout import Course
from tests.conftest import ROOT
from tests.support.browser_figures import PLOTLY, await_drawn, figures_notebook, move_slider
from tests.support.browser_notebook import Notebook

LESSONS = [lesson for lesson in Course(ROOT).lessons() if lesson.number != "00"]


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_figures(lab, page, lesson, monkeypatch):
    made = figures_notebook(nbformat.read(lesson.solution, 4), monkeypatch)
    path = f"figures_{lesson.number}.ipynb"
    nbformat.write(made, lab.course.root / "work" / path)
    lab.trust(path)
    notebook = Notebook(lab, page, path)
    notebook.to_top()
    assert made.cells
    for index, cell in enumerate(made.cells):
        notebook.go(index)
        await_drawn(notebook, index)
        layouts = [o.data[PLOTLY]["layout"] for o in cell.outputs if PLOTLY in o.data]
        if any(layout.get("sliders") for layout in layouts):
            move_slider(notebook, index)


LIVE = """import plotly.graph_objects as go
from helpers import plots

fig, ax = plots.figure()
ax.plot([1, 2])
plots.show(fig, "a line from 1 to 2, made in this cell")
plots.show_interactive(go.Figure(go.Scatter(y=[1, 2])), fig, "the same line, interactive")"""


def test_from_a_kernel(lab, page):
    notebook = Notebook.with_code(lab, page, "live.ipynb", LIVE)
    await_drawn(notebook, 0, count=2)
    assert not any(o["output_type"] in ("error", "stream") for o in notebook.saved_outputs(0))
