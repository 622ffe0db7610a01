"""Layouts of digits, posts and noise by t-SNE, UMAP, Isomap and MDS, for lesson 08, part 3.

    python -m benchmarks.layout_quality      # what is missing, about five CPU minutes

Writes ``data/layout_quality.json`` after each layout, so that an interrupted run goes on where it
stopped. Everything runs on one thread. Delete the file to make everything anew.
"""

import json
import os
import platform
import time
from functools import partial

for _name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.manifold import MDS, TSNE, Isomap  # noqa: E402

from helpers.newsgroup_vectors import newsgroup_vectors  # noqa: E402
from helpers.stored import write_stored  # noqa: E402
from helpers.stored_layouts import QUALITY, pack  # noqa: E402

SEEDS = (0, 1, 2)
PERPLEXITIES = (2, 5, 100)  # 30 is the default
NOISE = {"n": 600, "d": 64, "seed": 0}


def points(name: str) -> np.ndarray:
    """Return one of the three collections."""
    if name == "digits":
        return load_digits().data
    if name == "posts":
        return newsgroup_vectors().vectors
    return np.random.default_rng(NOISE["seed"]).random((NOISE["n"], NOISE["d"]))


def tsne(x, **settings):
    """Lay out by scikit-learn's t-SNE; the divergence goes along."""
    model = TSNE(**settings)
    return model.fit_transform(x), {"kl": round(float(model.kl_divergence_), 4)}


def umap_layout(x, **settings):
    """Lay out by umap-learn."""
    import umap

    return umap.UMAP(n_neighbors=15, min_dist=0.1, n_jobs=1, **settings).fit_transform(x), {}


def isomap(x):
    """Lay out by Isomap."""
    return Isomap(n_neighbors=10).fit_transform(x), {}


def mds(x):
    """Lay out by metric MDS (SMACOF) from a classical start."""
    model = MDS(n_init=1, init="classical_mds", max_iter=300, random_state=0)
    return model.fit_transform(x), {"iterations": int(model.n_iter_)}


def plan() -> dict:
    """Return all layouts: name -> (collection, function)."""
    jobs = {
        f"digits t-SNE perplexity {p}": ("digits", partial(tsne, perplexity=p, random_state=0))
        for p in PERPLEXITIES
    }
    jobs["digits Isomap"] = "digits", isomap
    jobs["digits MDS"] = "digits", mds
    jobs["posts UMAP-2"] = "posts", partial(umap_layout, random_state=0)
    for name in ("digits", "posts"):
        jobs[f"{name} UMAP-16"] = name, partial(umap_layout, n_components=16, random_state=0)
    # From PCA's start nothing is random any more, so one seed will do.
    for start, seeds in (("random", SEEDS), ("pca", SEEDS[:1])):
        for exaggeration in (12, 1):
            for seed in seeds:
                jobs[f"digits t-SNE {start} start exaggeration {exaggeration} seed {seed}"] = (
                    "digits",
                    partial(tsne, init=start, early_exaggeration=exaggeration, random_state=seed),
                )
    for p in (2, 30):
        jobs[f"noise t-SNE perplexity {p}"] = (
            "noise", partial(tsne, perplexity=p, random_state=0)
        )  # fmt: skip
    jobs["digits UMAP seed 1"] = "digits", partial(umap_layout, random_state=1)
    return jobs


def main() -> None:
    """Compute what the file does not hold yet."""
    results = {
        "format": 1,
        "licence": "CC0-1.0",
        "about": "python -m benchmarks.layout_quality",
        "machine": f"{platform.machine()}, one thread",
        "versions": {
            "numpy": np.__version__, "scikit-learn": sklearn.__version__, "umap-learn": "0.5.12"
        },
        "settings": {
            "t-SNE": "scikit-learn's defaults (perplexity 30, early exaggeration 12, PCA start) "
            "but for what the name says",
            "UMAP": "n_neighbors 15, min_dist 0.1, Euclidean, seed 0 but for what the name says",
            "Isomap": "10 neighbours",
            "MDS": "SMACOF from classical MDS, 300 iterations at most",
            "noise": NOISE,
        },
        "layouts": {},
    }  # fmt: skip
    if QUALITY.exists():
        results["layouts"] = json.loads(QUALITY.read_text("utf-8"))["layouts"]
    for name, (collection, lay_out) in plan().items():
        if name in results["layouts"]:
            continue
        before = time.process_time()
        layout, figures = lay_out(points(collection))
        seconds = round(time.process_time() - before, 1)
        results["layouts"][name] = pack(layout) | figures | {"cpu_seconds": seconds}
        write_stored(QUALITY, results)
        print(name, figures, seconds, flush=True)


if __name__ == "__main__":
    main()
