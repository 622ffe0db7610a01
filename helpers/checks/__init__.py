"""The checks of the course's exercises.

A notebook calls :func:`check` with the id of an exercise and the learner's answer::

    check("X-alias", build_alias)

One module a lesson holds that lesson's checks; :func:`get` finds a check by its id.
"""

import json
import os
from importlib import import_module

from helpers.checks.core import Check, Conclusions, Misconception, Value, Verdict
from helpers.checks.running import Case
from helpers.exercises import lessons_with_exercises
from helpers.progress_file import note_from_notebook

__all__ = [
    "Case",
    "Check",
    "CheckFailed",
    "Conclusions",
    "Misconception",
    "NotAttempted",
    "Value",
    "Verdict",
    "all_checks",
    "check",
    "get",
]

# Imported when first asked for, so that one lesson does not pay for the others' libraries.
_LESSONS = (
    "lesson00",
    "lesson01",
    "lesson02",
    "lesson03",
    "lesson04",
    "lesson05",
    "lesson06",
    "lesson07",
    "lesson08",
)

RECORDS_VARIABLE = "COURSE_RECORDS"


class CheckFailed(AssertionError):
    """An answer that is not right yet. In a notebook only the message is shown, no traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


class NotAttempted(CheckFailed):
    """An exercise that is still as it came: not wrong, and not worth points."""


def all_checks(lesson: str | None = None) -> dict[str, Check | Conclusions]:
    """Return the checks by id, of one lesson (``"lesson01"``) or of all."""
    found = {}
    for name in _LESSONS if lesson is None else (lesson,):
        for item in import_module(f"helpers.checks.{name}").CHECKS:
            if item.id in found:
                raise ValueError(f"two checks have the id {item.id!r}: rename one")
            found[item.id] = item
    return found


def get(check_id: str) -> Check | Conclusions:
    """Find a check by its id.

    Raises
    ------
    KeyError
        When there is none.
    """
    # The list says which lesson it is, so that the others' libraries stay unloaded.
    listed = [
        f"lesson{name[:2]}"
        for name, lesson in lessons_with_exercises().items()
        if any(exercise.id == check_id for exercise in lesson.exercises)
    ]
    for lesson in dict.fromkeys([*listed, *_LESSONS]):
        checks = all_checks(lesson)
        if check_id in checks:
            return checks[check_id]
    raise KeyError(f"there is no check {check_id!r}: see the id in the heading of the exercise")


def check(check_id: str, answer: object, *, seed: int = 1, hard: bool = False) -> None:
    """Check an answer and say what is right or wrong with it.

    Parameters
    ----------
    check_id : str
        Id of the exercise.
    answer : callable or value
        The learner's function or value.
    seed : int
        Seed of the random inputs; another one gives other inputs.
    hard : bool
        Whether to add the harder cases of the hidden part.

    Raises
    ------
    NotAttempted
        When the exercise is still as it came.
    CheckFailed
        When the answer is not right; the message says why.
    """
    checked = get(check_id)
    records = checked.run(answer, seed, hard)
    path = os.environ.get(RECORDS_VARIABLE)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            line = {"check": check_id, "seed": seed, "hard": hard, "records": records}
            file.write(json.dumps(line) + "\n")
    verdict = checked.judge(records, seed, hard)
    if not path and (told := note_from_notebook(check_id, verdict.state)):
        print(told)
    if verdict.state == "not attempted":
        raise NotAttempted(verdict.message)
    if not verdict.passed:
        raise CheckFailed(verdict.message)
    if not hard:
        print(verdict.message)
