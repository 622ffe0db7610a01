"""Mutants of every solution fail their check, or are listed with the reason why they cannot."""

import dataclasses

import pytest

from helpers.checks import Check, Value, all_checks
from helpers.checks.running import run_cases
from tests.support.bank import banks
from tests.support.mutants import mutants
from tests.support.solutions import solutions

FUNCTIONS = {
    check_id: check
    for check_id, check in all_checks().items()
    if isinstance(check, Check) and not isinstance(check, Value)
}


class Judge:
    """Runs mutants on a check's cases, one case after the other, until the first problem.

    Cases and what is expected of them are worked out once for all mutants, and nobody looks for the
    misconception behind a problem: that is what makes thousands of mutants affordable.
    """

    def __init__(self, check):
        self.check = dataclasses.replace(check, limit=1.0)  # An endless loop is clear by then.
        self.cases = [*check.cases(1), *check.cases(7301, hard=True)]
        known = {}

        def expected(case):
            if id(case) not in known:
                known[id(case)] = check._expected(case)
            return known[id(case)]

        object.__setattr__(self.check, "_expected", expected)

    def passes(self, answer) -> bool:
        for case in self.cases:
            (record,) = run_cases(answer, [case], self.check.limit)
            if self.check._problem(case, record) is not None:
                return False
        return True


def survives(judge, solution, source) -> bool:
    try:
        answer = solution.answer(judge.check.function, source)
    except Exception:  # A mutant that does not even define its function is dead.
        return False
    return callable(answer) and judge.passes(answer)


@pytest.mark.slow
@pytest.mark.parametrize("check_id", list(FUNCTIONS))
def test_mutants_die_or_are_explained(check_id):
    judge, solution = Judge(FUNCTIONS[check_id]), solutions()[check_id]
    assert judge.passes(solution.answer(judge.check.function))
    made = list(mutants(solution.source))
    explained = banks()[check_id].survivors
    alive = {m.change for m in made if survives(judge, solution, m.source)}
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
