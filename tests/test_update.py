"""Updating copies: nothing of the learner's is lost, and it lands where it belongs."""

import copy
import json
import os
import random
import subprocess
import sys

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course.cells import kinds
from course.lab import make_copies, news
from course.merging import merge
from course.reading import read_notebook
from course.stamp import KEY, fingerprint, is_edited, make_stamp, read_stamp
from course.update import as_bytes, behind, own_copies, update

ANSWER = "def cosine(u, v):\n    return 42  # mine"
KERNEL = {"name": "py", "display_name": "py"}
CODE, PROSE = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell


def stamped(notebook, name="00_start_here"):
    notebook.metadata[KEY] = make_stamp(name, notebook)
    return notebook


def graded(cell, grade_id, **info):
    cell.id = grade_id
    cell.metadata["nbgrader"] = {
        "grade_id": grade_id,
        "grade": info.get("grade", False),
        "solution": info.get("solution", False),
        "locked": info.get("locked", False),
        "schema_version": 3,
        "task": False,
    }
    return cell


def first_release():
    """A lesson of eight cells, with an exercise and a written answer."""
    cells = [
        PROSE("# Lesson", id="top"),
        CODE("import numpy as np", id="setup", metadata={"tags": ["setup"]}),
        PROSE("Theory, first words.", id="theory"),
        CODE("print(np.ones(2))", id="show"),
        PROSE("### Cosine", id="task", metadata={"tags": ["exercise", "W-cosine"]}),
        graded(
            CODE("def cosine(u, v):\n    raise NotImplementedError"), "W-cosine-answer", solution=1
        ),
        graded(CODE('check("W-cosine", cosine)'), "W-cosine", grade=1, locked=1),
        graded(PROSE("*Write your answer here*"), "W-written", grade=1, solution=1),
    ]
    return stamped(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}))


@pytest.fixture
def old():
    return first_release()


@pytest.fixture
def new(old):
    """A later release: a cell put in, one reworded, one taken out."""
    made = copy.deepcopy(old)
    at(made, "theory").source = "Theory, better words."
    made.cells.insert(2, PROSE("## A section that is new", id="section"))
    made.cells = [cell for cell in made.cells if cell.id != "show"]
    made.cells.append(PROSE("The end.", id="end"))
    return stamped(made)


def at(notebook, cell_id):
    (cell,) = [cell for cell in notebook.cells if cell.id == cell_id]
    return cell


def ids(notebook):
    return [cell.id for cell in notebook.cells]


def texts(notebook):
    return [cell.source for cell in notebook.cells]


def merged(learner, release):
    """Merge as `update` does: what goes through a file."""
    made = merge(nbformat.from_dict(copy.deepcopy(learner)), release)
    text = as_bytes(made.notebook).decode()
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert len(set(ids(notebook))) == len(notebook.cells)
    return notebook


def test_an_untouched_copy_becomes_the_new_release(old, new):
    assert merged(old, new) == new


def test_answers_stay_in_their_cells_with_what_they_showed(old, new):
    at(old, "W-cosine-answer").source = ANSWER
    at(old, "W-written").source = "Because of the angle."
    at(old, "W-cosine").outputs = [nbformat.v4.new_output("stream", text="not right yet")]
    made = merged(old, new)
    assert ids(made) == ids(new)
    assert at(made, "W-cosine-answer").source == ANSWER
    assert at(made, "W-cosine-answer").metadata.nbgrader.solution
    assert at(made, "W-written").source == "Because of the angle."
    assert at(made, "W-cosine").outputs[0].text == "not right yet"


def test_own_cells_stay_behind_their_neighbour(old, new):
    old.cells.insert(0, PROSE("my title"))
    old.cells.insert(3, CODE("mine = 1"))
    old.cells.insert(4, CODE("mine = 2"))
    old.cells.insert(6, CODE("beside what has left"))
    made = texts(merged(old, new))
    assert made[0] == "my title"
    assert made[2:5] == ["import numpy as np", "mine = 1", "mine = 2"]
    assert made[made.index("Theory, better words.") + 1] == "beside what has left"
    assert "print(np.ones(2))" not in made


def test_cells_changed_by_the_learner_only_stay_in_place(old, new):
    at(old, "setup").source += "\nimport scipy"
    made = merged(old, new)
    assert ids(made) == ids(new)
    assert at(made, "setup").source.endswith("import scipy")
    assert at(made, "setup").metadata.tags == ["setup"]


def test_cells_changed_on_both_sides_are_both_there(old, new):
    at(old, "theory").source = "Theory, as I see it."
    at(new, "setup").source += ", scipy"
    at(old, "setup").source += "  # mine"
    made = merged(old, stamped(new))
    here = ids(made).index("theory")
    assert "Your version" in made.cells[here + 1].source
    assert made.cells[here + 2].source == "Theory, as I see it."
    theirs = made.cells[ids(made).index("setup") + 2]
    # What fails in it must not keep the rest of the notebook from running.
    assert theirs.source.endswith("# mine") and theirs.metadata.tags == ["raises-exception"]


