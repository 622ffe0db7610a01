"""Check of lesson 01, part B1: the gradients of skip-gram."""

import math

import numpy as np

from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.word2vec_b1_losses import (
    also_naive,
    infinite_beyond,
    label_of_negatives,
    loss_parts,
    neg_loss,
    sgns,
    sgns_ascent,
    sgns_averaged,
    sgns_capped,
    sgns_inf_over_inf,
    sgns_unsigned_noise,
    sigmoid,
    with_gradients,
)

__all__ = ["Q21_SGNS"]


LOGARITHM_OF_ZERO = Misconception(
    "logarithm of zero",
    infinite_beyond(lambda v, u, n: sgns(v, u, n)),
    "All is right until a sigmoid vanishes: sigmoid(-800) is 0 in floating point, and its "
    "logarithm is -inf. -log sigmoid(x) is `np.logaddexp(0, -x)`, exact for every x.",
)


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
        Case("a true word of score -40", (np.array([4.0]), np.array([-10.0]), np.array([[0.5]]))),
        Case(
            "a true word of score -800, a negative of 800",
            (np.array([20.0, 0.0]), np.array([-40.0, 1.0]), np.array([[40.0, 2.0], [0.1, 0.3]])),
        ),
    ]
    if hard:
        cases += [
            Case("scores in the hundreds", draw(4, 3, 15.0)),
            Case("no negatives", draw(3, 0)),
            Case("float32", tuple(a.astype(np.float32) for a in draw(5, 4))),
            Case("negatives as a transposed view", (*draw(4, 1)[:2], rng.normal(0, 1, (4, 3)).T)),
        ]
    return cases


_SGNS_MISCONCEPTIONS = [
    Misconception(
        "noise treated as true",
        sgns_unsigned_noise,
        "The negatives are pulled as if they were true. Their term is "
        "-log sigmoid(**-**score): the loss must grow when a noise score grows.",
    ),
    Misconception(
        "only positive scores pushed",
        lambda v, u, n: sgns(v, u, n, pushes=lambda s: sigmoid(s) * (s > 0)),
        "Only negatives with a positive score get a gradient from you. Every negative is "
        "pushed, by sigmoid(score), which is small for a low score but never 0.",
    ),
    Misconception(
        "negatives labelled 1",
        label_of_negatives,
        "The loss is right, but the error of a negative is sigmoid(score) - 1 here. That is "
        "for label 1, the true word; a negative has label 0, so its error is sigmoid(score).",
    ),
    Misconception(
        "mean over negatives",
        sgns_averaged,
        "You average over the K negatives. The objective sums them: K sets how much the "
        "noise weighs against the one true word.",
    ),
    Misconception(
        "ascent direction",
        sgns_ascent,
        "The loss is right and each gradient has the opposite sign: you return the direction "
        "of the update. The gradient is (sigmoid(score) - label) times the other vector.",
    ),
    Misconception(
        "label forgotten",
        lambda v, u, n: sgns(v, u, n, label=0.0),
        "The true word is pushed away: its error is sigmoid(score) - 1, because its label is "
        "1. With the label left out the gradient has the wrong sign.",
    ),
    Misconception(
        "grad_v from the true word only",
        lambda v, u, n: sgns(v, u, n, v_push=False),
        "`grad_v` lacks the negatives. The centre takes part in all K + 1 scores, so its "
        "gradient is a sum of K + 1 terms.",
    ),
    Misconception(
        "grad_v from the noise only",
        lambda v, u, n: sgns(v, u, n, v_pull=False),
        "`grad_v` lacks the true word. The centre takes part in all K + 1 scores, so its "
        "gradient is a sum of K + 1 terms.",
    ),
]

Q21_SGNS = Check(
    id="Q21-sgns",
    title="Skip-gram with negative sampling: loss and gradients",
    level=2,
    minutes=20,
    points=4,
    function="sgns_loss_and_gradients",
    make_cases=_sgns_cases,
    oracle=with_gradients(neg_loss),
    compare=loss_parts("loss", "grad_v", "grad_u", "grad_negatives"),
    misconceptions=[
        LOGARITHM_OF_ZERO,
        Misconception(
            "infinity over infinity",
            sgns_inf_over_inf,
            "exp(x) / (1 + exp(x)) is inf / inf for a large x. Write the sigmoid as "
            "`np.exp(-np.logaddexp(0, -x))` and the loss with `np.logaddexp(0, -score)`.",
        ),
        *(
            Misconception(
                f"{epsilon} inside the logarithm",
                sgns_capped(-math.log(epsilon)),
                f"A small number inside the logarithm, {epsilon}, caps each term of the loss at "
                f"{-math.log(epsilon):.1f}, but a score of -40 costs 40. Leave it out: "
                "`np.logaddexp(0, -score)` needs no guard.",
            )
            for epsilon in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12)
        ),
        Misconception(
            "scores clipped at 500",
            sgns_capped(500.0),
            "You clip the scores at 500, which caps the loss: a true word of score -800 costs "
            "800. `np.logaddexp(0, -score)` is exact without clipping.",
        ),
        *also_naive(_SGNS_MISCONCEPTIONS),
    ],
)
