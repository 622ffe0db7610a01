"""Cases cross to a process that has no checks, and are the same there."""

import copy
import json

import numpy as np
import pytest

from helpers.checks import Check, Value, all_checks
from helpers.checks.inputs import pack_cases, unpack_cases
from helpers.checks.running import Case
from helpers.checks.serial import to_plain

FUNCTIONS = [
    check_id
    for check_id, check in all_checks().items()
    if isinstance(check, Check) and not isinstance(check, Value)
]


def crossed(cases):
    return unpack_cases(json.loads(json.dumps(pack_cases(cases))))


@pytest.mark.parametrize("check_id", FUNCTIONS)
def test_cases_of_every_check_cross_unchanged(check_id):
    check = all_checks()[check_id]
    cases = check.cases(7301, hard=True)
    for before, after in zip(cases, crossed(cases), strict=True):
        assert before.name == after.name and before.kwargs.keys() == after.kwargs.keys()
        for one, other in zip(
            (*before.args, *before.kwargs.values()),
            (*after.args, *after.kwargs.values()),
            strict=True,
        ):
            assert type(one) is type(other)
            assert to_plain(one) == to_plain(other)
            if isinstance(one, np.ndarray):
                # The learner gets a copy, which keeps the order but no gaps.
                assert copy.deepcopy(one).strides == copy.deepcopy(other).strides


def test_generators_go_on_where_they_were():
    generator = np.random.default_rng(3)
    generator.normal(size=5)
    (case,) = crossed([Case("drawn from", (generator,), {"rng": np.random.default_rng(4)})])
    assert case.args[0].normal() == generator.normal()
    assert case.kwargs["rng"].integers(100) == np.random.default_rng(4).integers(100)


def test_what_cannot_cross_is_refused():
    with pytest.raises(TypeError, match="class function cannot leave"):
        pack_cases([Case("a function", (3, crossed))])
    with pytest.raises(TypeError, match="cannot leave"):
        pack_cases([Case("inside a list", ([object()],))])
