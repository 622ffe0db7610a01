"""Sentences, captioned pictures, users and items: the trainings of lesson 04, part 5, over seeds.

    python -m benchmarks.contrastive_text                 # what is missing, ten CPU minutes
    python -m benchmarks.contrastive_text --only towers   # one of sentences, pictures, towers

Writes ``data/contrastive_text.json`` after each training, so that an interrupted run goes on where
it stopped. Everything trains on one thread. Delete the file to make everything anew.
"""

import argparse
import json
import os
import platform
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import torch  # noqa: E402

from helpers import data  # noqa: E402
from helpers.caption_scores import RESULTS, caption_scores, caption_split  # noqa: E402
from helpers.captioned_images import train_captioned  # noqa: E402
from helpers.click_world import (  # noqa: E402
    click_world,
    new_item_recall,
    recall_by_band,
    taste_overlap,
)
from helpers.siamese_data import pair_tokenizer, small_encoder  # noqa: E402
from helpers.simcse import RATE, SCALE, STEPS, sentence_scores, train_simcse  # noqa: E402
from helpers.stored import write_stored  # noqa: E402
from helpers.two_tower import train_two_towers  # noqa: E402

SEEDS = (1, 2, 3)
SENTENCE_ARMS = {
    **{f"dropout {p}": {"p": p} for p in (0.0, 0.05, 0.1, 0.2, 0.4)},
    "pairs": {"views": "pairs", "p": 0.0},
}
PICTURE_ARMS = {
    "clip": {},
    "siglip": {"loss": "siglip"},
    "clip, no views": {"views": False},
    "clip, temperature 0.01": {"temperature": 0.01, "learn_temperature": False},
    "clip, temperature 0.5": {"temperature": 0.5, "learn_temperature": False},
}
TOWER_ARMS = {
    "in-batch": {"correct": False},
    "in-batch, corrected": {},
    "uniform": {"negatives": "uniform"},
    "mixed, corrected": {"negatives": "mixed"},
    "mixed": {"negatives": "mixed", "correct": False},
    "all": {"negatives": "all"},
    "margin": {"loss": "margin"},
    "reversed": {"loss": "reversed"},
    "ids only": {"features": False},
    "features only": {"ids": False},
}


def sentences(seed: int, arm: str) -> dict:
    """Train one sentence encoder and score it."""
    if arm == "start":
        return sentence_scores(small_encoder(pair_tokenizer(), seed=seed).encode)
    encoder, losses = train_simcse(seed=seed, label=None, **SENTENCE_ARMS[arm])
    return sentence_scores(encoder.encode) | {"loss": float(losses[-10:].mean())}


def pictures(seed: int, arm: str) -> dict:
    """Train one pair of encoders and score it; the split changes with the seed."""
    emoji = data.emoji_images(32)
    train, test = caption_split(emoji, seed)
    run = train_captioned(
        emoji.images[train], [emoji.captions[i] for i in train], extra=emoji.captions, seed=seed,
        label=None, **PICTURE_ARMS[arm],
    )  # fmt: skip
    return caption_scores(run, emoji, test) | run.extras


def towers(seed: int, arm: str) -> dict:
    """Train one pair of towers and score it; the world changes with the seed."""
    world = click_world(seed=seed)
    history = {}
    if arm in ("popularity", "taste", "truth"):
        scores = {"popularity": np.broadcast_to(world.counts.astype(float), world.taste.shape),
                  "taste": world.taste, "truth": world.taste + world.exposure}[arm]  # fmt: skip
    else:
        found = train_two_towers(world, seed=seed, label=None, **TOWER_ARMS[arm])
        scores = found.scores
        history = {name: float(values[-1]) for name, values in found.history.items()}
    return {
        "recall": recall_by_band(world, scores),
        "taste": taste_overlap(world, scores),
        "new": new_item_recall(world, scores),
    } | history


SECTIONS = {
    "sentences": (sentences, ("start", *SENTENCE_ARMS)),
    "pictures": (pictures, tuple(PICTURE_ARMS)),
    "towers": (towers, ("popularity", "taste", "truth", *TOWER_ARMS)),
}


def stored() -> dict:
    """Read what is there."""
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}


def main() -> None:
    """Run what the file does not hold yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=SECTIONS, help="run one section")
    only = parser.parse_args().only
    torch.set_num_threads(1)
    for section in (only,) if only else SECTIONS:
        measure, arms = SECTIONS[section]
        for seed in SEEDS:
            for arm in arms:
                if arm in stored().get(section, {}).get(str(seed), {}):
                    continue
                before = time.process_time()
                found = measure(seed, arm) | {"cpu_seconds": time.process_time() - before}
                found = json.loads(json.dumps(found), parse_float=lambda x: round(float(x), 5))
                results = stored()  # anew, because another section may run at the same time
                results |= {
                    "format": 1,
                    "licence": "CC0-1.0",
                    "about": "python -m benchmarks.contrastive_text",
                    "machine": f"{platform.machine()}, one thread",
                    "versions": {
                        "torch": torch.__version__.split("+")[0], "numpy": np.__version__
                    },
                    "settings": {
                        "sentences": {"steps": STEPS, "rate": RATE, "scale": SCALE, "batch": 64},
                        "pictures": "the defaults of helpers.captioned_images.train_captioned",
                        "towers": "the defaults of helpers.two_tower",
                    },
                }  # fmt: skip
                results.setdefault(section, {}).setdefault(str(seed), {})[arm] = found
                write_stored(RESULTS, results)
                print(section, seed, arm, found, flush=True)


if __name__ == "__main__":
    main()
