"""Grading the learner's own notebook: what counts, what does not, what arrives broken."""

import io
import json
import os
import warnings

import nbformat
import pytest
from rich.console import Console

from course import check
from course.check import grade, keep_progress, notebooks_to_grade, show
from course.errors import CourseError
from course.reading import read_notebook, read_with_repairs
from course.records import run_cells
from course.stamp import KEY
from course.submission import plan
from course.verdicts import judge

RIGHT = "def cosine(u, v):\n    return (u / (u @ u) ** 0.5) @ (v / (v @ v) ** 0.5)"
CHOICE = 'chosen_w = {"C", "A"}'


@pytest.fixture
def solution(start):
    return nbformat.read(start.solution, as_version=4)


@pytest.fixture
def learner(start):
    """The release with both exercises solved."""
    notebook = nbformat.read(start.release, as_version=4)
    cell(notebook, "W-cosine-answer").source = RIGHT
    cell(notebook, "W-conclusions-answer").source = CHOICE
    return notebook


def cell(notebook, cell_id):
    return next(c for c in notebook.cells if c.id == cell_id)


def drop(notebook, *cell_ids):
    notebook.cells = [c for c in notebook.cells if c.id not in cell_ids]


def own(source):
    return nbformat.v4.new_code_cell(source)


def save(notebook, start, name=None):
    path = start.own_copy.with_name(name or start.own_copy.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # About copied cells.
        nbformat.write(notebook, path)
    return path


def graded(notebook, start, small_course, **options):
    report = grade(small_course, save(notebook, start), **options)
    return {v.check: (v.state, v.points) for v in report.verdicts}, report


ALL = {"W-cosine": ("passed", 1), "W-conclusions": ("passed", 1)}


def sources(planned):
    return [c.source for c in planned.cells]


def test_right_answers_earn_their_points(learner, start, small_course):
    assert graded(learner, start, small_course)[0] == ALL


def test_untouched_notebook_earns_nothing(start, small_course):
    notebook = nbformat.read(start.release, as_version=4)
    states, _ = graded(notebook, start, small_course)
    assert states == {"W-cosine": ("not attempted", 0), "W-conclusions": ("not attempted", 0)}


def shown(*reports):
    text = io.StringIO()
    show(list(reports), Console(file=text, width=120))
    return text.getvalue()


def no_kernel(*args):
    raise AssertionError("a kernel was started")


@pytest.mark.parametrize("stamped", [True, False])
def test_untouched_notebook_gets_one_line_and_no_kernel(start, small_course, monkeypatch, stamped):
    notebook = nbformat.read(start.release, as_version=4)
    cell(notebook, "W-measure").source += "\nmine = 1"  # No answer.
    if not stamped:
        del notebook.metadata[KEY]
    monkeypatch.setattr(check, "run_cells", no_kernel)
    report = grade(small_course, save(notebook, start))
    assert [v.max_points for v in report.verdicts] == [1, 1]
    line = "00_start_here: nothing tried yet (0 of 2 points)."
    assert shown(report) == f"{line} Next: W-cosine, about 2 minutes.\n"
    assert shown(report, report).count("Next:") == 1  # The way in, once.
    cell(notebook, "W-conclusions-answer").source = CHOICE
    with pytest.raises(AssertionError, match="kernel"):
        grade(small_course, save(notebook, start))


def test_without_stamp_and_release_it_is_run(start, small_course):
    notebook = nbformat.read(start.release, as_version=4)
    del notebook.metadata[KEY]
    start.release.unlink()
    report = grade(small_course, save(notebook, start))
    assert not report.tried and len(report.verdicts) == 2


def test_statements_to_think_over(learner, start, small_course):
    cell(learner, "W-conclusions-answer").source = 'chosen_w = {"A", "B"}'
    text = shown(graded(learner, start, small_course)[1])
    assert text.count("not right yet") == 1 and "2 of 4 to think over." in text
    assert "Next: W-conclusions. Run its check in the notebook: it says which letters" in text
    assert "smallest input" not in text


def test_what_stops_and_what_is_short(learner, start, small_course):
    cell(learner, "W-conclusions-answer").source = "chosen_w = ..."
    assert "about 1 minute." in shown(graded(learner, start, small_course)[1])
    cell(learner, "W-cosine-answer").source = "def cosine(u, v)"
    text = shown(graded(learner, start, small_course)[1])
    assert "Next: W-cosine. Run its cell and its check in the notebook: they show where" in text


def test_misconception_is_named_in_the_table(learner, start, small_course):
    cell(learner, "W-cosine-answer").source = "def cosine(u, v):\n    return float(u @ v)"
    states, report = graded(learner, start, small_course)
    assert states["W-cosine"] == ("wrong", 0)
    text = shown(report)
    assert "not right yet" in text and "it shows the smallest input" in text
    assert "plain dot product" in text and "[norms forgotten]" in text
    assert "1 of 2 points. Next: W-cosine." in text


def test_right_on_the_shown_inputs_only_earns_nothing(learner, start, small_course):
    cell(learner, "W-cosine-answer").source = (
        "def cosine(u, v):\n"
        "    if len(u) == 20 or u.dtype == 'float32' or len(u) == 1:\n"
        "        return 0.5\n"
        "    return float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)))"
    )
    assert graded(learner, start, small_course)[0]["W-cosine"] == ("wrong", 0)


def test_only_what_exercises_need_is_run(learner, solution):
    learner.cells.append(own("print('mine')"))
    text = "\n".join(sources(plan(learner, solution)))
    assert "shouted_cat" not in text and "sklearn" not in text
    assert "import numpy" in text and "mine" in text
    assert "shouted_cat" in "\n".join(sources(plan(learner, solution, full=True)))


def test_changed_demonstrations_are_run(learner, solution):
    cell(learner, "W-measure").source = "cat = np.ones(2)"
    assert "cat = np.ones(2)" in sources(plan(learner, solution))


def test_name_from_a_demonstration_makes_it_run_everything(learner, start, small_course):
    cell(learner, "W-cosine-answer").source = RIGHT.replace("return", "return 0 * cat[0] +")
    assert graded(learner, start, small_course)[0] == ALL


def edited_check(notebook):
    cell(notebook, "W-cosine").source = "print('passed')"


def deleted_checks(notebook):
    drop(notebook, "W-cosine", "W-conclusions")


def copied_cells(notebook):
    notebook.cells += [cell(notebook, i).copy() for i in ("W-cosine", "W-cosine-answer")]


def lost_setup(notebook):
    drop(notebook, "How-a-lesson-works-2")


def stripped_metadata(notebook):
    for i, item in enumerate(notebook.cells):
        item.metadata.clear()
        item["id"] = f"cell-{i}"


def shadowed_check(notebook):
    notebook.cells.insert(0, own("def check(*args, **kwargs):\n    print('right')"))


def answer_in_another_cell(notebook):
    cell(notebook, "W-cosine-answer").source = "# below"
    notebook.cells.append(own(RIGHT))
    drop(notebook, "W-cosine-answer")


def foreign_schema(notebook):
    for item in notebook.cells:
        if "nbgrader" in item.metadata:
            item.metadata.nbgrader.schema_version = 99


@pytest.mark.parametrize(
    "damage",
    [
        edited_check,
        deleted_checks,
        copied_cells,
        lost_setup,
        stripped_metadata,
        shadowed_check,
        answer_in_another_cell,
        foreign_schema,
    ],
)
def test_honest_learners_lose_nothing(damage, learner, start, small_course):
    damage(learner)
    assert graded(learner, start, small_course)[0] == ALL


def test_deleting_the_check_buys_nothing(learner, start, small_course):
    cell(learner, "W-cosine-answer").source = "def cosine(u, v):\n    return 1.0"
    drop(learner, "W-cosine")
    assert graded(learner, start, small_course)[0]["W-cosine"][1] == 0


def test_last_of_two_answers_counts(learner, solution):
    copy = cell(learner, "W-cosine-answer").copy()
    copy.source = "def cosine(u, v):\n    return 2"
    learner.cells.append(copy)
    planned = plan(learner, solution)
    assert len(planned.answers["W-cosine"]) == 2
    assert planned.checks["W-cosine"] == len(planned.cells) - 1
    assert sum('check("W-cosine"' in source for source in sources(planned)) == 1


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def cosine(u, v)\n    return 1", "its cell stops with SyntaxError"),
        ("raise ValueError('mine')", "its cell stops with ValueError: mine"),
        ("x = 1", "its check stops with NameError"),
    ],
)
def test_cell_that_does_not_run_is_explained(source, says, learner, start, small_course):
    cell(learner, "W-cosine-answer").source = source
    states, report = graded(learner, start, small_course)
    assert states == {"W-cosine": ("error", 0), "W-conclusions": ("passed", 1)}
    assert says in report.verdicts[0].message


