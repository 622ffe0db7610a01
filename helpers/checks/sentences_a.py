"""The check of lesson 03, part 1: attention with a mask."""

import itertools
import math

import numpy as np

from helpers.checks.comparing import close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["CHECKS"]


def slow_attention(queries, keys, values, mask):
    """Compute attention query by query, from the keys that each may see, in plain Python."""
    texts, m, d = queries.shape
    length = keys.shape[1]
    mask = np.broadcast_to(mask, (texts, m, length))
    output = np.zeros((texts, m, values.shape[2]))
    weights = np.zeros((texts, m, length))
    for b, i in itertools.product(range(texts), range(m)):
        seen = [j for j in range(length) if mask[b, i, j]]
        scores = [
            math.fsum(float(x) * float(y) for x, y in zip(queries[b, i], keys[b, j], strict=True))
            / math.sqrt(d)
            for j in seen
        ]
        terms = [math.exp(score - max(scores)) for score in scores]
        for j, term in zip(seen, terms, strict=True):
            weights[b, i, j] = term / math.fsum(terms)
            output[b, i] += weights[b, i, j] * values[b, j]
    return output, weights


_NUMBERS = close(rtol=1e-5, atol=1e-6)


def _compare(got, expected):
    if not isinstance(got, list | tuple) or len(got) != 2:
        return structure(_NUMBERS, _NUMBERS)(got, expected)
    # Wrong weights make the output wrong too, and say more about why.
    for name, place in (("weights", 1), ("output", 0)):
        problem = _NUMBERS(got[place], expected[place])
        if problem is not None:
            return f"`{name}`: {problem}"
    return None


def _cases(rng, hard):
    def random(texts, m, length, d, v, size=1.0):
        shapes = ((texts, m, d), (texts, length, d), (texts, length, v))
        return [size * rng.normal(size=shape) for shape in shapes]

    def some(texts, m, length):
        mask = rng.random((texts, m, length)) < 0.5
        mask[..., 0] |= ~mask.any(axis=-1)  # No row without a key.
        return mask

    def opposed(far):
        q = np.array([[[far, 0.0, 0.0, 0.0]]])
        k = np.array([[[1.0, 0, 0, 0], [0.9999, 0, 0, 0], [-1, 0, 0, 0]]])
        return q, k, rng.normal(size=(1, 3, 2))

    one = np.ones((1, 1, 1), dtype=bool)
    two = np.array([[[True, False, True]]])
    cases = [
        Case("one query, one key", (*random(1, 1, 1, 4, 2), one)),
        Case("three keys, the middle one masked", (*random(1, 1, 3, 4, 2), two)),
        Case("a query that may see nothing", (*random(1, 2, 3, 4, 2), two & [[[True], [False]]])),
        Case(
            "scores of about 20,000",
            (*(opposed(40_000.0)), np.array([[[True, True, True]]])),
        ),
        Case(
            "a masked key outscores the others by thousands",
            (*(opposed(9_000.0)), np.array([[[False, False, True]]])),
        ),
        Case("two texts, a mask of their own each", (*random(2, 3, 5, 4, 2), some(2, 3, 5))),
        Case("wide keys, so that the scale matters", (*random(2, 4, 3, 32, 5), some(2, 4, 3))),
        Case(
            "padding: one row a text, for all its queries",
            (*random(2, 4, 4, 6, 3), np.array([[[True] * 4], [[True, True, False, False]]])),
        ),
        Case(
            "a causal mask for all texts, without a batch dimension",
            (*random(2, 4, 4, 6, 3), np.tril(np.ones((4, 4), dtype=bool))),
        ),
        Case("a mask of 0 and 1", (*random(2, 3, 4, 6, 3), some(2, 3, 4).astype(int))),
        Case(
            "equal keys",
            (*(np.ones((1, 3, 4)), np.ones((1, 3, 4)), rng.normal(size=(1, 3, 2))), np.tri(3) > 0),
        ),
        Case(
            "float32, not contiguous",
            (
                rng.normal(size=(2, 4, 3)).astype(np.float32).swapaxes(1, 2),
                rng.normal(size=(2, 4, 5)).astype(np.float32).swapaxes(1, 2),
                rng.normal(size=(2, 10, 2)).astype(np.float32)[:, ::2],
                some(2, 3, 5),
            ),
        ),
    ]
    if hard:
        cases += [
            Case("one text may see nothing", (*random(2, 2, 3, 4, 2), np.array([[[1]], [[0]]]))),
            Case("scores of about -20,000", (*(opposed(-40_000.0)), two)),
            Case("large vectors", (*random(2, 5, 6, 8, 3, size=60.0), some(2, 5, 6))),
            Case(
                "integers",
                (
                    rng.integers(-3, 4, size=(1, 3, 4)),
                    rng.integers(-3, 4, size=(1, 5, 4)),
                    rng.integers(-9, 9, size=(1, 5, 2)),
                    some(1, 3, 5),
                ),
            ),
            *(
                Case(
                    f"random {texts} x {m} x {length}",
                    (*random(texts, m, length, 5, 4), rng.random((texts, m, length)) < 0.6),
                )
                for texts, m, length in ((3, 2, 7), (4, 6, 2), (2, 9, 9))
            ),
        ]
    return cases


