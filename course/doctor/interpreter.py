"""Python itself, the environment it runs in, and the packages in that."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import struct
import sys
import sysconfig
from pathlib import Path
from urllib.parse import unquote, urlparse

from course.doctor.findings import (
    Finding,
    inside_own,
    own_python,
    pip,
    python,
    separate,
    set_up,
    some,
)

__all__ = ["environment", "interpreter", "packages", "pins", "the_course", "torch_build"]

OLDEST, NEWEST = (3, 11), (3, 14)
# Headings of requirements.txt over what no lesson imports.
_NOT_FOR_LESSONS = ("# What its tests", "# What grading on")
_PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;]+)\s*(?:;\s*(.*))?")
_MARKER = re.compile(r"""(\w+)\s*(==|!=)\s*["']([^"']*)["']""")


def interpreter(root: Path) -> Finding:
    """Look at Python: its version, and whether the big packages have wheels for it."""
    version = platform.python_version()
    system, machine = platform.system(), platform.machine()
    bits = struct.calcsize("P") * 8
    text = f"{version}, {bits} bit, {system} {machine}"
    newer = "install Python 3.11 (python.org, or your system's packages), then: "
    if sys.version_info[:2] < OLDEST:
        mend = newer + "make clean setup PYTHON=python3.11"
        return Finding("problem", "Python", f"{text}; the course needs 3.11 or newer", mend)
    if bits != 64:
        return Finding("problem", "Python", f"{text}; PyTorch needs 64 bit", newer + set_up(root))
    if platform.python_implementation() != "CPython":
        text = f"{text}, {platform.python_implementation()}; PyTorch and numba need CPython"
        return Finding("problem", "Python", text, newer + set_up(root))
    if system == "Darwin" and machine == "x86_64":
        return Finding(
            "problem",
            "Python",
            f"{text}; PyTorch has no wheels for Macs with Intel processors any more",
            "on Apple silicon, install the arm64 Python of python.org; else use the dev container",
        )
    if "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE")):
        mend = "use a distribution with glibc, such as Debian or Ubuntu, or the dev container"
        return Finding("problem", "Python", f"{text}; PyTorch has no wheels for musl", mend)
    if sys.version_info[:2] > NEWEST:
        text = f"{text}; the pinned packages may have no wheels for it yet"
        mend = "if the set-up fails: make clean setup PYTHON=python3.11"
        return Finding("warning", "Python", text, mend)
    return Finding("ok", "Python", text)


def environment(root: Path) -> list[Finding]:
    """Look at where the packages are: the course's own environment, conda's, or the system's."""
    found = []
    own = own_python(root)
    if own is not None and not own.exists():
        text = ".venv points to a Python that is gone, perhaps after an update of the system"
        found.append(Finding("problem", "environment", text, set_up(root)))
    elif inside_own(root):
        found.append(_own_state(root))
    elif own is not None:
        where = own.relative_to(root)
        text = f"this is {sys.prefix}, but the course has one of its own in .venv"
        found.append(Finding("warning", "environment", text, f"{where} -m course.doctor"))
    elif separate():
        found.append(Finding("ok", "environment", sys.prefix))
    else:
        text = f"none of its own: this is the Python of the whole system, {sys.prefix}"
        found.append(Finding("warning", "environment", text, set_up(root)))
    if os.environ.get("PYTHONPATH"):
        text = f"PYTHONPATH={os.environ['PYTHONPATH']} may put other packages in front"
        mend = "set PYTHONPATH=" if os.name == "nt" else "unset PYTHONPATH"
        found.append(Finding("warning", "PYTHONPATH", text, mend))
    return found


def _own_state(root: Path) -> Finding:
    """Say whether the set-up came to its end, and whether it is older than the pins."""
    ready = root / ".venv" / "ready"
    try:
        old = ready.stat().st_mtime < (root / "requirements.txt").stat().st_mtime
    except OSError:
        # It was made without make, or make was interrupted: the packages tell which.
        return Finding("ok", "environment", ".venv")
    if old:
        text = ".venv is older than requirements.txt: the course has been updated"
        return Finding("warning", "environment", text, "make setup")
    return Finding("ok", "environment", ".venv")


