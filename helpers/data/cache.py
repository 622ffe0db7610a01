"""The cache folder: where it is, its lock, its stamps, and writing into it atomically.

A file counts only under its final name, and it gets that name by a rename after it was verified.
Whatever an interrupted run leaves lies in folders that start with ``.partial-`` and is removed by
the next run that holds the lock.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import platformdirs

from helpers.data.errors import DataError, from_os_error
from helpers.progress import building

__all__ = ["cache_dir"]

_PARTIAL = ".partial-"
_BLOCK = 1 << 20


def cache_dir() -> Path:
    """Return the folder that holds the fetched wheels and what is derived from them.

    Returns
    -------
    pathlib.Path
        The environment variable ``EMBEDDINGS_COURSE_CACHE`` when it is set, else the cache folder
        that the operating system has for programs. It need not exist yet.
    """
    named = os.environ.get("EMBEDDINGS_COURSE_CACHE")
    if named:
        return Path(named).expanduser().absolute()
    return Path(platformdirs.user_cache_dir("embeddings-course", appauthor=False))


def subfolder(name: str) -> Path:
    """Create the folder `name` in the cache and return it.

    Raises
    ------
    DataError
        If it cannot be created.
    """
    folder = cache_dir() / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise from_os_error(error, cache_dir()) from error
    return folder


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Hold the lock of the cache folder: one process at a time writes into it.

    Raises
    ------
    DataError
        If the folder cannot be written to.
    """
    folder = subfolder(".")
    lock = filelock.FileLock(folder / ".lock")
    try:
        try:
            lock.acquire(timeout=1)
        except filelock.Timeout:
            if not building():
                print("Another process is preparing the data: waiting for it.", flush=True)
            lock.acquire()
    except OSError as error:
        raise from_os_error(error, folder) from error
    try:
        for leftover in folder.glob(f"{_PARTIAL}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def partial_folder() -> Iterator[Path]:
    """Make a folder for unfinished files; it is gone afterwards, whatever happens.

    Raises
    ------
    DataError
        If the disk is full or the folder cannot be written to, also by the body.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=subfolder(".")))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise from_os_error(error, cache_dir()) from error


def derived(path: Path, make: Callable[[Path], None]) -> Path:
    """Return the derived file `path`, making it first if it is not there.

    Parameters
    ----------
    path : pathlib.Path
        In a folder of the cache. Its name must say everything that the content depends on.
    make : callable
        ``make(target)`` writes the file to a temporary path.

    Returns
    -------
    pathlib.Path
        The finished file.
    """
    if not path.exists():
        with locked():
            if not path.exists():
                subfolder(path.parent.name)
                with partial_folder() as folder:
                    unfinished = folder / path.name
                    make(unfinished)
                    os.replace(unfinished, path)
    return path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _stamp_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.verified.json")


def _state(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def verified_hashes(path: Path) -> list[str]:
    """Return the hashes that were found in `path`, as long as the file has not changed since.

    A changed size or modification time voids the stamp, so the file is verified again.
    """
    try:
        stamp = json.loads(_stamp_path(path).read_text(encoding="utf-8"))
        return list(stamp["hashes"]) if stamp["state"] == _state(path) else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def remember_hashes(path: Path, hashes: list[str]) -> None:
    """Remember that `hashes` were found in `path`; a cache that is read-only just forgets."""
    stamp = {"state": _state(path), "hashes": sorted({*verified_hashes(path), *hashes})}
    # Two readers may write the same stamp at once, so each writes its own file and renames it.
    with contextlib.suppress(OSError):
        descriptor, name = tempfile.mkstemp(prefix=".stamp-", dir=path.parent)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump(stamp, file)
            os.replace(name, _stamp_path(path))
        except OSError:
            os.unlink(name)


def forget(path: Path) -> None:
    """Delete a cached file and its stamp.

    Raises
    ------
    DataError
        If it cannot be deleted.
    """
    try:
        _stamp_path(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    except OSError as error:
        raise from_os_error(error, cache_dir()) from error


def damaged(path: Path, name: str, why: str) -> DataError:
    """Make the error for a cached file whose content is not what it was."""
    return DataError(
        f"The cached file {path} is damaged ({why}): run `course fetch --repair {name}`, or delete "
        "that file and try again."
    )
