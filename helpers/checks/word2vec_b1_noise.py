"""Checks of lesson 01, part B1: the alias table, and probabilities from NEG scores."""

import numpy as np

from helpers.checks.comparing import as_numbers, close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q02_RECOVER", "X_ALIAS"]

# ---------------------------------------------------------------- X-alias


def _table(p, scale=True, donate=True, filled=True, alias_to_largest=False, stacks=True):
    """Vose's construction, with room for the ways to get it wrong."""
    scaled = np.asarray(p, dtype=np.float64) * (len(p) if scale else 1)
    largest = int(np.argmax(scaled))
    prob = np.ones(len(scaled)) if filled else np.zeros(len(scaled))
    alias = np.arange(len(scaled)) if filled else np.zeros(len(scaled), dtype=int)
    small = [i for i, x in enumerate(scaled) if x < 1]
    large = [i for i, x in enumerate(scaled) if x >= 1]
    while small and large:
        poor, rich = small.pop(), large[-1]
        prob[poor], alias[poor] = scaled[poor], largest if alias_to_largest else rich
        scaled[rich] -= (1 - scaled[poor]) if donate else scaled[poor]
        if scaled[rich] < 1 and stacks:
            small.append(large.pop())
    return np.clip(prob, 0, 1), alias


def _marginals(case, output):
    (p,) = case.args
    if not isinstance(output, list | tuple) or len(output) != 2:
        raise ValueError("two arrays should come back: prob and alias")
    prob, alias = (as_numbers(part) for part in output)
    if prob is None or alias is None or prob.shape != (len(p),) or alias.shape != (len(p),):
        raise ValueError(f"prob and alias should both have the shape ({len(p)},)")
    if not np.isfinite(prob).all() or prob.min() < -1e-9 or prob.max() > 1 + 1e-9:
        raise ValueError("every entry of prob should lie between 0 and 1")
    if prob.dtype.kind == "c" or alias.dtype.kind not in "iuf":
        raise ValueError("prob should hold real numbers, and alias whole ones")
    share = 1 - prob
    share[share < 1e-9] = 0  # The alias of a full column is never used, so it may be anything.
    used = alias[share > 0]
    if (used != np.floor(used)).any() or ((used < 0) | (used >= len(p))).any():
        raise ValueError("every alias in use should be the index of an outcome")
    # The definition of the marginals: an outcome's own column plus what the others leave to it.
    lent = np.bincount(used.astype(np.int64), weights=share[share > 0], minlength=len(p))
    return (prob + lent) / len(p)


def _same_marginals(got, expected):
    problem = close(rtol=1e-6, atol=1e-7)(got, expected)
    return problem and f"the table's marginals differ from p: {problem}"


_MANY = 100_000  # One pass takes a fraction of a second; time that grows with n * n runs out.


def _alias_cases(rng, hard):
    cases = [
        Case("one outcome", (np.array([1.0]),)),
        Case("two outcomes", (np.array([0.25, 0.75]),)),
        Case("uniform: every column is full", (np.full(4, 0.25),)),
        Case("one of probability 0", (np.array([0.5, 0.0, 0.5]),)),
        Case("one rich, many poor", (np.array([0.05, 0.8, 0.05, 0.1]),)),
        Case("a rich one becomes poor", (np.array([0.05, 0.3, 0.45, 0.1, 0.1]),)),
        Case("some columns exactly full", (np.array([0.3, 0.3, 0.2, 0.1, 0.1]),)),
        Case("random", (rng.dirichlet(np.full(7, 0.4)),)),
        Case(
            f"{_MANY:,} outcomes: no time to search all of them for each",
            (rng.dirichlet(np.ones(_MANY)),),
        ),
    ]
    if hard:
        zipf = 1 / np.arange(1, 2001)
        cases += [
            Case("word frequencies", (zipf / zipf.sum(),)),
            Case("shuffled word frequencies", (rng.permutation(zipf / zipf.sum()),)),
            Case("float32", (rng.dirichlet(np.ones(9)).astype(np.float32),)),
            Case("a list", ([0.2, 0.3, 0.5],)),
        ]
    return cases