def pins(root: Path) -> dict[str, tuple[str, bool]]:
    """Read requirements.txt.

    Returns
    -------
    dict of str to (str, bool)
        Name -> exact version, and whether lessons need it; without what this platform leaves out.

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    wanted, for_lessons = {}, True
    for line in (root / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# What"):
            for_lessons = not line.startswith(_NOT_FOR_LESSONS)
        match = _PIN.match(line)
        if match and _applies(match[3] or ""):
            wanted[match[1]] = (match[2], for_lessons)
    return wanted


def _applies(marker: str) -> bool:
    """Evaluate comparisons joined by ``and``; what is not understood counts as true."""
    values = {
        "sys_platform": sys.platform,
        "os_name": os.name,
        "platform_system": platform.system(),
        "platform_machine": platform.machine(),
    }
    for name, operator, value in _MARKER.findall(marker):
        if name in values and (values[name] == value) != (operator == "=="):
            return False
    return True


def installed() -> dict[str, str]:
    """Return name (normalised) -> version of every package on the path; the first one counts."""
    versions: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        # What an interrupted pip leaves behind has neither.
        name, version = distribution.metadata["Name"], distribution.version
        if name and version:
            versions.setdefault(_normal(name), version)
    return versions


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def packages(root: Path) -> list[Finding]:
    """Compare what is installed with what the course was tested with."""
    try:
        wanted = pins(root)
    except (OSError, ValueError) as error:
        mend = "git checkout -- requirements.txt, or clone the course anew"
        return [Finding("problem", "packages", f"requirements.txt: {error}", mend)]
    there = installed()
    missing = [name for name in wanted if _normal(name) not in there]
    needed = [name for name in missing if wanted[name][1]]
    differ = [
        f"{name} {there[_normal(name)]} instead of {version}"
        for name, (version, _) in wanted.items()
        if _normal(name) in there and there[_normal(name)].partition("+")[0] != version
    ]
    mend = pip(root, "-r requirements.txt")
    found = []
    if len(needed) > len(wanted) // 2:
        text = f"{len(needed)} of {len(wanted)} missing: the course is not set up in this Python"
        whole = mend if separate() else set_up(root)
        return [Finding("problem", "packages", text, whole)]
    if needed:
        text = f"{len(needed)} missing: {some(needed, 6)}"
        found.append(Finding("problem", "packages", text, mend))
    if differ:
        text = f"{len(differ)} not as tested: {some(differ)}"
        found.append(Finding("warning", "packages", text, mend))
    tools = [name for name in missing if not wanted[name][1]]
    if tools:
        text = f"without {some(tools)}, which only tests or grading on a cluster need"
        found.append(Finding("note", "packages", text, mend))
    if not needed and not differ:
        found.append(Finding("ok", "packages", f"{len(wanted) - len(tools)} as tested"))
    return found


def the_course(root: Path) -> Finding:
    """Look at whether `helpers` and `course` of this very folder are installed."""
    install = pip(root, "--no-deps --no-build-isolation -e .")
    distribution, recorded = _recorded(root)
    if distribution is None:
        text = "not installed: notebooks cannot import helpers"
        return Finding("problem", "the course", text, install if separate() else set_up(root))
    try:
        url = urlparse(json.loads(recorded).get("url", ""))
    except ValueError:
        url = urlparse("")
    place = unquote(url.path)
    if os.name == "nt":
        place = place.lstrip("/")
    if not place:
        text = "installed as a copy: an update of this folder does not reach the notebooks"
        return Finding("problem", "the course", text, install)
    if os.path.realpath(place) != os.path.realpath(root):
        text = f"notebooks import helpers from another folder: {place}"
        return Finding("problem", "the course", text, install)
    return Finding("ok", "the course", f"{distribution.version}, from this folder")


def _recorded(root: Path) -> tuple[importlib.metadata.Distribution | None, str]:
    """Return the course as it is installed, and what pip recorded of where from."""
    copies = []
    for distribution in importlib.metadata.distributions(name="embeddings-course"):
        recorded = distribution.read_text("direct_url.json")
        if recorded:
            return distribution, recorded
        # Building leaves a folder beside the sources that looks like an installation.
        if os.path.realpath(str(distribution.locate_file(""))) != os.path.realpath(root):
            copies.append(distribution)
    return (copies[0], "{}") if copies else (None, "{}")


def torch_build(root: Path) -> list[Finding]:
    """Say whether PyTorch brings gigabytes of CUDA that the course does not use."""
    try:
        distribution = importlib.metadata.distribution("torch")
        file = Path(str(distribution.locate_file("torch/version.py")))
        cuda = re.search(r"""^cuda[^=]*=\s*["']([\d.]+)""", file.read_text("utf-8"), re.M)
    except (importlib.metadata.PackageNotFoundError, OSError, UnicodeError):
        return []
    if not cuda:
        return []
    version = distribution.version.partition("+")[0]
    text = f"the build for CUDA {cuda[1]}: it works, and takes gigabytes that the course never uses"
    mend = f"--force-reinstall --no-deps --index-url ADDRESS torch=={version}"
    rest = f"then {python(root)} -m pip uninstall the packages nvidia-*, cuda-* and triton"
    where = "ADDRESS is what pytorch.org's Start locally names for pip and CPU"
    return [Finding("note", "PyTorch", text, f"{pip(root, mend)} ({where}), {rest}")]
