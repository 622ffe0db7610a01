"""Check of lesson 04, part C: how hard negatives are pushed, and how much of it is misdirected."""

import numpy as np
from scipy.special import logsumexp

from helpers.checks.comparing import as_numbers, close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q12_PUSH"]


def _push(positive, negatives, same, temperature):
    """Work with logarithms, so that nothing is too small."""
    s = np.asarray(negatives, dtype=np.float64) / temperature
    right = np.asarray(positive, dtype=np.float64) / temperature
    same = np.asarray(same, dtype=bool)
    wrong = logsumexp(s, axis=1)
    with np.errstate(divide="ignore"):
        false = logsumexp(np.where(same, s, -np.inf), axis=1)
    return np.exp(wrong - np.logaddexp(right, wrong)), np.exp(false - wrong)


def _quizzes(rng, n, k):
    return rng.uniform(0.3, 1, n), rng.uniform(-0.5, 0.9, (n, k)), rng.random((n, k)) < 0.3


def _push_cases(rng, hard):
    none, everything = _quizzes(rng, 2, 3), _quizzes(rng, 2, 3)
    none[2][:], everything[2][:] = False, True
    numbers = np.array([1, 0]), np.array([[0, 1, -1], [0, 1, 0]]), np.array([[1, 0, 0], [0, 0, 1]])
    far = np.array([0.9, 1.0]), np.array([[0.3, 0.2], [0.1, -0.2]]), np.array([[1, 0], [1, 0]]) > 0
    wide = np.array([-0.4, 0.6]), np.array([[0.9, -0.8], [0.5, -0.9]]), np.eye(2, dtype=bool)
    near = [rng.uniform(0.4, 0.45, shape).astype(np.float32) for shape in (4, (4, 3))]
    short = (*near, np.eye(4, 3) > 0)
    cases = [
        Case("one negative", (np.array([0.5]), np.array([[0.1]]), np.array([[True]]), 1.0)),
        Case("two queries", (*_quizzes(rng, 2, 3), 0.5)),
        Case("no false negative", (*none, 0.2)),
        Case("only false negatives", (*everything, 0.2)),
        Case("temperature = .1", (*_quizzes(rng, 3, 5), 0.1)),
        Case("a push of e^-60", (*far, 0.01)),
        Case("temperature = .001", (*far, 0.001)),
        Case("a wide spread, temperature = .001", (*wide, 0.001)),
        Case("32 bits, temperature = .01", (*short, 0.01)),
        Case("whole numbers", (*numbers, 0.5)),
        Case("lists", (*(part.tolist() for part in _quizzes(rng, 2, 4)), 0.3)),
    ]
    if hard:
        cases += [
            Case("30 queries, 40 negatives", (*_quizzes(rng, 30, 40), 0.07)),
            Case("temperature = 20", (*_quizzes(rng, 3, 6), 20.0)),
            Case("equal similarities", (np.full(2, 0.4), np.full((2, 3), 0.4),
                                        np.array([[1, 0, 1], [0, 1, 0]]) > 0, 0.2)),
        ]  # fmt: skip
    return cases


def _in_64_bits(compare):
    """Say so where the numbers are wrong and came back in 32 bits."""

    def judge(got, expected):
        problem, numbers = compare(got, expected), as_numbers(got)
        if problem is None or numbers is None or numbers.dtype != np.float32:
            return problem
        return (
            f"{problem}: it came back in 32 bits, which round too much before you divide by the "
            "temperature. Convert with `np.asarray(negatives, dtype=float)` first"
        )

    return judge


