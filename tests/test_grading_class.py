"""A class's run: what is kept, what is graded again, what reaches the gradebook."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from nbgrader.api import Gradebook

from course.errors import CourseError
from course.grading import classroom
from course.grading.classroom import Settings, grade_class, submissions
from course.grading.feedback import standing
from course.grading.gradebooks import merge, register
from course.grading.kept import kept_reason
from course.grading.sandbox import why_not
from course.grading.teacher import gradebook_url, late_policy
from course.grading.warm import start_server
from course.grading.workers import grade_all
from tests.support.graded import WRITTEN, add_written, hand_in, outcome_of, verdict

CLASS = ["ada", "bob", "eve", "kim"]


@pytest.fixture(scope="module")
def template(module_course):
    """A course whose start page has a written question, and a gradebook that knows it."""
    lesson = module_course.lesson("00")
    add_written(lesson)
    for student in CLASS:
        hand_in(lesson, student)
    register(
        f"sqlite:///{module_course.root / 'gradebook.db'}",
        lesson.name,
        nbformat.read(lesson.solution, as_version=4),
    )
    return module_course


@pytest.fixture
def klass(template, tmp_path, monkeypatch):
    """A copy of it for one test."""
    root = tmp_path / "class"
    shutil.copytree(template.root, root)
    # What only kernels need, and what is the same for all tests.
    monkeypatch.setattr(classroom, "make_desk", lambda folder, calls: None)
    monkeypatch.setattr(classroom, "register", lambda *args: None)
    monkeypatch.setattr(
        classroom,
        "empty_gradebook",
        lambda path, *args: path.write_bytes(b"made up") and None,
    )
    return type(template)(root.resolve())


class Grader:
    """Stands in for the processes; notes whom it graded."""

    def __init__(self, stop_after=None, **made):
        self.seen, self.stop_after, self.made = [], stop_after, made

    def __call__(self, tasks, jobs, modules=()):
        for task in tasks:
            if len(self.seen) == self.stop_after:
                raise KeyboardInterrupt
            self.seen.append(task.student)
            yield outcome_of(task, autograded="{}", **self.made.get(task.student, {}))


def run(klass, grader, students=None, **settings):
    told = []
    chosen = submissions(klass, [klass.lesson("00")], students)
    how = Settings(1, url(klass), limits=None, **settings)
    outcomes = grade_class(chosen, how, lambda o, new: told.append((o.student, new)), grader)
    return outcomes, told


def url(klass):
    return f"sqlite:///{klass.root / 'gradebook.db'}"


def scores(klass):
    with Gradebook(url(klass)) as book:
        found = book.assignment_submissions("00_start_here")
        return {submission.student.id: submission.score for submission in found}


def written(klass, student, change=None):
    """Return (and change first) a written answer's score and whether a person must look."""
    with Gradebook(url(klass)) as book:
        grade = book.find_grade(WRITTEN, "00_start_here", "00_start_here", student)
        if change is not None:
            grade.manual_score, grade.needs_manual_grade = change, False
            book.db.commit()
        return grade.score, grade.needs_manual_grade


def test_a_stopped_run_goes_on_where_it_was(klass):
    first, second, third = Grader(stop_after=2), Grader(), Grader()
    with pytest.raises(KeyboardInterrupt):
        run(klass, first)
    assert scores(klass) == {"ada": 2, "bob": 2}  # Nothing done is lost ...
    outcomes, told = run(klass, second)
    assert first.seen + second.seen == CLASS  # ... or done twice.
    assert [(o.student, o.state) for o in outcomes] == [(name, "graded") for name in CLASS]
    assert sorted(told) == [("ada", False), ("bob", False), ("eve", True), ("kim", True)]
    assert scores(klass) == dict.fromkeys(CLASS, 2)
    run(klass, third)
    assert third.seen == []


