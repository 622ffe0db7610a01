"""The command `course`."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from course.errors import CourseError
from course.layout import Course

__all__ = ["app", "main"]

app = typer.Typer(
    help="Machine-learning embeddings: build, grade and open the course's notebooks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Names = Annotated[list[str] | None, typer.Argument(help="Lessons: 01, 01_word2vec. All if none.")]


def main() -> None:
    """Run the command; what the user can put right is one line on stderr and exit status 1."""
    try:
        app()
    except CourseError as error:
        _say(error)
        sys.exit(1)


def _say(problem: object) -> None:
    print(f"course: {' '.join(str(problem).split())}", file=sys.stderr)


def _end(problems: Sequence[object]) -> None:
    """Say every problem on a line of its own; with any, the exit status is 1."""
    for problem in problems:
        _say(problem)
    if problems:
        raise typer.Exit(1)


@app.callback()
def _course() -> None:
    """Keep the commands' names, also while there is only one of them."""


@app.command(
    rich_help_panel="Learn",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def lab(context: typer.Context) -> None:
    """Open the course in JupyterLab, on your own copies in work/; options go on to JupyterLab."""
    from course.lab import make_copies, news, open_lab

    course = Course.find()
    made = make_copies(course)
    if made:
        print(f"made {len(made)} files of your own in work/")
    for line in news(course):
        print(line)
    raise typer.Exit(open_lab(course, context.args))


@app.command(rich_help_panel="Learn")
def check(
    notebooks: Annotated[
        list[str] | None, typer.Argument(help="Notebooks or lessons; your own copies if none.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Run every cell, not only what the exercises need.")
    ] = False,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds for one cell.")] = 120,
) -> None:
    """Grade your own notebooks and say what to do next."""
    from course import check as checking

    course = Course.find()
    paths = checking.notebooks_to_grade(course, notebooks or [])
    console = Console(highlight=False)
    reports, problems = [], []
    for path in paths:
        with console.status(path.stem) as status:

            def tell(done: int, total: int, name=path.stem, status=status) -> None:
                status.update(f"{name}: cell {done}/{total}")

            try:
                reports.append(checking.grade(course, path, full, timeout, tell))
            except CourseError as error:
                problems.append(error)
    checking.show(reports, console)
    told = checking.keep_progress(course, reports)
    if told:
        console.print(told, soft_wrap=True)
    _end(problems)


@app.command(rich_help_panel="Learn")
def progress(
    lesson: Annotated[
        str | None, typer.Argument(help="A lesson, 01; the whole course if none.")
    ] = None,
) -> None:
    """Show your points so far and what to do next, without running anything."""
    from helpers.my_progress import progress_text

    course = Course.find()
    print(progress_text(course.lesson(lesson).name if lesson else None, course.root))


@app.command(rich_help_panel="Learn")
def answer(
    exercise: Annotated[str, typer.Argument(help="Exercise or question: X-alias, Q01-written.")],
    part: Annotated[int, typer.Argument(min=1, help="Which part, counted from 1.")] = 1,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Show it also before you have tried.")
    ] = False,
) -> None:
    """Show a model answer a part at a time: what earns points or the hints, then the answer."""
    from course.answers import show_answer

    show_answer(Course.find(), exercise, part, Console(highlight=False), anyway)


@app.command(rich_help_panel="Learn")
def update(lessons: Names = None) -> None:
    """After git pull: bring your own copies up to date, and keep all of your work."""
    from course.update import update_copies

    course = Course.find()
    told: dict[str, list[str]] = {"current": [], "updated": [], "left alone": []}
    for outcome in update_copies(course, lessons or []):
        name = outcome.path.relative_to(course.root).as_posix()
        told[outcome.state].append(f"{name} {outcome.said}")
    for line in told["updated"]:
        print(line)
    if told["updated"]:
        print("Open in JupyterLab? Then File > Reload Notebook from Disk, before you go on.")
    elif not told["left alone"]:
        print("nothing to bring up to date")
    _end(told["left alone"])


@app.command(rich_help_panel="Learn")
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Data sources, see --list.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Fetch every source.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Only list what there is.")] = False,
    where: Annotated[bool, typer.Option("--where", help="Only print the cache folder.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Verify what is there; fetch damaged files again.")
    ] = False,
) -> None:
    """Fetch the lessons' data ahead, for work offline."""
    from course.fetch import fetch_sources, list_sources

    console = Console(highlight=False)
    if where:
        from helpers.data import cache_dir

        print(cache_dir())
    elif listing or not (names or everything or repair):
        list_sources(names or [], console)
    else:
        if repair and not names and not everything:
            from helpers.data import verify

            names = [status.name for status in verify(deep=False) if status.state != "missing"]
            if not names:
                raise CourseError("nothing has been fetched yet: run course fetch --all")
        fetch_sources([] if everything else names, repair, console)


