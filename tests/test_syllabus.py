"""Every syllabus id of a lesson is in its notebooks, as a cell tag or a grade id."""

import json
import tomllib

import pytest

from tests.support.solutions import ROOT, lessons

IDS = tomllib.loads((ROOT / "tests" / "syllabus_ids.toml").read_text(encoding="utf-8"))
LESSONS = [path.stem for path in lessons()]


def marks(notebook):
    """Return the tags and grade ids of a notebook."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        yield from cell["metadata"].get("tags", [])
        if grade_id := cell["metadata"].get("nbgrader", {}).get("grade_id"):
            yield grade_id


def covered(wanted, found):
    """Whether an id is there itself, or (for a question) as an exercise set of three kinds."""
    if not wanted.startswith("Q"):
        return wanted in found
    own = {mark for mark in found if mark.startswith(f"{wanted}-")}
    named = {f"{wanted}-conclusions", f"{wanted}-written"}
    code = {mark for mark in own - named if not mark.endswith("-answer")}
    return named <= own and bool(code)


@pytest.mark.parametrize("folder", ["solutions", "notebooks"])
@pytest.mark.parametrize("lesson", [lesson for lesson in LESSONS if lesson in IDS])
def test_every_id_of_the_lesson_is_there(lesson, folder):
    found = set(marks(ROOT / folder / lesson / f"{lesson}.ipynb"))
    missing = [i for kind in "SFQX" for i in IDS[lesson][kind] if not covered(i, found)]
    assert not missing, f"{folder}/{lesson} lacks {missing}"


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_id_is_made_up(lesson):
    known = {i for kinds in IDS.values() for ids in kinds.values() for i in ids}
    for mark in marks(ROOT / "solutions" / lesson / f"{lesson}.ipynb"):
        if mark[0] in "SF" and mark[1:2] == "-":
            assert mark in known, f"{mark} is no syllabus id"


def test_lessons_are_named_as_planned():
    assert set(LESSONS) - {"00_start_here"} <= set(IDS)
