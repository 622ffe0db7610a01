"""Check of lesson 07, part A: the smallest k for a share of variance."""

import numpy as np

from helpers.checks.comparing import as_numbers
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_K"]

ROUNDING = 1e-12


def _one_by_one(variances, share):
    """Take the largest variance that is left, until the sum is enough."""
    left = sorted((float(v) for v in variances), reverse=True)
    total, reached, k = sum(left), 0.0, 0
    while reached < share * total - ROUNDING * total:
        reached += left[k]
        k += 1
    return k


def _whole(case, output):
    number = as_numbers(output)
    if number is None or number.shape != () or number.dtype.kind not in "iuf":
        came = (
            "no number" if number is None or number.shape == ()
            else f"an array of shape {number.shape}"
        )  # fmt: skip
        if number is not None and number.dtype.kind == "b":
            came = "True or False"
        raise ValueError(f"what came back is {came}: return one whole number, how many axes")
    if not np.isfinite(number) or float(number) % 1:
        raise ValueError(f"{float(number):.4g} came back: the number of axes is a whole number")
    return int(number)


def _same(got, expected):
    if got == expected:
        return None
    return f"{got} came back, {expected} is right"


def _cases(rng, hard):
    falling = np.sort(rng.exponential(size=12))[::-1]
    some = float(rng.uniform(0.55, 0.85))
    spectrum = 1.0 / np.arange(1, 41)
    one_large = np.full(1001, 1, dtype=np.float32)
    one_large[0] = 1e8
    cases = [
        Case("half of two", (np.array([3.0, 1.0]), 0.5)),
        Case("more than the first has", (np.array([5.0, 3.0, 2.0]), 0.6)),
        Case("a sum that is the share exactly", (np.array([4.0, 3.0, 2.0, 1.0]), 0.7)),
        Case("ten equal ones, eight tenths", (np.full(10, 0.1), 0.8)),
        Case("the smallest first, as eigh gives them", (np.array([1.0, 2.0, 3.0, 14.0]), 0.8)),
        Case("in no order", (np.array([2.0, 9.0, 1.0, 8.0]), 0.7)),
        Case("a list of whole numbers", ([6, 3, 1], 0.9)),
        Case("share 1, a zero at the end", (np.array([3.0, 2.0, 0.0]), 1.0)),
        Case("share 1, rounding below zero at the end", (np.array([3.0, 2.0, -1e-17]), 1.0)),
        Case("share 1, all count", (falling, 1.0)),
        Case("share 0", (np.array([2.0, 1.0]), 0.0)),
        Case("no variance at all", (np.zeros(3), 0.9)),
        Case("one axis", (np.array([7.0]), 0.9)),
        Case("falling, some share", (falling, some)),
        Case("short by 1e-10 of the total", (np.array([0.9 - 1e-10, 0.1 + 1e-10]), 0.9)),
        Case("short by 3e-13 of the total", (np.array([0.9 - 3e-13, 0.1 + 3e-13]), 0.9)),
        Case("short by 5e-12 of the total", (np.array([0.9 - 5e-12, 0.1 + 5e-12]), 0.9)),
        Case("tiny variances", (np.array([5e-14, 3e-14, 2e-14]), 0.9)),
        Case("32-bit, one very large", (one_large, (1e8 + 500) / (1e8 + 1000))),
        Case("a long tail", (spectrum, 0.95)),
    ]
    if hard:
        cases += [
            Case("384 variances", (rng.exponential(size=384) ** 3, 0.99)),
            Case("384 variances, the smallest first", (np.sort(rng.exponential(size=384)), 0.9)),
            Case("a non-contiguous view", (np.repeat(falling, 2)[::2], 0.75)),
            Case("equal thirds", (np.full(3, 1 / 3), 2 / 3)),
        ]
    return cases


