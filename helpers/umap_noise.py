"""UMAP on data without clusters: the stored layouts, and how many islands a picture has."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from helpers.stored import read_stored

__all__ = ["RESULTS", "NoiseLayouts", "islands", "load_noise_layouts", "uniform"]

RESULTS = Path(__file__).parent.parent / "data" / "umap_noise.json"
FORMAT = 1
UNIT = 0.01  # of the stored whole numbers
_AGAIN = "run `python -m benchmarks.umap_noise` to make it again"


class NoiseLayouts(NamedTuple):
    """What the script found.

    Attributes
    ----------
    square : dict of int to ndarray (1000, 2)
        By n_neighbors: layouts of ``uniform(1000, 2, seed=0)``.
    digits, shuffled : dict of int to ndarray (1797, 2)
        By n_neighbors: layouts of the digits, and of the digits with each pixel's values shuffled
        among them.
    counts : dict of str to dict of int to list of int
        By data set ("square", "cube") and n_neighbors: the islands for each seed of the noise.
    """

    square: dict[int, np.ndarray]
    digits: dict[int, np.ndarray]
    shuffled: dict[int, np.ndarray]
    counts: dict[str, dict[int, list[int]]]


def uniform(n: int, d: int, seed: int) -> np.ndarray:
    """Draw n points at random from the unit cube of d dimensions."""
    return np.random.default_rng(seed).random((n, d))


def islands(places: np.ndarray, gap: float = 3.0, least: int = 10) -> int:
    """Count the islands of a picture: groups of points with white paper all around.

    Two points are on one island if a chain of points leads from one to the other without a step
    longer than `gap` typical neighbour distances (the median distance to the fifth neighbour).

    Parameters
    ----------
    places : array_like (n, 2)
        Any unit: only ratios of distances count.
    gap : float
        Width of the white, in typical neighbour distances.
    least : int
        Points that make an island; smaller groups are not counted.

    Returns
    -------
    int
    """
    tree = cKDTree(np.asarray(places, dtype=float))
    typical = np.median(tree.query(tree.data, 6)[0][:, -1])
    steps = tree.sparse_distance_matrix(tree, gap * typical, output_type="coo_matrix")
    sizes = np.bincount(connected_components(steps)[1])
    return int((sizes >= least).sum())


def load_noise_layouts(path: Path = RESULTS) -> NoiseLayouts:
    """Read the stored layouts.

    Raises
    ------
    ValueError
        If the file is missing, damaged or of another format.
    """
    raw = read_stored(path, FORMAT, {"layouts", "counts"}, _AGAIN)

    def layouts(name: str) -> dict[int, np.ndarray]:
        return {int(k): UNIT * np.array(rows) for k, rows in raw["layouts"][name].items()}

    counts = {
        name: {int(k): found for k, found in table.items()} for name, table in raw["counts"].items()
    }
    return NoiseLayouts(layouts("square"), layouts("digits"), layouts("shuffled"), counts)
