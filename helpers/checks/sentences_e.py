"""Checks of lesson 03, part E, "Search": fusion, product search, and what follows (Q23)."""

from helpers.checks.core import Conclusions
from helpers.checks.sentences_e_fusion import RRF
from helpers.checks.sentences_e_hybrid import HYBRID
from helpers.checks.sentences_e_online import COLDSTART, VISITORS

__all__ = ["CHECKS", "CONCLUSIONS"]

CONCLUSIONS = Conclusions(
    id="Q23-conclusions",
    title="Which statements about product search follow from what you measured?",
    level=2,
    minutes=8,
    points=3,
    function="chosen_q23",
    statements={
        "A": (
            True,
            "A tenant with a tenth of the pages got far fewer than ten results when the filter was "
            "last, and ten when it was first. The filter belongs into the search.",
        ),
        "B": (
            False,
            "On paraphrases every fusion that you tried was worse than MiniLM alone: BM25's "
            "accidental matches vote too. On the average of all kinds it depended on the depth.",
        ),
        "C": (
            False,
            "Two fifths of the judged pages are relevant, so even a shuffled list of them gets "
            "about .7. The share of wrong orders was near a coin's .5 for both systems.",
        ),
        "D": (
            True,
            "Another tenant's pages changed the document frequencies and so your own pages' "
            "scores. Strict isolation needs the statistics per tenant too, not only the filter.",
        ),
        "E": (
            False,
            "One click in two views is mostly luck. With a prior of .06 worth 50 views it becomes "
            ".077, and 12 clicks in 100 views become .100: the order turns round.",
        ),
        "F": (
            True,
            "The number of visitors goes with one over the squared difference: half the lift needs "
            "about four times as many. So it is the small improvements that cost weeks.",
        ),
        "G": (
            False,
            "Interleaving says which ranking wins more clicks side by side, with fewer "
            "sessions. How many more sales the winner brings only an A/B test measures.",
        ),
    },
)

CHECKS = (RRF, COLDSTART, HYBRID, VISITORS, CONCLUSIONS)