def _answer(scale="root", how="out", axis=-1, empty="zeros", stable=True, allowed=bool):
    """Make an answer with room for the ways to get it wrong."""
    divide = {"root": math.sqrt, "none": lambda d: 1.0, "width": float, "keys": None}[scale]

    def answer(queries, keys, values, mask):
        q, k = np.asarray(queries, float), np.asarray(keys, float)
        by = math.sqrt(k.shape[1]) if divide is None else divide(q.shape[-1])
        scores = q @ k.transpose(0, 2, 1) / by
        seen = np.broadcast_to(allowed(mask), scores.shape)
        blocked = {"zeros": -np.inf, "nan": -np.inf, "uniform": -1e9}[empty]
        if how == "out":
            scores = np.where(seen, scores, blocked)
        elif how == "zero":
            scores = np.where(seen, scores, 0.0)
        with np.errstate(all="ignore"):
            if stable:
                scores = scores - scores.max(axis=axis, keepdims=True)
            weights = np.exp(scores)
            if how == "late maximum":
                weights = weights * seen
            weights = weights / weights.sum(axis=axis, keepdims=True)
        if how == "after":
            weights = weights * seen
        if empty == "zeros" and how == "out":
            # The way out that people find: NaN to 0 in the rows without keys.
            weights = np.where(seen.any(axis=-1, keepdims=True), weights, 0.0)
        with np.errstate(invalid="ignore"):
            return weights @ values, weights

    return answer


def _plain(mask):
    return np.asarray(mask, dtype=bool)


def _flipped(mask):
    return ~np.asarray(mask, dtype=bool)


_NAN = (
    "A row in which every score is -inf gives NaN (-inf minus -inf, or 0 / 0): a query that may "
    "see nothing should get weights and an output of 0."
)
_UNIFORM = (
    "A row in which every score is the same large negative number becomes an even spread over "
    "masked keys: a query that may see nothing should get weights and an output of 0."
)
_UNSTABLE = (
    "exp of a large score is infinite, and inf / inf is NaN: subtract the row's largest allowed "
    "score first, which cancels in the softmax."
)
# Whoever makes one of the main mistakes may make one of these too.
_ALSO = (
    ("", {"empty": "zeros"}, ""),
    (", NaN without keys", {"empty": "nan"}, _NAN),
    (", even without keys", {"empty": "uniform"}, _UNIFORM),
    (", NaN without keys, overflow", {"empty": "nan", "stable": False}, f"{_NAN} And {_UNSTABLE}"),
    (", overflow", {"empty": "zeros", "stable": False}, _UNSTABLE),
)
_MAIN = (
    (
        "not scaled",
        {"scale": "none"},
        "The scores are not divided by sqrt(d), with d the width of queries and keys: without it "
        "wide vectors make a softmax of almost only 0 and 1.",
    ),
    (
        "divided by d",
        {"scale": "width"},
        "You divide by d: the standard deviation of a dot product grows like sqrt(d), so divide "
        "by `np.sqrt(d)`.",
    ),
    (
        "divided by the number of keys",
        {"scale": "keys"},
        "You divide by the root of the number of keys: the scale belongs to the width of a query, "
        "`queries.shape[-1]`.",
    ),
    (
        "softmax over the queries",
        {"axis": -2},
        "Your columns sum to 1: each query (row) shares out a weight of 1 among the keys, so the "
        "softmax runs over the last axis.",
    ),
    (
        "mask the wrong way round",
        {"allowed": _flipped},
        "You keep what is masked: here True says that a query may see a key. (Some libraries' "
        "masks mean the opposite, so read what theirs says.)",
    ),
)
_AFTER = (
    "You mask after the softmax: the masked keys have taken their part of the sum already, and "
    "what is left no longer sums to 1. Mask the scores first."
)
_ZERO = (
    "You set masked scores to 0, but exp(0) is 1: a masked key then counts like one with score 0. "
    "It has to vanish, so its score goes to minus infinity."
)
_LATE = (
    "The largest score that you subtract may belong to a masked key: if that is thousands above "
    "the others, all that is left is exp(-thousands) = 0, and 0 / 0. Mask before the maximum."
)