def _variant(
    *, order=-1, strict=False, offset=0, power=1, of="sum", room=ROUNDING, absolute=False,
    kind=float, least=0,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def axes_needed(variances, share):
        values = np.asarray(variances, dtype=kind)
        values = np.maximum(values, 0) ** power if power != 1 else values
        if order:
            values = np.sort(values)[::order]
        total = values.max() if of == "largest" else values.sum()
        slack = room if absolute else room * total
        sums = np.concatenate([[0], np.cumsum(values)]).astype(values.dtype)
        enough = sums > share * total + slack if strict else sums >= share * total - slack
        k = int(np.argmax(enough)) if enough.any() else len(values)
        return max(k + offset, least)

    return axes_needed


def _usual_line(order=-1, kind=float, least=0.0):
    """Make the one line that most people write: divide, search, add one."""

    def axes_needed(variances, share):
        values = np.asarray(variances, dtype=kind)
        values = np.sort(values)[::order] if order else values
        with np.errstate(all="ignore"):
            shares = np.cumsum(values) / max(values.sum(), least)
        return int(np.searchsorted(shares, share) + 1)

    return axes_needed


def _unconverted(variances, share):
    values = np.sort(np.asarray(variances))[::-1]
    sums = np.append(0, np.cumsum(values))
    return int(np.argmax(sums >= (share - ROUNDING) * values.sum()))


def _counted(variances, share):
    values = np.sort(np.asarray(variances, dtype=float))[::-1]
    total = values.sum()
    return int((np.cumsum(values) <= share * total + ROUNDING * total).sum())


def _each(variances, share):
    values = np.asarray(variances, dtype=float)
    return int((values >= share * values.max()).sum())


_TWO_THINGS = (
    "Two things: in floating point eight times .1 is a little less than .8 (let a sum that is "
    "short by 1e-12 of the total count as enough), and with share 0, or without any variance, the "
    "answer is 0."
)
_UNSORTED = (
    "You add the variances in the order in which they come: sort them first, the largest first. "
    "And let a sum that is short by 1e-12 of the total be enough; with share 0 the answer is 0."
)
_BITS = (
    "You add in the input's 32 bits, where 1e8 + 1 is 1e8. Convert first: "
    "`np.asarray(variances, dtype=float)`."
)

X_K = Check(
    id="X-k",
    title="How many axes for a share of variance?",
    level=1,
    minutes=10,
    points=2,
    function="axes_needed",
    make_cases=_cases,
    oracle=_one_by_one,
    view=_whole,
    compare=_same,
    misconceptions=(
        Misconception(
            "more than the share",
            _variant(strict=True),
            "You ask for more than the share. A sum that equals it is enough: at least, >=.",
        ),
        Misconception(
            "one too few",
            _variant(offset=-1),
            "Always one axis too few: an index counts from 0. If entry 0 of the cumulative sums "
            "is enough, one axis is.",
        ),
        Misconception(
            "at least one axis",
            _variant(least=1),
            "Right but where none are needed: with share 0, or without any variance, 0 axes have "
            "what is asked for. Let the sums start with 0.",
        ),
        Misconception(
            "one too many",
            _variant(offset=1),
            "Always one axis too many. The answer is a count of axes: look at what the first "
            "entry of your cumulative sums stands for.",
        ),
        Misconception(
            "sums up to the share counted",
            _counted,
            "You count the sums that are not above the share. The one that reaches it is the "
            "last axis you need, and none after it.",
        ),
        Misconception(
            "as they come",
            _variant(order=0),
            "You add the variances in the order in which they come. They may come smallest "
            "first, as from eigh, or in no order: the axes to keep are the largest.",
        ),
        Misconception(
            "smallest first",
            _variant(order=1),
            "You add from the smallest variance up, and so need far too many axes. Start with "
            "the largest.",
        ),
        Misconception(
            "squared",
            _variant(power=2),
            "You square what comes in. These are variances (eigenvalues) already; only singular "
            "values would have to be squared.",
        ),
        Misconception(
            "roots",
            _variant(power=0.5),
            "You add roots, standard deviations. Those do not add up to anything: shares are of "
            "the variance.",
        ),
        Misconception(
            "share of the largest",
            _variant(of="largest"),
            "You take the share of the largest variance. It is a share of the sum of all.",
        ),
        Misconception(
            "large ones counted",
            _each,
            "You count the variances that are large next to the largest. Add them up, until the "
            "sum is the share of the total.",
        ),
        Misconception(
            "no room for rounding",
            _variant(room=0.0),
            "In floating point eight times .1 is a little less than .8. Let a sum that is short "
            "by at most 1e-12 of the total count as enough.",
        ),
        *(
            Misconception(
                f"room of {room:g}",
                _variant(room=room),
                f"Your room for rounding is too large, as with {room:g} of the total: a sum short "
                "by more than 1e-12 of it is not enough. np.isclose and round() allow far more.",
            )
            for room in (5e-11, 1e-9, 1e-8, 1e-6, 1e-5)
        ),
        Misconception(
            "room of 1e-13",
            _variant(room=1e-13),
            "You leave room for rounding, but less than 1e-12 of the total: a sum that is short by "
            "at most that counts as enough.",
        ),
        Misconception("the usual line", _usual_line(), _TWO_THINGS),
        Misconception(
            "the usual line, guarded",
            _usual_line(least=1e-300),
            _TWO_THINGS + " (1 is added even where the search finds nothing.)",
        ),
        Misconception("the usual line, unsorted", _usual_line(order=0), _UNSORTED),
        Misconception("the input's 32 bits", _unconverted, _BITS),
        Misconception(
            "the usual line in 32 bits",
            _usual_line(kind=None),
            _BITS + " And let 1e-12 of the total be missing; with share 0 the answer is 0.",
        ),
        Misconception(
            "fixed room for rounding",
            _variant(room=ROUNDING, absolute=True),
            "Your room for rounding is a fixed number. Variances may be tiny: take 1e-12 of their "
            "sum.",
        ),
        Misconception(
            "32-bit sums",
            _variant(kind=np.float32),
            "You add in 32 bits, where 1e8 + 1 is 1e8 and rounding is coarse. Convert first: "
            "`np.asarray(variances, dtype=float)`.",
        ),
    ),
)
