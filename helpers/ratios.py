"""Ratios of co-occurrence probabilities, with intervals for the noise of small counts.

How much more often does a probe word k stand near word i than near word j? The ratio
``P(k | i) / P(k | j)`` is the quantity from which GloVe is derived (Pennington, Socher and
Manning 2014, section 3).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import beta

__all__ = ["ProbeRatio", "probability_ratios", "probe_ratios"]


class ProbeRatio(NamedTuple):
    """One probe word next to two others.

    Attributes
    ----------
    probe : str
        The probe word k.
    met, other_met : int
        How often it stands near the word i, and near the other word j.
    ratio, low, high : float
        Estimate of P(k | i) / P(k | j), and the ends of its interval.
    """

    probe: str
    met: int
    other_met: int
    ratio: float
    low: float
    high: float


def probability_ratios(
    met, other_met, total: float, other_total: float, level: float = 0.95, clump: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Estimate ratios of two probabilities from counts.

    Given the sum of two Poisson counts, the first one is binomial with the probability
    ``q = r t / (r t + t')``, where r is the ratio and t, t' are the totals. Jeffreys' prior,
    Beta(1/2, 1/2), on q gives the interval, and adding 1/2 to each count the estimate, so that
    counts of 0 do no harm.

    Parameters
    ----------
    met, other_met : array_like (n,)
        Counts, without weights: a weighted count is not Poisson.
    total, other_total : float
        What the counts are shares of.
    level : float
        Probability that the interval holds.
    clump : float
        How many counts one independent event makes, at least 1. A verse in four translations
        is seen four times and tells hardly more than once: counts are divided by `clump` before
        the interval is taken.

    Returns
    -------
    ratio, low, high : ndarray (n,), float64
        An interval starts at 0 where `met` is 0, and ends at infinity where `other_met` is 0.

    Raises
    ------
    ValueError
        If counts are negative, exceed their total, or differ in shape, or if `level` or `clump`
        is out of range.
    """
    met, other_met = np.asarray(met, dtype=float), np.asarray(other_met, dtype=float)
    if met.shape != other_met.shape:
        raise ValueError(f"give as many counts for both words, not {met.shape}, {other_met.shape}.")
    for counts, of_all in ((met, total), (other_met, other_total)):
        if not (of_all > 0 and (counts >= 0).all() and (counts <= of_all).all()):
            raise ValueError("counts must be at least 0 and at most their total, which is above 0.")
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level}.")
    if not clump >= 1:
        raise ValueError(f"clump must be at least 1, not {clump}.")
    scale = other_total / total
    ratio = (met / clump + 0.5) / (other_met / clump + 0.5) * scale
    shape = met / clump + 0.5, other_met / clump + 0.5
    tail = (1 - level) / 2
    low = np.where(met > 0, beta.ppf(tail, *shape), 0.0)
    high = np.where(other_met > 0, beta.isf(tail, *shape), 1.0)
    with np.errstate(divide="ignore"):
        return ratio, low / (1 - low) * scale, high / (1 - high) * scale


def probe_ratios(
    counts, vocabulary, word: str, other: str, probes: Sequence[str], **settings
) -> list[ProbeRatio]:
    """Look up counts of probe words near two words, and estimate the ratios.

    Parameters
    ----------
    counts : sparse array (V, V)
        Plain co-occurrence counts (``weighting="uniform"``).
    vocabulary : Vocabulary
        Words of the rows and columns.
    word, other : str
        The words i and j.
    probes : sequence of str
        The words k.
    **settings
        `level` and `clump` of :func:`probability_ratios`.

    Returns
    -------
    list of ProbeRatio
        In the order of the probes.

    Raises
    ------
    ValueError
        If a word is not in the vocabulary.
    """
    unknown = [name for name in (word, other, *probes) if name not in vocabulary]
    if unknown:
        raise ValueError(f"not in the vocabulary: {', '.join(unknown)}; choose other words.")
    rows = counts[[vocabulary.index[word], vocabulary.index[other]]].toarray().astype(float)
    met, other_met = rows[:, [vocabulary.index[name] for name in probes]]
    estimates = probability_ratios(met, other_met, *rows.sum(axis=1), **settings)
    return [
        ProbeRatio(name, int(a), int(b), *(float(value) for value in values))
        for name, a, b, *values in zip(probes, met, other_met, *estimates, strict=True)
    ]
