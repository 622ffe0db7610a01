"""Checks of lesson 01, part C: analogies and pointwise mutual information."""

import math

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Conclusions, Misconception
from helpers.checks.running import Case

__all__ = ["CHECKS"]


def _cosine(x, y) -> float:
    """Cosine by the book; 0 when a vector is zero."""
    x, y = [float(value) for value in x], [float(value) for value in y]
    lengths = math.hypot(*x) * math.hypot(*y)
    return math.fsum(p * q for p, q in zip(x, y, strict=True)) / lengths if lengths else 0.0


# X-3cosmul


def _cosmul_cases(rng: np.random.Generator, hard: bool) -> list[Case]:
    plane = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-0.6, 0.8], [-1.0, 0.0]])
    lengths = rng.uniform(0.2, 5.0, size=(6, 1))
    normal = rng.normal(size=(6, 4))
    opposite = rng.normal(size=(6, 3))
    opposite[4] = -opposite[0]
    cases = [
        Case("five unit vectors in the plane", (plane, 0, 1, 2)),
        Case("vectors of different lengths", (normal * lengths, 3, 0, 5)),
        Case("a word opposite to a", (opposite, 0, 1, 2)),
        Case("a and c are the same word", (normal, 2, 4, 2)),
        Case("whole numbers in lists", ([[3, 0], [4, 3], [0, 2], [1, 1], [-2, 5]], 1, 0, 2)),
        Case("float32", (rng.normal(size=(7, 5)).astype(np.float32), 1, 6, 2)),
        Case("another epsilon", (normal, 0, 1, 2), {"epsilon": 0.1}),
        Case("a word with a zero vector", (np.vstack([normal, np.zeros(4)]), 1, 2, 3)),
    ]
    if hard:
        cases += [
            Case("60 words, 20 dimensions", (rng.normal(size=(60, 20)), 10, 50, 0)),
            Case("another memory layout", (np.asfortranarray(normal[::-1]), 5, 2, 4)),
            Case("large numbers", (1e6 * normal, 4, 0, 1)),
        ]
    return cases


def _cosmul(vectors, a, b, c, epsilon=0.001) -> list[float]:
    scores = []
    for row, x in enumerate(vectors):
        to_a, to_b, to_c = ((1 + _cosine(x, vectors[word])) / 2 for word in (a, b, c))
        excluded = row in (a, b, c)
        scores.append(-math.inf if excluded else to_b * to_c / (to_a + epsilon))
    return scores


def _cosmul_wrong(
    shift=True, normal=True, exclude=True, use_epsilon=True, form="mul", guard=True, worst=-np.inf
):
    """Make a 3CosMul with one thing missing."""

    def answer(vectors, a, b, c, epsilon=0.001):
        vectors = np.asarray(vectors, dtype=float)
        if normal:
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            with np.errstate(invalid="ignore"):
                vectors = vectors / (np.where(lengths == 0, 1, lengths) if guard else lengths)
        to = {name: vectors @ vectors[row] for name, row in zip("abc", (a, b, c), strict=True)}
        if shift:
            half = 1 if shift == "1 + cos" else 2
            to = {name: (1 + cosine) / half for name, cosine in to.items()}
        if form == "clipped":
            to = {name: np.maximum(cosine, 0) for name, cosine in to.items()}
        if form == "add":
            scores = to["b"] - to["a"] + to["c"]
        else:
            over, under = ("ac", "b") if form == "swapped" else ("bc", "a")
            below = to[under] + (epsilon if use_epsilon else 0)
            with np.errstate(divide="ignore", invalid="ignore"):
                scores = to[over[0]] * to[over[1]] / below
        if exclude:
            scores[[a, b, c]] = worst
        return scores

    return answer


