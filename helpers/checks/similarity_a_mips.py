"""Check of lesson 06, part A: one more coordinate, so that Euclid solves inner product search."""

import math
from typing import NamedTuple

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_MIPS"]


def _squared_distances(items, queries):
    """Write the wanted squared distances down from the formula, pair by pair."""
    items = [[float(v) for v in row] for row in items]
    queries = [[float(v) for v in row] for row in queries]
    longest = max(math.hypot(*row) for row in items)
    wanted = np.empty((len(queries), len(items)))
    for i, q in enumerate(queries):
        length = math.hypot(*q)
        for j, x in enumerate(items):
            if length == 0:
                wanted[i, j] = 1.0  # of the origin from the unit sphere
            elif longest == 0:
                wanted[i, j] = 2.0
            else:
                product = math.fsum(a / length * (b / longest) for a, b in zip(q, x, strict=True))
                wanted[i, j] = 2 - 2 * product
    return wanted


class _Seen(NamedTuple):
    """What can be compared of an answer, whatever rotation it uses."""

    distances: np.ndarray  # squared, of queries (rows) and items
    items: np.ndarray  # lengths
    queries: np.ndarray
    cosine: bool  # whether the distances are those of the items' directions


def _seen(case, output):
    items, queries = case.args
    parts = output if isinstance(output, tuple | list) and len(output) == 2 else None
    if parts is None:
        raise ValueError("return two arrays: `return new_items, new_queries`")
    wide = len(items[0]) + 1
    tables = []
    for name, part, rows in (("new_items", parts[0], items), ("new_queries", parts[1], queries)):
        table = as_numbers(part)
        if table is not None and table.dtype.kind == "c":
            raise ValueError(f"`{name}` is of complex numbers: real ones should come back")
        if table is None or table.shape != (len(rows), wide):
            came = "no table of numbers" if table is None else f"of shape {table.shape}"
            raise ValueError(f"`{name}` should have the shape {(len(rows), wide)} and is {came}")
        tables.append(table.astype(float))
    with np.errstate(all="ignore"):
        squares = ((tables[1][:, None] - tables[0]) ** 2).sum(axis=2)
        lengths = [np.linalg.norm(table, axis=1) for table in tables]
        x, q = (np.asarray(rows, dtype=float) for rows in (items, queries))
        norms = np.linalg.norm(x, axis=1), np.linalg.norm(q, axis=1)
        cosines = (q / norms[1][:, None]) @ (x / norms[0][:, None]).T
    there = np.isfinite(cosines)
    alike = np.allclose(squares[there], 2 - 2 * cosines[there], rtol=0, atol=1e-6)
    return _Seen(squares, *lengths, bool(there.any() and alike))


def _compare(got, expected):
    wanted = expected.distances if isinstance(expected, _Seen) else expected
    if np.isnan(got.distances).any() and not np.isnan(wanted).any():
        return "there are NaN in the result: a 0 is divided by 0, or a root taken of less than 0"
    problem = close(rtol=0, atol=1e-10)(got.distances, wanted)
    if problem is None:
        return None
    if np.abs(got.distances - wanted).max() < 1e-5:
        return (
            "the squared distances are right to a few digits only. Compute in 64 bits, "
            "`np.asarray(items, dtype=float)`, and return them; and add no small number to the "
            "lengths, but divide by 1 where a length is 0"
        )
    if got.cosine:
        return (
            "you divide each item by its own length, so all norms are lost and this is a search by "
            "cosine. One factor for all items: L, the length of the longest"
        )
    # A query of zeros is to stay at length 0.
    if (np.abs(got.queries[got.queries != 0] - 1) > 1e-6).any():
        return (
            "your new queries do not have length 1. Divide each by its *own* length, and add no "
            "small number to it (where it is 0, divide by 1)"
        )
    if (np.abs(got.items - 1) > 1e-6).any():
        return (
            "your new items do not have length 1. Divide all by L, the length of the longest; then "
            "the last coordinate is the root of 1 - |x|^2, with the new x"
        )
    return f"of the squared distances of queries (rows) and items, {problem}"


