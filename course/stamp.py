"""The stamp of a release: what every cell was when it was given out.

``course build`` writes it into the metadata of the learner's notebook, where it goes along with
every copy, also with a renamed one, and JupyterLab keeps it. It tells an update which cells a
learner has changed, without the release that the copy came from.
"""

import hashlib
import json

from nbformat import NotebookNode

__all__ = ["KEY", "Stamp", "fingerprint", "is_edited", "make_stamp", "read_stamp"]

KEY = "course"

Stamp = dict


def fingerprint(source: str) -> str:
    """Return a short hash of a cell's text; white space at the ends of lines does not count."""
    text = "\n".join(line.rstrip() for line in source.strip().splitlines())
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def make_stamp(lesson: str, notebook: NotebookNode) -> Stamp:
    """Make the stamp of a release.

    Parameters
    ----------
    lesson : str
        The lesson's name.
    notebook : NotebookNode
        The release. An old stamp in it does not count.

    Returns
    -------
    dict
        ``lesson``, ``cells`` (cell id -> fingerprint), and ``release``, a hash of everything that
        an update can change.
    """
    whole = [[c.get("id"), c.cell_type, c.source, c.metadata] for c in notebook.cells]
    text = json.dumps(whole, sort_keys=True)
    return {
        "lesson": lesson,
        "release": hashlib.sha256(text.encode("utf-8")).hexdigest()[:16],
        "cells": {cell.id: fingerprint(cell.source) for cell in notebook.cells},
    }


def read_stamp(notebook: NotebookNode) -> Stamp | None:
    """Return the stamp of a notebook; None when it has none, or a damaged one."""
    stamp = notebook.metadata.get(KEY)
    if not isinstance(stamp, dict) or not isinstance(stamp.get("cells"), dict):
        return None
    if not isinstance(stamp.get("lesson"), str) or not isinstance(stamp.get("release"), str):
        return None
    return stamp


def is_edited(notebook: NotebookNode) -> bool:
    """Whether the cells of a stamped notebook are not those that were given out."""
    stamp = read_stamp(notebook)
    return bool(stamp) and stamp["cells"] != {
        cell.get("id"): fingerprint(cell.source) for cell in notebook.cells
    }
