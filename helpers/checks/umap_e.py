"""Checks of lesson 08, part E: clusters against known kinds, and the conclusions."""

from helpers.checks.core import Conclusions
from helpers.checks.umap_e_rand import Q27_RAND

__all__ = ["CHECKS"]

Q27_CONCLUSIONS = Conclusions(
    id="Q27-conclusions",
    title="PCA or UMAP, for which job?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q27",
    statements={
        "A": (
            False,
            "The same chain found clusters in shuffled digits, where nothing belongs together and "
            "HDBSCAN found none among the pixels. A count of clusters needs that null model "
            "beside it.",
        ),
        "B": (
            True,
            "On the posts the index of HDBSCAN was more than twice as high on UMAP-5 as on PCA-16, "
            "while k-means agreed with the groups nearly as well on all 384 numbers.",
        ),
        "C": (
            True,
            "After the best turning PCA left a quarter of the picture's radius or less in all four "
            "draws, UMAP more than half a radius.",
        ),
        "D": (
            False,
            "After the best turning, mirroring and scaling more than half a radius was left, most "
            "of it by whole kinds of digits that moved. Only a frozen map keeps its coordinates.",
        ),
        "E": (
            False,
            "Clustering asks for the kind, compression for the points. Of ten nearest neighbours "
            "PCA-16 kept nearly eight and UMAP-5 about five; and PCA's numbers can be turned back "
            "into pixels.",
        ),
        "F": (
            True,
            "More than a quarter of the true neighbours were not among the nearest hundred. A word "
            "with two kinds of neighbour, such as *fall*, has one place, so some of them are far "
            "away.",
        ),
        "G": (
            False,
            "Without the noise points the index was higher on PCA-16. There HDBSCAN clusters only "
            "the clear points; on UMAP-5 three posts in four are put into a cluster.",
        ),
    },
)

CHECKS = (Q27_RAND, Q27_CONCLUSIONS)
