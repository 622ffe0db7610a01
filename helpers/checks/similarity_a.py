"""Checks of lesson 06, part A: three scores, and the conclusions."""

from helpers.checks.core import Conclusions
from helpers.checks.similarity_a_disagree import Q17_DISAGREE
from helpers.checks.similarity_a_exponent import Q17_EXPONENT
from helpers.checks.similarity_a_mips import X_MIPS

__all__ = ["CHECKS"]

Q17_CONCLUSIONS = Conclusions(
    id="Q17-conclusions",
    title="What follows about the three scores?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q17",
    statements={
        "A": (
            True,
            "With norms of 1 the squared distance is 2 - 2 cos, and the dot product is the cosine: "
            "one falls as the others rise. Verses, and random directions in 2 to 4,096 dimensions, "
            "were ranked alike.",
        ),
        "B": (
            False,
            "At equal *negative* cosines the longer item has the more negative dot product and "
            "ranks lower. And even with a smaller cosine a longer item may win, if it is longer by "
            "more than the cosines' ratio.",
        ),
        "C": (
            True,
            "A query's norm multiplies the scores of all items by one positive number, which "
            "changes no order. Each query has a ranking of its own, so the numbers may differ.",
        ),
        "D": (
            False,
            "GloVe was fitted with dot products too (of words with contexts), and cosine agreed "
            "better with people's ratings of pairs on both lists. The training objective is a "
            "first guess: test both.",
        ),
        "E": (
            True,
            "The two cross at the bisector of their directions, at an exponent under a half: "
            "at .31 when norms vary twice as much as cosines, at .2 when four times as much.",
        ),
        "F": (
            False,
            "No opposite had a cosine below .2, and in more than half of the triples it was nearer "
            "than the word of similar meaning. What is farthest from a word is unrelated debris.",
        ),
        "G": (
            True,
            "By exhaustive search the map found all of the largest dot products. A graph on the "
            "mapped vectors found a half of them where norms varied widely, one on dot products "
            "more than .95.",
        ),
    },
)

CHECKS = (X_MIPS, Q17_DISAGREE, Q17_EXPONENT, Q17_CONCLUSIONS)
