"""The list of exercises that notebooks show: made from the lessons' sources and the checks."""

import json
import re
from pathlib import Path

from nbformat import NotebookNode

from course.cells import kinds
from course.errors import CourseError
from course.files import put
from course.layout import Course, Lesson
from course.source import read_lesson
from helpers.checks import all_checks

__all__ = ["index_path", "make_index", "write_index"]


def index_path(course: Course) -> Path:
    """Return where the list is kept in a checkout."""
    return course.root / "helpers" / "exercises.json"


def make_index(course: Course) -> str:
    """Make the text of the list for all lessons.

    Raises
    ------
    CourseError
        When a source is wrong.
    """
    listed = {lesson.name: _entry(lesson) for lesson in course.lessons()}
    return json.dumps(listed, indent=1, ensure_ascii=False) + "\n"


def write_index(course: Course) -> None:
    """Bring the list up to date, if the checkout has one.

    Raises
    ------
    CourseError
        When a source is wrong, or the file cannot be written.
    """
    path = index_path(course)
    if not path.parent.is_dir():
        return
    text = make_index(course)
    try:
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            put(path, text.encode())
    except OSError as error:
        raise CourseError(f"helpers/{path.name} cannot be written: {error.strerror}") from error


def _entry(lesson: Lesson) -> dict:
    notebook = read_lesson(lesson.source, lesson.checks_module)
    checks = all_checks(lesson.checks_module)
    tasks = [cell for cell in notebook.cells if kinds(cell) == "task"]
    return {
        "title": _heading(notebook.cells[0]),
        "exercises": [
            {
                "id": check_id,
                "heading": _heading(cell),
                "minutes": checks[check_id].minutes,
                "points": checks[check_id].points,
            }
            for cell in tasks
            for check_id in cell.metadata.tags[1:2]
        ],
        "written": [
            cell.metadata.nbgrader.grade_id for cell in notebook.cells if kinds(cell) == "written"
        ],
    }


def _heading(cell: NotebookNode) -> str:
    return re.match(r"#+ +(.+)", cell.source)[1].strip()
