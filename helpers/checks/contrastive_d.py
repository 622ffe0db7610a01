"""Checks of lesson 04, part D: learning without negatives."""

from helpers.checks.contrastive_d_barlow import X_BARLOW
from helpers.checks.contrastive_d_collapse import Q13_COLLAPSE
from helpers.checks.contrastive_d_gradient import Q13_GRADIENT
from helpers.checks.core import Conclusions

__all__ = ["CHECKS"]

Q13_CONCLUSIONS = Conclusions(
    id="Q13-conclusions",
    title="What follows about collapse?",
    level=2,
    minutes=12,
    points=2,
    function="chosen_q13",
    statements={
        "A": (
            True,
            "At a constant each of the 2N - 1 candidates has the same score, so NT-Xent is "
            "log(2N - 1). That is costly; and in the second cell a slight difference was enough "
            "for the loss to fall, so the constant is no minimum.",
        ),
        "B": (
            True,
            "BYOL's loss of a constant is 0, and both trainings without a brake came nearer to 0 "
            "than BYOL did. Where a run stayed away (without BatchNorm ours did not), it was "
            "by the way the steps go, not by the value of the loss.",
        ),
        "C": (
            False,
            "The lowest losses of all belonged to the collapsed runs. In the model with one weight "
            "the loss even ROSE while the weight escaped from 0. Watch std and rank, not the loss.",
        ),
        "D": (
            False,
            "The runs without a slow target kept their spread from all three starts. The slow "
            "target may help quality; it was not what prevented collapse here.",
        ),
        "E": (
            False,
            "The runs without predictor and without stop-gradient had BatchNorm too, and "
            "collapsed. And on ImageNet, BYOL worked without it (Richemond et al. 2020).",
        ),
        "F": (
            False,
            "Barlow Twins without the off-diagonal term had a std of about .9 and lay almost on a "
            "line: one feature, copied. Look at the spectrum or the effective rank as well.",
        ),
        "G": (
            True,
            "A copied coordinate agrees perfectly with its twin, so the diagonal is content. Only "
            "the off-diagonal term makes a copy cost something.",
        ),
    },
)

CHECKS = (X_BARLOW, Q13_COLLAPSE, Q13_GRADIENT, Q13_CONCLUSIONS)
