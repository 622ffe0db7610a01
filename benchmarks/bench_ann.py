"""Measure recall, latency and memory of approximate search on all GloVe vectors, for lesson 06.

``python -m benchmarks.bench_ann`` writes ``data/ann_frontier.json``: about six minutes of CPU on
one thread. Questions are asked one at a time. Every question is asked in several rounds, engines
taking turns, and the fastest of its rounds counts: a percentile over questions then says what slow
questions cost, not what else the machine did. ``--words 50000`` is a quick try.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import faiss
import numpy as np
import usearch
from usearch.index import Index

from helpers import data
from helpers.ann_frontier import STORED
from helpers.lsh import build_tables, search_tables
from helpers.stored import write_stored

K = 10
QUESTIONS = 300
SEED = 0


class Engine(NamedTuple):
    """One built index: its name, bytes a vector, CPU seconds to build, and settings to ask with.

    ``settings`` maps a label to ``ask(question (1, d)) -> ids (k,)``; ``work`` maps the same labels
    to the mean number of distances a question needs, where the library counts them.
    """

    name: str
    bytes: float
    build: float
    settings: dict[str, Callable]
    work: dict[str, float]


def task(n_words: int) -> tuple[np.ndarray, np.ndarray]:
    """Return unit vectors of stored words and of words that are asked for and not stored."""
    words, vectors = data.pretrained_glove()
    rows = np.array(vectors[:n_words])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    asked = np.zeros(n_words, bool)
    generator = np.random.default_rng(SEED)
    asked[n_words // 4 + generator.permutation(n_words - n_words // 4)[:QUESTIONS]] = True
    return np.ascontiguousarray(rows[~asked]), np.ascontiguousarray(rows[asked])


def _bytes(index, n: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "index")
        faiss.write_index(index, path)
        return os.path.getsize(path) / n


def _timed(build: Callable):
    started = time.process_time()
    built = build()
    return built, time.process_time() - started


def _plain(name, index, vectors, seconds, choices, more_bytes=0.0, work=None) -> Engine:
    """Wrap a faiss index; `choices` maps a label to search parameters or None."""

    def asker(parameters):
        return lambda question: index.search(question, K, params=parameters)[1][0]

    settings = {label: asker(parameters) for label, parameters in choices.items()}
    return Engine(name, _bytes(index, len(vectors)) + more_bytes, seconds, settings, work or {})


def _rescored(name, index, vectors, seconds, choices, work=None) -> Engine:
    """Wrap a faiss index of codes; `choices` maps a label to (candidates, search parameters)."""

    def asker(candidates, parameters):
        def ask(question):
            rows = index.search(question, candidates, params=parameters)[1][0]
            rows = rows[rows >= 0]
            return rows[np.argsort(-(vectors[rows] @ question[0]))[:K]]

        return ask

    settings = {label: asker(*choice) for label, choice in choices.items()}
    size = _bytes(index, len(vectors)) + 4 * vectors.shape[1]
    return Engine(name, size, seconds, settings, work or {})


def _lighten(clustering) -> None:
    """Let product codes train on 100 vectors a centroid for 10 rounds, not on 256 for 25."""
    clustering.seed = SEED
    clustering.max_points_per_centroid = 100
    clustering.niter = 10


def exact(vectors, questions) -> Engine:
    """Compare with every vector."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    _, seconds = _timed(lambda: index.add(vectors))
    work = {"all": float(len(vectors))}
    return _plain("exact", index, vectors, seconds, {"all": None}, work=work)


