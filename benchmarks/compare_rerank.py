"""Late interaction and a cross-encoder on the course's retrieval set.

    python -m benchmarks.compare_rerank                    # what is missing
    python -m benchmarks.compare_rerank --minilm 20 --bm25 20   # fewer pairs, about 3 minutes
    python -m benchmarks.compare_rerank --fresh            # everything anew

Writes ``data/rerank.json`` after each query, so that an interrupted run goes on where it stopped.
Everything runs on one thread; milliseconds are CPU time. What the file holds is described in
``data/README.md``.
"""

import argparse
import json
import os
import platform
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

from helpers import data  # noqa: E402
from helpers.bm25 import BM25  # noqa: E402
from helpers.cascade import FORMAT, PATH, retrieval_digest, union  # noqa: E402
from helpers.late_interaction import TokenIndex, unit_rows  # noqa: E402
from helpers.models import load_colbert_backbone, load_cross_encoder, load_minilm  # noqa: E402
from helpers.ranking import ranked  # noqa: E402
from helpers.stored import write_stored  # noqa: E402

MODELS = {
    "minilm": "all-MiniLM-L6-v2, FP32",
    "colbert": "answerai-colbert-small-v1, backbone without its projection, INT8, all tokens",
    "cross_encoder": "ms-marco-MiniLM-L-12-v2, INT8",
    "bm25": "helpers.bm25.BM25, k1 1.2, b .75",
}


def cpu_ms(function, repeats: int = 5) -> float:
    """Return the median CPU time of a call in milliseconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time_ns()
        function()
        times.append((time.process_time_ns() - start) / 1e6)
    return float(np.median(times))


class Bench:
    """The texts, the first stages, and the file that grows."""

    def __init__(self, fresh: bool):
        retrieval = data.retrieval_set()
        self.documents = [document.content for document in retrieval.documents]
        self.queries = [query.text for query in retrieval.queries]
        self.raw = {
            "format": FORMAT,
            "licence": "CC0-1.0",
            "about": "Scores for reranking; made by python -m benchmarks.compare_rerank",
            "machine": f"{platform.machine()}, {os.cpu_count()} shared cores, one thread",
            "versions": {"python": platform.python_version(), "numpy": np.__version__},
            "texts": retrieval_digest(retrieval),
            "settings": {"models": MODELS, "depths": {"minilm": 0, "bm25": 0}},
            "cpu_ms": {},
            "maxsim": [],
            "cross_encoder": [{"rows": [], "logits": []} for _ in self.queries],
        }
        if not fresh and PATH.exists():
            old = json.loads(PATH.read_text(encoding="utf-8"))
            same = (old["format"], old["texts"]) == (FORMAT, self.raw["texts"])
            if not same or old["settings"]["models"] != MODELS:
                raise ValueError(f"{PATH.name} was made from other texts or models.")
            for key in ("settings", "cpu_ms", "maxsim", "cross_encoder"):
                self.raw[key] = old[key]

    def write(self):
        """Put the file in place in one step."""
        write_stored(PATH, self.raw)

    def first_stages(self):
        """Return MiniLM's and BM25's rankings, one a query, and store what a query costs."""
        minilm, index = load_minilm(threads=1), BM25(self.documents)
        vectors = minilm.encode(self.documents)
        asked = minilm.encode(self.queries)
        some = self.queries[::5]
        self.raw["cpu_ms"] |= {
            "bm25_query": round(cpu_ms(lambda: [index.search(q) for q in some]) / len(some), 3),
            "minilm_query": round(
                cpu_ms(lambda: [ranked(vectors @ minilm.encode([q])[0]) for q in some]) / len(some),
                2,
            ),
        }
        self.write()
        dense = [ranked(row) for row in asked @ vectors.T]
        return dense, [index.search(query) for query in self.queries]

    def late_interaction(self):
        """Score every pair by MaxSim."""
        if self.raw["maxsim"]:
            return
        encoder = load_colbert_backbone()
        start = time.process_time()
        tokens = [unit_rows(states.vectors) for states in encoder.token_states(self.documents)]
        indexing = (time.process_time() - start) / len(tokens)
        index = TokenIndex(tokens)
        asked = [unit_rows(states.vectors) for states in encoder.token_states(self.queries)]
        some = range(0, len(asked), 5)
        texts = [self.queries[i] for i in some]
        scoring = cpu_ms(lambda: [index.scores(asked[i]) for i in some]) / len(some)
        encoding = cpu_ms(lambda: [encoder.token_states([text]) for text in texts]) / len(texts)
        self.raw["cpu_ms"] |= {
            "colbert_document": round(1e3 * indexing, 2),
            "colbert_query": round(encoding, 2),
            "maxsim_document": round(scoring / len(tokens), 5),
        }
        self.raw["maxsim"] = [np.round(index.scores(query), 4).tolist() for query in asked]
        # numpy's float32 prints its nearest double; four decimals are what is meant.
        self.raw["maxsim"] = [[round(s, 4) for s in row] for row in self.raw["maxsim"]]
        self.write()
        print(f"MaxSim: {len(asked)} queries x {len(tokens)} documents", flush=True)

    def cross_encoder(self, dense, lexical, depths):
        """Score what the first stages return, down to these depths."""
        model = load_cross_encoder()
        pairs = 0
        for number, (query, found) in enumerate(
            zip(self.queries, self.raw["cross_encoder"], strict=True)
        ):
            wanted = union(
                [dense[number][: depths["minilm"]], lexical[number][: depths["bm25"]]],
                max(depths.values()),
            )
            missing = sorted(set(wanted.tolist()) - set(found["rows"]))
            if missing:
                logits = model.score(query, [self.documents[row] for row in missing])
                known = dict(zip(found["rows"], found["logits"], strict=True))
                known |= {row: round(float(x), 3) for row, x in zip(missing, logits, strict=True)}
                found["rows"] = sorted(known)
                found["logits"] = [known[row] for row in found["rows"]]
                pairs += len(missing)
                self.write()
                print(f"cross-encoder: query {number + 1}, {pairs} new pairs", flush=True)
        some = list(zip(self.queries[::5], self.documents[::15], strict=False))
        each = cpu_ms(lambda: model.score_pairs(some)) / len(some)
        self.raw["cpu_ms"]["cross_encoder_pair"] = round(each, 2)
        known = self.raw["settings"]["depths"]
        self.raw["settings"]["depths"] = {s: max(known[s], depths[s]) for s in depths}
        self.write()


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minilm", type=int, default=50, help="depth of MiniLM's ranking")
    parser.add_argument("--bm25", type=int, default=50, help="depth of BM25's ranking")
    parser.add_argument("--fresh", action="store_true", help="forget what is stored")
    options = parser.parse_args()
    if min(options.minilm, options.bm25) < 1:
        parser.error("--minilm and --bm25 must be at least 1")
    try:
        bench = Bench(options.fresh)
    except (ValueError, KeyError) as error:  # The stored file cannot be used.
        parser.error(f"{error} With --fresh it is made anew.")
    dense, lexical = bench.first_stages()
    bench.late_interaction()
    bench.cross_encoder(dense, lexical, {"minilm": options.minilm, "bm25": options.bm25})


if __name__ == "__main__":
    main()
