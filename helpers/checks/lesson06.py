"""The checks of lesson 06, similarity metrics and search, in the order of the notebook."""

from importlib import import_module
from importlib.util import find_spec

CHECKS = tuple(
    item
    for part in ("a", "b", "c", "d")
    if find_spec(f"helpers.checks.similarity_{part}")
    for item in import_module(f"helpers.checks.similarity_{part}").CHECKS
)
