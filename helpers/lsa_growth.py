"""A collection that grows: documents folded into old axes, axes updated, axes fitted again."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from helpers.anisotropy import unit_rows
from helpers.lsa import Lsa, lsa_fit, lsa_update

__all__ = ["Growth", "grow", "neighbour_agreement"]


class Growth(NamedTuple):
    """How well neighbours share a label as a collection grows.

    Attributes
    ----------
    sizes : ndarray (t,), int64
        New documents that have arrived.
    new, old : dict of str to ndarray (t,)
        Share of tested new (old) documents whose nearest other document has their label, by
        ``"folded in"``, ``"updated"``, ``"fitted again"``. The last is nan where no fit was made.
    updated, again : Lsa
        The axes at the end.
    """

    sizes: np.ndarray
    new: dict[str, np.ndarray]
    old: dict[str, np.ndarray]
    updated: Lsa
    again: Lsa


def grow(rows, labels, old, batches: Sequence, k: int, fits: Sequence[int]) -> Growth:
    """Let batches of documents arrive and compare three ways to give them coordinates.

    Every fifth row is tested: its nearest row by cosine among the others that are there already.

    Parameters
    ----------
    rows : sparse (n, d)
        Weighted documents.
    labels : array_like (n,)
    old : array_like of int
        Rows that the first axes are fitted to.
    batches : sequence of array_like of int
        Rows that arrive, batch after batch. An update never sees rows that came before: stored
        coordinates are turned to the new axes.
    k : int
        Axes.
    fits : sequence of int
        After which batches, counted from 1, axes are fitted to all rows so far; the last batch is
        always one of them.

    Returns
    -------
    Growth
    """
    labels = np.asarray(labels)
    start = lsa_fit(rows[old], k)
    seen = np.asarray(old)
    new, held = ({way: [] for way in ("folded in", "updated", "fitted again")} for _ in range(2))
    folded = turned = start.fold_in(rows[old])
    updated = start
    for number, batch in enumerate(batches, 1):
        before, updated = updated, lsa_update(updated, rows[batch])
        turned = turned @ (before.axes.T @ updated.axes)
        turned = np.vstack([turned, updated.fold_in(rows[batch])])
        folded = np.vstack([folded, start.fold_in(rows[batch])])
        seen = np.concatenate([seen, batch])
        ways = {"folded in": folded, "updated": turned, "fitted again": None}
        if number in fits or number == len(batches):
            again = lsa_fit(rows[seen], k)
            ways["fitted again"] = again.fold_in(rows[seen])
        for way, coordinates in ways.items():
            for place, kept in ((new, ~np.isin(seen, old)), (held, np.isin(seen, old))):
                if coordinates is None:
                    place[way].append(np.nan)
                    continue
                tested = kept & (seen % 5 == 0)
                place[way].append(neighbour_agreement(coordinates, labels[seen], tested))
    sizes = np.cumsum([len(batch) for batch in batches])
    new, held = ({way: np.array(row) for way, row in of.items()} for of in (new, held))
    return Growth(sizes, new, held, updated, again)


def neighbour_agreement(rows, labels, tested) -> float:
    """Share of tested rows whose nearest other row by cosine has their label.

    Parameters
    ----------
    rows : array_like or sparse (n, d)
        A sparse matrix must have rows of length 1.
    labels : ndarray (n,)
    tested : ndarray of bool (n,)

    Returns
    -------
    float
    """
    if issparse(rows):
        scores = (rows[tested] @ rows.T).toarray()
    else:
        unit = unit_rows(rows)
        scores = unit[tested] @ unit.T
    scores[np.arange(tested.sum()), np.flatnonzero(tested)] = -np.inf
    return float((labels[scores.argmax(axis=1)] == labels[tested]).mean())
