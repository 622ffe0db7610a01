"""UMAP of points without clusters, by n_neighbors: lesson 08, part 1.

    python -m benchmarks.umap_noise      # about four CPU minutes, one thread

Uniform points in a square and in a ten-dimensional cube over seeds, the digits, and the digits with
each pixel's values shuffled among them. Writes ``data/umap_noise.json``: layouts of the first
square and of the digits in whole hundredths, and the islands of all layouts.
"""

import os
import platform
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
import umap  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402

from helpers.fuzzy_graph import nearest  # noqa: E402
from helpers.stored import write_stored  # noqa: E402
from helpers.umap_noise import FORMAT, RESULTS, UNIT, islands, uniform  # noqa: E402

POINTS = 1000
# Dimensions, n_neighbors, seeds. With 3 neighbours the square's graph is in some 60 pieces, and one
# of five layouts came out differently when the script ran again.
NOISE = {
    "square": (2, (5, 7, 10, 15, 30, 100), range(5)),
    "cube": (10, (3, 5, 15, 100), range(3)),
}
DIGIT_NEIGHBOURS = (5, 15)
SETTINGS = {"min_dist": 0.1, "n_epochs": 500, "random_state": 0, "n_jobs": 1}


def layout(points: np.ndarray, k: int) -> np.ndarray:
    """Place points with umap-learn on exact neighbours; whole numbers of `UNIT`."""
    model = umap.UMAP(n_neighbors=k, precomputed_knn=tuple(nearest(points, k)), **SETTINGS)
    return np.rint(model.fit_transform(points) / UNIT).astype(int)


def main() -> None:
    """Make all layouts and count their islands."""
    warnings.filterwarnings("ignore", message="precomputed_knn")  # about `transform`, not used
    digits = load_digits().data
    shuffled = np.random.default_rng(0).permuted(digits, axis=0)
    layouts: dict = {"square": {}, "digits": {}, "shuffled": {}}
    for k in DIGIT_NEIGHBOURS:
        layouts["digits"][k] = layout(digits, k).tolist()
        layouts["shuffled"][k] = layout(shuffled, k).tolist()
        print(f"digits, {k} neighbours: {islands(layouts['digits'][k])} islands, "
              f"shuffled {islands(layouts['shuffled'][k])}", flush=True)  # fmt: skip
    counts: dict = {}
    for name, (d, neighbours, seeds) in NOISE.items():
        counts[name] = {k: [] for k in neighbours}
        for seed in seeds:
            points = uniform(POINTS, d, seed)
            for k in neighbours:
                places = layout(points, k)
                counts[name][k].append(islands(places))
                if name == "square" and seed == 0:
                    layouts["square"][k] = places.tolist()
        print(name, counts[name], flush=True)
    versions = {"umap": umap.__version__, "numpy": np.__version__, "sklearn": sklearn.__version__,
                "python": platform.python_version()}  # fmt: skip
    settings = SETTINGS | {"points": POINTS, "unit": UNIT}
    about = {
        "format": FORMAT,
        "licence": "CC0-1.0",
        "about": "python -m benchmarks.umap_noise",
        "machine": f"{platform.machine()}, one thread",
        "versions": versions,
        "settings": settings,
    }
    write_stored(RESULTS, about | {"layouts": layouts, "counts": counts})


if __name__ == "__main__":
    main()