def test_what_was_kept_but_not_merged_is_merged_next_time(klass, monkeypatch):
    def full_disk(*args):
        raise CourseError("the gradebook cannot be written: disk full")

    with monkeypatch.context() as patch:
        patch.setattr(classroom, "merge", full_disk)
        with pytest.raises(CourseError, match="disk full"):
            run(klass, Grader())
    assert scores(klass) == {}
    again = Grader()
    run(klass, again)
    assert again.seen == [] and scores(klass) == dict.fromkeys(CLASS, 2)


def test_a_lost_gradebook_is_filled_again_without_grading(klass, template):
    run(klass, Grader())
    shutil.copy(template.root / "gradebook.db", klass.root)
    again = Grader()
    run(klass, again)
    assert again.seen == [] and scores(klass) == dict.fromkeys(CLASS, 2)


def test_only_what_changed_is_graded_again(klass):
    run(klass, Grader())
    hand_in(klass.lesson("00"), "bob", W_cosine_answer="def cosine(u, v):\n    return 1")
    lower = {"bob": {"cosine": verdict("W-cosine")}}
    again = Grader(**lower)
    run(klass, again)
    assert again.seen == ["bob"] and scores(klass)["bob"] == 1
    other = Grader(**lower)
    run(klass, other, timeout=7.0)
    assert other.seen == CLASS  # Under other limits the result may be another.
    forced = Grader(**lower)
    run(klass, forced, students=["eve"], timeout=7.0, force=True)
    assert forced.seen == ["eve"]


def test_a_damaged_or_missing_file_of_the_last_run_means_grading_again(klass):
    run(klass, Grader())
    kept = klass.root / "build" / "grading" / "00_start_here"
    (kept / "ada.json").write_text("{", encoding="utf-8")
    (kept / "bob.json").write_text("[]", encoding="utf-8")
    (klass.root / "autograded" / "eve" / "00_start_here" / "00_start_here.ipynb").unlink()
    again = Grader()
    run(klass, again)
    assert again.seen == ["ada", "bob", "eve"]


def test_a_persons_score_survives_and_is_flagged_only_when_graded_anew(klass):
    run(klass, Grader())
    assert written(klass, "ada") == (0, True)
    assert written(klass, "ada", change=2.5) == (2.5, False)
    assert scores(klass)["ada"] == 4.5
    run(klass, Grader())  # Somebody else came late; nothing new of hers.
    assert written(klass, "ada") == (2.5, False)
    run(klass, Grader(), students=["ada"], force=True)
    assert written(klass, "ada") == (2.5, True)
    assert scores(klass)["ada"] == 4.5


def test_a_persons_score_is_not_flagged_when_the_answer_is_the_same(klass):
    one, two = ({"answers": {WRITTEN: digest}} for digest in ("one", "two"))
    run(klass, Grader(ada=one))
    written(klass, "ada", change=2.5)
    run(klass, Grader(ada=one), students=["ada"], force=True)
    assert written(klass, "ada") == (2.5, False)
    run(klass, Grader(ada=two), students=["ada"], force=True)
    assert written(klass, "ada") == (2.5, True)
    run(klass, Grader(ada=two), students=["ada"], force=True)
    assert written(klass, "ada") == (2.5, True)
    assert standing(url(klass), "00_start_here", "ada").waiting == 1


def test_the_gradebooks_students_keep_their_names(klass):
    with Gradebook(url(klass)) as book:
        book.add_student("ada", first_name="Ada", last_name="Lovelace", email="ada@example.org")
        book.add_student("zoe", first_name="Zoe")
    run(klass, Grader())
    with Gradebook(url(klass)) as book:
        ada = book.find_student("ada")
        assert (ada.first_name, ada.last_name, ada.email) == (
            "Ada",
            "Lovelace",
            "ada@example.org",
        )
        assert {student.id for student in book.students} == {*CLASS, "zoe"}


