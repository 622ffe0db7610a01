"""Static word vectors on one corpus: SGNS, CBOW, fastText, GloVe, PPMI-SVD, and pretrained ones.

    python -m benchmarks.compare_static                  # what is missing, with three seeds
    python -m benchmarks.compare_static --seeds 1 --only SGNS PPMI-SVD
    python -m benchmarks.compare_static --fresh          # everything anew, about half an hour

Writes ``data/static_vectors.json`` after each training, so that an interrupted run goes on where
it stopped. Everything trains on one thread; seconds are CPU seconds of the training alone, without
evaluation. What the file holds is described in ``data/README.md``.
"""

import argparse
import os
import platform

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

from benchmarks.static_trainings import (  # noqa: E402
    COUNTING,
    ORDER,
    PREDICTIVE,
    counting,
    glove,
    growing,
    predictive,
    pretrained,
    rounded,
    two_matrices,
    x_max_table,
)
from helpers import data  # noqa: E402
from helpers.static_comparison import (  # noqa: E402
    FORMAT,
    PATH,
    SIMILARITY,
    SharedTests,
    bootstrap_interval,
    load_comparison,
    rank_correlations,
)
from helpers.stored import write_stored  # noqa: E402

BANDS = (5, 20, 50, 200, None)  # counts of the rarer word of a pair


class Bench:
    """The corpus, the tests, and the file that grows."""

    def __init__(self, fresh: bool):
        self.vocabulary, self.corpus = data.corpus("default").encoded(min_count=5)
        self.glove_words, self.glove_vectors = data.pretrained_glove()
        self.tests = SharedTests(self.vocabulary, self.glove_words)
        old = {} if fresh or not PATH.exists() else load_comparison().raw
        counts = self.vocabulary.counts
        rarer = {
            name: [
                int(min(counts[self.vocabulary.index[word]] for word in pair[:2])) for pair in pairs
            ]
            for name, pairs in self.tests.pairs.items()
        }
        self.raw = {
            "format": FORMAT,
            "licence": "CC0-1.0",
            "about": "Static word vectors compared; made by python -m benchmarks.compare_static",
            "machine": f"{platform.machine()}, {os.cpu_count()} shared cores, one thread",
            "versions": {"python": platform.python_version(), "numpy": np.__version__},
            "corpus": {
                "name": "default",
                "tokens": self.corpus.n_tokens,
                "words": len(self.vocabulary),
                "min_count": 5,
                "common_words": len(self.tests.words),
            },
            "pairs": {
                name: {"position": self.tests.positions[name], "rarer": rarer[name]}
                for name in SIMILARITY
            },
        } | {
            key: old.get(key, empty)
            for key, empty in (
                ("methods", {}),
                ("curves", {}),
                ("bands", {name: [] for name in SIMILARITY}),
                ("intervals", {name: {} for name in SIMILARITY}),
                ("x_max", []),
                ("two_matrices", {}),
                ("growing", []),
            )
        }

    def write(self):
        """Put the file in place in one step, the methods always in the same order."""
        methods = self.raw["methods"]
        self.raw["methods"] = {name: methods[name] for name in ORDER if name in methods}
        write_stored(PATH, self.raw)

    def method(self, name, settings, kept, training, counting=0.0):
        """Return the entry of a method; one with other settings is thrown away."""
        entry = self.raw["methods"].get(name)
        if entry is None or entry["settings"] != settings:
            entry = self.raw["methods"][name] = {"settings": settings, "runs": []}
        entry["kept_mb"], entry["training_mb"] = round(kept / 1e6, 1), round(training / 1e6, 1)
        entry.setdefault("counting_cpu_seconds", round(counting, 2))
        return entry

    def done(self, entry, seed):
        """Whether this seed is there."""
        return any(run["seed"] == seed for run in entry["runs"])

    def run(self, seed, seconds, vectors):
        """Score the vectors of the whole vocabulary."""
        vectors = vectors[self.tests.rows]
        return {
            "seed": seed,
            "cpu_seconds": seconds,
            "scores": rounded(self.tests.scores(vectors)),
            "cosines": {
                name: np.round(self.tests.cosines(vectors, name), 4).tolist() for name in SIMILARITY
            },
        }

    def add(self, entry, run, name):
        """Store a run and say so."""
        entry["runs"] = sorted([*entry["runs"], run], key=lambda each: each["seed"])
        self.write()
        print(f"{name:22s} seed {run['seed']}  {run['cpu_seconds']} CPU s  {run['scores']}")


def bands(bench):
    """Score all pairs, and bands of the rarer word's count, with intervals over pairs."""
    for test in SIMILARITY:
        whole = data.wordsim353() if test == "WS-353" else data.simlex999()
        ratings = np.array([whole[i].rating for i in bench.raw["pairs"][test]["position"]])
        rarer = np.array(bench.raw["pairs"][test]["rarer"])
        methods = bench.raw["methods"]
        cosines = {
            name: np.array([run["cosines"][test] for run in entry["runs"]])
            for name, entry in methods.items()
        }
        bench.raw["intervals"][test] = {
            name: interval(ratings, rows) for name, rows in cosines.items()
        }
        bench.raw["bands"][test] = []
        for low, high in zip(BANDS, BANDS[1:], strict=False):
            inside = (rarer >= low) & (rarer < (high or np.inf))
            found = {
                name: interval(ratings[inside], rows[:, inside]) for name, rows in cosines.items()
            }
            bench.raw["bands"][test].append(
                {"low": low, "high": high, "pairs": int(inside.sum()), "methods": found}
            )
    bench.write()


def interval(ratings, cosines):
    """Return the mean over seeds and its bootstrap interval over pairs."""
    mean = float(np.mean([rank_correlations(ratings, row)[0] for row in cosines]))
    low, high = bootstrap_interval(ratings, cosines)
    return rounded({"mean": mean, "low": low, "high": high})


def main():
    """Run what the command line asks for."""
    jobs = {name: lambda b, s, name=name: predictive(b, name, s) for name in PREDICTIVE}
    jobs |= {name: lambda b, s, name=name: counting(b, name, s) for name in COUNTING}
    jobs |= {"pretrained": lambda b, s: pretrained(b), "growing": growing}
    jobs |= {"GloVe": glove, "two matrices": two_matrices, "x_max": x_max_table}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="seeds 1 to this number")
    parser.add_argument("--only", nargs="+", choices=jobs, default=list(jobs))
    parser.add_argument("--fresh", action="store_true", help="forget what is stored")
    options = parser.parse_args()
    if options.seeds < 1:
        parser.error("--seeds must be at least 1")
    try:
        bench = Bench(options.fresh)
    except ValueError as error:  # The stored file cannot be read.
        parser.error(f"{error} With --fresh it is made anew.")
    for name in options.only:
        jobs[name](bench, range(1, options.seeds + 1))
    bands(bench)


if __name__ == "__main__":
    main()
