"""The desk at which a submission is run: what its kernel can see of the course.

A desk is a folder with the `helpers` package, the course's own data, and the inputs of the
lesson's checks. What judges stays outside: the modules with the checks are replaced by
:mod:`course.grading.kernel_side`.
"""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import helpers
from course.cells import CheckCall
from helpers.checks import Value, get
from helpers.checks.core import Check
from helpers.checks.inputs import CLASSES, pack_cases

__all__ = ["make_desk"]

# What of helpers.checks a kernel needs to run answers.
_RUNNING = ("inputs", "running", "serial")


def make_desk(folder: Path, calls: Iterable[CheckCall]) -> None:
    """Lay out a desk.

    Parameters
    ----------
    folder : Path
        An existing, empty folder.
    calls : iterable of CheckCall
        The calls of the lesson's check cells, hidden ones included.
    """
    package = Path(helpers.__file__).parent
    shutil.copytree(
        package,
        folder / "helpers",
        ignore=lambda place, names: (
            [name for name in names if name == "__pycache__"]
            + (["checks"] if Path(place) == package else [])
        ),
    )
    checks = folder / "helpers" / "checks"
    checks.mkdir()
    shutil.copyfile(Path(__file__).with_name("kernel_side.py"), checks / "__init__.py")
    modules = [*_RUNNING, *(name.rpartition(".")[2] for name in CLASSES.values())]
    for name in modules:
        shutil.copyfile(package / "checks" / f"{name}.py", checks / f"{name}.py")
    shutil.copytree(package.parent / "data", folder / "data")
    cases = [_packed(call) for call in dict.fromkeys(calls)]
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")


def _packed(call: CheckCall) -> dict:
    item = get(call.check)
    packed = {"check": call.check, "seed": call.seed, "hard": call.hard, "cases": None}
    if isinstance(item, Check) and not isinstance(item, Value):
        packed |= {"cases": pack_cases(item.cases(call.seed, call.hard)), "limit": item.limit}
    return packed