def test_lateness_and_time_of_handing_in_are_merged(klass):
    stamp = klass.root / "submitted" / "ada" / "00_start_here" / "timestamp.txt"
    stamp.write_text("2030-01-02 03:04:05 UTC\n", encoding="utf-8")
    grader = Grader(ada={"penalty": 0.5})
    run(klass, grader)
    assert (klass.root / "autograded/ada/00_start_here/timestamp.txt").read_text() == (
        stamp.read_text()
    )
    with Gradebook(url(klass)) as book:
        submission = book.find_submission("00_start_here", "ada")
        assert submission.late_submission_penalty == 0.5
        assert submission.score == 2  # nbgrader takes the penalty off where it shows a total.


def test_several_merges_give_the_same(klass):
    grades = outcome_of(submissions(klass, [klass.lesson("00")])[0]).grades
    for changed in (list(grades.scores), [], list(grades.scores)):
        merge(url(klass), "00_start_here", [("ada", grades, changed)])
    assert scores(klass) == {"ada": 2}


def test_an_unreadable_submission_stops_nobody(klass):
    folder = klass.root / "submitted" / "bob" / "00_start_here"
    (folder / "00_start_here.ipynb").write_bytes(b"")
    os.truncate(folder / "00_start_here.ipynb", 100_000_001)
    outcomes, told = run(klass, Grader())
    assert [o.state for o in outcomes] == ["graded", "unreadable", "graded", "graded"]
    assert "clear the outputs" in outcomes[1].message and ("bob", True) in told


def test_a_submission_that_goes_away_meanwhile_stops_nobody(klass, monkeypatch):
    real, seen = classroom.pack_submission, []

    def pack(folder):
        seen.append(folder)
        if len(seen) == len(CLASS) + 2:
            raise CourseError("the submission cannot be read: gone")
        return real(folder)

    monkeypatch.setattr(classroom, "pack_submission", pack)
    outcomes, _ = run(klass, Grader())
    assert [o.state for o in outcomes] == ["graded", "unreadable", "graded", "graded"]


def test_who_is_asked_for(klass):
    lesson = klass.lesson("00")
    with pytest.raises(CourseError, match="zoe handed in none of these lessons"):
        submissions(klass, [lesson], ["zoe"])
    os.symlink(klass.root / "submitted" / "ada", klass.root / "submitted" / "zoe")
    outcomes, _ = run(klass, Grader())
    assert [o.student for o in outcomes if o.state == "graded"] == CLASS
    assert "the folder is a link" in outcomes[-1].message and outcomes[-1].student == "zoe"
    shutil.rmtree(klass.root / "submitted")
    with pytest.raises(CourseError, match="nobody handed in 00_start_here: submissions belong in"):
        submissions(klass, [lesson])


def test_settings_of_the_teacher(tmp_path):
    config = tmp_path / "nbgrader_config.py"
    config.write_text("c = get_config()\n", encoding="utf-8")
    assert gradebook_url(tmp_path) == f"sqlite:///{tmp_path / 'gradebook.db'}"
    assert late_policy(tmp_path) == {}
    config.write_text(
        "from nbgrader.plugins import LateSubmissionPlugin\n"
        "c = get_config()\n"
        "c.CourseDirectory.db_url = 'postgresql://host/name'\n"
        "c.AssignLatePenalties.plugin_class = LateSubmissionPlugin\n"
        "c.ExportPlugin.to = 'x.csv'\n",
        encoding="utf-8",
    )
    assert gradebook_url(tmp_path) == "postgresql://host/name"
    named = "nbgrader.plugins.latesubmission.LateSubmissionPlugin"
    assert late_policy(tmp_path)["AssignLatePenalties"] == {"plugin_class": named}
    for text, says in (
        ("class Mine: pass\nget_config().LateSubmissionPlugin.kind = Mine", "class Mine into a"),
        ("get_config().x = 1 / 0", "cannot be read: ZeroDivisionError"),
        ("nonsense(", "cannot be read: SyntaxError"),
    ):
        config.write_text(text, encoding="utf-8")
        with pytest.raises(CourseError, match=says):
            late_policy(tmp_path)


# What the processes do: one dies, one hangs, one is honest.


def _by_name(sender, task):
    if task.student == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if task.student == "hangs":
        time.sleep(3600)
    sender.send(outcome_of(task))
    sender.close()


