"""Running cells in a fresh kernel, in surroundings that do not depend on the machine."""

import contextlib
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbclient import NotebookClient
from nbformat import NotebookNode

from course.threads import one_thread
from helpers.checks import RECORDS_VARIABLE

__all__ = ["fresh_kernel", "kernel_environment"]

# Figures saved as SVG carry random ids and a date unless these are set.
_MATPLOTLIBRC = "svg.hashsalt: course\n"


def kernel_environment(records: Path | None, building: bool) -> dict[str, str]:
    """Return the environment of a kernel.

    Parameters
    ----------
    records : Path or None
        File to which the checks append what they recorded.
    building : bool
        Whether outputs must come out the same every time: one thread, no measured times.
    """
    environment = dict(os.environ)
    environment.pop(RECORDS_VARIABLE, None)
    if records is not None:
        environment[RECORDS_VARIABLE] = str(records)
    if building:
        environment |= one_thread()
        environment |= {"COURSE_BUILD": "1", "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0"}
    return environment


@contextlib.contextmanager
def fresh_kernel(
    notebook: NotebookNode,
    *,
    records: Path | None = None,
    building: bool = False,
    timeout: float | None = None,
) -> Iterator[NotebookClient]:
    """Start a kernel in an empty folder; it and the folder are gone afterwards.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook whose cells will be run.
    records : Path or None
        File to which the checks append what they recorded.
    building : bool
        See :func:`kernel_environment`.
    timeout : float or None
        Seconds for one cell; a cell that takes longer raises nbclient's CellTimeoutError.

    Yields
    ------
    NotebookClient
        Run a cell with ``client.execute_cell(cell, index)``.
    """
    folder = Path(tempfile.mkdtemp(prefix="course-"))
    environment = kernel_environment(records, building)
    if building:
        settings = folder / "settings" / "matplotlibrc"
        settings.parent.mkdir()
        settings.write_text(_MATPLOTLIBRC, encoding="utf-8")
        environment["MATPLOTLIBRC"] = str(settings)
    desk = folder / "desk"
    desk.mkdir()
    log = logging.getLogger("course.kernels")
    log.setLevel(logging.CRITICAL)  # The commands say in one line what went wrong.
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(desk)}},
        timeout=timeout,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        # After the last cell nothing in the kernel is worth waiting for.
        shutdown_kernel="immediate",
        log=log,
    )
    try:
        # What the kernel itself says (its transport, a crash) is not part of any cell.
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with client.setup_kernel(env=environment, **quiet):
            yield client
    finally:
        shutil.rmtree(folder, ignore_errors=True)
