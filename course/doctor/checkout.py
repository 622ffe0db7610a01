"""The course's folder: its files, git, and the learner's own copies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from course.doctor.findings import Finding, quoted, some
from course.doctor.machine import output_of

__all__ = ["files", "git", "hiding", "own_copies", "progress"]

# Packages that lessons import, next to Python's own modules.
_IMPORTED = (
    "course faiss gensim helpers IPython ipywidgets matplotlib numba numpy onnxruntime pandas "
    "plotly pyarrow scipy sklearn sentence_transformers tokenizers torch transformers umap usearch"
)


def files(root: Path) -> list[Finding]:
    """Look at whether the course is whole, and its line ends are what it was made with."""
    needed = ("requirements.txt", "pyproject.toml", "nbgrader_config.py", "helpers", "notebooks")
    absent = [name for name in needed if not (root / name).exists()]
    if absent:
        text = f"{some(absent)} missing from {root}"
        return [Finding("problem", "files", text, "clone the course anew and copy work/ into it")]
    sources = [root / name for name in ("Makefile", "requirements.txt", "course/cli.py")]
    returns = [
        path.relative_to(root).as_posix()
        for path in [*sources, *sorted((root / "notebooks").glob("*/*.ipynb"))]
        if path.is_file() and b"\r\n" in path.read_bytes()
    ]
    if not returns:
        return []
    text = f"Windows line ends in {some(returns)}: make and the tests may fail"
    mend = f"git checkout -- {returns[0]} (which drops your changes to that file); same for others"
    return [Finding("warning", "line ends", text, mend)]


def git(root: Path) -> list[Finding]:
    """Look at whether an update by git can go through."""
    if not (root / ".git").exists():
        text = "not a clone: updates cannot be pulled"
        return [Finding("note", "git", text, "git clone the course, and copy work/ into it")]
    if shutil.which("git") is None:
        mend = "install git from your system's packages or git-scm.com"
        return [Finding("note", "git", "not installed: updates cannot be pulled", mend)]
    try:
        status, printed, said = output_of(
            ["git", "status", "--porcelain", "-z", "--untracked-files=no"], root
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [Finding("warning", "git", f"does not answer: {error}", "git status")]
    if status:
        return [_refusal(root, said)]
    entries = [entry for entry in printed.split("\0") if len(entry) > 3]
    clashes = [entry[3:] for entry in entries if "U" in entry[:2] or entry[:2] in ("AA", "DD")]
    if clashes:
        text = f"a merge has stopped at {some(clashes)}"
        return [Finding("problem", "git", text, "git merge --abort, or resolve it and git commit")]
    changed = {entry[3:] for entry in entries}
    # A maintainer changes the source, too; who changes a notebook alone took it for their own.
    edited = [name for name in sorted(changed) if _edited_release(name, changed)]
    if edited:
        name = edited[0]
        text = f"you changed {some(edited)}: git pull will refuse"
        mend = f"make lab copies your work to work/; then git checkout -- {name}"
        return [Finding("warning", "git", text, mend)]
    return [Finding("ok", "git", f"{len(changed) or 'no'} changed files")]


def _refusal(root: Path, said: str) -> Finding:
    lines = said.strip().splitlines() or ["no reason given"]
    if "dubious ownership" in said:
        mend = f"git config --global --add safe.directory {quoted(root)}"
        return Finding("warning", "git", "the folder belongs to another user", mend)
    return Finding("warning", "git", f"git status fails: {lines[0]}", "clone the course anew")


def _edited_release(name: str, changed: set[str]) -> bool:
    if not (name.startswith("notebooks/") and name.endswith(".ipynb")):
        return False
    source = name.replace("notebooks", "solutions", 1)
    return source not in changed and source[: -len(".ipynb")] + ".py" not in changed


def own_copies(root: Path) -> list[Finding]:
    """Look at the learner's copies: whole, and can they be written."""
    work = root / "work"
    notebooks = sorted(work.glob("[0-9][0-9]_*/*.ipynb"))
    if not notebooks:
        return [Finding("ok", "your copies", "none yet: make lab makes them, in work/")]
    found = []
    locked = [path for path in (work, *notebooks) if not os.access(path, os.W_OK)]
    if locked:
        text = f"{locked[0].relative_to(root).as_posix()} cannot be written: nothing can be saved"
        mend = 'sudo chown -R "$USER" work' if os.name != "nt" else "clear its read-only attribute"
        found.append(Finding("problem", "your copies", text, mend))
    for path in notebooks:
        if not _whole(path):
            name = path.relative_to(root).as_posix()
            kept = path.parent / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"
            text = f"{name} is damaged"
            mend = f"rename it; make lab then gives you a new {path.name}"
            if kept.is_file() and _whole(kept):
                older = kept.relative_to(root).as_posix()
                mend = f"JupyterLab kept an older state: cp {older} {name}"
            found.append(Finding("problem", "your copies", text, mend))
    return found or [Finding("ok", "your copies", f"{len(notebooks)} in work/")]


def _whole(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8")).get("cells"), list)
    except (OSError, ValueError, AttributeError):
        return False


def progress(root: Path) -> list[Finding]:
    """Look at whether the learner's record of points can be read."""
    record = root / "work" / "progress.json"
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
        # One from a later version of the course is none of this one's business.
        whole = data["schema"] > 1 or isinstance(data["exercises"], dict)
    except FileNotFoundError:
        return []
    except OSError as error:
        text = f"work/progress.json cannot be read: {error.strerror}: no points are kept"
        return [Finding("warning", "progress", text, f"rename {record.name} in work/")]
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if whole:
        return []
    mend = "the next check sets it aside and begins anew; course check counts all again"
    return [Finding("note", "progress", "work/progress.json is damaged", mend)]


def hiding(root: Path) -> list[Finding]:
    """Look for files beside notebooks that hide a module of the same name."""
    known = set(_IMPORTED.split()) | set(getattr(sys, "stdlib_module_names", ()))
    places = [*(root / "work").glob("*"), *(root / "work").glob("*/*")]
    hidden = [
        path for path in places if (path.suffix == ".py" or path.is_dir()) and path.stem in known
    ]
    found = []
    for path in hidden:
        if path.is_dir() and not any(path.glob("*.py")):
            continue
        name = path.relative_to(root).as_posix()
        text = f"{name} hides the module {path.stem} from the notebooks beside it"
        found.append(Finding("problem", "your files", text, f"give {name} another name"))
    return found
