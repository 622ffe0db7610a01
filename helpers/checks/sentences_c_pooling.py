"""The check of lesson 03, part 3: mask-aware mean pooling."""

import math

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["X_MEANPOOL"]


def slow_mean_pool(states, mask):
    """Average each feature over a text's tokens, number by number, in plain Python."""
    states, mask = np.asarray(states), np.asarray(mask)
    texts, length, width = states.shape
    pooled = np.zeros((texts, width))
    for b in range(texts):
        tokens = [i for i in range(length) if mask[b, i]]
        for j in range(width if tokens else 0):
            pooled[b, j] = math.fsum(float(states[b, i, j]) for i in tokens) / len(tokens)
    return pooled


def pool(where=True, guard=True, count="tokens", own_type=False, unit=False):
    """Make a pooling, with room for the ways to get it wrong."""

    def answer(states, mask):
        states, mask = np.asarray(states), np.asarray(mask) != 0
        if not own_type:
            states = states.astype(np.float64)
        with np.errstate(all="ignore"):
            if where:
                kept = np.where(mask[..., None], states, np.zeros((), states.dtype))
            else:
                kept = states * mask[..., None]
            total = kept.sum(axis=1)
            counts = {
                "tokens": mask.sum(axis=1, keepdims=True),
                "places": np.full((len(mask), 1), mask.shape[1]),
                "batch": np.full((len(mask), 1), mask.sum()),
            }[count]
            pooled = total / (np.maximum(counts, 1) if guard else counts)
            if unit:
                pooled = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return pooled

    return answer


def as_it_comes(where, guard):
    """Make a pooling without any conversion: lists raise, and float16 overflows."""

    def answer(states, mask):
        mask[..., None]  # A list has no such index.
        return pool(where=where, guard=guard, own_type=True)(states, mask)

    return answer


def all_places(states, mask):
    """Average over the padding too."""
    return np.asarray(states).mean(axis=1, dtype=np.float64)


def all_places_as_they_come(states, mask):
    """Average over the padding too, in the states' own type."""
    return np.asarray(states).mean(axis=1)


def nan_is_padding(states, mask):
    """Count and add only what is a number."""
    states = np.where(np.asarray(mask)[..., None] != 0, np.asarray(states, dtype=float), np.nan)
    return np.nansum(states, axis=1) / np.maximum((~np.isnan(states)).sum(axis=1), 1)


def nan_to_zero(states, mask):
    """Turn nan and infinity into 0 wherever they stand."""
    states, mask = np.asarray(states, dtype=float), np.asarray(mask) != 0
    kept = np.where(mask[..., None] & np.isfinite(states), states, 0)
    return kept.sum(axis=1) / np.maximum(mask.sum(axis=1, keepdims=True), 1)


def first_places(states, mask):
    """Take as many places from the left as there are tokens."""
    states = np.asarray(states, dtype=np.float64)
    counts = (np.asarray(mask) != 0).sum(axis=1)
    return np.array(
        [row[: max(n, 1)].mean(0) * (n > 0) for row, n in zip(states, counts, strict=True)]
    )


def _cases(rng, hard):
    def random(b, length, d, size=1.0):
        return size * rng.normal(size=(b, length, d))

    def right(lengths, places):
        return (np.arange(places) < np.array(lengths)[:, None]).astype(np.int64)

    def padded_with(value, states, mask):
        return np.where(mask[..., None] != 0, states, value)

    small = np.array([[[0.0, 2.0], [3.0, 6.0]]])
    three, mask = random(2, 3, 2), right([3, 1], 3)
    dirty = padded_with(np.nan, random(2, 4, 2), right([2, 4], 4))
    broken = padded_with(0.0, random(2, 4, 2), right([2, 4], 4))
    broken[1, 2, 0] = np.nan
    half = (1000 + rng.normal(size=(1, 200, 12))).astype(np.float16)
    whole = rng.integers(-9, 10, size=(2, 4, 3))
    cases = [
        Case("one text, two tokens, no padding", (small, np.array([[1, 1]]))),
        Case("one text, its second place is padding", (small, np.array([[1, 0]]))),
        Case("two texts, of three tokens and of one", (three, mask)),
        Case("a text without any token", (random(2, 3, 2), right([2, 0], 3))),
        Case("padding at the left", (random(2, 3, 2), right([1, 2], 3)[:, ::-1])),
        Case("nan in the padding", (dirty, right([2, 4], 4))),
        Case("nan in a token", (broken, right([2, 4], 4))),
        Case("whole numbers, a mask of True and False", (whole, right([1, 3], 4) == 1)),
        Case("lists", (three.tolist(), mask.tolist())),
        Case("float16, 200 tokens of about 1000", (half, right([200], 200) == 1)),
        Case("5 and 250 tokens in 300 places", (random(2, 300, 3, 5), right([5, 250], 300))),
    ]
    if hard:
        gaps = rng.random((4, 9)) < 0.5
        cases += [
            Case("padding between the tokens", (random(4, 9, 5), gaps)),
            Case("one place, and it is padding", (random(1, 1, 3), np.zeros((1, 1), int))),
            Case(
                "infinity in the padding",
                (padded_with(np.inf, three, mask), mask.astype(np.float32)),
            ),
            Case("large numbers", (random(3, 7, 4, 1e8), right([7, 2, 5], 7).astype(np.uint8))),
            Case("float32, every second place of a longer array", (
                random(3, 20, 4).astype(np.float32)[:, ::2], right([10, 3, 1], 10))),
        ]  # fmt: skip
    return cases


