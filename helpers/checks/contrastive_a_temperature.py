"""Checks of lesson 04, part A: the gradient of InfoNCE and its values at both ends of tau."""

import numpy as np
import torch
from scipy.special import logsumexp
from torch.nn import functional as F

from helpers.checks.comparing import close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q11_GRADIENT", "Q11_LIMITS"]


def _by_autograd(similarities, positive, temperature):
    """Let PyTorch differentiate the cross-entropy, in float64."""
    leaf = torch.tensor(np.asarray(similarities, dtype=np.float64), requires_grad=True)
    F.cross_entropy(leaf / temperature, torch.tensor(np.asarray(positive)).long()).backward()
    return leaf.grad.numpy()


def _quizzes(rng, n, m):
    return rng.uniform(-1, 1, (n, m)), rng.integers(0, m, n)


def _gradient_cases(rng, hard):
    masked = _quizzes(rng, 3, 5)
    for row, right in enumerate(masked[1]):
        masked[0][row, (right + 1 + row) % 5] = -np.inf
    last = rng.uniform(-1, 1, (3, 4)), np.array([3, 3, 3])
    cases = [
        Case("one query, one negative", (np.array([[0.5, 0.1]]), np.array([0]), 1.0)),
        Case("two queries", (*_quizzes(rng, 2, 3), 0.5)),
        Case("the positive in the last column", (*last, 0.2)),
        Case("equal similarities", (np.full((2, 4), 0.3), np.array([1, 2]), 0.1)),
        Case("temperature = 10", (*_quizzes(rng, 3, 4), 10.0)),
        Case("temperature = .001", (*_quizzes(rng, 3, 4), 0.001)),
        Case("similarities of -inf", (*masked, 0.3)),
        Case("whole numbers", (np.array([[1, 0, 0], [0, 1, -1]]), np.array([0, 1]), 0.5)),
        Case("lists", ([[0.2, 0.9, -0.3], [0.1, 0.0, 0.4]], [2, 0], 0.4)),
    ]
    if hard:
        cases += [
            Case("40 queries, 30 candidates", (*_quizzes(rng, 40, 30), 0.07)),
            Case("one candidate", (np.array([[0.4], [0.2]]), np.array([0, 0]), 0.1)),
            Case("transposed memory", (np.asfortranarray(_quizzes(rng, 4, 6)[0]),
                                       rng.integers(0, 6, 4), 0.02)),
            Case("float32", (_quizzes(rng, 5, 4)[0].astype(np.float32), rng.integers(0, 4, 5),
                             0.05)),
        ]  # fmt: skip
    return cases