_X_3COSMUL = Check(
    id="X-3cosmul",
    title="3CosMul",
    level=2,
    minutes=12,
    points=3,
    function="three_cos_mul",
    make_cases=_cosmul_cases,
    oracle=_cosmul,
    compare=close(rtol=2e-4, atol=1e-6),
    misconceptions=(
        Misconception(
            "raw cosines",
            _cosmul_wrong(shift=False),
            "These are products of raw cosines. A negative cosine flips the sign of the score, and "
            "two of them cancel: move each cosine to the range 0 to 1 first, (1 + cos) / 2.",
        ),
        Misconception(
            "3CosAdd",
            _cosmul_wrong(form="add"),
            "This adds and subtracts the three terms: that is 3CosAdd. 3CosMul multiplies the two "
            "that should be large and divides by the one that should be small.",
        ),
        Misconception(
            "3CosAdd of raw cosines",
            _cosmul_wrong(form="add", shift=False),
            "This is cos(x, b) - cos(x, a) + cos(x, c), the 3CosAdd of the section before. 3CosMul "
            "multiplies and divides, and moves each cosine to the range 0 to 1 first.",
        ),
        Misconception(
            "dot products with the offset",
            _cosmul_wrong(form="add", shift=False, normal=False),
            "This compares with the vector b - a + c, which is 3CosAdd (without lengths divided "
            "out). 3CosMul has three cosines: multiply those to b and c, divide by that to a.",
        ),
        Misconception(
            "zero row divides by zero",
            _cosmul_wrong(guard=False),
            "All is right but a word whose vector is zero: 0/0 gives NaN. Its cosines are 0, so "
            "replace a length of 0 by 1 before you divide.",
        ),
        Misconception(
            "negative cosines clipped",
            _cosmul_wrong(shift=False, form="clipped"),
            "You set negative cosines to 0, so all words on the far side count alike. Move the "
            "cosines instead: (1 + cos) / 2.",
        ),
        Misconception(
            "shifted, not halved",
            _cosmul_wrong(shift="1 + cos"),
            "You use 1 + cos, which runs from 0 to 2. Halve it: epsilon weighs otherwise, and the "
            "scores are twice as large.",
        ),
        Misconception(
            "query words at 0",
            _cosmul_wrong(worst=0),
            "The query words get the score 0 from you. Give them minus infinity (`-np.inf`), which "
            "is below every score that a word can have.",
        ),
        Misconception(
            "a and b swapped",
            _cosmul_wrong(form="swapped"),
            "This divides by the similarity to b. The question is a : b :: c : ?, man : king :: "
            "woman : ?. The answer is like b and c and unlike a, so a belongs below the line.",
        ),
        Misconception(
            "dot products",
            _cosmul_wrong(normal=False),
            "These are dot products of vectors as they come, so long vectors count more. Divide "
            "each row by its length (a zero row stays zero) before you compare.",
        ),
        Misconception(
            "query words kept",
            _cosmul_wrong(exclude=False),
            "The scores are right, but a, b and c can still win, and b or c nearly always does. "
            "Set their three scores to minus infinity.",
        ),
        Misconception(
            "no epsilon",
            _cosmul_wrong(use_epsilon=False),
            "The epsilon below the line is missing. A word opposite to a has a shifted cosine of "
            "0, and without epsilon its score would be infinite.",
        ),
    ),
)


# Q03-gap


def _gap_cases(rng: np.random.Generator, hard: bool) -> list[Case]:
    def counts(n_contexts, rate=6.0):
        return rng.poisson(rate, size=(4, n_contexts)) + np.eye(4, n_contexts, dtype=np.int64)

    def prior(n_contexts):
        return rng.dirichlet(np.full(n_contexts, 2.0))

    same = counts(4)[[0, 0, 0, 0]]
    sparse = counts(7, 1.2)
    cases = [
        Case("two contexts", ([[8, 2], [2, 8], [6, 4], [3, 7]], [0.7, 0.3])),
        Case("four words used alike", (same, prior(4))),
        Case("five contexts", (counts(5), prior(5))),
        Case("many empty cells", (sparse, prior(7))),
        Case("a word that was never seen", (counts(3) * [[1], [1], [1], [0]], prior(3))),
        Case("float32", (counts(6).astype(np.float32), prior(6).astype(np.float32))),
        Case("less smoothing", (counts(6), prior(6)), {"alpha": 0.5}),
    ]
    if hard:
        cases += [
            Case("200 contexts", (counts(200, 2.0), prior(200))),
            Case("no smoothing", (counts(5) + 1, prior(5)), {"alpha": 0.0}),
            Case("millions of counts", (counts(5) * 1_000_000, prior(5))),
            Case("another memory layout", (np.asfortranarray(counts(8)), prior(8))),
        ]
    return cases


