"""Measures of new points on a map that was made without them."""

from typing import NamedTuple

import numpy as np

__all__ = ["PlaceScores", "place_scores"]


class PlaceScores(NamedTuple):
    """Measures of new points on a map, each against the old points only.

    Attributes
    ----------
    accuracy : float
        Share of new points whose 5 nearest old ones on the map mostly have its label.
    recall : float
        Share of a new point's k nearest old points that are among the k nearest on the map.
    trust : float
        1 minus the scaled mean of how far too high the k nearest on the map rank; 1 is best, and
        about one half comes from places at random.
    """

    accuracy: float
    recall: float
    trust: float


def place_scores(
    old, new, old_places, new_places, old_labels, new_labels, k: int = 10
) -> PlaceScores:
    """Judge the places of new points by the old points around them.

    Trustworthiness is that of Venna & Kaski (2001) with new points as rows and old ones as their
    neighbours. A new point has n neighbours, where one of the old points would have n - 1, so the
    worst sum of excess ranks of a row is ``k (2n - 3k + 1) / 2``.

    Parameters
    ----------
    old, new : array_like (n, d), (m, d)
        The points themselves.
    old_places, new_places : array_like (n, p), (m, p)
        Where they are on the map.
    old_labels, new_labels : array_like (n,), (m,) of int
        From 0.
    k : int
        Neighbours, at least 1 and fewer than half of n.

    Returns
    -------
    PlaceScores

    Raises
    ------
    ValueError
        If k is out of range, or the numbers of rows differ.
    """
    n, m = len(old), len(new)
    if not 1 <= k < n / 2:
        raise ValueError(f"k must be 1 or more and less than half of {n}, not {k}.")
    if (len(old_places), len(old_labels)) != (n, n) or (len(new_places), len(new_labels)) != (m, m):
        raise ValueError("give a place and a label for each old and for each new point.")
    ranks = _nearest_first(old, new).argsort(axis=1)
    shown = _nearest_first(old_places, new_places)
    shown_ranks = np.take_along_axis(ranks, shown[:, :k], axis=1)
    excess = np.maximum(shown_ranks - k + 1, 0).sum(axis=1).mean()
    votes = np.asarray(old_labels)[shown[:, :5]]
    guess = np.array([np.bincount(row).argmax() for row in votes])
    return PlaceScores(
        float((guess == np.asarray(new_labels)).mean()),
        float((shown_ranks < k).mean()),
        float(1 - excess * 2 / (k * (2 * n - 3 * k + 1))),
    )


def _nearest_first(old, new) -> np.ndarray:
    old, new = np.asarray(old, dtype=float), np.asarray(new, dtype=float)
    gaps = (new**2).sum(axis=1)[:, None] - 2 * new @ old.T + (old**2).sum(axis=1)
    return np.argsort(gaps, axis=1, kind="stable")
