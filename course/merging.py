"""Merging a learner's notebook with a newer release: the course's cells, the learner's work.

A release cell is recognised in the learner's notebook by its grade id, by the text that it was
given out with, by its id, by its present text, and an answer also by the name that it defines.
What was given out is known from the stamp (:mod:`course.stamp`); without it, every cell that
differs from the new release counts as the learner's work.

============================  ======================  =========================================
the cell                      changed by              becomes
============================  ======================  =========================================
answer, written answer        the learner             the learner's, in the new cell; if the stub
                                                      is new, a note below shows it
check                         anybody                 the new one; an edited one stays below
any other                     the course              the new one
any other                     the learner             the learner's, in place
any other                     both                    the new one, the learner's below it
the learner's own                                     kept behind the cell that it stood behind
taken out of the course                               gone, unless the learner changed it
deleted by the learner                                back: later cells may need it
============================  ======================  =========================================
"""

import copy
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from course.cells import kinds
from course.stamp import KEY, fingerprint, read_stamp
from course.submission import roles

__all__ = ["Merged", "merge"]

_THEIRS = "*Your version of the cell above, from before the course was updated:*"
_STUB = "*The course has a new start for this exercise; your answer above was kept:*"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# What nbgrader and the course say about a cell is true of the release's cell only.
_GIVEN_METADATA = ("nbgrader", "tags", "deletable", "editable")


@dataclass(frozen=True)
class Merged:
    """A merged notebook and what was kept in it.

    Attributes
    ----------
    notebook : NotebookNode
        The new release with the learner's work.
    answers : int
        Answers of the learner, code and prose.
    others : int
        Cells of the learner's own, and cells of the course that the learner had changed.
    """

    notebook: NotebookNode
    answers: int
    others: int


def merge(learner: NotebookNode, release: NotebookNode) -> Merged:
    """Merge a learner's notebook with a newer release of the same lesson.

    Parameters
    ----------
    learner : NotebookNode
        The learner's notebook, as :func:`course.reading.read_notebook` gives it.
    release : NotebookNode
        The new release, with its stamp.

    Returns
    -------
    Merged
        A notebook of its own; neither argument is changed.
    """
    given = (read_stamp(learner) or {"cells": {}})["cells"]
    places = _places(learner.cells, release, given)
    chosen = _chosen(learner.cells, places, release, given)
    behind: list[list[NotebookNode]] = [[] for _ in range(len(release.cells) + 1)]
    at = answers = others = 0
    for i, new in enumerate(release.cells):
        behind[i + 1] = made = _in_place(new, chosen.get(i), given)
        theirs = chosen.get(i)
        kept = theirs is not None and any(cell.source == theirs.source for cell in made)
        if kept and fingerprint(theirs.source) != fingerprint(new.source):
            answer = kinds(new) in ("answer", "written")
            answers, others = answers + answer, others + (not answer)
    taken = {id(cell): i for i, cell in chosen.items()}
    for cell in learner.cells:
        if id(cell) in taken:
            at = taken[id(cell)] + 1
        elif not _was_given(cell, given):
            behind[at].append(_own(cell))
            others += 1
    added = [*behind[0], *(cell for cells in behind[1:] for cell in cells[1:])]
    _give_ids(added, {cell.id for cell in release.cells})
    # Not nbformat's own constructor: it refuses what learners' notebooks may hold.
    made = NotebookNode(
        nbformat=4,
        nbformat_minor=max(5, learner.get("nbformat_minor", 5), release.nbformat_minor),
        metadata=copy.deepcopy(release.metadata),
        cells=[cell for cells in behind for cell in cells],
    )
    # The learner's kernel may have another name.
    made.metadata |= {k: copy.deepcopy(v) for k, v in learner.metadata.items() if k != KEY}
    return Merged(made, answers, others)


def _places(cells: Sequence[NotebookNode], release: NotebookNode, given: dict) -> list[int | None]:
    """Say of each of the learner's cells which cell of the release it is, if any."""
    by_id = {cell.id: i for i, cell in enumerate(release.cells)}
    by_text: dict[str, int | None] = {}
    for i, cell in enumerate(release.cells):
        mark = fingerprint(cell.source)
        by_text[mark] = None if mark in by_text else i
    found: list[int | None] = [by_id.get(_grade_id(cell)) for cell in cells]
    for i, cell in enumerate(cells):
        if found[i] is None:
            base = given.get(_id(cell))
            # A cell that keeps its text may get another id when cells are put in before it.
            found[i] = by_id.get(_id(cell)) if base is None else by_text.get(base)
    claimed = set(found)
    for i, cell in enumerate(cells):
        if found[i] is None:
            same_id = by_id.get(_id(cell))
            same_text = by_text.get(fingerprint(cell.source))
            free = [n for n in (same_id, same_text) if n is not None and n not in claimed]
            found[i] = free[0] if free else None
    _answers_by_name(cells, release, found)
    return found


