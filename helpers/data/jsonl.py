"""Reading the course's own data: JSON Lines with the same keys in every line."""

import json
from collections.abc import Iterator
from pathlib import Path

from helpers.data.errors import DataError

__all__ = ["read_rows"]


def read_rows(path: Path, fields: tuple[str, ...], owner: str) -> Iterator[tuple[str, dict]]:
    """Yield each line's place, for messages, and its object with exactly these keys.

    Parameters
    ----------
    path : Path
        The file.
    fields : tuple of str
        The keys, in their order.
    owner : str
        What the file belongs to, for messages: ``"the retrieval set"``.

    Yields
    ------
    (str, dict)
        File name with line number, and the object.

    Raises
    ------
    DataError
        If the file cannot be read, or a line is no such object.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise DataError(
            f"Cannot read {path.name} of {owner} ({reason}): it belongs in {path.parent}; "
            "get it from the course's repository."
        ) from error
    for number, line in enumerate(lines, 1):
        place = f"{path.name}, line {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{place}: not valid JSON ({error.msg}); write one object.") from error
        if not isinstance(row, dict) or tuple(row) != fields:
            raise DataError(f"{place}: write an object with the keys {', '.join(fields)}.")
        yield place, row
