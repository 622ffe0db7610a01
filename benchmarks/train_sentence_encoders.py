"""Small sentence encoders over seeds: losses, mined negatives, nested sizes, distillation.

    python -m benchmarks.train_sentence_encoders            # what is missing, ten CPU minutes
    python -m benchmarks.train_sentence_encoders --fresh    # everything anew

Writes ``data/sentence_training.json`` after each training, so that an interrupted run goes on where
it stopped. Everything trains on one thread; seconds are CPU seconds of the training alone.
"""

import argparse
import copy
import json
import os
import platform
import time
from dataclasses import asdict

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from scipy.stats import spearmanr  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402

from helpers import data  # noqa: E402
from helpers.distillation import distil, int8_copy, megabytes, student_of  # noqa: E402
from helpers.matryoshka import MatryoshkaLoss, principal_axes, truncate  # noqa: E402
from helpers.mining import MINING, choose_negatives  # noqa: E402
from helpers.models import load_minilm  # noqa: E402
from helpers.ranking import ndcg, ranked  # noqa: E402
from helpers.siamese import (  # noqa: E402
    ClassifierLoss,
    RankingLoss,
    TripletLoss,
    train_siamese,
)
from helpers.siamese_data import (  # noqa: E402
    MINED_STEPS,
    RATES,
    RESULTS,
    STEPS,
    WIDTH,
    definition_pairs,
    pair_tokenizer,
    small_encoder,
    training_sources,
    verse_pairs,
)
from helpers.siamese_scores import evaluate_encoder, retrieval_scores  # noqa: E402

SEEDS = (1, 2, 3)
RATES_TRIED = (0.001, 0.003, 0.006, 0.012)
SIZES = (4, 8, 16, 32, WIDTH)
DISTIL_EPOCHS = 3


def trained(seed: int, loss, lr: float, tokenizer):
    """Train a small encoder from its start; return it and the CPU seconds."""
    encoder = small_encoder(tokenizer, seed=seed)
    before = time.process_time()
    train_siamese(encoder, training_sources(), loss, steps=STEPS, lr=lr, seed=seed)
    return encoder, time.process_time() - before


def dev_scores(tokenizer) -> dict:
    """Try learning rates on 500 definitions and 500 verses that are set aside from training."""
    sources = training_sources()
    aside = {name: sources[name][-500:] for name in ("definitions", "verses")}
    sources |= {name: sources[name][:-500] for name in aside}
    losses = {"ranking": RankingLoss, "triplet": TripletLoss, "classifier": _classifier}
    found = {}
    for name, make in losses.items():
        for lr in RATES_TRIED:
            torch.manual_seed(0)
            encoder = small_encoder(tokenizer, seed=1)
            train_siamese(encoder, sources, make(), steps=STEPS, lr=lr, seed=1)
            found.setdefault(name, {})[str(lr)] = {
                test: retrieval_scores(*(encoder.encode([r[c] for r in rows]) for c in (0, 1)))[1]
                for test, rows in aside.items()
            }
    return found


def _classifier() -> ClassifierLoss:
    return ClassifierLoss(WIDTH)


def with_losses(seed: int, tokenizer) -> tuple[dict, object]:
    """Train with each of the three losses; return the scores and the ranking encoder."""
    found = {"start": asdict(evaluate_encoder(small_encoder(tokenizer, seed=seed).encode))}
    torch.manual_seed(seed)
    losses = {
        "triplet": TripletLoss(),
        "classifier": ClassifierLoss(WIDTH),
        "ranking": RankingLoss(),
    }
    for name, loss in losses.items():
        encoder, seconds = trained(seed, loss, RATES[name], tokenizer)
        found[name] = asdict(evaluate_encoder(encoder.encode)) | {"cpu_seconds": seconds}
    return found, encoder


