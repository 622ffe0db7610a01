"""Checks of lesson 01, part B2: what training does to rare words, in skip-gram and in CBOW."""

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Conclusions, Misconception
from helpers.checks.running import Case
from helpers.checks.word2vec_b2_ranks import RANKS

__all__ = ["CHECKS"]


# --- Updates that a word gets ------------------------------------------------------------------


def _updates_oracle(sentence, reaches, word):
    """Write down every window, then every update that it makes."""
    table = np.zeros((3, 2))
    for i in range(len(sentence)):
        window = [j for j in range(len(sentence)) if j != i and abs(j - i) <= reaches[i]]
        for j in window:  # Skip-gram: each pair is a step of its own.
            table[0, 0] += sentence[j] == word
            table[0, 1] += sentence[i] == word
        for j in window:  # CBOW: one step a window, and its gradient goes to every context word.
            table[1, 0] += sentence[j] == word
            table[2, 0] += (sentence[j] == word) / len(window)
        if window:
            table[1:, 1] += sentence[i] == word
    return table


def _updates(
    *, edges=True, itself=False, once=False, own_reach=False, divide_u=False, full=False,
    empty=False,
):  # fmt: skip
    """Make a count of updates with one thing changed."""

    def count_updates(sentence, reaches, word):
        table, n = np.zeros((3, 2)), len(sentence)
        for i in range(n):
            window = [
                j
                for j in range(n)
                if (j != i or itself) and abs(j - i) <= reaches[j if own_reach else i]
            ]
            size = len(window) if edges and not full else 2 * reaches[i]
            hits = sum(sentence[j] == word for j in window)
            hits = min(hits, 1) if once else hits
            centre = float(sentence[i] == word)
            table[0] += hits, centre * (len(window) if edges else size)
            table[1] += hits, centre * bool(window or empty)
            if size:
                table[2] += hits / size, centre / (size if divide_u else 1)
            elif empty:
                table[2, 1] += centre
        return table

    return count_updates


def _columns_swapped(sentence, reaches, word):
    return _updates()(sentence, reaches, word)[:, ::-1]


def _centre_for_all(sentence, reaches, word):
    """Count the steps in which the word is the centre, also for CBOW's v."""
    table = _updates()(sentence, reaches, word)
    table[1:, 0] = table[1, 1]
    return table


def _as_in_the_derivation(sentence, reaches, word):
    """Move v of the centre and u of the context in skip-gram's pairs."""
    table = _updates()(sentence, reaches, word)
    table[0] = table[0, ::-1]
    return table


def _rows_exchanged(sentence, reaches, word):
    return _updates()(sentence, reaches, word)[[0, 2, 1]]


def _divided(row_of_cbow, row_corrected):
    """Take CBOW's rows of v from the undivided (1) or the divided (2) counts."""

    def count_updates(sentence, reaches, word):
        table = _updates()(sentence, reaches, word)
        table[1:, 0] = table[row_of_cbow, 0], table[row_corrected, 0]
        return table

    return count_updates


def _negative_slices(sentence, reaches, word):
    """Let the slices of the first words start at a negative index."""
    table, sentence = np.zeros((3, 2)), list(sentence)
    for i, r in enumerate(reaches):
        window = sentence[i - r : i] + sentence[i + 1 : i + r + 1]
        if window:
            hits = window.count(word)
            table[:, 0] += hits, hits, hits / len(window)
            if sentence[i] == word:
                table[:, 1] += len(window), 1, 1
    return table


def _updates_cases(rng, hard):
    cases = [
        Case("two words", (["a", "b"], [1, 1], "a")),
        Case("one word sees two", (["a", "b", "c", "d"], [2, 1, 0, 0], "a")),
        Case("three words, reach 1", (["a", "b", "c"], [1, 1, 1], "b")),
        Case("reaches that differ", (["a", "b", "c", "d"], [1, 2, 1, 3], "c")),
        Case("a reach beyond the sentence", (["the", "cat", "sat"], [5, 5, 5], "the")),
        Case("one word alone", (["a"], [3], "a")),
        Case("a window of reach 0", (["a", "b", "a", "c"], [0, 1, 2, 0], "a")),
        Case("the word twice in a window", (["a", "b", "a", "c"], [2, 2, 2, 2], "a")),
        Case("a word that does not occur", (["a", "b", "c"], [1, 1, 1], "z")),
        Case("no words", ([], [], "a")),
    ]
    sizes = [(12, 3, 5)] + ([(30, 5, 4), (25, 2, 10), (9, 9, 3)] if hard else [])
    for length, n_words, window in sizes:
        sentence = [f"w{i}" for i in rng.integers(n_words, size=length)]
        reaches = rng.integers(1, window + 1, size=length).tolist()
        cases.append(Case(f"{length} random words", (sentence, reaches, "w0")))
    if hard:
        cases.append(Case("reaches as an array", (["a", "b", "a"], np.array([2, 1, 1]), "a")))
        cases.append(Case("only this word", (["a"] * 5, [2] * 5, "a")))
    return cases


