"""What is kept of a graded submission: a graded notebook, and a file with its outcome."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course.cells import kinds
from course.errors import CourseError
from course.files import put
from course.grading.gradebooks import Grades
from course.grading.task import Outcome
from course.layout import Lesson
from course.reading import read_notebook

__all__ = [
    "Result",
    "Submission",
    "exercises",
    "keep",
    "kept_outcome",
    "kept_reason",
    "note",
    "recall",
    "write_whole",
]


@dataclass(frozen=True)
class Submission:
    """A folder that somebody handed in."""

    lesson: Lesson
    student: str

    @property
    def folder(self) -> Path:
        """Where it lies, as nbgrader's collecting leaves it."""
        return self.lesson.root / "submitted" / self.student / self.lesson.name

    @property
    def autograded(self) -> Path:
        """Where nbgrader and Formgrader look for the graded notebook."""
        return self.lesson.root / "autograded" / self.student / self.lesson.name

    @property
    def graded_notebook(self) -> Path:
        """The graded notebook."""
        return self.autograded / f"{self.lesson.name}.ipynb"

    @property
    def kept(self) -> Path:
        """What is known from the last grading."""
        return self.lesson.root / "build" / "grading" / self.lesson.name / f"{self.student}.json"


@dataclass
class Result:
    """What became of a submission, and whether its grades have reached the gradebook.

    `changed` lists the grade ids whose answers may be others than those in the gradebook.
    """

    item: Submission
    digest: str
    outcome: Outcome
    merged: bool = False
    changed: list[str] = field(default_factory=list)


def recall(item: Submission, digest: str) -> Result | None:
    """Return what is known of a submission, if it was graded just so."""
    known = _graded(item)
    return known if known and known.digest == digest else None


def _known(item: Submission) -> Result | None:
    """Read what became of a submission; None if nothing did, or what is kept is damaged."""
    try:
        data = json.loads(item.kept.read_text(encoding="utf-8"))
        outcome = Outcome.from_plain(data["outcome"])
        merged, changed = bool(data["merged"]), data.get("changed") or []
        return Result(item, data["digest"], outcome, merged, list(changed))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _graded(item: Submission) -> Result | None:
    known = _known(item)
    there = known and known.outcome.state == "graded" and item.graded_notebook.is_file()
    return known if there else None


def keep(result: Result) -> None:
    """Write the graded notebook and then the outcome, each whole or not at all."""
    item = result.item
    result.changed = _changed(_known(item), result.outcome.grades)
    write_whole(item.graded_notebook, result.outcome.autograded + "\n")
    stamp = item.folder / "timestamp.txt"
    if stamp.is_file() and not stamp.is_symlink():
        write_whole(
            item.autograded / stamp.name, stamp.read_text(encoding="utf-8", errors="replace")
        )
    note(result)
    result.outcome.autograded = None


def _changed(before: Result | None, grades: Grades) -> list[str]:
    """List what may have changed since the last grading, or since grades were last merged."""
    known = before.outcome.grades if before else None
    old = known.answers if known else {}
    open_still = before.changed if before and not before.merged else []
    return [
        name
        for name in grades.scores
        if name in open_still or name not in grades.answers or grades.answers[name] != old.get(name)
    ]


def note(result: Result) -> None:
    """Write the outcome down, and whether it has been merged."""
    data = {
        "digest": result.digest,
        "merged": result.merged,
        "changed": result.changed,
        "outcome": result.outcome.as_plain(),
    }
    write_whole(result.item.kept, json.dumps(data, indent=1) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file and its folders, the file whole or not at all."""
    try:
        put(path, text.encode())
    except OSError as error:
        raise CourseError(f"{path} cannot be written: {error.strerror}") from error


def exercises(lesson: Lesson) -> list[str]:
    """Return the ids of a lesson's exercises, in order."""
    cells = read_notebook(lesson.solution).cells
    return [cell.metadata.nbgrader.grade_id for cell in cells if kinds(cell) == "check"]


def kept_outcome(item: Submission, checks: Sequence[str]) -> Outcome | None:
    """Return how a submission was graded last, for reports and feedback.

    Parameters
    ----------
    item : Submission
        Whose and what.
    checks : sequence of str
        The lesson's :func:`exercises`, as they are now.

    Returns
    -------
    Outcome or None
        None if it was not graded, or with other exercises than these.
    """
    known = _graded(item)
    if known is None or [verdict.check for verdict in known.outcome.verdicts] != list(checks):
        return None
    return known.outcome


def kept_reason(item: Submission) -> str | None:
    """Return why a submission could not be read when it was last graded; None if it could."""
    known = _known(item)
    return known.outcome.message if known and known.outcome.state == "unreadable" else None
