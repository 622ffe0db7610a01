"""What `course grade` shows: a warning where there is no sandbox, a progress bar, a table."""

from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from course.errors import CourseError
from course.grading.classroom import Settings, grade_class, submissions
from course.grading.cluster import grade_on_cluster
from course.grading.gradebooks import reach, students_of
from course.grading.kept import Submission, exercises, kept_outcome, kept_reason
from course.grading.sandbox import Limits, why_not
from course.grading.task import Outcome
from course.grading.teacher import gradebook_url, late_policy
from course.grading.workers import grade_all
from course.layout import Course, Lesson

__all__ = ["feedback", "grade", "report"]


def grade(
    course: Course,
    lessons: list[Lesson],
    students: list[str],
    *,
    jobs: int,
    gradebook: str | None,
    force: bool,
    full: bool,
    sandbox: bool,
    timeout: float,
    dask: str | None,
    console: Console,
) -> None:
    """Grade, show how it goes and what came out.

    Raises
    ------
    CourseError
        When there is nothing to grade, or no sandbox and none was waived; at the end when a
        submission could not be graded.
    """
    chosen = submissions(course, lessons, students)
    limits = Limits() if sandbox else None
    if sandbox and not dask and (reason := why_not()):
        raise CourseError(
            f"there is no sandbox here: {reason}. To run submitted code with your own rights all "
            "the same, add --no-sandbox"
        )
    if not sandbox:
        console.print(
            Text(
                "No sandbox: submitted code runs with your own rights and can read and change "
                "your files.",
                style="bold red",
            )
        )
    settings = Settings(
        jobs,
        gradebook or gradebook_url(course.root),
        limits,
        timeout,
        late=late_policy(course.root),
        full=full,
        force=force,
        elsewhere=dask is not None,
    )
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        bar = progress.add_task("grading", total=len(chosen), rate="")

        def tell(outcome: Outcome, new: bool) -> None:
            progress.advance(bar)
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            rate = f"{60 * speed:.1f} a minute" if speed else ""
            progress.update(bar, description=outcome.student, rate=rate)

        outcomes = grade_class(chosen, settings, tell, _grader(dask))
    _show(outcomes, console)
    names = {lesson.name for lesson in course.lessons()}
    for place in sorted((course.root / "submitted").glob("*/*")):
        if place.is_dir() and place.name not in names:
            said = f"not a lesson: submitted/{place.parent.name}/{place.name}"
            console.print(Text(said, style="red"))
    lost = [o for o in outcomes if o.state != "graded"]
    if lost:
        raise CourseError(
            "not graded: " + "; ".join(f"{o.student}, {o.lesson}: {o.message}" for o in lost)
        )


def _grader(dask: str | None) -> Callable[..., Iterator[Outcome]]:
    if dask is None:
        return grade_all
    return lambda tasks, jobs, modules: grade_on_cluster(dask, tasks, modules)


def feedback(
    course: Course, lessons: list[Lesson], students: list[str], gradebook: str | None
) -> Iterator[Path]:
    """Write feedback for what is graded, and for what could not be read; yield the pages.

    Raises
    ------
    CourseError
        When there is neither.
    """
    from course.grading.feedback import write_feedback, write_unread

    db_url = gradebook or gradebook_url(course.root)
    chosen = submissions(course, lessons, students)
    unread = [(item, why) for item in chosen if (why := kept_reason(item))]
    graded = _graded(chosen, needed=not unread)
    if graded:
        reach(db_url)
    for item, why in unread:
        yield write_unread(item, why)
    for submission, outcome in graded:
        yield write_feedback(submission, outcome, db_url)


def report(course: Course, lessons: list[Lesson], gradebook: str | None) -> Iterator[Path]:
    """Write the class's report and tables for each lesson; yield the files.

    Raises
    ------
    CourseError
        When nothing is graded.
    """
    from course.grading import classreport

    db_url, folder = gradebook or gradebook_url(course.root), course.root / "build" / "reports"
    everybody = {place.parent.name for place in (course.root / "submitted").glob("*/*")}
    for lesson in lessons:
        chosen = submissions(course, [lesson])
        graded = _graded(chosen)
        reach(db_url)
        there = {item.student for item, _ in graded}
        lost = [
            (item.student, kept_reason(item) or "not graded, see course grade")
            for item in chosen
            if item.student not in there
        ]
        absent = sorted((everybody | students_of(db_url)) - {item.student for item in chosen})
        lost += [(student, "not handed in") for student in absent]
        page = classreport.class_page(lesson, graded, lost)
        yield classreport.write_report(folder, lesson, page)
        yield from classreport.write_csv(
            folder, lesson, [item.student for item, _ in graded], db_url
        )


def _graded(chosen: list[Submission], needed: bool = True) -> list[tuple[Submission, Outcome]]:
    checks = {lesson: exercises(lesson) for lesson in {item.lesson for item in chosen}}
    found = [
        (item, outcome) for item in chosen if (outcome := kept_outcome(item, checks[item.lesson]))
    ]
    if not found and needed:
        raise CourseError("nothing is graded yet: run course grade first")
    return found


def _show(outcomes: list[Outcome], console: Console) -> None:
    for lesson in dict.fromkeys(o.lesson for o in outcomes):
        table = Table(title=lesson, title_justify="left", title_style="bold")
        table.add_column("Student", overflow="fold")
        table.add_column("Points", justify="right", no_wrap=True)
        table.add_column("For a person", justify="right", no_wrap=True)
        table.add_column("What happened", overflow="fold")
        for outcome in outcomes:
            if outcome.lesson == lesson:
                table.add_row(*_row(outcome))
        console.print(table)


def _row(outcome: Outcome) -> tuple[Text, str, str, Text]:
    if outcome.state != "graded":
        return Text(outcome.student), "-", "-", Text(outcome.message, style="red")
    got = sum(verdict.points for verdict in outcome.verdicts)
    most = sum(verdict.max_points for verdict in outcome.verdicts)
    by_hand = sum(score is None for score in outcome.grades.scores.values())
    return (
        Text(outcome.student),
        f"{got:g} of {most:g}",
        str(by_hand or ""),
        Text("; ".join(outcome.repairs)),
    )
