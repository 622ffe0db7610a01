"""Grading the learner's own notebooks: run, judge again, and show a table."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from rich.console import Console
from rich.table import Table
from rich.text import Text

from course.errors import CourseError
from course.layout import Course, Lesson
from course.reading import read_notebook, read_solution
from course.records import run_cells
from course.stamp import fingerprint, is_edited, read_stamp
from course.submission import Plan, plan
from course.update import given_out, own_copies
from course.verdicts import needs_more, verdicts_of
from helpers.checks import Conclusions, Verdict, get
from helpers.exercises import lessons_with_exercises
from helpers.progress_file import note, progress_path

__all__ = ["Report", "grade", "keep_progress", "notebooks_to_grade", "show"]

_STATES = {
    "passed": ("right", "green"),
    "wrong": ("not right yet", "yellow"),
    "timeout": ("too slow", "yellow"),
    "error": ("error", "red"),
    "not attempted": ("not attempted", "dim"),
}


@dataclass
class Report:
    """The outcome of one notebook.

    Attributes
    ----------
    path : Path
        The learner's notebook.
    lesson : Lesson
        The lesson it belongs to.
    verdicts : list of Verdict
        One an exercise, in the order of the lesson.
    written : list of str
        Ids of the answers that no check can read.
    edited : bool
        Whether any cell is not as it was given out, as far as the notebook's stamp tells.
    """

    path: Path
    lesson: Lesson
    verdicts: list[Verdict] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    edited: bool = False

    @property
    def tried(self) -> bool:
        """Whether there is anything to judge."""
        return any(verdict.state != "not attempted" for verdict in self.verdicts)

    @property
    def file(self) -> str:
        """The notebook's path, short where it is in the course's folder."""
        path, root = self.path.absolute(), self.lesson.root
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(self.path)


def notebooks_to_grade(course: Course, names: list[str]) -> list[Path]:
    """Find the notebooks meant by files or lessons; for none, all of the learner's own copies.

    Where there is no copy, also no renamed one, what is given out is meant.

    Raises
    ------
    CourseError
        When a name is neither a file nor a lesson.
    """
    copies, paths = own_copies(course), []
    for name in names:
        if Path(name).suffix == ".ipynb":
            if not Path(name).is_file():
                raise CourseError(f"there is no notebook {name}")
            paths.append(Path(name))
        else:
            lesson = course.lesson(name)
            paths += [path for path, whose in copies if whose == lesson] or [lesson.release]
    if not names:
        order = [lesson.name for lesson in course.lessons()]
        copies.sort(key=lambda copy: order.index(copy[1].name))
        paths = [path for path, _ in copies]
        paths = paths or [each.release for each in course.lessons() if each.release.is_file()]
    if not paths:
        raise CourseError("there are no notebooks in work/ or notebooks/: run course lab first")
    return list(dict.fromkeys(paths))


def grade(
    course: Course,
    path: Path,
    full: bool = False,
    timeout: int = 120,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Grade one notebook.

    Parameters
    ----------
    course : Course
        The checkout, for the solutions.
    path : Path
        The notebook; it is only read.
    full : bool
        Whether to run demonstration cells too. Without it they run only when an exercise turns
        out to need a name from them.
    timeout : int
        Seconds for one cell.
    tell : callable
        ``tell(done, total)`` cells.

    Raises
    ------
    CourseError
        When the notebook cannot be read or belongs to no lesson, or the solution is missing.
    """
    learner = read_notebook(path)
    lesson = _lesson_of(course, path, learner)
    solution = read_solution(lesson)
    planned = plan(learner, solution, full)
    if _is_untouched(planned, learner, lesson):
        # No kernel has to be started to see that.
        verdicts = [
            Verdict(name, "not attempted", "not attempted yet.", 0, get(name).points)
            for name in planned.calls
        ]
        return Report(path, lesson, verdicts, planned.written, is_edited(learner))
    run = run_cells(planned.cells, timeout, tell)
    if not full and needs_more(planned, run):
        planned = plan(learner, solution, full=True)
        run = run_cells(planned.cells, timeout, tell)
    verdicts = verdicts_of(planned, run)
    return Report(path, lesson, verdicts, planned.written, is_edited(learner))


def _lesson_of(course: Course, path: Path, learner: NotebookNode) -> Lesson:
    """Find the lesson by the stamp, which stays when a file is renamed, by name, or by exercises.

    Nothing is asked of the solutions: a missing one must not make another lesson of it.
    """
    lessons = {lesson.name: lesson for lesson in course.lessons()}
    stamp = read_stamp(learner)
    for name in (stamp["lesson"] if stamp else "", path.stem):
        if name in lessons:
            return lessons[name]
    ids = {str(cell.metadata.get("nbgrader", {}).get("grade_id")) for cell in learner.cells}
    shared = {
        name: len(ids & ({exercise.id for exercise in listed.exercises} | set(listed.written)))
        for name, listed in lessons_with_exercises().items()
        if name in lessons
    }
    best = max(shared, key=shared.__getitem__, default="")
    if not shared.get(best):
        names = ", ".join(lessons) or "none is there"
        raise CourseError(f"{path} belongs to no lesson ({names}): give it the lesson's file name")
    return lessons[best]


