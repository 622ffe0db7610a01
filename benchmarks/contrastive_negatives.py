"""Train the stored runs of lesson 04, part 3: batch sizes, queues, momenta, mined negatives.

``python -m benchmarks.contrastive_negatives`` writes ``data/contrastive_negatives.json``: two or
three seeds of each, about 10 minutes of CPU. It writes after each training and goes on where it
stopped; ``--again`` starts anew.
"""

import argparse
import math
import platform
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial

import numpy as np
import torch

from benchmarks.contrastive_images import images, rounded
from helpers.hard_batches import nearest, pick_neighbours, train_on_groups
from helpers.image_quality import network_of_z, quality
from helpers.image_training import Run, seeded_encoder
from helpers.moco_keys import key_drift, train_moco_watched
from helpers.negatives import STORED
from helpers.seeding import seeded_weights
from helpers.self_supervised import train_simclr
from helpers.stored import read_stored, write_stored
from helpers.vision import ProjectionHead, embed

EPOCHS = 4
RATE, RATE_BATCH = 3e-3, 128
BATCHES = (16, 32, 64, 128, 256, 512, 1024)
SAME_STEPS = {32: 1, 512: 16}  # batch size -> epochs with the steps of 4 epochs at 128
GROUPS = (2, 4, 16)  # pictures that are negatives of each other; 128 is the whole batch
MOMENTA = (0.0, 0.9, 0.99, 0.999)
QUEUES = (256, 4096)  # besides 1,024
BELOW = 0.5
GROUP = 8


def scaled_rate(batch_size: int) -> float:
    """Return the learning rate for a batch size: it grows with the square root, for AdamW."""
    return RATE * math.sqrt(batch_size / RATE_BATCH)


def arms() -> dict[str, tuple]:
    """Name all trainings: seeds, function, settings."""
    found = {}
    for size in BATCHES:
        settings = {"batch_size": size, "lr": scaled_rate(size), "epochs": EPOCHS}
        found[f"batch {size}"] = (1, 2, 3)[: 3 if size == 128 else 2], simclr, settings
    for size, epochs in SAME_STEPS.items():
        settings = {"batch_size": size, "lr": scaled_rate(size), "epochs": epochs}
        found[f"batch {size}, steps of 128"] = (1, 2), simclr, settings
    for group in GROUPS:
        found[f"group {group}"] = (1, 2), grouped, {"group": group, "left_out": False}
    found["other digits"] = (1, 2, 3), grouped, {"group": 128, "left_out": True}
    for momentum in MOMENTA:
        found[f"momentum {momentum:g}"] = (1, 2), moco, {"momentum": momentum}
    for size in QUEUES:
        found[f"queue {size}"] = (1, 2), moco, {"queue_size": size}
    found["mining"] = (1, 2, 3), mining, {}
    return found


def simclr(seed: int, **settings) -> dict:
    """Train SimCLR."""
    pictures, *_ = images()
    return described(train_simclr(pictures, seed=seed, label=None, **settings))


def grouped(seed: int, group: int, left_out: bool) -> dict:
    """Train SimCLR with batches of 128 whose negatives come from groups only."""
    pictures, labels, *_ = images()
    encoder = seeded_encoder(pictures, seed)
    with seeded_weights(seed):
        start = Run(encoder, ProjectionHead(encoder.dim), {})
    run = train_on_groups(
        start, pictures, None, labels=labels if left_out else None, group=group, batch_size=128,
        epochs=EPOCHS, lr=RATE, seed=seed, label=None,
    )  # fmt: skip
    return described(run)


def moco(seed: int, **settings) -> dict:
    """Train MoCo with batches of 64 and a queue of 1,024."""
    pictures, _, test, _ = images()
    run = train_moco_watched(pictures, test[:512], seed=seed, label=None, **settings)
    return described(run) | {"drift": key_drift(run.extras["keys"], wait=4)[::4].tolist()}


def mining(seed: int) -> dict:
    """Train SimCLR, mine neighbours with it, and go on with small groups of several kinds."""
    pictures, labels, *_ = images()
    start = train_simclr(pictures, seed=seed, label=None, epochs=EPOCHS)
    cosines, rows = nearest(embed(network_of_z(start), pictures), 1500)
    other = labels[rows] != labels[:, None]
    neighbours = {
        "14 random": None,
        "14 hardest": pick_neighbours(cosines, rows, GROUP - 1),
        "14 below .5": pick_neighbours(cosines, rows, GROUP - 1, BELOW),
        "14 hardest, other digits": pick_neighbours(cosines, rows, GROUP - 1, allowed=other),
    }
    found = {"start": described(start)}
    for name, near in neighbours.items():
        oracle = labels if "other" in name else None
        run = train_on_groups(start, pictures, near, labels=oracle, seed=seed, label=None)
        false = 0.1 if near is None else float((labels[near] == labels[:, None]).mean())
        found[name] = described(run) | {"false": false}
    for name, oracle in (("126 random", None), ("126 random, other digits", labels)):
        run = train_on_groups(start, pictures, None, labels=oracle, group=64, seed=seed, label=None)
        found[name] = described(run)
    return found


def described(run) -> dict:
    """Measure h, and z at the end of the training."""
    last = {name: float(run.history[name][-1]) for name in ("loss", "uniformity", "std")}
    return quality(run.encoder, *images()) | last


def run_arm(name: str, seed: int) -> dict:
    """Train and measure one arm with one seed, in one thread."""
    torch.set_num_threads(1)
    started = time.process_time()
    _, work, settings = arms()[name]
    return work(seed, **settings) | {"cpu_seconds": time.process_time() - started}


def main() -> None:
    """Run what is missing and store it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--again", action="store_true", help="forget what is stored")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    stored = {
        "format": 1,
        "licence": "CC0-1.0",
        "about": "python -m benchmarks.contrastive_negatives",
        "machine": f"{platform.machine()}, one thread a training",
        "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
        "settings": {
            "images": "the first 6,000 training and 2,000 test images of MNIST",
            "epochs": EPOCHS,
            "lr": f"{RATE:g} sqrt(batch / {RATE_BATCH})",
            "same steps": f"epochs by batch size: {SAME_STEPS}",
            "groups": "batches of 128, of which only a group's pictures are negatives",
            "moco": "batches of 64, queue of 1,024, momentum .99",
            "drift": "of keys over 16 batches, every 16 batches",
            "mining": f"2 more epochs from 'start', batches of 64 in groups of {GROUP}",
            "rest": "the defaults of helpers.self_supervised",
        },
        "runs": {},
    }
    if STORED.exists() and not options.again:
        stored["runs"] = read_stored(STORED, 1, {"runs"}, "use --again")["runs"]
    runs = stored["runs"]
    jobs = [(seed, name) for name, (seeds, _, _) in arms().items() for seed in seeds]
    jobs.sort(key=lambda job: job[0])
    with ProcessPoolExecutor(options.processes) as pool:
        futures = {
            pool.submit(partial(run_arm, name, seed)): (name, seed)
            for seed, name in jobs
            if str(seed) not in runs.get(name, {})
        }
        for future in as_completed(futures):
            name, seed = futures[future]
            runs.setdefault(name, {})[str(seed)] = rounded(future.result())
            write_stored(STORED, stored)
            print(f"{name}, seed {seed}", flush=True)


if __name__ == "__main__":
    main()
