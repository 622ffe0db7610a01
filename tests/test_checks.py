"""The machinery of the checks: serialising, running, comparing, judging apart."""

import dataclasses
import json
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers.checks import Case, Check, Conclusions, Misconception, Value, comparing
from helpers.checks.serial import MAX_BYTES, Opaque, from_plain, to_plain

DOUBLE = Check(
    id="T-double",
    title="Double",
    level=1,
    minutes=1,
    points=2,
    function="double",
    make_cases=lambda rng, hard: [
        Case("one value", (np.array([3.0]),)),
        Case("random values", (rng.normal(size=4 + 4 * hard),)),
    ],
    oracle=lambda x: 2 * x,
    misconceptions=[Misconception("squares", lambda x: x**2, "You squared; add it to itself.")],
    limit=0.3,
)


def judge(check, answer, seed=1, hard=False):
    records = json.loads(json.dumps(check.run(answer, seed, hard)))
    return check.judge(records, seed, hard)


# -- serialising ---------------------------------------------------------------------------------

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.just(Ellipsis)
    | st.complex_numbers(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_plain_values_come_back(value):
    back = from_plain(json.loads(json.dumps(to_plain(value))))
    assert repr(back) == repr(value)


@given(hnp.arrays(hnp.scalar_dtypes() | hnp.unicode_string_dtypes(), hnp.array_shapes(min_dims=0)))
def test_arrays_come_back(array):
    back = from_plain(json.loads(json.dumps(to_plain(array))))
    if array.dtype.kind in "mM":
        assert isinstance(back, Opaque)
    else:
        assert back.dtype == array.dtype and back.shape == array.shape
        assert back.tobytes() == np.ascontiguousarray(array).tobytes()


def test_tensors_sets_and_scalars_come_back():
    back = from_plain(to_plain(torch.arange(6.0, requires_grad=True).reshape(2, 3)))
    assert torch.equal(back, torch.arange(6.0).reshape(2, 3))
    assert from_plain(to_plain({"A", "B"})) == {"A", "B"}
    assert from_plain(to_plain(np.float32(2.5))) == np.float32(2.5)


def test_containers_with_keys_that_cannot_come_back_are_only_described():
    for value in ({frozenset({1}): 2.0}, {frozenset({1})}, {(1, frozenset()): 0}):
        assert isinstance(from_plain(json.loads(json.dumps(to_plain(value)))), Opaque)
    assert from_plain(to_plain({(1, "a"): 2.0})) == {(1, "a"): 2.0}


def test_other_objects_are_only_described():
    class Sly:
        def __eq__(self, other):
            return True

        def __repr__(self):
            raise RuntimeError("no")

    assert from_plain(to_plain(Sly())) == Opaque("Sly", "(its repr raised RuntimeError)")
    assert "0x" not in from_plain(to_plain(object())).look
    assert isinstance(from_plain(to_plain(np.zeros(MAX_BYTES // 8 + 1))), Opaque)
    nested = []
    nested.append(nested)
    json.dumps(to_plain(nested))
    assert isinstance(from_plain(to_plain(torch.ones(2, dtype=torch.bfloat16))), Opaque)


def test_an_array_subclass_cannot_answer_for_itself():
    class Sly(np.ndarray):
        def __eq__(self, other):
            return True

    back = from_plain(to_plain(np.zeros(3).view(Sly)))
    assert type(back) is np.ndarray


@pytest.mark.parametrize(
    "data",
    [
        {"pickle": "gASV"},
        {"array": {"dtype": "|O", "shape": [1], "data": ""}},
        {"array": {"dtype": "<f8", "shape": [2], "data": "AAAA"}},
        {"array": 3},
        {"a": 1, "b": 2},
        {"tuple": 4},
        object(),
    ],
)
def test_damaged_data_are_refused(data):
    with pytest.raises(ValueError):
        from_plain(data)


# -- running and judging -------------------------------------------------------------------------


def test_right_answer_gets_the_points():
    verdict = judge(DOUBLE, lambda x: x + x)
    assert verdict.passed and verdict.points == 2
    assert "seed 1" in verdict.message


def test_stub_is_not_attempted():
    def stub(x):
        raise NotImplementedError

    for answer in (stub, ..., None):
        verdict = judge(DOUBLE, answer)
        assert verdict.state == "not attempted" and verdict.points == 0


def test_misconception_is_named():
    verdict = judge(DOUBLE, lambda x: x * x)
    assert verdict.misconception == "squares"
    assert "You squared" in verdict.message


def test_a_misconception_must_explain_every_outcome():
    # Fails where squaring fails, but agrees with doubling elsewhere: no one who squares does that.
    check = dataclasses.replace(
        DOUBLE, make_cases=lambda rng, hard: [Case("three", (3.0,)), Case("four", (4.0,))]
    )
    assert judge(check, lambda x: x * x).misconception == "squares"
    assert judge(check, lambda x: 9.0 if x == 3 else 2 * x).misconception is None


def test_message_shows_the_smallest_case_what_came_back_and_what_was_expected():
    message = judge(DOUBLE, lambda x: x + 1).message
    order = ["not right yet", "one value", "double([3.])", "[4.]", "[6.]", "0 of 2 cases"]
    places = [message.index(part) for part in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("answer", "state", "fragment"),
    [
        (lambda x: x.nothing, "error", "AttributeError"),
        (lambda x: exit(1), "error", "SystemExit"),
        (lambda x: None, "wrong", "is the `return` there?"),
        (lambda x: "text", "wrong", "a str"),
        (lambda x: (i for i in x), "wrong", "generator"),
        (lambda x: np.append(2 * x, 0), "wrong", "shape (2,)"),
        (lambda x: x * np.nan, "wrong", "not right"),
        (lambda: 1, "error", "TypeError"),
        (3, "error", "not a function"),
    ],
)
def test_faulty_answers_get_a_clear_word(answer, state, fragment):
    verdict = judge(DOUBLE, answer)
    assert verdict.state == state and fragment in verdict.message and verdict.points == 0


def test_changing_the_input_is_a_mistake():
    def double(x):
        x *= 2
        return x

    assert "in place" in judge(DOUBLE, double).message


def test_an_endless_loop_ends():
    def loop(x):
        while True:
            try:
                x = x + 1
            except Exception:
                pass

    started = time.perf_counter()
    assert judge(DOUBLE, loop).state == "timeout"
    assert time.perf_counter() - started < 5


def test_waiting_ends_later_than_computing():
    """A busy machine takes the processor away; that must not fail a right answer."""

    def slow(x):
        time.sleep(0.5)  # longer than the limit of 0.3 seconds
        return 2 * x

    def stuck(x):
        time.sleep(60)
        return 2 * x

    started = time.perf_counter()
    assert judge(DOUBLE, slow).passed
    assert judge(DOUBLE, stuck).state == "timeout"
    assert time.perf_counter() - started < 20


def test_warnings_and_prints_do_not_leak_and_do_not_cost_points(capfd):
    def noisy(x):
        print("hello")
        np.log(np.zeros(1))
        return 2 * x

    verdict = judge(DOUBLE, noisy)
    assert verdict.passed and "divide by zero" in verdict.message
    assert capfd.readouterr() == ("", "")


def test_a_record_that_does_not_fit_the_cases_earns_nothing():
    good = DOUBLE.run(lambda x: 2 * x, 1)
    assert not DOUBLE.judge(good[:1], 1).passed
    assert not DOUBLE.judge(good + good, 1).passed
    assert not DOUBLE.judge([], 1).passed
    assert not DOUBLE.judge(good, 2).passed


def test_value_and_conclusions():
    value = Value(
        id="T-value",
        title="Value",
        level=1,
        minutes=1,
        points=1,
        function="ratio",
        oracle=lambda: 50_000 / 300,
        compare=comparing.close(rtol=1e-3),
        misconceptions=[Misconception("hundred", 100, "A hundred is a round guess: divide.")],
    )
    assert judge(value, 166.7).passed
    assert judge(value, 100.0).misconception == "hundred"
    assert judge(value, ...).state == "not attempted"
    chosen = Conclusions(
        id="T-chosen",
        title="Chosen",
        level=1,
        minutes=1,
        points=1,
        function="chosen",
        statements={"A": (True, "It follows from the first."), "B": (False, "Not measured.")},
    )
    for answer in ({"A"}, ["a"], "A", ("A",), np.array(["A"]), np.array("A")):
        assert judge(chosen, answer).passed
    assert "You left out A" in judge(chosen, set()).message
    assert "You chose B. Not measured." in judge(chosen, {"A", "B"}).message
    assert judge(chosen, {"Z"}).state == "error"
    assert judge(chosen, 7).state == "error"
    assert judge(chosen, ...).state == "not attempted"


# -- comparing -----------------------------------------------------------------------------------


def test_close_takes_any_container_of_numbers():
    compare = comparing.close()
    for got in ([1, 2], (1.0, 2.0), np.array([1, 2], np.int8), torch.tensor([1.0, 2.0])):
        assert compare(got, np.array([1.0, 2.0])) is None
    assert "1 of 2 values" in compare([1, 3], np.array([1.0, 2.0]))
    assert "no array" in compare([1, [2]], np.array([1.0, 2.0]))


def test_equal_structure_and_one_of():
    assert comparing.equal(["a", "b"], ["a", "b"]) is None
    assert "item 1" in comparing.equal(["a", "c"], ["a", "b"])
    assert "2 items" in comparing.equal(["a", "b"], ["a"])
    assert comparing.equal({"a": 1}, {"a": 1}) is None
    assert comparing.equal("1", 1) is not None
    pair = comparing.structure(comparing.close(), comparing.equal)
    assert pair((1.0, "x"), (1.0, "x")) is None
    assert "part 2" in pair((1.0, "y"), (1.0, "x"))
    assert comparing.one_of(comparing.equal)("b", ["a", "b"]) is None