def _gap(rows, prior, alpha=20.0) -> float:
    total = 0.0
    sums = [math.fsum(float(n) for n in row) for row in rows]
    for context, share in enumerate(prior):
        share = float(share)
        a, b, c, d = (
            (float(row[context]) + alpha * share) / (length + alpha)
            for row, length in zip(rows, sums, strict=True)
        )
        total += share * (math.log(b / a) - math.log(d / c)) ** 2
    return math.sqrt(total)


def _gap_wrong(how):
    """Make an offset gap with one mistake."""

    def answer(rows, prior, alpha=20.0):
        rows, prior = np.asarray(rows, dtype=float), np.asarray(prior, dtype=float)
        smoothing = alpha * prior
        if how == "uniform":
            smoothing = alpha / len(prior)
        if how == "unsmoothed":
            smoothing, alpha = 0.0, 0.0
        if how == "add alpha":
            smoothing = alpha
        total = rows.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            p = (rows + smoothing) / (total + alpha)
            if how == "add alpha":
                p = (rows + alpha) / (total + alpha * len(prior))
            if how == "counts":
                p = rows + smoothing
            a, b, c, d = p
            if how == "ratios":
                difference = b / a - d / c
            elif how == "swapped":
                difference = np.log(b / a) - np.log(c / d)
            else:
                difference = np.log(b / a) - np.log(d / c)
            if how == "signed":
                return float(abs(prior @ difference))
            if how == "absolute":
                return float(prior @ np.abs(difference))
            if how == "base 2":
                return float(np.sqrt(prior @ difference**2) / np.log(2))
            if how == "unweighted":
                return float(np.sqrt(np.mean(difference**2)))
            if how == "no root":
                return float(prior @ difference**2)
            return float(np.sqrt(prior @ difference**2))

    return answer


# What alpha * prior, rows.sum and rows[:, 0] raise for lists.
_LIST_ERRORS = (TypeError(), AttributeError())


def _arrays_only(answer, error):
    """Let an answer raise an error for lists, as arithmetic on them does."""

    def offset_gap(rows, prior, alpha=20.0):
        if isinstance(rows, list):
            raise error
        return answer(rows, prior, alpha)

    return offset_gap


_GAP_MISCONCEPTIONS = (
    Misconception(
        "ratios without the logarithm",
        _gap_wrong("ratios"),
        "This compares the ratios themselves. PMI is a logarithm, so it is the logarithms of "
        "the two ratios whose difference is the gap.",
    ),
    Misconception(
        "second pair turned round",
        _gap_wrong("swapped"),
        "One of the two pairs is turned round. The rows are a, b, c, d: compare b over a with "
        "d over c.",
    ),
    Misconception(
        "signed mean",
        _gap_wrong("signed"),
        "Differences of opposite sign cancel here, so a bad analogy can get a gap of 0. Square "
        "each difference before you average, and take the root at the end.",
    ),
    Misconception(
        "all contexts count alike",
        _gap_wrong("unweighted"),
        "Every context counts the same here. Weight each squared difference by the context's "
        "prior, else thousands of rare contexts decide.",
    ),
    Misconception(
        "no square root",
        _gap_wrong("no root"),
        "This is the mean square; the gap is its root, in the same units as PMI (nats).",
    ),
    Misconception(
        "no smoothing",
        _gap_wrong("unsmoothed"),
        "The smoothing is missing, so an empty cell gives the logarithm of 0. Add "
        "alpha * prior to the counts and alpha to each row's sum.",
    ),
    Misconception(
        "alpha added to every cell",
        _gap_wrong("add alpha"),
        "This adds alpha to every cell. Add alpha * prior: alpha is the number of made-up "
        "occurrences of the whole row, spread over the contexts as they usually occur.",
    ),
    Misconception(
        "mean of absolute values",
        _gap_wrong("absolute"),
        "You average absolute differences. The gap is the root of the mean square, in which a "
        "few large differences count more.",
    ),
    Misconception(
        "logarithm of base 2",
        _gap_wrong("base 2"),
        "Your logarithm has base 2, which gives bits. The gap is in nats, as PMI is here: use "
        "the natural logarithm, `np.log`.",
    ),
)

