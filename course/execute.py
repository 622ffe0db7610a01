"""Executing a lesson for the build: strict, and the same bytes every time."""

import re
from collections.abc import Callable
from pathlib import Path

from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from course.errors import CourseError
from course.kernels import fresh_kernel

__all__ = ["execute_lesson", "scrub"]

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")
_WIDGETS = "application/vnd.jupyter.widget-view+json"


def execute_lesson(
    name: str,
    notebook: NotebookNode,
    records: Path,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Run every cell of a notebook in a fresh kernel and keep the outputs, in place.

    Parameters
    ----------
    name : str
        The lesson, for messages.
    notebook : NotebookNode
        The solution notebook.
    records : Path
        File for what the checks record.
    tell : callable
        ``tell(done, total)`` is called before each cell and at the end.

    Raises
    ------
    CourseError
        At the first cell that raises, kills the kernel or writes to stderr.
    """
    cells = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    with fresh_kernel(notebook, records=records, building=True) as client:
        for number, cell in enumerate(cells, start=1):
            tell(number - 1, len(cells))
            try:
                client.execute_cell(cell, notebook.cells.index(cell), execution_count=number)
            except CellExecutionError as error:
                text = f"{error.ename}: {first_line(error.evalue)}"
                raise CourseError(f"{name}, cell {cell.id}: {text}") from error
            except DeadKernelError as error:
                raise CourseError(f"{name}, cell {cell.id}: the kernel died here") from error
            for output in cell.outputs:
                if output.output_type == "stream" and output.name == "stderr":
                    raise CourseError(
                        f"{name}, cell {cell.id}: it writes to stderr, which costs learners their "
                        f"points: {first_line(output.text)}"
                    )
                scrub(output)
    tell(len(cells), len(cells))


def first_line(text: str) -> str:
    """Return the first line that says something, without colour codes."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return next((line.strip() for line in plain.splitlines() if line.strip()), "")[:200]


def scrub(output: NotebookNode) -> None:
    """Take out of an output what differs from one run to the next.

    These are object addresses in texts (``<function f at 0x7f…>``) and live widgets, whose ids are
    random and which do not work without their kernel: their text stays.
    """
    if output.output_type == "stream":
        output.text = _ADDRESS.sub("at 0x…", output.text)
    data = output.get("data", {})
    data.pop(_WIDGETS, None)
    for kind in ("text/plain", "text/html"):
        if kind in data:
            data[kind] = _ADDRESS.sub("at 0x…", data[kind])