def hnsw(vectors, questions, links: int, ef_construction: int, efs) -> Engine:
    """Build faiss's HNSW."""
    index = faiss.IndexHNSWFlat(vectors.shape[1], links, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = ef_construction
    _, seconds = _timed(lambda: index.add(vectors))
    choices = {f"ef {ef}": faiss.SearchParametersHNSW(efSearch=ef) for ef in efs}
    work, counter = {}, faiss.cvar.hnsw_stats
    for label, parameters in choices.items():
        counter.reset()
        index.search(questions, K, params=parameters)
        work[label] = counter.ndis / len(questions)
    name = f"HNSW, M {links}, ef_construction {ef_construction}"
    return _plain(name, index, vectors, seconds, choices, work=work)


def usearch_hnsw(vectors, questions, links: int, ef_construction: int, efs) -> Engine:
    """Build usearch's HNSW."""
    index = Index(
        ndim=vectors.shape[1], metric="ip", dtype="f32", connectivity=links,
        expansion_add=ef_construction,
    )  # fmt: skip
    _, seconds = _timed(lambda: index.add(np.arange(len(vectors)), vectors, threads=1))

    def asker(ef):
        def ask(question):
            index.expansion_search = ef
            return index.search(question[0], K, threads=1).keys

        return ask

    work = {}
    for ef in efs:
        index.expansion_search = ef
        found = index.search(questions, K, threads=1)
        work[f"ef {ef}"] = found.computed_distances / len(questions)
    name = f"usearch HNSW, M {links}, ef_construction {ef_construction}"
    size = index.serialized_length / len(vectors)
    return Engine(name, size, seconds, {f"ef {ef}": asker(ef) for ef in efs}, work)


def _cells_work(index, questions, choices, cells) -> dict[str, float]:
    work, counter = {}, faiss.cvar.indexIVF_stats
    for label, parameters in choices.items():
        counter.reset()
        index.search(questions, K, params=parameters)
        work[label] = cells + counter.ndis / len(questions)
    return work


def ivf(vectors, questions, cells: int, probes) -> Engine:
    """Build cells with full vectors."""
    quantizer = faiss.IndexFlatIP(vectors.shape[1])
    index = faiss.IndexIVFFlat(quantizer, vectors.shape[1], cells, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = SEED

    def build():
        index.train(vectors)
        index.add(vectors)

    _, seconds = _timed(build)
    choices = {f"nprobe {p}": faiss.SearchParametersIVF(nprobe=p) for p in probes}
    work = _cells_work(index, questions, choices, cells)
    return _plain(f"IVF, {cells} cells", index, vectors, seconds, choices, work=work)


def ivfpq(vectors, questions, cells: int, m: int, probes) -> list[Engine]:
    """Build cells with product codes, with and without rescoring."""
    d = vectors.shape[1]
    index = faiss.IndexIVFPQ(faiss.IndexFlatIP(d), d, cells, m, 8, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = SEED
    _lighten(index.pq.cp)

    def build():
        index.train(vectors)
        index.add(vectors)

    _, seconds = _timed(build)
    choices = {f"nprobe {p}": faiss.SearchParametersIVF(nprobe=p) for p in probes}
    work = _cells_work(index, questions, choices, cells)
    rescored = {f"{label}, rescore 100": (100, chosen) for label, chosen in choices.items()}
    more = {f"{label}, rescore 100": count + 100 for label, count in work.items()}
    name = f"IVFPQ, {cells} cells, {m} bytes"
    return [
        _plain(name, index, vectors, seconds, choices, work=work),
        _rescored(f"{name}, rescored", index, vectors, seconds, rescored, work=more),
    ]


def codes(vectors, questions, m: int) -> list[Engine]:
    """Build flat codes: product, 8-bit numbers, signs of rotated coordinates."""
    d, n = vectors.shape[1], float(len(vectors))
    made = []
    product = faiss.IndexPQ(d, m, 8, faiss.METRIC_INNER_PRODUCT)
    _lighten(product.pq.cp)
    scalar = faiss.IndexScalarQuantizer(
        d, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    for name, index in ((f"PQ, {m} bytes", product), ("8-bit numbers", scalar)):

        def build(index=index):
            index.train(vectors)
            index.add(vectors)

        _, seconds = _timed(build)
        made.append(_plain(name, index, vectors, seconds, {"all": None}, work={"all": n}))
        if index is product:
            many = {f"rescore {c}": (c, None) for c in (50, 200)}
            work = {label: n + count for label, (count, _) in many.items()}
            made.append(_rescored(f"{name}, rescored", index, vectors, seconds, many, work))
    for bits in (64, 256):
        signs = faiss.IndexLSH(d, bits, True)
        _, seconds = _timed(lambda signs=signs: signs.add(vectors))
        many = {f"rescore {c}": (c, None) for c in (100, 1000)}
        work = {label: n + count for label, (count, _) in many.items()}
        made.append(_rescored(f"binary, {bits} bits", signs, vectors, seconds, many, work))
    return made


def tables(vectors, questions, bits: int, many: int) -> Engine:
    """Build hash tables of random hyperplanes: our numpy code, so its time is no library's."""
    built, seconds = _timed(lambda: build_tables(vectors, bits, many, SEED))
    label = f"{bits} bits, {many} tables"
    work = search_tables(built, vectors, questions, K).distances
    size = 4 * vectors.shape[1] + 16 * many
    settings = {label: lambda question: search_tables(built, vectors, question, K).ids[0]}
    return Engine("LSH tables (numpy)", size, seconds, settings, {label: work})


def engines(vectors, questions):
    """Build all engines."""
    efs = (10, 20, 40, 80, 160, 320)
    probes = (1, 4, 16, 32, 64, 128)
    cells = max(16, int(2 ** round(np.log2(1.6 * len(vectors) ** 0.5))))
    yield exact(vectors, questions)
    yield hnsw(vectors, questions, 16, 40, efs)
    yield hnsw(vectors, questions, 16, 100, efs)
    yield hnsw(vectors, questions, 32, 40, efs)
    yield usearch_hnsw(vectors, questions, 16, 40, efs)
    yield ivf(vectors, questions, cells, probes)
    yield from ivfpq(vectors, questions, cells, 25, probes)
    yield from codes(vectors, questions, 25)
    for bits, many in ((16, 32), (12, 32)):
        yield tables(vectors, questions, bits, many)


def ask_all(built: list[Engine], questions, rounds: int) -> dict:
    """Ask every engine every question in turns; keep the answers and the fastest times."""
    found, fastest = {}, {}
    for _ in range(rounds):
        for engine in built:
            for label, ask in engine.settings.items():
                key = engine.name, label
                times, rows = [], []
                for question in questions:
                    started = time.perf_counter()
                    ids = ask(question[None])
                    times.append(time.perf_counter() - started)
                    rows.append(np.asarray(ids))
                fastest[key] = np.minimum(fastest.get(key, np.inf), times)
                found[key] = rows
    return {key: (found[key], fastest[key]) for key in found}


def main() -> None:
    """Build, ask and store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.words < 20_000 or options.rounds < 1:
        parser.error("--words must be at least 20000 and --rounds at least 1.")
    faiss.omp_set_num_threads(1)
    vectors, questions = task(options.words)
    built = []
    for engine in engines(vectors, questions):
        built.append(engine)
        print(f"built {engine.name}: {engine.build:.1f} CPU s", flush=True)
    asked = ask_all(built, questions, options.rounds)
    truth = [set(row.tolist()) for row in asked["exact", "all"][0]]
    base = np.median(asked["exact", "all"][1])
    rows = []
    for engine in built:
        for label in engine.settings:
            ids, times = asked[engine.name, label]
            share = [
                len(right & set(row.tolist())) / K for right, row in zip(truth, ids, strict=True)
            ]
            rows.append(
                {
                    "engine": engine.name,
                    "setting": label,
                    "recall": round(float(np.mean(share)), 4),
                    "p50_ms": round(1000 * float(np.median(times)), 4),
                    "p99_ms": round(1000 * float(np.percentile(times, 99)), 4),
                    "faster": round(float(base / np.median(times)), 2),
                    "distances": round(engine.work[label], 1),
                    "bytes": round(engine.bytes, 1),
                    "build_s": round(engine.build, 1),
                }
            )
            print(rows[-1], flush=True)
    stored = {
        "format": 1,
        "licence": "CC0-1.0",
        "about": "python -m benchmarks.bench_ann",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "versions": {
            "faiss": faiss.__version__,
            "faiss options": faiss.get_compile_options().strip(),
            "usearch": usearch.__version__,
            "numpy": np.__version__,
        },
        "settings": {
            "vectors": f"{len(vectors)} GloVe vectors of length 1, {vectors.shape[1]} dimensions",
            "questions": f"{len(questions)} words outside the most frequent quarter, not stored",
            "k": K,
            "rounds": options.rounds,
            "times": "wall, one question a call, fastest round of each question",
            "faster": "p50 of exact search divided by p50",
        },
        "rows": rows,
    }
    write_stored(STORED, stored)


if __name__ == "__main__":
    main()
