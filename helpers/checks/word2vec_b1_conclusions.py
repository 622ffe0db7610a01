"""Conclusions of lesson 01, part B1: gradients (Q21), and what NEG changes (Q02)."""

from helpers.checks.core import Conclusions

__all__ = ["Q02_CONCLUSIONS", "Q21_CONCLUSIONS"]

Q21_CONCLUSIONS = Conclusions(
    id="Q21-conclusions",
    title="Which statements follow about the two objectives?",
    level=2,
    minutes=8,
    points=3,
    function="chosen_q21",
    statements={
        "A": (
            True,
            "Every gradient here is an error times the other vector. With the full softmax the "
            "error of each word is its probability minus 1 or 0, so the gradient on v is the "
            "expected output vector minus the observed one.",
        ),
        "B": (
            False,
            "Each context vector is only 1/C of the mean, so by the chain rule it receives 1/C of "
            "the mean's gradient. Your finite differences said so row by row.",
        ),
        "C": (
            True,
            "Count the losses: skip-gram scores each of the C contexts against K + 1 outputs; CBOW "
            "averages first and scores once. That is why CBOW does less work per window.",
        ),
        "D": (
            True,
            "The mean of one vector is that vector: with C = 1 CBOW has the loss of one skip-gram "
            "pair, in which the context word plays the centre.",
        ),
        "E": (
            False,
            "Below about 1e-5 the error grew again: the two losses agree in nearly all digits, and "
            "their difference is rounding noise. Neither large nor tiny steps are best.",
        ),
        "F": (
            False,
            "The check says that the formula is the derivative of this loss, no more. It says "
            "nothing about convexity (the loss has a product of two unknown vectors) and nothing "
            "about where training ends.",
        ),
        "G": (
            False,
            "The push is sigmoid(score), which is positive for every finite score: .231 for the "
            "score -1.2. Low scores get a smaller push, never none.",
        ),
    },
)

Q02_CONCLUSIONS = Conclusions(
    id="Q02-conclusions",
    title="Which statements follow about the output of NEG?",
    level=3,
    minutes=10,
    points=4,
    function="chosen_q02",
    statements={
        "A": (
            False,
            "The sums over the vocabulary were far from 1 and differed from word to word. Each "
            "sigmoid answers its own yes-no question; nothing in the objective ties them together.",
        ),
        "B": (
            True,
            "The constant cancels in the softmax. The sigmoids have no denominator in which it "
            "could cancel, so NEG decides the level of the scores too.",
        ),
        "C": (
            False,
            "Raw NEG scores put the most probable context first far less often than the "
            "corrected ones. They rank by association: frequent contexts were divided out.",
        ),
        "D": (
            True,
            "At the optimum exp(score) is P / (k Pn). Multiplied by the noise and normalised, the "
            "scores came within 0.01 nats per pair of the model trained with the softmax.",
        ),
        "E": (
            False,
            "The neighbour lists of the two objectives agree almost as well as those of two seeds "
            "of one objective. Similarity search within one model is what NEG leaves whole.",
        ),
        "F": (
            True,
            "More negatives lower every score by about log k, and with few dimensions the model "
            "does it by pushing all v to one side. So the mean cosine rises with k: a "
            "threshold tuned on one model does not carry over to another.",
        ),
        "G": (
            True,
            "Sampling is cheap while training, but a perplexity needs P(c | w), normalised. "
            "NEG leaves that to an afterthought, as in the exercise; NCE puts log(k Pn) into "
            "the loss, and a full or sampled softmax normalises.",
        ),
    },
)
