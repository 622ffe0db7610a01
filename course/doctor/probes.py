"""What must be tried to be known, each in a process of its own and all at the same time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from course.doctor.findings import Finding, pip, set_up

__all__ = ["Probes", "data", "jupyterlab", "numba", "sandbox", "torch"]

SECONDS = 120
# They run outside the course's folder, as the notebooks do.
_NUMBA = "import numba; assert numba.njit(lambda x: x + 1)(1) == 2; print(numba.__version__)"
_TORCH = "import torch; print(float(torch.ones(2, 2).sum()), torch.get_num_threads())"
_COURSE = """
import json, sys
said = {}
try:
    import helpers
    from helpers.data import cache_dir, sources, verify
    states = {s.name: [s.state, s.detail] for s in verify(deep=False)}
    sizes = {s.name: s.size for s in sources()}
    said["data"] = {"cache": str(cache_dir()), "states": states, "sizes": sizes}
except Exception as error:
    said["data_error"] = f"{type(error).__name__}: {error}"
if sys.platform == "linux":
    try:
        from course.grading.sandbox import why_not
        said["sandbox"] = why_not()
    except Exception as error:
        said["sandbox"] = f"{type(error).__name__}: {error}"
print(json.dumps(said))
"""
_COMMANDS = {
    "course": ["-c", _COURSE],
    "jupyterlab": ["-m", "jupyterlab", "--version"],
    "torch": ["-c", _TORCH],
    "numba": ["-c", _NUMBA],
}


@dataclass(frozen=True)
class Answer:
    """What a probe said: what it printed, or in `error` the last line of why it could not."""

    output: str
    error: str


class Probes:
    """Processes that are started at once and asked for their answers later."""

    def __init__(self, names: tuple[str, ...] = tuple(_COMMANDS)) -> None:
        self._deadline = time.monotonic() + SECONDS
        self._answers: dict[str, Answer] = {}
        self._running = {name: self._start(_COMMANDS[name]) for name in names}

    @staticmethod
    def _start(arguments: list[str]) -> subprocess.Popen | str:
        surroundings = dict(os.environ, PYTHONIOENCODING="utf-8", OMP_NUM_THREADS="1")
        try:
            return subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=tempfile.gettempdir(),
                env=surroundings,
            )
        except OSError as error:
            return str(error)

    def answer(self, name: str) -> Answer:
        """Wait for the answer of a probe."""
        if name not in self._answers:
            self._answers[name] = self._wait(self._running[name])
        return self._answers[name]

    def _wait(self, process: subprocess.Popen | str) -> Answer:
        if isinstance(process, str):
            return Answer("", process)
        try:
            printed, said = process.communicate(timeout=max(1, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return Answer("", f"no answer in {SECONDS} s")
        if process.returncode == 0:
            return Answer(printed.decode("utf-8", "replace").strip(), "")
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return Answer("", lines[-1].strip() if lines else f"it ended with {process.returncode}")


def _level(answer: Answer) -> str:
    """Return how bad an error is: a machine that is busy is no broken environment."""
    return "warning" if answer.error.startswith("no answer") else "problem"


def _missing(answer: Answer) -> bool:
    """Say whether a package is not there at all, which the line on packages tells better."""
    return "No module named" in answer.error


def jupyterlab(root: Path, probes: Probes) -> list[Finding]:
    """Look at whether JupyterLab starts."""
    answer = probes.answer("jupyterlab")
    if _missing(answer):
        return []
    if answer.error:
        mend = pip(root, "--force-reinstall --no-deps -r requirements.txt")
        return [Finding(_level(answer), "JupyterLab", f"does not start: {answer.error}", mend)]
    return [Finding("ok", "JupyterLab", answer.output)]


def torch(root: Path, probes: Probes) -> list[Finding]:
    """Look at whether PyTorch can be imported and computes."""
    answer = probes.answer("torch")
    if _missing(answer):
        return []
    if answer.error:
        mend = pip(root, "--force-reinstall --no-deps -r requirements.txt")
        if os.name == "nt":
            mend = "install Microsoft's Visual C++ Redistributable (x64) and restart Windows"
        return [Finding(_level(answer), "PyTorch", f"cannot be used: {answer.error}", mend)]
    return [Finding("ok", "PyTorch", "computes")]


def numba(root: Path, probes: Probes) -> list[Finding]:
    """Look at whether numba compiles, and whether what it compiled can be kept."""
    answer = probes.answer("numba")
    if _missing(answer):
        return []
    if answer.error:
        mend = pip(root, "--force-reinstall --no-deps -r requirements.txt")
        return [Finding(_level(answer), "numba", f"cannot compile: {answer.error}", mend)]
    named = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(named) if named else root / "helpers" / "__pycache__"
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        text = f"compiles; {folder} cannot be written, so it may compile anew at each start"
        mend = "set NUMBA_CACHE_DIR to a folder that you may write to"
        return [Finding("warning", "numba", text, mend)]
    return [Finding("ok", "numba", f"{answer.output} compiles, and keeps what it compiled")]


def _course(probes: Probes) -> dict:
    try:
        return json.loads(probes.answer("course").output)
    except ValueError:
        return {"data_error": probes.answer("course").error or "no answer"}


def data(root: Path, probes: Probes) -> list[Finding]:
    """Look at which of the lessons' data are in the cache, and whether they are whole."""
    said = _course(probes)
    if "data" not in said:
        error = said["data_error"]
        if "No module named" in error:
            return []
        return [Finding("problem", "data", f"cannot be looked at: {error}", set_up(root))]
    states, sizes = said["data"]["states"], said["data"]["sizes"]
    damaged = [name for name, (state, _) in states.items() if state == "damaged"]
    absent = [name for name, (state, _) in states.items() if state == "missing"]
    found = []
    if damaged:
        text = f"damaged: {', '.join(damaged)} ({states[damaged[0]][1]})"
        found.append(Finding("problem", "data", text, f"course fetch --repair {' '.join(damaged)}"))
    if absent:
        megabytes = sum(sizes[name] for name in absent) / 1e6
        text = f"{len(absent)} of {len(states)} sources not fetched yet, {megabytes:.0f} MB"
        proxies = [name for name in ("HTTPS_PROXY", "https_proxy") if os.environ.get(name)]
        text += f"; pip goes through {proxies[0]}" if proxies else ""
        mend = "lessons fetch what they need; for work without a network: course fetch --all"
        found.append(Finding("note", "data", text, mend))
    if not damaged and not absent:
        text = f"all {len(states)} sources in {said['data']['cache']}"
        found.append(Finding("ok", "data", text))
    return found


def sandbox(root: Path, probes: Probes) -> list[Finding]:
    """Look at whether submissions can be run in a sandbox; only teachers need it."""
    said = _course(probes)
    if "sandbox" not in said or "No module named" in (said["sandbox"] or ""):
        return []
    if said["sandbox"] is None:
        return [Finding("ok", "sandbox", "bubblewrap works (for course grade)")]
    mend = "sudo apt install bubblewrap, or your system's package of that name"
    if "does not start" in said["sandbox"]:
        mend = "allow unprivileged user namespaces; in a container: see .devcontainer/README.md"
    text = f"none, which only course grade needs: {said['sandbox']}"
    return [Finding("note", "sandbox", text, mend)]