X_ALIAS = Check(
    id="X-alias",
    title="Build an alias table",
    level=3,
    minutes=25,
    points=5,
    function="build_alias",
    make_cases=_alias_cases,
    oracle=lambda p: np.asarray(p, dtype=np.float64),
    compare=_same_marginals,
    view=_marginals,
    limit=2.0,
    misconceptions=[
        Misconception(
            "nobody borrows",
            lambda p: _table(p, scale=False),
            "Your table stands for the uniform distribution: no column borrows from another. "
            "Outcome i needs n * p[i] columns, so multiply by n before you compare with 1.",
        ),
        Misconception(
            "rich one gives the wrong amount",
            lambda p: _table(p, donate=False),
            "The rich outcome lends what the poor one has, not what it lacks. It fills the rest "
            "of the poor one's column: 1 - scaled[poor].",
        ),
        Misconception(
            "rest never filled",
            lambda p: _table(p, filled=False),
            "Columns that are left over keep prob 0 and alias 0, so they go to outcome 0. Whatever "
            "remains on either list is 1 up to rounding: it keeps its whole column.",
        ),
        Misconception(
            "always the largest as alias",
            lambda p: _table(p, alias_to_largest=True),
            "Every poor outcome borrows from the most probable one, whoever lends. Note down as "
            "alias the rich outcome that you took the area from.",
        ),
        Misconception(
            "rich one stays rich",
            lambda p: _table(p, stacks=False),
            "An outcome that has lent so much that less than one column is left must go to the "
            "poor ones: its own column then needs somebody else to fill it.",
        ),
    ],
)

# ---------------------------------------------------------------- Q02-recover


def _recover_by_definition(v, U, noise):
    """Weigh the noise by exp(score), term by term, with the largest exponent taken out."""
    scores = [sum(float(a) * float(b) for a, b in zip(v, u, strict=True)) for u in U]
    top = max(s for s, p in zip(scores, noise, strict=True) if p > 0)
    weights = [
        float(p) * np.exp(s - top) if p > 0 else 0.0 for s, p in zip(scores, noise, strict=True)
    ]
    return np.array(weights) / sum(weights)


def _normalised(weights):
    weights = np.asarray(weights, dtype=np.float64)
    return weights / weights.sum()


def _scores(v, U):
    return np.asarray(U, dtype=np.float64) @ np.asarray(v, dtype=np.float64)


def _exp(scores):
    return np.exp(scores - scores.max())


def _overflowing(scores):
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(scores)


def _quietly(weights):
    with np.errstate(invalid="ignore", divide="ignore"):
        return _normalised(weights)


def _sigmoid(scores):
    return 0.5 * (1 + np.tanh(0.5 * scores))


def _recover_cases(rng, hard):
    def draw(V, d, scale=1.0):
        return rng.normal(0, scale, d), rng.normal(0, 1, (V, d)), rng.dirichlet(np.ones(V))

    even = (np.array([1.0]), np.array([[0.0], [1.0]]), np.array([0.5, 0.5]))
    cases = [
        Case("two words, equal noise", even),
        Case("two words, scores 0", (np.zeros(2), np.ones((2, 2)), np.array([0.9, 0.1]))),
        Case("five words", draw(5, 2)),
        Case("twelve words", draw(12, 4)),
        Case(
            "scores in the thousands",
            (np.array([1000.0]), np.array([[2.0], [2.001], [1.999]]), np.array([0.5, 0.2, 0.3])),
        ),
    ]
    if hard:
        v, U, noise = draw(6, 3)
        noise[2] = 0
        cases += [
            Case("random scores in the thousands", draw(6, 3, 1500.0)),
            Case(
                "scores far below zero",
                (np.array([-900.0]), np.array([[1.0], [1.002], [1.003]]), np.full(3, 1 / 3)),
            ),
            Case("a word that is never drawn", (v, U, noise / noise.sum())),
            Case("float32", tuple(a.astype(np.float32) for a in draw(8, 3))),
        ]
    return cases


