"""`course doctor`: each thing that goes wrong gets its line, and the way to mend it."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from course.doctor import checkout, interpreter, jupyter, machine, probes, report
from course.doctor.findings import LEVELS, Finding, pip, set_up, some
from tests.support.solutions import ROOT, SOLUTIONS

# The interpreter below this environment, which has none of its packages.
BARE = getattr(sys, "_base_executable", sys.executable)
PINS = """# What the course imports.
numpy==2.4.6
pexpect==4.9.0 ; sys_platform != "win32"
winonly==1.0 ; sys_platform == "nowhere"

# What its tests and benchmarks import.
pytest==9.2.0

# What these need in turn.
six==1.17.0
"""


@pytest.fixture
def root(tmp_path):
    """A course folder with what the doctor looks at."""
    (tmp_path / "requirements.txt").write_text(PINS, encoding="utf-8")
    for name in ("pyproject.toml", "nbgrader_config.py", "Makefile"):
        (tmp_path / name).write_text("", encoding="utf-8")
    for name in ("helpers", "notebooks", "solutions"):
        (tmp_path / name).mkdir()
    return tmp_path


def only(found, level=None):
    """Return the one finding, whose words must be there."""
    found = [found] if isinstance(found, Finding) else found
    assert len(found) == 1, found
    assert found[0].level in LEVELS and found[0].topic and found[0].text
    assert level is None or found[0].level == level, found[0]
    return found[0]


def answers(**said):
    """Probes that have answered already."""
    errors = {name: probes.Answer("", text) for name, text in said.items() if name[-1] == "_"}
    made = {name: probes.Answer(text, "") for name, text in said.items() if name[-1] != "_"}
    both = made | {name[:-1]: answer for name, answer in errors.items()}
    return SimpleNamespace(answer=both.__getitem__)


# The interpreter and its packages


@pytest.mark.parametrize(
    ("version", "level", "words"),
    [((3, 9), "problem", "needs 3.11"), ((3, 13), "ok", ""), ((3, 19), "warning", "no wheels")],
)
def test_versions_of_python(root, monkeypatch, version, level, words):
    monkeypatch.setattr(sys, "version_info", version)
    found = only(interpreter.interpreter(root), level)
    assert words in found.text and (level == "ok") != ("PYTHON=python3.11" in found.mend)


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        ("python_implementation", "PyPy", "need CPython"),
        ("machine+system", ("x86_64", "Darwin"), "Intel"),
    ],
)
def test_platforms_without_wheels(root, monkeypatch, where, value, words):
    values = value if isinstance(value, tuple) else (value,)
    for name, said in dict(zip(where.split("+"), values, strict=True)).items():
        monkeypatch.setattr(interpreter.platform, name, lambda said=said: said)
    assert words in only(interpreter.interpreter(root), "problem").text


def test_pins_are_read_with_their_markers(root):
    wanted = interpreter.pins(root)
    assert wanted["six"] == ("1.17.0", True) and wanted["pytest"] == ("9.2.0", False)
    assert "winonly" not in wanted and ("pexpect" in wanted) == (sys.platform != "win32")


def test_the_real_pins_are_all_read():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if "==" in line.partition(";")[0]]
    wanted = interpreter.pins(ROOT)
    assert len(wanted) >= len(pinned) - 5
    assert wanted["pytest"][1] is False and wanted["numpy"][1] and wanted["zipp"][1]


def test_missing_and_other_packages(root, monkeypatch):
    there = {"numpy": "2.4.6+local", "pexpect": "4.9.0", "six": "1.16.0"}
    monkeypatch.setattr(interpreter, "installed", lambda: there)
    differs, tools = interpreter.packages(root)
    assert differs.level == "warning" and "six 1.16.0 instead of 1.17.0" in differs.text
    assert "install -r requirements.txt" in differs.mend
    assert tools.level == "note" and "pytest" in tools.text
    del there["six"]
    missing = interpreter.packages(root)[0]
    assert missing.level == "problem" and missing.text == "1 missing: six"
    there.clear()
    assert "not set up" in only(interpreter.packages(root), "problem").text
    (root / "requirements.txt").unlink()
    assert "clone" in only(interpreter.packages(root), "problem").mend


def test_another_environment(root, monkeypatch):
    own = root / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.symlink_to("/nowhere/python3.11")
    found = only(interpreter.environment(root), "problem")
    assert "gone" in found.text and found.mend == set_up(root)
    own.unlink()
    own.symlink_to(sys.executable)
    assert only(interpreter.environment(root), "warning").mend.startswith(".venv")
    monkeypatch.setattr(sys, "prefix", str(root / ".venv"))
    assert only(interpreter.environment(root), "ok").text == ".venv"
    ready = root / ".venv" / "ready"
    ready.write_text("", encoding="utf-8")
    os.utime(ready, (1, 1))
    assert only(interpreter.environment(root), "warning").mend == "make setup"
    assert pip(root, "x").startswith(os.path.join(".venv", ""))
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    assert "elsewhere" in interpreter.environment(root)[1].text


def test_the_systems_own_python(root, monkeypatch):
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    assert "whole system" in only(interpreter.environment(root), "warning").text
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "-m venv" in only(interpreter.environment(root), "warning").mend


def of_course(monkeypatch, recorded, place):
    """Let the course be installed with what pip recorded, in a folder."""
    made = SimpleNamespace(
        read_text=lambda file: recorded, locate_file=lambda name: place, version="0.1.0"
    )
    monkeypatch.setattr(importlib.metadata, "distributions", lambda name: [made])


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        (None, "as a copy"),
        ("{", "as a copy"),
        ('{"url": "https://example.org/x.whl"}', "another folder"),
        ('{"url": "file:///somewhere%20else"}', "another folder: /somewhere else"),
    ],
)
def test_the_course_is_installed_from_elsewhere(root, monkeypatch, recorded, words):
    of_course(monkeypatch, recorded, root / "site-packages")
    assert words in only(interpreter.the_course(root), "problem").text


def test_the_course_is_this_folder(root, monkeypatch):
    of_course(monkeypatch, json.dumps({"url": root.as_uri()}), root / "site-packages")
    only(interpreter.the_course(root), "ok")
    # What building leaves beside the sources is no installation.
    of_course(monkeypatch, None, root)
    assert "not installed" in only(interpreter.the_course(root), "problem").text


def test_torch_for_cuda(root, monkeypatch):
    file = root / "version.py"
    made = SimpleNamespace(locate_file=lambda name: file, version="2.13.0")
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: made)
    assert interpreter.torch_build(root) == []
    file.write_text("cuda: Optional[str] = None\n", encoding="utf-8")
    assert interpreter.torch_build(root) == []
    file.write_text("cuda: Optional[str] = '13.0'\n", encoding="utf-8")
    found = only(interpreter.torch_build(root), "note")
    assert "CUDA 13.0" in found.text and "--index-url ADDRESS torch==2.13.0" in found.mend


# Jupyter


def spec(monkeypatch, **of_kernel):
    from jupyter_client import kernelspec

    class Manager:
        def get_kernel_spec(self, name):
            if not of_kernel:
                raise kernelspec.NoSuchKernel(name)
            return SimpleNamespace(**of_kernel)

    monkeypatch.setattr(kernelspec, "KernelSpecManager", Manager)


def test_the_kernel_of_another_environment(root, monkeypatch):
    spec(monkeypatch)
    assert "ipykernel install" in only(jupyter.kernel(root), "problem").mend
    spec(monkeypatch, argv=["python", "-m", "ipykernel"], resource_dir="x")
    only(jupyter.kernel(root), "ok")
    spec(monkeypatch, argv=[sys.executable], resource_dir="x")
    only(jupyter.kernel(root), "ok")
    other = root / "other" / "python"
    other.parent.mkdir()
    other.symlink_to(os.path.realpath(sys.executable))
    spec(monkeypatch, argv=[str(other)], resource_dir=str(root))
    found = only(jupyter.kernel(root), "problem")
    assert str(other) in found.text and "kernelspec remove python3" in found.mend
    other.unlink()
    assert "gone" in only(jupyter.kernel(root), "problem").text
    spec(monkeypatch, argv=["/gone/python"], resource_dir=os.path.join(sys.prefix, "share"))
    assert "ipykernel install" in only(jupyter.kernel(root), "problem").mend


def test_extensions_absent_or_switched_off(root, monkeypatch):
    from jupyter_core import paths

    labs, user, general = root / "labs", root / "user", root / "general"
    monkeypatch.setattr(paths, "jupyter_path", lambda *parts: [str(labs)])
    monkeypatch.setattr(paths, "jupyter_config_path", lambda: [str(user), str(general)])
    server = general / "jupyter_server_config.d" / "nbgrader.json"
    server.parent.mkdir(parents=True)
    on = {"nbgrader.server_extensions.validate_assignment": True}
    server.write_text(json.dumps({"ServerApp": {"jpserver_extensions": on}}), encoding="utf-8")
    found = only(jupyter.extensions(root), "problem")
    assert (
        "@jupyter/nbgrader" in found.text and "Validate" in found.text and "nbgrader" in found.mend
    )
    for name in jupyter._LAB:
        (labs / name).mkdir(parents=True)
        (labs / name / "package.json").write_text("{}", encoding="utf-8")
    only(jupyter.extensions(root), "ok")
    page = user / "labconfig" / "page_config.json"
    page.parent.mkdir(parents=True)
    for said in ({"@jupyter/nbgrader": True}, ["@jupyter/nbgrader"]):
        page.write_text(json.dumps({"disabledExtensions": said}), encoding="utf-8")
        assert "enable @jupyter/nbgrader" in only(jupyter.extensions(root), "warning").mend
    page.write_text("{", encoding="utf-8")
    only(jupyter.extensions(root), "ok")
    off = json.dumps({"ServerApp": {"jpserver_extensions": dict.fromkeys(on, False)}})
    (user / "jupyter_server_config.json").write_text(off, encoding="utf-8")
    assert "server extension enable" in only(jupyter.extensions(root), "warning").mend


def test_jupyters_files_cannot_be_written(root, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(root / "a" / "b"))
    assert jupyter.runtime_folder(root) == []
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert str(root) in only(jupyter.runtime_folder(root), "problem").text


# What is tried


def test_probes_that_fail(root):
    said = answers(jupyterlab_="ImportError: x", numba_="OSError: y", torch_="DLL load failed")
    for look in (probes.jupyterlab, probes.numba, probes.torch):
        found = only(look(root, said), "problem")
        assert "install" in found.mend
    absent = answers(jupyterlab_="No module named jupyterlab", numba_="No module named 'numba'")
    assert probes.jupyterlab(root, absent) == probes.numba(root, absent) == []


def test_numbas_cache(root, monkeypatch):
    said = answers(numba="0.68.1")
    only(probes.numba(root, said), "ok")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "NUMBA_CACHE_DIR" in only(probes.numba(root, said), "warning").mend


def test_data_missing_or_damaged(root, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    states = {"a": ["ok", ""], "b": ["missing", ""], "c": ["damaged", "wrong size"]}
    said = {"cache": "x", "states": states, "sizes": dict.fromkeys(states, 2_000_000)}
    damaged, missing = probes.data(root, answers(course=json.dumps({"data": said})))
    assert damaged.level == "problem" and damaged.mend == "course fetch --repair c"
    assert missing.level == "note" and "2 MB" in missing.text and "HTTPS_PROXY" in missing.text
    del states["b"], states["c"]
    only(probes.data(root, answers(course=json.dumps({"data": said}))), "ok")
    assert "cannot be looked at" in only(probes.data(root, answers(course_="Killed"))).text
    assert probes.data(root, answers(course_="No module named 'helpers'")) == []


def test_the_sandbox_is_only_a_note(root):
    for why, words in (("bwrap is missing", "apt install"), ("bwrap does not start", "namespaces")):
        found = only(probes.sandbox(root, answers(course=json.dumps({"sandbox": why}))), "note")
        assert words in found.mend
    only(probes.sandbox(root, answers(course='{"sandbox": null}')), "ok")
    assert probes.sandbox(root, answers(course="{}")) == []


def test_a_probe_that_does_not_end(monkeypatch):
    monkeypatch.setattr(probes, "SECONDS", 0)
    monkeypatch.setitem(probes._COMMANDS, "slow", ["-c", "import time; time.sleep(60)"])
    monkeypatch.setitem(probes._COMMANDS, "wrong", ["-c", "raise ValueError('so')"])
    tried = probes.Probes(("slow", "wrong"))
    assert tried.answer("slow").error == "no answer in 0 s"
    assert tried.answer("wrong").error in ("ValueError: so", "no answer in 0 s")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert "No such file" in probes.Probes(("slow",)).answer("slow").error


# The machine


def test_too_little_memory(root, monkeypatch):
    monkeypatch.setattr(machine, "total_memory", lambda: 2.0)
    found = only(machine.memory(root), "warning")
    assert "06 (" in found.text and "00 (" not in found.text
    monkeypatch.setattr(machine, "total_memory", lambda: 64.0)
    monkeypatch.setattr(machine, "free_memory", lambda: 2.0)
    assert "Shut Down All Kernels" in only(machine.memory(root), "warning").mend
    monkeypatch.setattr(machine, "free_memory", lambda: None)
    only(machine.memory(root), "ok")
    monkeypatch.setattr(machine, "total_memory", lambda: None)
    assert "unknown" in only(machine.memory(root), "ok").text


def test_a_containers_limit_counts(monkeypatch):
    monkeypatch.setenv("MEM_LIMIT", "2000000000")
    monkeypatch.setattr(machine, "_container_limit", lambda: float("inf"))
    monkeypatch.setattr(machine, "_physical", lambda: 16e9)
    assert machine.total_memory() == 2.0
    assert machine._number("max") is None


def test_every_lesson_has_its_memory():
    lessons = sorted(path.name[:2] for path in SOLUTIONS.glob("[0-9][0-9]_*"))
    assert sorted(machine.LESSON_GB) == lessons, "measure the new lesson"


def test_disk_full_or_locked(root, monkeypatch):
    monkeypatch.setenv("EMBEDDINGS_COURSE_CACHE", str(root / "not" / "yet"))
    only(machine.disk(root), "ok")
    usage = SimpleNamespace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    cache, disk = machine.disk(root)
    assert cache.level == disk.level == "warning" and "EMBEDDINGS_COURSE_CACHE" in cache.mend
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert [found.level for found in machine.disk(root)] == ["warning", "problem"]


def test_clock_and_encoding(root, monkeypatch):
    assert machine.clock(root) == []
    later = time.time() + 3 * 86400
    os.utime(root / "requirements.txt", (later, later))
    only(machine.clock(root), "warning")
    monkeypatch.setattr(machine.locale, "getpreferredencoding", lambda ask: "cp1252")
    assert "PYTHONUTF8" in only(machine.encoding(root), "warning").mend


def test_no_browser(root, monkeypatch):
    monkeypatch.setenv("COURSE_CHROMIUM", sys.executable)
    assert sys.executable in only(machine.browser(root), "ok").text
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "skipped" in only(machine.browser(root), "note").text


# The folder


def test_files_lost_or_with_windows_line_ends(root):
    for name in ("course", "tests"):
        (root / name).mkdir()
    assert checkout.files(root) == []
    (root / "Makefile").write_bytes(b"lab:\r\n")
    assert "Makefile" in only(checkout.files(root), "warning").text
    (root / "helpers").rmdir()
    assert "helpers" in only(checkout.files(root), "problem").text


def git(root, *command):
    setting = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false"]
    done = subprocess.run(["git", *setting, *command], cwd=root, capture_output=True, check=False)
    return done.returncode


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_clean_edited_and_stopped(root, monkeypatch):
    assert "not a clone" in only(checkout.git(root), "note").text
    release = root / "notebooks" / "01_word2vec" / "01_word2vec.ipynb"
    source = root / "solutions" / "01_word2vec" / "01_word2vec.py"
    for path in (release, source):
        path.parent.mkdir()
        path.write_text("first", encoding="utf-8")
    git(root, "init", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-m", "first")
    assert only(checkout.git(root), "ok").text == "no changed files"
    release.write_text("second", encoding="utf-8")
    found = only(checkout.git(root), "warning")
    assert "git pull will refuse" in found.text and "make lab copies" in found.mend
    source.write_text("second", encoding="utf-8")
    assert only(checkout.git(root), "ok").text == "2 changed files"
    git(root, "commit", "-am", "second")
    git(root, "checkout", "-b", "side", "HEAD~1")
    release.write_text("third", encoding="utf-8")
    git(root, "commit", "-am", "third")
    assert git(root, "merge", "main")
    assert "git merge --abort" in only(checkout.git(root), "problem").mend
    monkeypatch.setattr(
        checkout, "output_of", lambda *a: (128, "", "fatal: detected dubious ownership in x")
    )
    assert "safe.directory" in only(checkout.git(root), "warning").mend
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "not installed" in only(checkout.git(root), "note").text


def test_own_copies(root, monkeypatch):
    assert "make lab" in only(checkout.own_copies(root), "ok").text
    lesson = root / "work" / "01_word2vec"
    kept = lesson / ".ipynb_checkpoints" / "01_word2vec-checkpoint.ipynb"
    kept.parent.mkdir(parents=True)
    own = lesson / "01_word2vec.ipynb"
    own.write_text('{"cells": []}', encoding="utf-8")
    assert only(checkout.own_copies(root), "ok").text == "1 in work/"
    own.write_text('{"cells"', encoding="utf-8")
    assert "rename it" in only(checkout.own_copies(root), "problem").mend
    kept.write_text('{"cells": []}', encoding="utf-8")
    assert "cp work/01_word2vec/.ipynb_checkpoints/" in only(checkout.own_copies(root)).mend
    own.write_text('{"cells": []}', encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "nothing can be saved" in only(checkout.own_copies(root), "problem").text


def test_the_record_of_points(root):
    assert checkout.progress(root) == []
    record = root / "work" / "progress.json"
    record.parent.mkdir(exist_ok=True)
    for text in ("{", "[]", '{"schema": 1}', '{"schema": "1", "exercises": {}}'):
        record.write_text(text, encoding="utf-8")
        found = only(checkout.progress(root), "note")
        assert found.text == "work/progress.json is damaged" and "sets it aside" in found.mend
    for text in ('{"schema": 1, "exercises": {}}', '{"schema": 2}'):
        record.write_text(text, encoding="utf-8")
        assert checkout.progress(root) == []
    record.unlink()
    record.mkdir()
    assert "cannot be read" in only(checkout.progress(root), "warning").text


def test_a_file_that_hides_a_module(root):
    lesson = root / "work" / "01_word2vec"
    lesson.mkdir(parents=True)
    (lesson / "mine.py").write_text("", encoding="utf-8")
    (lesson / "torch").mkdir()
    assert checkout.hiding(root) == []
    (lesson / "random.py").write_text("", encoding="utf-8")
    assert "work/01_word2vec/random.py" in only(checkout.hiding(root), "problem").mend
    (lesson / "torch" / "__init__.py").write_text("", encoding="utf-8")
    assert len(checkout.hiding(root)) == 2


# All of it


def test_what_cannot_be_looked_at_is_a_warning(root, monkeypatch):
    def broken(root):
        raise RuntimeError("no luck")

    broken.__name__ = "own_copies"
    monkeypatch.setattr(checkout, "own_copies", broken)
    monkeypatch.setattr(probes, "Probes", lambda: answers(jupyterlab="4", numba="0", torch="4"))
    found = {item.topic: item for item in report.examine(root)}
    assert found["own copies"].text == "could not be looked at: RuntimeError: no luck"


def test_the_screen():
    found = [
        Finding("ok", "Python", "3.11"),
        Finding(
            "problem", "kernel", "notebooks run in " + "long " * 30, "a-command --with-options"
        ),
        Finding("warning", "clock", "late", "python -m pip install " + "package " * 9 + "\nx"),
    ]
    text = report.render(found, ROOT, 60, colour=False)
    lines = text.splitlines()
    assert lines[1] == "ok       Python  3.11"
    assert max(len(line) for line in lines[1:-1] if "->" not in line) <= 60
    # A command is copied as one line, however long it is.
    assert lines[-2] == f"{' ' * 17}-> python -m pip install {'package ' * 9}x"
    assert "                 -> a-command --with-options" in lines
    assert lines[-1].startswith("1 problem and 1 warning. Mend from the top")
    assert "\033[31mproblem" in report.render(found, ROOT, 60, colour=True)
    assert report.render(found[:1], ROOT, 60, False).endswith("Nothing is wrong.")
    assert report.render(found[2:], ROOT, 60, False).endswith("as far as can be told.")
    assert some(list("abcde")) == "a, b, c and 2 more"


@pytest.fixture
def bare(root):
    """A clone that has not been set up."""
    shutil.copytree(
        ROOT / "course" / "doctor", root / "course" / "doctor", ignore=lambda *a: {"__pycache__"}
    )
    shutil.copy(ROOT / "course" / "__init__.py", root / "course")
    return root


def doctor(folder, *arguments):
    surroundings = {k: v for k, v in os.environ.items() if k != "COURSE_ROOT"}
    command = [BARE, "-I", "-S", str(folder / "course" / "doctor"), *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=surroundings)


def test_it_runs_on_a_bare_python(bare):
    # -S: without site-packages, hence without any package.
    done = doctor(bare)
    assert done.returncode == 1 and done.stderr == ""
    assert "not set up in this Python" in done.stdout and "Mend from the top" in done.stdout
    assert len(done.stdout.splitlines()) <= 48
    found = json.loads(doctor(bare, "--json").stdout)
    assert {"level", "topic", "text", "mend"} == set(found[0])
    assert doctor(bare, "--wrong").returncode == 2


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_a_bare_python_hands_over_to_the_courses_own(bare):
    own = bare / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.write_text('#!/bin/sh\necho "own: $@"\nexit 7\n', encoding="utf-8")
    own.chmod(0o755)
    done = doctor(bare, "--json")
    assert done.stdout == "own: -m course.doctor --json\n" and done.returncode == 7
    own.unlink()
    own.symlink_to("/nowhere/python")
    done = doctor(bare, "--json")
    assert done.returncode == 1 and "a Python that is gone" in done.stdout


def test_its_files_can_be_read_by_older_pythons():
    import ast

    for path in sorted((ROOT / "course" / "doctor").glob("*.py")):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_here_it_finds_no_problem_with_what_is_installed():
    done = subprocess.run(
        [sys.executable, "-m", "course", "doctor", "--json"],
        capture_output=True,
        encoding="utf-8",
        env={k: v for k, v in os.environ.items() if k != "COURSE_ROOT"},
    )
    found = {item["topic"]: item for item in json.loads(done.stdout)}
    for topic in ("Python", "the course", "kernel", "extensions", "JupyterLab", "numba", "PyTorch"):
        assert found[topic]["level"] in ("ok", "note"), found[topic]
