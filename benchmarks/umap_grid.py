"""Layouts of the digits for lesson 08, part 2: a grid of settings, several seeds, and densMAP.

    python -m benchmarks.umap_grid        # what is missing, five CPU minutes

Writes ``data/umap_grid.json`` after each layout, so that an interrupted run goes on where it
stopped. All by umap-learn on one thread, and measured by scikit-learn's trustworthiness. Delete
the file to make everything anew.
"""

import os
import platform
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import json  # noqa: E402

import numba  # noqa: E402
import numpy as np  # noqa: E402
import sklearn  # noqa: E402
import umap  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.manifold import trustworthiness  # noqa: E402

from helpers.stored import write_stored  # noqa: E402
from helpers.stored_layouts import pack, unpack  # noqa: E402
from helpers.umap_grid import (  # noqa: E402
    MIN_DISTS,
    N_NEIGHBORS,
    RESULTS,
    layout_key,
    two_clouds,
)

SEEDS = range(5)


def runs():
    """Name all layouts, with the settings of each."""
    for n_neighbors in N_NEIGHBORS:
        for min_dist in MIN_DISTS:
            yield (
                layout_key(n_neighbors, min_dist),
                dict(n_neighbors=n_neighbors, min_dist=min_dist, random_state=0),
            )
    for init in ("spectral", "random"):
        for seed in SEEDS:
            yield f"{init}, seed {seed}", dict(init=init, random_state=seed)
    for dens in (False, True):
        name = "densMAP" if dens else "UMAP"
        yield f"two clouds, {name}", dict(densmap=dens, random_state=0)


def main() -> None:
    """Make what the file does not hold yet."""
    digits = load_digits(return_X_y=True)[0]
    clouds = two_clouds()[0]
    for name, settings in runs():
        results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        if name in results.get("layouts", {}):
            continue
        before = time.process_time()
        points = clouds if "clouds" in name else digits
        places = umap.UMAP(n_jobs=1, **settings).fit_transform(points)
        packed = pack(places - places.mean(axis=0))
        seconds = time.process_time() - before
        quality = trustworthiness(points, unpack(packed), n_neighbors=10)
        packed |= {"settings": settings, "trustworthiness": round(float(quality), 4)}
        results |= {
            "format": 1,
            "licence": "CC0-1.0",
            "about": "python -m benchmarks.umap_grid",
            "machine": f"{platform.machine()}, one thread",
            "versions": {
                "umap-learn": umap.__version__, "numba": numba.__version__,
                "scikit-learn": sklearn.__version__, "numpy": np.__version__,
            },
            "settings": "n_neighbors 15, min_dist .1 and 500 epochs where not said otherwise",
        }  # fmt: skip
        results.setdefault("layouts", {})[name] = packed
        write_stored(RESULTS, results)
        print(f"{name}: trustworthiness {quality:.4f}, {seconds:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
