"""Check of lesson 02, part D: the optimum of negative sampling at a pair, and its curvature."""

import numpy as np

from helpers.checks.comparing import close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["CURVATURE"]


def _sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def _oracle(counts, noise, negatives):
    """Find each optimum by bisection and differentiate the slope numerically; no formula for it."""
    counts = np.asarray(counts, dtype=np.float64)
    seen = counts > 0
    against = negatives * counts.sum(axis=1)[:, None] * np.asarray(noise, dtype=np.float64)[None]

    def slope(s):  # of the loss -A log sigmoid(s) - B log sigmoid(-s)
        return against * _sigmoid(s) - counts * _sigmoid(-s)

    low, high = np.full(counts.shape, -40.0), np.full(counts.shape, 40.0)
    for _ in range(80):
        middle = (low + high) / 2
        falling = slope(middle) < 0
        low, high = np.where(falling, middle, low), np.where(falling, high, middle)
    step = 1e-4
    curvature = (slope(low + step) - slope(low - step)) / (2 * step)
    return np.where(seen, low, -np.inf), np.where(seen, curvature, 0.0)


def _parts(got, expected):
    """Compare the two results and call each by its name."""
    numbers = close(rtol=1e-5, atol=1e-7)
    if not isinstance(got, list | tuple) or len(got) != 2:
        return structure(numbers, numbers)(got, expected)
    for name, mine, wanted in zip(("scores", "curvature"), got, expected, strict=True):
        problem = numbers(mine, wanted)
        if problem is not None:
            return f"`{name}`: {problem}"
    return None


