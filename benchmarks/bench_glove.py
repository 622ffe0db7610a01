"""Speed and quality of co-occurrence counting and GloVe next to their peers.

    python -m benchmarks.bench_glove                      # everything, about 20 minutes
    python -m benchmarks.bench_glove --parts counting speed --repeats 5

Counting: a dictionary, and scipy.sparse on shifted token arrays. GloVe: the plain loop in float64
over shuffled cells (by numba, by numba with fastmath, and in C with the compiler flags of the
released program, whose source is not part of this course), numpy and torch minibatches. One
thread each, in turn within one run; medians, per CPU second. Results of a part replace its older
ones in ``results/glove.json``.
"""

import argparse
import ctypes
import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
import warnings
from collections import defaultdict
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numba  # noqa: E402
import numpy as np  # noqa: E402
import scipy  # noqa: E402
import torch  # noqa: E402
from scipy.sparse import coo_array, csr_array  # noqa: E402

from benchmarks.bench_word2vec import scores, summary  # noqa: E402
from helpers import data  # noqa: E402
from helpers._simd import LANES  # noqa: E402
from helpers.cooccurrence import cooccurrences  # noqa: E402
from helpers.glove import cost, train_glove, weighting  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "glove.json"
DIM, LR, BATCH = 100, 0.2, 4096
PLAIN_CELLS, BATCHES = 400_000, 8  # what a slow peer does in one timed run
C_FLAGS = ["-O3", "-march=native", "-funroll-loops"]

# Row r of a matrix: DIM numbers and a bias, then as many sums of squares.
C_LOOP = """
#include <math.h>
double epoch(double *words, double *contexts, int dim, const int *cells, const double *logs,
             const double *weights, const long *order, long n, double lr) {
    double total = 0;
    for (long t = 0; t < n; t++) {
        long cell = order[t];
        double *w = words + 2 * (dim + 1) * (long)cells[2 * cell], *gw = w + dim + 1;
        double *c = contexts + 2 * (dim + 1) * (long)cells[2 * cell + 1], *gc = c + dim + 1;
        double error = w[dim] + c[dim] - logs[cell];
        for (int k = 0; k < dim; k++) error += w[k] * c[k];
        double gain = weights[cell] * error;
        total += gain * error;
        for (int k = 0; k < dim; k++) {
            double by_w = gain * c[k], by_c = gain * w[k];
            gw[k] += by_w * by_w;
            gc[k] += by_c * by_c;
            w[k] -= lr * by_w / sqrt(gw[k]);
            c[k] -= lr * by_c / sqrt(gc[k]);
        }
        gw[dim] += gain * gain;
        gc[dim] += gain * gain;
        w[dim] -= lr * gain / sqrt(gw[dim]);
        c[dim] -= lr * gain / sqrt(gc[dim]);
    }
    return total;
}
"""


def plain_epoch(words, contexts, dim, cells, logs, weights, order, lr):
    """Do the same as ``C_LOOP``; numba compiles it below, with and without fastmath."""
    total = 0.0
    for cell in order:
        i, j = cells[cell, 0], cells[cell, 1]
        w, w_squares = words[i, : dim + 1], words[i, dim + 1 :]
        c, c_squares = contexts[j, : dim + 1], contexts[j, dim + 1 :]
        error = w[dim] + c[dim] - logs[cell]
        for k in range(dim):
            error += w[k] * c[k]
        gain = weights[cell] * error
        total += gain * error
        for k in range(dim):
            by_w, by_c = gain * c[k], gain * w[k]
            w_squares[k] += by_w * by_w
            c_squares[k] += by_c * by_c
            w[k] -= lr * by_w / np.sqrt(w_squares[k])
            c[k] -= lr * by_c / np.sqrt(c_squares[k])
        w_squares[dim] += gain * gain
        c_squares[dim] += gain * gain
        w[dim] -= lr * gain / np.sqrt(w_squares[dim])
        c[dim] -= lr * gain / np.sqrt(c_squares[dim])
    return total


PLAIN = numba.njit(error_model="numpy")(plain_epoch)
FAST_PLAIN = numba.njit(error_model="numpy", fastmath=True)(plain_epoch)


