"""The solutions' source, by exercise, as the lessons' py:percent files hold it."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jupytext

ROOT = Path(__file__).parent.parent.parent
SOLUTIONS = ROOT / "solutions"


@dataclass(frozen=True)
class Solution:
    """The solution cell of an exercise and the set-up cells before it."""

    check: str
    lesson: str
    source: str
    setup: str

    def answer(self, name: str, source: str | None = None) -> object:
        """Run the set-up and the solution (or a changed source) and return what it defines."""
        namespace: dict = {"__name__": "solution"}
        exec(compile(self.setup, "<setup>", "exec"), namespace)
        exec(compile(self.source if source is None else source, "<solution>", "exec"), namespace)
        return namespace[name]


def lessons() -> list[Path]:
    """Return the source files of all lessons."""
    return sorted(p for p in SOLUTIONS.glob("*/*.py") if p.stem == p.parent.name)


@cache
def solutions() -> dict[str, Solution]:
    """Read all solution cells, by check id."""
    found = {}
    for path in lessons():
        setup = []
        for cell in jupytext.read(path).cells:
            if "setup" in cell.metadata.get("tags", []):
                setup.append(cell.source)
            if cell.cell_type == "code" and "solution" in cell.metadata:
                check = cell.metadata["solution"]
                found[check] = Solution(check, path.stem, cell.source, "\n".join(setup))
    return found


def stub(solution: Solution) -> str:
    """Return the cell of an exercise as learners get it in the release."""
    release = ROOT / "notebooks" / solution.lesson / f"{solution.lesson}.ipynb"
    (cell,) = [
        cell
        for cell in json.loads(release.read_text(encoding="utf-8"))["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == f"{solution.check}-answer"
    ]
    return "".join(cell["source"])
