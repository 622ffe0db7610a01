"""Check of lesson 02, part C: adding the counts of a corpus that grows."""

import numpy as np

from helpers.checks.comparing import close, equal, structure
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["MERGE"]


def _merge_oracle(old_words, old, new_words, new):
    words = list(old_words)
    for word in new_words:
        if word not in words:
            words.append(word)
    found = {}
    for names, table in ((old_words, old), (new_words, new)):
        for i, word in enumerate(names):
            for j, context in enumerate(names):
                found[word, context] = found.get((word, context), 0.0) + float(table[i][j])
    merged = [[found.get((word, context), 0.0) for context in words] for word in words]
    return words, np.array(merged, dtype=float).reshape(len(words), len(words))


def _union(old_words, new_words):
    return list(old_words) + [word for word in new_words if word not in set(old_words)]


def _placed(words, names, table, columns=True):
    """Put a table into the rows (and columns) of a larger vocabulary."""
    out = np.zeros((len(words), len(words)))
    rows = [words.index(word) for word in names]
    places = rows if columns else range(len(names))
    for i, row in enumerate(rows):
        for j, column in enumerate(places):
            out[row, column] += np.asarray(table, dtype=float)[i, j]
    return out


def _not_aligned(old_words, old, new_words, new):
    words = _union(old_words, new_words)
    total = _placed(words, old_words, old)
    new = np.asarray(new, dtype=float).reshape(len(new_words), len(new_words))
    total[: len(new), : len(new)] += new
    return words, total


def _overwritten(old_words, old, new_words, new):
    words = _union(old_words, new_words)
    total = _placed(words, old_words, old)
    rows = [words.index(word) for word in new_words]
    if rows:
        total[np.ix_(rows, rows)] = np.asarray(new, dtype=float)
    return words, total


def _blocks(old_words, old, new_words, new):
    words = list(old_words) + list(new_words)
    total = np.zeros((len(words), len(words)))
    n = len(old_words)
    total[:n, :n] = np.asarray(old, dtype=float).reshape(n, n)
    total[n:, n:] = np.asarray(new, dtype=float).reshape(len(new_words), len(new_words))
    return words, total


def _averaged(*args):
    words, total = _merge_oracle(*args)
    return words, total / 2


def _old_vocabulary(old_words, old, new_words, new):
    words, total = _merge_oracle(old_words, old, new_words, new)
    return words[: len(old_words)], total[: len(old_words), : len(old_words)]


def _sorted_union(old_words, old, new_words, new):
    words = sorted({*old_words, *new_words})
    return words, _placed(words, old_words, old) + _placed(words, new_words, new)


def _new_sorted(old_words, old, new_words, new):
    words = list(old_words) + sorted(set(new_words) - set(old_words))
    return words, _placed(words, old_words, old) + _placed(words, new_words, new)


def _met_only(*args):
    """Keep only words with a count."""
    words, total = _merge_oracle(*args)
    kept = np.flatnonzero(total.any(axis=0) | total.any(axis=1))
    return [words[i] for i in kept], total[np.ix_(kept, kept)]


def _rows_only(old_words, old, new_words, new):
    words = _union(old_words, new_words)
    return words, _placed(words, old_words, old) + _placed(words, new_words, new, columns=False)


def _transposed(old_words, old, new_words, new):
    words = _union(old_words, new_words)
    return words, _placed(words, old_words, old) + _placed(words, new_words, new).T


def _same_words(got, expected):
    problem = equal(got, expected)
    if problem and isinstance(got, list | tuple) and sorted(map(str, got)) == sorted(expected):
        problem += (
            ": the words are right, but not their order. First the old ones, then the new ones as "
            "the new text lists them (a set keeps no order)"
        )
    return problem


