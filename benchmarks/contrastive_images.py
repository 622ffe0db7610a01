"""Train the stored runs of lesson 04, part 2: temperatures, views, heads, peers, new classes.

``python -m benchmarks.contrastive_images`` writes ``data/contrastive_images.json``: three seeds of
each arm, about 12 minutes of CPU. It writes after each training and goes on where it stopped;
``--again`` starts anew.
"""

import argparse
import platform
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial

import numpy as np
import torch
from torch import nn

from helpers import data
from helpers.augmentations import Augmentations
from helpers.image_peers import train_autoencoder, train_supervised
from helpers.image_quality import (
    FACTORS,
    STORED,
    flat,
    moved,
    network_of_z,
    quality,
    repeated_views,
    scatter_shares,
    two_view_scores,
    views_with_factors,
)
from helpers.image_training import Run, seeded_encoder
from helpers.probes import (
    effective_rank,
    few_label_probe,
    knn_accuracy,
    regression_probe,
    scatter,
)
from helpers.seeding import seeded_weights
from helpers.self_supervised import train_simclr
from helpers.stored import read_stored, write_stored
from helpers.vision import ProjectionHead, embed

SEEDS = (1, 2, 3)
EPOCHS = 4  # Two views an epoch: as many pictures as the peers see in twice as many epochs.
TEMPERATURES = (0.02, 0.07, 0.1, 0.5, 1.0)
VIEWS = {
    "none": Augmentations().only(),
    "all but shift": Augmentations().without("shift"),
    "only shift, crop, rotation": Augmentations().only("shift", "crop", "rotation"),
    "only crop": Augmentations().only("crop"),
    "only light and blur": Augmentations().only("brightness", "contrast", "blur"),
    "turned all round": Augmentations(rotation=180.0),
}
PEERS = ("pixels", "untrained", "simclr", "supervised", "supervised, views", "autoencoder")
AXES = (64, 32, 16, 8, 5)
Z_OF_VIEWS = ("views: all but shift", "views: none")  # of the others only h is used


def images():
    """Return the part's training images, labels, test images and labels."""
    mnist = data.mnist()
    return (
        mnist.train[:6000],
        mnist.train_labels[:6000],
        mnist.test[:2000],
        mnist.test_labels[:2000],
    )


def arms() -> dict[str, dict]:
    """Name all trainings: what is trained, with what, and on which digits."""
    found = {"simclr": {}, "supervised": {}, "supervised, views": {}, "autoencoder": {}}
    found |= {f"new: {name}": {} for name in list(found)}
    found |= {f"tau {tau:g}": {"temperature": tau} for tau in TEMPERATURES}
    found |= {f"views: {name}": {"augment": views} for name, views in VIEWS.items()}
    found |= {"head: none": {"head": nn.Identity}}
    return found


def train(name: str, settings: dict, seed: int, pictures, labels, factor: int) -> Run:
    """Train one arm; `factor` times the usual epochs."""
    settings = dict(settings)
    if "head" in settings:
        settings["head"] = settings["head"]()
    common = {"seed": seed, "label": None, **settings}
    if name == "autoencoder":
        return train_autoencoder(pictures, epochs=2 * EPOCHS * factor, **common)
    if name.startswith("supervised"):
        augment = Augmentations() if "views" in name else None
        return train_supervised(
            pictures, labels, augment=augment, epochs=2 * EPOCHS * factor, **common
        )
    return train_simclr(pictures, epochs=EPOCHS * factor, **common)


def describe(encode, seen, test) -> dict:
    """Measure one embedding, from images to numbers to store."""
    (pictures, labels), (test_pictures, test_labels) = seen, test
    plain = quality(encode, pictures, labels, test_pictures, test_labels)
    rows = (lambda x: embed(encode, x)) if isinstance(encode, nn.Module) else encode
    views, factors = views_with_factors(pictures, seed=1)
    test_views, test_factors = views_with_factors(test_pictures, seed=2)
    changed, test_changed = rows(views), rows(test_views)
    h_test = rows(test_pictures)
    return (
        plain
        | {
            "factors": {
                factor: regression_probe(changed, factors[:, i], test_changed, test_factors[:, i])
                for i, factor in enumerate(FACTORS)
            },
            "within_between": scatter(h_test, test_labels).ratio,
            "effective_rank": effective_rank(h_test),
        }
        | two_view_scores(encode, test_pictures)
    )


def compare(encode, seen, test) -> dict:
    """Measure what is compared between methods only: neighbours of moved images, and shares."""
    (pictures, labels), (test_pictures, test_labels) = seen, test
    rows = (lambda x: embed(encode, x)) if isinstance(encode, nn.Module) else encode
    return {
        "nearest": knn_accuracy(rows(pictures), labels, rows(moved(test_pictures)), test_labels, 1),
        "shares": scatter_shares(
            rows(repeated_views(test_pictures[:1000], 4)), test_labels[:1000], 4
        ),
    }


def untrained(pictures, seed: int) -> Run:
    """Make encoder and head as a training with this seed starts from them."""
    encoder = seeded_encoder(pictures, seed)
    with seeded_weights(seed):
        head = ProjectionHead(encoder.dim)
    return Run(encoder, head, {})


