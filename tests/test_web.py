"""The web edition: what is on a page, what is not, and that it stands alone."""

import base64
import io
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from bs4 import BeautifulSoup

from course.errors import CourseError
from course.layout import Course
from course.web import build_site
from course.web.links import link_problems
from course.web.pages import PLOTLY, fenced, lesson_page
from course.web.site import LISTING
from tests.support.solutions import ROOT

# myst-parser's own, for the Sphinx after the next.
pytestmark = pytest.mark.filterwarnings("ignore:.*MystReferenceResolver.app")

README = """# A course

Head with ![a map](picture.png) and [a file](CONTRIBUTING.md).

## Start

Type `make lab`.

## The map

| lesson | what |
|---|---|
| [00 First](notebooks/00_first/00_first.ipynb) | one |
| [02 Later](notebooks/02_later/02_later.ipynb) | not there |

## Change it

Not on the site.
"""


def png():
    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    Figure(figsize=(2, 1)).savefig(buffer, format="png", dpi=50)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def code(source, *outputs, grade_id=None, **info):
    cell = nbformat.v4.new_code_cell(source, outputs=list(outputs))
    return graded(cell, grade_id, info)


def text(source, grade_id=None, **info):
    return graded(nbformat.v4.new_markdown_cell(source), grade_id, info)


def graded(cell, grade_id, info):
    if grade_id:
        cell.metadata["nbgrader"] = {"grade_id": grade_id, **info}
    return cell


def said(words):
    return nbformat.v4.new_output("stream", text=words)


def shown(**data):
    data = {kind.replace("__", "/"): content for kind, content in data.items()}
    return nbformat.v4.new_output("display_data", data=data)


ANSWER = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
STUB = "def double(x):\n    raise NotImplementedError  # YOUR CODE HERE"
CHECK = 'check("X-double", double)\n'
SECRET = '### BEGIN HIDDEN TESTS\ncheck("X-double", double, seed=7301)\n### END HIDDEN TESTS'
FRAME = (
    '<iframe title="a live map" sandbox="allow-scripts" style="height:9em" '
    'srcdoc="&lt;p&gt;&quot;live&quot;&lt;/p&gt;"></iframe>'
)


def first():
    figure = {"data": [{"y": [1, 3, 2]}], "layout": {"height": 300}, "config": {}}
    live = shown(image__png=png(), text__plain='up & "down"')
    live.data[PLOTLY] = figure
    return [
        text("# First\n\n$x^2$ and a link to [there](../01_next/01_next.ipynb#Is-it-5,-too?)"),
        text("So it is\n$$y = \\frac{a}{b}.$$\nThis goes on.\n\n% no comment\n\nand {a}`role`"),
        code("print('a < b')", said("a < b\n")),
        code("plot()", shown(image__png=png(), text__plain="A still figure.")),
        code("live()", live),
        code("show_map()", shown(image__png=png(), text__plain="map"), shown(text__html=FRAME)),
        code("show_search(engine)", shown(text__html="<b>found</b>")),
        code(ANSWER, grade_id="X-double-answer", solution=True, grade=False),
        code(CHECK + SECRET, said("X-double: right.\n"), grade_id="X-double", grade=True),
        text("<details><summary>Hint 1</summary>\n\nTwo *times*.\n\n</details>"),
        text("The model says $z$.", grade_id="Q01-written", solution=True, grade=True),
    ]


def released(cells):
    cells = [cell.copy() for cell in cells]
    cells[7] = code(STUB, grade_id="X-double-answer", solution=True, grade=False)
    cells[8] = code(CHECK.strip(), grade_id="X-double", grade=True)
    cells[10] = text("*Write here.*", grade_id="Q01-written", solution=True, grade=True)
    return cells


def put(root, name, cells, release):
    for folder, content in (("solutions", cells), ("notebooks", release)):
        path = root / folder / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(nbformat.v4.new_notebook(cells=content), path)
    (root / "solutions" / name / f"{name}.py").write_text("# %%\n", encoding="utf-8")


