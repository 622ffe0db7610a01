"""Lessons as text: from the py:percent file that people edit to a notebook for nbgrader.

The cell headers that mean something here, beside jupytext's own::

    # %% [markdown] exercise="X-alias"                the task; starts with a heading
    # %% solution="X-alias"                           the stub, with solution regions
    # %% check="X-alias"                              calls of `check`, part of them hidden
    # %% [markdown] written="Q01-written" points=4    a model answer, graded by hand
    # %% tags=["setup"]                               a cell that the exercises need
"""

import json
import re
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from course.cells import check_calls, kinds, solution_lines
from course.errors import CourseError
from helpers.checks import all_checks

__all__ = ["read_lesson"]

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
_KNOWN = {"exercise", "solution", "check", "written", "points", "tags"}
_MARKDOWN_ONLY = {"exercise", "written"}
_CODE_ONLY = {"solution", "check"}
_HEADER = re.compile(r"# %%(?P<markdown> \[markdown\])?(?P<options>( [a-z]+=.+)?)\s*$")
_OPTION = re.compile(r' ([a-z]+)=("[^"]*"|\[[^\]]*\]|\d+)')
_ID = re.compile(r"[A-Za-z0-9-]+")
_LIKE_A_MARKER = re.compile(r"\b(BEGIN|END)[ _-]*(SOLUTION|HIDDEN|TEST|MARK)", re.IGNORECASE)
_MARKER = re.compile(r"\s*### (BEGIN|END) (SOLUTION|HIDDEN TESTS)\s*")
_LEVELS = {1: "●○○ easy", 2: "●●○ medium", 3: "●●● hard"}


def read_lesson(path: Path, checks_module: str) -> NotebookNode:
    """Read a lesson's source as the notebook that nbgrader takes, not executed.

    Parameters
    ----------
    path : Path
        The py:percent file.
    checks_module : str
        Name of the lesson's module in :mod:`helpers.checks`, ``"lesson01"``.

    Raises
    ------
    CourseError
        When a header or a region is wrong, or a check is missing or used twice. The line names
        the file and the line in it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path.name} cannot be read as UTF-8 text: {error}") from error
    headers = _headers(path, text)
    notebook = jupytext.reads(text, fmt="py:percent")
    cells = notebook.cells
    # What stands above the first header becomes a cell of its own, unless it is only jupytext's.
    if len(cells) != len(headers):
        raise CourseError(
            f"{path.name}: {len(cells)} cells under {len(headers)} headers: start the file with a "
            "`# %%` line and put no other text above it"
        )
    checks = all_checks(checks_module)
    made = []
    for cell, (line, options) in zip(cells, headers, strict=True):
        where = f"{path.name}, line {line}"
        _check_regions(where, cell.source, options)
        made.append(_cell(where, cell, options, checks))
    _check_uses(path.name, made, checks)
    for cell, cell_id in zip(made, _cell_ids(made), strict=True):
        cell["id"] = cell_id
    notebook = nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": dict(KERNELSPEC)})
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return notebook


def _headers(path: Path, text: str) -> list[tuple[int, dict]]:
    """Read every cell header strictly: a typing mistake must not end up as a cell's title."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("# %%"):
            continue
        where = f"{path.name}, line {number}"
        match = _HEADER.fullmatch(line)
        options = dict(_OPTION.findall(match["options"])) if match else {}
        if match is None or _OPTION.sub("", match["options"]).strip():
            raise CourseError(
                f'{where}: this cell header is not understood; write it like # %% check="X-name"'
            )
        try:
            values = {key: json.loads(value) for key, value in options.items()}
        except json.JSONDecodeError as error:
            raise CourseError(f"{where}: the header's list needs double quotes") from error
        _check_options(where, values, bool(match["markdown"]))
        found.append((number, values))
    return found


def _check_options(where: str, options: dict, markdown: bool) -> None:
    unknown = set(options) - _KNOWN
    if unknown:
        raise CourseError(
            f"{where}: unknown option {sorted(unknown)[0]!r}; known are {', '.join(sorted(_KNOWN))}"
        )
    for option in sorted((_CODE_ONLY if markdown else _MARKDOWN_ONLY) & set(options)):
        other = "code" if markdown else "[markdown]"
        raise CourseError(f"{where}: {option}= belongs to a {other} cell")
    if len(set(options) & {"exercise", "solution", "check", "written"}) > 1:
        raise CourseError(f"{where}: a cell is one of exercise, solution, check and written")
    for option in set(options) & {"exercise", "solution", "check", "written"}:
        if not isinstance(options[option], str) or not _ID.fullmatch(options[option]):
            raise CourseError(f'{where}: {option}= takes an id of letters, digits and "-"')
    if "written" in options and not isinstance(options.get("points"), int):
        raise CourseError(f"{where}: a written answer needs its points, such as points=4")
    if "points" in options and "written" not in options:
        raise CourseError(f"{where}: points= is for written answers; a check knows its own")
    if not all(isinstance(tag, str) for tag in options.get("tags", [])):
        raise CourseError(f"{where}: tags= takes a list of words in double quotes")


