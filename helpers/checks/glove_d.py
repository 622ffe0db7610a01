"""Checks of lesson 02, part D: rare words and passes."""

from helpers.checks.core import Conclusions
from helpers.checks.glove_d_curvature import CURVATURE
from helpers.checks.glove_d_draws import DRAWS

__all__ = ["CHECKS"]

CONCLUSIONS = Conclusions(
    id="Q07-conclusions",
    title="What follows about rare words and passes?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q07",
    statements={
        "A": (
            True,
            "At a fixed PMI the curvature AB/(A + B) is linear in the count. GloVe's 2f(X) grows "
            "with the power 3/4 and not at all above x_max. So from a rare to a frequent pair "
            "skip-gram's grip grows more.",
        ),
        "B": (
            False,
            "With f = 1 every cell counts alike, so nothing can be starved by f, and the twins "
            "were no nearer to their originals. What the intervention does not change cannot be "
            "its doing.",
        ),
        "C": (
            True,
            "Twins that were never drawn found their originals about as well. Their u got much "
            "shorter, but u is not kept; a word's own draws never touch its v.",
        ),
        "D": (
            False,
            "The many draws of a hapax are updates of its u. Its v moved in five pairs of an "
            "epoch, however often the noise named it; the ghost's v did not move at all.",
        ),
        "E": (
            True,
            "Only which cells take part (and how they are weighed) was changed, at about the same "
            "number of updates and half the passes, and mean 1/rank rose in every seed. So the "
            "missing zeros are part of the reason; a gap to skip-gram remained.",
        ),
        "F": (
            False,
            "A pass of GloVe visits each cell once, a pass of skip-gram each pair once with K "
            "noise words: about fifteen times as many scores here. Compare work or time, not "
            "passes.",
        ),
        "G": (
            False,
            "By passes, skip-gram was ahead at every number of passes that both curves have. "
            "Fewer passes is no property of GloVe's objective; on this corpus it is not even a "
            "fact.",
        ),
    },
)

CHECKS = (CURVATURE, DRAWS, CONCLUSIONS)