Q02_RECOVER = Check(
    id="Q02-recover",
    title="Recover probabilities from NEG scores",
    level=2,
    minutes=12,
    points=3,
    function="recover_conditional",
    make_cases=_recover_cases,
    oracle=_recover_by_definition,
    compare=close(rtol=1e-4, atol=1e-7),
    misconceptions=[
        Misconception(
            "exp overflows",
            lambda v, U, noise: _quietly(_overflowing(_scores(v, U)) * np.asarray(noise)),
            "The formula is right, but exp overflows: exp(2000) is inf, and inf / inf is nan. "
            "Subtract the largest score before exp; the common factor cancels.",
        ),
        Misconception(
            "softmax of the scores, and exp overflows",
            lambda v, U, noise: _quietly(_overflowing(_scores(v, U))),
            "You take the softmax of the raw scores, which are relative to the noise: multiply "
            "exp(score) by the noise probability. And subtract the largest score before exp, "
            "or it overflows.",
        ),
        Misconception(
            "divided by the noise, and exp overflows",
            lambda v, U, noise: _quietly(
                _overflowing(_scores(v, U)) / np.maximum(np.asarray(noise), 1e-300)
            ),
            "You divide by the noise. exp(score) is already P / (k Pn), so multiply by Pn. And "
            "subtract the largest score before exp, or it overflows.",
        ),
        Misconception(
            "softmax of the scores",
            lambda v, U, noise: _normalised(_exp(_scores(v, U))),
            "You take the softmax of the raw scores. NEG scores are relative to the noise: "
            "multiply exp(score) by the noise probability before you normalise.",
        ),
        Misconception(
            "sigmoids normalised",
            lambda v, U, noise: _normalised(_sigmoid(_scores(v, U))),
            "You normalise the sigmoids. A sigmoid answers 'true pair or noise?'; solve "
            "exp(score) = P / (k Pn) for P instead.",
        ),
        Misconception(
            "sigmoids as they are",
            lambda v, U, noise: _sigmoid(_scores(v, U)),
            "You return the sigmoids. They answer V separate yes-no questions and need not sum "
            "to 1; solve exp(score) = P / (k Pn) for P and normalise.",
        ),
        Misconception(
            "divided by the noise",
            lambda v, U, noise: _normalised(_exp(_scores(v, U)) / np.maximum(noise, 1e-300)),
            "You divide by the noise. exp(score) is already P / (k Pn), so P comes back when you "
            "multiply by Pn.",
        ),
        Misconception(
            "sigmoids weighted by the noise",
            lambda v, U, noise: _normalised(_sigmoid(_scores(v, U)) * np.asarray(noise)),
            "You weigh sigmoid(score) by the noise. The odds are what equals P / (k Pn), and the "
            "odds of a sigmoid are exp(score).",
        ),
        Misconception(
            "not normalised",
            lambda v, U, noise: _overflowing(_scores(v, U)) * np.asarray(noise),
            "Your weights are right but do not sum to 1. Divide by their sum: k, which you did "
            "not need to know, cancels there.",
        ),
        Misconception(
            "largest score subtracted, not normalised",
            lambda v, U, noise: _exp(_scores(v, U)) * np.asarray(noise),
            "You subtracted the largest score, and the weights are right but do not sum to 1: "
            "divide them by their sum.",
        ),
        Misconception(
            "scores clipped",
            lambda v, U, noise: _normalised(
                np.exp(np.minimum(_scores(v, U), 700)) * np.asarray(noise)
            ),
            "You clip the scores, so that large ones become equal and only the noise is left. "
            "Subtract the largest score instead: that changes no ratio.",
        ),
    ],
)
