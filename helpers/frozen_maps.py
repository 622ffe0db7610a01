"""Stored maps of the digits by ten networks, each trained without one of the ten digits.

Made by ``python -m benchmarks.frozen_maps``, which says how they were trained.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from helpers.stored import read_stored

__all__ = ["STORED", "Split", "load_frozen_maps", "split_without"]

STORED = Path(__file__).parent.parent / "data" / "frozen_maps.json"
UNITS = 100  # places are stored in hundredths


class Split(NamedTuple):
    """Row numbers: what a map is trained on, what its alarms are set with, and what comes later.

    Attributes
    ----------
    train, calibration, later : ndarray of int
        Of the known kinds, in no overlap.
    strangers : ndarray of int
        All rows of the missing kind.
    """

    train: np.ndarray
    calibration: np.ndarray
    later: np.ndarray
    strangers: np.ndarray


def split_without(labels, missing: int, train: int = 900, calibration: int = 350) -> Split:
    """Split rows for a map that never sees the kind `missing`; the same split on every machine.

    Parameters
    ----------
    labels : array_like (n,) of int
    missing : int
        Label of the kind that is left out.
    train, calibration : int
        Rows of each of these parts; the remaining known rows come later.

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        If too few rows of known kinds are there.
    """
    labels = np.asarray(labels)
    known = np.flatnonzero(labels != missing)
    if min(train, calibration) < 1 or train + calibration >= len(known):
        raise ValueError(
            f"{train} + {calibration} rows leave none of the {len(known)} known ones for later."
        )
    order = np.random.default_rng(missing).permutation(known)
    parts = np.split(order, [train, train + calibration])
    return Split(*map(np.sort, parts), np.flatnonzero(labels == missing))


def load_frozen_maps(path: Path = STORED) -> np.ndarray:
    """Read where ten networks put all digits.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    ndarray (10, 1797, 2)
        Entry c: the places by the network that was trained without digit c, as
        :func:`split_without` says, in the order of scikit-learn's digits.

    Raises
    ------
    ValueError
        If the file is missing or damaged.
    """
    again = "run `python -m benchmarks.frozen_maps` to make it again"
    raw = read_stored(path, 1, {"maps"}, again)
    maps = np.array(raw["maps"], dtype=float) / UNITS
    if maps.shape != (10, 1_797, 2):
        raise ValueError(f"{path.name} holds maps of the shape {maps.shape}: {again}.")
    return maps
