"""Looking at everything and saying it on one screen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from course.doctor import checkout, interpreter, jupyter, machine, probes
from course.doctor.findings import LEVELS, Finding, own_python, separate

__all__ = ["examine", "main", "render", "run"]

_COLOURS = {"ok": "32", "note": "36", "warning": "33", "problem": "31"}
_USAGE = "usage: course doctor [--json]"


def course_root() -> Path:
    """Return the folder of the course: $COURSE_ROOT, or the one that this module is in."""
    named = os.environ.get("COURSE_ROOT")
    return Path(named).resolve() if named else Path(__file__).resolve().parent.parent.parent


def examine(root: Path) -> list[Finding]:
    """Look at everything; what itself fails to be looked at is a warning, never an exception."""
    tried = probes.Probes()
    looks = [
        (interpreter.interpreter, ()),
        (interpreter.environment, ()),
        (interpreter.packages, ()),
        (interpreter.the_course, ()),
        (checkout.files, ()),
        (checkout.git, ()),
        (checkout.own_copies, ()),
        (checkout.progress, ()),
        (checkout.hiding, ()),
        (jupyter.kernel, ()),
        (jupyter.extensions, ()),
        (jupyter.runtime_folder, ()),
        (probes.jupyterlab, (tried,)),
        (probes.numba, (tried,)),
        (probes.torch, (tried,)),
        (interpreter.torch_build, ()),
        (probes.data, (tried,)),
        (machine.disk, ()),
        (machine.memory, ()),
        (machine.clock, ()),
        (machine.encoding, ()),
        (probes.sandbox, (tried,)),
        (machine.browser, ()),
    ]
    found: list[Finding] = []
    for look, more in looks:
        try:
            said = look(root, *more)
        except Exception as error:
            topic = look.__name__.replace("_", " ")
            text = f"could not be looked at: {type(error).__name__}: {error}"
            said = Finding("warning", topic, text)
        found += [said] if isinstance(said, Finding) else said
    return found


def render(found: list[Finding], root: Path, width: int, colour: bool) -> str:
    """Lay the findings out: a line each, and below it how to mend it."""
    topics = max(len(item.topic) for item in found)
    indent = " " * (max(map(len, LEVELS)) + topics + 4)
    lines = [f"The course in {root}"]
    for item in found:
        level = item.level.ljust(max(map(len, LEVELS)))
        if colour:
            level = f"\033[{_COLOURS[item.level]}m{level}\033[0m"
        head = f"{level}  {item.topic.ljust(topics)}  "
        room = max(width - len(indent), 30)
        first, *rest = _wrapped(item.text, room) or [""]
        lines += [head + first, *(indent + line for line in rest)]
        if item.mend:
            # Never wrapped: it is a command to be copied, and a terminal wraps it without a break.
            lines.append(f"{indent}-> {' '.join(item.mend.split())}")
    return "\n".join([*lines, _summary(found)])


def _wrapped(text: str, width: int) -> list[str]:
    # A path may be meant to be copied, and must not be cut.
    flat = " ".join(text.split())
    return textwrap.wrap(flat, width, break_long_words=False, break_on_hyphens=False)


def _summary(found: list[Finding]) -> str:
    counts = {level: sum(item.level == level for item in found) for level in LEVELS}
    parts = []
    for level in ("problem", "warning"):
        if counts[level]:
            parts.append(f"{counts[level]} {level}{'s' if counts[level] > 1 else ''}")
    if counts["problem"]:
        advice = "Mend from the top: one may be the cause of those below. Then look again."
        return f"{' and '.join(parts)}. {advice}"
    if parts:
        return f"{parts[0]}: the course works, as far as can be told."
    return "Nothing is wrong."


def run(as_json: bool = False) -> int:
    """Print what is found; return 1 when there is a problem, else 0."""
    root = course_root()
    found = examine(root)
    if as_json:
        print(json.dumps([item.__dict__ for item in found], indent=1))
    else:
        shown = sys.stdout.isatty()
        width = min(shutil.get_terminal_size().columns, 110) if shown else 100
        colour = shown and os.name != "nt" and "NO_COLOR" not in os.environ
        text = render(found, root, width, colour)
        # A path may hold what the terminal cannot show.
        encoding = sys.stdout.encoding or "ascii"
        print(text.encode(encoding, "replace").decode(encoding))
    return int(any(item.level == "problem" for item in found))


def main(arguments: list[str]) -> int:
    """Do what `course doctor` does, for ``python -m course.doctor``.

    Started with the system's Python, it hands over to the course's own environment if that works.
    """
    if [argument for argument in arguments if argument != "--json"]:
        print(_USAGE, file=sys.stderr)
        return 2
    root = course_root()
    own = own_python(root)
    if own is not None and not separate():
        try:
            command = [str(own), "-m", "course.doctor", *arguments]
            return subprocess.run(command, cwd=root, check=False).returncode
        except OSError:
            pass  # The line on the environment says that it is broken.
    return run("--json" in arguments)
