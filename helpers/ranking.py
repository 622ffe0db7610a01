"""Rankings: making them, fusing them, and measuring them against judgements.

A ranking is a sequence of items, best first; an item is a row number or an id. Judgements are a
mapping of items to grades, as in :mod:`helpers.data.retrieval`; an item that is not in it has
grade 0. A *run* is one ranking a query.

References
----------
Järvelin & Kekäläinen (2002), "Cumulated gain-based evaluation of IR techniques".
Cormack, Clarke & Büttcher (2009), "Reciprocal Rank Fusion outperforms Condorcet and individual
Rank Learning Methods".
"""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.data.retrieval import QUERY_KINDS, RetrievalSet

__all__ = [
    "MEASURES",
    "RunScores",
    "evaluate_run",
    "fusion_scores",
    "mrr",
    "ndcg",
    "ranked",
    "recall_at",
    "reciprocal_rank",
    "reciprocal_rank_fusion",
    "wrong_order_share",
]

MEASURES = ("ndcg", "reciprocal_rank", "recall", "wrong_order")


def ranked(scores, depth: int | None = None, above: float | None = None) -> np.ndarray:
    """Turn scores into a ranking of rows.

    Parameters
    ----------
    scores : array_like (n,)
        Higher is better.
    depth : int, optional
        Length of the ranking; by default all.
    above : float, optional
        Keep only rows with a score greater than this.

    Returns
    -------
    ndarray, int64
        Row numbers, best first; equal scores in the order of the rows.

    Raises
    ------
    ValueError
        If `depth` is negative, or the scores are not one row of numbers without NaN.
    """
    scores = np.asarray(scores)
    if scores.ndim != 1 or np.isnan(scores).any():
        raise ValueError("scores must be one row of numbers without NaN.")
    _check_depth(depth)
    order = np.argsort(-scores, kind="stable")
    if above is not None:
        order = order[scores[order] > above]
    return order[:depth]


def ndcg(ranking: Sequence[Hashable], grades: Mapping[Hashable, int], k: int = 10) -> float:
    """Measure how near the first `k` are to the best possible order, 0 to 1.

    The gain of a document is 2^grade - 1, divided by log2(1 + rank); the sum is divided by that
    of the ideal order of all judged documents.

    Parameters
    ----------
    ranking : sequence
        Items, best first; it may be shorter than `k`.
    grades : mapping
        Item to grade.
    k : int
        Cutoff.

    Returns
    -------
    float
        NaN if no item has a grade above 0.
    """
    ideal = _dcg(sorted(grades.values(), reverse=True)[:k])
    if not ideal:
        return math.nan
    return _dcg([grades.get(item, 0) for item in _items(ranking, k)]) / ideal


def _dcg(grades: Sequence[int]) -> float:
    return math.fsum((2**g - 1) / math.log2(1 + rank) for rank, g in enumerate(grades, 1))


def reciprocal_rank(
    ranking: Sequence[Hashable], relevant: Collection[Hashable], k: int | None = None
) -> float:
    """Return 1 / rank of the first relevant item, 0 if there is none among the first `k`."""
    for rank, item in enumerate(_items(ranking, k), 1):
        if item in relevant:
            return 1 / rank
    return 0.0


def mrr(rankings, relevants, k: int | None = None) -> float:
    """Return the mean reciprocal rank of several rankings, each with its relevant items."""
    pairs = zip(rankings, relevants, strict=True)
    return float(np.mean([reciprocal_rank(ranking, relevant, k) for ranking, relevant in pairs]))


