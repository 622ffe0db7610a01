"""Checks of lesson 03, part E: reciprocal rank fusion, and hybrid search for one tenant."""

from fractions import Fraction

import numpy as np

from helpers.checks.comparing import as_numbers, close, equal
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["HYBRID", "RRF"]


def _fused(rankings, constant, depth):
    """Look every item up in every list, in exact fractions."""
    lists = [[int(item) for item in ranking][:depth] for ranking in rankings]
    items = sorted({item for ranking in lists for item in ranking})
    total = {
        item: sum(
            (
                1 / Fraction(constant + ranking.index(item) + 1)
                for ranking in lists
                if item in ranking
            ),
            Fraction(0),
        )
        for item in items
    }
    return sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))


def _rrf_oracle(rankings, constant, depth):
    pairs = _fused(rankings, constant, depth)
    return np.array([[item, float(score)] for item, score in pairs]).reshape(-1, 2)


def _items_and_scores(case, output):
    """Read (items, scores) as a table in the order of the scores; ties by item."""
    if not isinstance(output, list | tuple) or len(output) != 2:
        raise ValueError("it should return two lists: the items, best first, and their scores")
    items, scores = (as_numbers(part) for part in output)
    if items is None or scores is None or items.ndim != 1 or items.shape != scores.shape:
        raise ValueError("the items and their scores should be two lists of the same length")
    if (np.diff(scores) > 1e-12).any():
        raise ValueError("the scores do not fall: sort the items by score, the best first")
    order = np.lexsort((items, -np.round(scores.astype(float), 10)))
    return np.column_stack([items, scores])[order].astype(float).reshape(-1, 2)


def _rrf(first=1, missing=False, mean=False, cut="lists", best=False, linear=False):
    """Make a fusion with one thing changed."""

    def fuse(rankings, constant, depth):
        lists = [[int(item) for item in ranking] for ranking in rankings]
        if cut == "lists":
            lists = [ranking[:depth] for ranking in lists]
        terms = {}
        for ranking in lists:
            for rank, item in enumerate(ranking, first):
                term = -(rank + constant) if linear else 1 / max(constant + rank, 1e-9)
                terms.setdefault(item, []).append(term)
        if missing:
            for item, found in terms.items():
                gaps = [len(ranking) for ranking in lists if item not in ranking]
                found += [1 / (constant + gap + 1) for gap in gaps]
        join = max if best else (lambda v: sum(v) / len(v)) if mean else sum
        pairs = sorted(((item, join(v)) for item, v in terms.items()), key=lambda p: (-p[1], p[0]))
        if cut == "result":
            pairs = pairs[:depth]
        return [item for item, _ in pairs], [score for _, score in pairs]

    return fuse


def _lists(rng, n_lists, length, universe):
    return [rng.permutation(universe)[:length].tolist() for _ in range(n_lists)]


def _rrf_cases(rng, hard):
    cases = [
        Case("one list", ([[4, 7, 1]], 60.0, 10)),
        Case("two lists, one item in both", ([[1, 2], [2, 3]], 60.0, 10)),
        Case("lists longer than the depth", ([[5, 1, 2, 3], [6, 3, 1, 2]], 60.0, 2)),
        Case("an empty list", ([[], [3, 9, 4]], 60.0, 10)),
        Case("opposite lists, so that items tie", ([[1, 2, 3], [3, 2, 1]], 60.0, 3)),
        Case("a small constant", ([[8, 2, 5], [5, 2, 8], [2, 9, 8]], 1.0, 5)),
        Case("no list at all", ([], 60.0, 5)),
        Case("lists as arrays", ([np.array(a) for a in _lists(rng, 2, 6, 9)], 60.0, 6)),
        Case("random lists of different length",
             ([*_lists(rng, 2, 8, 12), *_lists(rng, 1, 3, 12)], 60.0, 7)),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("five lists of forty", (_lists(rng, 5, 40, 60), 60.0, 20)),
            Case("constant 0", (_lists(rng, 3, 10, 15), 0.0, 10)),
            Case("depth 1", (_lists(rng, 4, 10, 15), 60.0, 1)),
        ]
    return cases