_NAN = (
    "Padding may hold anything, and nan * 0 is still nan. Choose instead of multiplying: "
    "`np.where(mask[..., None] != 0, states, 0)`."
)
_EMPTY = (
    "A text without any token divides 0 by 0. It should give zeros: divide by "
    "`np.maximum(count, 1)`, which changes nothing for the other texts."
)
_PLACES = (
    "You divide by the number of places L, padding included, so a text's vector gets shorter the "
    "longer its batch mates are. Divide by the text's own number of tokens."
)
_HALF = (
    "float16 ends at 65,504, and 200 tokens of 1000 add up to more: the sum becomes inf. Convert "
    "the states to float64 (or float32) before you add."
)

_ALL = (
    "You average over all places, padding included. The vector then depends on the other texts of "
    "the batch: use the mask, in the sum and in the count."
)
_LISTS = (
    "The inputs may be lists, which have no `[..., None]` and no `.sum`: begin with `np.asarray` "
    "on both."
)

X_MEANPOOL = Check(
    id="X-meanpool",
    title="Mean pooling that knows the padding",
    level=2,
    minutes=12,
    points=3,
    function="mean_pooling",
    make_cases=_cases,
    oracle=slow_mean_pool,
    compare=close(rtol=1e-4, atol=1e-6),
    misconceptions=[
        Misconception("padding averaged in", all_places, _ALL),
        Misconception(
            "padding averaged in, float16",
            all_places_as_they_come,
            f"{_ALL} Also convert to float64 first: a mean in float16 is rounded.",
        ),
        Misconception(
            "nan counted as padding",
            nan_is_padding,
            "You skip nan in a token as if it were padding. Only the mask says what is padding; "
            "nan in a token stays nan, so that somebody notices.",
        ),
        Misconception(
            "nan hidden",
            nan_to_zero,
            "You turn nan into 0 in tokens as well. Clear the padding only: "
            "`np.where(mask[..., None] != 0, states, 0)`.",
        ),
        *(
            Misconception(
                f"as it comes, where {where}, guard {guard}",
                as_it_comes(where, guard),
                " ".join([_LISTS, _HALF, *([] if where else [_NAN]), *([] if guard else [_EMPTY])]),
            )
            for where in (True, False)
            for guard in (True, False)
        ),
        Misconception("divided by L", pool(count="places"), _PLACES),
        Misconception(
            "divided by L, product",
            pool(count="places", where=False),
            f"{_PLACES} And take the tokens with `np.where`, for nan * 0 is nan.",
        ),
        Misconception(
            "one count for the batch",
            pool(count="batch"),
            "You divide by the tokens of the whole batch. Each text has a count of its own: "
            "`mask.sum(axis=1, keepdims=True)`.",
        ),
        Misconception("product", pool(where=False), _NAN),
        Misconception("empty text", pool(guard=False), _EMPTY),
        Misconception(
            "product and empty text",
            pool(where=False, guard=False),
            "Two cases break it. nan * 0 is nan: take the tokens with `np.where` instead of a "
            "product. And 0 / 0 is nan: divide by `np.maximum(count, 1)`.",
        ),
        Misconception("float16 sum", pool(own_type=True), _HALF),
        Misconception(
            "float16 sum, empty text",
            pool(own_type=True, guard=False),
            f"{_HALF} And a text without tokens needs `np.maximum(count, 1)`, or it is 0 / 0.",
        ),
        Misconception(
            "float16 sum, product",
            pool(own_type=True, where=False),
            f"{_HALF} And nan * 0 is nan: take the tokens with `np.where`.",
        ),
        Misconception(
            "float16 sum, product, empty text",
            pool(own_type=True, where=False, guard=False),
            f"{_HALF} And two more cases: nan * 0 is nan (use `np.where`), and so is 0 / 0 (divide "
            "by `np.maximum(count, 1)`).",
        ),
        Misconception(
            "tokens assumed at the left",
            first_places,
            "You take the first places of each text. The padding may stand at the left as well: "
            "let the mask say where the tokens are, not only how many.",
        ),
        Misconception(
            "normalised",
            pool(unit=True),
            "You also divide each vector by its length. That is a step of its own, which comes "
            "after the pooling: return the mean itself.",
        ),
    ],
)