def recall_at(ranking: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> float:
    """Return the share of the relevant items that stand among the first `k`; NaN without any."""
    if not len(relevant):
        return math.nan
    return len(set(_items(ranking, k)) & set(relevant)) / len(relevant)


def wrong_order_share(
    ranking: Sequence[Hashable], grades: Mapping[Hashable, int], good: int = 2
) -> float:
    """Return how often an item that was judged 0 stands before an item of grade `good` or more.

    Parameters
    ----------
    ranking : sequence
        Items, best first. Items that are missing come last, and level with each other.
    grades : mapping
        Item to grade; only explicit zeros count as judged 0.
    good : int
        Least grade of the items that should stand first.

    Returns
    -------
    float
        Share of the pairs (good, judged 0) in the wrong order; a pair of missing items counts
        half. A coin gets .5. NaN if there is no such pair.
    """
    place = {item: rank for rank, item in enumerate(_items(ranking, None))}
    last = len(place)
    high = [place.get(item, last) for item, grade in grades.items() if grade >= good]
    zeros = [place.get(item, last) for item, grade in grades.items() if grade == 0]
    if not high or not zeros:
        return math.nan
    wrong = sum((zero < best) + 0.5 * (zero == best) for best in high for zero in zeros)
    return wrong / (len(high) * len(zeros))


def fusion_scores(
    rankings: Sequence[Sequence[Hashable]], constant: float = 60.0, depth: int | None = None
) -> dict[Hashable, float]:
    """Return the fused score of each item: the sum of 1 / (constant + rank) over the rankings.

    Parameters
    ----------
    rankings : sequence of sequence
        Each best first; ranks count from 1. They may differ in length and in their items.
    constant : float
        How little the first ranks stand out: 60 in the paper.
    depth : int, optional
        Read only so many items of each ranking.

    Returns
    -------
    dict
        Item to score, best first; equal scores in the order in which items are met, rank by rank.

    Raises
    ------
    ValueError
        If `constant` or `depth` is negative, or a ranking holds an item twice.
    """
    if not constant >= 0:
        raise ValueError(f"constant must be 0 or more, not {constant}.")
    _check_depth(depth)
    lists = [_items(ranking, depth) for ranking in rankings]
    if any(len(set(items)) < len(items) for items in lists):
        raise ValueError("a ranking holds an item twice: keep its best place only.")
    terms: dict[Hashable, list[float]] = {}
    for rank in range(max(map(len, lists), default=0)):
        for items in lists:
            if rank < len(items):
                terms.setdefault(items[rank], []).append(1 / (constant + rank + 1))
    # fsum does not depend on the order of its terms: two items with the same ranks tie exactly.
    totals = {item: math.fsum(parts) for item, parts in terms.items()}
    return dict(sorted(totals.items(), key=lambda pair: -pair[1]))


def reciprocal_rank_fusion(
    rankings: Sequence[Sequence[Hashable]], constant: float = 60.0, depth: int | None = None
) -> list:
    """Fuse rankings into one; parameters and exceptions are those of :func:`fusion_scores`.

    Returns
    -------
    list
        All items that occur (within `depth`), best first.
    """
    return list(fusion_scores(rankings, constant, depth))


@dataclass(frozen=True)
class RunScores:
    """What each query of a set got, by several measures.

    Attributes
    ----------
    kinds : tuple of str
        The kind of each query.
    ndcg, reciprocal_rank, recall, wrong_order : ndarray (n_queries,), float64
        NaN where a measure is not defined for a query.
    """

    kinds: tuple[str, ...]
    ndcg: np.ndarray
    reciprocal_rank: np.ndarray
    recall: np.ndarray
    wrong_order: np.ndarray

    def by_kind(self, measure: str = "ndcg") -> dict[str, float]:
        """Return the mean of a measure for each kind that occurs, and for ``"all"``.

        Raises
        ------
        ValueError
            If there is no such measure.
        """
        if measure not in MEASURES:
            raise ValueError(f"no measure {measure!r}: choose one of {', '.join(MEASURES)}.")
        values, kinds = getattr(self, measure), np.array(self.kinds)
        means = {kind: _mean(values[kinds == kind]) for kind in QUERY_KINDS if kind in self.kinds}
        return means | {"all": _mean(values)}


def evaluate_run(
    run: Sequence[Sequence[int]], retrieval: RetrievalSet, k: int = 10, good: int = 2, queries=None
) -> RunScores:
    """Measure a run on a retrieval set.

    Parameters
    ----------
    run : sequence of sequence of int
        For each query a ranking of rows of ``retrieval.documents``.
    retrieval : RetrievalSet
        Documents, queries and judgements.
    k : int
        Cutoff of nDCG, recall and reciprocal rank; `wrong_order` reads the whole ranking.
    good : int
        Least grade that counts as an answer, for all measures but nDCG.
    queries : sequence of RetrievalQuery, optional
        The queries of the run; by default all of the set, in its order.

    Returns
    -------
    RunScores

    Raises
    ------
    ValueError
        If the run has not one ranking a query, or a row that no document has.
    """
    queries = retrieval.queries if queries is None else queries
    if len(run) != len(queries):
        raise ValueError(f"the run has {len(run)} rankings for {len(queries)} queries.")
    rows = retrieval.positions
    measured: dict[str, list[float]] = {measure: [] for measure in MEASURES}
    for query, ranking in zip(queries, run, strict=True):
        ranking = _items(ranking, None)
        if any(not 0 <= row < len(rows) for row in ranking):
            raise ValueError(f"{query.id}: a ranking must hold rows 0 to {len(rows) - 1}.")
        grades = {rows[doc]: grade for doc, grade in query.grades.items()}
        answers = {row for row, grade in grades.items() if grade >= good}
        measured["ndcg"].append(ndcg(ranking, grades, k))
        measured["reciprocal_rank"].append(reciprocal_rank(ranking, answers, k))
        measured["recall"].append(recall_at(ranking, answers, k))
        measured["wrong_order"].append(wrong_order_share(ranking, grades, good))
    arrays = {measure: np.array(values) for measure, values in measured.items()}
    return RunScores(tuple(query.kind for query in queries), **arrays)


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _items(ranking: Sequence[Hashable], k: int | None) -> list:
    items = ranking[:k]
    return items.tolist() if isinstance(items, np.ndarray) else list(items)


def _check_depth(depth: int | None) -> None:
    if depth is not None and depth < 0:
        raise ValueError(f"depth must be 0 or more, not {depth}.")
