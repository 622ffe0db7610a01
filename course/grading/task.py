"""Grading one submission: a function from plain data to plain data, to be run in any process."""

import hashlib
import io
import re
import tempfile
import time
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import nbformat
from nbformat import NotebookNode

from course.cells import kinds
from course.errors import CourseError
from course.grading.gradebooks import Grades, read_grades
from course.grading.intake import find_notebook, take_in
from course.grading.pipeline import Judged, autograde
from course.grading.sandbox import Limits
from helpers.checks import Verdict

__all__ = ["Outcome", "Task", "grade_submission"]


@dataclass(frozen=True)
class Task:
    """A submission and what grading it takes.

    Attributes
    ----------
    lesson, student : str
        What and whose.
    submission : bytes
        The submitted folder as a ZIP archive.
    solution, release : str
        The lesson's notebooks, as JSON.
    gradebook : bytes
        An SQLite gradebook that knows the assignment.
    desk : Path or bytes
        What the kernel sees of the course: a folder, which several sandboxed kernels may share
        because they cannot change it, or a ZIP archive.
    limits : Limits or None
        Of the sandbox; None for none.
    timeout, budget : float
        Seconds for a cell and for the notebook.
    full : bool
        Whether unchanged demonstration cells run too.
    late : dict of str to dict
        What takes points off for lateness: settings by nbgrader's section.
    zygote : Path or None
        Address of a :class:`~course.grading.forked.Zygote` that has imported from this desk.
    """

    lesson: str
    student: str
    submission: bytes = field(repr=False)
    solution: str = field(repr=False)
    release: str = field(repr=False)
    gradebook: bytes = field(repr=False)
    desk: Path | bytes = field(repr=False)
    limits: Limits | None
    timeout: float = 60.0
    budget: float = 900.0
    full: bool = False
    late: dict[str, dict] = field(default_factory=dict)
    zygote: Path | None = None


@dataclass
class Outcome:
    """What became of a submission.

    Attributes
    ----------
    lesson, student : str
        What and whose.
    state : {"graded", "unreadable", "failed"}
        Unreadable: there is no notebook that can be graded. Failed: grading itself went wrong.
    message : str
        Why it is not graded; empty if it is.
    repairs : list of str
        What was mended on arrival.
    verdicts : list of Verdict
        One an exercise.
    grades : Grades or None
        For the gradebook.
    autograded : str or None
        The autograded notebook as JSON.
    seconds : float
        Time that it took.
    """

    lesson: str
    student: str
    state: Literal["graded", "unreadable", "failed"]
    message: str = ""
    repairs: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    grades: Grades | None = None
    autograded: str | None = None
    seconds: float = 0.0

    def as_plain(self) -> dict:
        """Return everything but the notebook, ready for JSON."""
        return asdict(self) | {"autograded": None}

    @classmethod
    def from_plain(cls, data: dict) -> "Outcome":
        """Read what :meth:`as_plain` made.

        Raises
        ------
        ValueError, TypeError, KeyError
            When it is something else.
        """
        verdicts = [Verdict(**verdict) for verdict in data["verdicts"]]
        grades = Grades(**data["grades"]) if data["grades"] else None
        return cls(**data | {"verdicts": verdicts, "grades": grades})


def grade_submission(task: Task) -> Outcome:
    """Grade one submission; whatever goes wrong with it is an outcome, not an exception."""
    started = time.monotonic()
    outcome = Outcome(task.lesson, task.student, "failed")
    try:
        _grade(task, outcome)
    except CourseError as error:
        # Where it lay while it was read says nothing to anybody.
        outcome.state, outcome.message = "unreadable", re.sub(r"/\S*/arrived/", "", str(error))
    except Exception as error:  # Nobody else's grade may depend on what this one does.
        outcome.state, outcome.message = "failed", f"{type(error).__name__}: {error}"[:500]
    outcome.seconds = time.monotonic() - started
    return outcome


def _grade(task: Task, outcome: Outcome) -> None:
    solution = nbformat.reads(task.solution, as_version=4)
    release = nbformat.reads(task.release, as_version=4)
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        root = Path(folder).resolve()
        arrived, desk, course = root / "arrived", root / "desk", root / "course"
        _unpack(task.submission, arrived)
        if isinstance(task.desk, Path):
            desk = task.desk
        else:
            _unpack(task.desk, desk)
        path, odd = find_notebook(arrived, task.lesson, release)
        taken = take_in(path, release, solution)
        outcome.repairs = odd + taken.repairs
        course.mkdir()
        (course / "gradebook.db").write_bytes(task.gradebook)
        handed_in = arrived / "timestamp.txt"
        if handed_in.is_file():
            target = course / "submitted" / task.student / task.lesson / "timestamp.txt"
            target.parent.mkdir(parents=True)
            target.write_bytes(handed_in.read_bytes()[:200])
        judged = Judged(
            solution, desk, task.limits, task.timeout, task.budget, task.full, task.zygote
        )
        graded = autograde(course, task.lesson, task.student, judged, taken.notebook, task.late)
        outcome.verdicts = judged.verdicts
        outcome.grades = read_grades(
            course / "gradebook.db", task.lesson, task.student, _by_hand(graded)
        )
        outcome.autograded = nbformat.writes(graded)
        outcome.state = "graded"


def _by_hand(graded: NotebookNode) -> dict[str, str]:
    return {
        cell.metadata.nbgrader.grade_id: hashlib.sha256(cell.source.encode()).hexdigest()
        for cell in graded.cells
        if kinds(cell) == "written"
    }


def _unpack(archive: bytes, target: Path) -> None:
    target.mkdir()
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        file.extractall(target)
