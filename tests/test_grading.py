"""A class of broken, misbehaving and cheating submissions beside honest ones."""

import json
import subprocess

import nbformat
import pytest

from course.grading.classroom import Settings, grade_class, submissions
from course.grading.sandbox import Limits, why_not
from tests.submissions import CASES, write

pytestmark = pytest.mark.skipif(why_not() is not None, reason=f"no sandbox: {why_not()}")

SECRET = "the-teachers-own-secret"


@pytest.fixture(scope="module")
def graded(module_course):
    """All cases, graded in one run."""
    lesson = module_course.lesson("00")
    for name, item in CASES.items():
        write(item, lesson.release, module_course.root / "submitted" / name / lesson.name)
    settings = Settings(
        jobs=2,
        db_url=f"sqlite:///{module_course.root / 'gradebook.db'}",
        limits=Limits(memory=3_000_000_000),
        timeout=6,
        budget=60,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEACHERS_TOKEN", SECRET)
        outcomes = grade_class(submissions(module_course, [lesson]), settings)
    return module_course, {outcome.student: outcome for outcome in outcomes}


def test_bank_is_large_enough():
    assert len(CASES) >= 45


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CASES))
def test_case_gets_its_result(name, graded):
    item, outcome = CASES[name], graded[1][name]
    told = f"{outcome.message} {'; '.join(outcome.repairs)}"
    if item.points is None:
        assert outcome.state == "unreadable", told
    else:
        assert outcome.state == "graded", told
        said = [verdict.message for verdict in outcome.verdicts]
        assert tuple(verdict.points for verdict in outcome.verdicts) == item.points, said
        assert outcome.grades.scores == dict(
            zip(("W-cosine", "W-conclusions"), item.points, strict=True)
        )
    assert item.says in told
    assert "\n" not in outcome.message and "/tmp" not in told


@pytest.mark.slow
def test_gradebook_holds_what_was_judged(graded):
    from nbgrader.api import Gradebook

    course, outcomes = graded
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        scores = {s.student.id: s.score for s in book.assignment_submissions("00_start_here")}
    wanted = {n: sum(i.points) for n, i in CASES.items() if i.points is not None}
    assert scores == wanted


@pytest.mark.slow
def test_nothing_is_left_behind(graded):
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert "sleep 98765" not in running.stdout
    course, _ = graded
    for path in (course.root / "autograded").rglob("*"):
        assert not path.is_symlink()
        if path.is_file():
            assert path.stat().st_size < 5_000_000
            assert SECRET not in path.read_text(encoding="utf-8")
    assert not (course.root / "autograded" / "grader_in_the_folder" / "helpers.py").exists()


@pytest.mark.slow
def test_graded_notebook_shows_the_verdict(graded):
    course, _ = graded
    path = course.root / "autograded" / "constant" / "00_start_here" / "00_start_here.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    check = next(c for c in notebook.cells if c.id == "W-cosine")
    assert check.outputs[0].output_type == "error"
    assert "not right yet" in check.outputs[0].evalue
    assert json.loads((course.root / "build/grading/00_start_here/blank.json").read_text())