def with_mined(seed: int, start, loss, lr: float) -> dict:
    """Go on training with further negatives: random ones, the highest-ranked, and guarded ones."""
    sources = {name: rows for name, rows in training_sources().items() if name != "triplets"}
    vectors = {
        name: [start.encode([row[column] for row in rows]) for column in (0, 1)]
        for name, rows in sources.items()
    }
    found = {}
    for arm in MINING:
        chosen = {name: choose_negatives(arm, *pair, seed=seed) for name, pair in vectors.items()}
        same = [sources["verses"][i][1] == sources["verses"][j][1]
                for i, j in enumerate(chosen["verses"])]  # fmt: skip
        rows = {
            name: [
                (*row, sources[name][j][1]) for row, j in zip(sources[name], places, strict=True)
            ]
            for name, places in chosen.items()
        }
        encoder = copy.deepcopy(start)
        train_siamese(encoder, rows, loss, steps=MINED_STEPS, lr=lr, seed=seed)
        found[arm] = asdict(evaluate_encoder(encoder.encode)) | {
            "negatives_that_are_the_right_text": float(np.mean(same))
        }
    return found


def at_sizes(encoder, sizes=SIZES, pca: bool = False) -> dict:
    """Score the definitions and verses with truncated vectors."""
    found = {}
    for test, name in ((0, "definitions"), (1, "verses")):
        rows = _tests()[test]
        query, document = (encoder.encode([row[column] for row in rows]) for column in (0, 1))
        if pca:
            texts = [text for row in training_sources()[name][:2000] for text in row]
            axes = principal_axes(encoder.encode(texts))
            query, document = query @ axes, document @ axes
        for size in sizes:
            cut = [truncate(v, size) for v in (query, document)]
            found.setdefault(str(size), {})[name] = retrieval_scores(*cut)
    return found


def _tests():
    return definition_pairs().test, verse_pairs().test


def with_sizes(seed: int, plain, tokenizer) -> dict:
    """Compare one Matryoshka model with plain, PCA-cut and dedicated ones."""
    found = {"plain, cut": at_sizes(plain), "plain, PCA": at_sizes(plain, pca=True)}
    loss = MatryoshkaLoss(RankingLoss(), SIZES)
    encoder, _ = trained(seed, loss, RATES["ranking"], tokenizer)
    found["Matryoshka"] = at_sizes(encoder)
    found["dedicated"] = {}
    for size in SIZES:
        if size == WIDTH:
            found["dedicated"] |= at_sizes(plain, (size,))
        else:
            loss = MatryoshkaLoss(RankingLoss(), (size,))
            encoder, _ = trained(seed, loss, RATES["ranking"], tokenizer)
            found["dedicated"] |= at_sizes(encoder, (size,))
    return found


def agreement(encoder, teacher: np.ndarray) -> dict:
    """Score an encoder on rated pairs, Lee's documents and the shop's queries."""
    rated, lee, shop = data.sentence_pairs(), data.lee_documents(), data.retrieval_set()
    before = time.process_time()
    left, right = (
        encoder.encode([getattr(p, name) for p in rated]) for name in ("sentence1", "sentence2")
    )
    seconds = (time.process_time() - before) / (2 * len(rated))
    documents = encoder.encode(lee.texts)
    upper = np.triu_indices(len(documents), 1)
    found = {
        "pairs": spearmanr((left * right).sum(1), [p.score for p in rated]).statistic,
        "lee": spearmanr((documents @ documents.T)[upper], lee.similarities[upper]).statistic,
        "cosine_with_teacher": float((left * teacher).sum(1).mean()),
        "megabytes": megabytes(encoder),
        "cpu_ms_a_sentence": 1000 * seconds,
    }
    pages = encoder.encode([document.content for document in shop.documents])
    first = encoder.encode([query.text for query in shop.queries]) @ pages.T
    place = {document.id: row for row, document in enumerate(shop.documents)}
    found["shop_ndcg10"] = np.mean(
        [
            ndcg(ranked(row, 10), {place[j.doc]: j.grade for j in query.relevance})
            for query, row in zip(shop.queries, first, strict=True)
        ]
    )
    return {name: float(value) for name, value in found.items()}


