"""In Chromium: the start page, an exercise solved by typing, Validate, and the search box."""

import os
import re
import subprocess
import sys

import pytest

from course.lab import make_copies
from helpers.checks.lesson00 import W_COSINE
from tests.support.browser import TOKEN
from tests.support.browser_notebook import Notebook

START = "00_start_here/00_start_here.ipynb"
SETUP, ANSWER, CHECK = 2, 7, 8
RIGHT = "return float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)))"
WRONG = {
    "norms forgotten": "return float(u @ v)",
    "bracket left out": "return float(u @ v / np.linalg.norm(u) * np.linalg.norm(v))",
}


@pytest.fixture
def start_page(lab, page):
    """The start page, a fresh copy of it, open at the address that `course lab` shows."""
    (lab.course.root / "work" / START).unlink()
    make_copies(lab.course)
    return Notebook(lab, page, START, address=f"{lab.url}/?token={TOKEN}")


def answer(notebook, text):
    notebook.type_last_line(ANSWER, text)
    notebook.go(ANSWER)
    notebook.run()
    notebook.run()
    notebook.finish()
    return notebook.told(CHECK)


def begin(notebook):
    notebook.to_top()
    notebook.go(SETUP)
    notebook.run()


def test_start_page_opens_without_a_prompt(start_page):
    page = start_page.page
    assert page.locator(".jp-Notebook h1").inner_text().startswith("Start here")
    assert page.locator(".jp-Dialog").count() == 0
    assert page.locator(".Toastify__toast").count() == 0
    assert page.locator(".jp-Notification-Status-Bar, .jp-Notification-Status").count() <= 1


def test_solve_by_typing(start_page):
    begin(start_page)
    sentences = {held.name: held.sentence for held in W_COSINE.misconceptions}
    for name, text in WRONG.items():
        told = " ".join(answer(start_page, text).split())
        assert "not right yet" in told and " ".join(sentences[name].split()) in told
    assert "W-cosine: right" in answer(start_page, RIGHT)


def test_restart_keeps_the_work_and_check_agrees(start_page):
    page = start_page.page
    begin(start_page)
    assert "W-cosine: right" in answer(start_page, RIGHT)
    page.keyboard.press("0")
    page.keyboard.press("0")
    page.locator(".jp-Dialog").wait_for()
    with page.expect_response(re.compile("/api/kernels/.*/restart")):
        page.keyboard.press("Enter")
    start_page.finish()
    start_page.go(ANSWER)
    assert RIGHT in start_page.cell(ANSWER).inner_text()
    begin(start_page)
    start_page.go(ANSWER)
    start_page.run()
    start_page.run()
    start_page.finish()
    assert "W-cosine: right" in start_page.told(CHECK)
    assert RIGHT in "".join(start_page.save()["cells"][ANSWER]["source"])
    root = start_page.lab.course.root
    checked = subprocess.run(
        [sys.executable, "-m", "course", "check", "00"],
        cwd=root,
        env=os.environ | {"COURSE_ROOT": str(root), "COLUMNS": "100"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    told = checked.stdout + checked.stderr
    assert re.search(r"W-cosine\b.*\bright\b", told), told
    assert re.search(r"W-conclusions\b.*\bnot attempted\b", told), told


def validate(notebook):
    notebook.page.get_by_role("button", name="Validate").click()
    dialog = notebook.page.locator(".jp-Dialog")
    dialog.get_by_text("Validation Results").wait_for()
    told = dialog.inner_text()
    notebook.page.keyboard.press("Enter")
    dialog.wait_for(state="detached")
    return told


def test_validate(start_page):
    assert "W-cosine: not attempted yet" in validate(start_page)
    start_page.to_top()
    start_page.type_last_line(ANSWER, RIGHT)
    cells = start_page.save()["cells"]
    choice = next(
        place for place, cell in enumerate(cells) if "chosen_w = ..." in "".join(cell["source"])
    )
    start_page.type_last_line(choice, 'chosen_w = {"A", "C"}')
    assert "Success" in validate(start_page)


SEARCH = """from helpers import data
from helpers.bm25 import BM25
from helpers.models import load_minilm
from helpers.search_app import SearchEngine, show_search

pages = data.retrieval_set().documents
pages = [page for i, page in enumerate(pages) if i % 8 == 0 or "W-140" in page.content]
retrieval = data.RetrievalSet(tuple(pages), ())
documents = [page.content for page in pages]
minilm = load_minilm()
engine = SearchEngine(retrieval, minilm, minilm.encode(documents), BM25(documents))
show_search(engine, "water droplets on the inside of my shelter", mode="meaning")"""


@pytest.mark.data
def test_search_box(lab, page):
    notebook = Notebook.with_code(lab, page, "search.ipynb", SEARCH)
    output = notebook.output(0)
    titles = output.locator("ol > li > b:first-child")
    titles.first.wait_for()
    before = titles.all_inner_texts()
    field = output.get_by_role("textbox").first
    tab_to(page, field)
    page.keyboard.press("Control+A")
    page.keyboard.type("W-140")
    output.get_by_text("W-140").first.wait_for()
    page.wait_for_function(
        "([list, before]) => list.innerText !== before",
        arg=[output.locator("ol").element_handle(), "\n".join(before)],
    )
    meaning = titles.all_inner_texts()
    assert meaning and meaning != before
    tab_to(page, output.get_by_role("button", name="words", exact=True))
    page.keyboard.press("Space")
    output.get_by_text("words: rank 1").first.wait_for()
    assert output.locator("mark", has_text="W-140").count()


def tab_to(page, wanted):
    """Press Tab until it has the focus, as somebody without a mouse does."""
    for _ in range(40):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not lead there")
