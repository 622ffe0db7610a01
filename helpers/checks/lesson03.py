"""The checks of lesson 03, sentence embeddings, in the order of the notebook."""

from importlib import import_module
from importlib.util import find_spec

CHECKS = tuple(
    item
    for part in ("a", "b", "c", "d", "e", "f", "g")
    if find_spec(f"helpers.checks.sentences_{part}")
    for item in import_module(f"helpers.checks.sentences_{part}").CHECKS
)
