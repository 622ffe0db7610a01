"""Feedback for a learner: one page that opens offline and holds no script and no hidden test.

It is made from the verdicts and the gradebook, never from the executed notebook, so nothing that
submitted code displayed can get into it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jinja2 import Environment, select_autoescape
from nbformat import NotebookNode

from course.cells import kinds
from course.errors import CourseError
from course.grading.classroom import Submission
from course.grading.task import Outcome
from course.reading import read_notebook
from helpers.checks import Conclusions, get

__all__ = ["ManualGrade", "manual_grades", "render", "write_feedback"]

_STATES = {
    "passed": "right",
    "wrong": "not right yet",
    "timeout": "too slow",
    "error": "stopped with an error",
    "not attempted": "not attempted",
}


@dataclass(frozen=True)
class ManualGrade:
    """What the gradebook says of one cell.

    Attributes
    ----------
    score : float or None
        None while a person has not graded it.
    most : float
        Points that it can earn.
    comment : str or None
        A person's, else nbgrader's own.
    """

    score: float | None
    most: float
    comment: str | None


def manual_grades(db_url: str, lesson: str, student: str) -> dict[str, ManualGrade]:
    """Read a student's grades, as they stand after manual grading, by grade id.

    Raises
    ------
    CourseError
        When the gradebook does not know the submission.
    """
    from nbgrader.api import Gradebook, MissingEntry

    from course.grading.pipeline import prepare_nbgrader

    prepare_nbgrader()
    with Gradebook(db_url) as book:
        try:
            (notebook,) = book.find_submission(lesson, student).notebooks
        except MissingEntry as error:
            raise CourseError(
                f"{student}, {lesson}: not in the gradebook, run course grade first"
            ) from error
        comments = {
            comment.name.removesuffix("-answer"): comment.comment for comment in notebook.comments
        }
        return {
            grade.name: ManualGrade(
                None if grade.needs_manual_grade and grade.manual_score is None else grade.score,
                grade.max_score,
                comments.get(grade.name),
            )
            for grade in notebook.grades
        }


def render(outcome: Outcome, solution: NotebookNode, graded: NotebookNode, grades: dict) -> str:
    """Make the page.

    Parameters
    ----------
    outcome : Outcome
        Verdicts and repairs.
    solution : NotebookNode
        The lesson's solution notebook, for the order of the exercises.
    graded : NotebookNode
        The autograded notebook, for the learner's own answers.
    grades : dict of str to ManualGrade
        From :func:`manual_grades`.
    """
    verdicts = {verdict.check: verdict for verdict in outcome.verdicts}
    answers = {
        cell.metadata.nbgrader.grade_id.removesuffix("-answer"): cell.source
        for cell in graded.cells
        if kinds(cell) in ("answer", "written")
    }
    exercises = []
    for cell in solution.cells:
        if kinds(cell) not in ("check", "written"):
            continue
        name = cell.metadata.nbgrader.grade_id
        found = grades.get(name)
        item = _written(name, found) if kinds(cell) == "written" else _checked(verdicts[name])
        item["answer"] = answers.get(name, "")
        if found:
            item["comment"] = found.comment
            if found.score is not None:
                item["points"] = f"{found.score:g} of {found.most:g} points"
        exercises.append(item)
    return _PAGE.render(
        title=outcome.lesson,
        student=outcome.student,
        points=_total(grades),
        repairs=outcome.repairs,
        exercises=exercises,
    )


def _checked(verdict) -> dict:
    item = get(verdict.check)
    after = ""
    if verdict.state == "not attempted":
        after = f"Try it: about {item.minutes} minutes. The hints stand below the exercise."
    elif not verdict.passed:
        after = (
            "Next: run the check in your notebook after each change. It shows the smallest input "
            "that goes wrong; the hints below the exercise go step by step."
        )
    return {
        "name": verdict.check,
        "title": item.title,
        "kind": verdict.state.replace(" ", "-"),
        "state": _STATES[verdict.state],
        "points": f"{verdict.points:g} of {verdict.max_points:g} points",
        "message": "" if verdict.state == "not attempted" else verdict.message,
        # A letter that was chosen wrongly has its explanation in the message.
        "misconception": None if isinstance(item, Conclusions) else verdict.misconception,
        "next": after,
    }


def _written(name: str, found: ManualGrade | None) -> dict:
    waiting = found is None or found.score is None
    return {
        "name": name,
        "title": "your own words",
        "kind": "written",
        "state": "not graded yet" if waiting else "graded",
        "points": "a person reads this",
    }


def _total(grades: dict[str, ManualGrade]) -> str:
    got = sum(grade.score or 0 for grade in grades.values())
    most = sum(grade.most for grade in grades.values())
    waiting = sum(grade.score is None for grade in grades.values())
    text = f"{got:g} of {most:g} points"
    return f"{text}; {waiting} answers are still to be read by a person" if waiting else text


_PAGE = Environment(autoescape=select_autoescape(default_for_string=True)).from_string(
    Path(__file__).with_name("feedback.html").read_text(encoding="utf-8")
)


def write_feedback(item: Submission, outcome: Outcome, db_url: str) -> Path:
    """Write a learner's feedback to where nbgrader's release_feedback takes it from.

    Returns
    -------
    Path
        ``feedback/<student>/<lesson>/<lesson>.html``.

    Raises
    ------
    CourseError
        When the submission is not graded, or the page cannot be written.
    """
    path = item.autograded / f"{item.lesson.name}.ipynb"
    if not path.is_file():
        raise CourseError(f"{item.student}, {item.lesson.name}: run course grade first")
    page = render(
        outcome,
        read_notebook(item.lesson.solution),
        nbformat.read(path, as_version=4),
        manual_grades(db_url, item.lesson.name, item.student),
    )
    target = item.lesson.root / "feedback" / item.student / item.lesson.name
    target /= f"{item.lesson.name}.html"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.write_text(page, encoding="utf-8")
        os.replace(part, target)
    except OSError as error:
        raise CourseError(f"{target} cannot be written: {error.strerror}") from error
    return target
