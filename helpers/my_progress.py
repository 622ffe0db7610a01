"""The learner's points by exercise, and what to do next, as a table in the notebook.

What is right *in the notebook* was judged on the inputs shown there; ``course check`` judges with
the hidden ones too, and its verdict is the firm one. The table says which of both it rests on.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from helpers.exercises import (
    Exercise,
    LessonExercises,
    lesson_exercises,
    lessons_with_exercises,
)
from helpers.progress import building
from helpers.progress_file import Noted, progress_path, read

__all__ = ["Standing", "progress_text", "show_progress", "standing"]

Record = Mapping[str, Mapping[str, Noted]]

_FIRM, _SHOWN, _NOT_ON_OTHERS = "right", "right in the notebook", "right here, not on other inputs"
_NOT_YET, _UNTRIED = "not right yet", "not attempted"
_TRIED = {"wrong": _NOT_YET, "error": "stops with an error", "timeout": "too slow"}
_NOT_KEPT = "No count is kept: this is not the folder `work/`, or COURSE_PROGRESS turns it off."
_TEXT = (
    "text-align: left; padding: 0.25em 0.75em; vertical-align: top;"
    " border-bottom: 1px solid var(--jp-border-color2, #767676)"
)
_NUMBER = _TEXT.replace("left", "right", 1)
_TABLE = "border-collapse: collapse; color: var(--jp-content-font-color1, inherit)"
_CAPTION = "text-align: left; font-weight: bold; padding: 0.25em 0"


@dataclass(frozen=True)
class Standing:
    """Where a learner stands with one exercise.

    Attributes
    ----------
    state : str
        In words.
    points : int
        Points that the best answer so far is worth.
    firm : bool
        Whether `course check` has confirmed them.
    """

    state: str
    points: int
    firm: bool = False


def standing(exercise: Exercise, said: Mapping[str, Noted]) -> Standing:
    """Say where a learner stands with an exercise.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    said : mapping of str to Noted
        What the notebook and `course check` have said about it.

    Returns
    -------
    Standing
        The best answer counts: trying something else afterwards costs no points.
    """
    here, firm = said.get("notebook"), said.get("course check")
    last = max((item for item in (here, firm) if item), key=lambda n: n.last_at, default=None)
    if last is None:
        return Standing(_UNTRIED, 0)
    again = "" if last.last == "passed" else "; the last try was not"
    if firm and firm.best == "passed":
        return Standing(_FIRM + again, exercise.points, True)
    if here and here.best == "passed":
        if firm and firm.last_at >= here.last_at:
            return Standing(_NOT_ON_OTHERS, 0)
        return Standing(_SHOWN + again, exercise.points)
    return Standing(_TRIED[last.last], 0)


def show_progress(lesson: str | None = None) -> None:
    """Show the points by exercise of a lesson, or by lesson of the whole course.

    Parameters
    ----------
    lesson : str or None
        Name or number, ``"01_word2vec"``; None for all lessons.

    Raises
    ------
    ValueError
        When there is no such lesson.

    Notes
    -----
    While the course is built the record is left unread, and the table is that of a beginner.
    """
    from IPython.display import display

    table = _table(lesson)
    display({"text/plain": table.text(), "text/html": table.html()}, raw=True)


def progress_text(lesson: str | None = None, root: Path | None = None) -> str:
    """Return what :func:`show_progress` shows, as plain text for a terminal.

    Parameters
    ----------
    lesson : str or None
        Name or number; None for all lessons.
    root : Path or None
        The course's folder, if it is not to be looked for.
    """
    return _table(lesson, root).text()


@dataclass(frozen=True)
class _Table:
    """A table with its caption and the sentences below; a link is a pair of text and address."""

    caption: str
    head: tuple[str, ...]
    rows: Sequence[tuple[tuple[str, str], tuple[str, ...]]]
    below: Sequence[str | tuple[str, str, str, str]]

    def text(self) -> str:
        lines = [self.head, *((link[0], *cells) for link, cells in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        laid_out = [
            "  ".join(
                cell.rjust(width) if self._numeric(i) else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        said = [
            part if isinstance(part, str) else part[0] + part[1] + part[3] for part in self.below
        ]
        rule = "-" * max(map(len, laid_out))
        return "\n".join([self.caption, laid_out[0], rule, *laid_out[1:], "", *said])

    def html(self) -> str:
        head = "".join(
            f'<th scope="col" style="{self._style(i)}">{escape(name)}</th>'
            for i, name in enumerate(self.head)
        )
        rows = "".join(
            f'<tr><th scope="row" style="{_TEXT}; font-weight: normal">{_a(*link)}</th>'
            + "".join(
                f'<td style="{self._style(i)}">{escape(cell)}</td>'
                for i, cell in enumerate(cells, start=1)
            )
            + "</tr>\n"
            for link, cells in self.rows
        )
        said = "".join(
            f"<p>{_coded(part)}</p>\n"
            if isinstance(part, str)
            else f"<p>{_coded(part[0])}{_a(part[1], part[2])}{_coded(part[3])}</p>\n"
            for part in self.below
        )
        return (
            f'<table style="{_TABLE}">\n'
            f'<caption style="{_CAPTION}">{escape(self.caption)}</caption>\n'
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n{said}"
        )

    def _numeric(self, column: int) -> bool:
        return self.head[column] in ("Minutes", "Minutes left", "Points", "Right")

    def _style(self, column: int) -> str:
        return _NUMBER if self._numeric(column) else _TEXT


def _coded(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _a(text: str, address: str) -> str:
    colour = "color: var(--jp-content-link-color, #0b5cad)"
    return f'<a href="{escape(address)}" style="{colour}">{escape(text)}</a>'


def _table(lesson: str | None, root: Path | None = None) -> _Table:
    record, told = {}, []
    if not building():
        path = progress_path(root)
        record, problem = read(path)
        told = [problem] if problem else [] if path else [_NOT_KEPT]
    if lesson is None:
        return _of_the_course(record, told)
    return _of_a_lesson(lesson_exercises(lesson), record, told)


def _of_a_lesson(lesson: LessonExercises, record: Record, told: list[str]) -> _Table:
    stands = {e.id: standing(e, record.get(e.id, {})) for e in lesson.exercises}
    rows = [
        (
            (f"{e.heading} ({e.id})", lesson.link(e)),
            (str(e.minutes), f"{stands[e.id].points} of {e.points}", stands[e.id].state),
        )
        for e in lesson.exercises
    ]
    below = [*told, _sum(list(stands.values()), lesson.points), _next(lesson, stands)]
    if lesson.written:
        below.append(
            f"Written answers ({', '.join(lesson.written)}) are not counted: compare yours with "
            "the model answers, by the rubric."
        )
    caption = f"Your points: {lesson.title}"
    return _Table(caption, ("Exercise", "Minutes", "Points", "State"), rows, below)


def _of_the_course(record: Record, told: list[str]) -> _Table:
    rows, everything, most = [], [], 0
    lessons = list(lessons_with_exercises().values())
    for lesson in lessons:
        stands = [standing(e, record.get(e.id, {})) for e in lesson.exercises]
        right = sum(stand.points > 0 for stand in stands)
        left = sum(
            e.minutes for e, stand in zip(lesson.exercises, stands, strict=True) if not stand.points
        )
        points = f"{sum(s.points for s in stands)} of {lesson.points}"
        cells = (f"{right} of {len(stands)}", points, str(left))
        rows.append(((lesson.title, lesson.link()), cells))
        everything += stands
        most += lesson.points
    now = _lesson_at_hand(lessons, record)
    below = [*told, _sum(everything, most)]
    if now:
        below.append(_next(now, {e.id: standing(e, record.get(e.id, {})) for e in now.exercises}))
    head = ("Lesson", "Right", "Points", "Minutes left")
    return _Table("Your points in the whole course", head, rows, below)


def _lesson_at_hand(lessons: Sequence[LessonExercises], record: Record) -> LessonExercises | None:
    """Find the unfinished lesson that was worked on last, else the first one of all."""

    def touched(lesson: LessonExercises) -> str:
        times = [n.last_at for e in lesson.exercises for n in record.get(e.id, {}).values()]
        return max(times, default="")

    open_ = [
        lesson
        for lesson in lessons
        if any(not standing(e, record.get(e.id, {})).points for e in lesson.exercises)
    ]
    return max(open_, key=touched, default=None)


def _sum(stands: Sequence[Standing], most: int) -> str:
    points = sum(stand.points for stand in stands)
    firm = sum(stand.points for stand in stands if stand.firm)
    if points == 0:
        return f"0 of {most} points."
    if firm == points:
        return f"{points} of {most} points, all confirmed by `course check`."
    return (
        f"{points} of {most} points: {firm} confirmed by `course check`, {points - firm} right in "
        "the notebook. `course check` tries these on other inputs, too."
    )


def _next(lesson: LessonExercises, stands: Mapping[str, Standing]) -> str | tuple:
    tried = [e for e in lesson.exercises if not stands[e.id].points and _is_tried(stands[e.id])]
    fresh = [e for e in lesson.exercises if not stands[e.id].points and e not in tried]
    for exercise in tried:
        if stands[exercise.id].state == _NOT_ON_OTHERS:
            after = ": type `course check` in a terminal to see an input where it is not right."
        elif exercise.id.endswith("-conclusions"):  # The check itself says why, by letter.
            after = ": run its check and read what it says."
        else:
            after = ": run its check, and open one more hint."
        return ("Next: ", _full(lesson, exercise), lesson.link(exercise), after)
    for exercise in fresh:
        about = f", about {exercise.minutes} minute{'' if exercise.minutes == 1 else 's'}."
        return ("Next: ", _full(lesson, exercise), lesson.link(exercise), about)
    if not all(stand.firm for stand in stands.values()):
        return "Next: save the notebook and type `course check` in a terminal."
    names = list(lessons_with_exercises())
    after = names[names.index(lesson.name) + 1 :]
    if not after:
        return "All exercises are right."
    following = lesson_exercises(after[0])
    return ("All exercises are right. Next: ", following.title, following.link(), ".")


def _is_tried(stand: Standing) -> bool:
    return stand.state != _UNTRIED


def _full(lesson: LessonExercises, exercise: Exercise) -> str:
    return f"{exercise.heading} ({exercise.id}, {lesson.title})"
