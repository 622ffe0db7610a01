"""Feedback for a learner: one page that opens offline and holds no script and no hidden test.

It is made from the verdicts and the gradebook, never from the executed notebook, so nothing that
submitted code displayed can get into it.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.cells import kinds
from course.errors import CourseError
from course.grading.kept import Submission, write_whole
from course.grading.pages import template
from course.grading.task import Outcome
from course.reading import read_notebook
from helpers.checks import Conclusions, get

__all__ = ["ManualGrade", "Standing", "render", "standing", "write_feedback", "write_unread"]

_STAMP, _SECRET = "timestamp.txt", "submission_secret.txt"
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


@dataclass(frozen=True)
class Standing:
    """A student's grades for a lesson, as they stand after manual grading.

    Attributes
    ----------
    grades : dict of str to ManualGrade
        By grade id.
    penalty : float
        Points taken off because it came late.
    """

    grades: dict[str, ManualGrade]
    penalty: float = 0.0

    @property
    def points(self) -> float:
        """What is earned so far; never below 0."""
        earned = sum(grade.score or 0 for grade in self.grades.values())
        return max(0.0, earned - self.penalty)

    @property
    def most(self) -> float:
        """What can be earned."""
        return sum(grade.most for grade in self.grades.values())

    @property
    def waiting(self) -> int:
        """Answers that a person has still to grade."""
        return sum(grade.score is None for grade in self.grades.values())


def standing(db_url: str, lesson: str, student: str) -> Standing:
    """Read a student's grades out of the class's gradebook.

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
        grades = {
            grade.name: ManualGrade(
                # What is marked is not final: nobody has looked yet, or the answer is another.
                None if grade.needs_manual_grade else grade.score,
                grade.max_score,
                comments.get(grade.name),
            )
            for grade in notebook.grades
        }
        return Standing(grades, notebook.late_submission_penalty or 0.0)


def render(
    outcome: Outcome, solution: NotebookNode, graded: NotebookNode, standing: Standing
) -> str:
    """Make the page.

    Parameters
    ----------
    outcome : Outcome
        Verdicts and repairs.
    solution : NotebookNode
        The lesson's solution notebook, for the order of the exercises.
    graded : NotebookNode
        The autograded notebook, for the learner's own answers.
    standing : Standing
        Points and comments of the gradebook.
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
        found = standing.grades.get(name)
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
        points=_total(standing),
        repairs=outcome.repairs,
        exercises=exercises,
    )


def _checked(verdict) -> dict:
    item = get(verdict.check)
    after = ""
    if verdict.state == "not attempted":
        minutes = "a minute" if item.minutes == 1 else f"{item.minutes} minutes"
        after = f"Try it: about {minutes}."
    elif isinstance(item, Conclusions) and not verdict.passed:
        after = "Next: look once more at what the cells above the exercise measured."
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


def _total(standing: Standing) -> str:
    parts = [f"{standing.points:g} of {standing.most:g} points"]
    if standing.penalty:
        parts.append(f"{standing.penalty:g} were taken off because it came late")
    if standing.waiting:
        parts.append(f"answers still to be read by a person: {standing.waiting}")
    return "; ".join(parts)


_PAGE = template("feedback.html")


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
    path = item.graded_notebook
    if not path.is_file():
        raise CourseError(f"{item.student}, {item.lesson.name}: run course grade first")
    page = render(
        outcome,
        read_notebook(item.lesson.solution),
        nbformat.read(path, as_version=4),
        standing(db_url, item.lesson.name, item.student),
    )
    return _write(item, page)


def write_unread(item: Submission, why: str) -> Path:
    """Write to a learner whose notebook could not be read, and say what to do.

    Returns
    -------
    Path
        As of :func:`write_feedback`.

    Raises
    ------
    CourseError
        When the page cannot be written.
    """
    page = _PAGE.render(
        title=item.lesson.name,
        student=item.student,
        points="Not graded: your notebook could not be read.",
        why=why,
        exercises=[],
    )
    return _write(item, page)


def _write(item: Submission, page: str) -> Path:
    folder = item.lesson.root / "feedback" / item.student / item.lesson.name
    target = folder / f"{item.lesson.name}.html"
    write_whole(target, page)
    # By these two release_feedback finds the learner in the exchange, and it stops at the first
    # that has none: who handed in otherwise gets a secret that nobody knows.
    write_whole(folder / _STAMP, _handed_in(item, _STAMP) or "unknown")
    write_whole(folder / _SECRET, _handed_in(item, _SECRET) or secrets.token_urlsafe(32))
    return target


def _handed_in(item: Submission, name: str) -> str:
    path = item.folder / name
    if path.is_symlink() or not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(1000)