def _check_regions(where: str, source: str, options: dict) -> None:
    open_marker = None
    for line in source.splitlines():
        if not _LIKE_A_MARKER.search(line):
            continue
        match = _MARKER.fullmatch(line)
        if match is None:
            raise CourseError(f"{where}: {line.strip()!r} is no marker, such as ### BEGIN SOLUTION")
        edge, kind = match.groups()
        allowed = "solution" if kind == "SOLUTION" else "check"
        if allowed not in options:
            raise CourseError(f"{where}: {edge} {kind} outside a cell with {allowed}=")
        if open_marker != (None if edge == "BEGIN" else kind):
            raise CourseError(f"{where}: {edge} {kind} does not match the marker before it")
        open_marker = kind if edge == "BEGIN" else None
    if open_marker:
        raise CourseError(f"{where}: BEGIN {open_marker} has no END {open_marker}")
    if "solution" in options and not solution_lines(source):
        raise CourseError(f"{where}: a solution cell needs a region ### BEGIN/END SOLUTION")


def _cell(where: str, cell: NotebookNode, options: dict, checks: dict) -> NotebookNode:
    """Make the notebook's cell: nbgrader's metadata from the header's options."""
    tags = list(options.get("tags", []))
    source, metadata = cell.source, {}
    if "exercise" in options:
        tags = ["exercise", options["exercise"], *tags]
        source = _with_effort(where, source, options["exercise"], checks)
    elif "solution" in options:
        metadata["nbgrader"] = _nbgrader(f"{options['solution']}-answer", solution=True)
    elif "check" in options:
        check_id = options["check"]
        calls = check_calls(source, where)
        if not calls or any(call.check != check_id for call in calls):
            raise CourseError(f'{where}: every call here must be check("{check_id}", …)')
        if check_id not in checks:
            raise CourseError(f"{where}: helpers.checks has no check {check_id!r} in this lesson")
        points = checks[check_id].points
        metadata["nbgrader"] = _nbgrader(check_id, grade=True, locked=True, points=points)
    elif "written" in options:
        metadata["nbgrader"] = _nbgrader(
            options["written"], grade=True, solution=True, points=options["points"]
        )
    if tags:
        metadata["tags"] = tags
    if cell.cell_type == "markdown":
        return nbformat.v4.new_markdown_cell(source, metadata=metadata)
    if cell.cell_type == "raw":
        raise CourseError(f"{where}: raw cells are not shown to learners; use markdown")
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def _nbgrader(
    grade_id: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: int | None = None,
) -> dict:
    info = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return info if points is None else {**info, "points": points}


def _with_effort(where: str, source: str, check_id: str, checks: dict) -> str:
    """Put the line of difficulty, minutes and points behind the heading of an exercise."""
    if check_id not in checks:
        raise CourseError(f"{where}: helpers.checks has no check {check_id!r} in this lesson")
    heading, _, rest = source.partition("\n")
    if not heading.startswith("### "):
        raise CourseError(f"{where}: an exercise starts with a heading, ### Title")
    item = checks[check_id]
    points = f"{item.points} point{'' if item.points == 1 else 's'}"
    effort = f"`{check_id}` · {_LEVELS[item.level]} · {item.minutes} min · {points}"
    return f"{heading}\n\n{effort}\n\n{rest.lstrip()}".rstrip()


def _check_uses(name: str, cells: list[NotebookNode], checks: dict) -> None:
    ids = [c.metadata["nbgrader"]["grade_id"] for c in cells if "nbgrader" in c.metadata]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise CourseError(f"{name}: {twice[0]!r} is used by two cells: give each its own id")
    unused = [i for i in checks if i not in ids]
    if unused:
        raise CourseError(f"{name}: no cell uses the check {unused[0]!r}: add one or remove it")
    answers = {f"{i}-answer" for i in checks}
    stray = [i for i in ids if i.endswith("-answer") and i not in answers]
    if stray:
        raise CourseError(f"{name}: the solution {stray[0].removesuffix('-answer')!r} has no check")


def _cell_ids(cells: list[NotebookNode]) -> list[str]:
    """Give every cell a readable id that stays when cells of other sections change."""
    ids: list[str] = []
    section = "top"
    for cell in cells:
        heading = re.match(r"#+ +(.+)", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            section = _slug(heading[1])
        tags = [t for t in cell.metadata.get("tags", []) if t not in ("exercise", "setup")]
        if "nbgrader" in cell.metadata:
            wanted = cell.metadata["nbgrader"]["grade_id"]
        elif kinds(cell) == "task":
            wanted = f"{tags[0]}-task"
        else:
            wanted = _slug(tags[0]) if tags else section
        number, unique = 2, wanted
        while unique in ids:
            unique, number = f"{wanted}-{number}", number + 1
        ids.append(unique)
    return ids


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:48] or "cell"
