"""Measures of one ranking and of a run, with a stated rule for every special case.

A *ranking* is a sequence of items, best first, none of them twice. *Grades* are a mapping of items
to whole numbers; an item that is not in it has grade 0, and an item is relevant if its grade is at
least `good`. The rules:

- Fewer than k results: the missing places hold nothing relevant. Precision still divides by k,
  and the ideal of nDCG is that of all judged items.
- An empty ranking, or none at all: 0.
- No relevant item: there is nothing to find. The measure is NaN, and means leave the query out.
- Equal scores: without `scores` the order given counts as it stands. With `scores`, each measure
  is its expected value over all orders of the items that tie (McSherry & Najork 2008).

Where `trec_eval` differs: it sorts by score and breaks ties by the name of the item, backwards in
the alphabet; it gives 0 where nothing is relevant; a mean by its default leaves out queries that
the run lacks (its option -c keeps them, with 0, as is done here); and its nDCG has linear gains.

References
----------
Järvelin & Kekäläinen (2002), "Cumulated gain-based evaluation of IR techniques" (nDCG).
Burges et al. (2005), "Learning to Rank Using Gradient Descent" (the gain 2^grade - 1).
McSherry & Najork (2008), "Computing Information Retrieval Performance Measures Efficiently in the
Presence of Tied Scores".
Voorhees (1999), "The TREC-8 Question Answering Track Report" (mean reciprocal rank).
"""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

__all__ = [
    "GAINS",
    "MEASURES",
    "average_precision",
    "evaluate",
    "ndcg",
    "precision",
    "recall",
    "reciprocal_rank",
]

GAINS = ("exponential", "linear")
MEASURES = ("precision", "recall", "reciprocal_rank", "average_precision", "ndcg")


class _Tie(NamedTuple):
    """Items with one score: the ranks `start` + 1 to `start` + len(grades)."""

    start: int
    grades: list


def precision(
    ranking: Sequence[Hashable],
    grades: Mapping[Hashable, int],
    k: int,
    *,
    scores: Sequence[float] | None = None,
    good: int = 1,
) -> float:
    """Return the share of the first k places that hold a relevant item.

    Parameters
    ----------
    ranking : sequence
        Items, best first.
    grades : mapping
        Item to grade.
    k : int
        Cutoff, at least 1.
    scores : sequence of float, optional
        One a ranked item, none greater than the one before: equal ones are ties.
    good : int
        Least grade of a relevant item, at least 1.

    Returns
    -------
    float
        NaN if no item is relevant.

    Raises
    ------
    ValueError
        If k or `good` is less than 1, an item stands twice, or the scores do not fit.
    """
    relevant = _relevant(grades, good)
    found = _expected_found(_ties(ranking, grades, scores), _cutoff(k), good)
    return found / k if relevant else math.nan


def recall(
    ranking: Sequence[Hashable],
    grades: Mapping[Hashable, int],
    k: int,
    *,
    scores: Sequence[float] | None = None,
    good: int = 1,
) -> float:
    """Return the share of the relevant items that stand among the first k; as `precision`."""
    relevant = _relevant(grades, good)
    found = _expected_found(_ties(ranking, grades, scores), _cutoff(k), good)
    return found / relevant if relevant else math.nan


def reciprocal_rank(
    ranking: Sequence[Hashable],
    grades: Mapping[Hashable, int],
    k: int | None = None,
    *,
    scores: Sequence[float] | None = None,
    good: int = 1,
) -> float:
    """Return 1 / rank of the first relevant item, 0 without one among the first k (all if None).

    Other parameters, result and exceptions are those of :func:`precision`.
    """
    relevant = _relevant(grades, good)
    cutoff = _cutoff(k)
    if not relevant:
        return math.nan
    for tie in _ties(ranking, grades, scores):
        size, hits = len(tie.grades), sum(grade >= good for grade in tie.grades)
        if hits:
            # The first of the hits is at place j if the others are among the places after it.
            return math.fsum(
                math.comb(size - j, hits - 1) / math.comb(size, hits) / (tie.start + j)
                for j in range(1, size - hits + 2)
                if tie.start + j <= cutoff
            )
    return 0.0


def average_precision(
    ranking: Sequence[Hashable],
    grades: Mapping[Hashable, int],
    k: int | None = None,
    *,
    scores: Sequence[float] | None = None,
    good: int = 1,
) -> float:
    """Return the mean, over all relevant items, of the precision at the rank of each.

    A relevant item that is not among the first k (all if None) counts 0. Other parameters, result
    and exceptions are those of :func:`precision`.
    """
    relevant = _relevant(grades, good)
    cutoff, before, terms = _cutoff(k), 0, []
    for tie in _ties(ranking, grades, scores):
        size, hits = len(tie.grades), sum(grade >= good for grade in tie.grades)
        other = (hits - 1) / (size - 1) if size > 1 else 0.0  # chance that another place is a hit
        terms += [
            hits / size * (before + 1 + (j - 1) * other) / (tie.start + j)
            for j in range(1, size + 1)
            if tie.start + j <= cutoff
        ]
        before += hits
    return math.fsum(terms) / relevant if relevant else math.nan


