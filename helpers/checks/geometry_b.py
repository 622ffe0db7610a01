"""Checks of lesson 05, part B: norms, frequency, whitening, and the conclusions."""

from helpers.checks.core import Conclusions
from helpers.checks.geometry_b_bands import Q16_BANDS
from helpers.checks.geometry_b_top import Q16_TOP
from helpers.checks.geometry_b_whiten import X_WHITEN

__all__ = ["CHECKS"]

Q16_CONCLUSIONS = Conclusions(
    id="Q16-conclusions",
    title="What follows about norms and frequency?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q16",
    statements={
        "A": (
            True,
            "With the norms as they were, the longest vectors took most places and words with "
            "fewer than 50 occurrences almost none. With the norms dealt out anew, the rare words "
            "that got long ones were returned: switching the norms switched the effect.",
        ),
        "B": (
            False,
            "Equal variance in all *directions* says nothing about the norms of the single *rows*. "
            "In both word spaces norm and frequency correlated more strongly after whitening (in "
            "GloVe with the other sign).",
        ),
        "C": (
            True,
            "Normalised first and then centred, norms correlated with frequency by .87 in one "
            "space and -.80 in the other: they told how far a word leans to the mean. Normalised "
            "last, all norms are 1.",
        ),
        "D": (
            False,
            "A linear model read about 80% of the variance of log-frequency from unit vectors, and "
            "a word's neighbours by cosine were of similar frequency. Direction knows it too.",
        ),
        "E": (
            True,
            "The two differ by a rotation, which changes no inner product: the cosines agreed to "
            "the last digits. Only queries that go through *another* PCA map end up in other axes.",
        ),
        "F": (
            False,
            "Fully white, the tagger fell from .82 to .62, although no map makes a space rounder. "
            "Fitted to 1,000 verses, the variances of the narrow directions were badly measured, "
            "and those directions got the same say as wide ones.",
        ),
        "G": (
            True,
            "At half strength, or with eps at the mean eigenvalue, the tagger found .94 or more of "
            "the verses, against .82 as it was and .62 fully white: wide directions were held "
            "back, narrow ones not blown up.",
        ),
    },
)

CHECKS = (X_WHITEN, Q16_BANDS, Q16_TOP, Q16_CONCLUSIONS)