def distilled(results: dict, save) -> None:
    """Distil MiniLM into two of its layers; then 8-bit copies of teacher and student."""
    teacher = load_minilm(max_length=128)
    target = teacher.encode([pair.sentence1 for pair in data.sentence_pairs()])
    found = {"teacher": agreement(teacher, target)}
    found["teacher, INT8"] = agreement(int8_copy(teacher), target)
    student = student_of(teacher, (0, 5))
    found["student, untrained"] = agreement(student, target)
    sources = training_sources()
    texts = [row[0] for row in sources["definitions"][:3000]]
    texts += [text for row in sources["verses"][:1500] for text in row[:2]]
    texts += [text for row in sources["triplets"] for text in row]
    texts += [s for a in data.news_articles()[:600] for s in data.split_sentences(a.text)[:4]]
    texts = [" ".join(text.split()[:60]) for text in texts]
    before = time.process_time()
    targets = teacher.encode(texts)
    losses = distil(student, texts, targets, epochs=DISTIL_EPOCHS, batch_size=16, lr=3e-4)
    found["student"] = agreement(student, target)
    found["student, INT8"] = agreement(int8_copy(student), target)
    results["distillation"] = {
        "texts": len(texts),
        "epochs": DISTIL_EPOCHS,
        "cpu_seconds": time.process_time() - before,
        "loss": [float(part.mean()) for part in np.array_split(losses, 20)],
        "scores": found,
    }
    save()


def for_seed(seed: int, run: dict, tokenizer, save) -> None:
    """Run the experiments of one seed that are not there yet."""
    if not {"losses", "mined", "sizes"} <= set(run):
        losses, ranking = with_losses(seed, tokenizer)
        run.setdefault("losses", losses)
        save()
        if "mined" not in run:
            run["mined"] = with_mined(seed, ranking, RankingLoss(), RATES["mined"])
            save()
        if "sizes" not in run:
            run["sizes"] = with_sizes(seed, ranking, tokenizer)
            save()
    if "mined, triplet loss" not in run:
        start, _ = trained(seed, TripletLoss(), RATES["triplet"], tokenizer)
        run["mined, triplet loss"] = with_mined(seed, start, TripletLoss(), RATES["triplet"])
        save()


def main() -> None:
    """Run what the file does not hold yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help="train everything anew")
    fresh = parser.parse_args().fresh
    torch.set_num_threads(1)
    results = {} if fresh or not RESULTS.exists() else json.loads(RESULTS.read_text("utf-8"))

    def save() -> None:
        rounded = json.loads(json.dumps(results), parse_float=lambda text: round(float(text), 5))
        part = RESULTS.with_suffix(".part")
        part.write_text(json.dumps(rounded, indent=1) + "\n", "utf-8")
        part.replace(RESULTS)

    results |= {
        "licence": "CC0-1.0",
        "about": "python -m benchmarks.train_sentence_encoders",
        "machine": f"{platform.machine()}, one thread",
        "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
        "settings": {"steps": STEPS, "batch": 64, "width": WIDTH, "layers": 1, "rates": RATES},
    }
    tokenizer = pair_tokenizer()
    if "mrr_by_rate" not in results:
        results["mrr_by_rate"] = dev_scores(tokenizer)
        save()
    for seed in SEEDS:
        run = results.setdefault("seeds", {}).setdefault(str(seed), {})
        for_seed(seed, run, tokenizer, save)
    if "references" not in results:
        rows = [text for part in training_sources().values() for row in part for text in row]
        counts = TfidfVectorizer(token_pattern="[a-z]+|[0-9]+").fit(rows)
        minilm = load_minilm(max_length=64)
        results["references"] = {
            "TF-IDF": asdict(evaluate_encoder(lambda t: counts.transform(t).toarray())),
            "MiniLM": asdict(evaluate_encoder(minilm.encode)),
        }
        save()
    if "distillation" not in results:
        distilled(results, save)


if __name__ == "__main__":
    main()