_Q03_GAP = Check(
    id="Q03-gap",
    title="How far is an analogy from its condition?",
    level=2,
    minutes=15,
    points=3,
    function="offset_gap",
    make_cases=_gap_cases,
    oracle=_gap,
    compare=close(rtol=2e-4, atol=2e-6),
    misconceptions=(
        *(
            Misconception(
                f"lists: {type(error).__name__}",
                _arrays_only(_gap, error),
                "All is right but the case that passes lists, with which this arithmetic raises "
                f"{type(error).__name__}. Start with `rows, prior = np.asarray(rows, float), "
                "np.asarray(prior, float)`.",
            )
            for error in _LIST_ERRORS
        ),
        *_GAP_MISCONCEPTIONS,
        *(
            Misconception(
                f"{m.name}, lists: TypeError",
                _arrays_only(m.answer, TypeError()),
                f"{m.sentence} (And lists raise TypeError: start with np.asarray.)",
            )
            for m in _GAP_MISCONCEPTIONS
        ),
    ),
)

_Q03_CONCLUSIONS = Conclusions(
    id="Q03-conclusions",
    title="What carries an analogy",
    level=2,
    minutes=6,
    points=2,
    function="chosen_q03",
    statements={
        "A": (
            True,
            "Subtract the rows: log P(c) and log k appear twice with a plus and twice with a "
            "minus. What is left is log P(c|king)/P(c|man) - log P(c|queen)/P(c|woman), and it "
            "must be 0 in every context.",
        ),
        "B": (
            False,
            "The toy world with the bees was factorised to a few hundredths, and its analogy "
            "failed. The factorisation copies the table; whether the table holds the analogy is a "
            "question to the text.",
        ),
        "C": (
            False,
            "log k is the same in all four rows and cancels. The shift matters in another way: "
            "clipping at 0 (SPPMI) throws away cells, and with k = 5 more of them.",
        ),
        "D": (
            True,
            "Only the contexts of queen were changed in the toy world. Her ratio to woman got "
            "bee contexts that king's ratio to man lacks, and princess came closer than queen.",
        ),
        "E": (
            False,
            "Exclusion takes the three nearest competitors out of the race. In the world of four "
            "words queen won with random vectors too: coming first says nothing about the gap.",
        ),
        "F": (
            True,
            "Among questions whose words all occur at least 100 times, the half with the smaller "
            "gap was solved clearly more often: you printed both shares.",
        ),
        "G": (
            False,
            "Even in the half with the smaller gap most questions failed. The gap measures one "
            "condition; the answer must also beat every other word, and counts are noisy.",
        ),
    },
)


# Q04-mixture


def _mixture_cases(rng: np.random.Generator, hard: bool) -> list[Case]:
    a, b = rng.normal(size=(2, 6)) * 2
    seen_once = a.copy()
    seen_once[[1, 4]] = -np.inf
    never = b.copy()
    never[[0, 4]] = -np.inf
    cases = [
        Case("two contexts", ([2.0, -1.0], [-1.0, 0.5], 30, 10)),
        Case("equal counts", (a, b, 50, 50)),
        Case("a much rarer partner", (a, b, 20_000, 7)),
        Case("empty cells", (seen_once, never, 12, 36)),
        Case("whole numbers in lists", ([3, 0, -2], [0, 1, 4], 5, 15)),
        Case("float32", (a.astype(np.float32), b.astype(np.float32), 8.0, 2.0)),
    ]
    if hard:
        many = rng.normal(size=(2, 300)) * 3
        cases += [
            Case("300 contexts", (many[0], many[1], 1234, 432)),
            Case("the same word twice", (a, a, 9, 90)),
            Case("another memory layout", (many[0, ::3], many[1, ::-3], 2, 1)),
        ]
    return cases


def _mixture(pmi_a, pmi_b, count_a, count_b) -> list[float]:
    row = []
    for x, y in zip(pmi_a, pmi_b, strict=True):
        ratio = (count_a * math.exp(x) + count_b * math.exp(y)) / (count_a + count_b)
        row.append(math.log(ratio) if ratio > 0 else -math.inf)
    return row


