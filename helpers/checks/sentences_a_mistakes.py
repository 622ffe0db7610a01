"""The ways to get attention with a mask wrong, for the check X-attn of lesson 03, part 1."""

import math

import numpy as np

from helpers.checks.core import Misconception

__all__ = ["attention_mistakes"]


def _by_a_number(number, added, cleared):
    """Make an answer that hides keys by a fixed number instead of -inf."""

    def answer(queries, keys, values, mask):
        scores = queries @ keys.transpose(0, 2, 1) / math.sqrt(queries.shape[-1])
        seen = np.broadcast_to(_plain(mask), scores.shape)
        scores = np.where(seen, scores, scores + number if added else number)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        if cleared:
            weights = weights * seen
        total = weights.sum(axis=-1, keepdims=True)
        weights = weights / np.where(total == 0, 1, total)
        return weights @ values, weights

    return answer


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
_NUMBER = (
    "You use a fixed number such as -10,000 for a masked key, and a score that the query may see "
    "can lie below it: then the masked key wins the maximum and nothing is left of the row. Use "
    "-inf or `np.finfo(float).min`, which no score undercuts, and put it in with `np.where` "
    "instead of adding it."
)
_SPREAD = (
    "A large negative number added to every score of a row cancels in the softmax: a query that "
    "may see nothing then attends to masked keys. It should get weights and an output of 0."
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


def attention_mistakes() -> list[Misconception]:
    """Name the wrong answers, the main mistakes first, each alone and with what goes with it."""
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
        Misconception("fixed number put in", _by_a_number(-1e4, False, True), _NUMBER),
        Misconception(
            "fixed number put in, even without keys",
            _by_a_number(-1e4, False, False),
            f"{_NUMBER} {_UNIFORM}",
        ),
        Misconception(
            "fixed number added, without keys too",
            _by_a_number(-1e4, True, False),
            f"{_NUMBER} {_SPREAD}",
        ),
        Misconception("huge number added", _by_a_number(-1e9, True, False), _SPREAD),
    ]
    for also, more, sentence in _ALSO[1:]:
        name = also.removeprefix(", ")
        held.append(Misconception(name, _answer(**more, allowed=_plain), sentence))
    return held
