"""Building: the source format, the gates, and what is left when a build fails."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from course import build as building
from course.build import as_bytes, build, differences
from course.cells import check_calls, kinds
from course.errors import CourseError
from course.execute import scrub
from course.gates import check_release
from course.layout import Course
from course.release import make_release
from course.source import read_lesson
from course.stamp import make_stamp

LESSONS = Course.find().lessons()


def edit(lesson, old, new):
    text = lesson.source.read_text(encoding="utf-8")
    assert old in text
    lesson.source.write_text(text.replace(old, new, 1), encoding="utf-8")


def read(lesson):
    return read_lesson(lesson.source, lesson.checks_module)


def state(lesson):
    return lesson.solution.read_bytes(), lesson.release.read_bytes()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_committed_notebooks_fit_their_sources(lesson):
    assert differences(lesson) is None


def test_release_is_a_notebook_to_work_in(start):
    release = nbformat.reads(make_release(start.name, read(start)).decode(), as_version=4)
    nbformat.validate(release)
    cells = {cell.id: cell for cell in release.cells}
    assert "raise NotImplementedError  # YOUR CODE HERE" in cells["W-cosine-answer"].source
    assert "linalg" not in cells["W-cosine-answer"].source
    assert cells["W-conclusions-answer"].source == "chosen_w = ..."
    assert cells["W-cosine"].source == 'check("W-cosine", cosine)'
    assert cells["W-cosine"].metadata.tags == ["raises-exception"]
    assert cells["W-cosine"].metadata.nbgrader.points == 1
    assert "`W-cosine` · ●○○ easy · 2 min · 1 point" in cells["W-cosine-task"].source
    assert release.metadata.pop("course") == make_stamp(start.name, release)
    assert release.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    }


def test_release_does_not_depend_on_outputs(start):
    executed = nbformat.read(start.solution, as_version=4)
    assert any(cell.get("outputs") for cell in executed.cells)
    assert make_release(start.name, executed) == make_release(start.name, read(start))


def test_solution_has_no_trace_of_the_machine(start):
    text = start.solution.read_text(encoding="utf-8")
    solution = json.loads(text)
    assert list(solution["metadata"]) == ["kernelspec"]
    assert str(start.root) not in text
    assert not any("execution" in cell["metadata"] for cell in solution["cells"])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('# %% check="W-cosine"', "# %% check=W-cosine", "this cell header is not understood"),
        ('# %% check="W-cosine"', '# %% chekc="W-cosine"', "unknown option 'chekc'"),
        ('# %% check="W-cosine"', '# %% check="W-other"', 'must be check("W-other"'),
        ('# %% solution="W-cosine"', "# %% [markdown]", "SOLUTION outside a cell with solution="),
        ("    ### END SOLUTION", "    ### END SOLUTIONS", "is no marker"),
        ("    ### END SOLUTION", "", "BEGIN SOLUTION has no END SOLUTION"),
        ("### BEGIN HIDDEN TESTS\n", "", "does not match the marker before it"),
        ('exercise="W-cosine"', 'exercise="W-sine"', "no check 'W-sine' in this lesson"),
        ("# ### Your first", "# ## Your first", "starts with a heading, ### Title"),
        ("seed=4211", "seed=2**12", "write seed= as a number"),
        ('check("W-conclusions", chosen_w)', "chosen_w", "a check cell holds only calls"),
        ('# %% check="W-conclusions"\ncheck("W-conclusions", chosen_w)', "", "no cell uses"),
        ('solution="W-conclusions"', 'solution="W-cosine"', "is used by two cells"),
        ('# %% tags=["setup"]', "# %% tags=['setup']", "double quotes"),
        ('# %% tags=["setup"]', '# %% points=3 tags=["setup"]', "points= is for written answers"),
        ('# %% tags=["setup"]', '# %% [markdown] written="W-w"', "needs its points"),
    ],
)
def test_mistakes_in_a_source_are_named(start, old, new, says):
    edit(start, old, new)
    with pytest.raises(CourseError) as caught:
        read(start)
    assert says in str(caught.value)
    assert start.source.name in str(caught.value)


def test_written_answers_are_cleared_and_graded_by_hand(start):
    answer = "The cosine forgets the length, which carries the frequency of a word."
    edit(
        start,
        "# %% [markdown]\n# ## Your score",
        f"""# %% [markdown] written="W-written" points=4
# {answer}

# %% [markdown]
# ## Your score""",
    )
    notebook = read(start)
    release = make_release(start.name, notebook)
    check_release(start.name, notebook, release)
    (cell,) = (c for c in nbformat.reads(release.decode(), 4).cells if c.id == "W-written")
    assert kinds(cell) == "written"
    assert answer not in cell.source and "Write your answer here" in cell.source
    assert cell.metadata.nbgrader.points == 4
    leaky = release.decode().replace("Write your answer here", answer).encode()
    with pytest.raises(CourseError, match="a secret of W-written"):
        check_release(start.name, notebook, leaky)