def _lengths(case, output):
    """Check that all rows have length 1; a query of zeros stays zeros."""
    items, queries = (np.asarray(part, dtype=float) for part in output)
    zero = np.array([not np.any(np.asarray(q, dtype=float)) for q in case.args[1]], dtype=bool)
    if not np.allclose(np.linalg.norm(items, axis=1), 1, rtol=0, atol=1e-10):
        return "the distances are right, but some new items do not have length 1"
    if not np.allclose(np.linalg.norm(queries, axis=1), ~zero, rtol=0, atol=1e-10):
        return "the distances are right, but some new queries do not have length 1 (zeros stay 0)"
    return None


def _cases(rng, hard):
    def rows(n, d=3, scale=1.0):
        return rng.normal(size=(n, d)) * scale

    unit = rows(60)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    far = rows(6)
    far[2] *= 1e4
    zeros = rows(4)
    zeros[1] = 0
    asked = rows(3)
    asked[1] = 0
    cases = [
        Case("two items, a query of length 1", (
            np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[1.0, 0.0]]))),
        Case("a longer query", (np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[0.0, 5.0]]))),
        Case("one item", (rows(1), rows(2))),
        Case("any numbers", (rows(5), rows(4, scale=3))),
        Case("short items", (rows(5, scale=0.01), rows(4))),
        Case("tiny queries", (rows(4), rows(3, scale=1e-30))),
        Case("an item of zeros", (zeros, rows(3))),
        Case("a query of zeros", (rows(4), asked)),
        Case("only items of zeros", (np.zeros((3, 2)), rows(2, 2))),
        Case("items of equal length", (unit, rows(3))),
        Case("lists of whole numbers", ([[2, 0], [-1, 5], [0, 0]], [[3, -4], [1, 1]])),
        Case("32-bit numbers, one item far longer", (
            far.astype(np.float32), rows(3).astype(np.float32))),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("one dimension", (rows(4, 1), rows(3, 1))),
            Case("many", (rows(80, 30, 50.0), rows(20, 30, 1e-3))),
            Case("transposed memory", (np.asfortranarray(rows(5)), np.asfortranarray(rows(4)))),
            Case("large numbers", (rows(4, 3, 1e60), rows(3, 3, 1e-60))),
        ]
    return cases


