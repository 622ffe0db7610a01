"""Running a learner's answer on the cases of a check, and recording what happens.

Nothing is judged here. A record says what came back, what was raised, warned and printed, how
long it took and which inputs were changed: plain data that can leave the process.
"""

import contextlib
import copy
import io
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from helpers.checks.serial import to_plain

__all__ = ["Case", "run_answer", "run_cases", "run_value"]

_TEXT_KEPT = 2_000
_PATIENCE = 4  # so many times the limit may pass by the clock on the wall


@dataclass(frozen=True)
class Case:
    """One call of the learner's function.

    Parameters
    ----------
    name : str
        What is special about the input, in a few words that a message can quote.
    args : tuple
        Positional arguments. The function gets a copy.
    kwargs : dict
        Keyword arguments.
    show : str or None
        The input as a learner would write it, for when the default rendering says too little.
    """

    name: str
    args: tuple = ()
    kwargs: dict = field(default_factory=dict)
    show: str | None = None


class _OutOfTime(BaseException):
    """Not an Exception, so that a learner's bare ``except Exception`` does not swallow it."""


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the block after `seconds` of computing, where the platform has a timer for that.

    The processor's time counts, so that a busy machine fails no right answer; what waits without
    computing is interrupted after four times as long. Without a timer (Windows, or a thread that is
    not the main one) the block runs on: the learner can still interrupt the kernel, and grading has
    a limit of its own around the process.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not (
        threading.main_thread()
    ):
        yield
        return

    computed, latest = time.process_time(), time.monotonic() + _PATIENCE * seconds

    def interrupt(signum, frame):
        left = seconds - (time.process_time() - computed)
        if left <= 0 or time.monotonic() >= latest:
            raise _OutOfTime
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.01))

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run_answer(answer: object, cases: Sequence[Case], limit: float = 5.0) -> list[dict]:
    """Record what an answer does on the cases, also when it is no function, or not there yet.

    Parameters
    ----------
    answer : object
        What the learner's name stands for.
    cases, limit
        As in :func:`run_cases`.
    """
    if answer is Ellipsis or answer is None:
        return [{"outcome": "unattempted"}]
    if not callable(answer):
        return [{"outcome": "uncallable", "output": to_plain(answer)}]
    return run_cases(answer, cases, limit)


def run_cases(function: Callable, cases: Sequence[Case], limit: float = 5.0) -> list[dict]:
    """Call `function` on each case and record the outcomes.

    Parameters
    ----------
    function : callable
        The learner's function.
    cases : sequence of Case
        The inputs.
    limit : float
        Seconds of computing for one call. After a call that takes longer the remaining cases are
        not run: one endless loop is enough to know.

    Returns
    -------
    list of dict
        One record a case that was run, in plain data (see :mod:`helpers.checks.serial`).
    """
    records = []
    for case in cases:
        record = _run_one(function, case, limit)
        records.append(record)
        if record["outcome"] in ("timeout", "unattempted"):
            break
    return records


def run_value(value: object) -> list[dict]:
    """Record a plain value (a number, a set of letters) as if a function had returned it.

    The stub's Ellipsis is no value: the exercise is still as it came.
    """
    if value is Ellipsis:
        return [{"outcome": "unattempted"}]
    return [{"outcome": "returned", "output": to_plain(value), "seconds": 0.0}]


def _run_one(function: Callable, case: Case, limit: float) -> dict:
    args, kwargs = copy.deepcopy(case.args), copy.deepcopy(case.kwargs)
    printed = io.StringIO()
    record: dict = {}
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                with _time_limit(limit):
                    output = function(*args, **kwargs)
                record.update(outcome="returned", output=to_plain(output))
            except _OutOfTime:
                record.update(outcome="timeout", limit=limit)
            except NotImplementedError:
                record.update(outcome="unattempted")
            except (Exception, SystemExit) as error:
                record.update(outcome="raised", **_describe(error))
    record["seconds"] = time.perf_counter() - started
    record["warnings"] = sorted({f"{w.category.__name__}: {w.message}"[:300] for w in caught})[:5]
    record["printed"] = printed.getvalue()[:_TEXT_KEPT]
    record["changed"] = _changed(case, args, kwargs)
    return record


def _describe(error: BaseException) -> dict:
    """Name an exception by its class, its message and the learner's own line."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    own = [f for f in frames if "site-packages" not in f.filename and f.line]
    line = f"line {own[-1].lineno}: {own[-1].line}" if own else ""
    try:
        message = str(error)[:500]
    except Exception:  # The class of the exception may be the learner's own.
        message = ""
    return {"error": type(error).__name__, "message": message, "line": line}


def _changed(case: Case, args: tuple, kwargs: dict) -> list[str]:
    """Name the arguments that the call changed in place."""
    changed = [
        f"argument {i + 1}"
        for i, (before, after) in enumerate(zip(case.args, args, strict=True))
        if not _same(before, after)
    ]
    return changed + [f"`{k}`" for k, before in case.kwargs.items() if not _same(before, kwargs[k])]


def _same(before: object, after: object) -> bool:
    if isinstance(before, np.random.Generator):
        return True  # Drawing from a generator changes it: that is what it is for.
    return to_plain(before) == to_plain(after)
