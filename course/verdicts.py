"""Judging: from what was recorded to verdicts. The learner's code is nowhere near."""

import re
from collections.abc import Sequence

from course.cells import CheckCall
from course.records import Run
from course.submission import Plan
from helpers.checks import Verdict, get

__all__ = ["judge", "needs_more", "verdicts_of"]


def verdicts_of(planned: Plan, run: Run) -> list[Verdict]:
    """Judge what ran: one verdict an exercise, in the order of the lesson."""
    return [_verdict(check_id, planned, run) for check_id in planned.calls]


def judge(calls: Sequence[CheckCall], records: Sequence[dict]) -> Verdict | None:
    """Judge one exercise.

    Parameters
    ----------
    calls : sequence of CheckCall
        The calls of its check cell in the solution, hidden ones included. Seeds come from here:
        what a record says about itself only serves to find it.
    records : sequence of dict
        What the checks recorded. Where a call was recorded twice, the last one counts.

    Returns
    -------
    Verdict or None
        The first call that does not pass, or the first of all when every one passes; None when
        a call that matters was never recorded.
    """
    item = get(calls[0].check)
    first = None
    for call in calls:
        matching = [entry["records"] for entry in records if _is_of(entry, call)]
        if not matching:
            return None
        try:
            verdict = item.judge(matching[-1], call.seed, call.hard)
        except Exception as error:  # A record may hold anything.
            text = f"{call.check}: the record cannot be judged ({type(error).__name__})."
            return Verdict(call.check, "error", text, 0, item.points)
        if not verdict.passed:
            return verdict
        first = first or verdict
    return first


def _is_of(entry: dict, call: CheckCall) -> bool:
    named = (entry.get("check"), entry.get("seed"), entry.get("hard"))
    return named == (call.check, call.seed, call.hard)


def needs_more(planned: Plan, run: Run) -> bool:
    """Whether an exercise missed a name that one of the skipped cells may define."""
    told = [run.errors.get(i, "") for positions in planned.answers.values() for i in positions]
    told += [run.errors.get(i, "") for i in planned.checks.values()]
    for entry in run.records:
        for record in entry["records"]:
            if isinstance(record, dict) and record.get("error") == "NameError":
                told.append(f"NameError: {record.get('message')}")
    names = re.findall(r"NameError: .*?name '(\w+)'", "\n".join(told))
    return any(re.search(rf"\b{name}\b", planned.skipped) for name in names)


def _verdict(check_id: str, planned: Plan, run: Run) -> Verdict:
    verdict = judge(planned.calls[check_id], run.records)
    if verdict is not None:
        return verdict
    item = get(check_id)
    own = [run.errors[i] for i in planned.answers[check_id] if i in run.errors]
    at_check = run.errors.get(planned.checks[check_id], "")
    if any(text.startswith("NotImplementedError") for text in own):
        return Verdict(check_id, "not attempted", "not attempted yet.", 0, item.points)
    if own:
        text = f"its cell stops with {own[-1]}."
    elif run.ended_at is not None and run.ended_at < planned.checks[check_id]:
        name = planned.cells[run.ended_at].metadata["name"]
        text = f"not run: the kernel was lost before, in cell {name}."
    elif not planned.answers[check_id]:
        text = f"no cell defines `{item.function}` any more: write it anew, or copy the cell back."
    else:
        text = f"its check stops with {at_check or 'no record'}."
    return Verdict(check_id, "error", text, 0, item.points)
