"""Interleaving: fair drafts, and clicks that follow the grades."""

import numpy as np

from helpers.interleaving import click_chances, click_rate, interleaved_wins, team_draft


def test_team_draft_is_fair_and_complete():
    rng = np.random.default_rng(0)
    firsts = []
    for _ in range(200):
        items, teams = team_draft([1, 2, 3, 4], [4, 3, 9], 10, rng)
        assert sorted(items) == [1, 2, 3, 4, 9]
        assert abs(sum(team == 0 for team in teams[:4]) - 2) == 0
        assert {items[0], items[1]} == {1, 4}
        firsts.append(teams[0])
    assert 70 < sum(firsts) < 130


def test_team_draft_edges():
    rng = np.random.default_rng(0)
    assert team_draft([], [], 5, rng) == ([], [])
    assert team_draft([1, 2], [], 5, rng) == ([1, 2], [0, 0])
    assert len(team_draft(range(9), range(9), 3, rng)[0]) == 3


def test_click_rate_by_hand():
    np.testing.assert_allclose(click_chances([5, 6], {6: 3}), [0.02, 0.5 / np.log2(3)])
    rate = click_rate([[5, 6], [7]], [{6: 3}, {7: 2}])
    by_hand = (1 - 0.98 * (1 - 0.5 / np.log2(3)) + 0.25) / 2
    assert np.isclose(rate, by_hand)
    assert click_rate([[]], [{1: 3}]) == 0


def test_the_better_run_wins():
    rng = np.random.default_rng(1)
    wins = interleaved_wins([[1, 2, 3]] * 5, [[3, 2, 1]] * 5, [{3: 3}] * 5, 200, rng)
    assert set(wins.tolist()) <= {-1, 0, 1} and len(wins) == 1000 and wins.mean() > 0.1
    same = interleaved_wins([[1, 2, 3]] * 5, [[1, 2, 3]] * 5, [{3: 3}] * 5, 400, rng)
    assert abs(same.mean()) < 0.06
