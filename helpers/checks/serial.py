"""Outputs of learners' functions as plain data, without pickle.

Grading runs the learner's code in one process and judges in another. What crosses is made of
JSON's own types only, so that reading it can run nobody's code: arrays travel as dtype, shape and
base64 bytes, and an object of any other class as its name and a short description.
"""

import base64
import math
import re
import sys
from dataclasses import dataclass

import numpy as np

__all__ = ["MAX_BYTES", "Opaque", "from_plain", "to_plain"]

MAX_BYTES = 64_000_000  # One output of a check; real ones hold kilobytes.
_MAX_ITEMS = 200_000
_MAX_DEPTH = 12
_ARRAY_KINDS = "biufcSU"
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # Changes from run to run.


@dataclass(frozen=True)
class Opaque:
    """Something that was returned but is no plain value: only its class and look are kept."""

    kind: str
    look: str


def to_plain(value: object, _depth: int = 0) -> object:
    """Turn a value into JSON-ready data.

    Parameters
    ----------
    value : object
        None, Ellipsis, numbers, strings, bytes, lists, tuples, sets, dicts, NumPy arrays and
        scalars, torch tensors; anything else becomes an :class:`Opaque`.

    Returns
    -------
    object
        A value that :mod:`json` can write and :func:`from_plain` can read back.
    """
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        # JSON has no limit on digits, but Python refuses to read more than 4300 of them.
        return value if value.bit_length() < 4096 else _opaque(value)
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if type(value) is complex:
        return {"complex": [to_plain(value.real), to_plain(value.imag)]}
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, np.ndarray):
        return _array(value, "array")
    if isinstance(value, np.generic):
        return _array(np.asarray(value), "scalar")
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        try:
            return _array(value.detach().cpu().resolve_conj().numpy(), "tensor")
        except (TypeError, RuntimeError):  # bfloat16, sparse: NumPy has no such arrays.
            return _opaque(value)
    if type(value) is bytes and len(value) <= MAX_BYTES:
        return {"bytes": base64.b64encode(value).decode("ascii")}
    if _depth < _MAX_DEPTH and type(value) in (list, tuple, set, frozenset, dict):
        if len(value) <= _MAX_ITEMS:
            return _container(value, _depth + 1)
    return _opaque(value)


def _container(value, depth: int) -> object:
    if type(value) is list:
        return [to_plain(item, depth) for item in value]
    if type(value) is tuple:
        return {"tuple": [to_plain(item, depth) for item in value]}
    if not all(_plain_key(key) for key in value):
        return _opaque(value)
    if type(value) is dict:
        pairs = [[to_plain(key, depth), to_plain(item, depth)] for key, item in value.items()]
        return {"dict": pairs}
    return {"set": sorted((to_plain(item, depth) for item in value), key=repr)}


def _plain_key(key: object) -> bool:
    """Whether a key can be a key again when it has been read back (a set could not)."""
    if type(key) is tuple:
        return all(_plain_key(part) for part in key)
    return key is None or isinstance(key, bool | int | float | complex | str | bytes | np.generic)


def _array(value: np.ndarray, tag: str) -> object:
    value = np.asarray(value)  # A subclass could answer for itself; its numbers cannot.
    if value.dtype.kind not in _ARRAY_KINDS or value.nbytes > MAX_BYTES:
        return _opaque(value)
    data = np.ascontiguousarray(value)
    return {
        tag: {
            "dtype": data.dtype.str,
            "shape": list(value.shape),
            "data": base64.b64encode(data.tobytes()).decode("ascii"),
        }
    }


def _opaque(value: object) -> dict:
    try:
        look = _ADDRESS.sub("", repr(value))[:200]
    except Exception as error:  # A learner's __repr__ may do anything.
        look = f"(its repr raised {type(error).__name__})"
    return {"opaque": [type(value).__name__, look]}


def from_plain(data: object) -> object:
    """Read back what :func:`to_plain` made.

    Raises
    ------
    ValueError
        When the data are not of that form.
    """
    if data is None or isinstance(data, bool | int | float | str):
        return data
    if isinstance(data, list):
        return [from_plain(item) for item in data]
    if not isinstance(data, dict) or len(data) != 1:
        raise ValueError("this is no serialised output of a check")
    ((tag, body),) = data.items()
    reader = _READERS.get(tag)
    if reader is None:
        raise ValueError(f"unknown kind of serialised output: {str(tag)[:40]!r}")
    try:
        return reader(body)
    except (TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise ValueError(f"damaged serialised output of kind {tag!r}") from error


def _read_array(body: dict) -> np.ndarray:
    dtype = np.dtype(body["dtype"])
    if dtype.kind not in _ARRAY_KINDS:
        raise ValueError(f"arrays of dtype {dtype} are not read")
    raw = base64.b64decode(body["data"], validate=True)
    return np.frombuffer(raw, dtype=dtype).reshape(body["shape"]).copy()


def _read_tensor(body: dict) -> object:
    import torch

    return torch.from_numpy(_read_array(body))


_READERS = {
    "float": float,
    "complex": lambda parts: complex(from_plain(parts[0]), from_plain(parts[1])),
    "ellipsis": lambda _: Ellipsis,
    "array": _read_array,
    "scalar": lambda body: _read_array(body)[()],
    "tensor": _read_tensor,
    "bytes": lambda text: base64.b64decode(text, validate=True),
    "tuple": lambda items: tuple(from_plain(item) for item in items),
    "dict": lambda pairs: {from_plain(key): from_plain(item) for key, item in pairs},
    "set": lambda items: {from_plain(item) for item in items},
    "opaque": lambda parts: Opaque(str(parts[0]), str(parts[1])),
}