def _variant(
    *, with_k=True, with_word=True, columns=False, at_zero=False, per_example=False, only_a=False,
    sign=1, harmonic=False, base=1.0, product=False, grand=False, k_in_scores=True,
    k_in_curvature=True,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def neg_optimum(counts, noise, negatives):
        counts = np.asarray(counts, dtype=np.float64)
        totals = counts.sum(axis=0) if columns else counts.sum(axis=1)[:, None]
        totals = counts.sum() if grand else totals
        against = (negatives if with_k else 1) * (totals if with_word else 1.0) * np.asarray(noise)
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = (np.log(counts) - np.log(against)) / base
            curvature = counts * against / (1 if product else counts + against)
        if not k_in_scores:
            scores = scores + np.log(negatives)
        if not k_in_curvature:
            curvature = counts * against / (negatives * counts + against)
        curvature = curvature * (2 if harmonic else 1)
        if at_zero:
            curvature = (counts + against) / 4
        if per_example:
            curvature = curvature / (counts + against)
        if only_a:
            curvature = counts
        return scores, sign * np.broadcast_to(curvature, counts.shape)

    return neg_optimum


def _own_noise(counts, noise, negatives):
    """Take the contexts' shares of the table for the noise."""
    counts = np.asarray(counts, dtype=np.float64)
    return _variant()(counts, counts.sum(axis=0) / counts.sum(), negatives)


def _exchanged(counts, noise, negatives):
    return _variant()(counts, noise, negatives)[::-1]


def _finite(counts, noise, negatives):
    """Keep the zeros finite with a small number inside the logarithm."""
    scores, curvature = _variant()(counts, noise, negatives)
    counts = np.asarray(counts, dtype=np.float64)
    against = negatives * counts.sum(axis=1)[:, None] * np.asarray(noise)
    return np.where(counts > 0, scores, np.log(1e-10 / against)), curvature


def _zero_scores(counts, noise, negatives):
    scores, curvature = _variant()(counts, noise, negatives)
    return np.where(np.isfinite(scores), scores, 0.0), curvature


def _cases(rng, hard):
    cases = [
        Case("one pair", (np.array([[3.0]]), np.array([1.0]), 2)),
        Case("two contexts", (np.array([[6.0, 2.0]]), np.array([0.25, 0.75]), 1)),
        Case("a pair never seen", (np.array([[4.0, 0.0], [1.0, 2.0]]), np.array([0.5, 0.5]), 5)),
        Case(
            "the same ratios, a hundred times the count",
            (np.array([[1.0, 3.0], [100.0, 300.0]]), np.array([0.6, 0.4]), 5),
        ),
        Case("whole numbers", (np.array([[1, 2, 3], [0, 5, 7]]), np.array([0.2, 0.3, 0.5]), 3)),
    ]
    for rows, columns, k in [(4, 3, 5)] + ([(6, 9, 15), (1, 7, 1)] if hard else []):
        counts = rng.poisson(3.0, size=(rows, columns)) * rng.choice([0.5, 1.0, 40.0], size=columns)
        counts[:, 0] += 1  # no empty row
        noise = rng.dirichlet(np.ones(columns)) * 0.9 + 0.1 / columns
        cases.append(Case(f"{rows} words, {columns} contexts", (counts, noise, k)))
    if hard:
        counts = 10.0 ** rng.integers(0, 6, size=(3, 4))
        cases.append(Case("counts up to 100,000", (counts, np.full(4, 0.25), 5)))
        small = np.array([[1, 2], [3, 0]], dtype=np.float32)
        cases.append(Case("float32", (small, np.array([0.5, 0.5], dtype=np.float32), 2)))
        wide = np.asfortranarray(rng.poisson(2.0, size=(3, 5)) + 1.0)
        cases.append(Case("another memory layout", (wide, np.full(5, 0.2), 4)))
    return cases


CURVATURE = Check(
    id="Q07-curvature",
    title="The curvature of negative sampling at a pair",
    level=2,
    minutes=15,
    points=3,
    function="neg_optimum",
    make_cases=_cases,
    oracle=_oracle,
    compare=_parts,
    misconceptions=(
        Misconception(
            "K left out",
            _variant(with_k=False),
            "Your B has no K in it: every pair brings K noise words, so B = K X_i P_n(j). Without "
            "K the scores come out too high by log K.",
        ),
        Misconception(
            "scores without log K",
            _variant(k_in_scores=False),
            "The curvature is right, but the scores lack - log K. With K negatives the optimum is "
            "log A - log B with the same B = K X_i P_n(j), so K belongs in both.",
        ),
        Misconception(
            "curvature without K",
            _variant(k_in_curvature=False),
            "The scores are right, but the B of your curvature has no K: B = K X_i P_n(j) in both "
            "results.",
        ),
        Misconception(
            "X_i left out",
            _variant(with_word=False),
            "Your B does not grow with the word: word i meets noise in each of its own pairs, so "
            "B = K X_i P_n(j) with X_i the sum of row i.",
        ),
        Misconception(
            "grand total for X_i",
            _variant(grand=True),
            "Your B has the sum of the whole table in it. Word i meets noise only in its own "
            "pairs: X_i is the sum of row i, `counts.sum(axis=1, keepdims=True)`.",
        ),
        Misconception(
            "X_j for X_i",
            _variant(columns=True),
            "You take the sums of the columns. Noise is drawn for the pairs of word i, so B needs "
            "X_i, the sum of row i; the context's frequency is in P_n(j) already.",
        ),
        Misconception(
            "share of the context for the noise",
            _own_noise,
            "You take the context's share of the table, as in PMI. Negatives come from the noise "
            "distribution, which may be another (a power, for instance): use `noise` for P_n(j).",
        ),
        Misconception(
            "curvature at score 0",
            _variant(at_zero=True),
            "Your curvature (A + B)/4 is the one at the score 0, where training starts. Insert the "
            "optimum: sigmoid(s*) = A / (A + B).",
        ),
        Misconception(
            "per example",
            _variant(per_example=True),
            "You return sigmoid times (1 - sigmoid), the curvature of one example. The loss sums A "
            "positive and B negative examples: multiply by A + B.",
        ),
        Misconception(
            "second derivative of the objective",
            _variant(sign=-1),
            "Your curvature is negative: that is the second derivative of the log-likelihood that "
            "is maximised. The loss is its negative, so its curvature is positive.",
        ),
        Misconception(
            "harmonic mean",
            _variant(harmonic=True),
            "Your curvature is the harmonic mean 2AB/(A + B), twice too large. Differentiate the "
            "slope B sigmoid(s) - A sigmoid(-s) once more and insert s*: no 2 comes in.",
        ),
        Misconception(
            "the count itself",
            _variant(only_a=True),
            "You return the count A. That is only the limit for B much larger than A: the positive "
            "examples also have their sigmoids. Work out (A + B) sigmoid(s*) sigmoid(-s*).",
        ),
        Misconception(
            "base 2",
            _variant(base=np.log(2)),
            "Your scores are logarithms to base 2. The sigmoid is made of exp, so the optimum is "
            "the natural logarithm of A/B.",
        ),
        Misconception(
            "results exchanged",
            _exchanged,
            "Your two results are exchanged: the scores come first, then the curvature.",
        ),
        Misconception(
            "small number for zero",
            _finite,
            "For a pair never seen you return a large negative score, because of a small number "
            "inside the logarithm. With A = 0 only pushes are left: the optimum is minus infinity.",
        ),
        Misconception(
            "0 for a pair never seen",
            _zero_scores,
            "For a pair never seen you return the score 0. With A = 0 the loss is B log(1 + "
            "exp(s)), which falls for ever as s falls: the optimum is minus infinity.",
        ),
    ),
)
