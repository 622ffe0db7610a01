import shutil
from pathlib import Path

import pytest

from course.layout import Course

ROOT = Path(__file__).parent.parent
START = "00_start_here"


@pytest.fixture
def small_course(tmp_path, monkeypatch):
    """A copy of the course with the start page only, as the commands see it."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    for folder in ("solutions", "notebooks"):
        shutil.copytree(ROOT / folder / START, tmp_path / folder / START)
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    return Course(tmp_path.resolve())


@pytest.fixture
def start(small_course):
    """The start page in that copy."""
    return small_course.lesson(START)
