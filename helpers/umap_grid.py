"""Layouts by umap-learn, made ahead by ``benchmarks/umap_grid.py``, and what to lay out."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from helpers.stored import read_stored
from helpers.stored_layouts import unpack

__all__ = [
    "MIN_DISTS",
    "N_NEIGHBORS",
    "RESULTS",
    "StoredLayout",
    "layout_key",
    "stored_layouts",
    "two_clouds",
    "width_ratio",
]

RESULTS = Path(__file__).parent.parent / "data" / "umap_grid.json"
N_NEIGHBORS = (5, 15, 30, 60, 200)
MIN_DISTS = (0.0, 0.1, 0.3, 0.6, 0.99)


@dataclass(frozen=True)
class StoredLayout:
    """A layout and what was asked for.

    Attributes
    ----------
    places : ndarray (n, 2), float64
        Coordinates, to one part in 32,000 of the largest.
    settings : dict
        What umap-learn was given beside its defaults.
    trustworthiness : float
        scikit-learn's, of 10 neighbours, to four digits.
    """

    places: np.ndarray
    settings: dict
    trustworthiness: float


def layout_key(n_neighbors: int, min_dist: float) -> str:
    """Name a cell of the grid."""
    return f"n_neighbors {n_neighbors}, min_dist {min_dist:g}"


@cache
def stored_layouts() -> dict[str, StoredLayout]:
    """Read all stored layouts.

    Returns
    -------
    dict of str to StoredLayout
        Keys: ``layout_key(...)`` for the grid over :data:`N_NEIGHBORS` and :data:`MIN_DISTS`;
        ``"spectral, seed 0"`` to 4 and ``"random, seed 0"`` to 4, by kind of start;
        ``"two clouds, UMAP"`` and ``"two clouds, densMAP"``.

    Raises
    ------
    ValueError
        If the file is missing or damaged.
    """
    raw = read_stored(RESULTS, 1, {"layouts"}, "run python -m benchmarks.umap_grid to make it")
    return {
        name: StoredLayout(unpack(item), item["settings"], item["trustworthiness"])
        for name, item in raw["layouts"].items()
    }


def two_clouds(ratio: float = 5.0, n: int = 300, d: int = 10, seed: int = 0):
    """Make two round Gaussian clouds of the same number of points, one wider than the other.

    Parameters
    ----------
    ratio : float
        Standard deviation of the first cloud; the second has 1.
    n, d, seed : int
        Points a cloud, dimensions, seed.

    Returns
    -------
    points : ndarray (2 n, d)
    which : ndarray (2 n,)
        0 for the wide cloud, 1 for the narrow one.

    Raises
    ------
    ValueError
        If `ratio`, `n` or `d` is not positive.
    """
    if ratio <= 0 or n < 1 or d < 1:
        raise ValueError("two_clouds takes a positive ratio, n and d.")
    rng = np.random.default_rng(seed)
    wide, narrow = ratio * rng.normal(size=(n, d)), rng.normal(size=(n, d))
    narrow[:, 0] += 12 * ratio  # so far that the clouds do not touch
    return np.vstack([wide, narrow]), np.repeat([0, 1], n)


def width_ratio(places, which) -> float:
    """Divide the root mean square radius of the points marked 0 by that of those marked 1.

    Parameters
    ----------
    places : array_like (n, p)
    which : array_like (n,)
        0 or 1.
    """
    places, which = np.asarray(places, dtype=float), np.asarray(which)
    wide, narrow = (places[which == mark].var(axis=0).sum() for mark in (0, 1))
    return float(np.sqrt(wide / narrow))
