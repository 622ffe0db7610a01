"""Checks of lesson 02, part C: Word2Vec or GloVe (Q06)."""

from helpers.checks.core import Conclusions
from helpers.checks.glove_c_bootstrap import BOOTSTRAP
from helpers.checks.glove_c_costs import COSTS
from helpers.checks.glove_c_growing import MERGE

__all__ = ["CHECKS"]

CONCLUSIONS = Conclusions(
    id="Q06-conclusions",
    title="Word2Vec or GloVe?",
    level=3,
    minutes=12,
    points=4,
    function="chosen_q06",
    statements={
        "A": (
            False,
            "All methods in the table except the pretrained vectors read the same text, each with "
            "one setting that suited it here. What follows is an order on *this* corpus at these "
            "settings. The published GloVe leads on analogies, with a thousand times the text.",
        ),
        "B": (
            True,
            "Skip-gram's interval over pairs is about ten times as wide as its spread over seeds. "
            "Seeds that agree say that the training is stable, not that 297 pairs are enough. "
            "(It is no law: GloVe's seeds differed nearly as much as the pairs would let it.)",
        ),
        "C": (
            False,
            "Their intervals overlap, but they are computed on the same pairs, and luck with the "
            "pairs is shared. The interval of the *difference* is the one to look at, as in your "
            "paired bootstrap: it can exclude 0 although the single intervals overlap.",
        ),
        "D": (
            True,
            "Per pass GloVe scores each cell once, skip-gram each pair of the text with the true "
            "word and all negatives. But a pass is no unit of time: GloVe needed several times "
            "as many passes, and a score costs one kernel more than another.",
        ),
        "E": (
            False,
            "The cells must be in memory (12 bytes each), and AdaGrad doubles the model. Skip-gram "
            "holds two matrices and can read the text as a stream: here GloVe's training holds "
            "several times as much.",
        ),
        "F": (
            True,
            "Counts are sums over places in the text, so the table of new text is simply added. "
            "What is lost are the words that were below min_count in the old text, and the "
            "vectors still have to be fitted again.",
        ),
        "G": (
            False,
            "It can go on, but the loss on the old text rises at once: nothing in the new text "
            "holds the old pairs in place. To keep both, mix old text into the training.",
        ),
        "H": (
            False,
            "Most of the Google questions ask for grammar, and fastText sees the letters: *-ly* "
            "and *-est* are written on the words. On WordSim-353 and SimLex it has no such lead.",
        ),
    },
)

CHECKS = (BOOTSTRAP, COSTS, MERGE, CONCLUSIONS)