RRF = Check(
    id="X-rrf",
    title="Reciprocal rank fusion",
    level=2,
    minutes=12,
    points=3,
    function="fuse_rankings",
    make_cases=_rrf_cases,
    oracle=_rrf_oracle,
    view=_items_and_scores,
    compare=close(rtol=1e-9, atol=1e-12),
    misconceptions=[
        Misconception(
            "ranks from 0",
            _rrf(first=0),
            "Your ranks begin at 0, so that the best item gets 1 / constant. The first rank is "
            "1: write `enumerate(ranking, start=1)`.",
        ),
        Misconception(
            "missing items get a rank",
            _rrf(missing=True),
            "You give an item the rank after the last in every list that does not hold it. A list "
            "says nothing about what it does not hold: it adds nothing.",
        ),
        Misconception(
            "mean instead of sum",
            _rrf(mean=True),
            "You divide by the number of lists that hold the item. Then two votes count no more "
            "than one, and agreement, the point of fusion, is lost: take the sum.",
        ),
        Misconception(
            "best rank only",
            _rrf(best=True),
            "You keep an item's best term only, so that a second list that agrees adds nothing. "
            "Add the terms of all lists.",
        ),
        Misconception(
            "depth cuts the result",
            _rrf(cut="result"),
            "You fuse the whole lists and cut the result. The depth says how far each *list* is "
            "read, before fusing: deep entries must not vote at all.",
        ),
        Misconception(
            "depth ignored",
            _rrf(cut=None),
            "You read the lists to their ends. Take `ranking[:depth]` of each first: on the "
            "course's queries this is what made hybrid search good or bad.",
        ),
        Misconception(
            "ranks added",
            _rrf(linear=True),
            "You add the ranks themselves. One list with a bad rank then outweighs a first place; "
            "the reciprocals 1 / (constant + rank) let the top places count most.",
        ),
    ],
)  # fmt: skip


def _best_first(scores, rows):
    return sorted(rows, key=lambda row: (-float(scores[row]), row))


def _hybrid_oracle(lexical, dense, tenants, tenant, k, depth):
    mine = [row for row in range(len(tenants)) if tenants[row] == tenant]
    by_words = _best_first(lexical, [row for row in mine if lexical[row] > 0])
    pairs = _fused([by_words, _best_first(dense, mine)], 60, depth)
    return [row for row, _ in pairs][:k]


def _hybrid(when="first", zeros=False, scores=False, renumbered=False, ties_late=False, k_cut=True):
    """Make a hybrid search with one thing changed."""

    def search(lexical, dense, tenants, tenant, k, depth):
        lexical, dense = np.asarray(lexical, float), np.asarray(dense, float)
        own = np.asarray(tenants) == tenant
        rows = np.flatnonzero(own) if when == "first" else np.arange(len(own))
        words = rows if zeros else rows[lexical[rows] > 0]
        lists = [
            found[np.argsort(-values[found], kind="stable")].tolist()
            for values, found in ((lexical, words), (dense, rows))
        ]
        lists = [found[:depth] for found in lists]
        if scores:
            total = {row: lexical[row] + dense[row] for found in lists for row in found}
            result = sorted(total, key=lambda row: (-total[row], row))
        else:
            result = [row for row, _ in _fused(lists, 60, depth)]
        if when == "last":
            result = [row for row in result[: k if not k_cut else None] if own[row]]
        if renumbered:
            result = [rows.tolist().index(row) for row in result]
        return result[:k]

    return search


def _pages(rng, n, n_tenants):
    """Make scores with ties, most lexical ones 0, as they are."""
    lexical = np.where(rng.random(n) < 0.5, 0, np.round(rng.random(n) * 9, 1))
    return lexical, np.round(rng.random(n), 2), rng.integers(0, n_tenants, n)


