"""Checks of lesson 06, part D: product quantisation, metrics by model, the conclusions."""

from helpers.checks.core import Conclusions
from helpers.checks.similarity_d_metrics import Q26_METRICS
from helpers.checks.similarity_d_pq import X_PQ

__all__ = ["CHECKS"]

Q26_CONCLUSIONS = Conclusions(
    id="Q26-conclusions",
    title="Which metric, which model, which index?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q26",
    statements={
        "A": (
            True,
            "With MiniLM's raw vectors the dot product lost places that the cosine kept. At length "
            "1 all three scores are one ranking, so normalising both sides settled it.",
        ),
        "B": (
            False,
            "All three scores agreed for bge because its raw lengths differ by less than 1%. That "
            "is luck of this model: with GloVe's sums, the dot product found next to nothing.",
        ),
        "C": (
            True,
            "The towers were trained by dot products, and their lengths say something about how "
            "often an item is clicked. Cosine threw that away, and a quarter of the clicks found.",
        ),
        "D": (
            False,
            "No error, ordinary-looking scores, and many right answers: that is why nobody "
            "notices. Only the stamp, or a test query with a known answer, says that something "
            "is wrong.",
        ),
        "E": (
            False,
            "For the towers an index of raw Euclidean distances returned other items and found "
            "fewer clicks. It served the dot product only after one more coordinate had made all "
            "items equally long.",
        ),
        "F": (
            True,
            "A rotation changes no inner product within one space, so a model can be as good after "
            "it as before. Between the two spaces nothing was left. What must agree is the axes, "
            "and width says nothing about them.",
        ),
        "G": (
            False,
            "Recall@10 against exact search counts swaps among ten near neighbours, most of which "
            "nobody asked for. The right verse still came first nearly as often. Look at both "
            "numbers before you decide.",
        ),
    },
)

CHECKS = (X_PQ, Q26_METRICS, Q26_CONCLUSIONS)
