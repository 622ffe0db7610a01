"""Building lessons: source, executed solution, learner's notebook, gates, then into place."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import nbformat
from nbformat import NotebookNode

from course.errors import CourseError
from course.execute import execute_lesson
from course.gates import check_release, check_solution, check_stubs
from course.layout import Lesson
from course.records import read_records
from course.release import make_release
from course.source import read_lesson

__all__ = ["as_bytes", "build", "differences", "make"]

Tell = Callable[[str, int, int], None]


def _silent(what: str, done: int, total: int) -> None:
    pass


def build(lesson: Lesson, tell: Tell = _silent) -> int:
    """Build a lesson and put it into place when everything is right.

    All files are made and checked in a staging folder under ``build/``, on the same file system,
    and then moved over the old ones one by one with :func:`os.replace`. Whatever fails or ends
    before that leaves the last build as it was.

    Returns
    -------
    int
        How many code cells were executed.

    Raises
    ------
    CourseError
        When the lesson is wrong, or another build of it is running.
    """
    with _staging(lesson) as folder:
        solution, release = make(lesson, folder, tell)
        staged = {lesson.release: folder / "release", lesson.solution: folder / "solution"}
        try:
            for target, content in ((lesson.release, release), (lesson.solution, solution)):
                _write(staged[target], content)
                target.parent.mkdir(parents=True, exist_ok=True)
            for target, path in staged.items():
                os.replace(path, target)
        except OSError as error:
            raise CourseError(f"{lesson.name}: cannot be written: {error.strerror}") from error
    cells = nbformat.reads(solution.decode("utf-8"), as_version=4).cells
    return sum(cell.get("execution_count") is not None for cell in cells)


def make(lesson: Lesson, folder: Path, tell: Tell = _silent) -> tuple[bytes, bytes]:
    """Make the solution and the learner's notebook of a lesson, and pass all gates.

    Parameters
    ----------
    lesson : Lesson
        The lesson.
    folder : Path
        An empty folder for what is needed on the way.
    tell : callable
        ``tell(what, done, total)`` is called with what is being done and its count of cells.

    Returns
    -------
    (bytes, bytes)
        The two files. The same source gives the same bytes.

    Raises
    ------
    CourseError
        When the lesson is wrong.
    """
    notebook = read_lesson(lesson.source, lesson.checks_module)
    # Before the slow part: most mistakes show here already.
    release = make_release(lesson.name, notebook)
    check_release(lesson.name, notebook, release)
    check_stubs(lesson.name, notebook, release, lambda *count: tell("stubs", *count))
    records = folder / "records.jsonl"
    execute_lesson(lesson.name, notebook, records, lambda *count: tell("cells", *count))
    check_solution(lesson.name, notebook, read_records(records))
    check_release(lesson.name, notebook, release)
    return as_bytes(notebook), release


def differences(lesson: Lesson) -> str | None:
    """Say in one line what differs between the committed notebooks and their source.

    Nothing is executed: outputs are not compared.
    """
    notebook = read_lesson(lesson.source, lesson.checks_module)
    release = make_release(lesson.name, notebook)
    check_release(lesson.name, notebook, release)
    for path, expected in ((lesson.solution, as_bytes(notebook)), (lesson.release, release)):
        place = path.relative_to(lesson.root).as_posix()
        if not path.is_file():
            return f"{place} is missing: run course build {lesson.name}"
        try:
            committed = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        except Exception:  # nbformat raises a dozen kinds of error for a damaged file.
            return f"{place} is damaged: run course build {lesson.name}"
        what = _difference(committed, nbformat.reads(expected.decode("utf-8"), as_version=4))
        if what is None and path == lesson.release and path.read_bytes() != release:
            what = "its formatting"
        if what:
            return f"{place} differs from its source in {what}: run course build {lesson.name}"
    return None


def _difference(committed: NotebookNode, expected: NotebookNode) -> str | None:
    for old, new in zip(committed.cells, expected.cells, strict=False):
        for key in ("id", "cell_type", "source", "metadata"):
            if old.get(key) != new.get(key):
                return f"cell {new.get('id', '?')} ({key})"
    if len(committed.cells) != len(expected.cells):
        return f"its {len(committed.cells)} cells, where there should be {len(expected.cells)}"
    if committed.metadata != expected.metadata:
        return "the notebook's metadata"
    return None


def as_bytes(notebook: NotebookNode) -> bytes:
    """Write a notebook as the bytes of its file."""
    return (nbformat.writes(notebook) + "\n").encode("utf-8")


@contextlib.contextmanager
def _staging(lesson: Lesson) -> Iterator[Path]:
    """Lock the lesson and give an empty folder, cleared of what a killed build has left."""
    folder = lesson.root / "build" / lesson.name
    lock = filelock.FileLock(f"{folder}.lock", timeout=0)
    try:
        folder.parent.mkdir(exist_ok=True)
        lock.acquire()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    except filelock.Timeout as error:
        raise CourseError(f"{lesson.name} is being built already: wait for that") from error
    except OSError as error:
        lock.release()
        raise CourseError(
            f"{lesson.name}: no staging folder {folder.name} in build/: {error.strerror}"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
