"""Submissions that arrive broken or hostile, each with the result it must get.

A case is a function that changes a notebook of lesson 00, solved (`start="right"`) or as it was
given out (`start="blank"`), or does something to the submitted folder. Lesson 00 has two
exercises of a point each, ``W-cosine`` (a function) and ``W-conclusions`` (a set of letters).
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import nbformat

ANSWERS = {
    "W-cosine-answer": "def cosine(u, v):\n    return (u / (u @ u) ** 0.5) @ (v / (v @ v) ** 0.5)",
    "W-conclusions-answer": 'chosen_w = {"A", "C"}',
}


@dataclass(frozen=True)
class Case:
    """One submission.

    Attributes
    ----------
    name : str
        Of the student.
    change : callable
        ``change(notebook, folder)``; returns what to write instead of the notebook, or None.
    start : {"right", "blank"}
        What is changed.
    points : tuple of float or None
        For the two exercises; None where it must not be graded.
    says : str
        Part of the message or of the repairs.
    """

    name: str
    change: Callable
    start: str
    points: tuple[float, float] | None
    says: str = ""


CASES: dict[str, Case] = {}


def case(points, start="right", says=""):
    """Register a case under its function's name."""

    def register(change):
        name = change.__name__
        assert name not in CASES, f"two cases are called {name}"
        CASES[name] = Case(name, change, start, points, says)
        return change

    return register


def cell(notebook, cell_id):
    return next(c for c in notebook.cells if c.id == cell_id)


def own(notebook, source, at=3):
    """Insert a cell of the learner's; behind the setup unless said otherwise."""
    notebook.cells.insert(at, nbformat.v4.new_code_cell(source))


def write(item: Case, release: Path, folder: Path) -> None:
    """Write a case's submission into a folder."""
    folder.mkdir(parents=True)
    notebook = nbformat.read(release, as_version=4)
    if item.start == "right":
        for name, source in ANSWERS.items():
            cell(notebook, name).source = source
    path = folder / release.name
    content = item.change(notebook, folder)
    if content is None:
        content = nbformat.writes(notebook) if path.name else ""
    if isinstance(content, str):
        content = content.encode("utf-8")
    if content:
        path.write_bytes(content)


for module in ("broken", "misbehaving", "cheating"):
    import_module(f"tests.submissions.{module}")
