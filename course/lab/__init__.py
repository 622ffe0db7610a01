"""Opening the course in JupyterLab, on the learner's own copies."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from course.errors import CourseError
from course.layout import Course

__all__ = ["command", "environment", "make_copies", "open_lab"]

# Defaults only: what learners set in Lab's own settings counts more.
_LAB_DEFAULTS = {
    "@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"}
}


def make_copies(course: Course) -> list[Path]:
    """Copy the learners' notebooks to ``work/`` where they are missing; overwrite nothing.

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
                if not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    # A copy cut short must not count as the learner's own next time.
                    part = target.with_name(f".{target.name}.part")
                    shutil.copyfile(source, part)
                    os.replace(part, target)
                    made.append(target)
    except OSError as error:
        raise CourseError(f"work/ cannot be written: {error.strerror}: {error.filename}") from error
    if not (course.root / "work").is_dir():
        raise CourseError("notebooks/ holds no lesson: clone the course anew, or run course build")
    return made


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
