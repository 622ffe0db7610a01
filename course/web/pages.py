"""A lesson as one page: MyST Markdown for Sphinx, and the files that its figures need."""

import base64
import html
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.cells import kinds
from course.errors import CourseError
from course.layout import Lesson

__all__ = ["Page", "fenced", "lesson_page", "raw_html", "slug"]

PLOTLY = "application/vnd.plotly.v1+json"
_LESSON_LINK = re.compile(r"\]\(\.\./(\d\d_[a-z0-9_]+)/\1\.ipynb(#[^)\s]*)?\)")
_HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS\n.*?^### END HIDDEN TESTS\n?", re.M | re.S)
_MARKER = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n?", re.M)
_TERMINAL = re.compile(r"\x1b\[[0-9;]*m")
_DISPLAYED = re.compile(r"\$\$.+?\$\$", re.S)
_FRAME = re.compile(r'<iframe title="([^"]*)"[^>]* style="([^"]*)" srcdoc="([^"]*)"></iframe>')
# What is a live widget in the notebook; its stored output is one of its answers.
_WIDGETS = {
    "show_search(": "In the notebook this is a search box to type into. Here is its answer to one "
    "query."
}


@dataclass
class Page:
    """A page's text, and the files it refers to by their paths from the site's root."""

    text: str
    files: dict[str, bytes] = field(default_factory=dict)


def slug(title: str) -> str:
    """Return a heading's anchor as JupyterLab makes it, so that links need no translation."""
    return title.strip().replace(" ", "-")


def fenced(text: str, language: str) -> str:
    """Return a fenced block that no line of `text` can close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def raw_html(text: str) -> str:
    """Return a block that goes into the page as it is."""
    return fenced(text, "{raw} html")


def lesson_page(lesson: Lesson) -> Page:
    """Make a lesson's page from its solution notebook and, for the stubs, the learner's.

    Parameters
    ----------
    lesson : Lesson
        A built lesson.

    Returns
    -------
    Page
        Answers and model answers are folded away; hidden tests are left out.

    Raises
    ------
    CourseError
        When a notebook is missing, cannot be read, or the two do not belong together.
    """
    solution, release = _read(lesson, lesson.solution), _read(lesson, lesson.release)
    given = {c.metadata["nbgrader"]["grade_id"]: c for c in release.cells if _is_graded(c)}
    page = Page("")
    blocks: list[str] = []
    for cell in solution.cells:
        if _is_graded(cell) and cell.metadata["nbgrader"]["grade_id"] not in given:
            raise CourseError(
                f"{lesson.name}: the learner's notebook has no cell "
                f"{cell.metadata['nbgrader']['grade_id']!r}: run course build {lesson.number}"
            )
        blocks += _cell(lesson.name, cell, given, page.files)
    page.text = "\n\n".join(blocks) + "\n"
    return page


def _read(lesson: Lesson, path: Path) -> NotebookNode:
    where = path.relative_to(lesson.root).as_posix()
    mend = (
        f"run course build {lesson.number}, or `git checkout HEAD -- {where.split('/')[0]}` "
        "brings it back"
    )
    if not path.is_file():
        raise CourseError(f"{where} is missing: {mend}")
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CourseError(f"{where} cannot be read as a notebook: {reason}: {mend}") from error


def _is_graded(cell: NotebookNode) -> bool:
    return "nbgrader" in cell.metadata


def _cell(name: str, cell: NotebookNode, given: dict, files: dict[str, bytes]) -> Iterator[str]:
    """Yield the blocks of one cell."""
    kind = kinds(cell)
    if cell.cell_type == "markdown":
        text = _prose(cell.source)
        if kind == "written":
            question = cell.metadata["nbgrader"]["grade_id"].removesuffix("-written")
            yield from _folded(f"Show a model answer to {question}", [text])
        else:
            yield text
        return
    if kind == "answer":
        answer = cell.metadata["nbgrader"]["grade_id"]
        stub = given[answer].source
        yield fenced(stub.replace("  # YOUR CODE HERE", ""), "python")
        code = fenced(_MARKER.sub("", cell.source).rstrip("\n"), "python")
        label = f"Show the solution of {answer.removesuffix('-answer')}"
        yield from _folded(label, [code, *_outputs(name, cell, files)])
        return
    code = _HIDDEN.sub("", cell.source).rstrip("\n")
    if code.strip():
        yield fenced(code, "python")
    if "progress" in cell.metadata.get("tags", []):
        yield raw_html('<p class="note">In the notebook this shows your points so far.</p>')
    else:
        yield from _outputs(name, cell, files)


def _prose(source: str) -> str:
    """Return JupyterLab's Markdown as MyST reads it: links, and formulas on lines of their own."""

    def apart(match: re.Match) -> str:
        before, after = source[: match.start()], source[match.end() :]
        first = "\n" if re.search(r"[^\n]\n\Z", before) else ""
        last = "\n" if re.match(r"\n[^\n]", after) else ""
        return f"{first}{match[0]}{last}"

    # Lab lets a displayed formula follow its sentence on the next line.
    text = _DISPLAYED.sub(apart, source)
    return _LESSON_LINK.sub(r"](\1.md\2)", text)