def timed(units, call):
    """`units` and the CPU seconds of a call."""
    start = time.process_time()
    call()
    return units, time.process_time() - start


def in_turn(calls, repeats):
    """Run all calls in turn; units per CPU second, and how many times as fast the first is.

    Each call returns the units of work that it did and the CPU seconds that it took.
    """
    rates = defaultdict(list)
    for _ in range(repeats):
        for name, call in calls.items():
            units, seconds = call()
            rates[name].append(units / seconds)
    table = {}
    for name, values in rates.items():
        ratios = [ours / theirs for ours, theirs in zip(rates["ours"], values, strict=True)]
        table[name] = {"thousands_per_cpu_second": round(statistics.median(values) / 1000, 1)}
        if name != "ours":
            table[name] |= {
                "ratio": round(statistics.median(ratios), 2),
                "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
            }
    return table


def dict_count(sentences, window):
    """Count with a dictionary of floats, both ways at once."""
    counts = defaultdict(float)
    for sentence in sentences:
        for i, word in enumerate(sentence):
            for m, other in enumerate(sentence[i + 1 : i + 1 + window], 1):
                counts[word, other] += 1 / m
                counts[other, word] += 1 / m
    return counts


def scipy_count(corpus, n_words, window):
    """Add up sparse matrices of token pairs, one matrix a distance."""
    sentence = np.repeat(np.arange(len(corpus)), np.diff(corpus.offsets))
    half = csr_array((n_words, n_words), dtype=np.float64)  # float32 would lose digits
    for m in range(1, window + 1):
        inside = sentence[m:] == sentence[:-m]
        pairs = corpus.tokens[:-m][inside], corpus.tokens[m:][inside]
        weights = np.full(len(pairs[0]), 1 / m)
        half += coo_array((weights, pairs), shape=half.shape).tocsr()
    return (half + half.T).astype(np.float32)


def bench_counting(corpus, vocabulary, repeats):
    """Time counting with 1/distance weights; tokens per CPU second."""
    part = [corpus[s].tolist() for s in range(0, len(corpus), 20)]
    n_part, n_words = sum(map(len, part)), len(vocabulary)
    results = {}
    for window in (5, 10):

        def ours(window=window):
            return cooccurrences(corpus, n_words, window, "harmonic")

        def with_scipy(window=window):
            return scipy_count(corpus, n_words, window)

        def with_dict(window=window):
            return dict_count(part, window)

        counts = ours()
        gap = abs(counts - with_scipy()).max()
        calls = {
            "ours": partial(timed, corpus.n_tokens, ours),
            "scipy.sparse": partial(timed, corpus.n_tokens, with_scipy),
            "dict": partial(timed, n_part, with_dict),
        }
        results[f"window {window}"] = {
            "tokens": corpus.n_tokens, "cells": counts.nnz, "largest_gap_to_scipy": float(gap),
            **in_turn(calls, repeats),
        }  # fmt: skip
    return results


class Cells:
    """The non-zero cells in one random order, as the plain loops want them."""

    def __init__(self, counts, x_max=10.0):
        coo = counts.tocoo()
        self.cells = np.stack([coo.row, coo.col], axis=1).astype(np.int32)
        self.logs = np.log(coo.data.astype(np.float64))
        self.weights = weighting(coo.data, x_max)
        self.n, self.n_words = len(self.cells), counts.shape[0]

    def start(self, seed):
        """Make two matrices for the plain loops: uniform parameters, then ones."""
        rng = np.random.default_rng(seed)
        shape = (self.n_words, 2 * (DIM + 1))
        matrices = [np.ones(shape), np.ones(shape)]
        for matrix in matrices:
            matrix[:, : DIM + 1] = rng.uniform(-0.5, 0.5, (self.n_words, DIM + 1)) / DIM
        return matrices

    def loss(self, words, contexts):
        """Mean cost per cell, over all cells."""
        total = 0.0
        for part in np.array_split(np.arange(self.n), 200):
            w, c = words[self.cells[part, 0]], contexts[self.cells[part, 1]]
            error = np.einsum("nd,nd->n", w[:, :DIM], c[:, :DIM])
            error += w[:, DIM] + c[:, DIM] - self.logs[part]
            total += (self.weights[part] * error**2).sum()
        return total / self.n


