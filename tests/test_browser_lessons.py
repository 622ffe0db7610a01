"""In Chromium: each learner's notebook opens and runs to its first exercise, without a network."""

import json

import pytest

from course.layout import Course
from tests.conftest import ROOT
from tests.support.browser_figures import PLOTLY, await_drawn
from tests.support.browser_notebook import Notebook

LESSONS = Course(ROOT).lessons()
# They train word vectors for minutes before the first exercise: here only what that one needs runs.
LONG = {"05"}


def cells_to_run(cells, number):
    graded = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    check = next(
        place
        for place, cell in enumerate(cells)
        if cell["cell_type"] == "code" and graded[place].get("grade")
    )
    if number not in LONG:
        return list(range(check + 1))
    return [
        place
        for place in range(check + 1)
        if cells[place]["cell_type"] == "code"
        and (graded[place] or "setup" in cells[place]["metadata"].get("tags", []))
    ]


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_runs_to_the_first_exercise(lab, page, lesson):
    cells = json.loads(lesson.release.read_text(encoding="utf-8"))["cells"]
    places = cells_to_run(cells, lesson.number)
    notebook = Notebook(lab, page, f"{lesson.name}/{lesson.name}.ipynb")
    notebook.to_top()
    for place in places:
        notebook.go(place)
        notebook.run()
    notebook.finish(240)
    assert "not attempted yet" in notebook.told(places[-1])
    saved = notebook.save()["cells"]
    for place in places:
        if saved[place]["cell_type"] != "code":
            continue
        assert saved[place]["execution_count"], f"cell {place} has not run"
        outputs = saved[place]["outputs"]
        for output in outputs:
            told = output.get("traceback") or output.get("text")
            # The check of an exercise that is still as it came raises, in one line.
            assert output["output_type"] != "error" or place == places[-1], told
            assert output.get("name") != "stderr", told
        shown = [output.get("data", {}) for output in outputs]
        count = sum(PLOTLY in data or "image/png" in data for data in shown)
        count += sum("<img" in "".join(data.get("text/html", "")) for data in shown)
        if count:
            notebook.go(place)
            await_drawn(notebook, place, count)