@pytest.fixture(scope="module")
def two_lessons(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    (root / "README.md").write_text(README, encoding="utf-8")
    (root / "picture.png").write_bytes(base64.b64decode(png()))
    (root / "nbgrader_config.py").touch()
    cells = first()
    put(root, "00_first", cells, released(cells))
    last = [text("# Next\n\n## Is it 5, too?\n\nYes.")]
    put(root, "01_next", last, last)
    return Course(root)


@pytest.fixture(scope="module")
def site(two_lessons):
    assert build_site(two_lessons, two_lessons.root / "out") == 3
    return two_lessons.root / "out"


@pytest.fixture
def own(two_lessons, tmp_path):
    """A copy that a test may break."""
    shutil.copytree(two_lessons.root, tmp_path / "course", ignore=shutil.ignore_patterns("out"))
    return Course((tmp_path / "course").resolve())


def page(site, name="00_first"):
    return BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_answers_are_folded_and_the_stub_is_not(site):
    article = page(site).article
    folds = article.select("details.solution")
    titles = [fold.summary.text for fold in folds]
    assert titles == ["Show the solution of X-double", "Show a model answer to Q01"]
    assert "return 2 * x" in folds[0].text and "The model says" in folds[1].text
    for fold in folds:
        fold.decompose()
    assert "NotImplementedError" in article.text and "YOUR CODE" not in article.text
    assert "2 * x" not in article.text and "The model says" not in article.text


def test_hidden_tests_and_markers_are_nowhere(site):
    for path in site.rglob("*"):
        if path.suffix in (".html", ".js") and "plotly" not in path.name:
            raw = path.read_text(encoding="utf-8")
            assert "7301" not in raw and "HIDDEN TESTS" not in raw and "BEGIN SOLU" not in raw


def test_outputs_and_hints_are_shown(site):
    article = page(site).article
    assert [pre.text for pre in article.select("pre.output")] == ["a < b", "X-double: right."]
    hint = next(d for d in article.select("details") if d.summary.text == "Hint 1")
    assert hint.em.text == "times"
    assert "search box" in article.select("p.note")[0].text
    assert article.select_one("div.output b").text == "found"


def test_figures_are_files_with_alt_text(site):
    article = page(site).article
    still = article.find("img", alt="A still figure.")
    assert (site / still["src"]).read_bytes().startswith(b"\x89PNG")
    assert (still["width"], still["height"], still["loading"]) == ("100", "50", "lazy")
    live = article.select_one(".live-figure")
    assert live["aria-label"] == live.img["alt"] == 'up & "down"'
    script = (site / live["data-figure"]).read_text(encoding="utf-8")
    assert script.startswith(f'courseFigure("{live["data-figure"]}",{{') and '"y":[1,3,2]' in script
    frame = article.iframe
    assert (site / frame["src"]).read_text(encoding="utf-8") == '<p>"live"</p>'
    assert frame["sandbox"] == ["allow-scripts"] and frame["title"] == "a live map"
    assert article.select_one("noscript img")["alt"] == "map"


def test_formulas_of_both_kinds_and_plain_markdown(site):
    article = page(site).article
    formulas = [formula.text for formula in article.select(".math")]
    assert formulas[0] == r"\(x^2\)" and r"\frac{a}{b}" in formulas[1] and len(formulas) == 3
    prose = article.text
    assert "$" not in prose and "This goes on." in prose
    assert "% no comment" in prose and "{a}" in prose


def test_links_between_lessons_lead_to_the_heading(site):
    link = next(a for a in page(site).article.select("a") if a.text == "there")
    name, anchor = link["href"].split("#")
    assert name == "01_next.html"
    assert page(site, "01_next").find(id=anchor).h2.text.startswith("Is it 5, too?")


def test_the_front_page_is_the_readme_s_head_and_map(site):
    article = page(site, "index").article
    links = {a.text: a["href"] for a in article.select("a.reference")}
    assert links == {"00 First": "00_first.html"}
    assert "02 Later" in article.text and "make lab" in article.text
    assert "Not on the site" not in article.text
    assert article.img["alt"] == "a map" and (site / article.img["src"]).is_file()


def test_nothing_is_broken_and_nothing_comes_from_elsewhere(site):
    assert link_problems(site) == []
    for name in ("plotly.min.js", "tex-svg-full.js"):
        assert (site / "_static" / name).stat().st_size > 1e6
    assert "plotly.min.js" not in (site / "00_first.html").read_text(encoding="utf-8")
    assert "Search.setIndex" in (site / "searchindex.js").read_text(encoding="utf-8")
    assert (site / ".nojekyll").is_file()


@pytest.mark.parametrize(
    ("piece", "problem"),
    [
        ('<a href="nowhere.html">x</a>', "no such file"),
        ('<a href="#nothing">x</a>', "no such heading"),
        ('<a href="01_next.html#nothing">x</a>', "no such heading"),
        ('<a href="/01_next.html">x</a>', "out of the site"),
        ('<img src="nothing.png" alt="x">', "no such file"),
        ('<img src="_images/picture.png">', "without an alt text"),
        ('<script src="https://example.org/x.js"></script>', "another host"),
        ('<script src="//example.org/x.js"></script>', "another host"),
        ('<link rel="stylesheet" href="http://example.org/x.css">', "another host"),
        ("<style>@font-face{src:url(https://example.org/x.woff)}</style>", "another host"),
        ('<p style="background:url(//example.org/x.png)">x</p>', "another host"),
        ('<iframe src="https://example.org"></iframe>', "another host"),
    ],
)
def test_the_link_checker_finds(site, tmp_path, piece, problem):
    shutil.copytree(site, tmp_path / "site")
    path = tmp_path / "site" / "00_first.html"
    raw = path.read_text(encoding="utf-8").replace("</article>", f"{piece}</article>", 1)
    path.write_text(raw, encoding="utf-8")
    (found,) = link_problems(tmp_path / "site")
    assert problem in found and found.startswith("00_first.html: ")


def test_links_to_other_hosts_are_fine_for_readers(site, tmp_path):
    (tmp_path / "x.html").write_text('<a href="https://example.org/">x</a>', encoding="utf-8")
    assert link_problems(tmp_path) == []


def test_building_again_gives_the_same_bytes_in_any_place(two_lessons, site, tmp_path):
    before = contents(site)
    build_site(two_lessons, tmp_path / "deep" / "elsewhere")
    assert contents(tmp_path / "deep" / "elsewhere") == before
    build_site(two_lessons, site)
    assert contents(site) == before
    assert not [p for p in site.parent.iterdir() if p.name.startswith(".out")]


def fails(course, out, words):
    with pytest.raises(CourseError, match=re.escape(words)):
        build_site(course, out)


def test_a_missing_or_broken_notebook(own, tmp_path):
    path = own.root / "solutions" / "01_next" / "01_next.ipynb"
    path.write_text("{", encoding="utf-8")
    fails(own, tmp_path / "out", "solutions/01_next/01_next.ipynb cannot be read as a notebook")
    path.unlink()
    fails(own, tmp_path / "out", "01_next.ipynb is missing: run course build 01")
    assert not (tmp_path / "out").exists() and list(tmp_path.iterdir()) == [own.root]


def test_a_failing_build_keeps_the_old_site(own, tmp_path):
    build_site(own, tmp_path / "out")
    before = contents(tmp_path / "out")
    bad = [text("# Next\n\n[nowhere](../00_first/00_first.ipynb#No-such-heading)")]
    nbformat.write(
        nbformat.v4.new_notebook(cells=bad), own.root / "solutions/01_next/01_next.ipynb"
    )
    fails(own, tmp_path / "out", "the site has a problem: ")
    assert contents(tmp_path / "out") == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["course", "out"]


def test_notebooks_that_do_not_belong_together(own):
    nbformat.write(nbformat.v4.new_notebook(), own.root / "notebooks/00_first/00_first.ipynb")
    with pytest.raises(CourseError, match="no cell 'X-double-answer': run course build 00"):
        lesson_page(own.lesson("00"))


def test_other_people_s_files_are_kept(own, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    build_site(own, out)  # An empty folder is fine.
    (out / "CNAME").write_text("example.org", encoding="utf-8")
    fails(own, out, "holds other files, such as CNAME")
    (out / "CNAME").unlink()
    (out / LISTING).unlink()
    fails(own, out, "holds other files")
    assert (out / "index.html").is_file()


def test_places_that_cannot_be(own, tmp_path):
    (tmp_path / "file").touch()
    fails(own, tmp_path / "file", "is a file: name a folder")
    fails(own, tmp_path / "file" / "out", "cannot be written")


@pytest.mark.parametrize("gone", ["## The map", "## Start", "|"])
def test_a_readme_without_what_the_front_page_needs(own, tmp_path, gone):
    readme = own.root / "README.md"
    readme.write_text(README.replace(gone, "x"), encoding="utf-8")
    fails(own, tmp_path / "out", "the front page needs it")
    readme.unlink()
    fails(own, tmp_path / "out", "README.md cannot be read")


def test_a_fence_is_longer_than_any_inside():
    assert fenced("a ```` b", "text") == "`````text\na ```` b\n`````"


def test_the_command_says_where_or_why_not(own, tmp_path):
    def web(out):
        return subprocess.run(
            [sys.executable, "-m", "course", "web", str(out)],
            capture_output=True,
            encoding="utf-8",
            cwd=own.root,
        )

    done = web(tmp_path / "out")
    assert done.returncode == 0 and "3 pages: open " in done.stdout and not done.stderr
    (tmp_path / "out" / "mine.txt").touch()
    done = web(tmp_path / "out")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "course: " in done.stderr and "mine.txt" in done.stderr


@pytest.mark.slow
def test_every_formula_of_the_course_is_read_as_one(tmp_path):
    course = Course(ROOT)
    assert build_site(course, tmp_path / "site") == len(course.lessons()) + 1
    for lesson in course.lessons():
        article = page(tmp_path / "site", lesson.name).article
        assert article.select(".math")
        for node in article.select("pre, code, .math, script, noscript, .output"):
            node.decompose()
        assert "$" not in article.text and "](" not in article.text, lesson.name
