"""Progress: what checks keep, what survives, and what the learner is shown."""

import html.parser
import json
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import nbformat
import pytest
from nbclient import NotebookClient

from course.index import index_path, make_index
from course.layout import Course
from helpers import my_progress, progress_file
from helpers.checks import Conclusions, all_checks, get
from helpers.exercises import lesson_exercises, lessons_with_exercises
from helpers.my_progress import progress_text, standing
from helpers.progress_file import Noted, note, note_from_notebook, progress_path, read

RIGHT = "def cosine(u, v):\n    return (u / (u @ u) ** 0.5) @ (v / (v @ v) ** 0.5)"


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A record of its own."""
    path = tmp_path / "work" / "progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    return path


def states(path):
    record, told = read(path)
    assert told is None
    return {
        name: {who: (n.best, n.last) for who, n in said.items()} for name, said in record.items()
    }


def test_the_list_of_exercises_fits_sources_and_checks():
    course = Course.find()
    assert index_path(course).read_text(encoding="utf-8") == make_index(course)
    listed = [e.id for lesson in lessons_with_exercises().values() for e in lesson.exercises]
    assert sorted(listed) == sorted(all_checks())


def test_the_readme_says_how_long_the_exercises_take():
    minutes = sum(
        e.minutes for lesson in lessons_with_exercises().values() for e in lesson.exercises
    )
    readme = (Course.find().root / "README.md").read_text(encoding="utf-8")
    assert f"About {minutes / 60:.0f} hours of exercises" in readme


def test_a_choice_of_statements_is_told_by_its_name():
    chosen = {name for name, check in all_checks().items() if isinstance(check, Conclusions)}
    assert chosen == {name for name in all_checks() if name.endswith("-conclusions")}


def test_a_check_is_found_without_the_other_lessons():
    code = "import sys; from helpers.checks import get; get('X-sigma'); "
    code += "print([m for m in sys.modules if m.startswith('helpers.checks.lesson')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['helpers.checks.lesson08']"
    with pytest.raises(KeyError):
        get("X-nope")


def test_best_and_last_are_kept(path):
    assert note(path, {"W-cosine": "wrong", "W-conclusions": "not attempted"}, "notebook") is None
    assert states(path) == {"W-cosine": {"notebook": ("wrong", "wrong")}}
    note(path, {"W-cosine": "passed"}, "notebook")
    note(path, {"W-cosine": "error"}, "notebook")
    note(path, {"W-cosine": "timeout"}, "course check")
    assert states(path)["W-cosine"] == {
        "notebook": ("passed", "error"),
        "course check": ("timeout", "timeout"),
    }
    assert json.loads(path.read_text(encoding="utf-8"))["schema"] == 1
    assert sorted(p.name for p in path.parent.iterdir()) == [".progress.json.lock", "progress.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe\x00", b"[]", b'{"schema": 1}', b'{"schema": "x", "exercises": {}}'],
)
def test_a_damaged_record_is_set_aside(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    record, told = read(path)
    assert record == {} and "work/progress.json is damaged" in told
    assert "is damaged" in progress_text() and path.read_bytes() == content
    told = note(path, {"W-cosine": "passed"}, "notebook")
    assert "progress-damaged-1.json" in told and "\n" not in told
    assert path.with_name("progress-damaged-1.json").read_bytes() == content
    assert states(path) == {"W-cosine": {"notebook": ("passed", "passed")}}


def test_damaged_entries_do_no_harm(path):
    path.parent.mkdir()
    entries = {"W-cosine": {"notebook": {"best": 3}}, "W-conclusions": [1], "gone": {}}
    path.write_text(json.dumps({"schema": 1, "exercises": entries}), encoding="utf-8")
    assert "0 of 2 points" in progress_text("00")
    assert note(path, {"W-cosine": "passed"}, "notebook") is None
    assert states(path)["W-cosine"] == {"notebook": ("passed", "passed")}
    assert "gone" in json.loads(path.read_text(encoding="utf-8"))["exercises"]


def test_a_record_from_a_later_course_is_not_touched(path):
    path.parent.mkdir()
    path.write_text('{"schema": 2, "exercises": []}', encoding="utf-8")
    assert "update the course" in note(path, {"W-cosine": "passed"}, "notebook")
    assert "update the course" in progress_text()
    assert path.read_text(encoding="utf-8") == '{"schema": 2, "exercises": []}'


def test_where_nothing_can_be_written_one_line_says_so(tmp_path):
    (tmp_path / "file").write_text("no folder")
    told = note(tmp_path / "file" / "progress.json", {"W-cosine": "passed"}, "notebook")
    assert told.startswith("Your progress is not kept: file/progress.json cannot be written")
    if os.name == "posix" and os.getuid() != 0:
        (tmp_path / "locked").mkdir(mode=0o500)
        assert note(tmp_path / "locked" / "p.json", {"W-cosine": "passed"}, "notebook")


def test_another_holder_of_the_lock_is_not_waited_for_long(path, monkeypatch):
    monkeypatch.setattr(progress_file, "_SECONDS_FOR_THE_LOCK", 0.1)
    path.parent.mkdir()
    # A lock object of its own for each `with`, as another process would have.
    with progress_file.filelock.FileLock(path.with_name(".progress.json.lock"), is_singleton=False):
        assert "another notebook" in note(path, {"W-cosine": "passed"}, "notebook")
    assert not path.exists()


def _note_many(path, name):
    for _ in range(20):
        assert note(path, {name: "passed"}, "notebook") is None


def test_two_notebooks_at_once_lose_nothing(path):
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_note_many, [path] * 4, ["A", "B", "C", "D"]))
    assert sorted(states(path)) == ["A", "B", "C", "D"]


def test_where_the_record_is(small_course, start, monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_PROGRESS", raising=False)
    kept = small_course.root / "work" / "progress.json"
    assert progress_path() == kept
    monkeypatch.delenv("COURSE_ROOT")
    monkeypatch.chdir(start.release.parent)
    assert progress_path() == kept
    # Solutions and submissions are not the learner's own work.
    monkeypatch.chdir(start.solution.parent)
    assert progress_path() is None and progress_path(small_course.root) == kept
    assert "No count is kept" in progress_text()
    monkeypatch.chdir(tmp_path.parent)
    assert progress_path() is None
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "mine.json"))
    assert progress_path() == tmp_path / "mine.json"
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    assert progress_path() is None


def test_tests_and_scripts_keep_nothing(path):
    assert note_from_notebook("W-cosine", "passed") is None
    assert not path.exists()


def n(best, last=None, at="2026-01-01"):
    return Noted(best, at, last or best, at)


@pytest.mark.parametrize(
    ("said", "state", "points", "firm"),
    [
        ({}, "not attempted", 0, False),
        ({"notebook": n("wrong")}, "not right yet", 0, False),
        ({"notebook": n("error")}, "stops with an error", 0, False),
        ({"notebook": n("timeout")}, "too slow", 0, False),
        ({"notebook": n("passed")}, "right in the notebook", 1, False),
        (
            {"notebook": n("passed", "wrong")},
            "right in the notebook; the last try was not",
            1,
            False,
        ),
        ({"notebook": n("passed"), "course check": n("passed", at="2026-02")}, "right", 1, True),
        (
            {"notebook": n("passed"), "course check": n("wrong", at="2026-02")},
            "right here, not on other inputs",
            0,
            False,
        ),
        (
            {"notebook": n("passed", at="2026-03"), "course check": n("wrong", at="2026-02")},
            "right in the notebook",
            1,
            False,
        ),
        (
            {"notebook": n("passed", "wrong", "2026-03"), "course check": n("passed")},
            "right; the last try was not",
            1,
            True,
        ),
    ],
)
def test_what_points_mean(said, state, points, firm):
    stand = standing(lesson_exercises("00").exercises[0], said)
    assert (stand.state, stand.points, stand.firm) == (state, points, firm)


def test_what_to_do_next(path):
    assert "Next: Your first exercise: the cosine of two vectors (W-cosine" in progress_text("00")
    note(path, {"W-conclusions": "wrong"}, "notebook")
    assert "Next: Which statements follow? (W-conclusions, Start here): run" in progress_text("00")
    assert "run its check and read what it says." in progress_text("00")
    note(path, {"W-conclusions": "passed", "W-cosine": "passed"}, "notebook")
    text = progress_text("00_start_here")
    assert "2 of 2 points: 0 confirmed by `course check`, 2 right in the notebook." in text
    assert "Next: save the notebook and type `course check`" in text
    note(path, {"W-cosine": "wrong"}, "course check")
    assert "(W-cosine, Start here): type `course check`" in progress_text("00")
    note(path, {"W-conclusions": "passed", "W-cosine": "passed"}, "course check")
    text = progress_text("00")
    assert "2 of 2 points, all confirmed" in text and "right. Next: Lesson 01: Word2Vec." in text
    # In the whole course: the lesson that was worked on last, until it is done.
    note(path, {"X-sigma": "wrong"}, "notebook")
    assert "Next: The binary search (X-sigma, Lesson 08" in progress_text()


def test_a_build_shows_the_table_of_a_beginner(path, monkeypatch):
    before = progress_text()
    note(path, {"W-cosine": "passed"}, "notebook")
    assert progress_text() != before
    monkeypatch.setenv("COURSE_BUILD", "1")
    assert progress_text() == before


def test_an_unknown_lesson_is_one_line():
    with pytest.raises(ValueError, match="no lesson '17': the lessons are 00_start_here"):
        progress_text("17")


class _Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("lesson", [None, *lessons_with_exercises()])
def test_the_table_can_be_read_by_a_screen_reader(lesson, path):
    reader = _Reader()
    reader.feed(my_progress._table(lesson).html())
    assert reader.open == []
    assert sum(tag == "caption" for tag, _ in reader.tags) == 1
    heads = [attrs["scope"] for tag, attrs in reader.tags if tag == "th"]
    rows = sum(tag == "tr" for tag, _ in reader.tags) - 1
    assert heads == ["col"] * 4 + ["row"] * rows
    # The links lead to headings of the notebooks.
    for tag, attrs in reader.tags:
        if tag == "a":
            name, _, anchor = attrs["href"].removeprefix("../").partition("#")
            notebook = nbformat.read(Course.find().root / "notebooks" / name, as_version=4)
            lines = [line for c in notebook.cells for line in c.source.splitlines()]
            found = [line.lstrip("# ").replace(" ", "-") for line in lines if line[:1] == "#"]
            assert not anchor or anchor in found


def test_checks_in_a_notebook_keep_count(small_course, start, monkeypatch):
    """In a kernel, as a learner runs it: right, wrong, a damaged file, and nothing on stderr."""
    monkeypatch.delenv("COURSE_PROGRESS", raising=False)
    monkeypatch.delenv("COURSE_ROOT")
    kept = small_course.root / "work" / "progress.json"
    folder = start.own_copy.parent
    folder.mkdir(parents=True)
    sources = [
        "import numpy as np\nfrom helpers.checks import check",
        RIGHT,
        'check("W-cosine", cosine)',
        'check("W-conclusions", {"B"})',
        f"_ = open({str(kept)!r}, 'w').write('broken')",
        'check("W-cosine", cosine)',
        "from helpers.my_progress import show_progress\n\nshow_progress('00')",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=60, allow_errors=True, resources=where).execute()
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [o for o in outputs if o.get("name") == "stderr"]
    aside = kept.with_name("progress-damaged-1.json")
    assert aside.read_text(encoding="utf-8") == "broken"
    assert "progress-damaged-1.json" in cells[5].outputs[0].text
    assert "W-cosine: right" in cells[5].outputs[0].text
    assert states(kept) == {"W-cosine": {"notebook": ("passed", "passed")}}
    assert "1 of 2 points: 0 confirmed" in cells[6].outputs[0].data["text/plain"]


def test_course_check_and_course_progress(small_course, start):
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    environment.pop("COURSE_PROGRESS", None)

    def run(*args):
        command = [sys.executable, "-m", "course", *args]
        return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment)

    notebook = nbformat.read(start.release, as_version=4)
    next(c for c in notebook.cells if c.id == "W-cosine-answer").source = RIGHT
    start.own_copy.parent.mkdir(parents=True)
    nbformat.write(notebook, start.own_copy)
    elsewhere = small_course.root / "elsewhere.ipynb"
    nbformat.write(notebook, elsewhere)
    kept = small_course.root / "work" / "progress.json"
    assert run("check", str(elsewhere)).returncode == 0 and not kept.exists()
    assert run("check").returncode == 0
    assert states(kept) == {"W-cosine": {"course check": ("passed", "passed")}}
    shown = run("progress", "00")
    assert (
        shown.returncode == 0 and "1 of 2 points, all confirmed by `course check`." in shown.stdout
    )
    assert "Your points in the whole course" in run("progress").stdout
    wrong = run("progress", "17")
    assert wrong.returncode == 1 and wrong.stderr.count("\n") == 1
