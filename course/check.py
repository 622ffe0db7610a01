"""Grading the learner's own notebooks: run, judge again, and show a table."""

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
from course.reading import read_notebook
from course.records import run_cells
from course.submission import known_ids, plan
from course.verdicts import needs_more, verdicts_of
from helpers.checks import Verdict, get

__all__ = ["Report", "grade", "notebooks_to_grade", "show"]

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
    """

    path: Path
    lesson: Lesson
    verdicts: list[Verdict] = field(default_factory=list)
    written: list[str] = field(default_factory=list)


def notebooks_to_grade(course: Course, names: list[str]) -> list[Path]:
    """Find the notebooks meant by files or lessons; for none, the learner's own copies.

    Raises
    ------
    CourseError
        When a name is neither a file nor a lesson.
    """
    paths = []
    for name in names:
        if Path(name).suffix == ".ipynb":
            if not Path(name).is_file():
                raise CourseError(f"there is no notebook {name}")
            paths.append(Path(name))
        else:
            lesson = course.lesson(name)
            paths.append(lesson.own_copy if lesson.own_copy.is_file() else lesson.release)
    lessons = course.lessons()
    if not names:
        paths = [lesson.own_copy for lesson in lessons if lesson.own_copy.is_file()]
        paths = paths or [lesson.release for lesson in lessons if lesson.release.is_file()]
    if not paths:
        raise CourseError("there are no notebooks in work/ or notebooks/: run course lab first")
    return paths


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
        When the notebook cannot be read or belongs to no lesson.
    """
    learner = read_notebook(path)
    lesson, solution = _belongs_to(course, path, learner)
    planned = plan(learner, solution, full)
    run = run_cells(planned.cells, timeout, tell)
    if not full and needs_more(planned, run):
        planned = plan(learner, solution, full=True)
        run = run_cells(planned.cells, timeout, tell)
    verdicts = verdicts_of(planned, run)
    return Report(path, lesson, verdicts, planned.written)


def _belongs_to(course: Course, path: Path, learner: NotebookNode) -> tuple[Lesson, NotebookNode]:
    lessons = [lesson for lesson in course.lessons() if lesson.solution.is_file()]
    for lesson in lessons:
        if path.stem == lesson.name:
            return lesson, read_notebook(lesson.solution)
    # A renamed file: the lesson that shares most ids, if any does.
    ids = known_ids(learner)
    found = [(lesson, read_notebook(lesson.solution)) for lesson in lessons]
    shared = [len(ids & known_ids(solution)) for _, solution in found]
    if not shared or max(shared) == 0:
        names = ", ".join(lesson.name for lesson in lessons) or "none is built"
        raise CourseError(f"{path} belongs to no lesson ({names}): give it the lesson's file name")
    return found[shared.index(max(shared))]


def show(reports: list[Report], console: Console) -> None:
    """Print a table for every notebook, the total, and what to do next."""
    for report in reports:
        _show_one(report, console)
    if len(reports) > 1:
        verdicts = [verdict for report in reports for verdict in report.verdicts]
        console.print(Text(f"All together: {_sum(verdicts)}.", style="bold"))


def _show_one(report: Report, console: Console) -> None:
    table = Table(title=report.lesson.name, title_justify="left", title_style="bold")
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
    line = line.removeprefix("not right yet. ")
    sentence = re.split(r"(?<=[.!?]) (?=[A-Z`])", line)[0]
    return f"{sentence} [{verdict.misconception}]" if verdict.misconception else sentence


def _sum(verdicts: list[Verdict]) -> str:
    got, most = sum(v.points for v in verdicts), sum(v.max_points for v in verdicts)
    return f"{got:g} of {most:g} points"


def _next(report: Report) -> str:
    open_ = [v for v in report.verdicts if not v.passed and v.state != "not attempted"]
    fresh = [v for v in report.verdicts if v.state == "not attempted"]
    if open_:
        return (
            f"Next: {open_[0].check}. Run its check in the notebook: it shows the smallest input "
            "that goes wrong; the hints are below it."
        )
    if fresh:
        return f"Next: {fresh[0].check}, about {get(fresh[0].check).minutes} minutes."
    return "All exercises are right."
