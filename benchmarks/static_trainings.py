"""The trainings of ``compare_static``: one function a method, each adding to the bench's file."""

import time
from pathlib import Path

import numpy as np

from helpers import data, pmi
from helpers.cooccurrence import cooccurrences
from helpers.evaluate import analogy_accuracy, word_similarity
from helpers.fasttext import train_fasttext
from helpers.glove import GloVe, train_glove
from helpers.two_matrices import negative_directions, seed_errors
from helpers.vocabulary import EncodedCorpus, Vocabulary
from helpers.word2vec import train_cbow, train_skipgram

MODELS = Path(__file__).parent.parent / "build" / "static_vectors"
DIM, BUCKETS = 100, 200_000
PREDICTIVE = {
    "SGNS": (train_skipgram, {"window": 5, "negatives": 5, "lr": 0.05, "epochs": 5}),
    "CBOW": (train_cbow, {"window": 5, "negatives": 5, "lr": 0.05, "epochs": 5}),
    "fastText": (
        train_fasttext,
        {"window": 5, "negatives": 5, "lr": 0.05, "epochs": 5, "buckets": BUCKETS},
    ),
}
COUNTING = {
    "PPMI-SVD": {"window": 5, "smoothing": 0.75, "shift": 1},
    "shifted PPMI-SVD": {"window": 5, "smoothing": 0.75, "shift": 5},
}
GLOVE = {"window": 10, "x_max": 10.0, "alpha": 0.75, "lr": 0.2}
LIVE_PASSES, PASSES = 10, 20
SGNS_PASSES = (1, 2, 3, 5, 8)
X_MAX = (3.0, 100.0)
X_MAX_PASSES = (5, 10, 20)
ORDER = (*PREDICTIVE, "GloVe (live)", "GloVe", *COUNTING, "pretrained")
MATRICES = ("W", "W~")
PAIRS_TRACKED = 5_000  # the most frequent words, for the comparison of seeds


class Clock:
    """CPU seconds of a training without those of its callback."""

    def __init__(self, measure):
        self.measure, self.points, self.away, self.start = measure, [], 0.0, time.process_time()

    def __call__(self, epoch, model):
        """Note the seconds so far, then measure the model off the clock."""
        now = time.process_time()
        if epoch:
            spent = round(now - self.start - self.away, 2)
            self.points.append({"epoch": epoch, "cpu_seconds": spent} | self.measure(epoch, model))
        else:  # word2vec calls before the first epoch too: drawing and compiling are over.
            self.start, self.away = now, 0.0
        self.away += time.process_time() - now
        return {}


def rounded(scores):
    """Round to four digits."""
    return {name: round(float(score), 4) for name, score in scores.items()}


def predictive(bench, name, seeds):
    """SGNS, CBOW, fastText; for SGNS also trainings of other lengths."""
    train, settings = PREDICTIVE[name]
    words = len(bench.vocabulary)
    rows = words + (BUCKETS if name == "fastText" else 0)
    entry = bench.method(name, settings | {"dim": DIM}, 4 * rows * DIM, 4 * (rows + words) * DIM)
    for seed in seeds:
        if not bench.done(entry, seed):
            seconds, model = timed(bench, train, settings, seed)
            bench.add(entry, bench.run(seed, seconds, model.vectors), name)
        if name == "SGNS":
            sgns_curve(bench, entry, seed)


def timed(bench, train, settings, seed):
    """Train; return CPU seconds from the first epoch on, and the model."""
    clock = Clock(lambda epoch, model: {})
    model = train(
        bench.corpus, bench.vocabulary, dim=DIM, seed=seed, callback=clock, progress=False,
        **settings,
    )  # fmt: skip
    return clock.points[-1]["cpu_seconds"], model


def sgns_curve(bench, entry, seed):
    """Add a training of its own for each number of passes, as the rate falls to zero in each."""
    curves = bench.raw["curves"].setdefault("SGNS", [])
    if any(run["seed"] == seed for run in curves):
        return
    train, settings = PREDICTIVE["SGNS"]
    points = []
    for epochs in SGNS_PASSES:
        if epochs == settings["epochs"]:
            (run,) = [run for run in entry["runs"] if run["seed"] == seed]
            seconds, scores = run["cpu_seconds"], run["scores"]
        else:
            seconds, model = timed(bench, train, settings | {"epochs": epochs}, seed)
            scores = rounded(bench.tests.scores(model.vectors[bench.tests.rows]))
        points.append({"epoch": epochs, "cpu_seconds": seconds} | scores)
    curves.append({"seed": seed, "points": points})
    bench.write()
    print(f"SGNS by passes, seed {seed}: {[point['WS-353'] for point in points]}")


