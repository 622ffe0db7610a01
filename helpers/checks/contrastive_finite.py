"""What the checks of lesson 04's losses say of a result that is no finite number."""

import numpy as np

from helpers.checks.comparing import Comparison, as_numbers

__all__ = ["finite"]


def finite(comparison: Comparison) -> Comparison:
    """Make a comparison that says where inf and nan come from in a log-sum-exp.

    Parameters
    ----------
    comparison : callable
        Compares a loss (one number) with the expected one, which is finite.
    """

    def compare(got: object, expected: object) -> str | None:
        problem = comparison(got, expected)
        if problem is None:
            return None
        numbers = as_numbers(got)
        if numbers is None or numbers.shape != () or np.isfinite(numbers):
            return problem
        return (
            "the result is not finite: an exponential overflowed, or a logarithm or a division "
            "met 0. Take each row's largest score off before `np.exp`"
        )

    return compare
