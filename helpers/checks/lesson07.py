"""The checks of lesson 07, PCA, in the order of the notebook."""

from importlib import import_module
from importlib.util import find_spec

CHECKS = tuple(
    item
    for part in ("a", "b", "c")
    if find_spec(f"helpers.checks.pca_{part}")
    for item in import_module(f"helpers.checks.pca_{part}").CHECKS
)
