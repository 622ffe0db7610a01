"""A map of words, and the layouts that lesson 08, part 5, judges as clusters and as axes.

    python -m benchmarks.explorable_map      # what is missing, about three CPU minutes, one thread

Writes ``data/explorable_map.json`` after each step, so that an interrupted run goes on where it
stopped. Delete the file to make everything anew. Read with
``helpers.explorable_map.load_explorable_map()``.
"""

import json
import os
import platform
import time
import warnings
from importlib.metadata import version

for _name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
from sklearn.cluster import HDBSCAN, KMeans  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402

from helpers.explorable_map import FORMAT, STORED, frequent_words, two_draws  # noqa: E402
from helpers.fuzzy_graph import nearest  # noqa: E402
from helpers.newsgroup_vectors import newsgroup_vectors  # noqa: E402
from helpers.stored import write_stored  # noqa: E402
from helpers.stored_layouts import pack  # noqa: E402

CLUSTERS = 24
MAP = {"n_neighbors": 15, "min_dist": 0.1}
# What umap-learn's documentation advises before clustering.
DENSE = {"n_neighbors": 30, "min_dist": 0.0}


def place(points: np.ndarray, n_components: int = 2, seed: int = 0, **settings) -> np.ndarray:
    """Lay out with umap-learn on exact neighbours."""
    import umap

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # precomputed neighbours cannot be used by `transform`
        return umap.UMAP(
            n_components=n_components,
            random_state=seed,
            n_jobs=1,
            precomputed_knn=tuple(nearest(points, settings["n_neighbors"])),
            **settings,
        ).fit_transform(np.asarray(points, dtype=np.float32))


def cluster(points: np.ndarray) -> list[int]:
    """Cluster by k-means in the space of the points."""
    return KMeans(CLUSTERS, n_init=4, random_state=0).fit_predict(points).tolist()


def dense_regions(points: np.ndarray) -> list[int]:
    """Cluster by HDBSCAN, which is slow between points of hundreds of numbers."""
    found = HDBSCAN(min_cluster_size=30, min_samples=5, copy=True).fit_predict(points)
    return found.tolist()


def plan() -> dict:
    """Return what is stored: (part of the file, name) -> a function that computes it."""
    digits = load_digits().data
    shuffled = np.random.default_rng(0).permuted(digits, axis=0)
    posts = newsgroup_vectors().vectors.astype(np.float64)
    words = frequent_words().vectors
    jobs = {
        ("layouts", "words UMAP-2"): lambda: place(words, 2, **MAP),
        ("clusters", "words"): lambda: cluster(words),
        ("clusters", "posts"): lambda: cluster(posts),
        ("clusters", "posts HDBSCAN"): lambda: dense_regions(posts),
    }
    for d in (2, 5):
        jobs["layouts", f"digits UMAP-{d}"] = lambda d=d: place(digits, d, **DENSE)
    jobs["layouts", "shuffled digits UMAP-5"] = lambda: place(shuffled, 5, **DENSE)
    for draw in range(4):
        for month, rows in zip(("first", "second"), two_draws(len(digits), draw), strict=True):
            name = f"{month} month UMAP-2" if draw == 0 else f"{month} month, draw {draw} UMAP-2"
            jobs["layouts", name] = lambda rows=rows: place(digits[rows], 2, **MAP)
    again = two_draws(len(digits))[0]
    jobs["layouts", "first month, seed 1 UMAP-2"] = lambda: place(digits[again], 2, 1, **MAP)
    jobs["layouts", "posts UMAP-5"] = lambda: place(posts, 5, **DENSE)
    return jobs


def main() -> None:
    """Compute what the file does not hold yet."""
    results = {
        "format": FORMAT,
        "licence": "CC0-1.0",
        "about": "python -m benchmarks.explorable_map",
        "machine": f"{platform.machine()}, one thread",
        "versions": {n: version(n) for n in ("numpy", "scikit-learn", "umap-learn")},
        "settings": {
            "maps of words and of months": MAP,
            "before clustering": DENSE,
            "clusters": f"k-means, {CLUSTERS} clusters, best of 4 starts, on the full vectors",
            "posts HDBSCAN": "smallest cluster 30, min_samples 5, on the full vectors",
            "seed": "0, but where a name says seed 1; a draw is the seed of two_draws",
        },
        "layouts": {},
        "clusters": {},
    }
    if STORED.exists():
        old = json.loads(STORED.read_text("utf-8"))
        results |= {part: old[part] for part in ("layouts", "clusters")}
    for (part, name), compute in plan().items():
        if name in results[part]:
            continue
        before = time.process_time()
        found = compute()
        results[part][name] = pack(found) if part == "layouts" else found
        write_stored(STORED, results)
        print(part, name, f"{time.process_time() - before:.0f} s", flush=True)


if __name__ == "__main__":
    main()
