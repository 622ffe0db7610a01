"""Checks of lesson 04, part C: queue, slow network, false negatives, mining, the conclusions."""

from helpers.checks.contrastive_c_ema import X_EMA
from helpers.checks.contrastive_c_mine import Q12_MINE
from helpers.checks.contrastive_c_push import Q12_PUSH
from helpers.checks.contrastive_c_queue import X_QUEUE
from helpers.checks.core import Conclusions

__all__ = ["CHECKS"]

Q12_CONCLUSIONS = Conclusions(
    id="Q12-conclusions",
    title="What follows about negatives?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q12",
    statements={
        "A": (
            True,
            "With all else the same, and the false ones left in, the step from 2 to 30 negatives "
            "brought far more than the step from 30 to 254: the push on the negatives was nearly "
            "complete by then.",
        ),
        "B": (
            False,
            "With 1,024 pictures a batch, four epochs are 20 steps; with 32 they are 748. That "
            "comparison is between numbers of steps. With equal steps the large batch was ahead, "
            "because it saw more pictures.",
        ),
        "C": (
            False,
            "The expected share is the same in every batch, about 1 / C. What grows is their "
            "number.",
        ),
        "D": (
            True,
            "From 32 pictures on, the false share of the push hardly changed with the batch, but "
            "rose from about a fifth at tau = .5 to more than half at .1: a low temperature "
            "prefers similar negatives, and those are often of the same digit.",
        ),
        "E": (
            True,
            "With momentum 0, keys moved during their wait by more than the distance between two "
            "different pictures, for many batches, and with few labels the encoder ended below an "
            "untrained one.",
        ),
        "F": (
            False,
            "It fits a long training. After our 372 steps such a network still consists of "
            ".999^372, over two thirds, of its random start; it did no better than .99 here. "
            "Choose 1 / (1 - m) well below the number of steps.",
        ),
        "G": (
            False,
            "Hardest means most similar, and nearly nine in ten of the nearest neighbours were the "
            "same digit. They made the encoder worse than random negatives did. What helped was to "
            "leave out the false ones, whether the rest was hard or not.",
        ),
    },
)

CHECKS = (X_QUEUE, X_EMA, Q12_PUSH, Q12_MINE, Q12_CONCLUSIONS)