def _merge_cases(rng, hard):
    old = np.array([[0.0, 2.0], [2.0, 1.0]])
    cases = [
        Case("the same words in the same order", (["the", "ark"], old, ["the", "ark"], old + 1)),
        Case(
            "the same words in another order",
            (["the", "ark"], old, ["ark", "the"], np.array([[4.0, 3.0], [3.0, 0.5]])),
        ),
        Case(
            "a new word", (["the", "ark"], old, ["zinc", "the"], np.array([[0.0, 5.0], [5.0, 1.0]]))
        ),
        Case(
            "new words that are not in the order of the alphabet",
            (["the"], np.array([[1.0]]), ["zinc", "the", "ark", "oak"], np.diag([1.0, 2, 3, 4])),
        ),
        Case(
            "a new word that met nobody",
            (["the", "ark"], old, ["zinc", "ark"], np.array([[0.0, 0.0], [0.0, 4.0]])),
        ),
        Case(
            "an old word that met nobody",
            (["the", "oak"], np.array([[1.0, 0.0], [0.0, 0.0]]), ["the"], np.array([[2.0]])),
        ),
        Case("no word in common", (["ark"], np.array([[1.0]]), ["zinc"], np.array([[2.0]]))),
        Case(
            "contexts on the right only",
            (
                ["the", "ark", "dove"],
                np.array([[1.0, 4.0, 0.0], [0.0, 2.0, 3.0], [5.0, 0.0, 0.0]]),
                ["dove", "zinc", "the"],
                np.array([[0.0, 7.0, 0.0], [0.0, 0.0, 0.5], [0.25, 6.0, 0.0]]),
            ),
        ),
        Case("no new text", (["the", "ark"], old, [], np.zeros((0, 0)))),
        _random_merge(rng, 5, 6, "random tables"),
    ]
    if hard:
        cases += [
            _random_merge(rng, 9, 4, "more old words"),
            _random_merge(rng, 3, 12, "more new words"),
            Case("no old text", ([], np.zeros((0, 0)), ["the", "ark"], old)),
            Case(
                "tables as lists", (["a", "b"], old.tolist(), ["c", "b"], [[1.0, 2.0], [3.0, 4.0]])
            ),
            Case(
                "whole numbers and float32",
                (["a", "b"], old.astype(np.int64), ["b", "c"], old.astype(np.float32)),
            ),
        ]
    return cases


def _random_merge(rng, n_old, n_new, name):
    letters = [chr(ord("a") + i) for i in rng.permutation(14)]
    new_words = [letters[i] for i in rng.permutation(n_old + 2)[: min(n_new, n_old)]]
    new_words += letters[n_old : n_old + n_new - len(new_words)]
    new_words = list(dict.fromkeys(new_words))
    tables = [rng.integers(0, 9, size=(n, n)) / 2 for n in (n_old, len(new_words))]
    return Case(name, (letters[:n_old], tables[0], new_words, tables[1]))


MERGE = Check(
    id="Q06-growing",
    title="New text arrives",
    level=2,
    minutes=12,
    points=3,
    function="merge_counts",
    make_cases=_merge_cases,
    oracle=_merge_oracle,
    compare=structure(_same_words, close(rtol=1e-9, atol=1e-9)),
    misconceptions=(
        Misconception(
            "added by place",
            _not_aligned,
            "You add the new table at its own row numbers. Row 0 of the new table is another word "
            "than row 0 of the old one: look up each word's place in the joint vocabulary.",
        ),
        Misconception(
            "new counts overwrite",
            _overwritten,
            "You overwrite old counts by new ones. A pair that is in both texts has been seen in "
            "both: add.",
        ),
        Misconception(
            "tables side by side",
            _blocks,
            "You put the tables side by side, so a word of both texts has two rows. It is one word "
            "and needs one row: list new words only if the old vocabulary does not have them.",
        ),
        Misconception(
            "averaged",
            _averaged,
            "You average the tables. Counts add up: twice the text gives about twice the counts.",
        ),
        Misconception(
            "new words dropped",
            _old_vocabulary,
            "You keep the old vocabulary. New text brings new words, and they need rows and "
            "columns of their own, behind the old ones.",
        ),
        Misconception(
            "sorted vocabulary",
            _sorted_union,
            "Your joint vocabulary is sorted. The old words should keep their rows, so that the "
            "old table's row numbers stay valid; new words follow in their own order.",
        ),
        Misconception(
            "new words sorted",
            _new_sorted,
            "Your new words are sorted. They keep the order in which the new text lists them.",
        ),
        Misconception(
            "words without counts dropped",
            _met_only,
            "You drop words that met nobody. They are words of a vocabulary: each keeps its row "
            "and its column, full of zeros, or the old row numbers are no longer valid.",
        ),
        Misconception(
            "rows aligned, columns not",
            _rows_only,
            "You moved the rows of the new table to their words, but not the columns. Contexts are "
            "words too: use `np.ix_(places, places)`.",
        ),
        Misconception(
            "rows and columns swapped",
            _transposed,
            "The new table came out transposed: rows are words, columns are contexts, in both "
            "tables. (With symmetric counts nobody would notice.)",
        ),
    ),
)
