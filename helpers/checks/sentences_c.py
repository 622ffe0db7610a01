"""The checks of lesson 03, part 3: from tokens to a sentence."""

from helpers.checks.core import Conclusions
from helpers.checks.sentences_c_anisotropy import Q08_ANISOTROPY
from helpers.checks.sentences_c_dominant import Q08_DOMINANT
from helpers.checks.sentences_c_pooling import X_MEANPOOL

__all__ = ["CHECKS"]

Q08_CONCLUSIONS = Conclusions(
    id="Q08-conclusions",
    title="What makes an untuned mean a poor sentence vector?",
    level=2,
    minutes=10,
    points=4,
    function="chosen_q08",
    statements={
        "A": (
            True,
            "The tagger's mean cosine ran from about .5 at the embeddings to above .9 in its last "
            "layers, and was higher again for Lee's long documents. A figure without layer, "
            "pooling and texts says little.",
        ),
        "B": (
            False,
            "In layers 1 to 5 one dimension carried most of the mean cosine, but in the last layer "
            "only a few per cent. There the common part is spread over all coordinates, and taking "
            "ten of them out changed next to nothing. Centring removes it.",
        ),
        "C": (
            False,
            "bge's mean cosine was many times MiniLM's, and bge agreed better with the scores of "
            "the pairs. GloVe means had .81 and beat the tagger's last layer. Between models the "
            "mean cosine does not rank quality.",
        ),
        "D": (
            True,
            "Centring brought the mean cosine to about 0 and raised the agreement on the pairs, "
            "yet it stayed far below MiniLM's and did nothing for Lee. More is missing than a "
            "common direction hides.",
        ),
        "E": (
            True,
            "With labels for swapped words a linear probe read far more from the tagger than from "
            "GloVe means, though GloVe was ahead by cosine. The cosine lets the large dimensions "
            "decide; a probe chooses its own weights.",
        ),
        "F": (
            False,
            "bge was trained through [CLS], so its [CLS] is good. The tagger's [CLS] was trained "
            "for no sentence task at all, and MiniLM was trained through the mean. A safe "
            "choice is the pooling that the training used; none suits every model.",
        ),
        "G": (
            False,
            "The tagger was tuned to mark corrections, so it is no raw BERT, and one model proves "
            "nothing for all. It is an example of an encoder that was never tuned for similarity; "
            "the figures for BERT itself are those of the papers.",
        ),
    },
)

CHECKS = (X_MEANPOOL, Q08_ANISOTROPY, Q08_DOMINANT, Q08_CONCLUSIONS)
