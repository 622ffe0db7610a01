"""Checks of lesson 05, part A: how round a space is."""

from helpers.checks.geometry_a_effrank import X_EFFRANK

__all__ = ["CHECKS"]

CHECKS = (X_EFFRANK,)
