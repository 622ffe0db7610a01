"""What exercises the course has: lesson, heading, minutes and points, without loading any check.

The list is ``helpers/exercises.json``. ``course build`` writes it from the lessons' sources and the
checks, so that a list of all exercises does not cost the imports of all lessons.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["INDEX", "Exercise", "LessonExercises", "lesson_exercises", "lessons_with_exercises"]

INDEX = Path(__file__).with_name("exercises.json")


@dataclass(frozen=True)
class Exercise:
    """One exercise: its id, the heading above it, the minutes it may take, and its points."""

    id: str
    heading: str
    minutes: int
    points: int


@dataclass(frozen=True)
class LessonExercises:
    """A lesson's exercises in their order, and the ids of its written questions.

    Attributes
    ----------
    name : str
        The folder's name, ``"01_word2vec"``.
    title : str
        The heading of the notebook.
    exercises : tuple of Exercise
        What a check answers.
    written : tuple of str
        Ids of the questions that no check can read.
    """

    name: str
    title: str
    exercises: tuple[Exercise, ...]
    written: tuple[str, ...]

    @property
    def points(self) -> int:
        """All points of the checked exercises."""
        return sum(exercise.points for exercise in self.exercises)

    def link(self, exercise: Exercise | None = None) -> str:
        """Return the address of the notebook, or of an exercise in it, from another notebook."""
        # JupyterLab's anchors are the headings with hyphens for spaces.
        anchor = f"#{exercise.heading.replace(' ', '-')}" if exercise else ""
        return f"../{self.name}/{self.name}.ipynb{anchor}"


@cache
def lessons_with_exercises() -> Mapping[str, LessonExercises]:
    """Return the lessons by name, in the order of the course."""
    listed = json.loads(INDEX.read_text(encoding="utf-8"))
    return {
        name: LessonExercises(
            name,
            found["title"],
            tuple(Exercise(**exercise) for exercise in found["exercises"]),
            tuple(found["written"]),
        )
        for name, found in sorted(listed.items())
    }


def lesson_exercises(lesson: str) -> LessonExercises:
    """Return one lesson's exercises.

    Parameters
    ----------
    lesson : str
        Name or number: ``"01_word2vec"``, ``"01"``.

    Raises
    ------
    ValueError
        When there is no such lesson.
    """
    lessons = lessons_with_exercises()
    found = [name for name in lessons if lesson in (name, name[:2])]
    if not found:
        raise ValueError(f"there is no lesson {lesson!r}: the lessons are {', '.join(lessons)}")
    return lessons[found[0]]
