"""Checks of lesson 02, part A: counting co-occurrences."""

import functools
import math
from collections import defaultdict

import numpy as np

from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.serial import Opaque
from helpers.checks.showing import show_value

__all__ = ["CHECKS"]


# --- The specification ------------------------------------------------------------------------


def _cooc_oracle(sentences, window):
    """Look at every two different positions of a sentence, in both orders."""
    terms = defaultdict(list)
    for sentence in sentences:
        for p, i in enumerate(sentence):
            for q, j in enumerate(sentence):
                if p != q and abs(p - q) <= window:
                    terms[i, j].append(1 / abs(p - q))
    return {pair: math.fsum(weights) for pair, weights in terms.items()}


# --- Wrong answers that people give -----------------------------------------------------------


def _variant(
    weight=lambda m, window: 1 / m, *, across=False, sides=(-1, 1), exclusive=False,
    itself=True, sort=False, once=False, keep=lambda p, q: True, last=False,
):  # fmt: skip
    """Make a count with one thing changed."""

    def count_cooccurrences(sentences, window):
        texts = [[word for text in sentences for word in text]] if across else sentences
        counts = defaultdict(float)
        for text in texts:
            for p, i in enumerate(text):
                seen = set()
                for m in range(1, window + (not exclusive)):
                    for q in (p + side * m for side in sides):
                        if not 0 <= q < len(text) or not keep(p, q):
                            continue
                        j = text[q]
                        if (j == i and not itself) or (once and j in seen):
                            continue
                        seen.add(j)
                        pair = tuple(sorted((i, j))) if sort else (i, j)
                        counts[pair] = (0 if last else counts[pair]) + weight(m, window)
        return dict(counts)

    return count_cooccurrences


def _diagonal_once(sentences, window):
    counts = _variant(sides=(1,))(sentences, window)
    pairs = {*counts, *((j, i) for i, j in counts)}
    return {
        (i, j): counts.get((i, j), 0) + (counts.get((j, i), 0) if i != j else 0) for i, j in pairs
    }


def _whole_windows(sentences, window):
    """Leave out centres whose window is cut by an end of the sentence."""
    counts = defaultdict(float)
    for text in sentences:
        for p in range(window, len(text) - window):
            for m in range(1, window + 1):
                counts[text[p], text[p - m]] += 1 / m
                counts[text[p], text[p + m]] += 1 / m
    return dict(counts)


def _around_the_end(sentences, window):
    """Let a negative position count from the end of the list."""
    counts = defaultdict(float)
    for text in sentences:
        for p, i in enumerate(text):
            for m in range(1, window + 1):
                if p - m >= -len(text):
                    counts[i, text[p - m]] += 1 / m
                if p + m < len(text):
                    counts[i, text[p + m]] += 1 / m
    return dict(counts)


def _own_position(sentences, window):
    """Count the centre as a context of itself, at distance 0."""
    counts = defaultdict(float)
    for text in sentences:
        for p, i in enumerate(text):
            for q in range(max(0, p - window), min(len(text), p + window + 1)):
                counts[i, text[q]] += 1 / abs(p - q)
    return dict(counts)


def _scaled(sentences, window):
    counts = _variant()(sentences, window)
    return {pair: 2 * count for pair, count in counts.items()}


def _share(sentences, window):
    counts = _variant()(sentences, window)
    rows = defaultdict(float)
    for (i, _), count in counts.items():
        rows[i] += count
    return {(i, j): count / rows[i] for (i, j), count in counts.items()}


# --- Reading and comparing what comes back ----------------------------------------------------


class _CellsCheck(Check):
    """A check of a dictionary of cells: a defaultdict or a Counter is as good as a dict."""

    def run(self, answer, seed, hard=False):
        """Record the answer, with subclasses of dict turned into plain dictionaries."""
        if not callable(answer):
            return super().run(answer, seed, hard)

        @functools.wraps(answer)
        def plain(*args, **kwargs):
            output = answer(*args, **kwargs)
            return dict(output) if isinstance(output, dict) else output

        return super().run(plain, seed, hard)


