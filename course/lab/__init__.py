"""Opening the course in JupyterLab, on the learner's own copies."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nbformat import NotebookNode

from course.errors import CourseError
from course.files import put
from course.layout import Course, Lesson
from course.reading import read_notebook
from course.stamp import fingerprint, is_edited
from course.update import as_bytes, behind, own_copies, quick_metadata, read_release

__all__ = ["command", "environment", "make_copies", "news", "open_lab"]

# Defaults only: what learners set in Lab's own settings counts more.
_LAB_DEFAULTS = {
    "@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"}
}

_COPIED = "course_copied"


def make_copies(course: Course) -> list[Path]:
    """Copy the learners' notebooks to ``work/`` where they are missing; overwrite nothing.

    A notebook that somebody has worked on in ``notebooks/`` itself, beside a copy in ``work/``, is
    copied there under another name.

    Returns
    -------
    list of Path
        The files that were made.

    Raises
    ------
    CourseError
        When there is nothing to copy, or ``work/`` cannot be written to.
    """
    made = []
    try:
        for folder in sorted((course.root / "notebooks").glob("[0-9][0-9]_*")):
            for source in sorted(path for path in folder.rglob("*") if path.is_file()):
                target = course.root / "work" / source.relative_to(course.root / "notebooks")
                if ".ipynb_checkpoints" not in source.parts:
                    made += _copy(source, target)
    except OSError as error:
        raise CourseError(
            f"work/ cannot be written: {error.strerror}: {error.filename}: make the folder yours, "
            "or clone the course where you may write"
        ) from error
    if not (course.root / "work").is_dir():
        raise CourseError("notebooks/ holds no lesson: clone the course anew, or run course build")
    return made


def _copy(source: Path, target: Path) -> list[Path]:
    """Copy a file where it is missing; return the copy."""
    content = source.read_bytes()
    if source.suffix == ".ipynb":
        try:
            notebook = read_notebook(source)
        except CourseError:
            return []  # `news` tells.
        if is_edited(notebook):
            # It keeps what it came from, so that it is copied once, however it goes on here.
            mark = _mark(notebook)
            if any(quick_metadata(path).get(_COPIED) == mark for path in _beside(target)):
                return []
            notebook.metadata[_COPIED] = mark
            content = as_bytes(notebook)
            target = _free_name(target)
    if target.exists():
        return []
    # A copy cut short must not count as the learner's own next time.
    put(target, content)
    return [target]


def _mark(notebook: NotebookNode) -> str:
    return fingerprint("\0".join(cell.source for cell in notebook.cells))


def _beside(target: Path) -> list[Path]:
    return list(target.parent.glob("*.ipynb"))


def _free_name(target: Path) -> Path:
    if not target.exists():
        return target
    for number in itertools.count(1):
        other = target.with_name(f"{target.stem}-from-notebooks-{number}.ipynb")
        if not other.exists():
            return other


def news(course: Course) -> list[str]:
    """Say in one line each what the learner should know before JupyterLab opens."""
    told = []
    for lesson in course.lessons():
        if not lesson.release.is_file():
            continue
        try:
            release = read_release(lesson)
        except CourseError as error:
            told.append(str(error))
            continue
        if is_edited(release):
            told.append(
                f"notebooks/{lesson.name}/ holds work of yours, which is in "
                f"{_copy_of(release, lesson, course)} now: `git checkout HEAD -- notebooks` lets "
                "the next git pull through"
            )
    old = behind(course)
    if old:
        names = ", ".join(path.relative_to(course.root).as_posix() for path in old)
        told.append(f"older than the course: {names}; `course update` keeps your work")
    return told


def _copy_of(release: NotebookNode, lesson: Lesson, course: Course) -> str:
    """Name the copy of what somebody has worked on in ``notebooks/``, wherever it is now."""
    mark = _mark(release)
    for path, whose in own_copies(course):
        if whose == lesson and quick_metadata(path).get(_COPIED) == mark:
            return path.relative_to(course.root).as_posix()
    return f"work/{lesson.name}/"


def command(course: Course, extra: Sequence[str] = ()) -> list[str]:
    """Return the command that starts JupyterLab on the start page."""
    start = "00_start_here/00_start_here.ipynb"
    page = f"/lab/tree/{start}" if (course.root / "work" / start).is_file() else "/lab"
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={course.root / 'work'}",
        f"--LabApp.default_url={page}",
        *extra,
    ]


def environment(course: Course) -> dict[str, str]:
    """Return the environment for JupyterLab: no news prompt, no update check, `course` on the PATH.

    JupyterLab reads defaults from ``labconfig`` in every folder of JUPYTER_CONFIG_PATH; they are
    written under ``build/``.

    Raises
    ------
    CourseError
        When they cannot be written.
    """
    folder = course.root / "build" / "lab"
    settings = folder / "labconfig" / "default_setting_overrides.json"
    try:
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(_LAB_DEFAULTS, indent=2), encoding="utf-8")
    except OSError as error:
        raise CourseError(f"build/lab cannot be written: {error.strerror}") from error
    made = dict(os.environ)
    for name, first in (("JUPYTER_CONFIG_PATH", folder), ("PATH", Path(sys.executable).parent)):
        made[name] = os.pathsep.join([str(first), *filter(None, [made.get(name)])])
    return made


def open_lab(course: Course, extra: Sequence[str] = ()) -> int:
    """Run JupyterLab until it is closed and return its exit status."""
    start, surroundings = command(course, extra), environment(course)
    if os.name == "posix":
        # In place of this process, so that signals go where they are meant to.
        sys.stdout.flush()
        os.execve(start[0], start, surroundings)
    with subprocess.Popen(start, env=surroundings) as server:
        while True:
            try:
                return server.wait()
            except KeyboardInterrupt:
                continue  # The server has got it too, and asks before it stops.
