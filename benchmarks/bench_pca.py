"""Speed and accuracy of ``pca_fit`` next to scikit-learn's solvers.

    python -m benchmarks.bench_pca                                  # five minutes, 1.5 GB
    python -m benchmarks.bench_pca --rows 10000 --repeats 1         # small

Rows are float32, normal along axes whose variance falls from 1 as 1 / j, turned at random, plus a
mean of the length that is asked for; the standard deviation of a whole row is 2.6 for 384
dimensions. All fit k axes, in turn within one run, with one thread; medians of the ratios of
neighbouring runs. Accuracy is the largest angle of an axis, and of what all k span, to the
eigenvectors of the covariance in float64 of the same rows about their mean. The full SVD is fitted
once a case, and scikit-learn's ``covariance_eigh`` also to rows that somebody has centred or
converted to float64 first, which is inside its time. Results go to ``results/pca.json``.
"""

import argparse
import json
import platform
import statistics
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import sklearn
import torch
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from helpers.pca import BLOCK, pca_fit
from helpers.pca_compare import axis_angles, subspace_angle

RESULTS = Path(__file__).parent / "results" / "pca.json"
OURS = "pca_fit"
ONCE = "full"  # too slow to repeat


def rows_with_mean(n, d, length, seed=0):
    """Make n float32 rows with a mean of this length and a falling spectrum."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0] / np.sqrt(np.arange(1, d + 1))[:, None]
    rows = rng.standard_normal((n, d), dtype=np.float32) @ turn.astype(np.float32)
    mean = rng.normal(size=d)
    rows += (mean * (length / np.linalg.norm(mean))).astype(np.float32)
    return rows


def reference(rows, k):
    """Compute the axes from the float64 covariance about the mean, a few rows at a time."""
    mean = rows.mean(axis=0, dtype=np.float64)
    covariance = sum(
        moved.T @ moved
        for start in range(0, len(rows), BLOCK)
        for moved in [rows[start : start + BLOCK].astype(np.float64) - mean]
    )
    return np.linalg.eigh(covariance)[1][:, ::-1][:, :k]


def fits(rows, k):
    """Name all ways to fit, each without arguments and with the axes (d, k) as its result."""

    def peer(solver, prepare=lambda rows: rows):
        model = PCA(k, svd_solver=solver, random_state=0)
        return lambda: model.fit(prepare(rows)).components_.T

    return {
        OURS: lambda: pca_fit(rows, k).axes,
        "covariance_eigh": peer("covariance_eigh"),
        "covariance_eigh, float64": peer("covariance_eigh", lambda rows: rows.astype(np.float64)),
        "covariance_eigh, centred": peer("covariance_eigh", lambda rows: rows - rows.mean(axis=0)),
        "randomized": peer("randomized"),
        ONCE: peer("full"),
    }


def compare(n, d, k, length, repeats, without):
    """Seconds, ratios and angles of all ways for one case."""
    rows = rows_with_mean(n, d, length)
    exact, ways = reference(rows, k), fits(rows, k)
    ways = {name: way for name, way in ways.items() if name not in without}
    pca_fit(rows[: 2 * BLOCK], k)
    cpu, wall, axes = defaultdict(list), defaultdict(list), {}
    for turn in range(repeats):
        for name, way in ways.items():
            if turn and name == ONCE:
                continue
            start = time.process_time(), time.perf_counter()
            axes[name] = way()
            cpu[name].append(time.process_time() - start[0])
            wall[name].append(time.perf_counter() - start[1])
    table = {}
    for name in ways:
        row = table[name] = {
            "cpu_s": round(statistics.median(cpu[name]), 3),
            "wall_s": round(statistics.median(wall[name]), 3),
            "worst_axis_degrees": float(f"{axis_angles(exact, axes[name]).max():.2g}"),
            "subspace_degrees": float(f"{subspace_angle(exact, axes[name]):.2g}"),
        }
        for clock, seconds in (("cpu", cpu), ("wall", wall)):
            ratios = [a / b for a, b in zip(seconds[name], seconds[OURS], strict=False)]
            row[f"{clock}_ratio"] = round(statistics.median(ratios), 2)
            row[f"{clock}_ratio_range"] = [round(min(ratios), 2), round(max(ratios), 2)]
    return table


def lines(case, table):
    """Rows of the table in README.md."""
    for name, row in table.items():
        ratios = (
            f"{row[f'{clock}_ratio']:.2f} ({low:.2f}-{high:.2f})"
            for clock in ("cpu", "wall")
            for low, high in [row[f"{clock}_ratio_range"]]
        )
        yield (
            f"| {case} | {name} | {row['cpu_s']:.2f} | {' | '.join(ratios)} "
            f"| {row['worst_axis_degrees']:.2g} | {row['subspace_degrees']:.2g} |"
        )


def main():
    """Run what the command line asks for, write the results and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--axes", type=int, default=50)
    parser.add_argument("--means", type=float, nargs="+", default=[0, 10, 100], help="lengths")
    parser.add_argument("--repeats", type=int, default=5, help="timed runs")
    parser.add_argument("--without", nargs="*", default=[], help="ways to leave out, such as full")
    options = parser.parse_args()
    n, d, k = options.rows, options.dimensions, options.axes
    if not 1 <= k < min(n, d) or options.repeats < 1 or min(options.means) < 0:
        parser.error("axes take 1 to less than rows and dimensions, repeats 1 or more, means 0 up")
    if OURS in options.without:
        parser.error(f"{OURS} is what the others are compared with")
    machine = {
        "processor": f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}",
        "numpy": np.__version__, "scikit-learn": sklearn.__version__, "block": BLOCK,
    }  # fmt: skip
    print(
        "| case | fit | CPU s | CPU ratio to ours | wall ratio | worst axis, degrees "
        "| subspace, degrees |\n|---|---|---|---|---|---|---|"
    )
    for i, length in enumerate(options.means):
        without = {*options.without} | ({ONCE} if i < len(options.means) - 1 else set())
        with threadpool_limits(1):
            table = compare(n, d, k, length, options.repeats, without)
        name = f"{n:,} x {d} to {k}, mean of length {length:g}"
        print(*lines(name, table), sep="\n", flush=True)
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        results |= {"machine": machine | {"repeats": options.repeats}, name: table}
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
