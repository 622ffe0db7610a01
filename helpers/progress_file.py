"""The learner's own record of what is right: a plain JSON file that stays on the machine.

A check that runs in a notebook notes its verdict here, and so does ``course check``. The file is
``work/progress.json`` of the checkout; the environment variable ``COURSE_PROGRESS`` names another
one, or turns the record off (``COURSE_PROGRESS=off``). Nothing is sent anywhere.

Nothing that happens to the file may break a check: every failure becomes one line of text.
"""

import contextlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import filelock

from helpers.progress import building

__all__ = ["SCHEMA", "VARIABLE", "Noted", "note", "note_from_notebook", "progress_path", "read"]

SCHEMA = 1
VARIABLE = "COURSE_PROGRESS"

Judge = Literal["notebook", "course check"]

# A check that is run in these folders is not a learner's own work.
_OTHERS_WORK = (("solutions",), ("submitted",), ("autograded",))
_SECONDS_FOR_THE_LOCK = 3
_STATES = ("passed", "wrong", "error", "timeout")


@dataclass(frozen=True)
class Noted:
    """What one judge has said about an exercise: the best and the last verdict, and when.

    Attributes
    ----------
    best, last : {"passed", "wrong", "error", "timeout"}
        States of verdicts.
    best_at, last_at : str
        Times in UTC, as ISO 8601 writes them.
    """

    best: str
    best_at: str
    last: str
    last_at: str


def progress_path(root: Path | None = None) -> Path | None:
    """Return where the record is kept.

    Parameters
    ----------
    root : Path or None
        The course's folder; None to look for it above the working folder, where a notebook's
        kernel runs.

    Returns
    -------
    Path or None
        None when the record is turned off, and where there is no work of the learner's own.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if named:
        return None if named.lower() in ("off", "0", "no") else Path(named).expanduser()
    root = root or _checkout()
    return root / "work" / "progress.json" if root else None


def _checkout() -> Path | None:
    """Find the course around a learner's notebook."""
    with contextlib.suppress(OSError):  # The working folder may be gone.
        here = Path.cwd().resolve()
        named = os.environ.get("COURSE_ROOT")
        for folder in [Path(named).resolve()] if named else [here, *here.parents]:
            if (folder / "nbgrader_config.py").is_file() and (folder / "solutions").is_dir():
                inside = here.parts[len(folder.parts) :] if here.is_relative_to(folder) else ()
                return None if inside[:1] in _OTHERS_WORK else folder
    return None


def read(path: Path | None) -> tuple[dict[str, dict[str, Noted]], str | None]:
    """Read a record.

    Parameters
    ----------
    path : Path or None
        The file; it need not exist.

    Returns
    -------
    (dict, str or None)
        Exercise -> judge ("notebook" or "course check") -> what it said; and one line when the
        file cannot be used.
    """
    try:
        exercises = _read(path)["exercises"] if path else {}
    except OSError as error:
        return {}, f"{_named(path)} cannot be read: {error.strerror}."
    except ValueError as error:
        return {}, f"{_named(path)} {error}"
    return {
        name: {judge: kept for judge, value in entry.items() if (kept := _noted(value))}
        for name, entry in exercises.items()
        if isinstance(entry, dict)
    }, None


def note(path: Path, states: dict[str, str], judge: Judge) -> str | None:
    """Write verdicts into a record, whole or not at all.

    Parameters
    ----------
    path : Path
        The file; it and its folder are made when they are missing.
    states : dict of str to str
        Exercise -> state of the verdict. "not attempted" leaves the record as it was.
    judge : {"notebook", "course check"}
        Who says so: the check in the notebook, with the inputs shown there, or `course check`,
        with the hidden ones as well.

    Returns
    -------
    str or None
        One line when something is worth telling: the verdicts could not be kept, or a damaged
        record was set aside.
    """
    tried = {name: state for name, state in states.items() if state in _STATES}
    if not tried:
        return None
    try:
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock")
        with filelock.FileLock(lock, timeout=_SECONDS_FOR_THE_LOCK):
            return _note(path, tried, judge)
    except filelock.Timeout:
        return f"Your progress was not kept: another notebook holds {_named(path)}."
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or "this file system has no locks"
        return f"Your progress is not kept: {_named(path)} cannot be written ({reason})."


def note_from_notebook(exercise: str, state: str) -> str | None:
    """Keep the verdict of a check that a learner has run in a notebook; see :func:`note`.

    Builds, tests and scripts keep nothing.
    """
    if building() or not _in_a_notebook():
        return None
    path = progress_path()
    return None if path is None else note(path, {exercise: state}, "notebook")


def _in_a_notebook() -> bool:
    if "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def _note(path: Path, tried: dict[str, str], judge: Judge) -> str | None:
    told = None
    try:
        data = _read(path)
    except _FromLater as error:
        return f"Your progress is not kept: {_named(path)} {error}"
    except ValueError:
        aside = _set_aside(path)
        told = f"{_named(path)} was damaged: it is now {aside.name}, and a new record is begun."
        data = {"schema": SCHEMA, "exercises": {}}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for name, state in tried.items():
        entry = data["exercises"].get(name)
        entry = data["exercises"][name] = entry if isinstance(entry, dict) else {}
        before = _noted(entry.get(judge))
        best = (state, now)
        if before and before.best == "passed":
            best = (before.best, before.best_at)
        entry[judge] = {"best": best[0], "best_at": best[1], "last": state, "last_at": now}
    _write(path, json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return told


class _FromLater(ValueError):
    pass


def _read(path: Path) -> dict:
    """Read the file as it is; ValueError says what is wrong with it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"schema": SCHEMA, "exercises": {}}
    except (ValueError, RecursionError) as error:
        raise ValueError("is damaged; the next check sets it aside.") from error
    schema = data.get("schema") if isinstance(data, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise _FromLater("was written by a later version of the course: update the course.")
    if schema != SCHEMA or not isinstance(data.get("exercises"), dict):
        raise ValueError("is damaged; the next check sets it aside.")
    return data


def _noted(value: object) -> Noted | None:
    keys = ("best", "best_at", "last", "last_at")
    if not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in keys):
        return None
    kept = Noted(**{key: value[key] for key in keys})
    return kept if kept.best in _STATES and kept.last in _STATES else None


def _set_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    os.replace(path, aside)
    return aside


def _write(path: Path, text: str) -> None:
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def _named(path: Path | None) -> str:
    return "/".join(path.parts[-2:]) if path else "the record"
