"""The checks of lesson 08, part 1: from points to a graph."""

from helpers.checks.umap_a_sigma import X_SIGMA
from helpers.checks.umap_a_union import X_UNION

__all__ = ["CHECKS"]

CHECKS = (X_SIGMA, X_UNION)