def _is_untouched(planned: Plan, learner: NotebookNode, lesson: Lesson) -> bool:
    """Whether all cells for answers are there, and as they were given out."""
    answers = [planned.cells[i] for places in planned.answers.values() for i in places]
    if not all(planned.answers.values()):
        return False
    with contextlib.suppress(CourseError):  # Neither stamp nor release: what runs will tell.
        return {fingerprint(cell.source) for cell in answers} <= given_out(learner, lesson)
    return False


def show(reports: list[Report], console: Console) -> None:
    """Print a table for every notebook that was worked on, the total, and what to do next."""
    for place, report in enumerate(reports):
        several = sum(other.lesson == report.lesson for other in reports) > 1
        begins = place == 0 and not any(other.tried for other in reports)
        _show_one(report, console, several, begins)
    if len(reports) > 1:
        verdicts = list(_best(reports).values())
        console.print(Text(f"All together: {_sum(verdicts)}.", style="bold"))


def _best(reports: list[Report]) -> dict[str, Verdict]:
    """Return the best verdict on each exercise: a lesson may be there in several copies."""
    found: dict[str, Verdict] = {}
    for verdict in (verdict for report in reports for verdict in report.verdicts):
        if verdict.check not in found or _rank(verdict) > _rank(found[verdict.check]):
            found[verdict.check] = verdict
    return found


def _rank(verdict: Verdict) -> tuple[float, bool]:
    return verdict.points, verdict.state != "not attempted"


def keep_progress(course: Course, reports: list[Report]) -> str | None:
    """Note the verdicts on the learner's own notebooks in the record of progress.

    Returns
    -------
    str or None
        A line for the learner when the record could not be kept.
    """
    path = progress_path(course.root)
    own = [(course.root / name).resolve() for name in ("work", "notebooks")]
    kept = [
        report
        for report in reports
        if any(report.path.resolve().is_relative_to(folder) for folder in own)
    ]
    states = {name: verdict.state for name, verdict in _best(kept).items()}
    return note(path, states, "course check") if path else None


def _show_one(report: Report, console: Console, several: bool, begins: bool) -> None:
    title = report.lesson.name
    if several or report.path.stem != title:
        title += f", {report.file}"
    if report.path == report.lesson.release and not report.lesson.own_copy.is_file():
        given = "" if report.edited else " as given out"
        title += f" (no copy of yours in work/: this is {report.file}{given})"
    if not report.tried:
        after = f" {_next(report)}" if begins else ""
        line = f"{title}: nothing tried yet ({_sum(report.verdicts)}).{after}"
        console.print(Text(line), soft_wrap=True)
        return
    console.print(Text(title, style="bold"), soft_wrap=True)
    table = Table()
    table.add_column("Exercise", no_wrap=True)
    table.add_column("State", no_wrap=True)
    table.add_column("Points", justify="right", no_wrap=True)
    table.add_column("What the check says", overflow="fold")
    for verdict in report.verdicts:
        state, style = _STATES[verdict.state]
        points = f"{verdict.points:g} of {verdict.max_points:g}"
        said = _said(verdict)
        table.add_row(Text(verdict.check), Text(state, style=style), points, Text(said))
    console.print(table)
    console.print(Text(f"{_sum(report.verdicts)}. {_next(report)}"))
    if report.written:
        console.print(
            Text(
                f"Written answers ({', '.join(report.written)}): compare yours with the model "
                f"answer in solutions/{report.lesson.name}/, by the rubric in the notebook."
            )
        )
    console.print()


def _said(verdict: Verdict) -> str:
    """Return the first sentence of a message, and the misconception's name."""
    if verdict.state in ("passed", "not attempted"):
        return ""
    line = verdict.message.splitlines()[0].removeprefix(f"{verdict.check}: ")
    line = re.sub(r"^not right yet[.,] ", "", line)
    sentence = re.split(r"(?<=[.!?]) (?=[A-Z`])", line)[0]
    return f"{sentence} [{verdict.misconception}]" if verdict.misconception else sentence


def _sum(verdicts: list[Verdict]) -> str:
    got, most = sum(v.points for v in verdicts), sum(v.max_points for v in verdicts)
    return f"{got:g} of {most:g} points"


def _next(report: Report) -> str:
    open_ = [v for v in report.verdicts if not v.passed and v.state != "not attempted"]
    fresh = [v for v in report.verdicts if v.state == "not attempted"]
    if open_:
        first = open_[0]
        if first.state == "error":
            how = "its cell and its check in the notebook: they show where it stops"
        elif isinstance(get(first.check), Conclusions):
            how = "its check in the notebook: it says which letters to think over, and why"
        else:
            how = (
                "its check in the notebook: it shows the smallest input that goes wrong; the "
                "hints are below it"
            )
        return f"Next: {first.check}. Run {how}."
    if fresh:
        minutes = get(fresh[0].check).minutes
        return f"Next: {fresh[0].check}, about {minutes} minute{'' if minutes == 1 else 's'}."
    return "All exercises are right."