@app.command(rich_help_panel="Learn")
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print it for other programs.")] = False,
) -> None:
    """Say on one screen what is wrong with the environment, and how to mend it."""
    from course.doctor.report import run

    raise typer.Exit(run(as_json))


@app.command(rich_help_panel="Teach")
def grade(
    lessons: Annotated[list[str], typer.Argument(help="Lessons: 01, 01_word2vec.")],
    student: Annotated[
        list[str] | None, typer.Option(help="Only this student; repeatable.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Submissions at once.")] = (os.cpu_count() or 1),
    gradebook: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL; the course's gradebook.db if none.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Grade again what has not changed.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Run demonstration cells, too.")] = False,
    no_sandbox: Annotated[
        bool, typer.Option("--no-sandbox", help="Run submitted code with your own rights.")
    ] = False,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds for one cell.")] = 60,
    dask: Annotated[
        str | None, typer.Option(help="Grade on the Dask cluster with this scheduler's address.")
    ] = None,
) -> None:
    """Grade a class: what lies in submitted/<student>/<lesson>/, into the gradebook."""
    from course.grading.warm import start_server

    course = Course.find()
    chosen = course.select(lessons)
    if dask is None:
        # It imports what grading needs while this process does the same.
        start_server(f"helpers.checks.{lesson.checks_module}" for lesson in chosen)
    from course.grading import screen

    screen.grade(
        course,
        chosen,
        student or [],
        jobs=jobs,
        gradebook=gradebook,
        force=force,
        full=full,
        sandbox=not no_sandbox,
        timeout=timeout,
        dask=dask,
        console=Console(highlight=False),
    )


@app.command(rich_help_panel="Teach")
def feedback(
    lessons: Annotated[list[str], typer.Argument(help="Lessons: 01, 01_word2vec.")],
    student: Annotated[
        list[str] | None, typer.Option(help="Only this student; may be given again.")
    ] = None,
    gradebook: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL; the course's gradebook.db if none.")
    ] = None,
) -> None:
    """Write each learner's page into feedback/<student>/<lesson>/, after grading."""
    from course.grading import screen

    course = Course.find()
    for path in screen.feedback(course, course.select(lessons), student or [], gradebook):
        print(path.relative_to(course.root).as_posix())


@app.command(rich_help_panel="Teach")
def report(
    lessons: Annotated[list[str], typer.Argument(help="Lessons: 01, 01_word2vec.")],
    gradebook: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL; the course's gradebook.db if none.")
    ] = None,
) -> None:
    """Write what the class knows, and points for Canvas and Moodle, into build/reports/."""
    from course.grading import screen

    course = Course.find()
    for path in screen.report(course, course.select(lessons), gradebook):
        print(path.relative_to(course.root).as_posix())


@app.command(rich_help_panel="Maintain")
def build(
    lessons: Names = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the notebooks fit their sources.")
    ] = False,
) -> None:
    """Make solutions and learners' notebooks from the lessons' sources."""
    from course import build as building
    from course.index import write_index

    chosen = Course.find().select(lessons or [])
    console = Console(soft_wrap=True, highlight=False)
    if check:
        found = [line for lesson in chosen if (line := building.differences(lesson))]
        _end(found)
        for lesson in chosen:
            console.print(f"{lesson.name}: fits its source")
        return
    write_index(Course.find())
    for lesson in chosen:
        started = time.perf_counter()
        with console.status(lesson.name) as status:

            def tell(what: str, done: int, total: int, name=lesson.name, status=status) -> None:
                status.update(f"{name}: {what} {done}/{total}")

            count = building.build(lesson, tell)
        seconds = time.perf_counter() - started
        console.print(f"{lesson.name}: {count} code cells, built in {seconds:.1f} s")


@app.command(rich_help_panel="Maintain")
def web(
    out: Annotated[
        Path | None, typer.Argument(help="The site's folder; build/web if none.")
    ] = None,
) -> None:
    """Build a static web site of the course from the executed notebooks; needs no network."""
    from course.web import build_site

    course = Course.find()
    place = out or course.root / "build" / "web"
    with Console(highlight=False).status("") as status:
        pages = build_site(course, place, tell=status.update)
    print(f"{pages} pages: open {place / 'index.html'} in a browser")
