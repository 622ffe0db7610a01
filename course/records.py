"""Running a submission: from cells to what the checks recorded. Nothing is judged here."""

import json
import math
import os
import stat
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from course.execute import first_line
from course.kernels import fresh_kernel

__all__ = ["Run", "read_records", "run_cells"]

_SECONDS_TO_COME_BACK = 10
# One line is one call of `check`; honest ones stay far below.
_MAX_LINE = 200_000_000


@dataclass
class Run:
    """What came out of running cells.

    Attributes
    ----------
    records : list of dict
        One entry a call of `check`, in order: check, seed, hard and records.
    errors : dict of int to str
        Position of a cell -> why it stopped, in one line. A check that fails counts as one too.
    ended_at : int or None
        Position of the cell at which the kernel was lost; later cells did not run.
    """

    records: list[dict] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    ended_at: int | None = None


def run_cells(
    cells: Sequence[NotebookNode],
    timeout: float = 120,
    tell: Callable[[int, int], None] = lambda done, total: None,
    *,
    budget: float = math.inf,
    kernel: Callable[..., AbstractContextManager] = fresh_kernel,
    keep_outputs: bool = False,
) -> Run:
    """Run code cells in a fresh kernel, going on past errors.

    Parameters
    ----------
    cells : sequence of NotebookNode
        Code cells, in order. Their outputs are overwritten.
    timeout : float
        Seconds for one cell; then it is interrupted and the next one runs.
    tell : callable
        ``tell(done, total)`` is called before each cell and at the end.
    budget : float
        Seconds for all cells together; what is left then does not run.
    kernel : callable
        Starts the kernel, like :func:`course.kernels.fresh_kernel`.
    keep_outputs : bool
        Whether the cells keep what they showed.

    Returns
    -------
    Run
        A kernel that dies, or that cannot be interrupted, loses only what was not recorded yet.
    """
    run = Run()
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        path = Path(folder) / "out" / "records.jsonl"
        path.parent.mkdir()
        with kernel(notebook, records=path, timeout=timeout) as client:
            for position, cell in enumerate(cells):
                tell(position, len(cells))
                left = budget - (time.monotonic() - started)
                if left <= 0:
                    run.errors[position] = f"the {budget:g} s for the whole notebook were used up"
                    run.ended_at = position
                    break
                client.timeout = min(timeout, left)
                try:
                    client.execute_cell(cell, position)
                except CellExecutionError as error:
                    text = f"{error.ename}: {first_line(error.evalue)}"
                    run.errors[position] = text.rstrip(": ")
                except CellTimeoutError:
                    run.errors[position] = f"stopped after {client.timeout:.0f} s"
                    if not _comes_back(client):
                        run.ended_at = position
                        break
                except (DeadKernelError, RuntimeError):
                    run.errors[position] = "the kernel died here"
                    run.ended_at = position
                    break
                finally:
                    if not keep_outputs:
                        cell.outputs = []  # Only the records count, and outputs can be huge.
        run.records = read_records(path)
    tell(len(cells), len(cells))
    return run


def _comes_back(client) -> bool:
    """Interrupt the kernel, and see whether it answers again."""
    run_sync(_interrupt)(client)
    before, client.timeout = client.timeout, _SECONDS_TO_COME_BACK
    try:
        client.execute_cell(nbformat.v4.new_code_cell("pass"), 0)
    except CellExecutionError:
        return True
    except (CellTimeoutError, DeadKernelError, RuntimeError):
        return False
    finally:
        client.timeout = before
    return True


async def _interrupt(client) -> None:
    await client.km.interrupt_kernel()


def read_records(path: Path) -> list[dict]:
    """Read what the checks wrote, leaving out lines that are cut or foreign."""
    found: list[dict] = []
    # What submitted code left under that name may be a link to anywhere, or a pipe.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags)
    except OSError:
        return found
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return found
        while line := file.readline(_MAX_LINE):
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, dict) and isinstance(entry.get("records"), list):
                found.append(entry)
    return found