def test_changed_cells_that_leave_the_course_stay(old, new):
    at(old, "show").source = "print(np.ones(3))"
    assert "print(np.ones(3))" in texts(merged(old, new))


def test_a_new_stub_is_shown_below_the_answer(old, new):
    at(old, "W-cosine-answer").source = ANSWER
    at(new, "W-cosine-answer").source = "def cosine(u, v, axis):\n    raise NotImplementedError"
    made = merged(old, stamped(new))
    here = ids(made).index("W-cosine-answer")
    assert made.cells[here].source == ANSWER
    assert "def cosine(u, v, axis)" in made.cells[here + 1].source
    untouched = merged(first_release(), new)
    assert "axis" in at(untouched, "W-cosine-answer").source and len(untouched.cells) == len(
        new.cells
    )


def test_an_edited_check_is_the_courses_again(old, new):
    at(old, "W-cosine").source = "print('passed')"
    made = merged(old, new)
    assert at(made, "W-cosine").source == 'check("W-cosine", cosine)'
    assert "print('passed')" in texts(made)


def moved(notebook):
    notebook.cells.insert(0, notebook.cells.pop(5))


def deleted(notebook):
    notebook.cells = [cell for cell in notebook.cells if cell.id in ("W-cosine-answer", "top")]


def copied(notebook):
    """As Lab pastes a cell: the grade id comes along, the cell id does not."""
    twin = copy.deepcopy(at(notebook, "W-cosine-answer"))
    twin.id = "abc"
    twin.source = "def cosine(u, v):\n    return 41"
    notebook.cells.insert(2, twin)


def retyped(notebook):
    cell = at(notebook, "W-cosine-answer")
    notebook.cells[notebook.cells.index(cell)] = PROSE(
        cell.source, id=cell.id, metadata=cell.metadata
    )


def stripped(notebook):
    notebook.metadata.clear()
    for i, cell in enumerate(notebook.cells):
        cell.metadata.clear()
        cell.id = f"c{i}"


@pytest.mark.parametrize("mishap", [moved, deleted, copied, retyped, stripped])
def test_answers_are_found_after(mishap, old, new):
    at(old, "W-cosine-answer").source = ANSWER
    mishap(old)
    before = texts(old)
    made = merged(old, new)
    assert at(made, "W-cosine-answer").source == ANSWER
    assert at(made, "W-cosine-answer").cell_type == "code"
    assert [i for i in ids(made) if i in ids(new)] == ids(new)
    assert ANSWER in before and before.count("def cosine(u, v):\n    return 41") == texts(
        made
    ).count("def cosine(u, v):\n    return 41")


def test_ids_that_move_on_do_not_mix_cells_up(old):
    """Ids count within a section: a cell put in gives the ones behind it other ids."""
    old.cells[2:4] = [PROSE("First.", id="part"), PROSE("Second.", id="part-2")]
    stamped(old)
    release = copy.deepcopy(old)
    release.cells[2:4] = [
        PROSE("Opening.", id="part"),
        PROSE("First.", id="part-2"),
        PROSE("Second.", id="part-3"),
    ]
    at(old, "part-2").source = "Second, my way."
    assert texts(merged(old, stamped(release)))[2:5] == ["Opening.", "First.", "Second, my way."]


def test_the_learners_kernel_and_view_stay(old, new):
    old.metadata["kernelspec"] = {"name": "my-env", "display_name": "Mine"}
    at(old, "setup").metadata["collapsed"] = True
    made = merged(old, new)
    assert made.metadata.kernelspec.name == "my-env"
    assert at(made, "setup").metadata.collapsed
    assert read_stamp(made) == read_stamp(new)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_no_text_of_the_learners_is_lost(seed):
    """Random releases, random edits: whatever the learner wrote is in the merged notebook."""
    draw = random.Random(seed)
    learner, release = first_release(), first_release()
    for _ in range(draw.randrange(6)):
        _release_changes(draw, release)
    stamped(release)
    written = []
    for step in range(draw.randrange(1, 8)):
        _learner_changes(draw, learner, f"mine {step}", written)
    if draw.random() < 0.2:
        del learner.metadata[KEY]
    made = merged(learner, release)
    left = texts(learner)
    for text in written:
        assert left.count(text) <= sum(text == other for other in texts(made)), text
    places = [cell.id for cell in made.cells if cell.id in ids(release)]
    assert places == ids(release)
    for cell in made.cells:
        if kinds(cell) == "check":
            assert cell.source == at(release, cell.id).source
    assert merged(made, release) == made
    assert merged(learner, release) == made


