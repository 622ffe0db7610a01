"""Taking a submission in: find the notebook, mend it, and give every cell its place again.

nbgrader trusts the metadata of a submitted notebook. What leaves here has each of the assignment's
cells exactly once, with the metadata of the release, and the learner's other cells around them.
"""

import copy
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.cells import kinds
from course.errors import CourseError
from course.reading import read_with_repairs
from course.submission import known_ids, normal_text, roles

__all__ = ["Intake", "find_notebook", "take_in"]

_LARGEST_SOURCE = 200_000  # characters of one cell


@dataclass
class Intake:
    """A submission that can be graded.

    Attributes
    ----------
    notebook : NotebookNode
        The learner's notebook with the release's metadata.
    repairs : list of str
        What was mended, for the teacher and the learner.
    """

    notebook: NotebookNode
    repairs: list[str] = field(default_factory=list)


def find_notebook(folder: Path, name: str, release: NotebookNode) -> tuple[Path, list[str]]:
    """Find the notebook of an assignment in a submitted folder.

    Parameters
    ----------
    folder : Path
        ``submitted/<student>/<lesson>``.
    name : str
        The lesson.
    release : NotebookNode
        What was given out, by which a renamed notebook is recognised.

    Returns
    -------
    (Path, list of str)
        The notebook and what was odd about its place.

    Raises
    ------
    CourseError
        When there is none, or only a link to one.
    """
    right = folder / f"{name}.ipynb"
    if right.is_symlink():
        raise CourseError(f"{right.name} is a link: hand in the file itself")
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.suffix.lower() in (".ipynb", ".json")
        and ".ipynb_checkpoints" not in path.parts
    ]
    if right.is_file():
        others = [path for path in found if path != right and path.suffix.lower() == ".ipynb"]
        return right, _left(folder, others)
    ids = known_ids(release)
    shared = []
    for path in found:
        try:
            shared.append((len(ids & known_ids(read_with_repairs(path)[0])), path))
        except CourseError:
            continue
    if not shared or max(shared)[0] == 0:
        others = ", ".join(path.name for path in found[:3]) or "no notebook"
        raise CourseError(f"{name}.ipynb was not handed in (there is {others})")
    best = max(shared)[1]
    others = [path for count, path in shared if count and path != best]
    called = f"the notebook was called {best.relative_to(folder).as_posix()}"
    return best, [called, *_left(folder, others)]


def _left(folder: Path, others: list[Path]) -> list[str]:
    names = ", ".join(path.relative_to(folder).as_posix() for path in others[:5])
    return [f"other notebooks in the folder were not looked at: {names}"] if others else []


def take_in(path: Path, release: NotebookNode, solution: NotebookNode) -> Intake:
    """Read and mend a submitted notebook.

    Parameters
    ----------
    path : Path
        The notebook.
    release : NotebookNode
        What was given out.
    solution : NotebookNode
        The lesson's solution notebook.

    Raises
    ------
    CourseError
        When it cannot be read.
    """
    learner, repairs = read_with_repairs(path)
    graded = {
        cell.metadata.nbgrader.grade_id: cell
        for cell in release.cells
        if "grade_id" in cell.metadata.get("nbgrader", {})
    }
    calls = {c.metadata.nbgrader.grade_id: [] for c in solution.cells if kinds(c) == "check"}
    cells = [_capped(copy.deepcopy(cell), repairs) for cell in learner.cells]
    places = _places(cells, graded, calls)
    made = nbformat.v4.new_notebook(metadata=copy.deepcopy(release.metadata))
    last = {name: i for i, name in enumerate(places) if name}
    for i, (cell, name) in enumerate(zip(cells, places, strict=True)):
        cell.metadata.pop("nbgrader", None)
        cell.metadata.pop("tags", None)
        if name and last[name] == i:
            _restore(cell, graded[name], repairs)
        elif name and kinds(graded[name]) == "written":
            repairs.append(f"the answer {name} was there more than once: all of it was kept")
            _append(cells[last[name]], cell)
            continue
        elif name:
            repairs.append(f"the cell {name} was there more than once")
            if kinds(graded[name]) == "check":
                continue
        made.cells.append(cell)
    _add_missing(made.cells, last, graded, repairs)
    _number(made.cells)
    return Intake(made, list(dict.fromkeys(repairs)))


def _places(cells: list, graded: dict, calls: dict) -> list[str | None]:
    """Say of each cell which cell of the release it is: by id, else by text, else by name."""
    texts = {normal_text(c.source): name for name, c in graded.items()}
    found: list[str | None] = []
    for cell in cells:
        named = str(cell.metadata.get("nbgrader", {}).get("grade_id") or "")
        own_id = str(cell.get("id", ""))
        by_text = texts.get(normal_text(cell.source))
        found.append(next((n for n in (named, own_id, by_text) if n in graded), None))
    code = [i for i, cell in enumerate(cells) if cell.cell_type == "code" and cell.source.strip()]
    for i, (role, check_id) in zip(code, roles([cells[i] for i in code], calls), strict=True):
        if role == "answer" and found[i] is None and f"{check_id}-answer" in graded:
            found[i] = f"{check_id}-answer"
        elif role == "check":
            found[i] = check_id
    return found


def _restore(cell: NotebookNode, given: NotebookNode, repairs: list[str]) -> None:
    """Give a cell the kind, id and metadata that it had when it was given out."""
    name = given.metadata.nbgrader.grade_id
    if cell.cell_type != given.cell_type:
        repairs.append(f"the cell {name} had been turned into a {cell.cell_type} cell")
        cell.cell_type = given.cell_type
    if kinds(given) == "check" and cell.source != given.source:
        repairs.append(f"the check {name} had been edited")
        cell.source = given.source
    cell.metadata = copy.deepcopy(given.metadata)
    cell.id = given.id


def _append(kept: NotebookNode, other: NotebookNode) -> None:
    """Put the text of an answer that was copied in front of the last one, unless it is the same."""
    if normal_text(other.source) not in normal_text(kept.source):
        kept.source = f"{other.source}\n\n{kept.source}"


def _add_missing(cells: list, last: dict, graded: dict, repairs: list[str]) -> None:
    """Put back the cells that are gone, behind the one that stood before them."""
    before = None
    for name, given in graded.items():
        if name not in last:
            repairs.append(f"the cell {name} was missing")
            at = next((i + 1 for i, c in enumerate(cells) if _name(c) == before), 0)
            cells.insert(at, copy.deepcopy(given))
        before = name


def _name(cell: NotebookNode) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def _number(cells: list) -> None:
    """Give an id of its own to every cell that has none, or another's."""
    taken = {cell.id for cell in cells if _name(cell)}
    for i, cell in enumerate(cells):
        if not _name(cell):
            if not isinstance(cell.get("id"), str) or cell.id in taken or len(cell.id) > 64:
                cell.id = f"own-{i}"
            taken.add(cell.id)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
        cell.pop("attachments", None)


def _capped(cell: NotebookNode, repairs: list[str]) -> NotebookNode:
    if len(cell.source) > _LARGEST_SOURCE:
        repairs.append(f"a cell of {len(cell.source):,} characters was cut")
        cell.source = cell.source[:_LARGEST_SOURCE]
    return cell
