"""Reading a learner's notebook: what arrives may be old, foreign, badly saved or no notebook."""

import codecs
import json
import os
import stat
import warnings
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.errors import CourseError
from course.layout import Lesson

__all__ = ["read_notebook", "read_solution", "read_with_repairs"]

_LARGEST = 100_000_000  # bytes; honest notebooks with all their figures stay below 10 MB
_RESCUE = (
    ": look for an earlier one in backups/ or .ipynb_checkpoints/ beside it, or rename it: "
    "course lab then makes a fresh copy"
)
# The longer marks first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook of a learner, also an older one or one whose metadata are odd.

    Raises
    ------
    CourseError
        When it cannot be read as a notebook; the line says what to do.
    """
    return read_with_repairs(path)[0]


def read_solution(lesson: Lesson) -> NotebookNode:
    """Read a lesson's executed solution.

    Raises
    ------
    CourseError
        When it is missing or damaged; the line says how to get it back.
    """
    try:
        return read_notebook(lesson.solution)
    except CourseError as error:
        name = lesson.solution.relative_to(lesson.root).as_posix()
        raise CourseError(
            f"{name} is missing or damaged: `git checkout HEAD -- solutions` brings it back"
        ) from error


def read_with_repairs(path: Path) -> tuple[NotebookNode, list[str]]:
    """Read a notebook, and say what had to be mended on the way.

    Parameters
    ----------
    path : Path
        A regular file.

    Returns
    -------
    (NotebookNode, list of str)
        A notebook of format 4, whose cells have a source and metadata; and the repairs in words.

    Raises
    ------
    CourseError
        When it cannot be read as a notebook; the line says what to do.
    """
    repairs: list[str] = []
    text = _decode(_bytes(path), path, repairs)
    data = _parse(text, path, repairs)
    notebook = _as_format_four(data, path, repairs)
    if not isinstance(notebook.get("cells"), list) or not notebook.cells:
        raise CourseError(f"{path} is no notebook of format 4{_rescue(path)}")
    return notebook, list(dict.fromkeys(repairs))


def _rescue(path: Path) -> str:
    """Say how to get a copy of the learner's own back; of other files nothing is known."""
    own = any(
        folder.name == "work" and (folder.parent / "nbgrader_config.py").is_file()
        for folder in path.absolute().parents
    )
    return _RESCUE if own else ""


def _bytes(path: Path) -> bytes:
    """Read a file that is a file, no pipe, and of a size that fits in memory."""
    # Opening a pipe would wait for somebody to write into it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise CourseError(f"{path} is no regular file: hand in the notebook itself")
            if about.st_size > _LARGEST:
                raise CourseError(
                    f"{path} has {about.st_size / 1e6:.0f} MB: clear its outputs "
                    "(Edit > Clear Outputs of All Cells) and save it again"
                )
            return file.read(_LARGEST + 1)
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}") from error


def _decode(raw: bytes, path: Path, repairs: list[str]) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            repairs.append(
                f"the file was saved as {encoding.removesuffix('-sig').upper()} with a "
                "byte order mark"
            )
            break
    else:
        encoding = "utf-8"
        if raw[:4].count(0) == 2:  # JSON begins with two ASCII characters.
            encoding = "utf-16-be" if raw[0] == 0 else "utf-16-le"
            repairs.append("the file was saved as UTF-16")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            raise CourseError(f"{path} is damaged, or no notebook{_rescue(path)}") from error
        repairs.append("the file was saved in a Windows encoding")
        return text


def _parse(text: str, path: Path, repairs: list[str]) -> dict:
    """Read the JSON, also where something stands before or behind it."""
    start = text.find("{")
    try:
        data, end = json.JSONDecoder().raw_decode(text, max(start, 0))
    except (ValueError, RecursionError) as error:
        if any(line.startswith(("<<<<<<<", ">>>>>>>")) for line in text.splitlines()):
            raise CourseError(
                f"{path} holds both sides of a merge: choose one of them and save it again"
            ) from error
        raise CourseError(f"{path} is damaged, or no notebook{_rescue(path)}") from error
    if not isinstance(data, dict) or text[:start].strip().startswith("["):
        raise CourseError(f"{path} is damaged, or no notebook{_rescue(path)}")
    if text[:start].strip() or text[end:].strip():
        repairs.append("something stood before or behind the notebook in its file")
    return data


def _as_format_four(data: dict, path: Path, repairs: list[str]) -> NotebookNode:
    version = data.get("nbformat")
    if isinstance(data.get("cells"), list):
        if version != 4:
            # A later format, or a number lost on the way, with cells as format 4 has them.
            repairs.append(f"the file calls itself format {version!r}, and was read as format 4")
            data |= {"nbformat": 4, "nbformat_minor": 5}
        _mend_cells(data, repairs)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = nbformat.reader.reads(json.dumps(data))
            if notebook.nbformat < 4:
                repairs.append(f"the file had the old format {notebook.nbformat}")
                notebook = nbformat.convert(notebook, 4)
    except Exception as error:  # What nbformat raises depends on the damage.
        raise CourseError(f"{path} is damaged, or no notebook{_rescue(path)}") from error
    if notebook.nbformat != 4:
        raise CourseError(f"{path} is no notebook of format 4{_rescue(path)}")
    return notebook


def _mend_cells(data: dict, repairs: list[str]) -> None:
    """Bring the cells of format 4 into the form that nbformat can read, in place."""
    if not isinstance(data.get("metadata"), dict):
        data["metadata"] = {}
        repairs.append("the notebook's metadata were damaged")
    kept = [cell for cell in data["cells"] if _mend_cell(cell, repairs)]
    lost = len(data["cells"]) - len(kept)
    if lost:
        repairs.append(f"{lost} damaged cell{'s were' if lost > 1 else ' was'} left out")
    data["cells"] = kept


def _mend_cell(cell: object, repairs: list[str]) -> bool:
    """Mend a cell in place as far as that goes; say whether it can be used."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return False
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        cell["source"] = source = "".join(source)
    if not isinstance(source, str):
        return False
    metadata = cell.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("nbgrader", {}), dict):
        cell["metadata"] = {}
        repairs.append("a cell's metadata were damaged")
    outputs = cell.get("outputs", [])
    if not isinstance(outputs, list) or not all(isinstance(item, dict) for item in outputs):
        cell["outputs"] = []
    return True
