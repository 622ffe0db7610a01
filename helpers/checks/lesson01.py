"""The checks of lesson 01, Word2Vec, in the order of the notebook."""

from importlib import import_module
from importlib.util import find_spec

CHECKS = tuple(
    item
    for part in ("a", "b1", "b2", "c", "d")
    if find_spec(f"helpers.checks.word2vec_{part}")
    for item in import_module(f"helpers.checks.word2vec_{part}").CHECKS
)