def ndcg(
    ranking: Sequence[Hashable],
    grades: Mapping[Hashable, int],
    k: int | None = 10,
    *,
    scores: Sequence[float] | None = None,
    gain: str = "exponential",
) -> float:
    """Return the discounted gain of the first k over that of the best order of all judged items.

    The gain of an item, 2^grade - 1 or the grade itself, is divided by log2(1 + rank).

    Parameters
    ----------
    ranking : sequence
        Items, best first.
    grades : mapping
        Item to grade, 0 or more.
    k : int or None
        Cutoff of both sums; None for no cutoff.
    scores : sequence of float, optional
        One a ranked item, none greater than the one before: equal ones are ties.
    gain : {"exponential", "linear"}
        The latter is that of trec_eval and scikit-learn.

    Returns
    -------
    float
        From 0 to 1; NaN if no grade is above 0.

    Raises
    ------
    ValueError
        As for :func:`precision`, and for another gain.
    """
    if gain not in GAINS:
        raise ValueError(f"gain must be one of {', '.join(GAINS)}, not {gain!r}.")
    ideal = [_Tie(i, [g]) for i, g in enumerate(sorted(grades.values(), reverse=True))]
    best = _dcg(ideal, _cutoff(k), gain)
    return _dcg(_ties(ranking, grades, scores), _cutoff(k), gain) / best if best else math.nan


def evaluate(
    run: Mapping[Hashable, Sequence],
    judgements: Mapping[Hashable, Mapping[Hashable, int]],
    k: int = 10,
    *,
    scores: Mapping[Hashable, Sequence[float]] | None = None,
    good: int = 1,
    gain: str = "exponential",
) -> dict[str, np.ndarray]:
    """Measure a run: one value a query and measure.

    Parameters
    ----------
    run : mapping
        Query to ranking. A judged query that is missing counts as an empty ranking.
    judgements : mapping
        Query to grades.
    k : int
        Cutoff of all measures.
    scores : mapping, optional
        Query to the scores of its ranking: ties then count by their expected value.
    good : int
        Least grade of a relevant item, for all measures but nDCG.
    gain : {"exponential", "linear"}
        Of nDCG.

    Returns
    -------
    dict of str to ndarray
        For each name in `MEASURES` one value a query, in the order of `judgements`; NaN where
        nothing is relevant (take ``np.nanmean``).

    Raises
    ------
    ValueError
        If the run has a query without judgements, and as the single measures do.
    """
    unknown = [query for query in run if query not in judgements]
    if unknown:
        raise ValueError(f"the run has the query {unknown[0]!r}, which nobody judged.")
    rows = []
    for query, grades in judgements.items():
        ranking = run.get(query, ())
        tied = {"scores": scores[query] if scores is not None and query in run else None}
        rows.append(
            [m(ranking, grades, k, good=good, **tied) for m in _RELEVANCE]
            + [ndcg(ranking, grades, k, gain=gain, **tied)]
        )
    return dict(zip(MEASURES, np.array(rows, dtype=float).reshape(-1, 5).T, strict=True))


_RELEVANCE = (precision, recall, reciprocal_rank, average_precision)


def _relevant(grades: Mapping[Hashable, int], good: int) -> int:
    if good < 1:
        raise ValueError(f"good must be 1 or more, not {good}: grade 0 is never relevant.")
    return sum(grade >= good for grade in grades.values())


def _cutoff(k: int | None) -> float:
    if k is None:
        return math.inf
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}.")
    return k


def _ties(ranking, grades, scores) -> list[_Tie]:
    items = ranking.tolist() if isinstance(ranking, np.ndarray) else list(ranking)
    if len(set(items)) < len(items):
        raise ValueError("a ranking holds an item twice: keep its best place only.")
    if scores is None:
        return [_Tie(place, [grades.get(item, 0)]) for place, item in enumerate(items)]
    values = np.asarray(scores, dtype=float)
    if values.shape != (len(items),) or np.isnan(values).any() or (values[1:] > values[:-1]).any():
        raise ValueError("scores must be one number a ranked item, falling or equal, without NaN.")
    found: list[_Tie] = []
    for place, item in enumerate(items):
        if not place or values[place] != values[place - 1]:
            found.append(_Tie(place, []))
        found[-1].grades.append(grades.get(item, 0))
    return found


def _expected_found(ties: list[_Tie], cutoff: float, good: int) -> float:
    """Count relevant items within the cutoff; of a tie that it cuts, the share that is in."""
    return math.fsum(
        sum(grade >= good for grade in tie.grades) * places / len(tie.grades)
        for tie in ties
        if (places := min(len(tie.grades), cutoff - tie.start)) > 0
    )


def _dcg(ties: list[_Tie], cutoff: float, gain: str) -> float:
    return math.fsum(
        sum(_gains(tie.grades, gain)) / len(tie.grades) / math.log2(1 + rank)
        for tie in ties
        for rank in _ranks(tie, cutoff)
    )


def _gains(grades: list, gain: str) -> list:
    return [2**grade - 1 for grade in grades] if gain == "exponential" else grades


def _ranks(tie: _Tie, cutoff: float) -> Iterator[int]:
    last = min(tie.start + len(tie.grades), cutoff)
    return iter(range(tie.start + 1, int(last) + 1))
