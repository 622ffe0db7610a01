"""Speed and quality of the layout kernel next to umap-learn's ``optimize_layout_euclidean``.

    python -m benchmarks.bench_umap_layout                # about two minutes
    python -m benchmarks.bench_umap_layout --repeats 3

Both get the same neighbour graph of the 1,797 digits (umap-learn's, of 15 neighbours), the same
start, a, b, 500 epochs and 5 pushes a pull, on one thread, in turn within one run; compiled before
the clock starts. Medians of the ratios of neighbouring runs, by CPU seconds. Quality is
scikit-learn's trustworthiness of 10 neighbours over five seeds each. Results go to
``results/umap_layout.json``.
"""

import argparse
import json
import os
import platform
import statistics
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numba  # noqa: E402
import numpy as np  # noqa: E402
import umap  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.manifold import trustworthiness  # noqa: E402
from umap.layouts import optimize_layout_euclidean  # noqa: E402
from umap.umap_ import fuzzy_simplicial_set, make_epochs_per_sample  # noqa: E402

from helpers.umap_layout import curve_parameters, optimise_layout, spectral_start  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "umap_layout.json"
EPOCHS = 500
SEEDS = range(5)


def by_umap_learn(graph, start, a, b, n_epochs, seed):
    """Lay out with umap-learn's loop, as its ``simplicial_set_embedding`` calls it."""
    graph = graph.tocoo()
    often = graph.data >= graph.data.max() / EPOCHS
    head, tail, weights = graph.row[often], graph.col[often], graph.data[often]
    state = np.random.RandomState(seed).randint(-(2**31) + 1, 2**31 - 1, 3).astype(np.int64)
    places = start.copy()
    return optimize_layout_euclidean(
        places, places, head, tail, n_epochs, graph.shape[0],
        make_epochs_per_sample(weights, EPOCHS), a, b, state, move_other=True,
    )  # fmt: skip


def ours(graph, start, a, b, n_epochs, seed):
    """Lay out with the kernel of the course."""
    return optimise_layout(graph, start, a, b, n_epochs=n_epochs, seed=seed)


def main():
    """Run, write the results and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="timed runs, from 1 to 5")
    repeats = parser.parse_args().repeats
    if not 1 <= repeats <= len(SEEDS):
        parser.error(f"--repeats takes a number from 1 to {len(SEEDS)}")
    digits = load_digits(return_X_y=True)[0]
    graph = fuzzy_simplicial_set(digits, 15, np.random.RandomState(0), "euclidean")[0]
    a, b = curve_parameters()
    ways = {"ours": ours, "umap-learn": by_umap_learn}
    seconds = {name: [] for name in ways}
    quality = {name: [] for name in ways}
    for seed in SEEDS:
        start = spectral_start(graph, seed)
        for name, way in ways.items():
            if seed == 0:
                way(graph, start, a, b, 1, seed)  # compiles
            before = time.process_time()
            places = way(graph, start, a, b, EPOCHS, seed)
            seconds[name].append(time.process_time() - before)
            quality[name].append(float(trustworthiness(digits, places, n_neighbors=10)))
    ratios = [b / a for a, b in zip(*(seconds[name][:repeats] for name in ways), strict=True)]
    results = {
        "machine": {
            "processor": platform.machine(), "numba": numba.__version__,
            "umap-learn": umap.__version__, "numpy": np.__version__, "repeats": repeats,
        },
        "case": f"{len(digits):,} digits, {graph.nnz:,} edges, {EPOCHS} epochs, one thread",
        "cpu_s": {name: round(statistics.median(seconds[name][:repeats]), 2) for name in ways},
        "cpu_ratio": round(statistics.median(ratios), 2),
        "cpu_ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "trustworthiness": {name: [round(x, 4) for x in quality[name]] for name in ways},
    }  # fmt: skip
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
