"""Imported once by the server from which grading's processes are forked.

Most of what a fresh process spends is not on the submission: modules, schemas and SQL statements
are loaded, compiled and kept. So the server grades a made-up notebook, all but running it.
"""

import contextlib
import tempfile
from pathlib import Path

import nbconvert.exporters  # noqa: F401
import nbformat.v4
import numpy  # noqa: F401

import course.cli  # noqa: F401  What the console script imports again in every process.
import course.grading.task  # noqa: F401
from course.grading.gradebooks import read_grades, register
from course.grading.pipeline import autograde


def _rehearse() -> None:
    given = {"schema_version": 3, "locked": False, "task": False}
    answer = nbformat.v4.new_code_cell("x = 1", id="answer")
    answer.metadata["nbgrader"] = given | {"grade_id": "answer", "grade": False, "solution": True}
    check = nbformat.v4.new_code_cell("x", id="check")
    check.metadata["nbgrader"] = given | {"grade_id": "check", "grade": True, "solution": False}
    check.metadata["nbgrader"] |= {"points": 1, "locked": True}
    written = nbformat.v4.new_markdown_cell("x", id="written")
    written.metadata["nbgrader"] = given | {"grade_id": "written", "grade": True, "solution": True}
    written.metadata["nbgrader"] |= {"points": 1}
    notebook = nbformat.v4.new_notebook(cells=[answer, check, written])
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        gradebook = Path(folder).resolve() / "gradebook.db"
        register(f"sqlite:///{gradebook}", "rehearsal", notebook)
        autograde(gradebook.parent, "rehearsal", "nobody", lambda n, r: (n, r), notebook)
        read_grades(gradebook, "rehearsal", "nobody")


# What is wrong with the machine will be told by the first submission.
with contextlib.suppress(Exception):
    _rehearse()
