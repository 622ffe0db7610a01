"""A check's cases as plain data, so that a process without the checks can run them.

Grading gives the learner's kernel the inputs and nothing else: no oracle, no misconceptions. What
:mod:`helpers.checks.serial` does for outputs is done here for inputs, which may also be random
generators, arrays of another memory order and the few classes that a case needs.
"""

from collections.abc import Sequence
from importlib import import_module

import numpy as np

from helpers.checks.running import Case
from helpers.checks.serial import Opaque, from_plain, to_plain

__all__ = ["CLASSES", "pack_cases", "unpack_cases"]

# Classes of inputs by name, with the module that holds them. They can `reduced()` themselves to
# the arguments that make an equal one, and their modules hold nothing that knows the answer.
CLASSES = {"Stream": "helpers.checks.similarity_b_stream"}


def pack_cases(cases: Sequence[Case]) -> list[dict]:
    """Turn cases into JSON-ready data.

    Raises
    ------
    TypeError
        If an input can be sent neither as plain data nor as one of `CLASSES`.
    """
    return [
        {
            "name": case.name,
            "args": [_pack(value) for value in case.args],
            "kwargs": {name: _pack(value) for name, value in case.kwargs.items()},
        }
        for case in cases
    ]


def unpack_cases(data: Sequence[dict]) -> list[Case]:
    """Read back what :func:`pack_cases` made."""
    return [
        Case(
            item["name"],
            tuple(_unpack(value) for value in item["args"]),
            {name: _unpack(value) for name, value in item["kwargs"].items()},
        )
        for item in data
    ]


def _pack(value: object) -> dict:
    if isinstance(value, np.random.Generator):
        return {"generator": to_plain(value.bit_generator.state)}
    if type(value).__name__ in CLASSES:
        return {"made": [type(value).__name__, to_plain(value.reduced())]}
    plain = to_plain(value)
    if _lossy(plain):
        raise TypeError(f"an input of the class {type(value).__name__} cannot leave the process")
    if isinstance(value, np.ndarray):
        # As a copy lies in memory: the order of the axes stays, gaps do not.
        strides = value.copy(order="K").strides
        axes = sorted(range(value.ndim), key=lambda axis: -strides[axis])
        if axes != list(range(value.ndim)):
            return {"ordered": [axes, plain]}
    return {"plain": plain}


def _lossy(plain: object) -> bool:
    if isinstance(plain, list):
        return any(_lossy(item) for item in plain)
    if isinstance(plain, dict):
        return "opaque" in plain or any(_lossy(item) for item in plain.values())
    return isinstance(plain, Opaque)


def _unpack(data: dict) -> object:
    ((kind, body),) = data.items()
    if kind == "generator":
        state = from_plain(body)
        bits = getattr(np.random, state["bit_generator"])()
        bits.state = state
        return np.random.Generator(bits)
    if kind == "made":
        name, arguments = body
        return getattr(import_module(CLASSES[name]), name)(*from_plain(arguments))
    if kind == "ordered":
        axes, plain = body
        inner = np.ascontiguousarray(from_plain(plain).transpose(axes))
        return inner.transpose(np.argsort(axes))
    return from_plain(body)
