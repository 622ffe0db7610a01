"""Check of lesson 03, part E: hybrid search for one tenant."""

from dataclasses import dataclass

import numpy as np

from helpers.checks.comparing import as_numbers, equal
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case
from helpers.checks.sentences_e_fusion import fused_exactly

__all__ = ["HYBRID"]


def _best_first(scores, rows):
    return sorted(rows, key=lambda row: (-float(scores[row]), row))


def _hybrid_oracle(lexical, dense, tenants, tenant, k, depth):
    mine = [row for row in range(len(tenants)) if tenants[row] == tenant]
    by_words = _best_first(lexical, [row for row in mine if lexical[row] > 0])
    pairs = fused_exactly([by_words, _best_first(dense, mine)], 60, depth)
    return [row for row, _ in pairs][:k]


def _hybrid(
    when="first", zeros=False, scores=False, renumbered=False, k_cut=True, first=1, cut="depth",
    ties=None, positive=False, hidden=False,
):  # fmt: skip
    """Make a hybrid search with one thing changed."""

    def search(lexical, dense, tenants, tenant, k, depth):
        lexical, dense = np.asarray(lexical, float), np.asarray(dense, float)
        own = np.asarray(tenants) == tenant
        rows = np.flatnonzero(own) if when == "first" else np.arange(len(own))
        meant = rows[dense[rows] > 0] if positive else rows
        if hidden:
            lexical, dense, meant = lexical * own, dense * own, np.arange(len(own))
        words = rows if zeros else rows[lexical[rows] > 0]
        lists = [
            _order(values, found, ties) for values, found in ((lexical, words), (dense, meant))
        ]
        depth = {"depth": depth, "k": k, None: len(own)}[cut]
        lists = [found[:depth] for found in lists]
        if when == "cut":
            lists = [[row for row in found if own[row]] for found in lists]
        if scores:
            total = {row: lexical[row] + dense[row] for found in lists for row in found}
            result = sorted(total, key=lambda row: (-total[row], row))
        else:
            pairs = fused_exactly(lists, 59 + first, depth)
            total = {row: score for row, score in pairs}
            met = list(dict.fromkeys(row for found in lists for row in found))
            result = [row for row, _ in pairs] if ties != "met" else met
            result = sorted(result, key=lambda row: -total[row])
        if when == "last":
            result = [row for row in result[: k if not k_cut else None] if own[row]]
        if renumbered:
            result = [rows.tolist().index(row) for row in result]
        return result[:k]

    return search


def _order(values, rows, ties):
    """Rank rows by value; equal values by row, or (as `[::-1]` leaves them) by row backwards."""
    if ties == "reversed":
        return rows[np.argsort(values[rows], kind="stable")[::-1]].tolist()
    return rows[np.argsort(-values[rows], kind="stable")].tolist()


def _pages(rng, n, n_tenants):
    """Make scores with ties, most lexical ones 0, as they are; cosines may be negative."""
    lexical = np.where(rng.random(n) < 0.5, 0, np.round(rng.random(n) * 9, 1))
    return lexical, np.round(rng.uniform(-0.5, 1, n), 2), rng.integers(0, n_tenants, n)


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
        Case("negative cosines",
             (np.array([0.0, 2, 0, 1]), np.array([-0.1, -0.3, 0.4, -0.2]), np.array([3, 3, 5, 3]),
              3, 3, 3)),
        Case("the best by meaning against the best by words",
             (np.array([0.0, 0, 5, 5]), np.array([0.1, 0.9, 0.3, 0.2]), np.zeros(4, int), 0, 4, 1)),
        Case("first in one list against late in both", (*_one_or_both(), 0, 5, 70)),
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


@dataclass(frozen=True)
class _Seen:
    """Rows that came back, and a sentence on the first that belongs to another shop."""

    rows: object
    leak: str | None


def _seen(case, output):
    tenants, tenant = case.args[2], case.args[3]
    rows = as_numbers(output)
    if rows is None or rows.dtype.kind not in "iu" or rows.ndim != 1:
        return _Seen(output, None)
    foreign = [row for row in rows.tolist() if row >= len(tenants) or tenants[row] != tenant]
    leak = f"it returned page {foreign[0]}, which belongs to another shop" if foreign else None
    return _Seen(output, leak)


def _same_rows(got, expected):
    """Compare rows; `expected` is a list, or what a misconception returned."""
    if isinstance(expected, _Seen):
        return equal(got.rows, expected.rows)
    return equal(got.rows, expected) and (got.leak or equal(got.rows, expected))


HYBRID = Check(
    id="Q23-hybrid",
    title="Hybrid search inside one shop",
    level=3,
    minutes=20,
    points=4,
    function="search_shop",
    make_cases=_hybrid_cases,
    oracle=_hybrid_oracle,
    view=_seen,
    compare=_same_rows,
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
            "filter after the cut",
            _hybrid(when="cut"),
            "You cut the lists of all shops to `depth` and filter what is left: other shops' pages "
            "use up the depth. Filter the rows first.",
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
        Misconception(
            "ranks from 0",
            _hybrid(first=0),
            "Your ranks begin at 0. The first rank of each list is 1, so that the best page gets "
            "1 / 61: write `enumerate(ranking, start=1)`.",
        ),
        Misconception(
            "depth ignored",
            _hybrid(cut=None),
            "You fuse the whole lists. Cut each to its first `depth` pages before fusing, so that "
            "deep entries do not vote.",
        ),
        Misconception(
            "lists cut to k",
            _hybrid(cut="k"),
            "You cut the lists to `k` before fusing. `depth` says how far the lists are read, and "
            "`k` how many of the fused pages come back.",
        ),
        Misconception(
            "ties reversed",
            _hybrid(ties="reversed"),
            "Pages with equal scores stand in the reverse order in your lists: `argsort()[::-1]` "
            "turns ties round too. Sort by the negative score with a stable sort.",
        ),
        Misconception(
            "ties of the result",
            _hybrid(ties="met"),
            "Your lists are right, but equal fused scores stand in the order in which the pages "
            "were met. Sort by `(-score, row)`, so that the smaller row comes first.",
        ),
        Misconception(
            "only positive cosines",
            _hybrid(positive=True),
            "You keep pages with a cosine above 0 only. A cosine may be negative and still be the "
            "shop's best; only in the list of *words* does 0 mean “no match”.",
        ),
        Misconception(
            "other shops' scores set to 0",
            _hybrid(hidden=True),
            "You set the scores of other shops to 0 and rank all pages. A 0 is a good cosine "
            "among negative ones: take those pages out instead of lowering them.",
        ),
    ],
)  # fmt: skip
