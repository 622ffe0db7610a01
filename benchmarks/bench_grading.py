"""Grading a class: ``course grade`` next to stock ``nbgrader autograde``, on the same notebooks.

    python -m benchmarks.bench_grading                              # 40 students, an hour
    python -m benchmarks.bench_grading --students 4 --lessons 00    # small, some minutes
    python -m benchmarks.bench_grading --students 4 --lessons 00 --growth 10 40 160

Both grade a lesson's exercises alone: its setup, answers, checks and written questions, without
the demonstrations, which stock nbgrader would run and ``course grade`` leaves out. A made-up
student answers each exercise with the solution (60 %), the solution with one operator turned round
(25 %), or not at all. Stock nbgrader has the assignment in its gradebook beforehand;
``course grade`` writes it down within its time, and runs each submission in the sandbox (unless
--no-sandbox) and in a process of its own. Memory is the largest sum of proportional set sizes,
sampled twice a second (Linux only). CPU is not given: who kills a kernel with its sandbox does not
learn what it used. --growth repeats ``course grade`` alone for other numbers of students, on the
first lesson.
Results go to ``results/grading.json``.
"""

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import nbgrader
import psutil

from course.cells import kinds
from course.grading.gradebooks import register
from course.layout import Course
from course.release import make_release

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results" / "grading.json"
KEPT = ("setup", "answer", "check", "written")
TURNED = (
    (" + ", " - "),
    (" * ", " + "),
    (" @ ", " + "),
    (" - ", " + "),
    (" / ", " * "),
    ("{", "{'Z', "),
)
THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}


def small_course(folder, name):
    """Make a course with one lesson, of which only the exercises are left."""
    whole = Course(ROOT).lesson(name)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    lesson = type(whole)(folder, whole.name)
    lesson.source.parent.mkdir(parents=True)
    shutil.copy(whole.source, lesson.source)
    notebook = nbformat.read(whole.solution, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if kinds(cell) in KEPT]
    nbformat.write(notebook, lesson.solution)
    lesson.release.parent.mkdir(parents=True)
    lesson.release.write_bytes(make_release(lesson.name, notebook))
    return lesson


def hand_in(lesson, count):
    """Write the submissions of a class, the same ones each time; return answers by kind."""
    solution = nbformat.read(lesson.solution, as_version=4)
    right = {cell.id: cell.source for cell in solution.cells if kinds(cell) == "answer"}
    drawn = random.Random(0)
    counts = {"right": 0, "wrong": 0, "blank": 0}
    for number in range(count):
        notebook = nbformat.read(lesson.release, as_version=4)
        for cell in notebook.cells:
            if cell.id in right:
                (kind,) = drawn.choices(list(counts), (60, 25, 15))
                counts[kind] += 1
                if kind != "blank":
                    cell.source = right[cell.id] if kind == "right" else turned(right[cell.id])
        folder = lesson.root / "submitted" / f"student{number:03}" / lesson.name
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{lesson.name}.ipynb")
    return counts


def turned(source):
    """Turn the last operator of a program round that can be."""
    for old, new in TURNED:
        before, found, after = source.rpartition(old)
        if found:
            return before + new + after
    return f"{source}\nraise ValueError"


def measure(command, folder):
    """Run a command to its end: seconds of wall, and MB at the peak."""
    environment = {**os.environ, **THREADS, "COURSE_ROOT": str(folder)}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    started, peak = time.perf_counter(), 0
    running = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    with tempfile.TemporaryFile() as said:
        while running.poll() is None:
            peak = max(peak, sum(map(_memory, psutil.Process().children(recursive=True))))
            os.set_blocking(running.stdout.fileno(), False)
            said.write(running.stdout.read() or b"")
            time.sleep(0.5)
        wall = time.perf_counter() - started
        said.write(running.stdout.read() or b"")
        if running.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode(errors="replace")[-2000:])
    return {"wall s": wall, "peak MB": peak / 1e6}


def _memory(process):
    try:
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    except OSError:
        pass  # It has ended.
    return 0


def ours(lesson, jobs, sandbox):
    """Time ``course grade``."""
    shutil.rmtree(lesson.root / "build", ignore_errors=True)
    command = [sys.executable, "-m", "course", "grade", lesson.name, "--jobs", str(jobs)]
    return measure(command + ([] if sandbox else ["--no-sandbox"]), lesson.root)


def stock(lesson):
    """Time ``nbgrader autograde``."""
    url = f"sqlite:///{lesson.root / 'gradebook.db'}"
    register(url, lesson.name, nbformat.read(lesson.solution, as_version=4))
    return measure([sys.executable, "-m", "nbgrader", "autograde", lesson.name], lesson.root)


def scores(lesson):
    """Read the points of a class out of its gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{lesson.root / 'gradebook.db'}") as book:
        return {s.student.id: s.score for s in book.assignment_submissions(lesson.name)}


def compare(name, students, jobs, sandbox):
    """Grade one class both ways."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        lessons = [small_course(Path(folder).resolve() / way, name) for way in ("ours", "stock")]
        counts = [hand_in(lesson, students) for lesson in lessons][0]
        table = {"students": students, "answers": counts, "jobs": jobs, "sandbox": sandbox}
        table |= {"course grade": ours(lessons[0], jobs, sandbox)}
        table |= {"nbgrader autograde": stock(lessons[1])}
        one, other = map(scores, lessons)
        table["stock / ours"] = {
            key: table["nbgrader autograde"][key] / value
            for key, value in table["course grade"].items()
        }
        table["students with the same points"] = sum(one[s] == other.get(s) for s in one)
        return table


def grow(name, sizes, jobs, sandbox):
    """Time ``course grade`` for classes of several sizes."""
    found = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            lesson = small_course(Path(folder).resolve() / "class", name)
            hand_in(lesson, size)
            found[str(size)] = ours(lesson, jobs, sandbox)
            print(f"{size} students: {found[str(size)]}", flush=True)
    return found


def main():
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=40, help="in the class")
    parser.add_argument("--lessons", nargs="+", default=["00", "02"])
    parser.add_argument("--jobs", type=int, default=2, help="submissions at once, ours")
    parser.add_argument("--growth", type=int, nargs="*", default=[], help="sizes of more classes")
    parser.add_argument("--no-sandbox", action="store_true")
    options = parser.parse_args()
    if min([options.students, options.jobs, *options.growth]) < 1:
        parser.error("students, jobs and sizes are 1 or more")
    if sys.platform != "linux":
        parser.error("this sums the memory of processes as only Linux can")
    sandbox = not options.no_sandbox
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results["machine"] = {
        "processor": platform.machine(), "cores": os.cpu_count(),
        "python": platform.python_version(), "nbgrader": nbgrader.__version__,
    }  # fmt: skip
    for name in options.lessons:
        lesson = Course(ROOT).lesson(name).name
        table = compare(name, options.students, options.jobs, sandbox)
        print(f"{lesson}, {options.students} students:", json.dumps(table, indent=1), flush=True)
        results.setdefault(lesson, {})[str(options.students)] = table
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    if options.growth:
        name = Course(ROOT).lesson(options.lessons[0]).name
        found = grow(name, options.growth, options.jobs, sandbox)
        results.setdefault(name, {}).setdefault("growth", {}).update(found)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
