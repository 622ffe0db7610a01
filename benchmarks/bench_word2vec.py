"""Speed and quality of the word2vec and fastText kernels next to gensim's.

    python -m benchmarks.bench_word2vec                        # everything, an hour or more
    python -m benchmarks.bench_word2vec --models cbow --seeds 1 --repeats 5

Speed: one thread each, the two programs in turn within one run, medians, words of text per CPU
second and per second of wall time; ratios are medians of the ratios of neighbouring runs.
Quality: the same corpus, settings and number of epochs, several seeds, mean and spread.
Results of a model replace its older ones in ``results/word2vec.json``.
"""

import argparse
import json
import os
import platform
import statistics
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import gensim  # noqa: E402
import numba  # noqa: E402
import numpy as np  # noqa: E402

from helpers import data  # noqa: E402
from helpers._simd import LANES  # noqa: E402
from helpers.evaluate import analogy_accuracy, word_similarity  # noqa: E402
from helpers.fasttext import train_fasttext  # noqa: E402
from helpers.vocabulary import Vocabulary  # noqa: E402
from helpers.word2vec import train_cbow, train_skipgram  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "word2vec.json"
BUCKETS = 200_000
PEER = {"vector_size": 100, "window": 5, "negative": 5, "min_count": 5, "sample": 1e-3}
MODELS = {
    "skipgram": (train_skipgram, {"shared_negatives": True}, {"sg": 1}),
    "skipgram_pairs": (train_skipgram, {"shared_negatives": False}, {"sg": 1}),
    "cbow": (train_cbow, {}, {"sg": 0}),
    "cbow_rate05": (train_cbow, {"lr": 0.05}, {"sg": 0, "alpha": 0.05}),  # word2vec.c's default
    "fasttext": (train_fasttext, {"buckets": BUCKETS}, {"sg": 1, "bucket": BUCKETS}),
}
SPEED_SHARE = {"fasttext": 8}  # every n-th sentence, as the peer is slow; 4 for the others


def peer(name, sentences, seed, epochs):
    """Train gensim's model; return it with the CPU and wall seconds of its ``train``."""
    kind = gensim.models.FastText if name == "fasttext" else gensim.models.Word2Vec
    model = kind(**PEER, **MODELS[name][2], seed=seed, workers=1, epochs=epochs)
    model.build_vocab(sentences)
    cpu, wall = time.process_time(), time.perf_counter()
    # With total_words the learning rate falls by words, as here; by default, by sentences.
    model.train(sentences, total_words=model.corpus_total_words, epochs=epochs)
    return model, time.process_time() - cpu, time.perf_counter() - wall


def ours(name, corpus, vocabulary, seed, epochs):
    """Train this project's model; return it with CPU and wall seconds of the epochs."""
    clocks = []

    def tick(epoch, model):
        clocks.append((time.process_time(), time.perf_counter()))

    trainer, options, _ = MODELS[name]
    if trainer is not train_fasttext:  # gensim starts twice as wide as word2vec.c
        dim = PEER["vector_size"]
        start = np.random.default_rng(seed).uniform(-1 / dim, 1 / dim, (len(vocabulary), dim))
        options = options | {"init": (start, np.zeros_like(start))}
    model = trainer(
        corpus, vocabulary, seed=seed, epochs=epochs, callback=tick, progress=False, **options
    )
    return model, *(np.array(clocks[-1]) - np.array(clocks[0])).tolist()


def speed(name, sentences, repeats):
    """Train one epoch in turn with both programs, `repeats` times."""
    sentences = sentences[:: SPEED_SHARE.get(name, 4)]
    vocabulary = Vocabulary.build(sentences)
    corpus = vocabulary.encode(sentences)
    ours(name, corpus, vocabulary, 0, 1)  # compiles
    runs = []
    for repeat in range(repeats):
        _, *theirs = peer(name, sentences, repeat, 1)
        # The kernel is short: measured before and after, so that both see the same neighbours.
        mine = [ours(name, corpus, vocabulary, repeat, 1)[1:] for _ in range(2)]
        runs.append((*theirs, *np.mean(mine, axis=0).tolist()))
    peer_cpu, peer_wall, our_cpu, our_wall = (
        [run[i] for run in runs] for i in range(4)
    )  # fmt: skip
    words = corpus.n_tokens / 1000
    ratios = [theirs / mine for theirs, mine in zip(peer_cpu, our_cpu, strict=True)]
    walls = [theirs / mine for theirs, mine in zip(peer_wall, our_wall, strict=True)]
    return {
        "words": corpus.n_tokens,
        "repeats": repeats,
        "peer_kwords_per_cpu_second": round(words / statistics.median(peer_cpu)),
        "our_kwords_per_cpu_second": round(words / statistics.median(our_cpu)),
        "cpu_ratio": round(statistics.median(ratios), 2),
        "cpu_ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "wall_ratio": round(statistics.median(walls), 2),
    }


def scores(vectors, words):
    """WordSim-353 and SimLex-999 Spearman, Google analogies (percent)."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return {
        "wordsim353": word_similarity(vectors, words, data.wordsim353()).spearman,
        "simlex999": word_similarity(vectors, words, data.simlex999()).spearman,
        "analogies": 100 * analogy_accuracy(unit, words, data.analogies()).accuracy,
    }


def summary(rows):
    """Mean and standard deviation over seeds of each score."""
    return {
        key: {
            "mean": round(float(np.mean([row[key] for row in rows])), 4),
            "sd": round(float(np.std([row[key] for row in rows], ddof=len(rows) > 1)), 4),
        }
        for key in rows[0]
    }


def quality(name, sentences, seeds, epochs):
    """Train both programs to the end for each seed and score the vectors."""
    vocabulary = Vocabulary.build(sentences)
    corpus = vocabulary.encode(sentences)
    peers, mine = [], []
    for seed in seeds:
        model = peer(name, sentences, seed, epochs)[0]
        peers.append(scores(model.wv.vectors, model.wv.index_to_key))
        mine.append(scores(ours(name, corpus, vocabulary, seed, epochs)[0].vectors, vocabulary))
        print(f"  {name} seed {seed}: peer {peers[-1]}\n{'':12}ours {mine[-1]}", flush=True)
    return {
        "words": corpus.n_tokens, "epochs": epochs, "seeds": list(seeds),
        "peer": summary(peers), "ours": summary(mine),
    }  # fmt: skip


def main():
    """Run what the command line asks for and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--repeats", type=int, default=5, help="timed pairs of runs; 0: no timing")
    parser.add_argument("--seeds", type=int, default=3, help="seeds for quality; 0: no quality")
    parser.add_argument("--epochs", type=int, default=5, help="epochs for quality")
    parser.add_argument("--every", type=int, default=1, help="quality on every n-th sentence")
    options = parser.parse_args()
    sentences = list(data.corpus())
    machine = {
        "processor": f"{platform.machine()}, float32 vectors of {LANES} in the kernels",
        "threads": 1, "gensim": gensim.__version__, "numba": numba.__version__,
    }  # fmt: skip
    for name in options.models:
        entry = {}
        if options.repeats:
            entry["speed"] = speed(name, sentences, options.repeats)
            print(name, entry["speed"], flush=True)
        if options.seeds:
            seeds = range(1, options.seeds + 1)
            part = sentences[:: options.every]
            entry["quality"] = quality(name, part, seeds, options.epochs)
            print(name, entry["quality"], flush=True)
        # Read again each time: another run may have written other models meanwhile.
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        results |= {"machine": machine, name: results.get(name, {}) | entry}
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
