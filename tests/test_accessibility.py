"""Figures, prose and answers for readers who see colours otherwise, use no mouse, or do not see.

Colour vision is simulated as Machado, Oliveira and Fernandes (2009) model it, for eyes that lack
one kind of cone; differences of colours are CIEDE2000; contrasts are those of WCAG 2.1.
"""

import importlib
import json
import re
import shutil
import subprocess
from functools import cache
from itertools import combinations
from pathlib import Path
from urllib.parse import unquote

import matplotlib
import nbformat
import numpy as np
import plotly.graph_objects as go
import pytest
from coloraide import Color as BaseColour
from coloraide.contrast.wcag21 import WCAG21Contrast
from coloraide.distance.delta_e_2000 import DE2000
from coloraide.filters.cvd import Deutan, Protan, Tritan

from course.answers import find_answer, is_attempted
from course.cli import app
from course.errors import CourseError
from course.layout import Course
from course.reading import read_solution
from course.stamp import KEY, make_stamp
from helpers import plots
from helpers.plots import layout_grid

ROOT = Path(__file__).parent.parent
SOLUTIONS = sorted(ROOT.glob("solutions/*/*.ipynb"))
RELEASES = sorted(ROOT.glob("notebooks/*/*.ipynb"))
NO_NAME = {"here", "this", "link", "click", "click here", "more", "read more"}
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


class Colour(BaseColour):
    pass


Colour.register([Protan(), Deutan(), Tritan(), DE2000(), WCAG21Contrast()], overwrite=True)


def named(path):
    return f"{path.parent.parent.name}/{path.parent.name[:2]}"


