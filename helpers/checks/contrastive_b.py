"""The checks of lesson 04, part B: SimCLR on handwritten digits."""

from helpers.checks.contrastive_b_probe import Q14_PROBE
from helpers.checks.contrastive_b_shares import Q24_SHARES
from helpers.checks.core import Conclusions

__all__ = ["CHECKS"]

Q14_CONCLUSIONS = Conclusions(
    id="Q14-conclusions",
    title="What follows about the head?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q14",
    statements={
        "A": (
            True,
            "That is the measured fact behind the whole question: a linear probe reads the shift "
            "from h with an R^2 of about .9 and from z with about .2, the zoom with .7 and .5.",
        ),
        "B": (
            False,
            "Moved digits were recognised far better from z. Our task ignores what the views "
            "change, so forgetting it helps. “Better” needs a task.",
        ),
        "C": (
            True,
            "Left out of the views, the shift could be read from z again. So the loss on z is the "
            "cause of the forgetting, and the views say what is forgotten.",
        ),
        "D": (
            False,
            "Trained without a head, h itself lost the shift (R^2 .1 to .15). The network is the "
            "same, but the loss then acts on h directly.",
        ),
        "E": (
            True,
            "Moved digits were better from z, positions better from h. Neither wins everywhere, so "
            "the decision is a measurement on the task at hand.",
        ),
        "F": (
            False,
            "A linear probe finds only what can be read linearly. A low R^2 says that the factor "
            "is not easy to read; a deeper probe might still find it.",
        ),
    },
)

Q24_CONCLUSIONS = Conclusions(
    id="Q24-conclusions",
    title="What follows about autoencoders?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q24",
    statements={
        "A": (
            True,
            "You compared the two errors picture by picture: for most, the shift cost more than "
            "another digit. Such a loss rewards a code that stores where the ink is.",
        ),
        "B": (
            True,
            "Least squares reached about .85 on the code and .78 on raw pixels, logistic "
            "regression .89 and .87. The class is in there; distances are made of other things.",
        ),
        "C": (
            False,
            "With few labels it beat raw pixels and the untrained encoder, and on new digits it "
            "kept up with SimCLR. It is weak for one use, neighbours that share a meaning.",
        ),
        "D": (
            True,
            "About two thirds of the scatter came from the view and a twentieth from the class; in "
            "SimCLR's h the class had about four times that share.",
        ),
        "E": (
            False,
            "Raw pixels give the picture back without any error, and their neighbours were worse "
            "still. So a lower error need not bring better neighbours.",
        ),
        "F": (
            False,
            "The classifier trained on views has no negatives and did better still on moved "
            "pictures. What it shares with SimCLR are the views.",
        ),
        "G": (
            False,
            "SimCLR had no labels either, and the classifier with all labels but without views did "
            "no better than the autoencoder on moved pictures.",
        ),
    },
)

CHECKS = (Q14_PROBE, Q14_CONCLUSIONS, Q24_SHARES, Q24_CONCLUSIONS)
