"""What a check is, and how it judges recorded outputs.

A check has three pure parts. :meth:`Check.cases` makes inputs from a seed, :meth:`Check.run`
records what an answer does on them, and :meth:`Check.judge` takes a record and gives a verdict.
The first and the last never see the learner's code, so grading can judge in a clean process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from helpers.checks.comparing import Comparison, close
from helpers.checks.running import Case, run_answer, run_cases, run_value
from helpers.checks.serial import from_plain
from helpers.checks.showing import show_input, show_value

__all__ = ["Check", "Conclusions", "Misconception", "Value", "Verdict"]

State = Literal["passed", "wrong", "error", "timeout", "not attempted"]


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that people give for a reason, and the sentence that helps them.

    Parameters
    ----------
    name : str
        Short name, for reports: ``"log base mixed"``.
    answer : callable or value
        The wrong answer itself: a function like the learner's, or the wrong value.
    sentence : str
        What to say to somebody who holds it. It names the mistake and points to the way out.
    """

    name: str
    answer: object
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check: a state, what to tell the learner, and the misconception met."""

    check: str
    state: State
    message: str
    points: float
    max_points: float
    misconception: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the answer earns the points."""
        return self.state == "passed"


def _no_view(case: Case, output: object) -> object:
    return output


@dataclass(frozen=True, kw_only=True)
class _Exercise:
    """What every check has: name, effort, worth, and what the learner calls the answer."""

    id: str
    title: str
    level: int
    minutes: int
    points: int
    function: str

    def _verdict(self, state: State, message: str, misconception: str | None = None) -> Verdict:
        points = self.points if state == "passed" else 0
        return Verdict(self.id, state, message, points, self.points, misconception)