def made_up_task(student, budget=60.0):
    from course.grading.task import Task

    return Task("00_start_here", student, b"", "", "", b"", b"", None, budget=budget)


def test_a_process_that_dies_or_hangs_is_one_failed_outcome(monkeypatch):
    from course.grading import workers

    monkeypatch.setattr(workers, "_work", _by_name)
    students = ["ada", "dies", "bob", "hangs", "eve"]
    # The time for a process is 2 budgets and 120 s.
    tasks = [made_up_task(name, -57.0 if name == "hangs" else 60.0) for name in students]
    started = time.monotonic()
    found = {o.student: o for o in workers.grade_all(tasks, 2)}
    assert time.monotonic() - started < 60
    assert {name: o.state for name, o in found.items()} == {
        "ada": "graded",
        "bob": "graded",
        "eve": "graded",
        "dies": "failed",
        "hangs": "failed",
    }
    assert "died" in found["dies"].message and "too long" in found["hangs"].message


def test_giving_up_kills_what_runs(monkeypatch):
    from course.grading import workers

    monkeypatch.setattr(workers, "_work", _by_name)
    results = workers.grade_all([made_up_task("ada"), made_up_task("hangs")], 2)
    next(results)
    started = time.monotonic()
    results.close()
    assert time.monotonic() - started < 10


def test_rubbish_in_a_task_is_an_outcome():
    (outcome,) = grade_all([made_up_task("ada")], 1)
    assert outcome.state == "failed" and outcome.student == "ada"


def test_the_server_leaves_the_surroundings_as_they_were(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    before = dict(os.environ)
    start_server()
    assert dict(os.environ) == before


# The command itself.


def course(*args, **more):
    return subprocess.run(
        [sys.executable, "-m", "course", *args],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **more},
        timeout=300,
    )


def one_line(done):
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.startswith("course: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_nobody_handed_in(small_course):
    assert "nobody handed in 00_start_here" in one_line(course("grade", "00"))


def test_wrong_use_of_the_command(small_course, start):
    hand_in(start, "ada")
    assert "zoe handed in none" in one_line(course("grade", "00", "--student", "zoe"))
    for url in ("no url", "sqlite:////nowhere/at/all/gradebook.db"):
        said = one_line(course("grade", "00", "--no-sandbox", "--gradebook", url))
        assert "--gradebook wants a URL" in said or "the gradebook cannot be opened" in said
    assert not (small_course.root / "autograded").exists()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("no url", "wants a URL"),
        ("sqlite:////nowhere/at/all/gradebook.db", "unable to open database file"),
        ("sqlite:///{text}", "file is not a database"),
        ("postgresql+psycopg2://localhost:1/none", "cannot be opened"),
        ("nothing://localhost/none", "wants a URL"),
    ],
)
def test_a_gradebook_that_cannot_be_opened(tmp_path, url, says):
    text = tmp_path / "notes.txt"
    text.write_text("no gradebook at all, but long enough to be read as one", encoding="utf-8")
    with pytest.raises(CourseError, match=says) as caught:
        register(url.format(text=text), "00_start_here", None)
    assert "\n" not in str(caught.value)


def test_no_sandbox_is_refused_and_waived_with_a_warning(small_course, start):
    hand_in(start, "ada")
    programs = small_course.root / "programs"
    programs.mkdir()
    said = one_line(course("grade", "00", PATH=str(programs)))
    assert "there is no sandbox here: the program bwrap is missing" in said
    assert "add --no-sandbox" in said and not (small_course.root / "gradebook.db").exists()