def test_lost_answer_is_explained(learner, start, small_course):
    drop(learner, "W-cosine-answer")
    _, report = graded(learner, start, small_course)
    assert "no cell defines `cosine` any more" in report.verdicts[0].message


def test_endless_cell_loses_only_itself(learner, start, small_course):
    learner.cells.insert(0, own("while True:\n    pass"))
    assert graded(learner, start, small_course, timeout=2)[0] == ALL


def test_dead_kernel_loses_only_what_comes_after(learner, start, small_course):
    after = learner.cells.index(cell(learner, "W-cosine")) + 1
    learner.cells.insert(after, own("import os\nos._exit(3)"))
    states, report = graded(learner, start, small_course)
    assert states == {"W-cosine": ("passed", 1), "W-conclusions": ("error", 0)}
    assert "the kernel was lost before" in report.verdicts[1].message


@pytest.mark.slow
def test_kernel_that_ignores_interrupts_is_given_up():
    cells = [
        own("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"),
        own("print(1)"),
    ]
    run = run_cells(cells, timeout=2)
    assert run.ended_at == 0
    assert run.errors == {0: "stopped after 2 s"}


def test_records_with_other_seeds_buy_nothing(solution):
    calls = plan(solution, solution).calls["W-cosine"]
    run = [{"check": "W-cosine", "seed": 5, "hard": False, "records": []}]
    assert judge(calls, run) is None
    damaged = [
        {"check": c.check, "seed": c.seed, "hard": c.hard, "records": [{"outcome": 3}] * 7}
        for c in calls
    ]
    assert judge(calls, damaged).state == "error"