def _mixture_wrong(how):
    """Make a merged row with one mistake."""

    def answer(pmi_a, pmi_b, count_a, count_b):
        x, y = np.asarray(pmi_a, dtype=float), np.asarray(pmi_b, dtype=float)
        share = count_a / (count_a + count_b)
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                "mean of logs": lambda: share * x + (1 - share) * y,
                "plain mean of logs": lambda: (x + y) / 2,
                "equal shares": lambda: np.log((np.exp(x) + np.exp(y)) / 2),
                "no logarithm": lambda: share * np.exp(x) + (1 - share) * np.exp(y),
                "not divided": lambda: np.log(np.exp(x) + np.exp(y)),
                "swapped": lambda: np.log((1 - share) * np.exp(x) + share * np.exp(y)),
                "larger": lambda: np.maximum(x, y),
            }[how]()

    return answer


_Q04_MIXTURE = Check(
    id="Q04-mixture",
    title="The PMI row of a word with two senses",
    level=2,
    minutes=12,
    points=3,
    function="merged_pmi",
    make_cases=_mixture_cases,
    oracle=_mixture,
    compare=close(rtol=1e-4, atol=1e-6),
    misconceptions=(
        Misconception(
            "mean of the logarithms",
            _mixture_wrong("mean of logs"),
            "This averages the PMIs. What is averaged is P(c | word), the probability: leave the "
            "logarithm first, average with the shares, and take the logarithm again.",
        ),
        Misconception(
            "plain mean of the logarithms",
            _mixture_wrong("plain mean of logs"),
            "This averages the two PMIs as if both senses were equally frequent and PMI were a "
            "probability. Average exp(PMI), weighted by the counts.",
        ),
        Misconception(
            "senses weigh the same",
            _mixture_wrong("equal shares"),
            "Both senses weigh the same here. A sense that is used three times as often gives "
            "three quarters of the merged word's contexts: weight by the counts.",
        ),
        Misconception(
            "no logarithm at the end",
            _mixture_wrong("no logarithm"),
            "This is P(c | merged) / P(c), the mixture itself. PMI is its logarithm.",
        ),
        Misconception(
            "not divided by the total",
            _mixture_wrong("not divided"),
            "The weights do not add up to 1: the two terms are added as they are. Use the shares "
            "count / (count_a + count_b).",
        ),
        Misconception(
            "weights swapped",
            _mixture_wrong("swapped"),
            "The two shares are the wrong way round: a's contexts count in proportion to count_a.",
        ),
        Misconception(
            "the larger PMI",
            _mixture_wrong("larger"),
            "The larger of the two is close when one sense owns the context, but it ignores how "
            "often each sense occurs: a context of one sense loses -log(share).",
        ),
    ),
)

_Q04_CONCLUSIONS = Conclusions(
    id="Q04-conclusions",
    title="When analogies fail",
    level=2,
    minutes=6,
    points=2,
    function="chosen_q04",
    statements={
        "A": (
            True,
            "Thinning took occurrences away and left the meaning alone, and the solved analogies "
            "went: a cell seen n times has an error of about 1/sqrt(n) in PMI.",
        ),
        "B": (
            False,
            "You computed the row: it is the logarithm of a mixture. A context that only one sense "
            "has loses log 2 at equal shares, not half its PMI; the sum of both senses' contexts "
            "is what breaks the offset.",
        ),
        "C": (
            True,
            "With a partner of equal frequency most of the solved questions failed, although every "
            "occurrence of the old word was still there.",
        ),
        "D": (
            False,
            "Their cosine was positive and higher than that of synonyms: opposites share their "
            "contexts, and contexts are all the matrix sees.",
        ),
        "E": (
            True,
            "The offsets of antonyms share a line no more than those of random pairs, plurals "
            "twice as much. The questions that succeed do so because the opposite is c's neighbour "
            "anyway.",
        ),
        "F": (
            False,
            "The two models read different texts of very different size. The order turned round on "
            "questions about kings of the Bible, so this compares domains, not algorithms.",
        ),
        "G": (
            True,
            "Most of the set's questions hold a word that our text has fewer than five times. They "
            "are left out of the accuracy, so the accuracy alone hides the gap in the domain.",
        ),
    },
)

CHECKS = (_X_3COSMUL, _Q03_GAP, _Q03_CONCLUSIONS, _Q04_MIXTURE, _Q04_CONCLUSIONS)
