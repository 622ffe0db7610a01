"""The check of lesson 03, part 1: attention with a mask."""

import itertools
import math

import numpy as np

from helpers.checks.comparing import close, structure
from helpers.checks.core import Check
from helpers.checks.running import Case
from helpers.checks.sentences_a_mistakes import attention_mistakes

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
        Case(
            "only a key with score -80,000 may be seen",
            (*(opposed(160_000.0)), np.array([[[False, False, True]]])),
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
        misconceptions=attention_mistakes(),
    ),
)
