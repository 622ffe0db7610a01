"""Check of lesson 01, part B1: the gradients of CBOW."""

import numpy as np

from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.word2vec_b1_losses import (
    also_naive,
    infinite_beyond,
    loss_parts,
    neg_loss,
    sgns,
    sigmoid,
    with_gradients,
)

__all__ = ["Q21_CBOW"]


def _cbow_loss(context, positive, negatives):
    return neg_loss(np.asarray(context, dtype=np.float64).mean(axis=0), positive, negatives)


def _cbow(context, u, negatives, divide=True, mean=True):
    context = np.asarray(context, dtype=np.float64)
    hidden = context.mean(axis=0) if mean else context.sum(axis=0)
    loss, grad, grad_u, grad_negatives = sgns(hidden, u, negatives)
    rows = np.tile(grad / (len(context) if divide else 1), (len(context), 1))
    return loss, rows, grad_u, grad_negatives


def _cbow_as_skipgrams(context, u, negatives, average=True):
    each = [sgns(v, u, negatives) for v in np.asarray(context, dtype=np.float64)]
    n = len(each) if average else 1
    loss, grad_u, grad_negatives = (sum(g[part] for g in each) / n for part in (0, 2, 3))
    return loss, np.array([g[1] for g in each]) / n, grad_u, grad_negatives


def _cbow_one_row(context, u, negatives):
    loss, grad, grad_u, grad_negatives = _cbow(context, u, negatives)
    return loss, grad[0], grad_u, grad_negatives


def _cbow_sgns_hidden(context, u, negatives):
    loss, grad, _, _ = _cbow(context, u, negatives)
    total = np.asarray(context, dtype=np.float64).sum(axis=0)
    hidden = total / len(context)
    pull = sigmoid(hidden @ u) - 1
    return loss, grad, pull * total, sigmoid(negatives @ hidden)[:, None] * total


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
        Case(
            "a score of -900",
            (np.array([[30.0, 0.0]]), np.array([-30.0, 0.0]), np.array([[30.0, 1.0]])),
        ),
    ]
    if hard:
        cases += [
            Case("scores in the hundreds", draw(3, 4, 3, 18.0)),
            Case("float32", tuple(a.astype(np.float32) for a in draw(5, 4, 4))),
            Case("contexts as a transposed view", (rng.normal(0, 1, (4, 6)).T, *draw(1, 4, 2)[1:])),
        ]
    return cases


_MISCONCEPTIONS = [
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
        "losses summed",
        lambda c, u, n: _cbow_as_skipgrams(c, u, n, average=False),
        "You add up C skip-gram losses, one for each context word. CBOW averages the C "
        "vectors to h first, and then has one loss with K + 1 scores.",
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
]

Q21_CBOW = Check(
    id="Q21-cbow",
    title="CBOW with negative sampling: loss and gradients",
    level=2,
    minutes=15,
    points=3,
    function="cbow_loss_and_gradients",
    make_cases=_cbow_cases,
    oracle=with_gradients(_cbow_loss),
    compare=loss_parts("loss", "grad_context", "grad_u", "grad_negatives"),
    misconceptions=[
        Misconception(
            "logarithm of zero",
            infinite_beyond(_cbow),
            "All is right until a sigmoid vanishes: sigmoid(-900) is 0 in floating point, and its "
            "logarithm is -inf. `np.logaddexp(0, -x)` is -log sigmoid(x) for every x.",
        ),
        *also_naive(_MISCONCEPTIONS),
    ],
)
