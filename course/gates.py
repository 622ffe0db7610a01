"""What must hold before a built lesson replaces the last one."""

import json
import re
from collections.abc import Callable, Sequence

import nbformat
from nbformat import NotebookNode

from course.cells import check_calls, hidden_lines, kinds, solution_lines
from course.errors import CourseError
from course.records import run_cells
from course.verdicts import judge

__all__ = ["check_release", "check_solution", "check_stubs"]

# Shorter lines (`return x`, `else:`) stand in half of all cells.
_TRIVIAL = 12
# Several lines of a solution in a row are a solution, wherever each of them stands.
_RUN_OF_LINES = 4
_MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN")


def check_release(name: str, solution: NotebookNode, release: bytes) -> None:
    """Scan the learner's notebook for anything that it must not hold.

    A line of a solution, a hidden test, a model answer or an output counts as leaked when it
    stands in the release, unless it is short or also stands in an open part of the source: prose
    may quote a number, and two cells may share a line. Four lines of one solution in a row are a
    leak wherever they stand.

    Raises
    ------
    CourseError
        Naming the cell and the line.
    """
    notebook = nbformat.reads(release.decode("utf-8"), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None):
            raise CourseError(f"{name}: the release holds the output of cell {cell.id}")
        for marker in _MARKERS:
            if marker in cell.source.upper():
                raise CourseError(f"{name}: the release holds {marker!r} in cell {cell.id}")
    # Metadata and attachments are looked through too, though nothing should put text there.
    rest = [{**cell, "source": ""} for cell in notebook.cells]
    texts = [*(cell.source for cell in notebook.cells), json.dumps(rest, ensure_ascii=False)]
    shown = _normal(" ".join(texts))
    public_lines, secrets = _split(solution)
    public = _normal(" ".join(public_lines))
    public_long = " ".join(_long(public_lines))
    for cell_id, region in secrets:
        lines = _long(region)
        for line in lines:
            if line in shown and line not in public:
                raise CourseError(f"{name}: the release shows {line!r}, a secret of {cell_id}")
        for start in range(len(lines) - _RUN_OF_LINES + 1):
            if " ".join(lines[start : start + _RUN_OF_LINES]) in public_long:
                raise CourseError(
                    f"{name}: the open text repeats the solution {cell_id} from {lines[start]!r} on"
                )


def _split(solution: NotebookNode) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Part a solution notebook into its open lines and its secrets by cell."""
    public, secrets = [], []
    for cell in solution.cells:
        kind = kinds(cell)
        lines = cell.source.splitlines()
        if kind == "written":
            secrets.append((cell.id, lines))
            continue
        hidden = {"answer": solution_lines, "check": hidden_lines}.get(kind, lambda s: [])
        region = hidden(cell.source)
        secrets.append((cell.id, region))
        public += [line for line in lines if line not in region]
        for output in cell.get("outputs", []):
            texts = [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
            secrets.append((cell.id, "\n".join(texts).splitlines()))
    return public, secrets


def _long(lines: Sequence[str]) -> list[str]:
    return [line for line in map(_normal, lines) if len(line) >= _TRIVIAL]


def _normal(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def check_solution(name: str, solution: NotebookNode, records: Sequence[dict]) -> None:
    """Judge what the executed solution recorded: every check must give full points.

    Raises
    ------
    CourseError
        Naming the check and what it says.
    """
    for check_id, calls in _checks(solution):
        verdict = judge(calls, records)
        if verdict is None or not verdict.passed:
            said = verdict.message.splitlines()[0] if verdict else "it was not run"
            raise CourseError(f"{name}: the solution of {check_id} earns no points: {said}")


def check_stubs(
    name: str,
    solution: NotebookNode,
    release: bytes,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Run the untouched exercises of the release: each must come out as not attempted.

    Raises
    ------
    CourseError
        Naming the check and its verdict.
    """
    notebook = nbformat.reads(release.decode("utf-8"), as_version=4)
    cells = [cell for cell in notebook.cells if kinds(cell) in ("setup", "answer", "check")]
    run = run_cells([cell for cell in cells if cell.cell_type == "code"], tell=tell)
    for position, error in run.errors.items():
        if kinds(cells[position]) == "setup":
            raise CourseError(f"{name}, cell {cells[position].id}: {error}")
    for check_id, calls in _checks(solution):
        verdict = judge(calls[:1], run.records)
        if verdict is None:
            said = next(iter(run.errors.values()), "the check did not run")
            raise CourseError(
                f"{name}: the stub of {check_id} does not reach its check ({said}): "
                'what exercises need belongs to cells with tags=["setup"]'
            )
        if verdict.state != "not attempted":
            raise CourseError(
                f"{name}: the stub of {check_id} is {verdict.state!r}, not 'not attempted'"
            )


def _checks(solution: NotebookNode):
    for cell in solution.cells:
        if kinds(cell) == "check":
            yield cell.id, check_calls(cell.source, cell.id)