def c_epoch(folder):
    """Compile the C loop; None without a compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    source, library = Path(folder) / "plain.c", Path(folder) / "plain.so"
    source.write_text(C_LOOP)
    command = [compiler, source, "-o", library, "-shared", "-fPIC", *C_FLAGS, "-lm"]
    subprocess.run(command, check=True)
    function = ctypes.CDLL(str(library)).epoch
    function.restype = ctypes.c_double

    def call(words, contexts, dim, cells, logs, weights, order, lr):
        def pointer(array):
            return array.ctypes.data_as(ctypes.c_void_p)

        arrays = map(pointer, (cells, logs, weights, order))
        return function(
            pointer(words), pointer(contexts), dim, *arrays, ctypes.c_long(len(order)),
            ctypes.c_double(lr),
        )  # fmt: skip

    return call


def numpy_batches(cells, matrices, order):
    """AdaGrad on minibatches with fancy indexing and ``np.add.at``."""
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        rows = cells.cells[part].T
        w, c = (matrix[row] for matrix, row in zip(matrices, rows, strict=True))
        error = np.einsum("nd,nd->n", w[:, :DIM], c[:, :DIM]) + w[:, DIM] + c[:, DIM]
        gain = (cells.weights[part] * (error - cells.logs[part]))[:, None]
        for matrix, row, other in zip(matrices, rows, (c, w), strict=True):
            unique, inverse = np.unique(row, return_inverse=True)
            gradient = np.zeros((len(unique), DIM + 1))
            np.add.at(gradient[:, :DIM], inverse, gain * other[:, :DIM])
            np.add.at(gradient[:, DIM], inverse, gain[:, 0])
            matrix[unique, DIM + 1 :] += gradient**2
            matrix[unique, : DIM + 1] -= LR * gradient / np.sqrt(matrix[unique, DIM + 1 :])


class TorchBatches:
    """The same minibatches with torch: sparse embedding gradients and its Adagrad."""

    def __init__(self, cells):
        torch.set_num_threads(1)
        warnings.filterwarnings("ignore", "Sparse invariant checks")
        torch.manual_seed(1)
        sizes = (DIM, DIM, 1, 1)
        self.tables = [torch.nn.Embedding(cells.n_words, size, sparse=True) for size in sizes]
        for table in self.tables:
            torch.nn.init.uniform_(table.weight, -0.5 / DIM, 0.5 / DIM)
        self.optimizer = torch.optim.Adagrad(
            [table.weight for table in self.tables], lr=LR, initial_accumulator_value=1
        )
        self.cells = torch.from_numpy(cells.cells.astype(np.int64))
        self.logs, self.weights = (
            torch.from_numpy(array.astype(np.float32)) for array in (cells.logs, cells.weights)
        )

    def run(self, order):
        """Train the cells of `order`, a batch after the other."""
        for part in torch.from_numpy(order).split(BATCH):
            i, j = self.cells[part].T
            w, c, b, d = (t(k) for t, k in zip(self.tables, (i, j, i, j), strict=True))
            error = (w * c).sum(dim=1) + b[:, 0] + d[:, 0] - self.logs[part]
            self.optimizer.zero_grad()
            (self.weights[part] * error**2).sum().div(2).backward()
            self.optimizer.step()


def bench_speed(counts, vocabulary, repeats):
    """Time GloVe's steps; cells per CPU second."""
    cells = Cells(counts)
    order = np.random.default_rng(0).permutation(cells.n)
    matrices, batched = cells.start(0), cells.start(0)
    rng = np.random.default_rng(1)

    def some(n):
        start = rng.integers(cells.n - n)
        return order[start : start + n]

    def plain(kernel):
        part = some(PLAIN_CELLS)
        kernel(*matrices, DIM, cells.cells, cells.logs, cells.weights, part, LR)

    def ours():
        clocks = []
        train_glove(
            counts, vocabulary, epochs=2, lr=LR, threads=1, progress=False,
            callback=lambda epoch, model: clocks.append(time.process_time()),
        )  # fmt: skip
        # The second epoch counts: shuffling and steps, not the setting up.
        return cells.n, clocks[1] - clocks[0]

    with tempfile.TemporaryDirectory() as folder:
        torch_batches = TorchBatches(cells)
        slow = BATCH * BATCHES
        calls = {
            "ours": ours,
            "plain loop, numba": partial(timed, PLAIN_CELLS, partial(plain, PLAIN)),
            "plain loop, numba fastmath": partial(timed, PLAIN_CELLS, partial(plain, FAST_PLAIN)),
            "numpy batches": partial(
                timed, slow, lambda: numpy_batches(cells, batched, some(slow))
            ),
            "torch batches": partial(timed, slow, lambda: torch_batches.run(some(slow))),
        }
        in_c = c_epoch(folder)
        if in_c is not None:
            calls["plain loop, C"] = partial(timed, PLAIN_CELLS, partial(plain, in_c))
        in_turn(calls, 1)  # compiles
        return {"cells": cells.n, "dim": DIM, **in_turn(calls, repeats)}


