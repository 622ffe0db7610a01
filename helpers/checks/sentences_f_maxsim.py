"""Check of lesson 03, part 6: MaxSim for a batch of padded documents."""

import math

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["MAXSIM"]


def slow_maxsim(query, documents, mask):
    """Score document by document and token by token, in plain Python."""
    scores = []
    for document, row in zip(documents, mask, strict=True):
        tokens = [token for token, real in zip(document, row, strict=True) if real]
        total = 0.0
        for q in query:
            products = [
                math.fsum(float(x) * float(y) for x, y in zip(q, t, strict=True)) for t in tokens
            ]
            total += max(products, default=-math.inf)
        scores.append(total)
    return np.array(scores)


def _some(rng, n, length):
    """Make a mask of leading tokens, at least one a document, the longest of full length."""
    lengths = rng.integers(1, length + 1, size=n)
    lengths[0] = length
    return np.arange(length) < lengths[:, None]


def _random(rng, m, n, length, d, size=1.0):
    return (
        rng.normal(size=(m, d)),
        size * rng.normal(size=(n, length, d)),
        _some(rng, n, length),
    )


def _scores(got, expected):
    problem = close(rtol=1e-4, atol=1e-6)(got, expected)
    numbers = as_numbers(got)
    if problem is None or numbers is None or numbers.shape != expected.shape:
        return problem
    kept = np.isneginf(expected) & ~np.isneginf(numbers)
    if kept.any():
        return f"a document without tokens got {numbers[kept][0]:g}, where -inf should come back"
    return problem


def _cases(rng, hard):
    def unit(array):
        return array / np.linalg.norm(array, axis=-1, keepdims=True)

    q, documents, mask = _random(rng, 3, 2, 5, 4)
    whole = _random(rng, 3, 3, 5, 4)
    loud = np.where(mask[..., None], documents, 100 * np.sign(documents))
    away = np.array([[[-1.0, 0.0], [-0.6, -0.8], [0.0, 0.0]]])
    holes = np.array([[True, False, True], [False, True, False]])
    cases = [
        Case("one token each", (np.array([[2.0]]), np.array([[[3.0]]]), np.array([[True]]))),
        Case(
            "two query tokens, two documents of two tokens",
            (
                np.array([[1.0, 0.0], [0.0, 1.0]]),
                np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 2.0], [1.0, 1.0]]]),
                np.ones((2, 2), dtype=bool),
            ),
        ),
        Case(
            "every token points away from the query, and one is padding",
            (np.array([[1.0, 0.0]]), 3 * away, np.array([[True, True, False]])),
        ),
        Case("padding that holds large numbers", (q, loud, mask)),
        Case(
            "tokens that are far away, and an empty document",
            (
                np.array([[1.0, 0.0]]),
                np.array([[[-1e12, 0.0], [-3e12, 5.0], [0, 0]], [[1.0, 1.0], [2, 2], [3, 3]]]),
                np.array([[True, True, False], [False] * 3]),
            ),
        ),
        Case(
            "a document without tokens",
            (q, documents, np.array([[True] * 5, [False] * 5])),
        ),
        Case("unit vectors of different length in tokens", (unit(q), unit(documents), mask)),
        Case("long vectors: dot products, not cosines", _random(rng, 2, 3, 4, 3, size=20.0)),
        Case("padding in the middle", (*_random(rng, 2, 2, 3, 2)[:2], holes)),
        Case("a mask of 0 and 1", (*whole[:2], whole[2].astype(np.int64))),
        Case("one query token", _random(rng, 1, 4, 3, 5)),
        Case("as many query tokens as document tokens", _random(rng, 4, 3, 4, 4)),
        Case(
            "float32, not contiguous",
            (
                rng.normal(size=(4, 3)).astype(np.float32).T,
                rng.normal(size=(2, 4, 6)).astype(np.float32).swapaxes(1, 2),
                np.array([[1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0]]),
            ),
        ),
    ]
    if hard:
        cases += [
            Case("no document has tokens", (q, documents, np.zeros((2, 5), dtype=int))),
            Case(
                "whole numbers",
                (
                    rng.integers(-3, 4, size=(3, 4)),
                    rng.integers(-3, 4, size=(5, 6, 4)),
                    _some(rng, 5, 6),
                ),
            ),
            Case("large vectors", _random(rng, 3, 2, 4, 5, size=1e6)),
            *(
                Case(f"random {m} x {n} x {length}", _random(rng, m, n, length, 6))
                for m, n, length in ((7, 3, 4), (2, 9, 5), (5, 5, 12))
            ),
        ]
    return cases


