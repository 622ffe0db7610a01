"""Writing files so that nobody ever meets half of one."""

import os
from pathlib import Path

__all__ = ["put"]


def put(path: Path, content: bytes) -> None:
    """Write a file and its folders, the file whole or not at all.

    Raises
    ------
    OSError
        When it cannot be written; what was there before is then still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)
