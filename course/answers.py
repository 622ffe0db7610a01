"""Model answers, shown a part at a time: what was asked, the hints, and then the answer."""

import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from rich.console import Console

from course.cells import kinds, solution_lines
from course.doctor.findings import some
from course.errors import CourseError
from course.layout import Course, Lesson
from course.reading import read_notebook, read_solution
from course.stamp import fingerprint
from course.update import given_out, own_copies
from helpers.checks import Conclusions, get

__all__ = ["Answer", "find_answer", "is_attempted", "show_answer"]

_ASKED = re.compile(r'^# %%.* (?:solution|written)="([^"]+)"', re.MULTILINE)
_FOLDED = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
_TAG = re.compile(r"</?(details|summary|kbd|p|br)\b[^>]*>")


@dataclass(frozen=True)
class Answer:
    """The model answer to one exercise or written question.

    Attributes
    ----------
    lesson : Lesson
        Where it is asked.
    grade_id : str
        Id of the cell in which the learner answers.
    before : list of (str, str)
        Title and text of what helps without giving the answer: the rubric, or the hints.
    model : list of (str, str)
        The answer itself, in parts.
    """

    lesson: Lesson
    grade_id: str
    before: list[tuple[str, str]]
    model: list[tuple[str, str]]


def find_answer(course: Course, name: str) -> Answer:
    """Find the model answer of an exercise (``X-alias``) or a question (``Q01-written``, ``Q01``).

    Raises
    ------
    CourseError
        When there is none of this name, or its lesson cannot be read.
    """
    wanted = re.sub(r"^q(?=\d(\D|$))", "q0", name.strip().lower())
    known: list[str] = []
    for lesson in course.lessons():
        # The source names them all: only one notebook has to be read.
        for exercise in _ASKED.findall(lesson.source.read_text(encoding="utf-8")):
            if wanted in (exercise.lower(), exercise.removesuffix("-written").lower()):
                return _answer(lesson, exercise)
            known.append(exercise)
    start = wanted.split("-")[0]
    near = [each for each in known if each.lower().startswith(start)] if start else []
    if near:
        raise CourseError(f"there is no exercise {name!r}: there are {some(near, 8)}")
    raise CourseError(
        f"there is no exercise {name!r}: its id stands under the heading of the task, such as "
        "W-cosine; course progress 01 lists those of lesson 01"
    )