@dataclass(frozen=True, kw_only=True)
class Check(_Exercise):
    """A check of a function that the learner writes.

    Parameters
    ----------
    id : str
        The exercise's id, as in the list of syllabus ids: ``"X-alias"``, ``"Q01-updates"``.
    title : str
        What the exercise is, as a heading.
    level : {1, 2, 3}
        Easy, medium, hard.
    minutes : int
        How long a learner may take.
    points : int
        What it is worth.
    function : str
        Name of the learner's function.
    make_cases : callable
        ``make_cases(rng, hard) -> list of Case``: random inputs and edge cases, smallest first.
        `hard` adds the cases of the hidden part.
    oracle : callable
        A slow and obvious specification, finite differences or a library, called like the
        learner's function.
    compare : callable
        ``compare(got, expected) -> None or a sentence``.
    view : callable
        ``view(case, output) -> comparable``, for outputs that may differ and yet be right: the
        marginals of an alias table, the span of a basis. Applied to the output of the learner and
        of the misconceptions, not to the oracle's. It may raise ValueError(sentence) when the
        output cannot be read.
    properties : sequence of callable
        ``property(case, output) -> None or a sentence``: what must hold beside the values.
    misconceptions : sequence of Misconception
        Named wrong answers, the most specific first.
    pure : bool
        Whether changing an input in place is a mistake.
    limit : float
        Seconds allowed for one call.
    """

    make_cases: Callable[[np.random.Generator, bool], Sequence[Case]]
    oracle: Callable
    compare: Comparison = field(default_factory=close)
    view: Callable[[Case, object], object] = _no_view
    properties: Sequence[Callable[[Case, object], str | None]] = ()
    misconceptions: Sequence[Misconception] = ()
    pure: bool = True
    limit: float = 5.0

    def cases(self, seed: int, hard: bool = False) -> list[Case]:
        """Make the inputs; the same seed gives the same inputs in every process."""
        return list(self.make_cases(np.random.default_rng(seed), hard))

    def run(self, answer: object, seed: int, hard: bool = False) -> list[dict]:
        """Record what the answer does on the cases."""
        return run_answer(answer, self.cases(seed, hard), self.limit)

    def judge(self, records: Sequence[dict], seed: int, hard: bool = False) -> Verdict:
        """Judge records of :meth:`run` made with the same seed."""
        cases = self.cases(seed, hard)
        if not records or len(records) > len(cases):
            return self._verdict("error", "The record of this check is damaged: run it again.")
        if records[0]["outcome"] == "unattempted":
            return self._verdict("not attempted", f"{self.id}: not attempted yet.")
        if records[0]["outcome"] == "uncallable":
            look = show_value(from_plain(records[0]["output"]), 80)
            return self._verdict(
                "error", f"{self.id}: `{self.function}` is {look}, not a function any more."
            )
        judged = [
            (case, record, self._problem(case, record))
            for case, record in zip(cases, records, strict=False)
        ]
        if any(problem is not None for _, _, problem in judged):
            return self._failed(judged, seed)
        if len(records) < len(cases):
            return self._verdict("error", "The record of this check is cut: run it again.")
        return self._passed(cases, records, seed)

    def _problem(self, case: Case, record: dict) -> str | None:
        outcome = record["outcome"]
        if outcome == "timeout":
            return f"it did not finish within {record['limit']:g} s"
        if outcome == "unattempted":
            return "it still raises NotImplementedError here"
        if outcome == "raised":
            return f"it raised {record['error']}: {record['message']}".rstrip(": ")
        output = from_plain(record["output"])
        try:
            comparable = self.view(case, output)
        except ValueError as unreadable:
            return str(unreadable)
        problem = self.compare(comparable, self._expected(case))
        if problem is not None:
            return problem
        for holds in self.properties:
            problem = holds(case, output)
            if problem is not None:
                return problem
        if self.pure and record.get("changed"):
            names = " and ".join(record["changed"])
            return f"the result is right, but the call changed {names} in place: work on a copy"
        return None

    def _expected(self, case: Case) -> object:
        return self.oracle(*_copies(case.args), **case.kwargs)

    def _failed(self, judged: list, seed: int) -> Verdict:
        failures = [item for item in judged if item[2] is not None]
        case, record, problem = failures[0]
        held = self._misconception(judged)
        head = held.sentence if held else f"`{self.function}`: {problem}."
        lines = [
            f"{self.id}: not right yet. {head}",
            "",
            f"  smallest case  {case.name}",
            f"  input          {show_input(case, self.function)}",
            f"  came back      {_came_back(record)}",
            f"  expected       {self._expected_text(case)}",
        ]
        if record.get("line"):
            lines.append(f"  raised in      {record['line']}")
        if record.get("printed"):
            lines.append(f"  it printed     {record['printed'].strip()[:200]}")
        if record.get("warnings"):
            lines.append(f"  it warned      {record['warnings'][0]}")
        lines += [
            "",
            f"  {len(judged) - len(failures)} of {len(judged)} cases are right (seed {seed}).",
        ]
        state = {"raised": "error", "timeout": "timeout"}.get(record["outcome"], "wrong")
        return self._verdict(state, "\n".join(lines), misconception=held.name if held else None)

    def _expected_text(self, case: Case) -> str:
        expected = show_value(self._expected(case))
        return expected.replace("\n", "\n" + " " * 17)

    def _misconception(self, judged: list) -> Misconception | None:
        """Find the misconception that explains every outcome, also the right ones.

        Somebody who holds it holds it everywhere; an answer that only fails in the same places
        may be wrong for another reason.
        """
        for held in self.misconceptions:
            if all(self._explains(held, case, record) for case, record, _ in judged):
                return held
        return None

    def _explains(self, held: Misconception, case: Case, record: dict) -> bool:
        theirs = self._theirs(held, case)
        if theirs["outcome"] != record["outcome"]:
            return False
        if record["outcome"] == "raised":
            return theirs["error"] == record["error"]
        if record["outcome"] != "returned":
            return True
        try:
            mine = self.view(case, from_plain(record["output"]))
            wrong = self.view(case, from_plain(theirs["output"]))
        except ValueError:
            return record["output"] == theirs["output"]
        if bool(theirs["changed"]) != bool(record.get("changed")) and self.pure:
            return False
        return _alike(self.compare, mine, wrong)

    def _theirs(self, held: Misconception, case: Case) -> dict:
        (record,) = run_cases(held.answer, [case], self.limit)
        return record

    def _passed(self, cases: Sequence[Case], records: Sequence[dict], seed: int) -> Verdict:
        text = f"{self.id}: right. {len(cases)} cases (seed {seed}), {_points(self.points)}."
        warned = next((r["warnings"][0] for r in records if r.get("warnings")), None)
        if warned:
            text += f"\n  Worth a look: it warned “{warned}”."
        return self._verdict("passed", text)


