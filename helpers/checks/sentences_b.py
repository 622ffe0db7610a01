"""The checks of lesson 03, part 2: masked language models and words in context."""

import math

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Conclusions, Misconception
from helpers.checks.running import Case
from helpers.checks.sentences_b_mask import X_MASK

__all__ = ["CHECKS"]


def slow_accuracy(vectors, senses):
    """Find each occurrence's nearest others one by one, in plain Python."""
    vectors = [[float(x) for x in row] for row in vectors]

    def cosine(x, y):
        lengths = math.hypot(*x) * math.hypot(*y)
        return math.fsum(a * b for a, b in zip(x, y, strict=True)) / lengths if lengths else 0.0

    total = 0.0
    for i, own in enumerate(vectors):
        others = [(cosine(own, v), senses[j]) for j, v in enumerate(vectors) if j != i]
        best = max(c for c, _ in others)
        nearest = [sense for c, sense in others if c >= best - 1e-6]
        total += sum(sense == senses[i] for sense in nearest) / len(nearest)
    return total / len(vectors)


def _cases(rng, hard):
    def random(n, d, kinds=2, size=1.0):
        senses = rng.integers(kinds, size=n)
        centres = rng.normal(size=(kinds, d))
        return size * (centres[senses] + 1.2 * rng.normal(size=(n, d))), senses

    tight = np.array([[1.0, 0.1], [1.0, 0.0], [0.1, 1.0], [0.0, 1.0]])
    # The direction and the length disagree: by cosine 0 goes with 1, by product or distance not.
    long = np.array([[1.0, 0.0], [3.0, 0.3], [1.0, 0.5], [9.0, 5.0], [0.0, 1.0], [0.1, 4.0]])
    # The nearest has the same sense, the mean of the sense is nearer to the other's.
    strands = np.array([[1, 0], [1, 0.02], [-1, 0], [-1, 0.02], [-1, 0.9], [-1, 0.92]], float)
    away = np.array([[1.0, 0], [-1, 0.1], [-1, -0.2]])
    # In one direction, so all cosines are 1, but computed ones differ in the last digits.
    ray = np.outer([0.1, 0.7, 3.0, 1 / 3, 0.9, 11], [0.3, -1.7, 2.2, 0.9, -0.4, 1.1])
    turn = np.array([0.0, 0.5, -0.5002])  # Cosines to the first differ by 1e-4.
    close_by = np.column_stack([np.cos(turn), np.sin(turn)])
    cases = [
        Case("two tight pairs", (tight, ["a", "a", "b", "b"])),
        Case("each nearest to the other sense", (tight, ["a", "b", "a", "b"])),
        Case("vectors of different length", (long, ["x", "x", "y", "y", "z", "z"])),
        Case("a sense in two places", (strands, ["a", "a", "a", "a", "b", "b"])),
        Case("all equal: three neighbours tie", (np.ones((4, 3)), ["a", "a", "b", "b"])),
        Case(
            "two neighbours tie",
            (np.array([[1.0, 0], [1, 1], [1, -1], [-1, 0.1]]), np.array(["a", "a", "b", "b"])),
        ),
        Case("a zero vector", (np.array([[0.0, 0], [1, 0], [1, 0.2]]), [0, 0, 1])),
        Case("all others point away", (away, ["a", "b", "b"])),
        Case("a zero vector is the nearest", (np.vstack([away, [[0.0, 0]]]), list("abba"))),
        Case("ties but for rounding", (ray, list("abbaab"))),
        Case("two neighbours nearly equal", (close_by, ["a", "a", "b"])),
        Case("random, two senses", random(16, 8)),
        Case("small numbers", random(14, 5, 2, 1e-4)),
        Case("float32", (random(12, 5)[0].astype(np.float32), rng.integers(2, size=12))),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("three senses", random(30, 6, 3)),
            Case("a lone sense", (random(9, 4)[0], [0, 0, 0, 0, 1, 0, 0, 0, 0])),
            Case("large numbers", random(14, 5, 2, 1e6)),
            Case("whole numbers", (rng.integers(-3, 4, size=(12, 3)), rng.integers(2, size=12))),
        ]
    return cases


def _answer(
    near="cosine", own=-np.inf, ties="share", count=False, flip=False, guard=True, factor=1,
    per_sense=False, zero=0.0,
):  # fmt: skip
    def answer(vectors, senses):
        vectors, senses = np.asarray(vectors, dtype=float), np.asarray(senses)
        with np.errstate(invalid="ignore"):
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            unit = vectors / (np.maximum(lengths, 1e-300) if guard else lengths)
        if near == "cosine":
            scores = unit @ unit.T
            none = ~vectors.any(axis=1)
            if guard:
                scores[none[:, None] | none] = zero
        elif near == "product":
            scores = vectors @ vectors.T
        elif near == "distance":
            scores = -np.linalg.norm(vectors[:, None] - vectors, axis=-1)
        elif near == "squared":
            scores = -((vectors[:, None] - vectors) ** 2).sum(axis=-1)
        if own is not True:
            np.fill_diagonal(scores, own)
        if ties == "first":
            right = senses[scores.argmax(axis=1)] == senses
        else:
            nearest = scores >= scores.max(axis=1, keepdims=True) - 1e-6
            same = nearest & (senses[:, None] == senses)
            with np.errstate(invalid="ignore"):
                right = same.sum(axis=1) / nearest.sum(axis=1)
            right = same.any(axis=1) if ties == "any" else right
        if flip:
            right = 1 - right
        if per_sense:
            return float(np.mean([right[senses == sense].mean() for sense in np.unique(senses)]))
        return float(right.sum() if count else right.mean() * factor)

    return answer