def counting(bench, name, seeds):
    """PPMI and its SVD; the seed is the one of the randomised SVD."""
    settings = COUNTING[name]
    cooccurrences(bench.corpus, 50, 1)  # compiles
    start = time.process_time()
    counts = cooccurrences(bench.corpus, len(bench.vocabulary), settings["window"])
    matrix = pmi.positive_pmi(counts, shift=settings["shift"], smoothing=settings["smoothing"])
    seconds = time.process_time() - start
    kept = 4 * len(bench.vocabulary) * DIM
    sparse = 8 * (counts.nnz + matrix.nnz)
    entry = bench.method(name, settings | {"dim": DIM}, kept, 2 * kept + sparse, seconds)
    for seed in seeds:
        if not bench.done(entry, seed):
            start = time.process_time()
            vectors, _ = pmi.svd_vectors(matrix, DIM, seed=seed)
            seconds = round(time.process_time() - start, 2)
            bench.add(entry, bench.run(seed, seconds, vectors), name)


def glove(bench, seeds):
    """Both GloVe rows and the curve: one training a seed, measured on the way."""
    counts = harmonic(bench)
    train_glove(
        counts[:50, :50],
        Vocabulary(bench.vocabulary.words[:50], counts[:50, :50].sum(1)),
        dim=DIM,
        epochs=1,
        progress=False,
    )  # compiles
    start = time.process_time()
    counts = harmonic(bench)
    seconds = time.process_time() - start
    kept = 4 * len(bench.vocabulary) * DIM
    training = 4 * kept * (DIM + 1) / DIM + 12 * counts.nnz
    entries = {
        passes: bench.method(
            name, GLOVE | {"epochs": passes, "dim": DIM, "cells": int(counts.nnz)}, kept, training,
            seconds,
        )
        for name, passes in (("GloVe (live)", LIVE_PASSES), ("GloVe", PASSES))
    }  # fmt: skip
    for seed in seeds:
        curves = bench.raw["curves"].setdefault("GloVe", [])
        known = {run["seed"]: len(run["points"]) for run in curves}
        if all(bench.done(e, seed) for e in entries.values()) and known.get(seed) == PASSES:
            continue
        for entry in entries.values():
            entry["runs"] = [run for run in entry["runs"] if run["seed"] != seed]
        bench.raw["curves"]["GloVe"] = [run for run in curves if run["seed"] != seed]
        glove_seed(bench, counts, entries, seed)


def harmonic(bench):
    """Count with GloVe's weights."""
    return cooccurrences(bench.corpus, len(bench.vocabulary), GLOVE["window"], "harmonic")


def glove_seed(bench, counts, entries, seed):
    """Train one GloVe and store its two rows, its curve and its matrices."""
    rows, found = bench.tests.rows, {}

    def measure(epoch, model):
        if epoch in entries:
            found[epoch] = bench.run(seed, None, model.vectors)
            found[epoch]["matrices"] = {
                name: {
                    key: value
                    for key, value in bench.run(seed, None, matrix).items()
                    if key in ("scores", "cosines")
                }
                for name, matrix in zip(
                    MATRICES, (model.word_vectors, model.context_vectors), strict=True
                )
            }
        return rounded(bench.tests.scores(model.vectors[rows]))

    clock = Clock(measure)
    model = train_glove(
        counts, bench.vocabulary, dim=DIM, x_max=GLOVE["x_max"], alpha=GLOVE["alpha"],
        lr=GLOVE["lr"], epochs=PASSES, threads=1, seed=seed, callback=clock, progress=False,
    )  # fmt: skip
    costs = {entry["epoch"]: entry["cost"] for entry in model.history if entry["epoch"]}
    for point in clock.points:
        point["cost"] = round(float(costs[point["epoch"]]), 5)
    bench.raw["curves"]["GloVe"].append({"seed": seed, "points": clock.points})
    for passes, entry in entries.items():
        found[passes]["cpu_seconds"] = clock.points[passes - 1]["cpu_seconds"]
        bench.add(entry, found[passes], f"GloVe, {passes} passes")
    MODELS.mkdir(parents=True, exist_ok=True)
    model.save(MODELS / f"glove-{seed}.npz")


