"""The list of data sources: what is fetched, its hashes, its licence.

The list is `sources.toml` next to this module. Each entry is one wheel of the package index, used
as a hashed archive: it is never installed and none of its code runs. Entries with
``kind = "installed"`` are files of a package that the course depends on anyway.
"""

import functools
import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from helpers.data.errors import DataError

__all__ = ["Member", "Source", "contents_digest", "source", "sources", "sources_table"]


@dataclass(frozen=True)
class Member:
    r"""One file inside a source.

    Attributes
    ----------
    path : str
        Path inside the wheel, or inside the installed package.
    sha256 : str
        SHA-256 of the file's bytes (for an installed package: with newlines as ``\n``).
    size : int
        Bytes.
    """

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Source:
    """One wheel, or one installed package, of which some members are read.

    Attributes
    ----------
    name, version : str
        Package name on the index and the exact version.
    kind : {"wheel", "installed"}
        Whether the course fetches it or has it installed as a dependency.
    wheel : str or None
        File name of the wheel; None for an installed package.
    sha256 : str or None
        SHA-256 of the wheel.
    size : int
        Bytes of the wheel (of the members, for an installed package).
    licence, origin, description : str
        Licence of the data, where it comes from, one line of what it is.
    members : tuple of Member
        What is read.
    """

    name: str
    version: str
    kind: str
    wheel: str | None
    sha256: str | None
    size: int
    licence: str
    origin: str
    description: str
    members: tuple[Member, ...]

    def member(self, path: str) -> Member:
        """Return the member at `path`.

        Raises
        ------
        DataError
            If the list names no such member.
        """
        for member in self.members:
            if member.path == path:
                return member
        raise DataError(
            f"The list of sources names no file {path!r} in {self.name}: add it with its hash to "
            "helpers/data/sources.toml."
        )


def _parse(text: str) -> dict[str, Source]:
    entries = {}
    for entry in tomllib.loads(text)["source"]:
        members = tuple(Member(**member) for member in entry.pop("members"))
        defaults = {"kind": "wheel", "wheel": None, "sha256": None}
        if "size" not in entry:
            defaults["size"] = sum(member.size for member in members)
        parsed = Source(**{**defaults, **entry, "members": members})
        entries[parsed.name] = parsed
    return entries


@functools.cache
def _catalogue() -> dict[str, Source]:
    return _parse(files("helpers.data").joinpath("sources.toml").read_text(encoding="utf-8"))


def sources(names: Iterable[str] | str | None = None) -> list[Source]:
    """List the data sources.

    Parameters
    ----------
    names : str or iterable of str, optional
        Only these, in this order; all by default.

    Returns
    -------
    list of Source
        In the order of the list, or of `names`.

    Raises
    ------
    DataError
        If a name is unknown; the message lists the known ones.
    """
    if names is None:
        return list(_catalogue().values())
    if isinstance(names, str):
        names = [names]
    return [source(name) for name in names]


def source(name: str) -> Source:
    """Return the source called `name`.

    Raises
    ------
    DataError
        If the name is unknown; the message lists the known ones.
    """
    try:
        return _catalogue()[name]
    except (KeyError, TypeError):
        known = ", ".join(_catalogue())
        raise DataError(f"There is no data source called {name!r}: choose from {known}.") from None


def contents_digest(parts: Iterable[Source]) -> str:
    """Return 12 hexadecimal digits that change with the content of any of the sources."""
    contents = "".join(member.sha256 for part in parts for member in part.members)
    return hashlib.sha256(contents.encode()).hexdigest()[:12]


def sources_table() -> str:
    """Return the list of sources as the Markdown table of `data/README.md`."""
    lines = ["| source | version | MB | what | licence | from |", "|---|---|---|---|---|---|"]
    for entry in sources():
        lines.append(
            f"| {entry.name} | {entry.version} | {entry.size / 1e6:.1f} | {entry.description} "
            f"| {entry.licence} | {entry.origin} |"
        )
    return "\n".join(lines) + "\n"
