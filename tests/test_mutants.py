"""Mutants of every solution fail their check, or are listed with the reason why they cannot."""

import dataclasses

import pytest

from helpers.checks import Check, Value, all_checks
from tests.support.bank import banks
from tests.support.mutants import mutants
from tests.support.solutions import solutions

# An endless loop is clear after a second.
FUNCTIONS = {
    check_id: dataclasses.replace(check, limit=1.0)
    for check_id, check in all_checks().items()
    if isinstance(check, Check) and not isinstance(check, Value)
}


def survives(check, solution, source) -> bool:
    try:
        answer = solution.answer(check.function, source)
    except Exception:  # A mutant that does not even define its function is dead.
        return False
    for seed, hard in ((1, False), (7301, True)):
        if not check.judge(check.run(answer, seed, hard), seed, hard).passed:
            return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("check_id", list(FUNCTIONS))
def test_mutants_die_or_are_explained(check_id):
    check, solution = FUNCTIONS[check_id], solutions()[check_id]
    made = list(mutants(solution.source))
    explained = banks()[check_id].survivors
    alive = {m.change for m in made if survives(check, solution, m.source)}
    unexplained = sorted(alive - set(explained))
    assert not unexplained, f"{check_id}: {len(unexplained)} mutants survive: {unexplained}"
    stale = sorted(set(explained) - alive)
    assert not stale, f"{check_id}: these are dead now, drop them from SURVIVORS: {stale}"
    assert all(len(reason.split()) >= 4 for reason in explained.values()), "say why"


def test_the_mutator_changes_what_it_should():
    source = (
        "def f(x):\n    ### BEGIN SOLUTION\n    y = np.sum(x, axis=1) - 1\n"
        "    return y if y > 0 else -y\n    ### END SOLUTION\n"
    )
    changes = {m.change for m in mutants(source)}
    first, last = "y = np.sum(x, axis=1) - 1", "return y if y > 0 else -y"
    assert f"{first}: np.sum(x, axis=1) - 1 -> np.sum(x, axis=1) + 1" in changes
    assert f"{first}: np.sum(x, axis=1) -> np.mean(x, axis=1)" in changes
    assert f"{first}: np.sum(x, axis=1) -> np.sum(x)" in changes
    assert f"{last}: y > 0 -> y >= 0" in changes
    assert {f"{first}: 1 -> 2", f"{first}: 1 -> 2 (2)"} <= changes  # The axis and the number.
    assert len({m.source for m in mutants(source)}) == len(list(mutants(source)))