def by_epoch(run: Run, seen, test) -> dict:
    """Measure what is followed over a training: z on two views, and h on moved images."""
    test_pictures, test_labels = test
    h, h_moved = embed(run.encoder, seen[0]), embed(run.encoder, moved(test_pictures))
    return two_view_scores(network_of_z(run), test_pictures) | {
        "moved": knn_accuracy(h, seen[1], h_moved, test_labels)
    }


def few_by_axes(encode, seen, test) -> dict:
    """Measure 200 labels on vectors projected onto their first principal axes."""
    (pictures, labels), (test_pictures, test_labels) = seen, test
    z, z_test = embed(encode, pictures), embed(encode, test_pictures)
    middle = z.mean(0)
    axes = np.linalg.svd(z - middle, full_matrices=False)[2]
    found = {}
    for kept in AXES:
        onto = axes[:kept].T @ axes[:kept]  # Not turned: the probe scales each coordinate.
        parts = (z - middle) @ onto, labels, (z_test - middle) @ onto, test_labels
        found[str(kept)] = float(few_label_probe(*parts).mean())
    return found


def new_classes(encode) -> dict:
    """Test an embedding on the digits 5 to 9, of which it saw none."""
    pictures, labels, test, test_labels = images()
    late, test_late = labels > 4, test_labels > 4
    return quality(encode, pictures[late], labels[late], test[test_late], test_labels[test_late])


def run_arm(name: str, seed: int) -> dict:
    """Train and measure one arm with one seed; arms called "new:" see the digits 0 to 4 only."""
    torch.set_num_threads(1)
    pictures, labels, test, test_labels = images()
    started = time.process_time()
    if name.startswith("new: "):
        early = labels < 5
        run = train(name[5:], {}, seed, pictures[early], labels[early], factor=2)
        result = {"h": new_classes(run.encoder)}
    else:
        seen, test = (pictures, labels), (test, test_labels)
        settings, curves = arms()[name], []
        if name == "simclr":
            curves.append(by_epoch(untrained(pictures, seed), seen, test))
            settings["callback"] = lambda _, run: curves.append(by_epoch(run, seen, test))
        run = train(name, settings, seed, pictures, labels, factor=1)
        result = {"h": describe(run.encoder, seen, test)}
        if isinstance(run.head, nn.Identity):
            result["z"] = result["h"]
        elif "alignment" in run.history and (name in Z_OF_VIEWS or "views" not in name):
            result["z"] = describe(network_of_z(run), seen, test)
        if name in PEERS:
            result["h"] |= compare(run.encoder, seen, test)
        if name == "simclr":
            z = network_of_z(run)
            result["z"] |= compare(z, seen, test)
            result["few_by_axes"] = few_by_axes(z, seen, test)
            result["curves"] = {key: [row[key] for row in curves] for key in curves[0]}
    return result | {"cpu_seconds": time.process_time() - started}


def run_reference(name: str, seed: int) -> dict:
    """Measure what was not trained: raw pixels, and the networks that trainings start from."""
    torch.set_num_threads(1)
    pictures, labels, test, test_labels = images()
    encode = flat if name == "pixels" else seeded_encoder(pictures, seed)
    sets = (pictures, labels), (test, test_labels)
    return {
        "h": describe(encode, *sets) | compare(encode, *sets),
        "new": new_classes(encode),
    }


def rounded(value):
    """Round all numbers to five digits, however deep."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.5g}")


def main() -> None:
    """Run what is missing and store it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--again", action="store_true", help="forget what is stored")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    stored = {
        "format": 1,
        "licence": "CC0-1.0",
        "about": "python -m benchmarks.contrastive_images",
        "machine": f"{platform.machine()}, one thread a training",
        "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
        "settings": {
            "images": "the first 6,000 training and 2,000 test images of MNIST",
            "epochs": EPOCHS,
            "epochs_of_peers": 2 * EPOCHS,
            "rest": "the defaults of helpers.self_supervised and helpers.image_peers",
        },
        "runs": {},
    }
    if STORED.exists() and not options.again:
        stored["runs"] = read_stored(STORED, 1, {"runs"}, "use --again")["runs"]
    runs = stored["runs"]
    jobs = [(1, "pixels", run_reference)] + [(s, "untrained", run_reference) for s in SEEDS]
    jobs += [(seed, name, run_arm) for name in arms() for seed in SEEDS]
    jobs.sort(key=lambda job: job[0])
    with ProcessPoolExecutor(options.processes) as pool:
        futures = {
            pool.submit(partial(work, name, seed)): (name, seed)
            for seed, name, work in jobs
            if str(seed) not in runs.get(name, {})
        }
        for future in as_completed(futures):
            name, seed = futures[future]
            runs.setdefault(name, {})[str(seed)] = rounded(future.result())
            stored["runs"] = {arm: dict(sorted(runs[arm].items())) for arm in sorted(runs)}
            write_stored(STORED, stored)
            print(f"{name}, seed {seed}: few {runs[name][str(seed)]['h']['few']:.3f}", flush=True)


if __name__ == "__main__":
    main()
