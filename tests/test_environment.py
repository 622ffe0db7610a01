"""The environment's files agree with each other."""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.support.solutions import ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([\w.]+)(?: ;.*)?$")


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    matches = [PIN.match(line) for line in lines]
    assert all(matches), "every requirement has an exact version"
    return {normal(m[1]): m[2] for m in matches}


def test_every_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["test"]
    assert {normal(name) for name in wanted} <= set(pins())


def test_the_pins_are_what_is_installed():
    for name, version in pins().items():
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # Left out on this platform by a marker.
        assert installed.partition("+")[0] == version, f"{name} {installed} is not the pin"


def test_conda_installs_the_same_pins():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    (pip,) = [part["pip"] for part in environment["dependencies"] if isinstance(part, dict)]
    # conda writes these lines into a file for pip, which refuses options such as --no-deps there.
    assert pip == ["-r requirements.txt", "-e ."]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert not [name for name in project["dependencies"] if re.search(r"[=<>~]", name)]


def lines_of(path):
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return [line for line in lines if line]


def test_binder_installs_the_same_pins():
    folder = ROOT / ".binder"
    assert lines_of(folder / "requirements.txt") == ["-r ../requirements.txt"]
    assert lines_of(folder / "runtime.txt") == ["python-3.11"]
    # Beside these, repo2docker would take an environment.yml and forget them.
    assert not (folder / "environment.yml").exists() and not (ROOT / "binder").exists()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_binders_scripts_run(small_course):
    scripts = [ROOT / ".binder" / name for name in ("postBuild", "start")]
    for script in scripts:
        assert os.access(script, os.X_OK) or os.name == "nt"
        assert not subprocess.run(["bash", "-n", str(script)], check=False).returncode
    # What the start script does, with the command that Binder would give.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    shown = "import os; print(os.environ['JUPYTER_CONFIG_PATH'])"
    done = subprocess.run(
        ["bash", str(scripts[1]), "python", "-c", shown],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PATH": path},
    )
    assert str(small_course.root / "build" / "lab") in done.stdout, done.stderr


def test_the_start_page_that_binder_opens_is_there():
    said = re.search(r"'/lab/tree/work/(\S+)'", (ROOT / ".binder" / "postBuild").read_text("utf-8"))
    assert (ROOT / "notebooks" / said[1]).is_file()


def test_the_dev_container_is_set_up_as_a_machine_is():
    folder = ROOT / ".devcontainer"
    settings = json.loads((folder / "devcontainer.json").read_text(encoding="utf-8"))
    assert (folder / settings["build"]["dockerfile"]).is_file()
    assert settings["postCreateCommand"].endswith("&& make setup")
    assert settings["forwardPorts"] == [8888]
    for amount in ("memory", "storage"):
        assert re.fullmatch(r"\d+gb", settings["hostRequirements"][amount])
    image = (folder / "Dockerfile").read_text(encoding="utf-8")
    # Debian 12 has Python 3.11.
    assert "FROM debian:bookworm\n" in image
    wanted = re.search(r"recommends((?: |\\\n|[a-z0-9-])+)", image)[1].replace("\\", "").split()
    assert {"python3", "python3-venv", "make", "git"} <= set(wanted)
    installs = re.findall(r"apt-get install(?: -\S+)* ([a-z0-9 .-]+)", ci())
    assert {name for line in installs for name in line.split()} <= set(wanted)


def ci():
    return (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_download_address_is_recorded():
    for name in ("requirements.txt", "environment.yml", "pyproject.toml", "Makefile"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text and "index-url" not in text, name
