"""Checks of lesson 04, part A: NT-Xent, the gradient of InfoNCE, its limits, the conclusions."""

from helpers.checks.contrastive_a_ntxent import X_NTXENT
from helpers.checks.contrastive_a_temperature import Q11_GRADIENT, Q11_LIMITS
from helpers.checks.core import Conclusions

__all__ = ["CHECKS"]

Q11_CONCLUSIONS = Conclusions(
    id="Q11-conclusions",
    title="What follows about temperature?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q11",
    statements={
        "A": (
            True,
            "tau L lies between max(0, hardest negative - positive) and that plus tau log(K + 1). "
            "The gap goes to 0 with tau, so only these two similarities remain.",
        ),
        "B": (
            False,
            "At .01 we found a narrow cone (some 24 tau wide after six passes), which had opened "
            "from a far narrower start; the digits were in order in it. A single point would cost "
            "log(2N - 1), far more than the loss that was reached.",
        ),
        "C": (
            True,
            "The expansion gives every candidate the same weight, and tau times the gradient was "
            "the same at 10 and at 1000, in length and direction. What cannot be made up for is "
            "the weighting by hardness.",
        ),
        "D": (
            False,
            "The same vectors have another loss at each temperature: it starts from log(K + 1) and "
            "its terms are divided by tau. It is a different unit each time; judge by what the "
            "vectors are good for.",
        ),
        "E": (
            True,
            "Pull (1 - p+) / tau and pushes p_k / tau: since the probabilities sum to 1, both "
            "sides are equal. The cell on denominators printed the same figure twice.",
        ),
        "F": (
            False,
            "It takes away from the push on the negatives, because part of the softmax sits on the "
            "anchor's similarity to itself, and the positive is pulled even in perfect order. "
            "Log 2 is only the floor in that case.",
        ),
        "G": (
            False,
            "4.1 is just below log 64 = 4.16: the estimate is at its ceiling. It is a lower bound, "
            "and the truth may be 5 or 50; only more candidates can tell.",
        ),
    },
)

CHECKS = (X_NTXENT, Q11_GRADIENT, Q11_LIMITS, Q11_CONCLUSIONS)