def _release_changes(draw, release):
    i = draw.randrange(len(release.cells))
    cell = release.cells[i]
    change = draw.choice(["reword", "insert", "remove", "reorder"])
    if change == "reword":
        cell.source += f"\n# release {draw.randrange(100)}"
    elif change == "insert":
        release.cells.insert(i, draw.choice([CODE, PROSE])("inserted", id=f"n{len(release.cells)}"))
    elif change == "remove" and len(release.cells) > 3:
        del release.cells[i]
    elif change == "reorder":
        release.cells.append(release.cells.pop(i))
    for number, other in enumerate(release.cells):
        if other.id.startswith("n") and other.id[1:].isdigit():
            other.id = f"n{number}"


def _learner_changes(draw, learner, text, written):
    i = draw.randrange(len(learner.cells))
    cell = learner.cells[i]
    change = draw.choice(["edit", "edit", "add", "copy", "delete", "move", "retype", "strip"])
    if change == "edit":
        cell.source = text if draw.random() < 0.5 else f"{cell.source}\n{text}"
        written.append(cell.source)
    elif change == "add":
        learner.cells.insert(i, draw.choice([CODE, PROSE])(text))
        written.append(text)
    elif change == "copy":
        twin = copy.deepcopy(cell)
        twin.id = f"twin-{text[-1]}"
        learner.cells.insert(draw.randrange(len(learner.cells)), twin)
    elif change == "delete" and len(learner.cells) > 2:
        del learner.cells[i]
    elif change == "move":
        learner.cells.insert(draw.randrange(len(learner.cells)), learner.cells.pop(i))
    elif change == "retype":
        kind = PROSE if cell.cell_type == "code" else CODE
        learner.cells[i] = kind(cell.source, id=cell.id, metadata=cell.metadata)
    elif change == "strip":
        cell.metadata.clear()


# Through files: the copies in work/.


def save(notebook, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_bytes(notebook))
    return path


@pytest.fixture
def course(small_course, start, old):
    """A course whose release is stamped, with the learner's copy of it."""
    save(old, start.release)
    make_copies(small_course)
    return small_course


def run(*args, **more):
    return subprocess.run(
        [sys.executable, "-m", "course", *args],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **more},
    )


def test_a_copy_that_is_up_to_date_is_not_touched(course, start):
    before = start.own_copy.read_bytes()
    assert before == start.release.read_bytes()
    assert update(start.own_copy, start).state == "current"
    assert start.own_copy.read_bytes() == before
    assert not (start.own_copy.parent / "backups").exists()
    assert behind(course) == [] and news(course) == []


def test_an_older_copy_is_brought_up_to_date_once(course, start, new):
    notebook = read_notebook(start.own_copy)
    at(notebook, "W-cosine-answer").source = ANSWER
    save(notebook, start.own_copy)
    before = start.own_copy.read_bytes()
    save(new, start.release)
    assert behind(course) == [start.own_copy]
    assert news(course) == [
        "older than the course: work/00_start_here/00_start_here.ipynb; "
        "`course update` keeps your work"
    ]
    done = run("update")
    assert done.returncode == 0 and "1 answer and 0 other cells of yours" in done.stdout
    after = start.own_copy.read_bytes()
    assert (start.own_copy.parent / "backups" / "00_start_here-1.ipynb").read_bytes() == before
    made = read_notebook(start.own_copy)
    assert at(made, "W-cosine-answer").source == ANSWER and ids(made) == ids(new)
    again = run("update", "00")
    assert again.returncode == 0 and "nothing to bring up to date" in again.stdout
    assert start.own_copy.read_bytes() == after
    assert len(list((start.own_copy.parent / "backups").iterdir())) == 1
    assert not [p for p in start.own_copy.parent.iterdir() if p.name.startswith(".")]


def test_renamed_and_moved_copies_are_found_and_backups_are_not(course, start, new):
    other = course.root / "work" / "mine" / "vectors.ipynb"
    other.parent.mkdir()
    os.replace(start.own_copy, other)
    save(new, start.release)
    assert [path for path, _ in own_copies(course)] == [other]
    assert run("update").returncode == 0
    assert [path for path, _ in own_copies(course)] == [other] and behind(course) == []
    assert ids(read_notebook(other)) == ids(new)


def test_a_damaged_copy_is_left_alone_and_the_rest_is_done(course, start, new):
    other = save(read_notebook(start.own_copy), start.own_copy.with_name("other.ipynb"))
    start.own_copy.write_text("{ my only copy", encoding="utf-8")
    save(new, start.release)
    done = run("update")
    assert done.returncode == 1
    assert done.stderr.startswith("course: work/00_start_here/00_start_here.ipynb is damaged")
    assert start.own_copy.read_text(encoding="utf-8") == "{ my only copy"
    assert ids(read_notebook(other)) == ids(new)


