"""Interleaving: fair drafts, and clicks that follow the grades."""

import numpy as np

from helpers.interleaving import click_chances, click_rate, interleaved_chances, team_drafts


def draft(first, second, k, rng):
    """Merge two rankings with real coins, as a captain would."""
    waiting = [list(first)[::-1], list(second)[::-1]]
    items, teams = [], []
    while any(waiting) and len(items) < k:
        captain = int(rng.integers(2))
        for team in (captain, 1 - captain):
            while waiting[team] and waiting[team][-1] in items:
                waiting[team].pop()
            if waiting[team] and len(items) < k:
                items.append(waiting[team].pop())
                teams.append(team)
    return items, teams


def test_team_drafts_are_fair_and_complete():
    drafts = list(team_drafts([1, 2, 3, 4], [4, 3, 9], 10))
    assert np.isclose(sum(p for p, _, _ in drafts), 1)
    for _, items, teams in drafts:
        assert sorted(items) == [1, 2, 3, 4, 9]
        assert sum(teams[:2]) == sum(teams[2:4]) == 1
        assert {items[0], items[1]} == {1, 4}
    assert np.isclose(sum(p for p, _, teams in drafts if teams[0] == 0), 0.5)


def test_team_drafts_at_the_edges():
    assert list(team_drafts([], [], 5)) == [(1.0, [], [])]
    assert list(team_drafts([1, 2], [], 5)) == [(1.0, [1, 2], [0, 0])]
    drafts = list(team_drafts(range(9), range(9), 3))
    assert len(drafts) == 4 and all(items == [0, 1, 2] for _, items, _ in drafts)


def test_click_rate_by_hand():
    np.testing.assert_allclose(click_chances([5, 6], {6: 3}), [0.02, 0.5 / np.log2(3)])
    rate = click_rate([[5, 6], [7]], [{6: 3}, {7: 2}])
    by_hand = (1 - 0.98 * (1 - 0.5 / np.log2(3)) + 0.25) / 2
    assert np.isclose(rate, by_hand)
    assert click_rate([[]], [{1: 3}]) == 0


def test_interleaved_chances_by_hand():
    # One item each: the coin decides which stands first.
    far, near = 0.5 / np.log2(3), 0.5
    first = (0.02 * (1 - far) + 0.02 / np.log2(3) * (1 - near)) / 2
    second = (far * (1 - 0.02) + near * (1 - 0.02 / np.log2(3))) / 2
    got = interleaved_chances([[1]], [[2]], [{2: 3}])
    np.testing.assert_allclose(got, (first, second))
    same = interleaved_chances([[1, 2, 3]], [[1, 2, 3]], [{3: 3}])
    assert np.isclose(*same)


def test_interleaved_chances_agree_with_coins_and_clicks():
    rng = np.random.default_rng(1)
    a, b, grades = [1, 2, 3, 4, 5], [9, 3, 1], {3: 3, 4: 2, 9: 1}
    wins = []
    for _ in range(20_000):
        items, teams = draft(a, b, 4, rng)
        clicked = rng.random(len(items)) < click_chances(items, grades, 4)
        wins.append(np.sign((np.array(teams) * 2 - 1)[clicked].sum()))
    wins = np.array(wins)
    first, second = interleaved_chances([a], [b], [grades], 4)
    assert abs(np.mean(wins < 0) - first) < 0.015 and abs(np.mean(wins > 0) - second) < 0.015
