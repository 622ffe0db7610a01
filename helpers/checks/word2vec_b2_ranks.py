"""Check of lesson 01, part B2: the place of the right word among the neighbours."""

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["RANKS"]


def _ranks_oracle(queries, words, targets):
    """Sort the words by cosine and look for the target."""
    ranks = []
    for query, target in zip(np.asarray(queries, dtype=float), targets, strict=True):
        cosines = []
        for word in np.asarray(words, dtype=float):
            lengths = float(np.sqrt(np.sum(query**2)) * np.sqrt(np.sum(word**2)))
            cosines.append(float(np.sum(query * word)) / lengths if lengths > 0 else 0.0)
        order = sorted(range(len(cosines)), key=lambda i: -cosines[i])
        ranks.append(order.index(target) + 1)
    return np.array(ranks)


def _scores(queries, words, length=True):
    queries, words = np.asarray(queries, dtype=float), np.asarray(words, dtype=float)
    norms = np.linalg.norm(words, axis=1) if length else np.ones(len(words))
    return queries @ (words / np.where(norms > 0, norms, 1)[:, None]).T


def _place(scores, targets, first=1):
    own = scores[np.arange(len(scores)), targets][:, None]
    return (scores > own).sum(axis=1) + first


def _by_distance(queries, words, targets):
    queries, words = np.asarray(queries, dtype=float), np.asarray(words, dtype=float)
    return _place(-np.linalg.norm(queries[:, None] - words[None], axis=2), targets)


def _argsort_read_wrongly(queries, words, targets):
    order = np.argsort(-_scores(queries, words), axis=1)
    return order[np.arange(len(order)), targets] + 1


def _ranks_unguarded(queries, words, targets):
    words = np.asarray(words, dtype=float)
    with np.errstate(invalid="ignore"):
        unit = words / np.linalg.norm(words, axis=1, keepdims=True)
    order = np.argsort(-(np.asarray(queries, dtype=float) @ unit.T), axis=1)
    return np.array([list(row).index(t) + 1 for row, t in zip(order, targets, strict=True)])


def _ranks_of_nan(queries, words, targets):
    """Count larger cosines, of which a NaN is none."""
    words = np.asarray(words, dtype=float)
    with np.errstate(invalid="ignore"):
        unit = words / np.linalg.norm(words, axis=1, keepdims=True)
    return _place(np.asarray(queries, dtype=float) @ unit.T, targets)


def _ranks_cases(rng, hard):
    words = np.array([[4.0, 0.0], [1.0, 0.2], [0.0, 1.0], [-1.0, 0.1]])
    cases = [
        Case("one query", (np.array([[2.0, 0.5]]), words, np.array([0]))),
        Case("the nearest word", (np.array([[0.1, 3.0]]), words, np.array([2]))),
        Case(
            "three queries",
            (np.array([[1.0, 1.5], [-1.0, -3.0], [5.0, 0.1]]), words, np.array([1, 3, 2])),
        ),
        Case(
            "a word without a direction",
            (np.array([[1.0, 0.1], [-1.0, 2.0]]), np.vstack([[0.0, 0.0], words]), np.array([0, 2])),
        ),
        Case(
            "random vectors",
            (rng.normal(size=(6, 5)), _spread(rng, (20, 5)), rng.integers(20, size=6)),
        ),
        Case(
            "short word vectors",
            (np.array([[2.0, 0.5], [1.0, 1.5]]), 1e-4 * words, np.array([0, 1])),
        ),
    ]
    if hard:
        cases += [
            Case(
                "float32",
                (
                    rng.normal(size=(9, 8)).astype(np.float32),
                    _spread(rng, (40, 8)).astype(np.float32),
                    rng.integers(40, size=9),
                ),
            ),
            Case("targets as a list", (rng.normal(size=(3, 4)), _spread(rng, (10, 4)), [9, 0, 9])),
            Case(
                "columns first in memory",
                (
                    np.asfortranarray(rng.normal(size=(4, 6))),
                    np.asfortranarray(_spread(rng, (15, 6))),
                    np.arange(4),
                ),
            ),
            Case(
                "tiny queries",
                (1e-6 * rng.normal(size=(5, 3)), _spread(rng, (12, 3)), rng.integers(12, size=5)),
            ),
            Case("only one word", (rng.normal(size=(2, 3)), np.ones((1, 3)), np.array([0, 0]))),
        ]
    return cases


def _spread(rng, shape):
    """Vectors whose lengths differ a lot, so that length and angle are not confused."""
    return rng.normal(size=shape) * rng.uniform(0.2, 5.0, size=(shape[0], 1))


RANKS = Check(
    id="Q01-ranks",
    title="The rank of the right word",
    level=2,
    minutes=12,
    points=3,
    function="ranks_of",
    make_cases=_ranks_cases,
    oracle=_ranks_oracle,
    compare=close(rtol=0, atol=1e-9),
    misconceptions=(
        Misconception(
            "dot products",
            lambda queries, words, targets: _place(_scores(queries, words, False), targets),
            "You rank by dot product, so long vectors win. A cosine divides by the length of each "
            "word's vector; the query's own length does not change the order.",
        ),
        Misconception(
            "counted from zero",
            lambda queries, words, targets: _place(_scores(queries, words), targets, 0),
            "Your ranks start at 0. The nearest word has rank 1: the number of words with a "
            "larger cosine, plus one.",
        ),
        Misconception(
            "farthest first",
            lambda queries, words, targets: _place(-_scores(queries, words), targets),
            "You count from the wrong end: rank 1 is the word with the largest cosine. "
            "`np.argsort` sorts upwards.",
        ),
        Misconception(
            "Euclidean distance",
            _by_distance,
            "You rank by Euclidean distance, in which the lengths count. Compare the directions: "
            "divide by the norms first.",
        ),
        Misconception(
            "argsort read as ranks",
            _argsort_read_wrongly,
            "`np.argsort` gives which word stands at a place, not the place of a word. Count how "
            "many words have a larger cosine than the target, or look for it in the order.",
        ),
        Misconception(
            "zero vector divides by zero",
            _ranks_unguarded,
            "A word whose vector is zero should have cosine 0, between the positive and the "
            "negative ones; yours comes last (0/0 gives NaN, which sorts last).",
        ),
        Misconception(
            "NaN compared",
            _ranks_of_nan,
            "A word whose vector is zero should have cosine 0; yours is NaN (0/0), and every "
            "comparison with NaN is False. Replace a norm of 0 by 1 before you divide.",
        ),
    ),
)
