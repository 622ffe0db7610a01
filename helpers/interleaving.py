"""Two rankings before the same searchers: A/B tests and interleaving, with simulated clicks.

A searcher looks at rank r with probability 1 / log2(1 + r) and clicks what is looked at with a
probability that grows with its grade: a crude click model, and the same for both kinds of test.

References
----------
Radlinski, Kurup & Joachims (2008), "How Does Clickthrough Data Reflect Retrieval Quality?", for
team-draft interleaving. Chapelle, Joachims, Radlinski & Yue (2012), "Large-scale Validation and
Analysis of Interleaved Search Evaluation", for how much more sensitive it is.
"""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np

__all__ = ["CLICKS", "click_chances", "click_rate", "interleaved_wins", "team_draft"]

# Probability of a click on what is looked at, by grade 0 to 3.
CLICKS = (0.02, 0.10, 0.25, 0.50)


def team_draft(
    first: Sequence[Hashable], second: Sequence[Hashable], k: int, rng: np.random.Generator
) -> tuple[list, list[int]]:
    """Merge two rankings as two captains choose teams.

    In each round a coin decides which ranking chooses first; each then adds its best item that is
    not in the list yet.

    Parameters
    ----------
    first, second : sequence
        Rankings, best first.
    k : int
        Length of the merged list at most.
    rng : numpy.random.Generator
        Throws the coins.

    Returns
    -------
    items : list
        The merged list.
    teams : list of int
        Which ranking chose each item, 0 or 1.
    """
    waiting = [list(first)[::-1], list(second)[::-1]]
    items: list = []
    teams: list[int] = []
    while any(waiting):
        captain = int(rng.integers(2))
        for team in (captain, 1 - captain):
            while waiting[team] and waiting[team][-1] in items:
                waiting[team].pop()
            if waiting[team]:
                items.append(waiting[team].pop())
                teams.append(team)
            if len(items) == k:
                return items, teams
    return items, teams


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


def interleaved_wins(
    first: Sequence[Sequence[Hashable]],
    second: Sequence[Sequence[Hashable]],
    judgements: Sequence[Mapping[Hashable, int]],
    sessions: int,
    rng: np.random.Generator,
    k: int = 10,
) -> np.ndarray:
    """Show interleaved lists and count whose items are clicked.

    Parameters
    ----------
    first, second : sequence of rankings
        Two runs over the same queries.
    judgements : sequence of mappings
        Item to grade, one a query.
    sessions : int
        Searches for each query.
    rng : numpy.random.Generator
        Throws coins and clicks.
    k : int
        How many items are shown.

    Returns
    -------
    ndarray (queries * sessions,), int
        1 where the second run got more clicks, -1 where the first did, 0 for a draw.
    """
    wins = []
    for a, b, grades in zip(first, second, judgements, strict=True):
        for _ in range(sessions):
            items, teams = team_draft(a, b, k, rng)
            clicked = rng.random(len(items)) < click_chances(items, grades, k)
            wins.append(int(np.sign((np.array(teams) * 2 - 1)[clicked].sum())))
    return np.array(wins)
