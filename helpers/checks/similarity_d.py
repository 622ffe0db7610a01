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
            "comes from how this model is built, and is no rule: MiniLM's differ by 17%, and there "
            "the dot product lost first places.",
        ),
        "C": (
            True,
            "The towers were trained by dot products, and their lengths say something about how "
            "often an item is clicked. Cosine threw that away, and recall fell.",
        ),
        "D": (
            False,
            "No error, and more than a third of the first places were still right: that is why "
            "nobody notices. The stamp refuses it; a watch on the mean best score, or test queries "
            "with known answers, would show it.",
        ),
        "E": (
            False,
            "For the towers an index of raw Euclidean distances returned fewer than half of the "
            "right items. It can serve the dot product only after one more coordinate (part 1) "
            "has made all items equally long.",
        ),
        "F": (
            True,
            "A rotation changes no inner product within one space, so a model can be as good after "
            "it as before. Between the two spaces nothing was left. What must agree is the axes, "
            "and width says nothing about them.",
        ),
        "G": (
            False,
            "Recall@10 against exact search counts swaps among ten near neighbours; here one verse "
            "is the answer, and it still came first nearly as often. Look at both numbers before "
            "you decide.",
        ),
    },
)

CHECKS = (X_PQ, Q26_METRICS, Q26_CONCLUSIONS)
