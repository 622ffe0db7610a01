"""Checks of lesson 07, part B: text, and what an axis carries."""

from helpers.checks.pca_b_fold import X_FOLD

__all__ = ["CHECKS"]

CHECKS = (X_FOLD,)
