"""Judging: from what was recorded to verdicts. The learner's code is nowhere near."""

from collections.abc import Sequence

from course.cells import CheckCall
from helpers.checks import Verdict, get

__all__ = ["judge"]


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
