"""Train the stored runs of lesson 04, part 4: BYOL with and without its brakes, Barlow Twins.

``python -m benchmarks.contrastive_collapse`` writes ``data/contrastive_collapse.json``: three seeds
of the methods, two of the sweeps, about 6 minutes of CPU. It writes after each training and goes
on where it stopped; ``--again`` starts anew.
"""

import argparse
import platform
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np
import torch

from benchmarks.contrastive_images import images, rounded
from helpers.collapse import STORED, diagnose, train_byol_norm
from helpers.contrastive import cross_correlation
from helpers.image_quality import network_of_z, quality, repeated_views
from helpers.probes import effective_rank, spectrum
from helpers.self_supervised import train_barlow, train_byol, train_simclr
from helpers.stored import read_stored, write_stored
from helpers.vision import embed

SEEDS = (1, 2, 3)
SWEEP_SEEDS = (1, 2)
EPOCHS = 4
LONG = 12
WEIGHTS = (0.0, 0.003, 0.3, 3.0)  # of the off-diagonal; the default, 0.03, is an arm of its own


def arms() -> dict[str, tuple]:
    """Name all trainings: the trainer, its settings, and the seeds."""
    return {
        "simclr": (train_simclr, {}, SEEDS),
        "byol": (train_byol, {}, SEEDS),
        "no predictor": (train_byol, {"predictor": False}, SEEDS),
        "no stop-gradient": (train_byol, {"stop_gradient": False}, SEEDS),
        "no slow target": (train_byol, {"momentum": 0}, SEEDS),
        "barlow": (train_barlow, {}, SEEDS),
        "byol, 12 epochs": (train_byol, {"epochs": LONG}, SWEEP_SEEDS),
        **{
            f"norm: {norm}": (train_byol_norm, {"norm": norm}, SWEEP_SEEDS)
            for norm in ("none", "layer", "first batch")
        },
        **{
            f"off-diagonal {weight:g}": (train_barlow, {"off_diagonal": weight}, SWEEP_SEEDS)
            for weight in WEIGHTS
        },
    }


def run_arm(name: str, seed: int) -> dict:
    """Train and measure one arm with one seed."""
    torch.set_num_threads(1)
    pictures, labels, test, test_labels = images()
    started = time.process_time()
    trainer, settings, _ = arms()[name]
    run = trainer(pictures, seed=seed, label=None, **{"epochs": EPOCHS, **settings})
    z = embed(network_of_z(run), test)
    found = diagnose(z)
    views = torch.from_numpy(embed(network_of_z(run), repeated_views(test, 2)))
    c = cross_correlation(views[0::2], views[1::2]).numpy()
    unit = z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    off = c[~np.eye(len(c), dtype=bool)]
    return {
        "h": quality(run.encoder, pictures, labels, test, test_labels),
        "rank_h": effective_rank(embed(run.encoder, test)),
        "std": found.std,
        "rank": found.rank,
        "verdict": found.verdict,
        "spectrum": spectrum(unit).tolist(),
        "diagonal": float(c.diagonal().mean()),
        "off_diagonal": float(np.abs(off).mean()),
        "history": {part: run.history[part].tolist() for part in ("epoch", "loss", "std")},
        "cpu_seconds": time.process_time() - started,
    }


def shortened(value):
    """Round all numbers, and leave words alone."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return value if isinstance(value, str) else rounded(value)


def main() -> None:
    """Run what is missing and store it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--again", action="store_true", help="forget what is stored")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    stored = {
        "format": 1,
        "licence": "CC0-1.0",
        "about": "python -m benchmarks.contrastive_collapse",
        "machine": f"{platform.machine()}, one thread a training",
        "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
        "settings": {
            "images": "the first 6,000 training and 2,000 test images of MNIST",
            "epochs": EPOCHS,
            "epochs_of_the_long_runs": LONG,
            "rest": "the defaults of helpers.self_supervised and helpers.collapse",
        },
        "runs": {},
    }
    if STORED.exists() and not options.again:
        stored["runs"] = read_stored(STORED, 1, {"runs"}, "use --again")["runs"]
    runs = stored["runs"]
    jobs = sorted((seed, name) for name, (_, _, seeds) in arms().items() for seed in seeds)
    with ProcessPoolExecutor(options.processes) as pool:
        futures = {
            pool.submit(run_arm, name, seed): (name, seed)
            for seed, name in jobs
            if str(seed) not in runs.get(name, {})
        }
        for future in as_completed(futures):
            name, seed = futures[future]
            runs.setdefault(name, {})[str(seed)] = row = shortened(future.result())
            write_stored(STORED, stored)
            print(
                f"{name}, seed {seed}: few {row['h']['few']:.3f}, moved {row['h']['moved']:.3f}, "
                f"std {row['std']:.3f}, rank {row['rank']:.1f}, {row['verdict']}, "
                f"{row['cpu_seconds']:.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
