"""Checks of lesson 02, part B: the loss, piece by piece."""

from helpers.checks.glove_b_loss import Q05_LOSS
from helpers.checks.glove_b_matrices import Q05_CONCLUSIONS, Q05_SHARED
from helpers.checks.glove_b_step import X_ADAGRAD
from helpers.checks.glove_b_weight import X_F

__all__ = ["CHECKS"]

CHECKS = (X_F, X_ADAGRAD, Q05_LOSS, Q05_SHARED, Q05_CONCLUSIONS)