def _answer(
    fill=-np.inf, pool="max", over=2, total="sum", unit=False, flip=False, zeroed=False,
    emptied=False,
):  # fmt: skip
    """Make an answer with room for the ways to get it wrong."""

    def answer(query, documents, mask):
        query, documents = np.asarray(query, float), np.asarray(documents, float)
        real = np.asarray(mask).astype(bool)
        real = ~real if flip else real
        if unit:
            lengths = np.linalg.norm(documents, axis=-1, keepdims=True)
            documents = documents / np.where(lengths == 0, 1, lengths)
            query = query / np.linalg.norm(query, axis=-1, keepdims=True)
        products = np.einsum("id,njd->nij", query, documents)
        if fill is not None:
            products = np.where(real[:, None, :], products, fill)
        best = getattr(np, pool)(products, axis=over)
        if zeroed:
            best = np.where(np.isinf(best), 0.0, best)
        scores = getattr(np, total)(best, axis=1)
        return np.where(real.any(axis=1), scores, -np.inf) if emptied else scores

    return answer


def _other_way(query, documents, mask):
    products = np.einsum("id,njd->nij", np.asarray(query, float), documents)
    best = products.max(axis=1)
    return np.where(np.asarray(mask).astype(bool), best, 0.0).sum(axis=1)


def _inverted(where):
    """Invert the mask by `~`, which makes -2 and -1 of whole numbers 1 and 0."""

    def answer(query, documents, mask):
        products = np.einsum("id,njd->nji", np.asarray(query, float), documents)
        if where:
            products = np.where(~np.asarray(mask)[:, :, None], -np.inf, products)
        else:
            products[~np.asarray(mask)] = -np.inf
        return products.max(axis=1).sum(axis=1)

    return answer


MAXSIM = Check(
    id="X-maxsim",
    title="MaxSim in one einsum",
    level=2,
    minutes=15,
    points=3,
    function="maxsim_scores",
    make_cases=_cases,
    oracle=slow_maxsim,
    compare=_scores,
    misconceptions=(
        Misconception(
            "padding not masked",
            _answer(fill=None),
            "You never use the mask, so padding takes part in the maximum. Its dot products must "
            "not win, whatever numbers stand there: set them to `-np.inf` before `max`.",
        ),
        Misconception(
            "padding counts as 0",
            _answer(fill=0.0),
            "Your padding has a dot product of 0, and 0 wins when all real tokens are below it. "
            "Only `-np.inf` loses against every number.",
        ),
        Misconception(
            "padding counts as -1",
            _answer(fill=-1.0),
            "You fill padding with -1, the least cosine. These are dot products, which can be "
            "lower, and an empty document must get -inf: fill with `-np.inf`.",
        ),
        Misconception(
            "a large negative number for padding",
            _answer(fill=-1e9),
            "A document without tokens gets a large negative number from you: it must get -inf, "
            "so that no real document can rank below it. Fill with `-np.inf` instead of a "
            "number that is only large.",
        ),
        Misconception(
            "a large negative number for padding, and -inf for empty documents",
            _answer(fill=-1e9, emptied=True),
            "You fill padding with a large negative number. A real token may be further away than "
            "that, and then padding wins: only `-np.inf` loses against every number.",
        ),
        Misconception(
            "`~` of 0 and 1 as a condition",
            _inverted(where=True),
            "Your `~` works for True and False. Of 0 and 1 it makes -1 and -2, and both count as "
            "true, so every token is removed: take `np.asarray(mask, dtype=bool)` first.",
        ),
        Misconception(
            "`~` of 0 and 1 as an index",
            _inverted(where=False),
            "Your `~mask` works for True and False. A mask of 0 and 1 becomes -1 and -2, which "
            "index the last documents: take `np.asarray(mask, dtype=bool)` first.",
        ),
        Misconception(
            "an empty document gets 0",
            _answer(zeroed=True),
            "You give a document without tokens the score 0, and real documents may score below "
            "that. Nothing in it matches anything: leave its score at -inf.",
        ),
        Misconception(
            "mask the wrong way round",
            _answer(flip=True),
            "You let padding compete and remove the tokens: here True (or 1) marks a real token.",
        ),
        Misconception(
            "mean over the query's tokens",
            _answer(total="mean"),
            "You take the mean of the best matches; MaxSim is their sum over the query's tokens. "
            "For one query the order of documents is the same, but the score is not.",
        ),
        Misconception(
            "sum of all products",
            lambda query, documents, mask: (
                _answer(fill=0.0, pool="sum")(query, documents, mask)
            ),
            "You add up all products. That is the dot product of two sums of vectors, a "
            "bi-encoder again: each query token should keep only its best partner (`max` over j).",
        ),
        Misconception(
            "each document token looks for a query token",
            _other_way,
            "Your maximum runs over the query's tokens and your sum over the document's, so long "
            "documents win. Each *query* token looks for its best document token: `max` over j, "
            "then sum over i.",
        ),
        Misconception(
            "cosines instead of dot products",
            _answer(unit=True),
            "You divide the vectors by their lengths. The function should take them as they come; "
            "whoever wants cosines normalises once, when the index is made.",
        ),
    ),
)  # fmt: skip