def two_matrices(bench, seeds):
    """How W and W~ of one training are related, and how far their errors are over seeds."""
    paths = [MODELS / f"glove-{seed}.npz" for seed in seeds][:3]
    if len(paths) < 2 or not all(path.exists() for path in paths):
        print("two matrices: the saved models of two seeds are missing, nothing changed")
        return
    models = [GloVe.load(path) for path in paths]
    both = [(m.word_vectors[:PAIRS_TRACKED], m.context_vectors[:PAIRS_TRACKED]) for m in models]
    bench.raw["two_matrices"] = {
        "passes": PASSES,
        "words": PAIRS_TRACKED,
        "errors": rounded(seed_errors(both)),
        "negative_directions": [
            negative_directions(m.word_vectors, m.context_vectors) for m in models
        ],
    }
    bench.write()
    print("two matrices:", bench.raw["two_matrices"])


def x_max_table(bench, seeds):
    """Train with other caps x_max, measured after several numbers of passes."""
    counts = harmonic(bench)
    for seed in seeds:
        for x_max in X_MAX:
            if any(row["seed"] == seed and row["x_max"] == x_max for row in bench.raw["x_max"]):
                continue
            rows = []

            def measure(epoch, model, x_max=x_max, rows=rows, seed=seed):
                if epoch in X_MAX_PASSES:
                    scores = rounded(bench.tests.scores(model.vectors[bench.tests.rows]))
                    rows.append({"x_max": x_max, "epochs": epoch, "seed": seed} | scores)
                return {}

            train_glove(
                counts, bench.vocabulary, dim=DIM, x_max=x_max, alpha=GLOVE["alpha"],
                lr=GLOVE["lr"], epochs=max(X_MAX_PASSES), threads=1, seed=seed, callback=measure,
                progress=False,
            )  # fmt: skip
            bench.raw["x_max"] += rows
            bench.write()
            print(*rows, sep="\n")


def pretrained(bench):
    """Score the published vectors, on the common words and on all their own."""
    vectors = bench.glove_vectors
    size = vectors.nbytes
    entry = bench.method("pretrained", {"tokens": 6_000_000_000, "dim": 50}, size, size)
    entry["counting_cpu_seconds"] = None
    if not entry["runs"]:
        every = np.zeros((len(bench.vocabulary), vectors.shape[1]), dtype=np.float32)
        every[bench.tests.rows] = vectors[bench.tests.other_rows]
        bench.add(entry, bench.run(0, None, every), "pretrained")
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        answered = analogy_accuracy(unit, bench.glove_words, data.analogies(), restrict=None)
        entry["all_words"] = rounded(
            {
                "WS-353": word_similarity(unit, bench.glove_words, data.wordsim353()).spearman,
                "SimLex": word_similarity(unit, bench.glove_words, data.simlex999()).spearman,
                "analogies": answered.accuracy,
            }
        )
        bench.write()
        print("pretrained, all words and questions:", entry["all_words"])


def growing(bench, seeds):
    """SGNS on the Bibles, then on the dictionary, against all at once: scores and Bible loss."""
    bible, dictionary = split(bench.corpus, len(data.corpus("bibles")))
    settings = {"dim": DIM, "progress": False, "heldout": bible} | PREDICTIVE["SGNS"][1]
    for seed in seeds:
        if any(row["seed"] == seed for row in bench.raw["growing"]):
            continue
        old = train_skipgram(bible, bench.vocabulary, seed=seed, **settings)
        start = (old.vectors.copy(), old.context_vectors.copy())
        models = {
            "old": old,
            "continued": train_skipgram(
                dictionary, bench.vocabulary, seed=seed, init=start, **settings
            ),
            "at once": train_skipgram(bench.corpus, bench.vocabulary, seed=seed, **settings),
        }
        row = {"seed": seed}
        for name, model in models.items():
            row[name] = rounded(bench.tests.scores(model.vectors[bench.tests.rows]))
            row[name]["bible_loss"] = round(float(model.history[-1]["loss"]), 4)
        bench.raw["growing"].append(row)
        bench.write()
        print("growing", row)


def split(corpus, cut):
    """Cut a corpus into two at a sentence."""
    place = corpus.offsets[cut]
    return (
        EncodedCorpus(corpus.tokens[:place], corpus.offsets[: cut + 1]),
        EncodedCorpus(corpus.tokens[place:], corpus.offsets[cut:] - place),
    )
