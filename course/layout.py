"""Where things are: the course's root folder, its lessons and their files."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError

__all__ = ["Course", "Lesson", "ROOT_VARIABLE"]

ROOT_VARIABLE = "COURSE_ROOT"
_LESSON_NAME = re.compile(r"\d\d_[a-z0-9_]+")


@dataclass(frozen=True)
class Lesson:
    """One lesson: a folder of the same name under ``solutions/`` and ``notebooks/``."""

    root: Path
    name: str

    @property
    def number(self) -> str:
        """The two digits in front of the name."""
        return self.name[:2]

    @property
    def checks_module(self) -> str:
        """Name of the module of :mod:`helpers.checks` that belongs to the lesson."""
        return f"lesson{self.number}"

    @property
    def source(self) -> Path:
        """The file that maintainers edit."""
        return self.root / "solutions" / self.name / f"{self.name}.py"

    @property
    def solution(self) -> Path:
        """The executed notebook next to the source."""
        return self.source.with_suffix(".ipynb")

    @property
    def release(self) -> Path:
        """The learner's notebook as it is given out."""
        return self.root / "notebooks" / self.name / f"{self.name}.ipynb"

    @property
    def own_copy(self) -> Path:
        """The learner's own copy, which no command overwrites."""
        return self.root / "work" / self.name / f"{self.name}.ipynb"


@dataclass(frozen=True)
class Course:
    """A checkout of the course."""

    root: Path

    @classmethod
    def find(cls) -> "Course":
        """Find the checkout: $COURSE_ROOT, else above the working folder, else this package's.

        Raises
        ------
        CourseError
            When none of them holds the course.
        """
        named = os.environ.get(ROOT_VARIABLE)
        here = Path.cwd()
        package = Path(__file__).resolve().parent.parent
        candidates = [Path(named)] if named else [here, *here.parents, package]
        for folder in candidates:
            if (folder / "nbgrader_config.py").is_file() and (folder / "solutions").is_dir():
                return cls(folder.resolve())
        place = f"{ROOT_VARIABLE}={named}" if named else "this folder or the ones above it"
        raise CourseError(f"the course is not in {place}: run the command in the cloned folder")

    def lessons(self) -> list[Lesson]:
        """Return the lessons that have a source, in order."""
        folders = sorted((self.root / "solutions").iterdir())
        found = [Lesson(self.root, f.name) for f in folders if _LESSON_NAME.fullmatch(f.name)]
        return [lesson for lesson in found if lesson.source.is_file()]

    def lesson(self, name: str) -> Lesson:
        """Find a lesson by its folder name, its number, the start or else a part of its name.

        Raises
        ------
        CourseError
            When no lesson, or more than one, is meant.
        """
        key = Path(name).name.removesuffix(".ipynb").removesuffix(".py").lower()
        lessons = self.lessons()
        exact = [lesson for lesson in lessons if lesson.name == key]
        number = key.zfill(2) if key.isdigit() else key
        meant = exact or [lesson for lesson in lessons if lesson.name.startswith(number)]
        meant = meant or [lesson for lesson in lessons if number in lesson.name]
        if len(meant) == 1 and key:
            return meant[0]
        names = ", ".join(lesson.name for lesson in (meant if key else []) or lessons) or "none"
        if meant and key:
            raise CourseError(f"{name!r} may mean any of {names}: say which")
        raise CourseError(f"there is no lesson {name!r}: the lessons are {names}")

    def select(self, names: list[str]) -> list[Lesson]:
        """Return the lessons named, each once and in the order of the course; all for no names."""
        if not names:
            return self.lessons()
        chosen = {self.lesson(name).name for name in names}
        return [lesson for lesson in self.lessons() if lesson.name in chosen]