def _answer(lesson: Lesson, exercise: str) -> Answer:
    cells = read_solution(lesson).cells
    for place, cell in enumerate(cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if kinds(cell) == "written" and grade_id == exercise:
            return _written(lesson, cells, place, grade_id)
        if kinds(cell) == "answer" and grade_id == f"{exercise}-answer":
            return _code(lesson, cells, place, grade_id)
    raise CourseError(f"{lesson.name}: {exercise} is not in the solution: run course build")


def _written(lesson: Lesson, cells: list[NotebookNode], place: int, grade_id: str) -> Answer:
    asked: list[str] = []
    for cell in reversed(cells[:place]):
        if cell.cell_type != "markdown" or _is_only_hints(cell.source):
            break
        asked.insert(0, cell.source)
        if cell.source.startswith("#"):
            break
    paragraphs = [part for part in re.split(r"\n\s*\n", cells[place].source) if part.strip()]
    title = "The model answer"
    model = [
        (f"{title}, part {number} of {len(paragraphs)}", part)
        for number, part in enumerate(paragraphs, 1)
    ]
    return Answer(
        lesson, grade_id, [("What is asked, and what earns a point", _plain(asked))], model
    )


def _is_only_hints(text: str) -> bool:
    """Whether a cell holds the hints of the exercise before, and nothing else."""
    folded = _FOLDED.findall(text)
    hints = all(title.strip().startswith("Hint") for title, _ in folded)
    return bool(folded) and hints and not _FOLDED.sub("", text).strip()


def _code(lesson: Lesson, cells: list[NotebookNode], place: int, grade_id: str) -> Answer:
    first = next(i for i in range(place, -1, -1) if i == 0 or kinds(cells[i]) == "task")
    hints = []
    for number, cell in enumerate(cells[first:], first):
        ends = kinds(cell) in ("task", "written") or cell.source.startswith(("# ", "## "))
        if ends and number > place:
            break
        if cell.cell_type == "markdown":
            hints += [
                (_plain([title]), _plain([text]))
                for title, text in _FOLDED.findall(cell.source)
                if title.strip().startswith("Hint")
            ]
    source = cells[place].source
    inside = solution_lines(source)
    if any(line[:1].isspace() for line in inside):  # the body of a function that is given
        inside = [line for line in source.splitlines() if not line.strip().startswith("### ")]
    code = "\n".join([*inside, *_reasons(grade_id.removesuffix("-answer"))])
    return Answer(lesson, grade_id, hints, [("A solution", code)])


def _reasons(exercise: str) -> list[str]:
    """Say of each statement of a choice whether it follows, and why."""
    check = get(exercise)
    if not isinstance(check, Conclusions):
        return []
    return [""] + [
        f"{letter} {'follows' if follows else 'does not follow'}. {why}"
        for letter, (follows, why) in check.statements.items()
    ]


def _plain(texts: list[str]) -> str:
    text = "\n\n".join(texts)
    text = _FOLDED.sub(lambda match: f"{match[1]}\n{match[2]}", text)
    return re.sub(r"\n{3,}", "\n\n", _TAG.sub("", text)).strip()


def is_attempted(answer: Answer) -> bool:
    """Whether a copy of the learner's holds something else than was given out with that copy.

    Raises
    ------
    CourseError
        When no copy does, and one of them cannot be read.
    """
    problem = None
    for path in _copies(Course(answer.lesson.root), answer.lesson):
        try:
            copy = read_notebook(path)
            tried = [
                cell.source
                for cell in copy.cells
                if cell.metadata.get("nbgrader", {}).get("grade_id") == answer.grade_id
            ]
            given = given_out(copy, answer.lesson)
        except CourseError as error:
            problem = error
            continue
        if any(source.strip() and fingerprint(source) not in given for source in tried):
            return True
    if problem:
        raise problem
    return False


def _copies(course: Course, lesson: Lesson) -> list[Path]:
    return [path for path, whose in own_copies(course) if whose == lesson]


def show_answer(
    course: Course, name: str, part: int, console: Console, anyway: bool = False
) -> None:
    """Print one part, and how to get the next; the model answer only to who has tried.

    Parameters
    ----------
    course : Course
    name : str
        Id of the exercise or question.
    part : int
        Counted from 1: first what helps, then the model answer.
    console : Console
        Where to print.
    anyway : bool
        Show the model answer to who has not tried yet, too.

    Raises
    ------
    CourseError
        When there is no such exercise or part, or nothing has been written yet.
    """
    answer = find_answer(course, name)
    parts = [*answer.before, *answer.model]
    shown = answer.grade_id.removesuffix("-answer")
    if part > len(parts):
        count = f"{len(parts)} part{'' if len(parts) == 1 else 's'}"
        raise CourseError(f"{shown} has {count}, not {part}")
    if part > len(answer.before) and not anyway and not is_attempted(answer):
        copies = [
            path.relative_to(course.root).as_posix() for path in _copies(course, answer.lesson)
        ]
        if not copies:
            raise CourseError(
                f"{shown}: this part is the model answer, and there is no copy of yours in work/ "
                "yet: run course lab (make lab), try, save, and ask again, or add --anyway"
            )
        raise CourseError(
            f"{shown}: this part is the model answer, and nothing of yours is saved in "
            f"{some(copies)} yet: try first, if only in a line, save, or add --anyway"
        )
    title, text = parts[part - 1]
    # As plain text: formulas and code must arrive as they are written, also in a screen reader.
    console.print(f"{shown}, {part} of {len(parts)}. {title}", style="bold", markup=False)
    console.print(f"\n{text}\n", markup=False, soft_wrap=True)
    if part < len(parts):
        console.print(f"Next: course answer {shown} {part + 1}   ({parts[part][0]})", markup=False)
