"""Figures computed ahead by a script in ``benchmarks/`` and kept in ``data/``: read and written."""

import json
from pathlib import Path

__all__ = ["read_stored", "write_stored"]


def read_stored(path: Path, version: int, needed: set[str], again: str) -> dict:
    """Read a file of figures.

    Parameters
    ----------
    path : Path
        The file.
    version : int
        The ``format`` that it must have.
    needed : set of str
        Keys that must be there.
    again : str
        What to do about a bad file, for messages: ``"run ... to make it again"``.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If the file is missing, is not JSON, or has another format.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ValueError(f"cannot read {path.name} ({reason}): {again}.") from error
    except ValueError as error:
        raise ValueError(f"{path.name} is damaged, it is not JSON: {again}.") from error
    if not isinstance(raw, dict) or raw.get("format") != version or not needed <= raw.keys():
        raise ValueError(f"{path.name} does not have format {version}: {again}.")
    return raw


def write_stored(path: Path, raw: dict) -> None:
    """Put a file of figures in place in one step."""
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(raw, separators=(",", ":")) + "\n", encoding="utf-8")
    partial.replace(path)