def _gradient_variant(
    *, tau=lambda tau: tau, count=None, hot=True, sign=1.0, stable=True, column=False,
    softmax_tau=True, masked=True, axis=1, every_row=False, best=False,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def infonce_gradient(similarities, positive, temperature):
        s = np.array(similarities, dtype=np.float64)
        if not masked:
            s = np.where(np.isfinite(s), s, 0.0)
        scores = s / temperature if softmax_tau else s
        with np.errstate(all="ignore"):
            if stable:
                scores = scores - scores.max(axis=axis, keepdims=True)
            p = np.exp(scores)
            p = p / p.sum(axis=axis, keepdims=True)
        rows = np.arange(len(p))
        if every_row:
            p[:, np.asarray(positive)] -= 1
        elif hot:
            right = s.argmax(axis=1) if best else np.asarray(positive)
            p[rows, 0 if column else right] -= 1
        return sign * p / tau(temperature) / (count or len)(p)

    return infonce_gradient


def _gradient_of_one(similarities, positive, temperature):
    gradient = _by_autograd(similarities, positive, temperature)
    return np.where(np.arange(gradient.shape[1]) == np.asarray(positive)[:, None], gradient, 0)


def _gradient_on_lists(similarities, positive, temperature):
    if isinstance(similarities, list):
        raise TypeError("unsupported operand type(s) for /: 'list' and 'float'")
    return _by_autograd(similarities, positive, temperature)


Q11_GRADIENT = Check(
    id="Q11-gradient",
    title="The gradient of InfoNCE",
    level=2,
    minutes=20,
    points=3,
    function="infonce_gradient",
    make_cases=_gradient_cases,
    oracle=_by_autograd,
    compare=close(rtol=1e-6, atol=1e-10),
    misconceptions=(
        Misconception(
            "1 / tau forgotten",
            _gradient_variant(tau=lambda tau: 1.0),
            "This is the derivative by the score s / tau. By the similarity it is larger by the "
            "factor 1 / tau, from the chain rule: just what makes small temperatures loud.",
        ),
        Misconception(
            "multiplied by tau",
            _gradient_variant(tau=lambda tau: 1 / tau),
            "You multiply by the temperature where the chain rule divides: the score is s / tau, "
            "so dL/ds = dL/dscore / tau.",
        ),
        Misconception(
            "summed over the rows",
            _gradient_variant(count=lambda p: 1),
            "This is the gradient of the sum over the queries. The loss is their mean, so divide "
            "by the number of rows.",
        ),
        Misconception(
            "sign",
            _gradient_variant(sign=-1.0),
            "The sign is reversed: you return the direction of descent. A larger similarity of "
            "the positive lowers the loss, so its derivative is negative: p minus one-hot.",
        ),
        Misconception(
            "no one-hot",
            _gradient_variant(hot=False),
            "This is the softmax alone, all of it positive. The loss also holds -s+/tau, whose "
            "derivative takes 1 from the positive's column.",
        ),
        Misconception(
            "positive always first",
            _gradient_variant(column=True),
            "You take column 0 for the positive in every row. Row i's right answer stands in "
            "column `positive[i]`: `p[np.arange(n), positive] -= 1`.",
        ),
        Misconception(
            "positive column of every row",
            _gradient_variant(every_row=True),
            "`p[:, positive] -= 1` takes 1 from these columns in every row. Pair rows and "
            "columns: `p[np.arange(n), positive] -= 1`.",
        ),
        Misconception(
            "most similar candidate taken for the positive",
            _gradient_variant(best=True),
            "You take the most similar candidate for the right answer. It is the one in column "
            "`positive[i]`, whether the encoder finds it or not.",
        ),
        Misconception(
            "mean over all entries",
            _gradient_variant(count=np.size),
            "You divide by the number of all entries. There is one loss a row: divide by the "
            "number of rows.",
        ),
        Misconception(
            "positive only",
            _gradient_of_one,
            "Right for the positives, but the negatives get 0. They stand in the denominator: "
            "each is pushed with p_k / (n tau).",
        ),
        Misconception(
            "softmax without temperature",
            _gradient_variant(softmax_tau=False),
            "Your softmax is over the bare similarities. The temperature belongs inside it, "
            "s / tau, and once more outside, from the chain rule.",
        ),
        Misconception(
            "softmax down the columns",
            _gradient_variant(axis=0),
            "Your softmax runs over the queries. Each row is a quiz of its own: sum over its "
            "candidates, `axis=1`.",
        ),
        Misconception(
            "overflow",
            _gradient_variant(stable=False),
            "Right until the exponential overflows: at tau = .001 scores reach 1000. Subtract "
            "each row's largest score before `np.exp`; the softmax does not change.",
        ),
        Misconception(
            "-inf taken for 0",
            _gradient_variant(masked=False),
            "A similarity of -inf should take no part, but you give it the score 0. Leave it: "
            "exp(-inf) is 0, and so is its derivative.",
        ),
        Misconception(
            "lists not accepted",
            _gradient_on_lists,
            "Lists come in as well: start with `np.asarray(similarities, dtype=float)`.",
        ),
    ),
)


def _limits_by_numbers(positive, negatives, temperature):
    """Take both limits of the exact loss numerically: at tau = 1e-9, and its slope at 1/tau = 0."""
    candidates = np.column_stack(
        [np.asarray(positive, dtype=np.float64), np.asarray(negatives, dtype=np.float64)]
    )

    def loss(beta):
        return logsumexp(beta * candidates, axis=1) - beta * candidates[:, 0]

    tiny, step = 1e-9, 1e-4
    slope = (loss(step) - loss(-step)) / (2 * step)
    return tiny * loss(1 / tiny) / temperature, loss(0.0) + slope / temperature


def _limits_cases(rng, hard):
    def random(n, k):
        return rng.uniform(-1, 1, n), rng.uniform(-1, 1, (n, k))

    easy = np.array([0.9, 0.8]), np.array([[0.1, 0.3, -0.5], [0.2, 0.4, 0.6]])
    mixed = np.array([0.9, 0.1]), np.array([[0.1, -0.3], [0.6, 0.2]])
    cases = [
        Case("one query, one negative", (np.array([0.4]), np.array([[0.9]]), 1.0)),
        Case("one query satisfied, one not", (*mixed, 0.5)),
        Case("positives ahead of all negatives", (*easy, 0.1)),
        Case("five negatives", (*random(3, 5), 0.2)),
        Case("temperature = 100", (*random(3, 4), 100.0)),
        Case("negatives of -1", (np.array([0.0, -0.5]), np.full((2, 3), -1.0), 0.3)),
        Case("whole numbers", (np.array([1, 0]), np.array([[0, 0], [1, -1]]), 0.25)),
        Case("lists", ([0.5, -0.2], [[0.7, 0.1, 0.0], [0.3, 0.2, -0.9]], 0.4)),
    ]
    if hard:
        cases += [
            Case("30 queries, 50 negatives", (*random(30, 50), 0.07)),
            Case("a tie", (np.array([0.5]), np.array([[0.5, 0.5]]), 0.1)),
            Case("float32", tuple(p.astype(np.float32) for p in random(4, 3)) + (0.5,)),
        ]
    return cases


def _limits_variant(
    *, hinge=True, reduce=np.max, cold_tau=True, mean="all", count=1, warm_tau=True, sign=1.0,
    swap=False, flat=np.log, hardest="own", over=0.0, variance=0.0,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def infonce_limits(positive, negatives, temperature):
        positive = np.asarray(positive, dtype=np.float64)
        negatives = np.asarray(negatives, dtype=np.float64)
        gap = (reduce(negatives, axis=1) if hardest == "own" else negatives.max()) - positive
        cold = (np.maximum(0, gap) if hinge else gap) / (temperature if cold_tau else 1)
        candidates = np.column_stack([positive, negatives])
        cold = cold + over * np.log(candidates.shape[1])
        middle = (candidates if mean == "all" else negatives).mean(axis=1)
        if mean == "sum":
            middle = positive + (negatives - positive[:, None]).sum(axis=1)
        slope = sign * (middle - positive) / (temperature if warm_tau else 1)
        warm = flat(negatives.shape[1] + count) + slope
        warm = warm + variance * candidates.var(axis=1) / temperature**2
        return (warm, cold) if swap else (cold, warm)

    return infonce_limits


def _exact(positive, negatives, temperature):
    scores = np.column_stack([np.asarray(positive), np.asarray(negatives)]) / temperature
    loss = logsumexp(scores, axis=1) - scores[:, 0]
    return loss, loss


def _exact_for_cold(positive, negatives, temperature):
    exact, _ = _exact(positive, negatives, temperature)
    return exact, _limits_by_numbers(positive, negatives, temperature)[1]


def _limits_on_lists(positive, negatives, temperature):
    if isinstance(positive, list):
        raise AttributeError("'list' object has no attribute 'max'")
    return _limits_by_numbers(positive, negatives, temperature)


Q11_LIMITS = Check(
    id="Q11-limits",
    title="Both ends",
    level=2,
    minutes=15,
    points=2,
    function="infonce_limits",
    make_cases=_limits_cases,
    oracle=_limits_by_numbers,
    compare=structure(close(rtol=1e-5, atol=1e-6), close(rtol=1e-5, atol=1e-6)),
    misconceptions=(
        Misconception(
            "mean of the negatives alone",
            _limits_variant(mean="negatives"),
            "`cold` is right. In `warm` your mean runs over the negatives alone; expand "
            "log(sum of exp) and you divide by K + 1, so it is the mean over all candidates, the "
            "positive included. For K = 1 that is a factor of 2.",
        ),
        Misconception(
            "sum instead of the mean",
            _limits_variant(mean="sum"),
            "`cold` is right. In `warm` you take the sum of the differences: it stands inside "
            "log((K + 1) + sum), so it is divided by K + 1.",
        ),
        Misconception(
            "no hinge",
            _limits_variant(hinge=False),
            "`warm` is right. Your `cold` becomes negative where the positive leads, but a "
            "cross-entropy never does: the positive stands in the sum too, so 0 is a candidate.",
        ),
        Misconception(
            "mean negative instead of the hardest",
            _limits_variant(reduce=np.mean),
            "`warm` is right. In `cold` you compare with the mean negative. For a small "
            "temperature the largest term of the sum wins: take the hardest negative.",
        ),
        Misconception(
            "easiest negative",
            _limits_variant(reduce=np.min),
            "`warm` is right. In `cold` you take the smallest similarity, the easiest negative. "
            "The hardest is the most similar one.",
        ),
        Misconception(
            "cold not divided",
            _limits_variant(cold_tau=False),
            "`warm` is right. Your `cold` is the limit of tau L. The task asks for it divided by "
            "the temperature, as an approximation of L itself.",
        ),
        Misconception(
            "warm not divided",
            _limits_variant(warm_tau=False),
            "`cold` is right. In `warm` the difference of means must be divided by the "
            "temperature: it fades as the temperature grows.",
        ),
        Misconception(
            "log K",
            _limits_variant(count=0),
            "`cold` is right. `warm` starts from log K, but the positive is a candidate as well: "
            "with equal scores the loss is log(K + 1).",
        ),
        Misconception(
            "no constant",
            _limits_variant(flat=lambda n: 0.0),
            "`cold` is right. In `warm` the constant log(K + 1) is missing.",
        ),
        Misconception(
            "one term too far",
            _limits_variant(variance=0.5),
            "`cold` is right. `warm` goes one term too far: stop after the one with 1 / tau.",
        ),
        Misconception(
            "upper bound for cold",
            _limits_variant(over=1.0),
            "`warm` is right. Your `cold` is the upper bound: tau log(K + 1) vanishes in the limit "
            "of tau L, so `cold` is max(0, ...) / tau alone.",
        ),
        Misconception(
            "the exact loss for cold",
            _exact_for_cold,
            "`warm` is right. Your `cold` is the exact loss at the given temperature; asked is "
            "the limit of tau L, divided by tau.",
        ),
        Misconception(
            "hardest negative of all queries",
            _limits_variant(hardest="all"),
            "`warm` is right. In `cold` you take the largest similarity of the whole table. Each "
            "query has a hardest negative of its own: `axis=1`.",
        ),
        Misconception(
            "first term only",
            _limits_variant(sign=0.0),
            "`cold` is right. `warm` is the limit log(K + 1) alone; the term with 1 / tau is asked "
            "for as well.",
        ),
        Misconception(
            "sign of the slope",
            _limits_variant(sign=-1.0),
            "`cold` is right. In `warm` the sign is reversed: the loss is smaller, not larger, "
            "when the positive is above the mean.",
        ),
        Misconception(
            "the other order",
            _limits_variant(swap=True),
            "Both values are right, but the order is (cold, warm): the small temperature first.",
        ),
        Misconception(
            "the exact loss",
            _exact,
            "This is the exact loss at the given temperature. Asked are two approximations of it, "
            "one for each end.",
        ),
        Misconception(
            "lists not accepted",
            _limits_on_lists,
            "Lists come in as well: start with `np.asarray(..., dtype=float)` for both.",
        ),
    ),
)