def _folded(label: str, blocks: list[str]) -> Iterator[str]:
    yield raw_html(f'<details class="solution"><summary>{label}</summary>')
    yield from blocks
    yield raw_html("</details>")


def _outputs(name: str, cell: NotebookNode, files: dict[str, bytes]) -> Iterator[str]:
    pages = [output.get("data", {}).get("text/html", "") for output in cell.outputs]
    framed = any(_FRAME.search(text) for text in pages)
    for number, output in enumerate(cell.outputs, start=1):
        path = f"figures/{name}/{cell.id}" + (f"-{number}" if number > 1 else "")
        data = output.get("data", {})
        if output.output_type == "stream":
            yield _text(output.text)
        elif output.output_type == "error":
            yield _text(f"{output.ename}: {output.evalue}")
        elif PLOTLY in data:
            yield _live(path, output, files)
        elif "text/html" in data:
            yield from _page_output(path, cell.source, data["text/html"], files)
        elif "image/png" in data:
            picture = _picture(path, output, files)
            # The live frame that comes with it shows the same, where scripts run.
            yield raw_html(f"<noscript>{picture}</noscript>" if framed else picture)
        elif "text/plain" in data:
            yield _text(data["text/plain"])


def _text(text: str) -> str:
    shown = html.escape(_TERMINAL.sub("", text).rstrip("\n"))
    return raw_html(f'<pre class="output">{shown}</pre>')


def _picture(path: str, output: NotebookNode, files: dict[str, bytes]) -> str:
    content = base64.b64decode(output.data["image/png"])
    files[f"{path}.png"] = content
    width, height = struct.unpack(">II", content[16:24])
    alt = html.escape(_alt(output), quote=True)
    size = f'width="{width}" height="{height}"'
    return f'<img class="figure" src="{path}.png" alt="{alt}" {size} loading="lazy">'


def _alt(output: NotebookNode) -> str:
    known = output.metadata.get("image/png", {}).get("alt") or output.data.get("text/plain", "")
    return " ".join(known.split())


def _live(path: str, output: NotebookNode, files: dict[str, bytes]) -> str:
    """Return an interactive figure: its picture, and where the script finds the rest."""
    figure = json.dumps(output.data[PLOTLY], separators=(",", ":"))
    # A script and no JSON file: pages opened from a folder may not fetch anything.
    files[f"{path}.js"] = f'courseFigure("{path}.js",{figure});\n'.encode()
    alt = html.escape(_alt(output), quote=True)
    inside = _picture(path, output, files) if "image/png" in output.data else ""
    return raw_html(
        f'<div class="live-figure" data-figure="{path}.js" role="group" aria-label="{alt}">'
        f"{inside}</div>"
    )


def _page_output(path: str, source: str, text: str, files: dict[str, bytes]) -> Iterator[str]:
    """Yield HTML that a cell has shown; a page in a frame becomes a file of its own."""
    for call, note in _WIDGETS.items():
        if call in source:
            yield raw_html(f'<p class="note">{html.escape(note)}</p>')
    frame = _FRAME.search(text)
    if not frame:
        yield raw_html(f'<div class="output">{text}</div>')
        return
    title, style, content = frame.groups()
    files[f"{path}.html"] = html.unescape(content).encode()
    yield raw_html(
        f'<iframe title="{title}" sandbox="allow-scripts" loading="lazy" style="{style}" '
        f'src="{path}.html"></iframe>'
    )
