"""A teacher's report on a lesson: one HTML page with its pictures inside, and tables for an LMS."""

import base64
import csv
import io
from collections.abc import Sequence
from pathlib import Path

import nbformat
import numpy as np
from matplotlib.figure import Figure

from course.cells import kinds
from course.errors import CourseError
from course.grading.feedback import standing
from course.grading.kept import Submission, write_whole
from course.grading.pages import template
from course.grading.similarity import similar_pairs
from course.grading.statistics import Item, analyse
from course.grading.task import Outcome
from course.layout import Lesson
from course.reading import read_notebook

__all__ = ["class_page", "write_csv", "write_report"]

_LEAST_ALIKE = 0.6
_MODEL = "Model solution"
_COLOURS = {"right": "#009e73", "wrong": "#d55e00", "open": "#999999", "dots": "#0072b2"}


def class_page(lesson: Lesson, graded: Sequence[tuple[Submission, Outcome]], lost: Sequence) -> str:
    """Make the page.

    Parameters
    ----------
    lesson : Lesson
        What was graded.
    graded : sequence of (Submission, Outcome)
        Of one lesson.
    lost : sequence of (str, str)
        Student and why there is no grade.

    Raises
    ------
    CourseError
        When nothing is graded yet.
    """
    outcomes = [outcome for _, outcome in graded]
    items = analyse(outcomes)
    if not items:
        raise CourseError(f"{lesson.name}: nothing is graded yet, run course grade first")
    totals = np.array([sum(v.points for v in outcome.verdicts) for outcome in outcomes])
    most = sum(v.max_points for v in outcomes[0].verdicts)
    seconds = sum(outcome.seconds for outcome in outcomes)
    return _PAGE.render(
        lesson=lesson.name,
        summary=f"{len(outcomes)} graded, mean {totals.mean():.1f} of {most:g} points for checked "
        f"exercises, median {np.median(totals):g}.",
        lost=lost,
        histogram=_picture(_histogram(totals, most)),
        histogram_alt=f"Histogram of points: from {totals.min():g} to {totals.max():g} of {most:g}",
        scatter=_picture(_bars(items)),
        scatter_alt="Bars: for each exercise how many were right, wrong, did not try",
        items=items,
        pairs=_alike(lesson, [submission for submission, _ in graded]),
        least=_LEAST_ALIKE,
        repairs=[(o.student, o.repairs) for o in outcomes if o.repairs],
        seconds=f"{seconds / 60:.1f} minutes",
        per=f"{seconds / len(outcomes):.1f} s",
    )


def _alike(lesson: Lesson, chosen: Sequence[Submission]) -> list[tuple[str, str, str, float]]:
    solution, release = read_notebook(lesson.solution), read_notebook(lesson.release)
    notebooks = {_MODEL: solution}
    for item in chosen:
        notebooks[item.student] = nbformat.read(item.graded_notebook, as_version=4)
    sources = {who: _answers(notebook) for who, notebook in notebooks.items()}
    stubs = _answers(release)
    found = []
    for name, stub in stubs.items():
        answers = {who: own[name] for who, own in sources.items() if name in own}
        answers = {who: text for who, text in answers.items() if text.strip() != stub.strip()}
        check = name.removesuffix("-answer")
        pairs = similar_pairs(answers, stub, _LEAST_ALIKE)
        found += [(check, one, other, share) for one, other, share in pairs]
    return sorted(found, key=lambda row: -row[3])


def _answers(notebook) -> dict[str, str]:
    return {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in notebook.cells
        if kinds(cell) == "answer"
    }


def _histogram(totals: np.ndarray, most: float) -> Figure:
    figure = Figure(figsize=(8, 3), layout="constrained")
    ax = figure.subplots()
    # Bars over whole points, or over equal steps where there are many.
    step = max(1, int(np.ceil(most / 25)))
    edges = np.arange(0, most + 1.5 * step, step) - step / 2
    ax.hist(totals, bins=edges, color=_COLOURS["dots"], rwidth=0.9)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.yaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel=f"points of {most:g}", ylabel="students")
    return figure


def _bars(items: Sequence[Item]) -> Figure:
    figure = Figure(figsize=(8, 1 + 0.3 * len(items)), layout="constrained")
    ax = figure.subplots()
    left = np.zeros(len(items))
    names = [item.check for item in items]
    for label, key in (("right", "right"), ("wrong", "wrong"), ("not attempted", "open")):
        counts = np.array([getattr(item, label.replace(" ", "_")) for item in items])
        ax.barh(names, counts, left=left, label=label, color=_COLOURS[key])
        left += counts
    ax.invert_yaxis()
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel="students")
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    return figure


def _picture(figure: Figure) -> str:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode("ascii")


_PAGE = template("report.html")


def write_report(folder: Path, lesson: Lesson, page: str) -> Path:
    """Write the page to ``<folder>/<lesson>.html`` and return its path."""
    return _write(folder / f"{lesson.name}.html", page)


def write_csv(folder: Path, lesson: Lesson, students: Sequence[str], db_url: str) -> list[Path]:
    """Write the points for Canvas and for Moodle, as they stand after manual grading.

    Canvas matches students by `SIS Login ID`, Moodle by the column that is chosen in its import,
    here `username`: both are the names of the folders in ``submitted/``. A student with an answer
    that nobody has read yet gets no points there.

    Returns
    -------
    list of Path
        The two files.
    """
    standings = [standing(db_url, lesson.name, student) for student in students]
    rows = [
        (student, "" if own.waiting else f"{own.points:g}")
        for student, own in zip(students, standings, strict=True)
    ]
    most = standings[0].most
    canvas = io.StringIO()
    writer = csv.writer(canvas, lineterminator="\n")
    writer.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", lesson.name])
    writer.writerow(["    Points Possible", "", "", "", "", f"{most:g}"])
    writer.writerows([_cell(student), "", "", _cell(student), "", score] for student, score in rows)
    moodle = io.StringIO()
    writer = csv.writer(moodle, lineterminator="\n")
    writer.writerow(["username", lesson.name])
    writer.writerows([_cell(student), score] for student, score in rows)
    return [
        _write(folder / f"{lesson.name}-canvas.csv", canvas.getvalue()),
        _write(folder / f"{lesson.name}-moodle.csv", moodle.getvalue()),
    ]


def _cell(name: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{name}" if name[:1] in "=+-@\t\r" else name


def _write(path: Path, text: str) -> Path:
    write_whole(path, text)
    return path
