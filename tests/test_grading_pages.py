"""A learner's feedback and the teacher's report: what they say, and what must never get in."""

import csv
import html.parser
import shutil

import nbformat
import numpy as np
import pytest

from course.errors import CourseError
from course.grading import screen
from course.grading.classreport import class_page, write_csv
from course.grading.feedback import ManualGrade, Standing, render, standing, write_feedback
from course.grading.gradebooks import register
from course.grading.statistics import analyse
from course.grading.task import Outcome
from course.grading.teacher import gradebook_url
from tests.support.graded import (
    ANSWER,
    WRITTEN,
    add_written,
    graded,
    hand_in,
    outcome_of,
    verdict,
)

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


class Tags(html.parser.HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def is_harmless(page):
    """No script, no handler, nothing from the network, and a policy that says so."""
    tags = Tags(page).tags
    assert not {tag for tag, _ in tags} & {"script", "iframe", "object", "embed", "link", "form"}
    for tag, attrs in tags:
        assert not [name for name in attrs if name.startswith("on")]
        assert tag != "a" and attrs.get("src", "data:").startswith("data:")
    policies = [a["content"] for _, a in tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1 and policies[0].startswith("default-src 'none'")
    assert "url(" not in page and "@import" not in page
    return True


@pytest.fixture(scope="module")
def lesson(module_course):
    lesson = module_course.lesson("00")
    add_written(lesson)
    return lesson


@pytest.fixture(scope="module")
def empty_book(tmp_path_factory, lesson):
    """A gradebook that knows the lesson and nobody; making one takes its time."""
    path = tmp_path_factory.mktemp("book") / "gradebook.db"
    register(f"sqlite:///{path}", lesson.name, nbformat.read(lesson.solution, as_version=4))
    return path


@pytest.fixture
def book(tmp_path, empty_book):
    """URL of a copy of it."""
    shutil.copy(empty_book, tmp_path)
    return f"sqlite:///{tmp_path / empty_book.name}"


def page_of(item, outcome, grades):
    solution = nbformat.read(item.lesson.solution, as_version=4)
    handed_in = nbformat.read(item.folder / f"{item.lesson.name}.ipynb", as_version=4)
    return render(outcome, solution, handed_in, Standing(grades))


def test_feedback_escapes_all_that_is_the_learners(lesson):
    item = hand_in(lesson, EVIL.replace("/", ""), W_cosine_answer=EVIL, W_why=EVIL)
    outcome = outcome_of(
        item, verdict("W-cosine", "wrong", f"came back {EVIL}", EVIL), repairs=[f"was {EVIL}"]
    )
    page = page_of(item, outcome, {WRITTEN: ManualGrade(1.0, 3.0, EVIL)})
    assert is_harmless(page) and "<script" not in page and "<img" not in page
    # Answer twice, message, misconception, repair, comment; and the name.
    assert Tags(page).text.count("alert(2)>") >= 6


def test_feedback_holds_no_hidden_test_and_no_model_answer(lesson):
    item = hand_in(lesson, "plain", W_cosine_answer=ANSWER)
    page = page_of(item, outcome_of(item), {})
    solution = nbformat.read(lesson.solution, as_version=4)
    hidden = [
        line
        for cell in solution.cells
        if cell.id in ("W-cosine", "W-conclusions")
        for line in cell.source.splitlines()
        if "check(" in line
    ]
    assert hidden and not [line for line in hidden if line.strip() in page]
    assert "seed=" not in page and "HIDDEN" not in page and "secret model answer" not in page
    assert "u @ v" in page


def test_feedback_says_what_is_right_wrong_and_next(lesson):
    item = hand_in(lesson, "mixed")
    outcome = outcome_of(
        item,
        verdict("W-cosine", "wrong", "the number is not right.", "dot product"),
        verdict("W-conclusions", "not attempted", "not attempted yet."),
    )
    text = " ".join(Tags(page_of(item, outcome, {})).text.split())
    assert "not right yet, 0 of 1 points" in text and "the number is not right." in text
    assert "dot product" in text and "Next: run the check" in text
    assert "not attempted, 0 of 1 points" in text and "Try it: about" in text
    assert "your own words not graded yet" in text


def test_feedback_shows_a_persons_score_and_comment_once_given(lesson, book, tmp_path):
    item = hand_in(lesson, "ada", W_why="Because.")
    outcome = graded(item, book, outcome_of(item), known=True)
    text = Tags(write_feedback(item, outcome, book).read_text(encoding="utf-8")).text
    assert "2 of 5 points; answers still to be read by a person: 1" in text

    give(book, lesson, "ada", 2.5, "Well put <b>.")
    page = write_feedback(item, outcome, book).read_text(encoding="utf-8")
    text = Tags(page).text
    assert "4.5 of 5 points" in text and "to be read" not in text
    assert "2.5 of 3 points" in text and "Comment: Well put <b>." in text
    assert is_harmless(page)


def give(book, lesson, student, score, comment=None):
    """Grade a written answer as Formgrader does."""
    from nbgrader.api import Gradebook

    with Gradebook(book) as gradebook:
        grade = gradebook.find_grade(WRITTEN, lesson.name, lesson.name, student)
        grade.manual_score, grade.needs_manual_grade = score, False
        found = gradebook.find_comment(WRITTEN, lesson.name, lesson.name, student)
        found.manual_comment = comment
        gradebook.db.commit()


def test_points_taken_off_for_lateness_are_said_and_counted(lesson, book, tmp_path):
    late = hand_in(lesson, "late")
    outcome = graded(late, book, outcome_of(late, written=0.0, penalty=1.5), known=True)
    page = write_feedback(late, outcome, book).read_text(encoding="utf-8")
    assert "0.5 of 5 points; 1.5 were taken off because it came late" in page
    later = hand_in(lesson, "later")
    graded(later, book, outcome_of(later, written=0.0, penalty=9.0), known=True)
    rows = table(write_csv(tmp_path, lesson, ["late", "later"], book)[1])
    assert rows[1:] == [["late", "0.5"], ["later", "0"]]


def test_release_feedback_finds_what_it_needs(lesson, book, tmp_path):
    sent, brought = hand_in(lesson, "sent"), hand_in(lesson, "brought")
    (sent.folder / "timestamp.txt").write_text("2030-01-02 03:04:05 UTC")
    (sent.folder / "submission_secret.txt").write_text("s3cret")
    (tmp_path / "passwords").write_text("not for learners")
    (brought.folder / "submission_secret.txt").symlink_to(tmp_path / "passwords")
    for item in (sent, brought):
        write_feedback(item, graded(item, book, outcome_of(item), known=True), book)
    folder = lesson.root / "feedback"
    assert (folder / "sent" / lesson.name / "timestamp.txt").read_text().startswith("2030")
    assert (folder / "sent" / lesson.name / "submission_secret.txt").read_text() == "s3cret"
    own = (folder / "brought" / lesson.name / "submission_secret.txt").read_text()
    assert len(own) > 30 and "not for learners" not in own


def test_feedback_without_grades_is_one_clear_line(lesson, book):
    item = hand_in(lesson, "nobody")
    with pytest.raises(CourseError, match="run course grade first"):
        write_feedback(item, outcome_of(item), book)
    with pytest.raises(CourseError, match="not in the gradebook, run course grade first"):
        standing(book, lesson.name, "nobody")


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_tables_for_an_lms(lesson, book, tmp_path):
    names = ["=cmd|' /C calc'!A0", "@sum", "-2+3", "bob, jr", "waits"]
    for name in names:
        item = hand_in(lesson, name.replace("/", "_"))
        graded(item, book, outcome_of(item, written=None if name == "waits" else 0.0), known=True)
    students = [name.replace("/", "_") for name in names]
    canvas, moodle = map(table, write_csv(tmp_path / "reports", lesson, students, book))
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", lesson.name]
    assert canvas[1][0].strip() == "Points Possible" and canvas[1][-1] == "5"
    for row in canvas[2:] + moodle[1:]:
        assert all(value[:1] not in ("=", "+", "-", "@") for value in row)
    assert [row[-1] for row in canvas[2:]] == ["2", "2", "2", "2", ""]
    assert moodle[0] == ["username", lesson.name] and moodle[-1] == ["waits", ""]
    assert moodle[-2] == ["bob, jr", "2"]


def made_up(rows):
    """Outcomes of two exercises and a third from rows of points; -1 is not attempted."""
    found = []
    for number, row in enumerate(rows):
        verdicts = [
            verdict(check, {1: "passed", 0: "wrong", -1: "not attempted"}[points])
            for check, points in zip("ABC", row, strict=True)
        ]
        found.append(Outcome("00_start_here", f"s{number}", "graded", verdicts=verdicts))
    return found


def test_difficulty_and_discrimination_by_hand():
    # Points of A: 1 1 0 0, the rest: 2 1 1 0. Means 1/2 and 1, so the covariance is
    # (1 + 0 + 0 + 1) / 2 / 4 = 1/4; deviations 1/2 and sqrt(1/2): 1/4 / (1/2 * 0.7071) = 0.7071.
    items = analyse(made_up([(1, 1, 1), (1, 0, 1), (0, 0, 1), (0, -1, -1)]))
    one, two, three = items
    assert (one.right, one.wrong, one.not_attempted, one.difficulty) == (2, 2, 0, 0.5)
    assert one.discrimination == pytest.approx(np.sqrt(0.5))
    assert (two.right, two.wrong, two.not_attempted) == (1, 2, 1) and two.difficulty == 0.25
    # B: 1 0 0 0, the rest: 2 2 1 0; covariance 0.75 * 0.75 / 4 + ... = 0.1875.
    assert two.discrimination == pytest.approx(0.1875 / (np.sqrt(0.1875) * np.sqrt(0.6875)))
    assert three.difficulty == 0.75


def test_discrimination_is_left_out_where_nothing_varies():
    assert all(item.discrimination is None for item in analyse(made_up([(1, 1, 1)] * 4)))
    assert all(item.discrimination is None for item in analyse(made_up([(1, 0, 1), (0, 1, 0)])))
    assert analyse([]) == []


def test_misconceptions_are_counted(lesson):
    held = ["dot product", "dot product", "cosine distance", None]
    outcomes = [
        Outcome("l", f"s{i}", "graded", verdicts=[verdict("A", misconception=name)])
        for i, name in enumerate(held)
    ]
    assert analyse(outcomes)[0].misconceptions == (("dot product", 2), ("cosine distance", 1))


def test_report_is_one_harmless_page(lesson, book, tmp_path):
    rows = []
    for number in range(4):
        item = hand_in(lesson, f"r{number}<b>", W_cosine_answer=ANSWER)
        wrong = verdict("W-cosine", "wrong", EVIL, "dot <i>product")
        rows.append((item, outcome_of(item, wrong if number else None, repairs=[EVIL])))
        graded(*rows[-1][:1], book, rows[-1][1], known=True)
    page = class_page(lesson, rows, [("lost<b>", EVIL)])
    assert is_harmless(page) and "<script" not in page and "<b>" not in page
    assert page.count('src="data:image/png;base64,') == 2
    text = " ".join(Tags(page).text.split())
    assert "dot <i>product (3)" in text and f"lost<b>: {EVIL}" in text
    assert "4 graded, mean 1.2 of 2 points for checked exercises, median 1" in text


def test_report_of_nothing_and_of_an_older_lesson(small_course):
    lesson = small_course.lesson("00")
    item = hand_in(lesson, "ada")
    with pytest.raises(CourseError, match="nothing is graded yet: run course grade first"):
        list(screen.report(small_course, [lesson], None))
    book = gradebook_url(small_course.root)
    outcome = outcome_of(item)
    del outcome.grades.scores[WRITTEN], outcome.grades.comments[WRITTEN]
    graded(item, book, outcome)
    with pytest.raises(CourseError, match="no gradebook .*none.db: run course grade"):
        list(screen.report(small_course, [lesson], f"sqlite:///{small_course.root}/none.db"))
    assert not (small_course.root / "none.db").exists()
    (small_course.root / "submitted" / "lea" / "0_start_here").mkdir(parents=True)
    page, *tables = screen.report(small_course, [lesson], None)
    assert len(tables) == 2 and "lea: not handed in" in page.read_text(encoding="utf-8")
    # An exercise is new since: what was graded before does not fit any more.
    outcome.verdicts.pop()
    graded(item, book, outcome)
    with pytest.raises(CourseError, match="nothing is graded yet"):
        list(screen.feedback(small_course, [lesson], [], None))
    item.graded_notebook.unlink()
    with pytest.raises(CourseError, match="nothing is graded yet"):
        list(screen.report(small_course, [lesson], None))