def test_a_copy_that_cannot_be_read_or_written_is_told_apart(course, start, new, monkeypatch):
    save(new, start.release)
    before = start.own_copy.read_bytes()

    def refused(*args, **more):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("course.update.tempfile.mkstemp", refused)
        said = update(start.own_copy, start).said
    assert said == "cannot be written: Permission denied; nothing was changed"
    with monkeypatch.context() as patched:
        patched.setattr("course.update.Path.read_bytes", refused)
        assert update(start.own_copy, start).said == "cannot be read: Permission denied"
    assert start.own_copy.read_bytes() == before


def test_every_failure_has_a_line_and_is_not_called_up_to_date(course, start):
    start.own_copy.write_text("{", encoding="utf-8")
    start.release.unlink()
    other = start.own_copy.with_name("other.ipynb")
    save(stamped(first_release()), other)
    done = run("update")
    assert done.returncode == 1 and "nothing to bring" not in done.stdout
    lines = done.stderr.splitlines()
    assert len(lines) == 2 and all(line.startswith("course: work/00_start_here/") for line in lines)
    assert "missing or damaged" in lines[1] and "git checkout HEAD -- notebooks" in lines[1]


def test_a_copy_saved_meanwhile_is_left_alone(course, start, new, monkeypatch):
    save(new, start.release)
    copymode = "course.update.shutil.copymode"
    monkeypatch.setattr(copymode, lambda path, part: path.write_text("just saved"))
    outcome = update(start.own_copy, start)
    assert outcome.state == "left alone"
    assert outcome.said == "was saved meanwhile: run course update again"
    assert start.own_copy.read_text() == "just saved"
    left = {path.name for path in start.own_copy.parent.rglob("*")}
    assert left == {start.own_copy.name, "backups"}


def test_a_release_with_both_sides_of_a_merge(course, start):
    text = start.release.read_text(encoding="utf-8")
    start.release.write_text(f"<<<<<<< HEAD\n{text}\n=======\n>>>>>>> x\n".replace("{", "<", 1))
    said = "git checkout HEAD -- notebooks"
    assert any(said in line for line in news(course))
    done = run("update")
    assert done.returncode == 1 and said in done.stderr and done.stderr.count("\n") == 1
    start.own_copy.unlink()
    assert make_copies(course) == []


def test_work_in_the_notebooks_folder_is_copied_once(course, start, new):
    edited = read_notebook(start.release)
    at(edited, "W-cosine-answer").source = ANSWER
    save(edited, start.release)
    assert is_edited(edited)
    (made,) = make_copies(course)
    assert made.name == "00_start_here-from-notebooks-1.ipynb"
    assert at(read_notebook(made), "W-cosine-answer").source == ANSWER
    assert f"which is in work/00_start_here/{made.name} now" in news(course)[0]
    assert "git checkout HEAD -- notebooks" in news(course)[0]
    going_on = read_notebook(made)
    at(going_on, "theory").source = "more notes"
    save(going_on, made)
    assert make_copies(course) == []
    # After the pull: the copy knows what it came from.
    save(new, start.release)
    assert run("update").returncode == 0
    assert at(read_notebook(made), "W-cosine-answer").source == ANSWER
    assert "more notes" in texts(read_notebook(made))


def test_work_in_the_notebooks_folder_becomes_the_copy_where_there_is_none(course, start):
    start.own_copy.unlink()
    edited = read_notebook(start.release)
    at(edited, "W-written").source = "My answer."
    save(edited, start.release)
    assert make_copies(course) == [start.own_copy]
    assert at(read_notebook(start.own_copy), "W-written").source == "My answer."
    assert make_copies(course) == []


def test_half_a_character_survives(course, start, new):
    text = json.loads(start.own_copy.read_text(encoding="utf-8"))
    text["cells"].append({"cell_type": "raw", "id": "x", "metadata": {}, "source": "\ud800"})
    start.own_copy.write_text(json.dumps(text), encoding="ascii")
    save(new, start.release)
    assert update(start.own_copy, start).state == "updated"
    assert texts(read_notebook(start.own_copy))[-2:] == ["\ud800", "The end."]


def test_update_without_copies(small_course, start):
    done = run("update")
    assert done.returncode == 1 and "run course lab first" in done.stderr


def test_fingerprints_forget_white_space_at_line_ends():
    assert fingerprint("a  \nb\n") == fingerprint("a\nb") != fingerprint("a\n b")


def test_a_copy_without_a_stamp_counts_as_older(course, start):
    notebook = read_notebook(start.own_copy)
    del notebook.metadata[KEY]
    save(notebook, start.own_copy)
    assert behind(course) == [start.own_copy]
    assert update(start.own_copy, start).state == "updated" and behind(course) == []
    start.own_copy.write_text("{", encoding="utf-8")
    assert behind(course) == []