def _push_variant(
    *, shift=True, with_positive=True, share="push", scale=lambda tau: 1.0, tau=lambda tau: tau,
    by="sum", convert=True, kind=np.float64, mass_of=lambda mass, right: mass,
    swapped=False,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def push_on_negatives(positive, negatives, same, temperature):
        if not convert and isinstance(positive, list):
            raise TypeError("unsupported operand type(s) for /: 'list' and 'float'")
        right = np.asarray(positive, dtype=kind) / tau(temperature)
        s = np.asarray(negatives, dtype=kind) / tau(temperature)
        same = np.asarray(same, dtype=bool)
        with np.errstate(all="ignore"):
            top = np.maximum(right, s.max(axis=1)) if shift else 0 * right
            wrong, twin = np.exp(s - top[:, None]), np.exp(right - top)
            total = wrong.sum(axis=1) + (twin if with_positive else 0)
            mass = mass_of(wrong.sum(axis=1) / total, twin / total)
            own = np.exp(s - s.max(axis=1, keepdims=True)) if shift else wrong
            false = (own * same).sum(axis=1) / own.sum(axis=1)
            if share == "number":
                false = same.mean(axis=1)
            elif share == "of all":
                false = (wrong * same).sum(axis=1) / total
            elif share == "true":
                false = 1 - false
            elif share == "one":
                false = (own * same).sum() / own.sum()
            elif share in ("mass", "mass or 0"):
                false = (wrong * same).sum(axis=1) / wrong.sum(axis=1)
                if share == "mass or 0":
                    false = np.where(wrong.sum(axis=1) > 0, false, 0)
        return (false, mass) if swapped else (mass * scale(temperature), false)

    return push_on_negatives


Q12_PUSH = Check(
    id="Q12-push",
    title="Whom does the loss push?",
    level=2,
    minutes=20,
    points=3,
    function="push_on_negatives",
    make_cases=_push_cases,
    oracle=_push,
    compare=structure(
        _in_64_bits(close(rtol=1e-8, atol=0)), _in_64_bits(close(rtol=1e-8, atol=1e-12))
    ),
    misconceptions=(
        Misconception(
            "share by number",
            _push_variant(share="number"),
            "The second result counts heads: the share of the negatives that are false. Weigh each "
            "negative with its probability; the similar ones get more of the push.",
        ),
        Misconception(
            "false push not divided",
            _push_variant(share="of all"),
            "The second result is the probability of the false negatives. Divide it by that of all "
            "negatives, so that it says which share of the push is wasted.",
        ),
        Misconception(
            "share of the true negatives",
            _push_variant(share="true"),
            "Your second result is the share of the *true* negatives. `same` marks the false ones, "
            "those of the query's own class.",
        ),
        Misconception(
            "positive left out",
            _push_variant(with_positive=False),
            "Your push is always 1: the positive is missing in the sum that you divide by. The "
            "softmax runs over the positive and all negatives.",
        ),
        Misconception(
            "probability of the positive",
            _push_variant(mass_of=lambda mass, right: right),
            "The first result is the probability of the positive. Wanted is that of all negatives "
            "together, which is what is left of 1.",
        ),
        Misconception(
            "divided by the temperature",
            _push_variant(scale=lambda tau: 1 / tau),
            "You divide the push by the temperature. That is the derivative by the similarity; "
            "here we want the probability, between 0 and 1.",
        ),
        Misconception(
            "1 minus the positive",
            _push_variant(mass_of=lambda mass, right: 1 - right),
            "Almost: 1 minus the positive's probability rounds to 0 (or to noise) where the push "
            "is tiny. Add up the probabilities of the negatives instead.",
        ),
        Misconception(
            "share lost in rounding",
            _push_variant(share="mass"),
            "Where the positive is far ahead, all pushes round to 0, and your share becomes 0 / 0. "
            "The share does not depend on the positive: use a softmax over the negatives alone.",
        ),
        Misconception(
            "no share where the push is 0",
            _push_variant(share="mass or 0"),
            "Where the positive is far ahead you return 0 for the share. It does not depend on the "
            "positive: use a softmax over the negatives alone.",
        ),
        Misconception(
            "order of the results",
            _push_variant(swapped=True),
            "Both results are right, but their order is: push, then misdirected share.",
        ),
        Misconception(
            "exponential overflows",
            _push_variant(shift=False),
            "The exponential overflows: a score of 900 gives inf, and inf / inf is nan. Subtract "
            "the row's largest score before `np.exp`.",
        ),
        Misconception(
            "32 bits kept",
            _push_variant(kind=None),
            "You stay in 32 bits. An error of 1e-7 in a similarity is 1e-5 in a score at tau = "
            ".01: convert with `np.asarray(negatives, dtype=float)` before you divide.",
        ),
        Misconception(
            "multiplied by the temperature",
            _push_variant(tau=lambda tau: 1 / tau),
            "You multiply the similarities by the temperature. It divides them.",
        ),
        Misconception(
            "temperature forgotten",
            _push_variant(tau=lambda tau: 1.0),
            "The temperature has no effect. Divide all similarities by it before the softmax.",
        ),
        Misconception(
            "one share for all queries",
            _push_variant(share="one"),
            "You give one share for all queries. Return one for each: sum along axis 1 only.",
        ),
        Misconception(
            "lists not accepted",
            _push_variant(convert=False),
            "Lists come in as well: convert with `np.asarray(positive, dtype=float)` first.",
        ),
    ),
)
