"""Gradebooks: a small one for every submission, and their merge into the class's."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nbformat import NotebookNode
from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from course.errors import CourseError
from course.grading.pipeline import prepare_nbgrader
from course.release import make_release

__all__ = ["Grades", "empty_gradebook", "merge", "reach", "read_grades", "register", "students_of"]


@dataclass(frozen=True)
class Grades:
    """What autograding found out about one submission: plain data, to be written anywhere.

    Attributes
    ----------
    scores : dict of str to (float or None)
        Grade id -> score; None for what a person must grade.
    comments : dict of str to (str or None)
        Id of a written or solution cell -> nbgrader's comment, such as "No response."
    timestamp : str or None
        When it was handed in, in ISO form without a zone (UTC).
    late_penalty : float or None
        Points taken off for lateness.
    answers : dict of str to str
        Grade id -> a digest of the text, for what a person must grade.
    """

    scores: dict[str, float | None]
    comments: dict[str, str | None]
    timestamp: str | None
    late_penalty: float | None
    answers: dict[str, str] = field(default_factory=dict)


def register(db_url: str, lesson: str, solution: NotebookNode) -> None:
    """Write an assignment and its cells into a gradebook, or renew them there.

    Raises
    ------
    CourseError
        When the gradebook cannot be opened, or holds submissions of another version of the lesson.
    """
    from nbgrader.api import Gradebook

    prepare_nbgrader()
    _reach(db_url)
    with Gradebook(db_url) as book:
        # Under a course that exists: nbgrader itself would write down one without a name, which
        # PostgreSQL refuses.
        book.update_or_create_assignment(lesson)
    make_release(lesson, solution, db_url)


def reach(db_url: str) -> None:
    """Open a gradebook that exists.

    Raises
    ------
    CourseError
        When there is none, or it cannot be opened. None is made.
    """
    with suppress(ArgumentError):
        url = make_url(db_url)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise CourseError(f"there is no gradebook {url.database}: run course grade first")
    _reach(db_url)


def _reach(db_url: str) -> None:
    """Open a gradebook once, because nbgrader wraps what goes wrong there in pages of text."""
    try:
        engine = create_engine(db_url)
        inspect(engine).get_table_names()
        engine.dispose()
    except ArgumentError as error:
        raise CourseError(
            "--gradebook wants a URL, such as sqlite:////full/path/to/gradebook.db or "
            "postgresql+psycopg2://user@host/name"
        ) from error
    except ModuleNotFoundError as error:
        raise CourseError(
            f"the gradebook cannot be opened: the Python package {error.name} is missing, "
            f"install it with pip (psycopg2 as psycopg2-binary)"
        ) from error
    except SQLAlchemyError as error:
        raise CourseError(f"the gradebook cannot be opened: {_first_line(error)}") from error


def empty_gradebook(
    path: Path, lesson: str, solution: NotebookNode, db_url: str
) -> datetime | None:
    """Make a gradebook that knows one assignment and nobody yet.

    Parameters
    ----------
    path : Path
        Of the new SQLite file.
    lesson, solution
        The assignment.
    db_url : str
        The class's gradebook, for the due date.

    Returns
    -------
    datetime or None
        The due date, in UTC and without a zone, as nbgrader keeps it.
    """
    from nbgrader.api import Gradebook

    register(f"sqlite:///{path}", lesson, solution)
    with Gradebook(db_url) as main:
        due = main.find_assignment(lesson).duedate
    with Gradebook(f"sqlite:///{path}") as own:
        own.update_or_create_assignment(lesson, duedate=due)
    return due


def students_of(db_url: str) -> set[str]:
    """List the students of a gradebook that :func:`reach` has opened."""
    from nbgrader.api import Gradebook

    with Gradebook(db_url) as book:
        return {student.id for student in book.students}


def read_grades(path: Path, lesson: str, student: str, answers: dict[str, str]) -> Grades:
    """Read one submission's grades out of its own gradebook; `answers` as in :class:`Grades`."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{path}") as own:
        submission = own.find_submission(lesson, student)
        (notebook,) = submission.notebooks
        handed_in = submission.timestamp
        return Grades(
            {grade.name: grade.auto_score for grade in notebook.grades},
            {comment.name: comment.auto_comment for comment in notebook.comments},
            handed_in.isoformat() if handed_in else None,
            notebook.late_submission_penalty,
            answers,
        )


def merge(db_url: str, lesson: str, results: Sequence[tuple[str, Grades, Sequence[str]]]) -> None:
    """Write grades of several students into the class's gradebook.

    What a person has given stays: a manual score is kept, and marked to be looked at again where
    the answer may be another one. One student is one transaction.

    Parameters
    ----------
    db_url : str
        The class's gradebook.
    lesson : str
        The assignment; it is in the gradebook.
    results : sequence of (str, Grades, sequence of str)
        By student; the last are the grade ids whose answers may have changed.

    Raises
    ------
    CourseError
        When the gradebook cannot be written. What was merged before stays merged.
    """
    from nbgrader.api import Gradebook

    try:
        with Gradebook(db_url) as book:
            for student, grades, changed in results:
                book.update_or_create_student(student)
                handed_in = datetime.fromisoformat(grades.timestamp) if grades.timestamp else None
                submission = book.update_or_create_submission(lesson, student, timestamp=handed_in)
                (notebook,) = submission.notebooks
                notebook.late_submission_penalty = grades.late_penalty
                for grade in notebook.grades:
                    score = grades.scores.get(grade.name)
                    seen = grade.manual_score is not None and not grade.needs_manual_grade
                    grade.auto_score = score
                    if grade.name in changed or not seen:
                        by_hand = grade.manual_score is not None
                        grade.needs_manual_grade = by_hand or score is None
                for comment in notebook.comments:
                    comment.auto_comment = grades.comments.get(comment.name)
                book.db.commit()
    except SQLAlchemyError as error:
        raise CourseError(f"the gradebook cannot be written: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:200]