def cells(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        yield cell | {"source": "".join(cell["source"])}


def prose(path):
    return [CODE.sub("", cell["source"]) for cell in cells(path) if cell["cell_type"] == "markdown"]


def outputs(path):
    for cell in cells(path):
        for output in cell.get("outputs", []):
            yield output.get("data", {}), output.get("metadata", {})


# Colours


def nearest(colours):
    """The smallest difference of two of the colours, with any kind of colour vision."""
    kinds = (None, "protan", "deutan", "tritan")
    seen = [
        [Colour(c) if kind is None else Colour(c).filter(kind, 1) for c in colours]
        for kind in kinds
    ]
    return min(a.delta_e(b, method="2000") for each in seen for a, b in combinations(each, 2))


@pytest.mark.parametrize(
    "colours, apart", [(plots.COLOURS, 10), (layout_grid._TEN, 9)], ids=["six", "ten"]
)
def test_colours_can_be_told_apart_and_stand_out_from_white(colours, apart):
    assert len(set(colours)) == len(colours)
    assert nearest(colours) > apart
    assert min(Colour(c).contrast("white", method="wcag21") for c in colours) >= 3


def test_the_measure_sees_what_is_known():
    assert nearest(("#FF0000", "#00FF00")) > 10  # far apart in lightness
    assert nearest(("#A05A00", "#5A7A00")) < 10  # a brown and an olive, much the same to many


@pytest.mark.parametrize("name", [plots.SEQUENTIAL, "viridis", "gray_r"])
def test_scales_go_from_dark_to_light_only(name):
    light = np.array([lightness(name, at) for at in np.linspace(0, 1, 64)])
    steps = np.diff(light)
    assert (steps > 0).all() or (steps < 0).all()
    assert np.ptp(light) > 60


def test_the_two_sided_scale_is_palest_in_the_middle():
    light = np.array([lightness(plots.DIVERGING, at) for at in np.linspace(0, 1, 65)])
    assert (np.diff(light)[:32] > 0).all() and (np.diff(light)[32:] < 0).all()


def lightness(name, at):
    return Colour("srgb", matplotlib.colormaps[name](at)[:3]).convert("lab-d65")["lightness"]


def test_no_text_in_a_figure_is_smaller_than_seven_points():
    files = [*ROOT.glob("helpers/plots/*.py"), *ROOT.glob("solutions/*/*.py")]
    sizes = [
        float(size)
        for file in files
        for size in re.findall(r"fontsize=([\d.]+)", file.read_text(encoding="utf-8"))
    ]
    assert sizes and min(sizes) >= 7


# Texts


@pytest.mark.parametrize("path", SOLUTIONS, ids=named)
def test_every_figure_says_what_is_to_be_seen(path):
    for data, metadata in outputs(path):
        if "image/png" in data or "application/vnd.plotly.v1+json" in data:
            alt = "".join(data["text/plain"])
            assert metadata["image/png"]["alt"] == alt
            assert 75 <= len(alt) <= 500 and len(alt.split()) >= 12, alt
            assert not re.match(r"(an? )?(figure|image|picture|plot|chart)\b", alt, re.I), alt
            assert alt.rstrip().endswith("."), alt
        for frame in re.findall(r"<(?:iframe|img)\b[^>]*>", "".join(data.get("text/html", ""))):
            assert re.search(r'(title|alt)="[^"]{20,}"', frame), frame[:100]


@pytest.mark.parametrize("path", SOLUTIONS + RELEASES, ids=named)
def test_headings_go_down_one_step_at_a_time(path):
    levels = [
        (len(mark), text)
        for cell in prose(path)
        for mark, text in re.findall(r"^(#+) (.+)$", cell, re.MULTILINE)
    ]
    assert [level for level, _ in levels].count(1) == 1 and levels[0][0] == 1
    for (above, _), (level, text) in zip(levels, levels[1:], strict=False):
        assert level <= above + 1, text


@pytest.mark.parametrize("path", SOLUTIONS + RELEASES, ids=named)
def test_links_tables_and_folded_parts_name_themselves(path):
    for cell in prose(path):
        for text, _ in re.findall(r"(?<!!)\[([^\]]*)\]\(([^)]*)\)", cell):
            assert text.strip() and text.strip().lower() not in NO_NAME, cell[:80]
        for alt, address in re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", cell):
            assert alt.strip(), address
        for row in re.findall(r"^\|(.*)\|\n\|[-: |]+\|$", cell, re.MULTILINE):
            assert all(head.strip() for head in row.split("|")), row
        assert cell.count("<details") == cell.count("</details>") == cell.count("<summary>")
        # Behind the summary Markdown needs an empty line, or it stays as it was typed.
        for summary, after in re.findall(r"<summary>(.*?)</summary>(\n\s*\n)?", cell, re.DOTALL):
            assert summary.strip() and after, summary


@pytest.mark.parametrize("path", RELEASES, ids=named)
def test_hints_come_in_their_order(path):
    for cell in prose(path):
        numbers = [int(n) for n in re.findall(r"<summary>Hint (\d)", cell)]
        assert numbers == sorted(numbers), cell[:80]


# Figures in a notebook


@pytest.fixture
def shown(monkeypatch):
    monkeypatch.delenv("COURSE_BUILD", raising=False)
    bundles = []
    module = importlib.import_module("helpers.plots.show")  # the package has a function "show"
    monkeypatch.setattr(module, "display", lambda item, **kwargs: bundles.append((item, kwargs)))
    return bundles


def test_a_live_picture_has_an_alt_attribute(shown):
    fig, ax = plots.figure()
    ax.plot([1, 2])
    plots.show(fig, 'A "rising" line <b>.')
    ((bundle, _),) = shown
    assert 'alt="A &quot;rising&quot; line &lt;b&gt;."' in bundle["text/html"]
    assert 'src="data:image/png;base64,iVBOR' in bundle["text/html"]
    assert bundle["text/plain"] == 'A "rising" line <b>.' and "image/png" not in bundle


def test_a_stored_picture_is_a_png_with_its_text(shown, monkeypatch):
    monkeypatch.setenv("COURSE_BUILD", "1")
    fig, _ = plots.figure()
    plots.show(fig, "Nothing.")
    plots.show_interactive(go.Figure(), fig, "Nothing live.")
    (first, how), (second, _) = shown
    assert how["metadata"]["image/png"]["alt"] == "Nothing." and "text/html" not in first
    assert {"image/png", "application/vnd.plotly.v1+json"} <= set(second)


def test_a_figure_without_a_text_is_refused(shown):
    fig, _ = plots.figure()
    with pytest.raises(ValueError, match="alt text"):
        plots.show(fig, " ")
    with pytest.raises(ValueError, match="alt text"):
        plots.show_interactive(go.Figure(), fig, "")
    assert not shown


def moving_figure():
    fig = go.Figure([go.Bar(y=[1, 2]), go.Bar(y=[3, 4], visible=False)])
    steps = [
        {
            "label": f"<{i}>",
            "method": "update",
            "args": [{"visible": [i == 0, i == 1]}, {"title.text": f"{i} of 2 found"}],
        }
        for i in range(2)
    ]
    buttons = [
        {"label": name, "method": "restyle", "args": [{"marker.color": name}]}
        for name in ("teal", "navy")
    ]
    fig.update_layout(
        sliders=[{"steps": steps, "currentvalue": {"prefix": "k = ", "suffix": " cells"}}],
        updatemenus=[{"buttons": buttons}, {"buttons": buttons[::-1], "type": "buttons", "y": 0.5}],
    )
    return fig


def test_a_live_figure_has_its_text_values_and_controls_below(shown):
    plots.show_interactive(moving_figure(), plots.figure()[0], "Two </script> bars.")
    (plot, _), (words, _) = shown
    page = words["text/html"]
    assert "image/png" not in plot and "Two &lt;/script&gt; bars." in page
    assert page.count("</script>") == 1  # the alt text does not end the script
    assert 'aria-valuetext="k = &lt;0&gt; cells"' in page and page.count("<button") == 4
    assert '<th scope="row">&lt;1&gt;</th><td>1 of 2 found</td>' in page
    plots.show_interactive(go.Figure(), plots.figure()[0], "No slider.")
    assert "<table" not in shown[-1][0]["text/html"] and "<input" not in shown[-1][0]["text/html"]


@pytest.mark.skipif(not shutil.which("chromium"), reason="Debian's chromium is not installed")
def test_controls_below_move_plotly_itself(shown, tmp_path):
    plots.show_interactive(moving_figure(), plots.figure()[0], "Two bars.")
    (plot, _), (words, _) = shown
    figure = plot["application/vnd.plotly.v1+json"]
    library = Path(go.__file__).parent.parent / "package_data" / "plotly.min.js"
    page = tmp_path / "page.html"
    page.write_text(
        f"""<!doctype html><meta charset="utf-8"><script src="{library.as_uri()}"></script>
<div class="jp-RenderedPlotly" id="plot"></div><div>{words["text/html"]}</div>
<script>
const wait = (ms) => new Promise((go) => setTimeout(go, ms)), said = [];
const plot = document.getElementById("plot");
const state = () => said.push([plot.layout.title.text, plot.data[0].marker?.color,
                               plot.data.map((bar) => bar.visible ?? true)]);
const figure = {json.dumps(figure)};
Plotly.newPlot(plot, figure.data, figure.layout).then(async () => {{
  const range = document.querySelector("input");
  range.value = 1; range.dispatchEvent(new Event("input")); await wait(500); state();
  for (const button of document.querySelectorAll("details button")) {{
    button.click(); await wait(500); state();
  }}
  said.push([plot.getAttribute("role"), plot.getAttribute("aria-label"), range.ariaValueText]);
  document.body.dataset.said = encodeURIComponent(JSON.stringify(said));
}});
</script>""",
        encoding="utf-8",
    )
    switches = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
    switches += " --disable-background-networking --disable-component-update --disable-sync"
    done = subprocess.run(
        ["chromium", *switches.split(), f"--user-data-dir={tmp_path / 'profile'}",
         "--virtual-time-budget=20000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    found = re.search(r'data-said="([^"]*)"', done.stdout)
    assert found, done.stderr[-500:]
    slid, *clicked, named = json.loads(unquote(found[1]))
    assert slid == ["1 of 2 found", None, [False, True]]
    assert [colour for _, colour, _ in clicked] == ["teal", "navy", "navy", "teal"]
    assert named == ["figure", "Two bars.", "k = <1> cells"]


# Model answers


def run(*words):
    from typer.testing import CliRunner

    return CliRunner().invoke(app, ["answer", *words])


def write_in_own_copy(lesson, grade_id, source):
    notebook = json.loads(lesson.release.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            cell["source"] = source or cell["source"]
    lesson.own_copy.parent.mkdir(parents=True, exist_ok=True)
    lesson.own_copy.write_text(json.dumps(notebook), encoding="utf-8")


def test_hints_first_then_the_answer_to_who_has_tried(start):
    first = run("W-cosine")
    assert first.exit_code == 0 and "Hint 1" in first.stdout and "u @ v" in first.stdout
    assert "Next: course answer W-cosine 2" in first.stdout and "return float" not in first.stdout
    early = run("w-cosine", "3")
    assert isinstance(early.exception, CourseError)
    assert "no copy of yours in work/ yet: run course lab" in str(early.exception)
    assert "return float" in run("W-cosine", "3", "--anyway").stdout
    write_in_own_copy(start, "W-cosine-answer", None)
    assert "try first" in str(run("W-cosine", "3").exception)  # the stub is no attempt
    write_in_own_copy(start, "W-cosine-answer", "def cosine(u, v):\n    return u @ v")
    last = run("W-cosine", "3")
    assert "def cosine" in last.stdout and "###" not in last.stdout and "Next" not in last.stdout


def test_a_choice_is_shown_without_its_stub(start):
    said = run("W-conclusions", "1", "--anyway").stdout
    assert said.split("\n\n")[1] == 'chosen_w = {"A", "C"}'
    reasons = said.split("\n\n")[2].splitlines()
    assert [line[:1] for line in reasons] == list("ABCD")
    assert reasons[0].startswith("A follows. Scaling a vector")
    assert reasons[3].startswith("D does not follow. A cosine of 0")


def test_a_new_release_is_no_attempt_of_the_learners(start):
    write_in_own_copy(start, "W-cosine-answer", None)
    release = json.loads(start.release.read_text(encoding="utf-8"))
    for cell in release["cells"]:
        if cell["id"] == "W-cosine-answer":
            cell["source"] = "def cosine(a, b):\n    raise NotImplementedError"
    start.release.write_text(json.dumps(release), encoding="utf-8")
    restamp(start.release)
    answer = find_answer(Course(start.root), "W-cosine")
    assert not is_attempted(answer)
    # Only a copy without a stamp is compared with the release.
    copy = json.loads(start.own_copy.read_text(encoding="utf-8"))
    del copy["metadata"][KEY]
    start.own_copy.write_text(json.dumps(copy), encoding="utf-8")
    assert is_attempted(answer)


def restamp(path):
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata[KEY] = make_stamp(path.stem, notebook)
    nbformat.write(notebook, path)


@pytest.mark.parametrize("name", ["my copy.ipynb", "00_start_here-from-notebooks-1.ipynb"])
def test_a_try_in_any_copy_counts(start, name):
    write_in_own_copy(start, "W-cosine-answer", "def cosine(u, v):\n    return u @ v")
    start.own_copy.rename(start.own_copy.with_name(name))
    start.own_copy.write_bytes(start.release.read_bytes())
    assert run("W-cosine", "3").exit_code == 0
    start.own_copy.write_text("{", encoding="utf-8")  # One that is damaged does no harm.
    assert run("W-cosine", "3").exit_code == 0
    start.own_copy.with_name(name).unlink()
    assert "is damaged" in str(run("W-cosine", "3").exception)


@pytest.mark.parametrize(
    "words, said",
    [
        (["X-none"], "no exercise"),
        (["W-cosine", "9"], "3 parts"),
        (["W-conclusions", "3"], "has 1 part, not 3"),
        (["foo"], "its id stands under the heading of the task, such as W-cosine; course progress"),
        (["W"], "W-cosine"),
        ([""], "no exercise"),
    ],
)
def test_what_is_not_there_gets_a_line(start, words, said):
    problem = run(*words).exception
    assert isinstance(problem, CourseError) and said in str(problem)


def test_a_written_question_comes_rubric_first_then_by_paragraph():
    answer = find_answer(Course(ROOT), "Q01")
    assert answer.grade_id == "Q01-written" and "One point for each" in answer.before[0][1]
    assert len(answer.before) == 1 and len(answer.model) >= 2
    assert not any("<details" in text for _, text in answer.before + answer.model)
    assert find_answer(Course(ROOT), "q1") == find_answer(Course(ROOT), "Q1-written") == answer


def test_of_many_names_a_few_are_told():
    with pytest.raises(CourseError, match=r"there are Q\S+, .* and \d+ more") as caught:
        find_answer(Course(ROOT), "Q")
    assert str(caught.value).count(",") == 7


def test_every_exercise_has_its_parts(monkeypatch):
    monkeypatch.setattr("course.answers.read_solution", cache(read_solution))
    course = Course(ROOT)
    for lesson in course.lessons():
        for cell in cells(lesson.solution):
            info = cell["metadata"].get("nbgrader", {})
            if info.get("solution"):
                name = info["grade_id"].removesuffix("-answer")
                answer = find_answer(course, name)
                assert answer.lesson == lesson and all(text.strip() for _, text in answer.model)
                if info.get("grade"):
                    assert answer.before[0][1].strip()
                    assert re.search(r"point|\?", answer.before[0][1]), name
                    # Those are the hints of the exercise before.
                    assert not answer.before[0][1].startswith("Hint"), name


def test_nothing_written_is_not_an_attempt(start):
    answer = find_answer(type("Course", (), {"lessons": lambda self: [start]})(), "W-cosine")
    assert not is_attempted(answer)
