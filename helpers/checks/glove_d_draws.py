"""Check of lesson 02, part D: how often v and u of each word are updated in one epoch of SGNS."""

from fractions import Fraction

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["DRAWS"]


def _oracle(counts, negatives, window, power):
    """Go through every word, every reach and every noise word, one after another."""
    counts = [int(n) for n in counts]
    weights = [float(n) ** power for n in counts]
    table = np.zeros((len(counts), 3))
    per_occurrence = sum(Fraction(2 * reach, window) for reach in range(1, window + 1))
    for word, count in enumerate(counts):
        pairs = float(count * per_occurrence)
        table[word, 0] += pairs  # as the context word, which is the input
        table[word, 1] += pairs  # as the centre, which is the target
        for drawn in range(len(counts)):
            if drawn != word:  # a draw of the target itself is thrown away
                table[drawn, 2] += pairs * negatives * weights[drawn] / sum(weights)
    return table


def _variant(
    *, full=False, one_side=False, unigram=False, per_token=False, kept=False, v_draws=False,
    v_terms=False, raw=False, u_terms=False, by_noise=False, swapped=False, in_one=False,
):  # fmt: skip
    """Make a count with one thing changed."""

    def expected_updates(counts, negatives, window, power):
        counts = np.asarray(counts, dtype=np.float64)
        contexts = 2 * window if full else (window + 1) / (2 if one_side else 1)
        pairs = counts * contexts
        weights = counts ** (1 if unigram else power)
        noise = weights if raw else weights / weights.sum()
        total = counts.sum() if per_token else pairs.sum()
        lost = noise if by_noise else counts / counts.sum()
        draws = negatives * total * noise * (1 if kept else 1 - lost)
        v = pairs * (1 + negatives if v_terms else 1) + (draws if v_draws else 0)
        u = pairs * (1 + negatives if u_terms else 1) + (draws if in_one else 0)
        columns = [v, draws, u] if swapped else [v, u, draws]
        return np.column_stack(columns)

    return expected_updates


def _transposed(counts, negatives, window, power):
    return _variant()(counts, negatives, window, power).T


def _redrawn(counts, negatives, window, power):
    """Draw again until the noise word is not the centre."""
    counts = np.asarray(counts, dtype=np.float64)
    pairs = counts * (window + 1)
    noise = counts**power / (counts**power).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        hits = np.outer(pairs / (1 - noise), noise) * negatives
    np.fill_diagonal(hits, 0)
    return np.column_stack([pairs, pairs, hits.sum(axis=0)])


def _cases(rng, hard):
    cases = [
        Case("two words, window 1", ([1, 1], 1, 1, 1.0)),
        Case("one frequent, one rare word", ([9, 1], 5, 5, 0.75)),
        Case("the noise is uniform", ([6, 3, 1], 2, 3, 0.0)),
        Case("one word alone", ([4], 5, 2, 0.75)),
        Case("a word that never occurs", ([5, 0, 2], 5, 4, 0.75)),
        Case("whole numbers in an array", (np.array([20, 5, 5, 1]), 3, 2, 0.5)),
    ]
    for size, window, k in [(7, 5, 5)] + ([(30, 10, 15), (12, 2, 1)] if hard else []):
        counts = np.sort(rng.integers(1, 400, size=size))[::-1].copy()
        power = float(rng.choice([0.5, 0.75]))
        cases.append(Case(f"{size} random words", (counts, k, window, power)))
    if hard:
        cases.append(Case("counts in millions", (np.array([3_000_000, 7, 1]), 5, 5, 0.75)))
        many = np.array([60_000, 1, 1], dtype=np.int32)
        cases.append(Case("32-bit counts", (many * 1000, 20, 10, 1.0)))
    return cases


DRAWS = Check(
    id="Q07-draws",
    title="Count the updates of v and of u",
    level=2,
    minutes=15,
    points=3,
    function="expected_updates",
    make_cases=_cases,
    oracle=_oracle,
    compare=close(rtol=1e-6, atol=1e-9),
    misconceptions=(
        Misconception(
            "draws move v",
            _variant(v_draws=True),
            "You count the draws in the column of v as well. A negative is an output: its gradient "
            "goes to its u. Its v is not even read in that step.",
        ),
        Misconception(
            "each negative is an update of v",
            _variant(v_terms=True),
            "You count K + 1 updates of v for each pair. The pull and the K pushes are the terms "
            "of one gradient; the exercise counts pairs: one each.",
        ),
        Misconception(
            "each negative is an update of the target",
            _variant(u_terms=True),
            "You count K + 1 updates of the centre's u for each pair. The K pushes of a pair move "
            "the u of the noise words; the centre's u gets the pull, once.",
        ),
        Misconception(
            "draws added to the targets",
            _variant(in_one=True),
            "Your second column contains the draws too. It is for pairs in which the word is the "
            "centre; what it gets as a noise word belongs in the third column.",
        ),
        Misconception(
            "full windows",
            _variant(full=True),
            "You use 2 * window contexts for every occurrence. The reach is drawn from 1 to "
            "window, (window + 1)/2 on average, on two sides: window + 1 contexts.",
        ),
        Misconception(
            "one side",
            _variant(one_side=True),
            "You count the contexts of one side only. The mean reach is (window + 1)/2 to the left "
            "and as much to the right.",
        ),
        Misconception(
            "noise without the power",
            _variant(unigram=True),
            "Your noise is proportional to the counts. Raise them to `power` first, then divide by "
            "their sum: that is what lifts rare words.",
        ),
        Misconception(
            "K draws a token",
            _variant(per_token=True),
            "You draw K noise words for each token. Each *pair* brings K of them, and a token has "
            "window + 1 pairs.",
        ),
        Misconception(
            "own draws kept",
            _variant(kept=True),
            "You keep all draws. A draw that hits the centre of its own pair is thrown away: a "
            "share count / tokens of the word's draws.",
        ),
        Misconception(
            "drawn again",
            _redrawn,
            "You draw again when a draw hits the centre, so every pair has K pushes. Here such a "
            "draw is thrown away, and the pair has one push less.",
        ),
        Misconception(
            "thrown away by the noise",
            _variant(by_noise=True),
            "You throw away the share P_n(j) of the draws of j. A draw of j is wasted when the "
            "*centre* is j, and centres come with the plain share count / tokens.",
        ),
        Misconception(
            "noise not normalised",
            _variant(raw=True),
            "Your noise does not sum to 1: divide counts ** power by its sum.",
        ),
        Misconception(
            "columns exchanged",
            _variant(swapped=True),
            "Your last two columns are exchanged: first the pairs with the word as the centre, "
            "then its draws as noise.",
        ),
        Misconception(
            "transposed",
            _transposed,
            "Your table lies on its side: one row a word, three columns. `np.column_stack` puts "
            "arrays side by side.",
        ),
    ),
)
