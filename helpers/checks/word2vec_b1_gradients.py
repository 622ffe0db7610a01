"""Checks of lesson 01, part B1: the gradients of skip-gram and CBOW."""

import math

import numpy as np

from helpers.checks.comparing import close, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q21_CBOW", "Q21_SGNS"]


def _sigmoid(x):
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x, dtype=np.float64)))


# ---------------------------------------------------------------- finite differences


def _softplus(x):
    """Compute log(1 + exp(x)) without overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _neg_loss(hidden, positive, negatives):
    """Sum the negative-sampling loss term by term, in plain Python."""

    def score(u):
        return math.fsum(float(a) * float(b) for a, b in zip(hidden, u, strict=True))

    return _softplus(-score(positive)) + math.fsum(_softplus(score(u)) for u in negatives)


def _difference(loss, arrays, which, step=1e-5):
    """Differentiate `loss` by every entry of one of its arrays, by central differences."""
    arrays = [np.array(a, dtype=np.float64) for a in arrays]
    gradient = np.zeros(arrays[which].shape)
    for place in np.ndindex(gradient.shape):
        middle = arrays[which][place]
        arrays[which][place] = middle + step
        above = loss(*arrays)
        arrays[which][place] = middle - step
        gradient[place] = (above - loss(*arrays)) / (2 * step)
        arrays[which][place] = middle
    return gradient


def _with_gradients(loss):
    def oracle(*arrays):
        return (loss(*arrays), *(_difference(loss, arrays, i) for i in range(len(arrays))))

    return oracle


def _loss_parts(*names):
    """Compare loss and gradients, and call each part by its name."""
    numbers = close(rtol=2e-5, atol=2e-6)

    def compare(got, expected):
        if not isinstance(got, list | tuple) or len(got) != len(names):
            return structure(*[numbers] * len(names))(got, expected)
        for name, mine, wanted in zip(names, got, expected, strict=True):
            problem = numbers(mine, wanted)
            if problem is not None:
                return f"`{name}`: {problem}"
        return None

    return compare


# ---------------------------------------------------------------- Q21-sgns


def _sgns(v, u, negatives, label=1.0, pushes=None, reduce=1.0, v_pull=True, v_push=True):
    """Compute the gradients in matrix form, with room for the ways to get them wrong."""
    v, u, negatives = (np.asarray(a, dtype=np.float64) for a in (v, u, negatives))
    pull = _sigmoid(v @ u) - label
    push = _sigmoid(negatives @ v) if pushes is None else pushes(negatives @ v)
    push = push * reduce
    loss = np.logaddexp(0, -(v @ u)) + reduce * np.logaddexp(0, negatives @ v).sum()
    grad_v = v_pull * pull * u + v_push * (push @ negatives)
    return loss, grad_v, pull * v, push[:, None] * v


def _sgns_unsigned_noise(v, u, negatives):
    loss = np.logaddexp(0, -(v @ u)) + np.logaddexp(0, -(negatives @ v)).sum()
    return (loss, *_sgns(v, u, negatives, pushes=lambda s: _sigmoid(s) - 1)[1:])


def _sgns_averaged(v, u, negatives):
    return _sgns(v, u, negatives, reduce=1 / max(1, len(negatives)))


def _sgns_ascent(v, u, negatives):
    loss, *gradients = _sgns(v, u, negatives)
    return (loss, *(-g for g in gradients))


def _sgns_cases(rng, hard):
    def draw(d, k, scale=1.0):
        return (
            rng.normal(0, scale, d),
            rng.normal(0, scale, d),
            rng.normal(0, scale, (k, d)),
        )

    twice = draw(3, 2)
    twice[2][1] = twice[2][0]
    cases = [
        Case("one dimension, one negative", (np.array([1.0]), np.array([0.5]), np.array([[2.0]]))),
        Case("all vectors zero", (np.zeros(2), np.zeros(2), np.zeros((3, 2)))),
        Case("two dimensions, three negatives", draw(2, 3)),
        Case("the same negative drawn twice", twice),
        Case("six dimensions, five negatives", draw(6, 5)),
    ]
    if hard:
        cases += [
            Case("scores in the hundreds", draw(4, 3, 15.0)),
            Case("no negatives", draw(3, 0)),
            Case("float32", tuple(a.astype(np.float32) for a in draw(5, 4))),
            Case("negatives as a transposed view", (*draw(4, 1)[:2], rng.normal(0, 1, (4, 3)).T)),
        ]
    return cases


Q21_SGNS = Check(
    id="Q21-sgns",
    title="Skip-gram with negative sampling: loss and gradients",
    level=2,
    minutes=20,
    points=4,
    function="sgns_loss_and_gradients",
    make_cases=_sgns_cases,
    oracle=_with_gradients(_neg_loss),
    compare=_loss_parts("loss", "grad_v", "grad_u", "grad_negatives"),
    misconceptions=[
        Misconception(
            "noise treated as true",
            _sgns_unsigned_noise,
            "The negatives are pulled as if they were true. Their term is "
            "-log sigmoid(**-**score): the loss must grow when a noise score grows.",
        ),
        Misconception(
            "only positive scores pushed",
            lambda v, u, n: _sgns(v, u, n, pushes=lambda s: _sigmoid(s) * (s > 0)),
            "Only negatives with a positive score get a gradient from you. Every negative is "
            "pushed, by sigmoid(score), which is small for a low score but never 0.",
        ),
        Misconception(
            "mean over negatives",
            _sgns_averaged,
            "You average over the K negatives. The objective sums them: K sets how much the "
            "noise weighs against the one true word.",
        ),
        Misconception(
            "ascent direction",
            _sgns_ascent,
            "The loss is right and each gradient has the opposite sign: you return the direction "
            "of the update. The gradient is (sigmoid(score) - label) times the other vector.",
        ),
        Misconception(
            "label forgotten",
            lambda v, u, n: _sgns(v, u, n, label=0.0),
            "The true word is pushed away: its error is sigmoid(score) - 1, because its label is "
            "1. With the label left out the gradient has the wrong sign.",
        ),
        Misconception(
            "grad_v from the true word only",
            lambda v, u, n: _sgns(v, u, n, v_push=False),
            "`grad_v` lacks the negatives. The centre takes part in all K + 1 scores, so its "
            "gradient is a sum of K + 1 terms.",
        ),
        Misconception(
            "grad_v from the noise only",
            lambda v, u, n: _sgns(v, u, n, v_pull=False),
            "`grad_v` lacks the true word. The centre takes part in all K + 1 scores, so its "
            "gradient is a sum of K + 1 terms.",
        ),
    ],
)

# ---------------------------------------------------------------- Q21-cbow


def _cbow_loss(context, positive, negatives):
    return _neg_loss(np.asarray(context, dtype=np.float64).mean(axis=0), positive, negatives)


def _cbow(context, u, negatives, divide=True, mean=True):
    context = np.asarray(context, dtype=np.float64)
    hidden = context.mean(axis=0) if mean else context.sum(axis=0)
    loss, grad, grad_u, grad_negatives = _sgns(hidden, u, negatives)
    rows = np.tile(grad / (len(context) if divide else 1), (len(context), 1))
    return loss, rows, grad_u, grad_negatives


def _cbow_as_skipgrams(context, u, negatives):
    each = [_sgns(v, u, negatives) for v in np.asarray(context, dtype=np.float64)]
    n = len(each)
    loss, grad_u, grad_negatives = (sum(g[part] for g in each) / n for part in (0, 2, 3))
    return loss, np.array([g[1] for g in each]) / n, grad_u, grad_negatives


def _cbow_one_row(context, u, negatives):
    loss, grad, grad_u, grad_negatives = _cbow(context, u, negatives)
    return loss, grad[0], grad_u, grad_negatives


def _cbow_sgns_hidden(context, u, negatives):
    loss, grad, _, _ = _cbow(context, u, negatives)
    total = np.asarray(context, dtype=np.float64).sum(axis=0)
    hidden = total / len(context)
    pull = _sigmoid(hidden @ u) - 1
    return loss, grad, pull * total, _sigmoid(negatives @ hidden)[:, None] * total


def _cbow_cases(rng, hard):
    def draw(c, d, k, scale=1.0):
        return (rng.normal(0, scale, (c, d)), rng.normal(0, scale, d), rng.normal(0, scale, (k, d)))

    twice = draw(3, 2, 2)
    twice[0][2] = twice[0][0]
    cases = [
        Case("one context word", draw(1, 2, 1)),
        Case("two context words in one dimension", draw(2, 1, 1)),
        Case("all vectors zero", (np.zeros((2, 2)), np.zeros(2), np.zeros((1, 2)))),
        Case("the same context word twice", twice),
        Case("four context words, five negatives", draw(4, 3, 5)),
    ]
    if hard:
        cases += [
            Case("scores in the hundreds", draw(3, 4, 3, 18.0)),
            Case("float32", tuple(a.astype(np.float32) for a in draw(5, 4, 4))),
            Case("contexts as a transposed view", (rng.normal(0, 1, (4, 6)).T, *draw(1, 4, 2)[1:])),
        ]
    return cases


Q21_CBOW = Check(
    id="Q21-cbow",
    title="CBOW with negative sampling: loss and gradients",
    level=2,
    minutes=15,
    points=3,
    function="cbow_loss_and_gradients",
    make_cases=_cbow_cases,
    oracle=_with_gradients(_cbow_loss),
    compare=_loss_parts("loss", "grad_context", "grad_u", "grad_negatives"),
    misconceptions=[
        Misconception(
            "undivided gradient",
            lambda c, u, n: _cbow(c, u, n, divide=False),
            "Each context vector gets the whole gradient of the mean. By the chain rule it gets "
            "1/C of it, since h = (v_1 + ... + v_C) / C. (word2vec.c makes the same step: see the "
            "part on CBOW's training.)",
        ),
        Misconception(
            "sum instead of mean",
            lambda c, u, n: _cbow(c, u, n, divide=False, mean=False),
            "Your hidden vector is the sum of the context vectors. Here it is their mean: divide "
            "h by C, and the gradient as well.",
        ),
        Misconception(
            "sum forward, mean backward",
            lambda c, u, n: _cbow(c, u, n, mean=False),
            "Your hidden vector is the sum of the context vectors, but the gradient is that of a "
            "mean. Divide h by C too.",
        ),
        Misconception(
            "losses averaged, not vectors",
            _cbow_as_skipgrams,
            "You average C skip-gram losses. CBOW averages the C vectors first and then has one "
            "loss; a sigmoid stands between, so the two differ.",
        ),
        Misconception(
            "one row for all contexts",
            _cbow_one_row,
            "`grad_context` has one row, and it should have one for each context word. The rows "
            "are equal: repeat it C times.",
        ),
        Misconception(
            "output gradients from the sum",
            _cbow_sgns_hidden,
            "`grad_u` and `grad_negatives` use the sum of the context vectors. The scores are "
            "taken with the mean h, so error times h is the gradient.",
        ),
    ],
)
