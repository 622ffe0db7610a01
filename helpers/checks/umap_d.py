"""Checks of lesson 08, part D: a map's histogram, an alarm for strangers, the conclusions."""

from helpers.checks.core import Conclusions
from helpers.checks.umap_d_alarm import Q19_ALARM
from helpers.checks.umap_d_psi import Q19_PSI

__all__ = ["CHECKS"]

Q19_CONCLUSIONS = Conclusions(
    id="Q19-conclusions",
    title="What can a map do in production?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q19",
    statements={
        "A": (
            True,
            "Places of the second run looked up among places of the first found few right labels, "
            "though it saw all the old points. A map has no axes of its own, so all coordinates "
            "change version together.",
        ),
        "B": (
            False,
            "`transform` placed 500 new digits, and their labels came out nearly as well as after "
            "a full run. What it costs is a search and an optimisation for each batch, and the old "
            "points must be kept.",
        ),
        "C": (
            True,
            "Labels came out nearly all right on the map, while about half of the ten nearest "
            "neighbours were lost. Labels ask for the cluster only, search asks for the points.",
        ),
        "D": (
            False,
            "Constant in the number of points, yes. Still the network multiplies 24 times as "
            "often as PCA to 16 axes, 194 times as often as PCA to two, and it had to be trained.",
        ),
        "E": (
            False,
            "Most strangers landed where known digits are, many of them right on a cluster. A "
            "network puts every input somewhere, and it was only ever rewarded for old ground.",
        ),
        "F": (
            True,
            "The mean distance in pixels found batches with 20% strangers nearly always, and rang "
            "for about a quarter of the batches with a harmless change of the mix. The PSI missed "
            "most of the former and rang for nearly all of the latter.",
        ),
        "G": (
            False,
            "Each of 70 batches of 50 known digits exceeded .25. The index grows by chance when "
            "points are few or cells are many: set its threshold with known batches of the size "
            "that you will judge.",
        ),
    },
)

CHECKS = (Q19_PSI, Q19_ALARM, Q19_CONCLUSIONS)
