"""Bringing the learner's copies up to date with the course, without losing a word of theirs."""

import contextlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.errors import CourseError
from course.layout import Course, Lesson
from course.merging import merge
from course.reading import read_notebook
from course.stamp import KEY, fingerprint, make_stamp, read_stamp

__all__ = [
    "Outcome",
    "as_bytes",
    "behind",
    "given_out",
    "own_copies",
    "quick_metadata",
    "read_release",
    "update",
    "update_copies",
]

BACKUPS = "backups"


@dataclass(frozen=True)
class Outcome:
    """What became of one copy.

    Attributes
    ----------
    path : Path
        The copy.
    state : {"current", "updated", "left alone"}
        Whether it was up to date, was brought up to date, or could not be.
    said : str
        What to tell the learner.
    """

    path: Path
    state: str
    said: str = ""


def own_copies(course: Course) -> list[tuple[Path, Lesson]]:
    """Find the learner's copies in ``work/``, renamed and moved ones too, with their lessons."""
    lessons = {lesson.name: lesson for lesson in course.lessons()}
    found = []
    for path in sorted((course.root / "work").rglob("*.ipynb")):
        inside = path.relative_to(course.root / "work").parts[:-1]
        if any(part == BACKUPS or part.startswith(".") for part in inside) or not path.is_file():
            continue
        name = (_quick_stamp(path) or {}).get("lesson", path.stem)
        if isinstance(name, str) and name in lessons:
            found.append((path, lessons[name]))
    return found


def behind(course: Course) -> list[Path]:
    """List the copies that come from an older release; those that cannot be read are left out."""
    releases: dict[str, dict | None] = {}
    found = []
    for path, lesson in own_copies(course):
        if lesson.name not in releases:
            stamp = _quick_stamp(lesson.release)
            releases[lesson.name] = stamp if stamp and "release" in stamp else None
        metadata, newest = quick_metadata(path), releases[lesson.name]
        if metadata and newest and (_quick_stamp(path) or {}).get("release") != newest["release"]:
            found.append(path)
    return found


def read_release(lesson: Lesson) -> NotebookNode:
    """Read what is given out now, with its stamp.

    Raises
    ------
    CourseError
        When it is damaged; the line says how to get it back.
    """
    try:
        release = read_notebook(lesson.release)
    except CourseError as error:
        raise CourseError(
            f"notebooks/{lesson.name}/{lesson.release.name} is missing or damaged, or holds both "
            "sides of a merge: `git checkout HEAD -- notebooks` brings the course's own back"
        ) from error
    # The stamp as built counts also where somebody has worked in notebooks/ itself.
    if read_stamp(release) is None:
        release.metadata[KEY] = make_stamp(lesson.name, release)
    return release


def given_out(copy: NotebookNode, lesson: Lesson) -> set[str]:
    """Return the fingerprints of all cells as they were when a copy was given out.

    Its own stamp knows them, also after the course has gone on; only a copy that has lost its
    stamp is compared with what is given out now.

    Raises
    ------
    CourseError
        When there is neither a stamp nor a release.
    """
    stamp = read_stamp(copy)
    if stamp:
        return set(stamp["cells"].values())
    return {fingerprint(cell.source) for cell in read_release(lesson).cells}


def update_copies(course: Course, names: list[str]) -> list[Outcome]:
    """Bring the copies of the lessons named up to date, of all lessons for no names.

    Raises
    ------
    CourseError
        When there is no copy of them.
    """
    chosen = course.select(names)
    copies = [(path, lesson) for path, lesson in own_copies(course) if lesson in chosen]
    if not copies:
        raise CourseError("there are no copies in work/ yet: run course lab first")
    outcomes = []
    for path, lesson in copies:
        try:
            outcomes.append(update(path, lesson))
        except CourseError as error:  # The others may go well.
            outcomes.append(Outcome(path, "left alone", f"was left as it is: {error}"))
    return outcomes


def update(path: Path, lesson: Lesson) -> Outcome:
    """Bring one copy up to date; the old one is kept in ``backups/`` beside it.

    The new file replaces the old one in one step, and only if nobody has saved it meanwhile. A
    copy that is up to date already is not touched.

    Raises
    ------
    CourseError
        When the release is damaged.
    """
    release = read_release(lesson)
    file = path.resolve()  # A link stays a link.
    try:
        before = file.read_bytes()
    except OSError as error:
        return Outcome(path, "left alone", f"cannot be read: {error.strerror}")
    try:
        learner = read_notebook(file)
        stamp = read_stamp(learner)
        if stamp and stamp["release"] == release.metadata[KEY]["release"]:
            return Outcome(path, "current")
        merged = merge(learner, release)
        backup = _replace(file, before, as_bytes(merged.notebook))
    except CourseError as error:
        return Outcome(path, "left alone", str(error).removeprefix(f"{file} "))
    except OSError as error:
        said = f"cannot be written: {error.strerror}; nothing was changed"
        return Outcome(path, "left alone", said)
    said = (
        f"is up to date, with {_count(merged.answers, 'answer')} and "
        f"{_count(merged.others, 'other cell')} of yours; "
        f"the old one is {BACKUPS}/{backup.name}"
    )
    return Outcome(path, "updated", said)


def _replace(path: Path, before: bytes, after: bytes) -> Path:
    """Put a new file in the place of an old one, and keep the old one."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    backup = None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, part)
        backup = _backup(path, before)
        if path.read_bytes() != before:
            raise CourseError("was saved meanwhile: run course update again")
        os.replace(part, path)
    except BaseException:
        for leftover in filter(None, (Path(part), backup)):
            with contextlib.suppress(OSError):
                leftover.unlink()
        raise
    return backup


def _backup(path: Path, content: bytes) -> Path:
    folder = path.parent / BACKUPS
    folder.mkdir(exist_ok=True)
    number = 1
    while True:
        backup = folder / f"{path.stem}-{number}.ipynb"
        try:
            with backup.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            number += 1
        else:
            shutil.copystat(path, backup)
            return backup


def as_bytes(notebook: NotebookNode) -> bytes:
    """Write a notebook as the bytes of its file, whatever stands in it."""
    text = nbformat.v4.writes(notebook) + "\n"
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # Half a character, from a broken paste: JSON can escape it.
        return (json.dumps(json.loads(text), indent=1) + "\n").encode("ascii")


def quick_metadata(path: Path) -> dict:
    """Return a notebook's metadata as they are in the file; none when it cannot be read."""
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return metadata if isinstance(metadata, dict) else {}


def _quick_stamp(path: Path) -> dict | None:
    stamp = quick_metadata(path).get(KEY)
    return stamp if isinstance(stamp, dict) else None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
