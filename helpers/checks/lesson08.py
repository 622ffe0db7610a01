"""The checks of lesson 08, UMAP and its relatives, in the order of the notebook."""

from importlib import import_module
from importlib.util import find_spec

CHECKS = tuple(
    item
    for part in ("a", "b", "c", "d", "e")
    if find_spec(f"helpers.checks.umap_{part}")
    for item in import_module(f"helpers.checks.umap_{part}").CHECKS
)
