"""`course fetch`: the data of the lessons, from the command line."""

from rich.console import Console
from rich.table import Table

from course.errors import CourseError

__all__ = ["fetch_sources", "list_sources"]


def list_sources(names: list[str], console: Console) -> None:
    """Print the data sources, and whether they are there.

    Raises
    ------
    CourseError
        When a name is unknown.
    """
    from helpers.data import DataError, cache_dir, sources, verify

    try:
        states = {status.name: status.state for status in verify(names or None, deep=False)}
        found = sources(names or None)
    except DataError as error:
        raise CourseError(str(error)) from error
    table = Table()
    for column in ("Name", "State", "MB", "Licence", "What it is"):
        table.add_column(column, justify="right" if column == "MB" else "left", overflow="fold")
    for item in found:
        size = f"{item.size / 1e6:.1f}"
        table.add_row(item.name, states[item.name], size, item.licence, item.description)
    console.print(table)
    console.print(f"Kept in {cache_dir()}. Fetch with course fetch NAME, or --all.")


def fetch_sources(names: list[str], repair: bool, console: Console) -> None:
    """Fetch data sources that are missing; `repair` also replaces damaged ones.

    Raises
    ------
    CourseError
        When a source cannot be had; the others named before it are there.
    """
    from helpers.data import DataError, fetch, sources

    try:
        items = sources(names or None)
        for item in items:
            fetch([item.name], repair=repair)
            console.print(f"{item.name}: ready")
    except DataError as error:
        raise CourseError(str(error)) from error