@pytest.mark.parametrize(
    ("put", "says"),
    [
        ("return float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)))", "a secret of W-cosine"),
        ('check("W-cosine", cosine, seed=4211, hard=True)', "a secret of W-cosine"),
        ('chosen_w = {"A", "C"}', "a secret of W-conclusions-answer"),
        ("cat and dog     : dot product   0.75, cosine  0.969", "a secret of W-lengths"),
        ("### BEGIN SOLUTION", "holds 'BEGIN SOLUTION'"),
    ],
)
def test_leaks_are_found(start, put, says):
    solution = nbformat.read(start.solution, as_version=4)
    release = nbformat.read(start.release, as_version=4)
    release.cells[0].source += f"\n\n  {put}"
    with pytest.raises(CourseError, match=says):
        check_release(start.name, solution, as_bytes(release))


def test_outputs_in_a_release_are_found(start):
    solution = nbformat.read(start.solution, as_version=4)
    release = nbformat.read(start.release, as_version=4)
    (cell,) = (c for c in release.cells if c.id == "W-measure")
    cell.execution_count = 2
    with pytest.raises(CourseError, match="holds the output of cell W-measure"):
        check_release(start.name, solution, as_bytes(release))


def test_a_solution_repeated_in_the_open_is_found(start):
    body = [f"total_{i} = np.sum(u[{i}:]) * {i}" for i in range(5)]
    indented = "\n".join(f"    {line}" for line in body)
    edit(start, "    return float(u @ v", f"{indented}\n    return float(u @ v")
    edit(start, "shouted_cat = 10 * cat", "u = cat\n" + "\n".join(body))
    notebook = read(start)
    with pytest.raises(CourseError, match="repeats the solution W-cosine-answer"):
        check_release(start.name, notebook, make_release(start.name, notebook))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("shouted_cat = 10 * cat", "shouted_cat = tiger", "W-measure: NameError: name 'tiger'"),
        (
            "shouted_cat = 10 * cat",
            "shouted_cat = 10 * cat\nnp.log(-1.0)",
            "cell W-measure: it writes to stderr.*invalid value encountered",
        ),
        ("shouted_cat = 10 * cat", "import os; os._exit(1)", "W-measure: the kernel died here"),
        ('chosen_w = {"A", "C"}', 'chosen_w = {"A"}', "W-conclusions: .*not right yet"),
        ("chosen_w = ...", 'chosen_w = {"B"}', "the stub of W-conclusions is 'wrong'"),
        ('# %% tags=["setup"]', "# %%", "the stub of W-cosine does not reach its check"),
    ],
)
def test_failing_builds_leave_the_last_one(start, old, new, says):
    before = state(start)
    edit(start, old, new)
    with pytest.raises(CourseError, match=says) as caught:
        build(start)
    assert "\n" not in str(caught.value)
    assert state(start) == before
    assert not (start.root / "build" / start.name).exists()


def test_full_disk_leaves_the_last_build(start, monkeypatch):
    before = state(start)
    edit(start, "Welcome.", "Welcome back.")
    written = []

    def full(path, content):
        written.append(path)
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        path.write_bytes(content)

    monkeypatch.setattr(building, "make", lambda *args: (b"solution", b"release"))
    monkeypatch.setattr(building, "_write", full)
    with pytest.raises(CourseError, match="cannot be written: No space left"):
        build(start)
    assert state(start) == before
    assert not written[0].exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_killed_build_leaves_the_last_one(start):
    before = state(start)
    edit(start, "shouted_cat = 10 * cat", "import time; time.sleep(100)")
    process = subprocess.Popen([sys.executable, "-m", "course", "build", start.name])
    folder = start.root / "build" / start.name
    for _ in range(200):
        if (folder).is_dir():
            break
        time.sleep(0.1)
    time.sleep(3)
    with pytest.raises(CourseError, match="is being built already"):
        build(start)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert state(start) == before
    assert folder.is_dir()
    edit(start, "import time; time.sleep(100)", "shouted_cat = 10 * cat")
    build(start)
    assert state(start) == before
    assert not folder.exists()


def test_build_puts_both_files_into_place(start):
    before = state(start)
    start.release.unlink()
    start.solution.unlink()
    assert build(start) == 8
    assert state(start) == before


def test_differences_name_the_place(start):
    assert differences(start) is None
    edit(start, "Welcome.", "Welcome back.")
    assert "solutions/00_start_here/00_start_here.ipynb differs" in differences(start)
    assert "cell Start-here (source)" in differences(start)
    start.solution.write_text("{", encoding="utf-8")
    assert "is damaged" in differences(start)
    start.solution.unlink()
    assert "is missing" in differences(start)


def test_edited_release_is_noticed(start):
    text = start.release.read_text(encoding="utf-8")
    start.release.write_text(text + " ", encoding="utf-8")
    assert "notebooks/00_start_here/00_start_here.ipynb differs" in differences(start)


def test_scrubbing_takes_addresses_and_live_widgets():
    output = nbformat.v4.new_output(
        "display_data",
        {
            "text/plain": "<function f at 0x7f01ab>",
            "application/vnd.jupyter.widget-view+json": {"model_id": "1f"},
        },
    )
    scrub(output)
    assert output.data == {"text/plain": "<function f at 0x…>"}


def test_check_calls_are_read_with_their_seeds():
    calls = check_calls('check("X-a", f)\ncheck("X-a", f, seed=7, hard=True)', "here")
    assert [(c.check, c.seed, c.hard) for c in calls] == [("X-a", 1, False), ("X-a", 7, True)]