def _answers_by_name(
    cells: Sequence[NotebookNode], release: NotebookNode, found: list[int | None]
) -> None:
    """Find answers that were written into cells of the learner's own, where no other is left."""
    lacking = {
        cell.id.removesuffix("-answer"): i
        for i, cell in enumerate(release.cells)
        if kinds(cell) == "answer" and i not in found
    }
    own = [i for i, n in enumerate(found) if n is None and cells[i].cell_type == "code"]
    if lacking and own:
        for i, (role, check_id) in zip(own, roles([cells[i] for i in own], lacking), strict=True):
            if role == "answer":
                found[i] = lacking[check_id]


def _chosen(
    cells: Sequence[NotebookNode], places: list[int | None], release: NotebookNode, given: dict
) -> dict[int, NotebookNode]:
    """Choose one of the learner's cells for each cell of the release.

    Copies of an answer share its grade id; the last one that says something counts, as it does
    when the notebook runs.
    """
    chosen: dict[int, NotebookNode] = {}
    for cell, place in zip(cells, places, strict=True):
        if place is None:
            continue
        new = release.cells[place]
        worked = kinds(new) in ("answer", "written") and _is_changed(cell, new, given)
        if place not in chosen or worked:
            chosen[place] = cell
    return chosen


def _in_place(new: NotebookNode, theirs: NotebookNode | None, given: dict) -> list[NotebookNode]:
    """Return what stands in the place of one cell of the release."""
    if theirs is None or not _is_changed(theirs, new, given):
        return [_framed(new, new, theirs)]
    base = _base(theirs, new, given)
    is_new = base != fingerprint(new.source)
    kind = kinds(new)
    if kind in ("answer", "written"):
        kept = [_framed(new, theirs, theirs)]
        if is_new and base is not None and kind == "answer":
            kept.append(_note(f"{_STUB}\n\n```python\n{new.source}\n```"))
        return kept
    if kind == "check" or is_new:
        return [_framed(new, new, theirs), _note(_THEIRS), _own(theirs, goes_on=True)]
    kept = _framed(new, theirs, theirs)
    if theirs.cell_type != new.cell_type:
        kept = _own(theirs)
        kept["id"] = new.id
    return [kept]


def _is_changed(theirs: NotebookNode, new: NotebookNode, given: dict) -> bool:
    """Whether the learner wrote something that the release does not say."""
    mark = fingerprint(theirs.source)
    return mark not in (_base(theirs, new, given), fingerprint(new.source))


def _base(theirs: NotebookNode, new: NotebookNode, given: dict) -> str | None:
    """Return the fingerprint of what a cell was when it was given out, if that is known."""
    names = (_grade_id(theirs), _id(theirs), new.id)
    return next((given[name] for name in names if name in given), None)


def _was_given(cell: NotebookNode, given: dict) -> bool:
    """Whether a cell without a place is one that has left the course, unchanged."""
    return given.get(_grade_id(cell) or _id(cell)) == fingerprint(cell.source)


def _framed(new: NotebookNode, text: NotebookNode, theirs: NotebookNode | None) -> NotebookNode:
    """Return the release's cell with a text; what it showed stays if the text is the learner's."""
    made = copy.deepcopy(new)
    made.source = text.source
    if theirs is None:
        return made
    view = {k: v for k, v in theirs.metadata.items() if k not in _GIVEN_METADATA}
    made.metadata = {**copy.deepcopy(view), **made.metadata}
    if made.source == theirs.source and made.cell_type == theirs.cell_type:
        for key in ("outputs", "execution_count", "attachments"):
            if key in theirs:
                made[key] = copy.deepcopy(theirs[key])
    return made


def _own(cell: NotebookNode, goes_on: bool = False) -> NotebookNode:
    """Return a cell as one of the learner's own; `goes_on` lets Run All go on past its errors."""
    made = copy.deepcopy(cell)
    for key in ("nbgrader", "deletable", "editable"):
        made.metadata.pop(key, None)
    if goes_on and cell.cell_type == "code":
        made.metadata["tags"] = ["raises-exception"]
    return made


def _note(text: str) -> NotebookNode:
    note = nbformat.v4.new_markdown_cell(text)
    note["id"] = ""  # One from the text instead of a random one; see _give_ids.
    return note


def _give_ids(cells: Sequence[NotebookNode], taken: set[str]) -> None:
    """Give each of the cells an id that is neither taken nor another's, its own where possible."""
    for cell in cells:
        wanted = _id(cell)
        # From the text, so that merging the same twice gives the same.
        mark = hashlib.sha256(cell.source.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        number = 0
        while not isinstance(wanted, str) or not _ID.fullmatch(wanted) or wanted in taken:
            number, wanted = number + 1, f"own-{mark}-{number}"
        cell["id"] = wanted
        taken.add(wanted)


def _grade_id(cell: NotebookNode) -> str | None:
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name if isinstance(name, str) else None


def _id(cell: NotebookNode) -> str | None:
    return cell.get("id")