def broken_json(path):
    path.write_text('{"cells": [', encoding="utf-8")


def empty(path):
    path.write_text("", encoding="utf-8")


def cut(path):
    path.write_bytes(path.read_bytes()[:-400])


def merge(path):
    text = path.read_text(encoding="utf-8").replace(' "cells": [', '<<<<<<< HEAD\n "cells": [', 1)
    path.write_text(text, encoding="utf-8")


def a_pipe(path):
    path.unlink()
    os.mkfifo(path)


def no_cells(path):
    path.write_text('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', encoding="utf-8")


def a_list(path):
    path.write_text("[1, 2]", encoding="utf-8")


@pytest.mark.parametrize("damage", [broken_json, empty, cut, merge, no_cells, a_list, a_pipe])
def test_damaged_notebook_gets_one_line(damage, learner, start, small_course, capfd):
    path = save(learner, start)
    damage(path)
    with pytest.raises(CourseError) as caught:
        grade(small_course, path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def utf16(path):
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-16")


def format_five(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**data, "nbformat": 5}), encoding="utf-8")


def odd_marks(path):
    path.write_bytes(b"\xff\xfe\x00\x00" + path.read_text("utf-8").encode("utf-32-le"))


def no_mark(path):
    path.write_bytes(path.read_text("utf-8").encode("utf-16-be"))


def windows(path):
    text = path.read_text("utf-8").encode("ascii", "ignore").decode()
    path.write_bytes(text.replace("cosine(u, v):", "cosine(u, v):  # \u00fc", 1).encode("cp1252"))


def behind(path):
    path.write_text(path.read_text("utf-8") + "\n}\nnull", encoding="utf-8")


