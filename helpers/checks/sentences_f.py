"""Checks of lesson 03, part 6: late interaction, and how many documents to rerank (Q10)."""

from helpers.checks.core import Conclusions
from helpers.checks.sentences_f_choose import CHOOSE
from helpers.checks.sentences_f_cost import COST
from helpers.checks.sentences_f_maxsim import MAXSIM

__all__ = ["CHECKS"]

CONCLUSIONS = Conclusions(
    id="Q10-conclusions",
    title="Which statements follow about reranking?",
    level=2,
    minutes=10,
    points=4,
    function="chosen_q10",
    statements={
        "A": (
            True,
            "The cross-encoder reads K pairs, whatever stands behind them. Only the search for "
            "these K sees the collection, and it costs one dot product a page (or an index).",
        ),
        "B": (
            False,
            "It may, but only a perfect one does. Every further page is another chance for one "
            "that only looks right: paraphrases fell from .83 at K = 1 to .48 at 50, and behind "
            "MaxSim 20 pairs were worse than 3, because of the paraphrases.",
        ),
        "C": (
            True,
            "A reranker sorts what it is given. The curve of a perfect reranker is the most that "
            "any can reach: .94 from MiniLM's first ten, .99 from ten of MiniLM and ten of BM25.",
        ),
        "D": (
            False,
            "The pages that fully answer the paraphrases had a median logit of about -9. Logits "
            "order the pages of one query; as probabilities they were wrong by a factor of "
            "thousands.",
        ),
        "E": (
            False,
            "Only 4L^2 d of the work is quadratic, about 4% at 100 tokens and d = 384. Half the "
            "tokens are close to half the work.",
        ),
        "F": (
            True,
            "One pair of the cross-encoder pays for MaxSim on over a thousand pages, but each page "
            "is about 81 vectors where the bi-encoder keeps one: 124 KB for 330 characters.",
        ),
        "G": (
            False,
            "One set of 100 queries, one model of each sort, of different age and training: the "
            "figures compare two models on a shop's pages, not two techniques. On negations the "
            "order was the other way round.",
        ),
    },
)

CHECKS = (COST, MAXSIM, CHOOSE, CONCLUSIONS)