@pytest.mark.slow
def test_without_a_sandbox_it_still_grades(small_course, start):
    hand_in(start, "ada", W_conclusions_answer='chosen_w = {"A", "C"}')
    folder = hand_in(start, "bad").folder
    (folder / "00_start_here.ipynb").write_text("{", encoding="utf-8")
    done = course("grade", "00", "--no-sandbox", "--jobs", "1")
    assert "No sandbox: submitted code runs with your own rights" in done.stdout
    assert "1 of 2" in done.stdout
    assert "not graded: bad, 00_start_here: 00_start_here.ipynb is damaged" in one_line(done)
    kept = json.loads((small_course.root / "build/grading/00_start_here/ada.json").read_text())
    assert kept["merged"] is True
    # The one that was bad is tried again, the other one is kept.
    assert "not graded: bad" in one_line(course("grade", "00", "--no-sandbox", "--jobs", "1"))
    assert course("feedback", "00").returncode == 0
    page = small_course.root / "feedback" / "bad" / "00_start_here" / "00_start_here.html"
    assert "is damaged" in page.read_text(encoding="utf-8")
    assert course("report", "00").returncode == 0
    report = small_course.root / "build" / "reports" / "00_start_here.html"
    assert "bad: 00_start_here.ipynb is damaged" in report.read_text(encoding="utf-8")


@pytest.mark.slow
def test_late_policy_of_the_teacher(small_course, start):
    config = small_course.root / "nbgrader_config.py"
    with config.open("a", encoding="utf-8") as file:
        file.write('\nget_config().LateSubmissionPlugin.penalty_method = "zero"\n')
    for student, day in (("early", 1), ("late", 3)):
        item = hand_in(start, student, W_conclusions_answer='chosen_w = {"A", "C"}')
        (item.folder / "timestamp.txt").write_text(f"2026-03-0{day} 12:00:00 UTC")
    url = gradebook_url(small_course.root)
    register(url, start.name, nbformat.read(start.solution, as_version=4))

    def scores(due):
        with Gradebook(url) as book:
            book.update_or_create_assignment(start.name, duedate=due)
        assert course("grade", "00", "--no-sandbox", "--jobs", "2").returncode == 0
        with Gradebook(url) as book:
            found = book.assignment_submissions(start.name)
            return {s.student.id: s.score - s.late_submission_penalty for s in found}

    full = scores(None)
    assert full["early"] == full["late"] > 0
    # Only the due date is another one now.
    assert scores("2026-03-02 12:00:00 UTC") == {"early": full["early"], "late": 0}


@pytest.mark.slow
def test_a_late_policy_that_fails_is_not_the_learners_fault(small_course, start):
    with (small_course.root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write('\nget_config().AssignLatePenalties.plugin_class = "fractions.Fraction"\n')
    item = hand_in(start, "late")
    (item.folder / "timestamp.txt").write_text("2026-03-03 12:00:00 UTC")
    url = gradebook_url(small_course.root)
    register(url, start.name, nbformat.read(start.solution, as_version=4))
    with Gradebook(url) as book:
        book.update_or_create_assignment(start.name, duedate="2026-03-02 12:00:00 UTC")
    done = course("grade", "00", "--no-sandbox")
    assert done.returncode == 1 and "Fraction" in done.stderr, done.stderr
    assert "could not be read" not in done.stderr
    assert kept_reason(item) is None


@pytest.mark.slow
@pytest.mark.skipif(why_not() is not None, reason=f"no sandbox: {why_not()}")
def test_ctrl_c_loses_nothing_and_says_little(small_course, start):
    hand_in(start, "ada", W_conclusions_answer='chosen_w = {"A", "C"}')
    hand_in(start, "bob", W_cosine_answer="import time\ntime.sleep(50)")
    # Where the tests run in a shell's background, programs would ignore the signal from the start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    running = subprocess.Popen(
        [sys.executable, "-m", "course", "grade", "00", "--jobs", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    kept = small_course.root / "build" / "grading" / "00_start_here" / "ada.json"
    until = time.monotonic() + 120
    while not kept.exists() and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(5)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode != 0 and "Traceback" not in said, said
    with Gradebook(f"sqlite:///{small_course.root / 'gradebook.db'}") as book:
        assert [s.student.id for s in book.assignment_submissions("00_start_here")] == ["ada"]
    before = kept.stat().st_mtime_ns
    assert course("grade", "00", "--student", "ada").returncode == 0
    assert kept.stat().st_mtime_ns == before
