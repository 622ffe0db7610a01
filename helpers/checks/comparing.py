"""Comparing what came back with what was expected, in words.

Every function here returns None when all is well, else one sentence that says what is wrong.
"""

from collections.abc import Callable

import numpy as np

from helpers.checks.serial import Opaque
from helpers.checks.showing import show_value

__all__ = ["as_numbers", "close", "equal", "one_of", "structure"]

Comparison = Callable[[object, object], str | None]


def as_numbers(value: object) -> np.ndarray | None:
    """Read a number, a list, a tuple, an array or a tensor as an array of numbers, else None."""
    if isinstance(value, Opaque | str | bytes | dict | set) or value is None or value is Ellipsis:
        return None
    if type(value).__module__.startswith("torch"):
        value = value.numpy()
    try:
        array = np.asarray(value)
    except ValueError:  # Lists of unequal lengths.
        return None
    return array if array.dtype.kind in "biufc" else None


def close(rtol: float = 1e-5, atol: float = 1e-8) -> Comparison:
    """Make a comparison of numbers or arrays: same shape, each value within the tolerance.

    The tolerance for one value is ``atol + rtol * |expected|``; NaN and infinities must be in
    the same places. Lists, tuples, arrays and tensors count alike: what counts is the numbers.
    """

    def compare(got: object, expected: object) -> str | None:
        wanted = np.asarray(expected)
        numbers = as_numbers(got)
        if numbers is None:
            return f"it returned {_kind(got)}, where {_shape_words(wanted)} should come back"
        if numbers.shape != wanted.shape:
            return (
                f"the result has {_shape_words(numbers)}, where {_shape_words(wanted)} "
                "should come back"
            )
        with np.errstate(invalid="ignore", over="ignore"):
            right = np.isclose(
                numbers.astype(np.result_type(numbers, np.float64)),
                wanted.astype(np.result_type(wanted, np.float64)),
                rtol=rtol,
                atol=atol,
                equal_nan=True,
            )
        if right.all():
            return None
        if wanted.ndim == 0:
            return "the number is not right"
        bad = np.argwhere(~right)
        place = ", ".join(str(i) for i in bad[0])
        share = f"{len(bad)} of {right.size} values are" if right.size > 1 else "the value is"
        return f"{share} not right, first at [{place}]"

    return compare


def equal(got: object, expected: object) -> str | None:
    """Compare exactly: strings, integers, lists, sets and dicts of such."""
    if isinstance(expected, int | np.integer | np.ndarray) and not isinstance(expected, bool):
        return close(rtol=0, atol=0)(got, expected)
    if isinstance(expected, list | tuple):
        if not isinstance(got, list | tuple | np.ndarray):
            return f"it returned {_kind(got)}, where a list should come back"
        if len(got) != len(expected):
            return f"the result has {len(got)} items, where {len(expected)} should come back"
        for i, (mine, wanted) in enumerate(zip(got, expected, strict=True)):
            if equal(mine, wanted) is not None:
                return f"item {i} is {show_value(mine, 80)}, not {show_value(wanted, 80)}"
        return None
    if isinstance(got, np.generic):
        got = got.item()
    if type(got) is not type(expected):
        return f"it returned {_kind(got)}, where {_kind(expected)} should come back"
    return None if got == expected else "the result is not the expected one"


def structure(*parts: Comparison) -> Comparison:
    """Make a comparison of a tuple or list of fixed length, part by part."""

    def compare(got: object, expected: object) -> str | None:
        if not isinstance(got, list | tuple) or len(got) != len(parts):
            advice = ": return a tuple, `return one, other`" if _is_table(got) else ""
            return f"it returned {_kind(got)}, where {len(parts)} values should come back{advice}"
        for number, part in enumerate(parts):
            problem = part(got[number], expected[number])
            if problem is not None:
                return f"in part {number + 1} of the result, {problem}"
        return None

    return compare


def one_of(comparison: Comparison) -> Comparison:
    """Make a comparison in which `expected` is a list of answers that are all right."""

    def compare(got: object, expected: object) -> str | None:
        problems = [comparison(got, wanted) for wanted in expected]
        return None if None in problems else problems[0]

    return compare


def _is_table(value: object) -> bool:
    return isinstance(value, np.ndarray) or type(value).__module__.startswith("torch")


def _shape_words(array: np.ndarray) -> str:
    return "one number" if array.ndim == 0 else f"the shape {array.shape}"


def _kind(value: object) -> str:
    if value is None:
        return "None (is the `return` there?)"
    if isinstance(value, Opaque):
        return f"an object of class {value.kind}"
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "SU":
            return "an array of strings"
        return f"an array of shape {value.shape}"
    if isinstance(value, list | tuple) and as_numbers(value) is None:
        return f"a {type(value).__name__} of {len(value)} items that is no array of numbers"
    article = "an" if type(value).__name__[0] in "aeiou" else "a"
    return f"{article} {type(value).__name__}"
