"""The checks of lesson 04, contrastive learning, in the order of the notebook."""

from importlib import import_module
from importlib.util import find_spec

CHECKS = tuple(
    item
    for part in ("a", "b", "c", "d", "e")
    if find_spec(f"helpers.checks.contrastive_{part}")
    for item in import_module(f"helpers.checks.contrastive_{part}").CHECKS
)
