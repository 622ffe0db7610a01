"""What the doctor finds, and the words it uses for commands on this platform."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "LEVELS",
    "Finding",
    "inside_own",
    "own_python",
    "pip",
    "python",
    "quoted",
    "separate",
    "set_up",
    "some",
]

LEVELS = ("ok", "note", "warning", "problem")


@dataclass(frozen=True)
class Finding:
    """One line of the doctor.

    Attributes
    ----------
    level : {"ok", "note", "warning", "problem"}
        A note is about what learners do not need; with a warning the course works, perhaps worse;
        with a problem it does not.
    topic : str
        What was looked at, in a word or two.
    text : str
        What was found.
    mend : str
        How to mend it: a command, or a sentence. Empty when there is nothing to mend.
    """

    level: str
    topic: str
    text: str
    mend: str = ""


def own_python(root: Path) -> Path | None:
    """Return the interpreter of the environment that ``make`` sets up; None if there is none."""
    places = (root / ".venv" / "Scripts" / "python.exe", root / ".venv" / "bin" / "python")
    return next((place for place in places if os.path.lexists(place)), None)


def inside_own(root: Path) -> bool:
    """Say whether this process runs in the course's own environment."""
    return os.path.realpath(sys.prefix) == os.path.realpath(root / ".venv")


def separate() -> bool:
    """Say whether this Python has packages of its own, by venv or by conda."""
    return sys.prefix != sys.base_prefix or os.path.isdir(os.path.join(sys.prefix, "conda-meta"))


def quoted(path: Path | str) -> str:
    """Return a path as it is typed into a shell."""
    return f'"{path}"' if " " in str(path) else str(path)


def python(root: Path) -> str:
    """Return how to call the interpreter that is being looked at."""
    if inside_own(root):
        place = own_python(root)
        if place is not None:
            return str(place.relative_to(root))
    return quoted(sys.executable or "python3")


def pip(root: Path, what: str) -> str:
    """Return the command that installs `what` into the environment that is being looked at."""
    return f"{python(root)} -m pip install {what}"


def set_up(root: Path) -> str:
    """Return the command that sets the environment up from nothing."""
    if shutil.which("make"):
        return "make clean setup" if own_python(root) else "make setup"
    interpreter = "py -3" if os.name == "nt" else "python3"
    place = r".venv\Scripts\python" if os.name == "nt" else ".venv/bin/python"
    return (
        f"{interpreter} -m venv --clear .venv, then {place} -m pip install -r requirements.txt, "
        f"then {place} -m pip install --no-deps --no-build-isolation -e ."
    )


def some(names: list[str], most: int = 3) -> str:
    """Return the first few names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
