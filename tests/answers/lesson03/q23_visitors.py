"""Answers to Q23-visitors."""

import math

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

CHECK = "Q23-visitors"


def closed_form(rate, lift, alpha, power, variants, quantile=None):
    new = rate * (1 + lift)
    z = norm.isf(alpha / variants / 2) + norm.ppf(power) if quantile is None else quantile
    variance = np.prod([rate, 1 - rate]) + np.prod([new, 1 - new])
    return int(np.ceil(variance * (z / (new - rate)) ** 2))


def root(rate, lift, alpha, power, variants):
    new = (1 + lift) * rate

    def missing(log_n):
        sd = math.sqrt((rate - rate**2 + new - new**2) / math.exp(log_n))
        return norm.cdf(abs(new - rate) / sd - norm.isf(alpha / (2 * variants))) - power

    return math.ceil(math.exp(brentq(missing, -5, 30, xtol=1e-13)))


def not_squared(rate, lift, alpha, power, variants):
    return closed_form(rate, lift, alpha, power, variants, quantile=1.67)


def sixteen(rate, lift, alpha, power, variants):
    return math.ceil(16 * rate * (1 - rate) / (rate * lift) ** 2)


def not_rounded(rate, lift, alpha, power, variants):
    new = rate * (1 + lift)
    z = norm.isf(alpha / variants / 2) + norm.ppf(power)
    return (rate * (1 - rate) + new * (1 - new)) * (z / (new - rate)) ** 2


def alpha_times_variants(rate, lift, alpha, power, variants):
    return closed_form(rate, lift, alpha * variants**2, power, variants)


def alpha_as_quantile(rate, lift, alpha, power, variants):
    return closed_form(rate, lift, alpha, power, variants, quantile=alpha + power)


def one_more(rate, lift, alpha, power, variants):
    return closed_form(rate, lift, alpha, power, variants) + 1


def three_digits(rate, lift, alpha, power, variants):
    z = round(norm.isf(alpha / variants / 2), 3) + round(norm.ppf(power), 3)
    return closed_form(rate, lift, alpha, power, variants, quantile=z)


def complex_number(rate, lift, alpha, power, variants):
    return 3 + 4j


RIGHT = [closed_form, root]
WRONG = [
    (not_squared, "the number is not right"),
    (sixteen, "the number is not right"),
    (not_rounded, "half a visitor does not click"),
    (alpha_times_variants, "the number is not right"),
    (alpha_as_quantile, "the number is not right"),
    (one_more, "the number is not right"),
    (three_digits, "the number is not right"),
    (complex_number, "the number is not right"),
]
SURVIVORS = {
    "return math.ceil(z ** 2 * variance / (new - rate) ** 2): new - rate -> rate - new": (
        "the difference is squared, so its sign does not matter"
    ),
}
