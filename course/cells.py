"""What the cells of a built notebook are, and what check cells call."""

import ast
from dataclasses import dataclass

from nbformat import NotebookNode

from course.errors import CourseError

__all__ = ["CheckCall", "check_calls", "hidden_lines", "imported", "kinds", "solution_lines"]


@dataclass(frozen=True)
class CheckCall:
    """One call of `check` in a check cell: what grading judges again."""

    check: str
    seed: int
    hard: bool


def kinds(cell: NotebookNode) -> str:
    """Name what a cell of a built notebook is: answer, check, written, task, setup or plain."""
    info = cell.metadata.get("nbgrader", {})
    if info.get("grade"):
        return "written" if info.get("solution") else "check"
    if info.get("solution"):
        return "answer"
    tags = cell.metadata.get("tags", [])
    return "task" if "exercise" in tags else "setup" if "setup" in tags else "plain"


def check_calls(source: str, where: str) -> list[CheckCall]:
    """List the calls of `check` in the source of a check cell, hidden ones included.

    Raises
    ------
    CourseError
        When the cell holds anything else, or a seed that is not written out.
    """
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise CourseError(f"{where}: the check cell is no Python: {error.msg}") from error
    calls = []
    for statement in body:
        call = getattr(statement, "value", None)
        if not (
            isinstance(statement, ast.Expr)
            and isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id == "check"
            and len(call.args) == 2
            and isinstance(call.args[0], ast.Constant)
        ):
            raise CourseError(
                f'{where}: a check cell holds only calls such as check("X-name", name, seed=7)'
            )
        given = {k.arg: getattr(k.value, "value", None) for k in call.keywords}
        seed, hard = given.pop("seed", 1), given.pop("hard", False)
        if given or type(seed) is not int or type(hard) is not bool:
            raise CourseError(f"{where}: write seed= as a number and hard= as True or False")
        calls.append(CheckCall(str(call.args[0].value), seed, hard))
    return calls


def imported(notebook: NotebookNode) -> list[str]:
    """List what the cells of an exercise and of the setup import, as dotted names.

    A name that is imported from a module is listed as if it were a module too.
    """
    names: dict[str, None] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code" or kinds(cell) not in ("setup", "answer", "check"):
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                names |= dict.fromkeys(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names[node.module] = None
                names |= dict.fromkeys(f"{node.module}.{alias.name}" for alias in node.names)
    return list(names)


def solution_lines(source: str) -> list[str]:
    """Return the lines inside the solution regions of a cell."""
    return _inside(source, "SOLUTION")


def hidden_lines(source: str) -> list[str]:
    """Return the lines inside the hidden tests of a cell."""
    return _inside(source, "HIDDEN TESTS")


def _inside(source: str, kind: str) -> list[str]:
    lines, inside = [], False
    for line in source.splitlines():
        if f"BEGIN {kind}" in line:
            inside = True
        elif f"END {kind}" in line:
            inside = False
        elif inside:
            lines.append(line)
    return lines
