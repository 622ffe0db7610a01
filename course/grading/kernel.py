"""A kernel for submissions: in the sandbox where there is one, with a cap on its output."""

import contextlib
import logging
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbclient import NotebookClient
from nbformat import NotebookNode

from course.grading.forked import ForkedKernel
from course.grading.sandbox import Limits, SandboxedKernel
from course.kernels import kernel_environment
from course.threads import one_thread
from helpers.data import cache_dir

__all__ = ["CappedClient", "sandbox_environment", "submission_kernel"]

_CELL_BYTES = 2_000_000
_NOTEBOOK_BYTES = 20_000_000
_CACHE = Path("/cache")


class CappedClient(NotebookClient):
    """A client that stops keeping the outputs of a cell, or a notebook, that are too large."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._kept: dict[int, int] = {}
        self._full: set[int] = set()

    def process_message(self, msg, cell, cell_index):
        """Keep an output as long as there is room; say so once where there is none."""
        size = _size(msg["content"]) if msg["msg_type"] in _OUTPUTS else 0
        if size:
            kept = self._kept.get(cell_index, 0) + size
            if kept > _CELL_BYTES or sum(self._kept.values()) + size > _NOTEBOOK_BYTES:
                if cell_index not in self._full:
                    self._full.add(cell_index)
                    note = "\n... The rest of the output was too large and is left out.\n"
                    cell.outputs.append(
                        NotebookNode(output_type="stream", name="stdout", text=note)
                    )
                return None
            self._kept[cell_index] = kept
        return super().process_message(msg, cell, cell_index)


_OUTPUTS = ("stream", "display_data", "execute_result", "error", "update_display_data")


def _size(content: object) -> int:
    if isinstance(content, str):
        return len(content)
    if isinstance(content, dict):
        return sum(_size(item) for item in content.values())
    return sum(map(_size, content)) if isinstance(content, list) else 8


@contextlib.contextmanager
def submission_kernel(
    notebook: NotebookNode,
    *,
    records: Path,
    desk: Path,
    limits: Limits | None,
    zygote: Path | None = None,
    timeout: float | None = None,
) -> Iterator[NotebookClient]:
    """Start a kernel that sees a desk and nothing else of the course.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook whose cells will be run.
    records : Path
        File to which the checks append what they recorded. Its folder must hold nothing else.
    desk : Path
        What :func:`course.grading.desk.make_desk` made.
    limits : Limits or None
        Of the sandbox; None for no sandbox.
    zygote : Path or None
        The address of a :class:`~course.grading.forked.Zygote` to fork sandboxed kernels from.
    timeout : float or None
        Seconds for one cell.

    Yields
    ------
    CappedClient
    """
    log = logging.getLogger("course.grading.kernel")
    log.setLevel(logging.CRITICAL)
    out = records.parent
    common = {
        "timeout": timeout,
        "record_timing": False,
        "coalesce_streams": True,
        "store_widget_state": False,
        "shutdown_kernel": "immediate",
        "log": log,
    }
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if limits is None:
        folder = Path(tempfile.mkdtemp(prefix="course-"))
        environment = kernel_environment(records, building=False)
        environment |= _environment(desk, cache_dir(), records)
        client = CappedClient(notebook, resources={"metadata": {"path": str(folder)}}, **common)
        try:
            with client.setup_kernel(env=environment, **quiet):
                yield client
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    # The kernel may run as another user; nobody else can reach the folder from outside.
    out.chmod(0o777)
    readable = {desk: desk}
    if cache_dir().is_dir():
        readable[cache_dir()] = _CACHE
    kind = ForkedKernel if zygote else SandboxedKernel
    client = CappedClient(notebook, kernel_manager_class=kind, **common)
    client.create_kernel_manager()
    client.km.wrapping = {
        "limits": limits,
        "environment": sandbox_environment(desk, records),
        "readable": readable,
        "writable": [out],
    }
    client.km.zygote = zygote
    client.km.connection_file = str(out / "kernel.json")
    client.km.transport, client.km.ip = "ipc", str(out / "k")
    with client.setup_kernel(**quiet):
        yield client


def sandbox_environment(desk: Path, records: Path) -> dict[str, str]:
    """Return all environment variables of a sandboxed kernel."""
    home = {"HOME": "/desk", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": "/desk"}
    return home | _environment(desk, _CACHE, records)


def _environment(desk: Path, cache: Path, records: Path) -> dict[str, str]:
    return one_thread() | {
        "PYTHONPATH": str(desk),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "COURSE_CASES": str(desk / "cases.json"),
        "COURSE_RECORDS": str(records),
        "EMBEDDINGS_COURSE_CACHE": str(cache),
        "HF_HUB_OFFLINE": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