@dataclass(frozen=True, kw_only=True)
class Value(Check):
    """A check of a number, array or string that the learner works out.

    Parameters are those of :class:`Check`, with `function` the name of the variable and `oracle`
    a function without arguments that computes the value. `make_cases` is not needed.
    """

    make_cases: Callable = lambda rng, hard: [Case("your value")]

    def run(self, answer: object, seed: int, hard: bool = False) -> list[dict]:
        """Record the value."""
        return run_value(answer)

    def _explains(self, held: Misconception, case: Case, record: dict) -> bool:
        return _alike(self.compare, from_plain(record["output"]), held.answer)

    def _failed(self, judged: list, seed: int) -> Verdict:
        ((_, record, problem),) = judged
        held = self._misconception(judged)
        head = held.sentence if held else f"`{self.function}`: {problem}."
        text = f"{self.id}: not right yet. {head}\n\n  came back      {_came_back(record)}"
        return self._verdict("wrong", text, misconception=held.name if held else None)

    def _passed(self, cases: Sequence[Case], records: Sequence[dict], seed: int) -> Verdict:
        return self._verdict("passed", f"{self.id}: right, {_points(self.points)}.")


@dataclass(frozen=True, kw_only=True)
class Conclusions(_Exercise):
    """A check of a choice of statements: those that follow from what was measured.

    Parameters
    ----------
    id, title, level, minutes, points
        As in :class:`Check`.
    function : str
        Name of the learner's variable, a set of letters.
    statements : dict of str to (bool, str)
        Letter -> (whether it follows, why or why not). The explanation is said when the learner
        chose a statement that does not follow, or left out one that does; for a missing one it
        must not need the letter to make sense.
    """

    statements: dict[str, tuple[bool, str]]

    @property
    def misconceptions(self) -> list[Misconception]:
        """Every single deviation from the right choice is a wrong answer of its own."""
        right = self.right
        return [
            Misconception(
                f"{letter} {'left out' if letter in right else 'chosen'}", right ^ {letter}, why
            )
            for letter, (_, why) in self.statements.items()
        ]

    @property
    def right(self) -> set[str]:
        """The letters of the statements that follow."""
        return {letter for letter, (follows, _) in self.statements.items() if follows}

    def run(self, answer: object, seed: int, hard: bool = False) -> list[dict]:
        """Record the choice."""
        return run_value(answer)

    def judge(self, records: Sequence[dict], seed: int, hard: bool = False) -> Verdict:
        """Judge a record of :meth:`run`."""
        if len(records) != 1:
            return self._verdict("error", "The record of this check is damaged: run it again.")
        if records[0]["outcome"] == "unattempted":
            return self._verdict("not attempted", f"{self.id}: not attempted yet.")
        chosen = self._letters(from_plain(records[0]["output"]))
        if chosen is None:
            letters = ", ".join(f'"{letter}"' for letter in list(self.statements)[:2])
            return self._verdict(
                "error",
                f"{self.id}: `{self.function}` should be a set of letters from "
                f"{'-'.join((min(self.statements), max(self.statements)))}, such as {{{letters}}}.",
            )
        wrong = [m for m in self.misconceptions if self._applies(m, chosen)]
        if not wrong:
            return self._verdict("passed", f"{self.id}: right, {_points(self.points)}.")
        lines = [f"{self.id}: not right yet, {len(wrong)} of {len(self.statements)} to think over."]
        lines += [
            f"  {'You chose' if m.name.endswith('chosen') else 'You left out'} {m.name[0]}. "
            f"{m.sentence}"
            for m in wrong
        ]
        return self._verdict("wrong", "\n".join(lines), wrong[0].name)

    def _letters(self, value: object) -> set[str] | None:
        if isinstance(value, np.ndarray):
            value = value.ravel().tolist()
        if isinstance(value, str | list | tuple | set):
            letters = {str(item).strip().upper() for item in value} - {"", ","}
            if letters <= set(self.statements):
                return letters
        return None

    def _applies(self, held: Misconception, chosen: set[str]) -> bool:
        letter = held.name[0]
        return (letter in chosen) != (letter in self.right)


def _copies(args: tuple) -> tuple:
    return tuple(arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args)


def _alike(compare: Comparison, mine: object, wrong: object) -> bool:
    try:
        return compare(mine, wrong) is None
    except (TypeError, ValueError, IndexError):
        return False


def _points(points: int) -> str:
    return f"{points} point" if points == 1 else f"{points} points"


def _came_back(record: dict) -> str:
    if record["outcome"] == "returned":
        return show_value(from_plain(record["output"])).replace("\n", "\n" + " " * 17)
    if record["outcome"] == "raised":
        return f"nothing: {record['error']} was raised"
    return "nothing"