def _centroids(vectors, senses):
    vectors, senses = np.asarray(vectors, dtype=float), np.asarray(senses)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300)
    kinds = np.unique(senses)
    means = np.array([unit[senses == kind].mean(axis=0) for kind in kinds])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-300)
    return float((kinds[(unit @ means.T).argmax(axis=1)] == senses).mean())


SENSES = Check(
    id="Q22-senses",
    title="Can a vector tell the sense?",
    level=2,
    minutes=15,
    points=3,
    function="sense_accuracy",
    make_cases=_cases,
    oracle=slow_accuracy,
    compare=close(rtol=1e-6, atol=1e-9),
    misconceptions=(
        Misconception(
            "finds itself",
            _answer(own=True),
            "Each occurrence finds itself as its nearest neighbour, with cosine 1: leave it out, "
            "for example by `np.fill_diagonal(cosines, -np.inf)`.",
        ),
        Misconception(
            "finds itself, first of ties",
            _answer(own=True, ties="first"),
            "Your accuracy is (nearly) always 1, since each occurrence is its own nearest "
            "neighbour: leave it out.",
        ),
        Misconception(
            "products",
            _answer(near="product"),
            "You compare by dot product, so long vectors win: divide each vector by its length "
            "first.",
        ),
        Misconception(
            "products, first of ties",
            _answer(near="product", ties="first"),
            "You compare by dot product, which long vectors win, and take the first of equally "
            "near neighbours: use cosines, and count a tie by its share.",
        ),
        Misconception(
            "distances",
            _answer(near="distance"),
            "You compare by Euclidean distance, which depends on the lengths: use the cosine.",
        ),
        Misconception(
            "squared distances",
            _answer(near="squared"),
            "You compare by squared distance, which depends on the lengths: use the cosine.",
        ),
        Misconception(
            "divides by 0",
            _answer(guard=False),
            "nan: a zero vector was divided by its length 0. Divide by "
            "`np.maximum(length, 1e-12)`, then it stays zero.",
        ),
        Misconception(
            "a zero vector far from all",
            _answer(zero=-1.0),
            "A zero vector has cosine 0 with everything, more than a vector that points away: do "
            "not put it last.",
        ),
        Misconception(
            "own cosine 0",
            _answer(own=0.0),
            "You set an occurrence's own cosine to 0, which still beats negative ones: set it to "
            "minus infinity.",
        ),
        Misconception(
            "per cent",
            _answer(factor=100),
            "Your number is a per cent: return a share between 0 and 1.",
        ),
        Misconception(
            "mean by sense",
            _answer(per_sense=True),
            "You average within each sense first: return the mean over all occurrences.",
        ),
        Misconception(
            "first of ties",
            _answer(ties="first"),
            "Of several equally near neighbours you take the first, so the order of the rows "
            "decides: count the share of them that has the right sense.",
        ),
        Misconception(
            "any of ties",
            _answer(ties="any"),
            "You count a tie as right if any of the nearest has the right sense: count the share "
            "of them that has it.",
        ),
        Misconception(
            "a count",
            _answer(count=True),
            "You return how many are right: return the share of all occurrences.",
        ),
        Misconception(
            "the error rate",
            _answer(flip=True),
            "You return the share that is wrong: return the share that is right.",
        ),
        Misconception(
            "centres of the senses",
            _centroids,
            "You compare with the mean of each sense, which holds the occurrence itself: ask for "
            "the single nearest *other* occurrence.",
        ),
    ),
)

CONCLUSIONS = Conclusions(
    id="Q22-conclusions",
    title="What do contextual vectors buy?",
    level=2,
    minutes=10,
    points=4,
    function="chosen_q22",
    statements={
        "A": (
            True,
            "Occurrences of one sense were closer to each other than to the other sense in every "
            "layer above the embeddings. A static vector has one place for both: cosine 1, and a "
            "nearest neighbour decided by chance.",
        ),
        "B": (
            False,
            "Compare with the fair opponent: not the word's own static vector, which cannot "
            "differ, but the mean of its neighbours' static vectors. With rare words weighted up "
            "it came within four points of MiniLM's best layer, and the interval of the difference "
            "includes 0.",
        ),
        "C": (
            False,
            "In neither model was the last layer the best: MiniLM was best in layer 4, the tagger "
            "in layer 1. The last layers serve the task that a model was tuned for.",
        ),
        "D": (
            True,
            "Cosines of the two senses stayed high (about .8 to .9 in MiniLM), and yet the nearest "
            "neighbour was right nine times in ten. The order of cosines counts, not their size.",
        ),
        "E": (
            True,
            "A table look-up costs no multiplication at all. Six layers of width 384 cost over ten "
            "million multiply-adds for every token, every time the word occurs in a new context.",
        ),
        "F": (
            False,
            "Layers 4 and 5 differ by one sentence of 112 (105 right against 104). Drawn over "
            "words, the difference goes from -.02 to +.04: nothing is established.",
        ),
        "G": (
            False,
            "Layer 0 is the sum of token and position, the same for both senses but for the place "
            "in the sentence. Its accuracy was that of guessing: context comes in with attention.",
        ),
    },
)

CHECKS = (X_MASK, SENSES, CONCLUSIONS)