def odd_cells(path):
    data = json.loads(path.read_text("utf-8"))
    data["metadata"] = []
    data["cells"] += [7, {"cell_type": "code"}, {"cell_type": "code", "source": 3, "metadata": 4}]
    path.write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize(
    "damage", [utf16, format_five, odd_marks, no_mark, windows, behind, odd_cells]
)
def test_what_can_be_mended_costs_nothing(damage, learner, start, small_course):
    path = save(learner, start)
    damage(path)
    _, repairs = read_with_repairs(path)
    assert len(repairs) >= 1
    report = grade(small_course, path)
    assert {v.check: (v.state, v.points) for v in report.verdicts} == ALL


def test_merge_is_named(learner, start):
    path = save(learner, start)
    merge(path)
    with pytest.raises(CourseError, match="both sides of a merge"):
        read_notebook(path)


def test_byte_order_mark_and_old_format_are_read(learner, solution, start):
    path = save(learner, start)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_notebook(path).cells) == len(learner.cells)
    old = nbformat.convert(nbformat.from_dict(json.loads(json.dumps(learner))), 3)
    path.write_text(nbformat.v3.writes_json(old), encoding="utf-8")
    assert plan(read_notebook(path), solution).answers.keys() == {"W-cosine", "W-conclusions"}


def test_renamed_notebook_is_recognised(learner, start, small_course):
    path = save(learner, start, "my copy.ipynb")
    assert grade(small_course, path).lesson == start
    stranger = save(nbformat.v4.new_notebook(cells=[own("1")]), start, "other.ipynb")
    with pytest.raises(CourseError, match="belongs to no lesson"):
        grade(small_course, stranger)
    del learner.metadata[KEY]
    assert grade(small_course, save(learner, start, "no stamp.ipynb")).lesson == start
    # Headings are no exercises: other lessons have a part “Theory”, too.
    learner.cells = [c for c in learner.cells if "nbgrader" not in c.metadata]
    with pytest.raises(CourseError, match="belongs to no lesson"):
        grade(small_course, save(learner, start, "headings.ipynb"))


def test_all_copies_are_graded_and_the_best_answer_counts(
    learner, start, small_course, monkeypatch
):
    untouched = start.release.read_bytes()
    others = [
        save(learner, start, name)
        for name in ("00_start_here-from-notebooks-1.ipynb", "my copy.ipynb")
    ]
    start.own_copy.write_bytes(untouched)
    cell(learner, "W-cosine-answer").source = "def cosine(u, v):\n    return u @ v"
    save(learner, start, "my copy.ipynb")
    paths = notebooks_to_grade(small_course, ["00"])
    assert paths == notebooks_to_grade(small_course, []) and set(paths) == {
        start.own_copy,
        *others,
    }
    reports = [grade(small_course, path) for path in paths]
    text = shown(*reports)
    assert "00_start_here, work/00_start_here/my copy.ipynb\n" in text
    assert "00_start_here, work/00_start_here/00_start_here.ipynb: nothing tried yet" in text
    assert "All together: 2 of 2 points." in text
    monkeypatch.delenv("COURSE_PROGRESS", raising=False)
    assert keep_progress(small_course, reports) is None
    kept = json.loads((small_course.root / "work" / "progress.json").read_text("utf-8"))
    assert {kept["exercises"][name]["course check"]["last"] for name in ALL} == {"passed"}


def test_without_a_copy_it_is_said_what_is_graded(learner, start, small_course):
    start.own_copy.mkdir(parents=True)  # A folder of that name.
    (path,) = notebooks_to_grade(small_course, ["00"])
    said = "no copy of yours in work/: this is notebooks/00_start_here/00_start_here.ipynb"
    assert f"{said} as given out): nothing tried" in shown(grade(small_course, path))
    nbformat.write(learner, start.release)
    assert f"{said})\n" in shown(grade(small_course, path))


def test_own_copies_come_first(learner, start, small_course):
    assert notebooks_to_grade(small_course, []) == [start.release]
    path = save(learner, start)
    assert notebooks_to_grade(small_course, []) == [path]
    assert notebooks_to_grade(small_course, ["0"]) == [path]
    with pytest.raises(CourseError, match="there is no notebook nowhere.ipynb"):
        notebooks_to_grade(small_course, ["nowhere.ipynb"])