def _one_or_both():
    """Make lists in which 60, and no other constant, decides.

    Page 0 is first by words and last by meaning, pages 60 and 61 stand 61st and 62nd in both lists:
    2 / (60 + 61) > 1 / (60 + 1) = 2 / (60 + 62).
    """
    n = 140
    order = [row for row in reversed(range(1, n)) if row not in (60, 61)]
    order = [*order[:60], 60, 61, *order[60:], 0]
    dense = np.empty(n)
    dense[order] = np.linspace(0.9, 0.1, n)
    return np.arange(n, 0.0, -1), dense, np.zeros(n, int)


def _hybrid_cases(rng, hard):
    cases = [
        Case("two shops, three pages",
             (np.array([0.0, 4.0, 2.0]), np.array([0.9, 0.8, 0.1]), np.array([7, 3, 7]), 7, 3, 3)),
        Case("the best pages are another shop's",
             (np.array([9.0, 8, 7, 0, 3]), np.array([0.9, 0.8, 0.7, 0.5, 0.4]),
              np.array([1, 1, 1, 2, 2]), 2, 2, 2)),
        Case("a shop without pages", (*_pages(rng, 6, 2), 5, 3, 3)),
        Case("no word matches",
             (np.zeros(5), np.array([0.1, 0.5, 0.3, 0.5, 0.2]), np.array([0, 0, 1, 0, 0]),
              0, 4, 4)),
        Case("k smaller than the depth", (*_pages(rng, 12, 1), 0, 2, 6)),
        Case("one page in ten is the shop's", (*_pages(rng, 40, 10), 4, 5, 5)),
        Case("random scores with ties", (*_pages(rng, 30, 3), 1, 5, 4)),
        Case("first in one list against late in both", (*_one_or_both(), 0, 140, 70)),
    ]  # fmt: skip
    if hard:
        cases += [
            Case("two hundred pages", (*_pages(rng, 200, 4), 2, 10, 10)),
            Case("float32 and whole numbers",
                 (rng.integers(0, 4, 50), rng.random(50).astype(np.float32),
                  rng.integers(0, 2, 50), 1, 8, 10)),
            Case("depth 1", (*_pages(rng, 50, 3), 0, 5, 1)),
        ]  # fmt: skip
    return cases


def _isolated(case, output):
    tenants, tenant = case.args[2], case.args[3]
    rows = as_numbers(output)
    if rows is not None and rows.size and (tenants[rows.astype(int)] != tenant).any():
        return "it returned a page of another shop"
    return None


HYBRID = Check(
    id="Q23-hybrid",
    title="Hybrid search inside one shop",
    level=3,
    minutes=20,
    points=4,
    function="search_shop",
    make_cases=_hybrid_cases,
    oracle=_hybrid_oracle,
    compare=equal,
    properties=[_isolated],
    misconceptions=[
        Misconception(
            "no filter",
            _hybrid(when="never"),
            "Pages of other shops come back. That is no bad ranking but a leak of one customer's "
            "data to another: keep only rows with `tenants == tenant`, before anything else.",
        ),
        Misconception(
            "filter at the end",
            _hybrid(when="last"),
            "You rank the pages of all shops and filter the fused list. A small shop then gets few "
            "results or none: filter the rows first, so that `depth` counts its own pages.",
        ),
        Misconception(
            "filter after k",
            _hybrid(when="last", k_cut=False),
            "You take the k best of all shops and filter those, so that the shop gets what happens "
            "to be left. Choose the rows of the shop first, then rank.",
        ),
        Misconception(
            "pages without a matching word",
            _hybrid(zeros=True),
            "Your lexical list holds pages with the score 0, in the order of their rows. They "
            "match no word of the query and must not get a vote: keep scores above 0 only.",
        ),
        Misconception(
            "scores added",
            _hybrid(scores=True),
            "You add the scores of the two lists. BM25 runs to 20 and a cosine to 1, so that BM25 "
            "alone decides: fuse by rank, 1 / (60 + rank).",
        ),
        Misconception(
            "rows of the selection",
            _hybrid(renumbered=True),
            "You return places within the shop's own pages. The caller knows the rows of the whole "
            "collection: look them up in your list of kept rows.",
        ),
    ],
)  # fmt: skip
