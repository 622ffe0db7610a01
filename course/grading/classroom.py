"""Grading a class: find what was handed in, grade what is new, merge it, keep what is done."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import helpers
from course.cells import imported
from course.errors import CourseError
from course.grading.archive import pack_folder, pack_submission
from course.grading.desk import make_desk
from course.grading.forked import CAN_FORK, Zygote
from course.grading.gradebooks import empty_gradebook, merge, register
from course.grading.kept import Result, Submission, keep, note, recall
from course.grading.kernel import sandbox_environment
from course.grading.sandbox import Limits
from course.grading.task import Outcome, Task
from course.grading.workers import grade_all
from course.layout import Course, Lesson
from course.reading import read_notebook
from course.submission import plan

__all__ = ["Settings", "grade_class", "submissions"]

_VERSION = 1  # of what is kept; raised when grading itself changes
_MERGE_EVERY = 25


@dataclass(frozen=True)
class Settings:
    """How to grade.

    Attributes
    ----------
    jobs : int
        Submissions at once.
    db_url : str
        The class's gradebook.
    limits : Limits or None
        Of the sandbox; None for none.
    timeout, budget : float
        Seconds for a cell and for a notebook.
    full : bool
        Whether unchanged demonstration cells run too.
    force : bool
        Whether to grade again what has not changed.
    elsewhere : bool
        Whether other machines do it.
    late : dict of str to dict
        From :func:`course.grading.teacher.late_policy`.
    """

    jobs: int
    db_url: str
    limits: Limits | None = field(default_factory=Limits)
    timeout: float = 60.0
    budget: float = 900.0
    full: bool = False
    force: bool = False
    elsewhere: bool = False
    late: dict[str, dict] = field(default_factory=dict)


def submissions(
    course: Course, lessons: list[Lesson], students: list[str] | None = None
) -> list[Submission]:
    """List what was handed in, by lesson and student.

    Raises
    ------
    CourseError
        When a named student handed in nothing, or nobody did.
    """
    found = [
        Submission(lesson, place.parent.name)
        for lesson in lessons
        for place in sorted((course.root / "submitted").glob(f"*/{lesson.name}"))
        if place.is_dir()
    ]
    for student in students or []:
        if student not in {item.student for item in found}:
            raise CourseError(
                f"{student} handed in none of these lessons (looked in submitted/{student}/)"
            )
    if students:
        found = [item for item in found if item.student in students]
    if not found:
        names = ", ".join(lesson.name for lesson in lessons)
        raise CourseError(
            f"nobody handed in {names}: submissions belong in submitted/<student>/<lesson>/ "
            "(nbgrader collect and zip_collect put them there)"
        )
    return found


def grade_class(
    chosen: list[Submission],
    settings: Settings,
    tell: Callable[[Outcome, bool], None] = lambda outcome, new: None,
    grade: Callable[..., Iterator[Outcome]] = grade_all,
) -> list[Outcome]:
    """Grade submissions and merge the grades into the class's gradebook.

    Each result is kept as soon as it is there. A run that is stopped, even by a power cut, goes on
    where it was; submissions that have not changed since are not run again.

    Parameters
    ----------
    chosen : list of Submission
        From :func:`submissions`.
    settings : Settings
        How to grade.
    tell : callable
        ``tell(outcome, new)`` after each submission; `new` is False for one that was kept.
    grade : callable
        Like :func:`course.grading.workers.grade_all`.

    Returns
    -------
    list of Outcome
        In the order of `chosen`.
    """
    done: dict[Submission, Outcome] = {}
    by_lesson: dict[str, list[Submission]] = {}
    for item in chosen:
        by_lesson.setdefault(item.lesson.name, []).append(item)
    for items in by_lesson.values():
        _grade_lesson(items, settings, tell, grade, done)
    return [done[item] for item in chosen]


def _grade_lesson(items, settings: Settings, tell, grade, done: dict) -> None:
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        with closing(_Common(items[0].lesson, settings, Path(folder).resolve())) as common:
            _grade_items(items, common, settings, tell, grade, done)


def _grade_items(items, common: "_Common", settings: Settings, tell, grade, done: dict) -> None:
    lesson = common.lesson
    waiting: dict[str, tuple[Submission, str]] = {}
    unmerged: list[Result] = []
    try:
        for item in items:
            packed = _packed(item, done, tell)
            if packed is None:
                continue
            digest = common.digest(packed)
            kept = None if settings.force else recall(item, digest)
            if kept is not None:
                done[item] = kept.outcome
                unmerged.append(kept)
                tell(kept.outcome, False)
            else:
                waiting[item.student] = (item, digest)
        tasks = _tasks(common, waiting, done, tell)
        modules = [f"helpers.checks.{lesson.checks_module}"]
        # Closed at once when this is interrupted, so that nothing runs on.
        with closing(grade(tasks, settings.jobs, modules)) as outcomes:
            for outcome in outcomes:
                item, digest = waiting[outcome.student]
                done[item] = outcome
                if outcome.state == "graded":
                    result = Result(item, digest, outcome)
                    keep(result)
                    unmerged.append(result)
                    if len(unmerged) >= _MERGE_EVERY:
                        _merge(settings.db_url, lesson.name, unmerged)
                elif outcome.state == "unreadable":
                    note(Result(item, digest, outcome, merged=True))
                tell(outcome, True)
    finally:
        _merge(settings.db_url, lesson.name, unmerged)


def _tasks(common: "_Common", waiting: dict, done: dict, tell) -> Iterator[Task]:
    """Pack again what is next, so that only what runs is in memory."""
    for item, _ in waiting.values():
        packed = _packed(item, done, tell)
        if packed is not None:
            yield common.task(item, packed)


def _packed(item: Submission, done: dict, tell) -> bytes | None:
    """Pack a submission; where it cannot be read, that is what became of it."""
    try:
        return pack_submission(item.folder)
    except CourseError as error:
        done[item] = Outcome(item.lesson.name, item.student, "unreadable", str(error))
        note(Result(item, "", done[item], merged=True))
        tell(done[item], True)
        return None


def _merge(db_url: str, lesson: str, results: list[Result]) -> None:
    merge(
        db_url,
        lesson,
        [
            (r.item.student, r.outcome.grades, [] if r.merged else r.changed)
            for r in results
            if r.outcome.grades
        ],
    )
    for result in results:
        if not result.merged:
            result.merged = True
            note(result)
    results.clear()


class _Common:
    """What all tasks of a lesson share; it stays in a folder as long as they run."""

    def __init__(self, lesson: Lesson, settings: Settings, folder: Path):
        if not lesson.solution.is_file() or not lesson.release.is_file():
            raise CourseError(f"{lesson.name} is not built: run course build {lesson.name}")
        self.lesson, self.settings, self._folder = lesson, settings, folder
        notebook = read_notebook(lesson.solution)
        self.solution = lesson.solution.read_text(encoding="utf-8")
        self.release = lesson.release.read_text(encoding="utf-8")
        calls = [call for group in plan(notebook, notebook).calls.values() for call in group]
        desk, gradebook = folder / "desk", folder / "gradebook.db"
        desk.mkdir()
        make_desk(desk, calls)
        # Without a sandbox a kernel could change what the next one sees, so each gets its own.
        self._shared = settings.limits is not None and not settings.elsewhere
        self.desk = desk if self._shared else pack_folder(desk)
        self._imports = imported(notebook)
        register(settings.db_url, lesson.name, notebook)
        due = empty_gradebook(gradebook, lesson.name, notebook, settings.db_url)
        self.gradebook = gradebook.read_bytes()
        self._base = self._digest_base(due)

    @cached_property
    def zygote(self) -> Zygote | None:
        """What the kernels are forked from; it starts when the first is wanted.

        None where that cannot be: then each is started anew, which only takes longer.
        """
        if not (self._shared and CAN_FORK):
            return None
        environment = sandbox_environment(self.desk, Path(os.devnull))
        try:
            return Zygote(self._folder, environment, self._imports)
        except OSError:
            return None

    def close(self) -> None:
        """End what was started."""
        if zygote := self.__dict__.get("zygote"):
            zygote.close()

    def _digest_base(self, due: datetime | None):
        """Hash what every result of the lesson depends on, once for all submissions."""
        settings = self.settings
        limits = asdict(settings.limits) if settings.limits else None
        how = [_VERSION, limits, settings.timeout, settings.budget, settings.full]
        how += [settings.late, due and due.isoformat()]
        parts = [json.dumps(how).encode(), self.solution.encode(), self.release.encode()]
        found = hashlib.sha256()
        for part in [*parts, *_judging_code()]:
            found.update(hashlib.sha256(part).digest())
        return found

    def digest(self, packed: bytes) -> str:
        """Name all that the result of a submission depends on."""
        found = self._base.copy()
        found.update(hashlib.sha256(packed).digest())
        return found.hexdigest()

    def task(self, item: Submission, packed: bytes) -> Task:
        """Put a submission and what it takes together."""
        settings = self.settings
        return Task(
            self.lesson.name,
            item.student,
            packed,
            self.solution,
            self.release,
            self.gradebook,
            self.desk,
            settings.limits,
            settings.timeout,
            settings.budget,
            settings.full,
            settings.late,
            self.zygote and self.zygote.address,
        )


def _judging_code() -> Iterable[bytes]:
    folder = Path(helpers.__file__).parent
    return (path.read_bytes() for path in sorted(folder.rglob("*.py")))