UPDATES = Check(
    id="Q01-updates",
    title="Count the updates of a word",
    level=2,
    minutes=15,
    points=3,
    function="count_updates",
    make_cases=_updates_cases,
    oracle=_updates_oracle,
    compare=close(rtol=1e-6, atol=1e-9),
    misconceptions=(
        Misconception(
            "CBOW updates the centre's v",
            _centre_for_all,
            "For CBOW's v you count the windows around the word. There it is the target, and its "
            "u moves. Its v moves in the windows of its neighbours: look for it among the "
            "context words.",
        ),
        Misconception(
            "skip-gram's vectors as in part 2",
            _as_in_the_derivation,
            "In your skip-gram row the centre's v and the context's u move, as in part 2. This "
            "count follows word2vec.c, which reads each pair the other way round: v of the "
            "context word, u of the centre.",
        ),
        Misconception(
            "not divided by m",
            _divided(1, 1),
            "Your corrected row counts v like the row above it. In corrected CBOW each context "
            "word gets 1/m of the gradient, so it counts 1/m, where m is the size of the window.",
        ),
        Misconception(
            "CBOW divided too",
            _divided(2, 2),
            "You divide CBOW's v by m in both rows. word2vec.c's CBOW adds the whole gradient to "
            "each context word; only the corrected row has 1/m.",
        ),
        Misconception(
            "rows exchanged",
            _rows_exchanged,
            "Your last two rows are exchanged: CBOW (undivided) comes before corrected CBOW.",
        ),
        Misconception(
            "negative start of a slice",
            _negative_slices,
            "Near the start of the sentence context words go missing: i - reach is negative "
            "there, and a negative index counts from the end. Use `max(0, i - reach)`.",
        ),
        Misconception(
            "columns swapped",
            _columns_swapped,
            "Your columns are exchanged. Context words go in, so they use v (column 0); the "
            "centre is what is predicted, so it uses u (column 1).",
        ),
        Misconception(
            "reach of the context word",
            _updates(own_reach=True),
            "You use the reach of the context word. The window belongs to the centre: j is a "
            "context of i when |i - j| is at most reaches[i].",
        ),
        Misconception(
            "centre in its own window",
            _updates(itself=True),
            "You count the centre among its own context words. The window is what stands around "
            "it: leave out j = i.",
        ),
        Misconception(
            "sentence ends ignored",
            _updates(edges=False),
            "You take 2 * reach context words for every window. At the ends of a sentence there "
            "are fewer: count the positions that exist.",
        ),
        Misconception(
            "divided by the full window",
            _updates(full=True),
            "In the corrected row you divide by 2 * reach. The mean is over the context words "
            "that are there, so divide by their number: it is smaller at the sentence's ends.",
        ),
        Misconception(
            "u divided too",
            _updates(divide_u=True),
            "In the corrected row you divide u's update too. Only the inputs are averaged, so "
            "only v's share is 1/m; the centre's u gets its whole gradient.",
        ),
        Misconception(
            "repeats counted once",
            _updates(once=True),
            "When the word stands twice in a window you count one update. Each place among the "
            "context words is an input of its own: both move v.",
        ),
        Misconception(
            "empty windows count",
            _updates(empty=True),
            "You count a step for a window without context words. There is nothing to predict "
            "from, so nothing is updated: skip it.",
        ),
    ),
)


# --- Conclusions -------------------------------------------------------------------------------

CONCLUSIONS = Conclusions(
    id="Q01-conclusions",
    title="What follows about rare words?",
    level=2,
    minutes=10,
    points=3,
    function="chosen_q01",
    statements={
        "A": (
            True,
            "Your count gave the same number in the v column of skip-gram and CBOW: a word is a "
            "context word in every window around it, and each such window moves its v, in pairs or "
            "by the mean.",
        ),
        "B": (
            False,
            "The factor m is in the u column. For v, the vector that is kept, the two models gave "
            "equal counts, so the number of its updates cannot be the reason for anything.",
        ),
        "C": (
            True,
            "The finite differences gave a factor of exactly 4 for four context words. One rate "
            "could undo a constant factor; m runs from 1 to 10, so windows at the ends of "
            "sentences and wide windows would need different rates.",
        ),
        "D": (
            False,
            "It was the other way round: corrected CBOW had the lower mean 1/rank for twins with "
            "20 occurrences. A right gradient is no promise of better vectors; with 1/m a rare "
            "word takes smaller steps, and it has few.",
        ),
        "E": (
            True,
            "From 0.025 to 0.1 skip-gram's mean 1/rank rose by several tenths, from nearly "
            "nothing; skip-gram and CBOW at 0.1 differed by a few hundredths. A rare word is an "
            "under-trained word.",
        ),
        "F": (
            False,
            "Look at the analogies: there CBOW was level or slightly ahead, at both sizes. "
            "Skip-gram's lead was on the two similarity tests.",
        ),
        "G": (
            True,
            "With the original words in place of the twins, the lead in WordSim correlation was at "
            "least as large. Being better at similarity in general is enough to explain it; "
            "rarity need not come into it.",
        ),
    },
)

CHECKS = (UPDATES, RANKS, CONCLUSIONS)