def _read_cells(case, output):
    if output is None:
        raise ValueError("it returned None (is the `return` there?)")
    if isinstance(output, np.ndarray):
        raise ValueError(
            f"it returned an array of shape {output.shape}, where a dict should come back: most "
            "cells of the matrix would be empty, so only the others are kept"
        )
    if isinstance(output, Opaque) and output.kind == "dict":
        raise ValueError(
            f"the dict cannot be read: {output.look[:60]}; a key is a tuple of two ids (i, j), "
            "and both orders are kept"
        )
    if not isinstance(output, dict):
        kind = output.kind if isinstance(output, Opaque) else type(output).__name__
        raise ValueError(f"it returned a {kind}, where a dict {{(i, j): X}} should come back")
    cells = {}
    for key, value in output.items():
        try:
            i, j = key
            cells[int(i), int(j)] = float(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(
                f"the dict has the entry {show_value(key, 40)}: {show_value(value, 40)}; a key is "
                "a tuple of two ids (i, j), and its value one number"
            ) from None
    return cells


def _same_cells(got, expected):
    missing, extra = sorted(expected.keys() - got.keys()), sorted(got.keys() - expected.keys())
    if extra:
        return (
            f"it holds the cell {extra[0]} = {got[extra[0]]:.6g}, but in these sentences and this "
            "window the two words never meet"
        )
    if missing:
        return f"the cell {missing[0]} is missing; it should hold {expected[missing[0]]:.6g}"
    for pair in sorted(expected):
        if not math.isclose(got[pair], expected[pair], rel_tol=1e-5):
            return f"the cell {pair} holds {got[pair]:.6g}, not {expected[pair]:.6g}"
    return None


# --- Cases --------------------------------------------------------------------------------------


def _random_sentences(rng, n_sentences, n_words, longest, window):
    lengths = rng.integers(0, longest + 1, size=n_sentences)
    sentences = [rng.integers(0, n_words, size=n).tolist() for n in lengths]
    name = f"{n_sentences} random sentences of {n_words} words, window {window}"
    return Case(name, (sentences, window))


def _cooc_cases(rng, hard):
    cases = [
        Case("two words", ([[0, 1]], 2)),
        Case("three words", ([[0, 1, 2]], 2)),
        Case("the window ends before the sentence does", ([[0, 1, 2, 3]], 2)),
        Case("two sentences: no pair across the border", ([[0, 1], [2, 3]], 3)),
        Case("the same word twice, next to each other", ([[4, 4]], 1)),
        Case("the same word three times", ([[5, 2, 5, 5]], 3)),
        Case("a pair that meets twice", ([[0, 1, 0], [1, 0]], 2)),
        Case("an empty sentence and one of one word", ([[], [3], [3, 1, 3]], 4)),
        _random_sentences(rng, 6, 5, 9, 3),
        _random_sentences(rng, 5, 30, 25, 10),
    ]
    if hard:
        cases += [
            Case("no sentence at all", ([], 3)),
            Case("a window far longer than the text", ([[7, 8, 7, 9]], 1000)),
            Case("large ids", ([[28_925, 3, 2**40, 3]], 2)),
            _random_sentences(rng, 40, 12, 12, 1),
            _random_sentences(rng, 12, 3, 40, 7),
        ]
    return cases


COOC = _CellsCheck(
    id="X-cooc",
    title="Count co-occurrences with distance weights",
    level=2,
    minutes=15,
    points=3,
    function="count_cooccurrences",
    make_cases=_cooc_cases,
    oracle=_cooc_oracle,
    view=_read_cells,
    compare=_same_cells,
    misconceptions=(
        Misconception(
            "every meeting counts 1",
            _variant(lambda m, window: 1),
            "You count every meeting as 1, near or far. A pair at distance m adds 1/m: the next "
            "word counts 1, the one behind it 1/2.",
        ),
        Misconception(
            "word2vec's weights",
            _variant(lambda m, window: (window - m + 1) / window),
            "Your weights fall linearly, (window - m + 1) / window. That is what word2vec's drawn "
            "reach amounts to (lesson 01, part 2). GloVe's fall as 1/m.",
        ),
        Misconception(
            "1/m squared",
            _variant(lambda m, window: 1 / m**2),
            "Your weights fall as 1/m². Here a pair at distance m adds 1/m, so two words apart "
            "counts one half, not a quarter.",
        ),
        Misconception(
            "distance counts the words between",
            _variant(lambda m, window: 1 / (m + 1)),
            "Your distance is one too large: neighbours are at distance 1 and add 1. Use the "
            "difference of the two positions.",
        ),
        Misconception(
            "left contexts only",
            _variant(sides=(-1,)),
            "You only count contexts to the left. The window reaches to both sides: when i meets "
            "j, the cell (i, j) grows and the cell (j, i) too.",
        ),
        Misconception(
            "right contexts only",
            _variant(sides=(1,)),
            "You only count contexts to the right. The window reaches to both sides: when i meets "
            "j, the cell (i, j) grows and the cell (j, i) too.",
        ),
        Misconception(
            "one triangle",
            _variant(sides=(1,), sort=True),
            "You sort the two ids, so only the cells with i <= j are filled. Keep both orders, "
            "(i, j) and (j, i): row i should hold all contexts of word i.",
        ),
        Misconception(
            "diagonal counted once",
            _diagonal_once,
            "Only the diagonal is wrong. Two positions with the same word i are a meeting seen "
            "from either side, so they add 2/m to the cell (i, i): do not special-case i == j.",
        ),
        Misconception(
            "same word left out",
            _variant(itself=False),
            "A word that stands twice in a window never meets itself in your count. Leave out the "
            "centre's own position, not words that equal it.",
        ),
        Misconception(
            "across sentences",
            _variant(across=True),
            "Your windows cross the borders of sentences: the last word of one meets the first of "
            "the next. Count each sentence by itself.",
        ),
        Misconception(
            "window one short",
            _variant(exclusive=True),
            "Your window is one word short: distance m = window still counts. Remember that "
            "`range` and slices stop before their end.",
        ),
        Misconception(
            "nearest occurrence only",
            _variant(once=True),
            "When a word stands twice in one window you count only its nearest occurrence. Every "
            "pair of positions adds its own 1/m.",
        ),
        Misconception(
            "overwritten",
            _variant(last=True),
            "A later meeting of a pair replaces the earlier ones. Add to what the cell holds "
            "already: `+=`, with 0 at the start.",
        ),
        Misconception(
            "all counts doubled",
            _scaled,
            "Every count is twice what it should be. You meet each pair from both of its words and "
            "fill both cells each time: do one or the other.",
        ),
        Misconception(
            "probabilities",
            _share,
            "These are shares of the row, P(j | i). Asked for are the counts themselves, before "
            "any division.",
        ),
        Misconception(
            "full windows only",
            _whole_windows,
            "You skip centres near the ends of a sentence. Their windows are cut, but what stands "
            "in them counts.",
        ),
        Misconception(
            "negative positions",
            _around_the_end,
            "Near the start of a sentence `p - m` becomes negative, and a negative index counts "
            "from the end. Ask for `p - m >= 0`.",
        ),
        Misconception(
            "own position counted",
            _own_position,
            "The centre meets itself at distance 0, and 1/0 cannot be. Skip the centre's own "
            "position: distances start at 1.",
        ),
    ),
)

CHECKS = (COOC,)
