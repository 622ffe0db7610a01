"""Made-up graded submissions, without a kernel: for what happens after grading."""

import copy

import nbformat

from course.grading.gradebooks import Grades, merge, register
from course.grading.kept import Result, Submission, keep
from course.grading.task import Outcome
from course.release import make_release
from helpers.checks import Verdict

ANSWER = "def cosine(u, v):\n    return u @ v"
WRITTEN = "W-why"


def add_written(lesson):
    """Give the start page a question that a person grades."""
    notebook = nbformat.read(lesson.solution, as_version=4)
    cell = nbformat.v4.new_markdown_cell("The secret model answer.", id=WRITTEN)
    cell.metadata["nbgrader"] = {
        "grade": True,
        "grade_id": WRITTEN,
        "locked": False,
        "points": 3,
        "schema_version": 3,
        "solution": True,
        "task": False,
        "cell_type": "markdown",
    }
    notebook.cells.append(cell)
    nbformat.write(notebook, lesson.solution)
    lesson.release.write_bytes(make_release(lesson.name, notebook))


def verdict(check, state="wrong", message="not right yet.", misconception=None):
    return Verdict(check, state, message, float(state == "passed"), 1.0, misconception)


def hand_in(lesson, student, **answers):
    """Write a submission and return it; `answers` by id of the cell, with _ for -."""
    notebook = nbformat.read(lesson.release, as_version=4)
    for name, source in answers.items():
        wanted = name.replace("_", "-")
        next(cell for cell in notebook.cells if cell.id == wanted).source = source
    item = Submission(lesson, student)
    item.folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, item.folder / f"{lesson.name}.ipynb")
    return item


def outcome_of(
    task_or_item, cosine=None, conclusions=None, written=None, penalty=None, answers=None, **more
):
    """Make an outcome as grading would; `written` is nbgrader's own score, None for a person."""
    lesson = task_or_item.lesson
    verdicts = [
        cosine or verdict("W-cosine", "passed", "right."),
        conclusions or verdict("W-conclusions", "passed", "right."),
    ]
    scores = {v.check: v.points for v in verdicts}
    grades = Grades(scores | {WRITTEN: written}, {WRITTEN: None}, None, penalty, answers or {})
    name = lesson if isinstance(lesson, str) else lesson.name
    return Outcome(name, task_or_item.student, "graded", verdicts=verdicts, grades=grades, **more)


def graded(item, db_url, outcome, known=False):
    """Keep and merge an outcome as a run of `course grade` does."""
    if not known:
        register(db_url, item.lesson.name, nbformat.read(item.lesson.solution, as_version=4))
    notebook = (item.folder / f"{item.lesson.name}.ipynb").read_text(encoding="utf-8")
    keep(Result(item, "digest", _with(outcome, notebook)))
    merge(db_url, item.lesson.name, [(item.student, outcome.grades, list(outcome.grades.scores))])
    return outcome


def _with(outcome, notebook):
    made = copy.copy(outcome)
    made.autograded = notebook
    return made
