"""The machine: memory, disk, clock, character encoding, and programs that only some need."""

from __future__ import annotations

import ctypes
import locale
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from course.doctor.findings import Finding

__all__ = ["BROWSERS", "LESSON_GB", "browser", "clock", "disk", "encoding", "memory"]

# Most memory that each solution notebook's kernel had when executed from top to bottom, in 10^9
# bytes, measured with one thread on Linux; JupyterLab itself takes 0.4 more.
LESSON_GB = {
    "00": 0.2,
    "01": 2.3,
    "02": 2.7,
    "03": 3.8,
    "04": 1.8,
    "05": 1.9,
    "06": 2.7,
    "07": 1.9,
    "08": 1.3,
}
_LAB_GB = 0.4
_FREE_GB = 1.0
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def memory(root: Path) -> Finding:
    """Compare the machine's memory with what the lessons need."""
    total, free = total_memory(), free_memory()
    cores = os.cpu_count() or 1
    if total is None:
        most = max(LESSON_GB, key=LESSON_GB.get)
        text = f"unknown; {cores} cores. Lesson {most} needs most, {LESSON_GB[most]} GB"
        return Finding("ok", "memory", text)
    text = f"{total:.1f} GB, {cores} cores"
    too_big = [f"{name} ({gb} GB)" for name, gb in LESSON_GB.items() if gb + _LAB_GB > total]
    if too_big:
        text = f"{text}; too little to run these to their end: {', '.join(too_big)}"
        mend = "the other lessons fit; run these on a machine, or in a container, that has more"
        return Finding("warning", "memory", text, mend)
    if free is not None:
        free = min(free, total)
        now = [f"{name} ({gb} GB)" for name, gb in LESSON_GB.items() if gb + _LAB_GB > free]
        text = f"{text}, {free:.1f} GB free"
        if now:
            mend = "close other programs, and in JupyterLab: Kernel > Shut Down All Kernels"
            text = f"{text}; too little for {', '.join(now)}"
            return Finding("warning", "memory", text, mend)
    return Finding("ok", "memory", text)


def total_memory() -> float | None:
    """Return 10^9 bytes of memory that this process may use; None where it cannot be told."""
    found = [_container_limit(), _number(os.environ.get("MEM_LIMIT")), _physical()]
    known = [number for number in found if number]
    return min(known) / 1e9 if known else None


def _physical() -> float | None:
    if os.name == "nt":
        return _windows_memory(8)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def _windows_memory(offset: int) -> float | None:
    """Return a field of Windows' MEMORYSTATUSEX: 8 for all memory, 16 for what is free."""
    status = ctypes.create_string_buffer(64)
    ctypes.memmove(status, (64).to_bytes(4, "little"), 4)
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(status):
        return None
    return int.from_bytes(status.raw[offset : offset + 8], "little")


def _container_limit() -> float | None:
    for file in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            return _number(Path("/sys/fs/cgroup", file).read_text(encoding="ascii"))
        except (OSError, UnicodeError):
            continue
    return None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None  # "max"


def free_memory() -> float | None:
    """Return 10^9 bytes that are free or can be freed; None where it cannot be told."""
    if os.name == "nt":
        number = _windows_memory(16)
        return number / 1e9 if number else None
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(fields["MemAvailable"].split()[0]) * 1024 / 1e9 if "MemAvailable" in fields else None


def disk(root: Path) -> list[Finding]:
    """Look at whether the cache and the course's folder can be written, and have room."""
    found = []
    for topic, folder, mend in (
        ("cache", cache_folder(), "set EMBEDDINGS_COURSE_CACHE to a folder with room"),
        ("disk", root, "move the course to a disk of yours with room"),
    ):
        place = folder
        while not place.exists() and place != place.parent:
            place = place.parent
        free = shutil.disk_usage(place).free / 1e9
        if not os.access(place, os.W_OK):
            level = "problem" if topic == "disk" else "warning"
            found.append(Finding(level, topic, f"{place} cannot be written", mend))
        elif free < _FREE_GB:
            text = f"{free:.1f} GB free in {place}; the set-up takes 3 and the data 1"
            found.append(Finding("warning", topic, text, mend))
        elif topic == "disk":
            found.append(Finding("ok", topic, f"{free:.0f} GB free, {root} can be written"))
    return found


def cache_folder() -> Path:
    """Return the folder that helpers.data keeps its files in, also without its packages."""
    named = os.environ.get("EMBEDDINGS_COURSE_CACHE")
    if named:
        return Path(named).expanduser().absolute()
    try:
        import platformdirs
    except ImportError:
        return Path.home()
    return Path(platformdirs.user_cache_dir("embeddings-course", appauthor=False))


def clock(root: Path) -> list[Finding]:
    """Look at whether the clock is behind the course's files: downloads would fail."""
    files = [root / name for name in ("requirements.txt", "pyproject.toml", "README.md")]
    newest = max((file.stat().st_mtime for file in files if file.exists()), default=0.0)
    if newest <= time.time() + 86400:
        return []
    text = f"it says {time.strftime('%Y-%m-%d')}, but files of the course are newer"
    mend = "set it by the network: sudo timedatectl set-ntp true"
    if sys.platform != "linux":
        mend = "switch on setting it by the network, in the system's settings"
    return [Finding("warning", "clock", text, mend)]


def encoding(root: Path) -> Finding:
    """Look at whether text is UTF-8 where Python is not told otherwise."""
    name = locale.getpreferredencoding(False)
    if name.lower().replace("-", "") == "utf8":
        return Finding("ok", "encoding", name)
    mend = "setx PYTHONUTF8 1, and open a new window" if os.name == "nt" else "export PYTHONUTF8=1"
    text = f"{name}: your own cells that open files may read them wrongly"
    return Finding("warning", "encoding", text, mend)


def browser(root: Path) -> Finding:
    """Look for a Chromium, which only the tests in the browser need."""
    named = os.environ.get("COURSE_CHROMIUM")
    for name in [named] if named else BROWSERS:
        path = shutil.which(name)
        if path:
            return Finding("ok", "browser", f"{path} (for the tests)")
    text = "no Chromium on the PATH: the tests in the browser are skipped"
    return Finding("note", "browser", text, "sudo apt install chromium, if you run make test")


def output_of(command: list[str], folder: Path) -> tuple[int, str, str]:
    """Run a short command; return its exit status and what it wrote to stdout and stderr."""
    surroundings = dict(os.environ, GIT_OPTIONAL_LOCKS="0", LC_ALL="C")
    done = subprocess.run(
        command,
        cwd=folder,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=10,
        check=False,
    )
    printed, said = (part.decode("utf-8", "replace") for part in (done.stdout, done.stderr))
    return done.returncode, printed, said
