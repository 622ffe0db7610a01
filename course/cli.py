"""The command `course`."""

import os
import sys
import time
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
        print(f"course: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)


@app.callback()
def _course() -> None:
    """Keep the commands' names, also while there is only one of them."""


@app.command()
def build(
    lessons: Names = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the notebooks fit their sources.")
    ] = False,
) -> None:
    """Make solutions and learners' notebooks from the lessons' sources."""
    from course import build as building

    chosen = Course.find().select(lessons or [])
    console = Console(soft_wrap=True, highlight=False)
    if check:
        found = [line for lesson in chosen if (line := building.differences(lesson))]
        if found:
            raise CourseError("; ".join(found))
        for lesson in chosen:
            console.print(f"{lesson.name}: fits its source")
        return
    for lesson in chosen:
        started = time.perf_counter()
        with console.status(lesson.name) as status:

            def tell(what: str, done: int, total: int, name=lesson.name, status=status) -> None:
                status.update(f"{name}: {what} {done}/{total}")

            count = building.build(lesson, tell)
        seconds = time.perf_counter() - started
        console.print(f"{lesson.name}: {count} code cells, built in {seconds:.1f} s")


@app.command()
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
                problems.append(str(error))
    checking.show(reports, console)
    if problems:
        raise CourseError("; ".join(problems))


@app.command()
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
    from course.grading import screen

    course = Course.find()
    screen.grade(
        course,
        course.select(lessons),
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


@app.command()
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


@app.command()
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


@app.command()
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


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open the course in JupyterLab, on your own copies in work/; options go on to JupyterLab."""
    from course.lab import make_copies, open_lab

    course = Course.find()
    made = make_copies(course)
    if made:
        print(f"made {len(made)} files of your own in work/")
    raise typer.Exit(open_lab(course, context.args))
