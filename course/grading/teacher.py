"""The teacher's own settings in `nbgrader_config.py`, as far as grading heeds them."""

from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from course.errors import CourseError

__all__ = ["gradebook_url", "late_policy"]


def _read(root: Path) -> Config:
    path = root / "nbgrader_config.py"
    try:
        return PyFileConfigLoader(path.name, path=str(root)).load_config()
    except Exception as error:  # It is a program, and may fail in any way.
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise CourseError(f"{path.name} cannot be read: {said}") from error


def gradebook_url(root: Path) -> str:
    """Return the URL of the gradebook that nbgrader itself would use in the course's folder.

    Raises
    ------
    CourseError
        When ``nbgrader_config.py`` cannot be read.
    """
    named = _read(root).CourseDirectory.get("db_url")
    return named if isinstance(named, str) else f"sqlite:///{root / 'gradebook.db'}"


def late_policy(root: Path) -> dict[str, dict]:
    """Return the settings of what takes off points for lateness, as plain data.

    Returns
    -------
    dict of str to dict
        nbgrader's ``AssignLatePenalties`` and the settings of plugins; empty if there is no
        policy. A class stands there by its name.

    Raises
    ------
    CourseError
        When ``nbgrader_config.py`` cannot be read, or a plugin is written in it: no other process
        could import it from there.
    """
    found = {}
    for section, settings in sorted(_read(root).items()):
        if section == "AssignLatePenalties" or section.endswith("Plugin"):
            found[section] = {name: _plain(value) for name, value in sorted(settings.items())}
    return found if "AssignLatePenalties" in found or "LateSubmissionPlugin" in found else {}


def _plain(value: object) -> object:
    if not isinstance(value, type):
        return value if isinstance(value, str | int | float | bool) else str(value)
    if value.__module__ in ("__main__", "builtins"):
        raise CourseError(
            f"nbgrader_config.py: put the class {value.__name__} into a module that can be "
            "imported, and name it there"
        )
    return f"{value.__module__}.{value.__qualname__}"
