"""Checks of lesson 07, part C: what PCA costs a search, and what helps."""

from helpers.checks.core import Conclusions
from helpers.checks.pca_c_recall import Q18_RECALL
from helpers.checks.pca_c_rerank import Q18_RERANK

__all__ = ["CHECKS"]

Q18_CONCLUSIONS = Conclusions(
    id="Q18-conclusions",
    title="When does PCA hurt retrieval?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q18",
    statements={
        "A": (
            True,
            "With all 384 axes kept, the cosine of centred verses had about a quarter of the ten "
            "nearest replaced: another mean, another angle. It did not find the right verse less "
            "often, so a change against the full vectors need not be a loss.",
        ),
        "B": (
            False,
            "On the posts 58% of the variance went with 67% of the neighbours. The verses' 64 axes "
            "hold more, 63%, and kept less, 60%. A share of variance answers another question: "
            "measure the search.",
        ),
        "C": (
            True,
            "Neighbours that the cut lost were mostly not far down its list. With 50 candidates "
            "instead of 10, and their full vectors, .96 of the ten were there again.",
        ),
        "D": (
            False,
            "The graph visited nearly as many vectors after the cut as before, and for the same "
            "recall even more. What became six times cheaper is each visit: 64 multiplications in "
            "place of 384.",
        ),
        "E": (
            True,
            "Verses' axes lost a quarter of what the posts' own axes kept, and each group lost "
            "neighbours when no post of it was in the fit, while the average over the others "
            "hardly changed. Measure by group, and refit when the texts change.",
        ),
        "F": (
            False,
            "Whitening makes all variances equal, so no axis is first: `eigh` returned axes with "
            "the same eigenvalue, and kept fewer neighbours than cutting alone by far. Cut first; "
            "then whitening costs much less.",
        ),
        "G": (
            False,
            "Product codes found three times as many. PCA comes close to them when the bytes hold "
            "96 numbers of 4 bits: spend bits on more numbers before you spend them on digits.",
        ),
    },
)

CHECKS = (Q18_RECALL, Q18_RERANK, Q18_CONCLUSIONS)
