"""The solutions' source, by exercise, as the lessons' py:percent files hold it."""

import ast
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


def stub(source: str) -> str:
    """Return a solution cell as the learner gets it: regions in functions raise, others vanish."""
    lines, inside, kept = source.splitlines(), False, []
    for line in lines:
        if line.strip() == "### BEGIN SOLUTION":
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            if indent:
                kept.append(f"{indent}raise NotImplementedError")
        elif line.strip() == "### END SOLUTION":
            inside = False
        elif not inside:
            kept.append(line)
    text = "\n".join(kept)
    ast.parse(text)
    return text
