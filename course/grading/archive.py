"""Folders as ZIP archives in memory, the same bytes for the same files."""

import io
import os
import zipfile
from pathlib import Path

from course.errors import CourseError

__all__ = ["pack_folder", "pack_submission"]

_SUFFIXES = (".ipynb", ".json")
_LARGEST = 100_000_000
_STAMP = "timestamp.txt"


def pack_folder(folder: Path) -> bytes:
    """Pack every file of a folder of our own."""
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return _pack(files)


def pack_submission(folder: Path) -> bytes:
    """Pack what grading looks at in a submitted folder: notebooks and the time stamp.

    Links are left out, because they may point anywhere, and so is every other file: nothing that
    was handed in beside the notebook is used.

    Raises
    ------
    CourseError
        When the folder cannot be read, is a link itself, or its notebooks are too large to be
        notebooks.
    """
    if folder.is_symlink() or folder.parent.is_symlink():
        raise CourseError("the folder is a link: copy the files themselves into it")
    files, size = {}, 0
    try:
        for place, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if name != ".ipynb_checkpoints")
            for name in sorted(names):
                path = Path(place) / name
                if path.is_symlink() or not path.is_file():
                    continue
                if path.suffix.lower() in _SUFFIXES or name == _STAMP:
                    size += path.stat().st_size
                    files[path.relative_to(folder).as_posix()] = path
        if size > _LARGEST:
            raise CourseError(
                f"the notebooks have {size / 1e6:.0f} MB: clear the outputs and hand in again"
            )
        return _pack(files)
    except OSError as error:
        raise CourseError(f"the submission cannot be read: {error.strerror}") from error


def _pack(files: dict[str, Path]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files.items()):
            # A fixed date, so that the same files give the same bytes.
            archive.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()