def _variant(
    *, longest="max", last=lambda square: np.sqrt(np.maximum(1 - square, 0)), by_row=False,
    query_last=0.0, query_scale="own", item_scale=True, guard_items=True, guard_queries=True,
    kind=float,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def augment_for_mips(items, queries):
        items, queries = np.asarray(items, dtype=kind), np.asarray(queries, dtype=kind)
        if items.dtype.kind == "i":
            items, queries = items.astype(float), queries.astype(float)
        with np.errstate(all="ignore"):
            norms = np.linalg.norm(items, axis=1)
            size = {"max": norms.max(), "mean": norms.mean()}[longest]
            size = size if size > 0 or not guard_items else 1.0
            factor = norms[:, None] if by_row else size
            factor = np.where(factor == 0, 1, factor) if by_row and guard_items else factor
            scaled = items / factor
            rest = last((scaled**2).sum(axis=1))
            lengths = np.linalg.norm(queries, axis=1, keepdims=True)
            if guard_queries:
                lengths = np.where(lengths == 0, 1, lengths)
            asked = queries / {"own": lengths, "longest item": size, "none": 1.0}[query_scale]
            if not item_scale:
                scaled, rest = items, rest * size
            ends = np.full(len(queries), query_last)
        return (
            np.column_stack([scaled, rest.astype(scaled.dtype)]),
            np.column_stack([asked, ends.astype(asked.dtype)]),
        )

    return augment_for_mips


def _both_filled(items, queries):
    """Treat queries like items: fill them up to the longest of them."""
    return tuple(_variant()(table, table)[0] for table in (items, queries))


X_MIPS = Check(
    id="X-mips",
    title="One more coordinate",
    level=2,
    minutes=20,
    points=3,
    function="augment_for_mips",
    make_cases=_cases,
    oracle=_squared_distances,
    view=_seen,
    compare=_compare,
    properties=(_lengths,),
    misconceptions=(
        Misconception(
            "cosine instead",
            _variant(by_row=True),
            "You divide each item by its own length, which is cosine: the norms are gone. Divide "
            "all items by one number, the length of the longest.",
        ),
        Misconception(
            "cosine instead, zeros divided",
            _variant(by_row=True, guard_items=False),
            "You divide each item by its own length, which is cosine (and NaN for zeros): the "
            "norms are gone. Divide all items by one number, the length of the longest.",
        ),
        Misconception(
            "queries divided by the longest item",
            _variant(query_scale="longest item"),
            "You divide the queries by the length of the longest item. Divide each query by its "
            "own norm.",
        ),
        Misconception(
            "no root",
            _variant(last=lambda square: 1 - square),
            "Your last coordinate is 1 - |x|^2/L^2. Its *square* should be that, so that the new "
            "item has length 1: take the root.",
        ),
        Misconception(
            "lengths subtracted",
            _variant(last=lambda square: 1 - np.sqrt(square)),
            "Your last coordinate is 1 - |x|/L. By Pythagoras it is the root of 1 - |x|^2/L^2.",
        ),
        Misconception(
            "zeros appended",
            _variant(last=lambda square: 0 * square),
            "Your items get a 0, so nothing fills up what they lack in length and Euclid still "
            "sees the norms. The new coordinate is the root of 1 - |x|^2/L^2.",
        ),
        Misconception(
            "a one at the queries",
            _variant(query_last=1.0),
            "Your queries get a 1 as last coordinate, so the items' last coordinates enter the "
            "dot product. Queries get a 0: they must not look at it.",
        ),
        Misconception(
            "queries filled up like items",
            _both_filled,
            "You treat queries like items and fill them up to the longest query. The map is not "
            "symmetric: each query is divided by its own length, and gets a 0.",
        ),
        Misconception(
            "queries as they are",
            _variant(query_scale="none"),
            "The queries keep their lengths. That changes no ranking, but here they are to have "
            "length 1 too: divide each by its own norm.",
        ),
        Misconception(
            "items not divided by L",
            _variant(item_scale=False),
            "Your items all have length L. That solves the task as well, but here everything is "
            "to lie on the unit sphere: divide by L, the last coordinate too.",
        ),
        Misconception(
            "mean instead of longest",
            _variant(longest="mean"),
            "You scale by the mean length. Then longer items stay longer than 1 and nothing can "
            "fill them up: L is the length of the *longest* item.",
        ),
        Misconception(
            "root of less than zero",
            _variant(last=lambda square: np.sqrt(1 - square)),
            "Rounding can make |x|^2/L^2 a little more than 1, and the root of that is NaN: "
            "np.maximum(1 - ..., 0) before the root.",
        ),
        Misconception(
            "all items zero",
            _variant(guard_items=False),
            "If all items are zeros, L is 0 and you divide 0 by 0. Divide by 1 then, and each item "
            "becomes (0, ..., 0, 1).",
        ),
        Misconception(
            "zero queries",
            _variant(guard_queries=False),
            "A query of zeros has no direction: you divide it by 0. Leave it as zeros.",
        ),
        Misconception(
            "32-bit arithmetic",
            _variant(kind=None),
            "Your function computes in the input's 32 bits. Next to a far longer item the others' "
            "numbers are lost: convert with np.asarray(items, dtype=float) first.",
        ),
    ),
)
