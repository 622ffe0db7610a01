"""Two rankings before the same searchers: A/B tests and interleaving, with a model of clicks.

A searcher looks at rank r with probability 1 / log2(1 + r) and clicks what is looked at with a
probability that grows with its grade: a crude click model, and the same for both kinds of test.

References
----------
Radlinski, Kurup & Joachims (2008), "How Does Clickthrough Data Reflect Retrieval Quality?", for
team-draft interleaving. Chapelle, Joachims, Radlinski & Yue (2012), "Large-scale Validation and
Analysis of Interleaved Search Evaluation", for how much more sensitive it is.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np

__all__ = ["CLICKS", "click_chances", "click_rate", "interleaved_chances", "team_drafts"]

# Probability of a click on what is looked at, by grade 0 to 3.
CLICKS = (0.02, 0.10, 0.25, 0.50)


def team_drafts(
    first: Sequence[Hashable], second: Sequence[Hashable], k: int
) -> Iterator[tuple[float, list, list[int]]]:
    """Merge two rankings as two captains choose teams, for every fall of the coins.

    In each round a coin decides which ranking chooses first; each then adds its best item that is
    not in the list yet. A coin that changes nothing, since a ranking is used up, is not thrown.

    Parameters
    ----------
    first, second : sequence
        Rankings, best first.
    k : int
        Length of the merged list at most: there are at most 2 ** ceil(k / 2) ways.

    Yields
    ------
    probability : float
        Of these coins; all together sum to 1.
    items : list
        The merged list.
    teams : list of int
        Which ranking chose each item, 0 or 1.
    """
    rankings = list(first), list(second)

    def drafts(probability, items, teams):
        captains = [team for team in (0, 1) if len(items) < k and _next(rankings[team], items)]
        if not captains:
            yield probability, items, teams
        for captain in captains:
            longer, chosen = list(items), list(teams)
            for team in (captain, 1 - captain):
                if len(longer) < k and (found := _next(rankings[team], longer)):
                    longer += found
                    chosen.append(team)
            yield from drafts(probability / len(captains), longer, chosen)

    return drafts(1.0, [], [])


def _next(ranking, items) -> list:
    """Return the best item of a ranking that is not in the list, as a list of one or none."""
    return next(([item] for item in ranking if item not in items), [])


def click_chances(ranking: Sequence[Hashable], grades: Mapping[Hashable, int], k: int = 10):
    """Return the probability of a click at each rank, ndarray (at most k,)."""
    chances = np.array([CLICKS[grades.get(item, 0)] for item in list(ranking)[:k]])
    return chances / np.log2(np.arange(2, len(chances) + 2))


def click_rate(
    run: Sequence[Sequence[Hashable]], judgements: Sequence[Mapping[Hashable, int]], k: int = 10
) -> float:
    """Return the share of searches with at least one click, exactly, over equally likely queries.

    Parameters
    ----------
    run : sequence of rankings
        One a query.
    judgements : sequence of mappings
        Item to grade, one a query.
    k : int
        How many items are shown.
    """
    pairs = zip(run, judgements, strict=True)
    return float(np.mean([1 - np.prod(1 - click_chances(r, grades, k)) for r, grades in pairs]))


def interleaved_chances(
    first: Sequence[Sequence[Hashable]],
    second: Sequence[Sequence[Hashable]],
    judgements: Sequence[Mapping[Hashable, int]],
    k: int = 10,
) -> tuple[float, float]:
    """Return how often each run gets more clicks in an interleaved list, exactly.

    Every fall of the coins is merged; the difference of the clicks of both teams is a sum of
    independent terms, so its distribution is a convolution of theirs.

    Parameters
    ----------
    first, second : sequence of rankings
        Two runs over the same queries, which are equally likely.
    judgements : sequence of mappings
        Item to grade, one a query.
    k : int
        How many items are shown.

    Returns
    -------
    first_wins, second_wins : float
        Shares of the searches; in the rest both get the same number of clicks.
    """
    wins = np.zeros(2)
    for a, b, grades in zip(first, second, judgements, strict=True):
        for probability, items, teams in team_drafts(a, b, k):
            difference = np.ones(1)  # Chances of -m to m more clicks for the second run.
            for chance, team in zip(click_chances(items, grades, k), teams, strict=True):
                click = (0.0, 1 - chance, chance) if team else (chance, 1 - chance, 0.0)
                difference = np.convolve(difference, click)
            wins += probability * np.array(
                [difference[: len(items)].sum(), difference[len(items) + 1 :].sum()]
            )
    first_wins, second_wins = wins / len(judgements)
    return float(first_wins), float(second_wins)
