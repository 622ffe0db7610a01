"""Every lesson is built again: it runs from top to bottom, passes all gates, gives the same bytes.

The workers of pytest-xdist share the lessons, see `tests/conftest.py`.
"""

import pytest

from course.build import make
from course.layout import Course


@pytest.mark.slow
@pytest.mark.parametrize("lesson", Course.find().lessons(), ids=lambda lesson: lesson.name)
def test_building_again_gives_the_same_bytes(lesson, tmp_path):
    """The committed notebooks are the first build; on another processor, a second one is made."""
    first, second = (tmp_path / name for name in ("first", "second"))
    first.mkdir()
    second.mkdir()
    built = make(lesson, first)
    committed = lesson.solution.read_bytes(), lesson.release.read_bytes()
    assert built == committed or built == make(lesson, second)
