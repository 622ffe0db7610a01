"""Speed and exactness of exact search next to faiss-cpu's ``IndexFlatIP``.

    python -m benchmarks.bench_exact                          # about ten minutes
    python -m benchmarks.bench_exact --cases 10000x384 --repeats 3

A case is `points x dimensions`: the ten best for each point among all, by ``all_pairs_top_k``, by
``top_k`` and by faiss; or `points x dimensions x queries`: the ten best for each query, by
``top_k`` and by faiss. Vectors are random directions, float32, and the score is the dot product.
Where queries times dimensions is below 128,000, faiss multiplies without BLAS unless it is told
otherwise: then it is timed both ways. All in turn within one run, with one thread and with two;
medians of the ratios of neighbouring runs. faiss's index is filled before the clock starts; what
ours prepares is inside. Results are compared with faiss's: how many ids differ, the largest
difference between the float64 scores of those, and the largest difference between the returned
scores. Results go to ``results/exact.json``.
"""

import argparse
import json
import platform
import statistics
import time
from collections import defaultdict
from pathlib import Path

import faiss
import numpy as np
import torch
from threadpoolctl import threadpool_limits

from helpers.exact_search import TILE, all_pairs_top_k, top_k

RESULTS = Path(__file__).parent / "results" / "exact.json"
K = 10
BLAS_THRESHOLD = faiss.cvar.distance_compute_blas_threshold  # queries times dimensions
CASES = ["50000x384", "400000x50x1000"]


def directions(n, n_dims, seed):
    """Make n random unit vectors, float32."""
    rows = np.random.default_rng(seed).standard_normal((n, n_dims), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ways(n, n_dims, n_queries, threads):
    """Make the inputs of a case, and all ways to search by name, each without arguments."""
    vectors = directions(n, n_dims, 0)
    queries = directions(n_queries, n_dims, 1) if n_queries else vectors
    index = faiss.IndexFlatIP(n_dims)
    index.add(vectors)

    def by_faiss(least_work):
        faiss.omp_set_num_threads(threads)
        faiss.cvar.distance_compute_blas_threshold = least_work
        with threadpool_limits(threads):  # of the BLAS that it brings along, too
            return index.search(queries, K)

    found = {
        "top_k": lambda: top_k(queries, vectors, K, threads=threads),
        "faiss": lambda: by_faiss(BLAS_THRESHOLD),
    }
    if not n_queries:
        found = {"all_pairs_top_k": lambda: all_pairs_top_k(vectors, K, threads=threads)} | found
    elif n_queries * n_dims < BLAS_THRESHOLD:
        found["faiss with BLAS"] = lambda: by_faiss(1)
    return queries, vectors, found


def differences(queries, vectors, ours, theirs):
    """Compare two results, ``(scores, ids)`` each."""
    (scores, ids), (their_scores, their_ids) = ours, theirs
    row, place = np.nonzero(ids != their_ids)
    gap = [
        np.einsum("nd,nd->n", queries[row].astype(float), vectors[which[row, place]].astype(float))
        for which in (ids, their_ids)
    ]
    return {
        "ids_different": len(row),
        "largest_gap_of_these": float(f"{abs(gap[0] - gap[1]).max(initial=0):.2g}"),
        "largest_score_difference": float(f"{abs(scores - their_scores).max():.2g}"),
    }


def compare(n, n_dims, n_queries, threads, repeats):
    """Seconds and ratios of all ways for one case."""
    queries, vectors, searches = ways(n, n_dims, n_queries, threads)
    for search in ways(2 * TILE, n_dims, min(n_queries, 10), threads)[2].values():
        search()  # compiles and warms up
    cpu, wall, results = defaultdict(list), defaultdict(list), {}
    for _ in range(repeats):
        for name, search in searches.items():
            start = time.process_time(), time.perf_counter()
            results[name] = search()
            cpu[name].append(time.process_time() - start[0])
            wall[name].append(time.perf_counter() - start[1])
    table = {}
    for name in searches:
        table[name] = {
            "cpu_s": round(statistics.median(cpu[name]), 2),
            "wall_s": round(statistics.median(wall[name]), 2),
        }
    for name, peer in pairs(table):
        row = differences(queries, vectors, results[name], results[peer])
        for clock, seconds in (("cpu", cpu), ("wall", wall)):
            ratios = [a / b for a, b in zip(seconds[peer], seconds[name], strict=True)]
            row[f"{clock}_ratio"] = round(statistics.median(ratios), 2)
            row[f"{clock}_ratio_range"] = [round(min(ratios), 2), round(max(ratios), 2)]
        table[name][f"against {peer}"] = row
    return table


def pairs(names):
    """All of ours with all of faiss's."""
    theirs = [name for name in names if name.startswith("faiss")]
    return [(name, peer) for name in names if name not in theirs for peer in theirs]


def lines(case, table):
    """Rows of the table in README.md."""
    for name, peer in pairs(table):
        row = table[name][f"against {peer}"]
        ratios = (
            f"{row[f'{clock}_ratio']:.2f} ({low:.2f}-{high:.2f})"
            for clock in ("cpu", "wall")
            for low, high in [row[f"{clock}_ratio_range"]]
        )
        yield (
            f"| {case} | `{name}` | {peer} | {table[name]['cpu_s']} / {table[peer]['cpu_s']} "
            f"| {' | '.join(ratios)} | {row['ids_different']} "
            f"| {row['largest_score_difference']:.1g} |"
        )


def main():
    """Run what the command line asks for, write the results and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="+", default=CASES, help="NxD or NxDxQUERIES")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3, help="timed runs")
    options = parser.parse_args()
    try:
        cases = [[int(part) for part in case.split("x")] for case in options.cases]
    except ValueError:
        cases = []
    if not cases or any(len(case) not in (2, 3) or min(case) < 1 for case in cases):
        parser.error("--cases takes points x dimensions [x queries], such as 10000x384")
    if any(case[0] < K for case in cases):
        parser.error(f"a case needs at least {K} points")
    if min(options.threads) < 1 or options.repeats < 1:
        parser.error("--threads and --repeats take numbers from 1")
    machine = {
        "processor": f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}",
        "numpy": np.__version__, "faiss": faiss.__version__, "tile": TILE,
    }  # fmt: skip
    print(
        "| case | ours | peer | CPU s, ours / peer | CPU ratio | wall ratio | ids different "
        "| score difference |\n|---|---|---|---|---|---|---|---|"
    )
    for n, n_dims, *rest in cases:
        n_queries = rest[0] if rest else 0
        for threads in options.threads:
            table = compare(n, n_dims, n_queries, threads, options.repeats)
            asked = f"{n_queries:,} queries" if n_queries else "all pairs"
            name = f"{n:,} x {n_dims}, {asked}, {threads} thread{'s' if threads > 1 else ''}"
            print(*lines(name, table), sep="\n", flush=True)
            results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
            results |= {"machine": machine | {"repeats": options.repeats}, name: table}
            RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
