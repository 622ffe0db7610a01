import shutil
from pathlib import Path

import pytest

from course.layout import Course
from tests.support import browser

ROOT = Path(__file__).parent.parent
START = "00_start_here"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each file to one worker, but each lesson that is rebuilt to any: it takes minutes."""
    from xdist.scheduler import LoadFileScheduling

    class ByFileAndLesson(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return nodeid if "test_rebuild.py" in nodeid else super()._split_scope(nodeid)

    return ByFileAndLesson(config, log) if config.getvalue("dist") == "loadfile" else None


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


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of the course, for a module's tests in the browser."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    if browser.chromium() is None:
        pytest.skip("no Chromium: install one, or name it in COURSE_CHROMIUM")
    with browser.serve(ROOT, tmp_path_factory.mktemp("lab")) as served:
        yield served


@pytest.fixture(scope="module")
def chrome(lab):
    """The machine's Chromium."""
    with browser.browser() as started:
        yield started


@pytest.fixture
def page(lab, chrome):
    """A page; a request to elsewhere, or an error on its console, fails the test."""
    with browser.watched_page(lab, chrome) as watched:
        yield watched
