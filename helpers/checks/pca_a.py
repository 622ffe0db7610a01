"""Checks of lesson 07, part A: PCA by hand, and how many axes a share of variance needs."""

from helpers.checks.pca_a_fit import X_PCA
from helpers.checks.pca_a_share import X_K

__all__ = ["CHECKS"]

CHECKS = (X_PCA, X_K)
