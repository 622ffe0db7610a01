"""Checks of lesson 05, part C: counting hubs, CSLS, the mutual graph, the conclusions."""

from helpers.checks.core import Conclusions
from helpers.checks.geometry_c_csls import X_CSLS
from helpers.checks.geometry_c_kocc import X_KOCC
from helpers.checks.geometry_c_mutual import Q15_MUTUAL

__all__ = ["CHECKS"]

Q15_CONCLUSIONS = Conclusions(
    id="Q15-conclusions",
    title="What follows about hubs?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q15",
    statements={
        "A": (
            True,
            "Only the distances to the centre were made equal; directions and all cosines stayed "
            "the same to the last digit, and the skewness fell to that of lists drawn by lot. That "
            "is what it means to switch a cause off.",
        ),
        "B": (
            False,
            "The evenly filled sphere had none in 500 dimensions, by distance or by cosine. Many "
            "dimensions let a small spread of distances weigh much; they do not make that spread.",
        ),
        "C": (
            False,
            "The mean of N_k is k whatever N is, and the greatest hub of 4,000 Gaussian points "
            "was in seven to ten times as many lists as the root says, that of the sphere in a "
            "third of it. It depends on the cloud.",
        ),
        "D": (
            True,
            "A displaced sphere had hubs under the cosine and lost them when centred. Five spheres "
            "kept theirs until each was centred by itself, and a cloud with long axes kept its "
            "own, as most of the skewness of the real spaces stayed.",
        ),
        "E": (
            False,
            "r of the query is the same number for all targets of that query: the first target "
            "changed for not one of 1,000 queries. What changes the order is r of the target.",
        ),
        "F": (
            True,
            "When 50 verses were asked for 20 times each, their nearness to many queries was "
            "deserved, and CSLS lowered them for it: it found fewer than the plain cosine.",
        ),
        "G": (
            False,
            "Hubs and orphans became fewer, but precision@1 stayed where it was in our search. "
            "Count hubs to find out what is wrong; judge a repair by what is found.",
        ),
    },
)

CHECKS = (X_KOCC, X_CSLS, Q15_MUTUAL, Q15_CONCLUSIONS)
