"""A learner's notebook: choosing the cells that grading runs.

Check cells are never taken from the learner: their source comes from the solution, hidden tests
included, so that edited or deleted ones do not matter. Cells are recognised by their grade id, by
their cell id, and where both are lost by their text.
"""

import ast
import re
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

from course.cells import CheckCall, check_calls, kinds
from course.errors import CourseError
from helpers.checks import get

__all__ = ["Plan", "known_ids", "normal_text", "plan", "roles"]

# The learner's notebook may have lost the import, or given the name to something else.
_IMPORT = "from helpers.checks import check\n"


@dataclass
class Plan:
    """What to run, and what to judge.

    Attributes
    ----------
    cells : list of NotebookNode
        Code cells in the order in which to run them. Their metadata hold a ``name`` and, for what
        comes from the learner, the position in the learner's notebook as ``origin``.
    calls : dict of str to list of CheckCall
        Exercise -> calls of its check cell, hidden ones included.
    answers : dict of str to list of int
        Exercise -> positions of the learner's cells for it; empty when they are gone.
    checks : dict of str to int
        Exercise -> position of its restored check cell.
    skipped : str
        Text of the cells that were left out.
    written : list of str
        Ids of the written answers.
    """

    cells: list[NotebookNode] = field(default_factory=list)
    calls: dict[str, list[CheckCall]] = field(default_factory=dict)
    answers: dict[str, list[int]] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    skipped: str = ""
    written: list[str] = field(default_factory=list)


def known_ids(notebook: NotebookNode) -> set[str]:
    """Return the grade ids and cell ids of a notebook, by which a renamed one is recognised."""
    return {_grade_id(cell) for cell in notebook.cells} - {""}


def plan(learner: NotebookNode, solution: NotebookNode, full: bool = False) -> Plan:
    """Choose and order the cells to run.

    Parameters
    ----------
    learner : NotebookNode
        The learner's notebook; it is not changed.
    solution : NotebookNode
        The lesson's solution notebook.
    full : bool
        Whether to run unchanged demonstration cells too.

    Returns
    -------
    Plan
        A copied cell runs like any other; the check of an exercise runs once, behind the last of
        its cells.
    """
    made = Plan()
    restored = {}
    for cell in solution.cells:
        if kinds(cell) == "check":
            check_id = cell.metadata.nbgrader.grade_id
            made.calls[check_id] = check_calls(cell.source, check_id)
            restored[check_id] = _code(_IMPORT + cell.source, check_id)
        elif kinds(cell) == "written":
            made.written.append(cell.metadata.nbgrader.grade_id)
    code = [cell for cell in learner.cells if _runs(cell)]
    origins = [i for i, cell in enumerate(learner.cells) if _runs(cell)]
    parts = roles(code, made.calls)
    last = {check_id: i for i, (_, check_id) in enumerate(parts) if check_id}
    demonstrations = {normal_text(c.source) for c in solution.cells if kinds(c) == "plain"}
    made.answers = {check_id: [] for check_id in made.calls}
    made.cells = _lost_setup(code, solution)
    skipped = []
    for i, (cell, (role, check_id)) in enumerate(zip(code, parts, strict=True)):
        if role == "answer":
            made.answers[check_id].append(len(made.cells))
        if role == "own" and not full and normal_text(cell.source) in demonstrations:
            skipped.append(cell.source)
        elif role != "check":
            made.cells.append(_code(cell.source, _grade_id(cell), origins[i]))
        if check_id and last[check_id] == i:
            made.checks[check_id] = len(made.cells)
            made.cells.append(restored[check_id])
    for check_id in made.calls:
        if check_id not in made.checks:
            made.checks[check_id] = len(made.cells)
            made.cells.append(restored[check_id])
    made.skipped = "\n".join(skipped)
    return made


def roles(cells: list[NotebookNode], calls: dict) -> list[tuple[str, str | None]]:
    """Say of each cell whether it is a check, an answer or the learner's own, and of what.

    Parameters
    ----------
    cells : list of NotebookNode
        The learner's code cells.
    calls : dict
        Its keys are the ids of the lesson's checks.

    Returns
    -------
    list of (str, str or None)
        "check", "answer" or "own", and the id of the exercise.
    """
    named = [_named_role(cell, calls) for cell in cells]
    found = {check_id for role, check_id in named if role == "answer"}
    wanted = {get(check_id).function: check_id for check_id in calls if check_id not in found}
    found_roles = []
    for cell, (role, check_id) in zip(cells, named, strict=True):
        if role == "own":
            defined = [wanted[name] for name in _defined(cell.source) if name in wanted]
            if defined:
                role, check_id = "answer", defined[0]
        found_roles.append((role, check_id))
    return found_roles


def _named_role(cell: NotebookNode, calls: dict) -> tuple[str, str | None]:
    try:
        typed = {call.check for call in check_calls(cell.source, "")}
    except CourseError:
        typed = set()
    if len(typed) == 1 and typed <= set(calls):
        return "check", typed.pop()
    grade_id = _grade_id(cell)
    if grade_id.removesuffix("-answer") in calls and grade_id.endswith("-answer"):
        return "answer", grade_id.removesuffix("-answer")
    return ("check", grade_id) if grade_id in calls else ("own", None)


def _defined(source: str) -> set[str]:
    """Return the names that a cell's top level defines."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = set()
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Assign):
            names |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return names


def _lost_setup(cells: list[NotebookNode], solution: NotebookNode) -> list[NotebookNode]:
    """Return the setup cells that the learner has deleted, to be run first."""
    ids = {_grade_id(cell) for cell in cells}
    texts = {normal_text(cell.source) for cell in cells}
    return [
        _code(cell.source, cell.id)
        for cell in solution.cells
        if kinds(cell) == "setup" and cell.id not in ids and normal_text(cell.source) not in texts
    ]


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id", ""))


def _runs(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip())


def _code(source: str, name: str, origin: int | None = None) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source)
    cell.metadata["name"] = name
    if origin is not None:
        cell.metadata["origin"] = origin
    return cell


def normal_text(text: str) -> str:
    """Return a text with its white space made even, to compare texts that were only laid out."""
    return re.sub(r"\s+", " ", text).strip()