_GUARDED = (
    "The largest score that you subtract may belong to a masked key: then exp leaves 0 for all the "
    "others, and a small number in the sum only turns 0 / 0 into 0. Mask before the maximum."
)
_HIDDEN = (
    "You turn every NaN into 0, also those of inf / inf, where a weight should come out: subtract "
    "the row's largest allowed score before exp, and treat a row without keys on its own."
)
_IGNORED = (
    "The mask changes nothing in your answer: a masked key must get weight 0, and the others share "
    "what it would have had."
)


def _guarded(queries, keys, values, mask):
    scores = queries @ keys.transpose(0, 2, 1) / math.sqrt(queries.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True)) * mask
    weights = weights / (weights.sum(axis=-1, keepdims=True) + 1e-12)
    return weights @ values, weights


def _hidden(queries, keys, values, mask):
    with np.errstate(all="ignore"):
        scores = queries @ keys.transpose(0, 2, 1) / math.sqrt(queries.shape[-1])
        weights = np.exp(np.where(mask, scores, -np.inf))
        weights = np.nan_to_num(weights / weights.sum(axis=-1, keepdims=True))
    return weights @ values, weights


def _unmasked(queries, keys, values, mask):
    return _answer(allowed=_plain)(queries, keys, values, np.ones((1, 1, 1), dtype=bool))


def _misconceptions():
    held = [
        Misconception(f"{name}{also}", _answer(**{"allowed": _plain, **wrong, **more}),
                      f"{sentence} {extra}".strip())
        for name, wrong, sentence in _MAIN
        for also, more, extra in _ALSO
    ]  # fmt: skip
    for how, name, sentence in (
        ("after", "masked after the softmax", _AFTER),
        ("zero", "masked scores are 0", _ZERO),
    ):
        for stable, also, extra in ((True, "", ""), (False, ", overflow", f"And {_UNSTABLE}")):
            answer = _answer(how=how, stable=stable, allowed=_plain)
            held.append(Misconception(f"{name}{also}", answer, f"{sentence} {extra}".strip()))
    held.append(
        Misconception("maximum of masked keys", _answer(how="late maximum", allowed=_plain), _LATE)
    )
    held += [
        Misconception("maximum of masked keys, guarded sum", _guarded, _GUARDED),
        Misconception("NaN hidden", _hidden, _HIDDEN),
        Misconception("mask ignored", _unmasked, _IGNORED),
    ]
    for also, more, sentence in _ALSO[1:]:
        name = also.removeprefix(", ")
        held.append(Misconception(name, _answer(**more, allowed=_plain), sentence))
    return held


CHECKS = (
    Check(
        id="X-attn",
        title="Attention with a mask",
        level=2,
        minutes=25,
        points=3,
        function="masked_attention",
        make_cases=_cases,
        oracle=slow_attention,
        compare=_compare,
        misconceptions=_misconceptions(),
    ),
)