def bench_cost(counts, vocabulary, seeds, epochs=5):
    """Cost per cell over all cells after 5 epochs, next to the plain loop's in random order."""
    cells, ours, theirs = Cells(counts), [], []
    for seed in seeds:
        model = train_glove(counts, vocabulary, epochs=epochs, lr=LR, seed=seed, progress=False)
        ours.append({"cost": cost(model, counts) / counts.nnz, **scores(model.vectors, vocabulary)})
        matrices, rng = cells.start(seed), np.random.default_rng(seed)
        for _ in range(epochs):
            order = rng.permutation(cells.n)
            FAST_PLAIN(*matrices, DIM, cells.cells, cells.logs, cells.weights, order, LR)
        vectors = (matrices[0] + matrices[1])[:, :DIM]
        theirs.append({"cost": cells.loss(*matrices), **scores(vectors, vocabulary)})
        print(f"  seed {seed}: ours {ours[-1]}\n{'':8}plain {theirs[-1]}", flush=True)
    return {
        "epochs": epochs, "seeds": list(seeds), "ours": summary(ours), "plain": summary(theirs),
    }  # fmt: skip


def bench_quality(corpus, vocabulary, seeds, at=(5, 10, 20)):
    """WordSim-353, SimLex-999 and analogies by window, x_max and epochs."""
    results = {}
    for window in (5, 10):
        counts = cooccurrences(corpus, len(vocabulary), window, "harmonic")
        for x_max in (10.0, 100.0):
            rows = defaultdict(list)
            for seed in seeds:

                def look(epoch, model, rows=rows):
                    if epoch in at:
                        rows[epoch].append(scores(model.vectors, vocabulary))

                train_glove(
                    counts, vocabulary, x_max=x_max, epochs=max(at), lr=LR, seed=seed,
                    callback=look, progress=False,
                )  # fmt: skip
            for epoch in at:
                name = f"window {window}, x_max {x_max:.0f}, {epoch} epochs"
                results[name] = summary(rows[epoch])
                print(name, results[name], flush=True)
    return {"seeds": list(seeds), **results}


def main():
    """Run what the command line asks for and write the results."""
    parts = ("counting", "speed", "cost", "quality")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    parser.add_argument("--repeats", type=int, default=5, help="timed runs")
    parser.add_argument("--seeds", type=int, default=3, help="seeds for cost and quality")
    options = parser.parse_args()
    vocabulary, corpus = data.corpus().encoded(min_count=5)
    counts = cooccurrences(corpus, len(vocabulary), 10, "harmonic")
    seeds = range(1, options.seeds + 1)
    runs = {
        "counting": lambda: bench_counting(corpus, vocabulary, options.repeats),
        "speed": lambda: bench_speed(counts, vocabulary, options.repeats),
        "cost": lambda: bench_cost(counts, vocabulary, seeds),
        "quality": lambda: bench_quality(corpus, vocabulary, seeds),
    }
    machine = {
        "processor": f"{platform.machine()}, float32 vectors of {LANES} in the kernels",
        "numba": numba.__version__, "scipy": scipy.__version__, "torch": torch.__version__,
        "c_flags": " ".join(C_FLAGS),
    }  # fmt: skip
    for part in options.parts:
        result = runs[part]()
        print(part, json.dumps(result, indent=1), flush=True)
        # Read again each time: another run may have written other parts meanwhile.
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        results |= {"machine": machine, part: result}
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
