"""The environment's files agree with each other."""

import importlib.metadata
import re
import tomllib

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
    assert pip == ["-r requirements.txt", "--no-deps --no-build-isolation -e ."]


def test_no_download_address_is_recorded():
    for name in ("requirements.txt", "environment.yml", "pyproject.toml", "Makefile"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text and "index-url" not in text, name
