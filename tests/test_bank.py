"""Every check against its bank: right answers pass, wrong ones fail with a message that helps."""

import dataclasses

import pytest

from helpers.checks import Conclusions, Value, all_checks
from tests.support.bank import banks
from tests.support.solutions import solutions, stub

CHECKS = all_checks()
SEEDS = (1, 2, 3)


def judge(check, answer, seed=1, hard=False):
    return check.judge(check.run(answer, seed, hard), seed, hard)


def remembering(check):
    """Work out inputs, what is expected, and what misconceptions give, once for all answers.

    A slow and obvious oracle, asked again for each of fifty wrong answers, would take minutes.
    """
    made = dataclasses.replace(check)
    cases, known = {}, {}

    def kept_cases(seed, hard=False):
        if (seed, hard) not in cases:
            cases[seed, hard] = check.cases(seed, hard)
        return cases[seed, hard]

    def kept_expected(case):
        if id(case) not in known:
            # The case is kept too, so that no other one can get its id.
            known[id(case)] = case, check._expected(case)
        return known[id(case)][1]

    def kept_theirs(held, case):
        # Two misconceptions may have one name.
        key = id(held), id(case)
        if key not in known:
            known[key] = case, check._theirs(held, case)
        return known[key][1]

    for name, function in (
        ("cases", kept_cases),
        ("_expected", kept_expected),
        ("_theirs", kept_theirs),
    ):
        object.__setattr__(made, name, function)
    return made


@pytest.fixture(params=list(CHECKS), ids=list(CHECKS))
def check(request):
    found = CHECKS[request.param]
    return found if isinstance(found, Conclusions | Value) else remembering(found)


def name(answer, number):
    return getattr(answer, "__name__", None) or f"answer {number}"


def test_bank_is_large_enough(check):
    bank = banks().get(check.id)
    assert bank, f"{check.id} has no bank in tests/answers/"
    if isinstance(check, Conclusions):
        assert len(check.statements) >= 4
        assert any(follows for follows, _ in check.statements.values())
        assert not all(follows for follows, _ in check.statements.values())
    else:
        assert len(check.misconceptions) >= 2, "name at least two misconceptions"
        assert len(bank.wrong) >= 3, "write at least three wrong answers by hand"
        assert len(bank.right) >= 2, "write at least two right answers of other construction"


def test_solution_passes(check):
    solution = solutions()[check.id].answer(check.function)
    for seed in SEEDS:
        for hard in (False, True):
            verdict = judge(check, solution, seed, hard)
            assert verdict.passed, verdict.message
            assert verdict.points == check.points


def test_stub_earns_nothing(check):
    solution = solutions()[check.id]
    verdict = judge(check, solution.answer(check.function, stub(solution)))
    assert verdict.state == "not attempted"
    assert verdict.points == 0


def test_right_answers_pass(check):
    for number, answer in enumerate(banks()[check.id].right):
        for seed in SEEDS:
            for hard in (False, True):
                verdict = judge(check, answer, seed, hard)
                assert verdict.passed, f"{name(answer, number)}: {verdict.message}"


def test_misconceptions_get_their_own_sentence(check):
    for held in check.misconceptions:
        for seed in SEEDS:
            verdict = judge(check, held.answer, seed)
            assert not verdict.passed, f"{held.name} passes with seed {seed}"
            assert held.sentence in verdict.message, f"{held.name} got: {verdict.message}"
            assert verdict.misconception == held.name
            assert verdict.points == 0


def test_wrong_answers_fail_with_a_helpful_message(check):
    for number, (answer, fragment) in enumerate(banks()[check.id].wrong):
        for seed in SEEDS:
            verdict = judge(check, answer, seed)
            who = f"{name(answer, number)} (seed {seed})"
            assert not verdict.passed, f"{who} passes"
            assert fragment in verdict.message, f"{who} got: {verdict.message}"


def test_sentences_are_their_own(check):
    sentences = [m.sentence for m in check.misconceptions]
    assert len(set(sentences)) == len(sentences)
    assert all(len(s.split()) >= 6 for s in sentences), "a sentence should help, not only judge"


def test_cases_are_the_same_in_every_process(check):
    if isinstance(check, Conclusions | Value):
        return
    from helpers.checks.serial import to_plain

    check = CHECKS[check.id]

    def plain(seed):
        return [to_plain([list(c.args), c.kwargs]) for c in check.cases(seed, True)]

    assert plain(5) == plain(5)
    assert plain(5) != plain(6), "no case depends on the seed"
    assert len(check.cases(1, True)) > len(check.cases(1)), "the hidden part has no harder case"
