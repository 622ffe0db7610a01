import shutil
from pathlib import Path

import pytest

from course.layout import Course

ROOT = Path(__file__).parent.parent
START = "00_start_here"


def _copy_course(folder):
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    for name in ("solutions", "notebooks"):
        shutil.copytree(ROOT / name / START, folder / name / START)
    return Course(folder.resolve())


@pytest.fixture
def small_course(tmp_path, monkeypatch):
    """A copy of the course with the start page only, as the commands see it."""
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    return _copy_course(tmp_path)


@pytest.fixture(scope="module")
def module_course(tmp_path_factory):
    """Such a copy for all tests of a module."""
    return _copy_course(tmp_path_factory.mktemp("course"))


@pytest.fixture
def start(small_course):
    """The start page in that copy."""
    return small_course.lesson(START)
